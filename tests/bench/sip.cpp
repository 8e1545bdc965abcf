// What the reference engine reaches beside others on this host: short slices in turn within one
// run, the server on processor 0, its client on processor 1. A server whose client was the slower
// one is judged by its processor time for each registration.
#include "bench/sip/clients.h"
#include "bench/sip/process.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <sched.h>
#include <sstream>
#include <string>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace {

using namespace busyhour::bench;
namespace fs = std::filesystem;

constexpr int server_cpu = 0;
constexpr int client_cpu = 1;
constexpr int rounds = 7;
constexpr double slice_s = 1;

fs::path work;
std::string program;

std::string log_of(const std::string& name) {
    return work / (name + ".log");
}

double median(std::vector<double> values) {
    if (values.empty()) return 0;
    std::sort(values.begin(), values.end());
    const std::size_t middle = values.size() / 2;
    return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

// --- The servers -----------------------------------------------------------------------------

struct Server {
    std::string name;
    std::unique_ptr<Process> process;
    std::uint16_t udp = 0;
    std::uint16_t tls = 0;
};

bool wait_for_answer(const Server& server) {
    for (int i = 0; i < 100; ++i) {
        if (answers_options(server.udp)) return true;
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    fmt::print("{} does not answer; its output is in {}\n", server.name, log_of(server.name));
    return false;
}

Server start_reference(const std::string& key) {
    Server server{"busyhour", nullptr, free_port(), free_port()};
    server.process = std::make_unique<Process>(
        std::vector<std::string>{program, "server", "--listen",
                                 fmt::format("udp:127.0.0.1:{}", server.udp), "--listen",
                                 fmt::format("tls:127.0.0.1:{}", server.tls), "--certificate",
                                 work / (key + ".pem"), "--key", work / (key + ".key")},
        server_cpu, log_of(server.name));
    if (!wait_for_answer(server)) std::exit(1);
    return server;
}

std::optional<Server> start_kamailio(const std::string& key) {
    if (!is_installed("kamailio")) return std::nullopt;
    Server server{"kamailio", nullptr, free_port(), free_port()};
    const std::string folder = work / ("kamailio-" + key);
    fs::create_directories(folder);
    const auto define = [](const char* name, const std::string& value) {
        return fmt::format("{}=\"{}\"", name, value);
    };
    server.process = std::make_unique<Process>(
        std::vector<std::string>{"/usr/sbin/kamailio",
                                 "-DD",
                                 "-E",
                                 "-f",
                                 BUSYHOUR_SOURCE_DIR "/tests/interop/kamailio/kamailio.cfg",
                                 "-l",
                                 fmt::format("udp:127.0.0.1:{}", server.udp),
                                 "-Y",
                                 folder,
                                 "-P",
                                 folder + "/pid",
                                 "-m",
                                 "256",
                                 "-M",
                                 "16",
                                 "-A",
                                 define("CONTROL", "unix:" + folder + "/ctl"),
                                 "-A",
                                 fmt::format("LISTEN_TLS=tls:127.0.0.1:{}", server.tls),
                                 "-A",
                                 define("TLS_CERTIFICATE", work / (key + ".pem")),
                                 "-A",
                                 define("TLS_KEY", work / (key + ".key"))},
        server_cpu, log_of(server.name));
    if (!wait_for_answer(server)) return std::nullopt;
    return server;
}

void make_certificate(const std::string& name, const std::vector<std::string>& key) {
    std::vector<std::string> command{"openssl", "req",
                                     "-x509",   "-nodes",
                                     "-days",   "2",
                                     "-subj",   "/CN=127.0.0.1",
                                     "-out",    work / (name + ".pem"),
                                     "-keyout", work / (name + ".key")};
    command.insert(command.end(), key.begin(), key.end());
    if (run_to_end(command, client_cpu, log_of("openssl"), 20).status != 0) {
        fmt::print("openssl req failed; see {}\n", log_of("openssl"));
        std::exit(1);
    }
}

// --- One comparison --------------------------------------------------------------------------

struct Measured {
    std::vector<double> per_s;
    std::vector<double> cpu_s;  ///< of the server, for each answer
    std::vector<double> busy;   ///< part of its processor
    double wrong = 0;
};

void measure(const Process& server, Measured& measured, const std::function<Slice()>& slice) {
    const double before_s = server.cpu_s();
    const Slice seen = slice();
    const double cpu_s = server.cpu_s() - before_s;
    measured.per_s.push_back(seen.answers / seen.elapsed_s);
    measured.cpu_s.push_back(cpu_s / std::max(seen.answers, 1.0));
    measured.busy.push_back(cpu_s / seen.elapsed_s);
    measured.wrong += seen.wrong;
}

void print_head() {
    fmt::print("{:<34} {:<12} {:>10} {:>9} {:>6} {:>6}\n", "registrations", "server", "1/s",
               "us CPU", "busy", "wrong");
}

void print_row(const std::string& what, const std::string& who, const Measured& measured) {
    fmt::print("{:<34} {:<12} {:>10.0f} {:>9.2f} {:>5.0f}% {:>6.0f}\n", what, who,
               median(measured.per_s), median(measured.cpu_s) * 1e6, median(measured.busy) * 100,
               measured.wrong);
}

/// Ours against the other, pair by pair. A target of 0: told, not judged.
void print_ratio(const Measured& ours, const Measured& other, const std::string& who,
                 double target) {
    constexpr double saturated = 0.9;
    const bool by_rate = median(ours.busy) >= saturated && median(other.busy) >= saturated;
    std::vector<double> ratios;
    for (std::size_t i = 0; i < std::min(ours.per_s.size(), other.per_s.size()); ++i) {
        ratios.push_back(by_rate ? ours.per_s[i] / other.per_s[i] : other.cpu_s[i] / ours.cpu_s[i]);
    }
    const auto [low, high] = std::minmax_element(ratios.begin(), ratios.end());
    fmt::print("  busyhour / {}: {:.2f} ({:.2f} to {:.2f}) by {}", who, median(ratios), *low, *high,
               by_rate ? "rate" : "processor time");
    if (target > 0) {
        fmt::print(", target {:.2f}: {}", target, median(ratios) >= target ? "met" : "NOT MET");
    }
    fmt::print("\n");
    std::fflush(stdout);
}

void compare_udp() {
    const Server ours = start_reference("ecdsa");
    const auto kamailio = start_kamailio("ecdsa");
    const Slice warm = register_over_udp(ours.udp, 0.3, false);
    const std::uint16_t echo_port = free_port();
    const Process echo(echo_forever, static_cast<int>(warm.answer_octets << 16U) | echo_port,
                       server_cpu);
    Measured of_ours;
    Measured of_echo;
    Measured of_kamailio;
    for (int round = 0; round < rounds; ++round) {
        measure(*ours.process, of_ours,
                [&] { return register_over_udp(ours.udp, slice_s, false); });
        measure(echo, of_echo, [&] { return register_over_udp(echo_port, slice_s, true); });
        if (!kamailio) continue;
        measure(*kamailio->process, of_kamailio,
                [&] { return register_over_udp(kamailio->udp, slice_s, false); });
    }
    print_row("UDP", "busyhour", of_ours);
    print_row("", "raw echo", of_echo);
    if (kamailio) print_row("", "kamailio", of_kamailio);
    print_ratio(of_ours, of_echo, "raw echo", 0.7);
    if (kamailio) print_ratio(of_ours, of_kamailio, "kamailio", 2);
    if (!kamailio) fmt::print("  kamailio is not installed: not compared\n");
}

void compare_persistent_tls() {
    constexpr int connections = 200;
    const Server ours = start_reference("ecdsa");
    const auto kamailio = start_kamailio("ecdsa");
    TlsUsers our_users(ours.tls, connections);
    std::optional<TlsUsers> their_users;
    if (kamailio) their_users.emplace(kamailio->tls, connections);
    Measured of_ours;
    Measured of_kamailio;
    for (int round = 0; round < rounds; ++round) {
        measure(*ours.process, of_ours, [&] { return our_users.run(slice_s); });
        if (!kamailio) continue;
        measure(*kamailio->process, of_kamailio, [&] { return their_users->run(slice_s); });
    }
    print_row("TLS 1.3, 200 connections kept", "busyhour", of_ours);
    if (!kamailio) return;
    print_row("", "kamailio", of_kamailio);
    print_ratio(of_ours, of_kamailio, "kamailio", 1.5);
}

void compare_handshakes(const std::string& key) {
    const Server ours = start_reference(key);
    const auto kamailio = start_kamailio(key);
    const std::uint16_t port = free_port();
    const Process s_server(
        {"openssl", "s_server", "-accept", fmt::format("127.0.0.1:{}", port), "-cert",
         work / (key + ".pem"), "-key", work / (key + ".key"), "-rev", "-quiet"},
        server_cpu, log_of("s_server"));
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    Measured of_ours;
    Measured of_openssl;
    Measured of_kamailio;
    for (int round = 0; round < rounds; ++round) {
        measure(*ours.process, of_ours,
                [&] { return register_with_handshakes(ours.tls, slice_s, false); });
        measure(s_server, of_openssl,
                [&] { return register_with_handshakes(port, slice_s, true); });
        if (!kamailio) continue;
        measure(*kamailio->process, of_kamailio,
                [&] { return register_with_handshakes(kamailio->tls, slice_s, false); });
    }
    print_row("TLS 1.3, each a connection, " + key, "busyhour", of_ours);
    print_row("", "s_server", of_openssl);
    print_ratio(of_ours, of_openssl, "s_server", 0.8);
    if (!kamailio) return;
    print_row("", "kamailio", of_kamailio);
    print_ratio(of_ours, of_kamailio, "kamailio", 1.5);
}

// --- The generator ---------------------------------------------------------------------------

std::string file_text(const fs::path& path) {
    std::ifstream file(path);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

/// A number of the generator's JSON.
double figure(const std::string& json, const std::string& key) {
    const std::size_t at = json.find('"' + key + '"');
    return at == json.npos ? -1 : std::atof(json.c_str() + json.find(':', at) + 1);
}

struct Generated {
    double per_s = 0;
    double cpu_s = 0;  ///< for each registration, all of the program's life
    double failed = 0;
};

Generated run_load(const Server& server, double rate_per_s, int count) {
    const std::string log = log_of("load");
    const Ended ended =
        run_to_end({program, "load", "register", fmt::format("udp:127.0.0.1:{}", server.udp),
                    "--users", "20000", "--rate-per-s", fmt::format("{}", rate_per_s), "--count",
                    fmt::format("{}", count), "--arrivals", "regular", "--format", "json"},
                   client_cpu, log, 60);
    const std::string json = file_text(log);
    return {figure(json, "achieved_per_s"), ended.cpu_s / count, figure(json, "failed")};
}

Generated run_sipp(const Server& server, double rate_per_s, int count) {
    const Ended ended =
        run_to_end({"sipp", "-sf", BUSYHOUR_SOURCE_DIR "/tests/interop/sipp/register-uac.xml", "-m",
                    fmt::format("{}", count), "-r", fmt::format("{}", rate_per_s), "-i",
                    "127.0.0.1", "-nostdin", fmt::format("127.0.0.1:{}", server.udp)},
                   client_cpu, log_of("sipp"), 60);
    return {count / ended.elapsed_s, ended.cpu_s / count, ended.status == 0 ? 0.0 : 1.0};
}

void compare_generators() {
    const Server server = start_reference("ecdsa");
    if (!is_installed("sipp")) {
        fmt::print("sipp is not installed: the generator is not compared\n");
        return;
    }
    constexpr double rate_per_s = 4000;
    constexpr int count = 8000;
    std::vector<double> ratios;
    std::vector<double> ours_s;
    std::vector<double> sipp_s;
    for (int round = 0; round < 3; ++round) {
        const Generated ours = run_load(server, rate_per_s, count);
        const Generated sipp = run_sipp(server, rate_per_s, count);
        ours_s.push_back(ours.cpu_s);
        sipp_s.push_back(sipp.cpu_s);
        ratios.push_back(sipp.cpu_s / ours.cpu_s);
    }
    fmt::print(
        "generator at {}/s: {:.2f} us of processor time for a registration, sipp {:.2f}: 1/{:.1f}, "
        "target 1/4: {}\n",
        rate_per_s, median(ours_s) * 1e6, median(sipp_s) * 1e6, median(ratios),
        median(ratios) >= 4 ? "met" : "NOT MET");
    std::vector<double> most;
    for (int round = 0; round < 3; ++round) most.push_back(run_sipp(server, 200'000, 20'000).per_s);
    const double sipp_per_s = median(most);
    double held = 0;
    for (double rate = 2 * sipp_per_s; rate < 20 * sipp_per_s; rate *= 1.25) {
        const Generated ours = run_load(server, rate, static_cast<int>(rate));
        if (ours.failed != 0 || ours.per_s < 0.98 * rate) break;
        held = rate;
    }
    fmt::print(
        "generator's last step that held: {:.0f}/s, sipp's most {:.0f}/s: {:.1f} times, "
        "target 4: {}\n",
        held, sipp_per_s, held / sipp_per_s, held >= 4 * sipp_per_s ? "met" : "NOT MET");
}

void hold_connections() {
    constexpr int connections = 10'000;
    rlimit files{};
    getrlimit(RLIMIT_NOFILE, &files);
    if (files.rlim_max < connections + 100) {
        fmt::print("{} TLS connections: only {} files may be open (ulimit -Hn): not tried\n",
                   connections, files.rlim_max);
        return;
    }
    const Server server = start_reference("ecdsa");
    const double before_bytes = server.process->resident_bytes();
    const std::string log = log_of("hold");
    const Process load({program, "load", "register", fmt::format("tls:127.0.0.1:{}", server.tls),
                        "--users", fmt::format("{}", connections), "--rate-per-s", "1000",
                        "--duration-s", "10", "--format", "json"},
                       client_cpu, log);
    double most_bytes = before_bytes;
    const auto begin = std::chrono::steady_clock::now();
    while (load.is_running() &&
           std::chrono::steady_clock::now() - begin < std::chrono::seconds(90)) {
        most_bytes = std::max(most_bytes, server.process->resident_bytes());
        std::this_thread::sleep_for(std::chrono::milliseconds(200));
    }
    const std::string json = file_text(log);
    fmt::print(
        "{} TLS connections in one process: {:.0f} registrations over them, {:.0f} failed; "
        "server: {:.1f} kB resident for each\n",
        connections, figure(json, "succeeded"), figure(json, "failed"),
        (most_bytes - before_bytes) / connections / 1000);
}

void print_host() {
    utsname name{};
    uname(&name);
    std::ifstream cpus("/proc/cpuinfo");
    std::string model;
    for (std::string line; std::getline(cpus, line);) {
        if (line.starts_with("model name")) model = line.substr(line.find(':') + 2);
    }
    const std::time_t now = std::time(nullptr);
    std::string date(32, '\0');
    date.resize(std::strftime(date.data(), date.size(), "%Y-%m-%d %H:%M UTC", std::gmtime(&now)));
    fmt::print("{}, {} processors, {}, Linux {}\n{} slices of {} s in turn; medians\n", date,
               std::thread::hardware_concurrency(), model, name.release, rounds, slice_s);
}

void ended_by(int /*signal*/) {
    end_all();
    _exit(130);
}

}  // namespace

int main(int argc, char** argv) {
    program = argc > 1 ? argv[1] : BUSYHOUR_PROGRAM;
    if (std::thread::hardware_concurrency() < 2) {
        fmt::print("needs two processors\n");
        return 1;
    }
    std::signal(SIGINT, ended_by);
    std::signal(SIGTERM, ended_by);
    std::signal(SIGPIPE, SIG_IGN);
    std::string pattern = fs::temp_directory_path() / "busyhour-bench.XXXXXX";
    work = mkdtemp(pattern.data());
    cpu_set_t processors;
    CPU_ZERO(&processors);
    CPU_SET(client_cpu, &processors);
    sched_setaffinity(0, sizeof processors, &processors);
    print_host();
    make_certificate("ecdsa", {"-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"});
    make_certificate("rsa", {"-newkey", "rsa:2048"});
    print_head();
    compare_udp();
    compare_persistent_tls();
    compare_handshakes("ecdsa");
    compare_handshakes("rsa");
    compare_generators();
    hold_connections();
    fs::remove_all(work);
    return 0;
}
