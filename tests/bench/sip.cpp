// The speed table of the SIP engine: the server beside a raw UDP echo, Kamailio and openssl
// s_server, and the generator beside sipp, in short slices in turn; ratios are taken pair by pair.
// Servers run on processor 0, clients on processor 1. BUSYHOUR names another program to measure.
#include "support/clients.h"
#include "support/generators.h"
#include "support/process.h"
#include "support/ratios.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <functional>
#include <memory>
#include <netinet/in.h>
#include <signal.h>
#include <sstream>
#include <stdexcept>
#include <stdlib.h>
#include <string>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace {

using bench::print_ratio;
using bench::Process;
using bench::ratios;
using bench::Slice;
using bench::Spread;
using bench::spread_of;
using bench::TlsWork;

constexpr int server_cpu = 0;
constexpr int client_cpu = 1;
constexpr int rounds_number = 5;
constexpr double slice_s = 1.0;
constexpr double busy_fraction_enough = 0.95;
constexpr unsigned limit_s = 560;

std::string folder;  // certificates and logs

std::string program() {
    const char* named = getenv("BUSYHOUR");
    return named != nullptr ? named : BUSYHOUR_PROGRAM;
}

bool has(const std::string& tool) {
    return !bench::output_of("command -v " + tool).empty();
}

/// A port that nothing uses, for datagrams and for connections.
int free_port() {
    while (true) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* plain = reinterpret_cast<sockaddr*>(&address);
        const int stream = socket(AF_INET, SOCK_STREAM, 0);
        const int datagram = socket(AF_INET, SOCK_DGRAM, 0);
        const bool is_free = bind(stream, plain, size) == 0 &&
                             getsockname(stream, plain, &size) == 0 &&
                             bind(datagram, plain, size) == 0;
        close(stream);
        close(datagram);
        if (is_free) return ntohs(address.sin_port);
    }
}

// --- Servers in turn -----------------------------------------------------------------------------

struct Contender {
    std::string name;
    Process* process;
    std::function<Slice(const std::function<void()>& ready)> work;
    std::vector<double> rate_per_s = {};
    std::vector<double> cpu_s = {};  ///< of the server, for one registration
    std::vector<double> busy = {};   ///< of the server's processor, 0..1
    std::uint64_t failed = 0;
    std::uint64_t lost = 0;
    std::string first_failure = {};
};

void measure(Contender& contender) {
    double before_s = contender.process->cpu_s();
    const Slice slice = contender.work([&] { before_s = contender.process->cpu_s(); });
    const double spent_s = contender.process->cpu_s() - before_s;
    const double answered = std::max(1.0, static_cast<double>(slice.answered));
    contender.rate_per_s.push_back(static_cast<double>(slice.answered) / slice.duration_s);
    contender.cpu_s.push_back(spent_s / answered);
    contender.busy.push_back(spent_s / slice.duration_s);
    contender.failed += slice.failed;
    contender.lost += slice.lost;
    if (contender.first_failure.empty()) contender.first_failure = slice.first_failure;
}

void compare(const std::string& title, std::vector<Contender>& contenders,
             const std::vector<double>& targets) {
    fmt::print("\n{}\n", title);
    for (int round = 0; round < rounds_number; ++round) {
        for (Contender& contender : contenders) measure(contender);
    }
    for (const Contender& contender : contenders) {
        const Spread rate = spread_of(contender.rate_per_s);
        fmt::print("  {:18} {:7.0f}/s ({:.0f} .. {:.0f})  CPU {:7.2f} us each, busy {:3.0f} %",
                   contender.name, rate.median, rate.least, rate.most,
                   spread_of(contender.cpu_s).median * 1e6, spread_of(contender.busy).median * 100);
        fmt::print("  failed {} lost {}\n", contender.failed, contender.lost);
        if (!contender.first_failure.empty()) {
            fmt::print("    first failure: {}\n",
                       contender.first_failure.substr(0, contender.first_failure.find('\r')));
        }
    }
    const Contender& ours = contenders.front();
    for (std::size_t row = 1; row < contenders.size(); ++row) {
        const Contender& other = contenders[row];
        const bool full = spread_of(ours.busy).median >= busy_fraction_enough &&
                          spread_of(other.busy).median >= busy_fraction_enough;
        const std::vector<double> by_rate = ratios(ours.rate_per_s, other.rate_per_s);
        const std::vector<double> by_cpu = ratios(other.cpu_s, ours.cpu_s);
        print_ratio(fmt::format("of {}, by {}", other.name,
                                full ? "rate (both saturated)" : "CPU (one not saturated)"),
                    full ? by_rate : by_cpu, targets[row - 1]);
        const Spread beside = spread_of(full ? by_cpu : by_rate);
        fmt::print("  {:50} {:6.2f} ({:.2f} .. {:.2f})\n",
                   full ? "    beside it, by CPU" : "    beside it, by rate", beside.median,
                   beside.least, beside.most);
    }
    std::fflush(stdout);
}

void await_udp(int port, const std::string& name) {
    for (int attempt = 0; attempt < 100; ++attempt) {
        if (bench::register_over_udp(port, 0.05).answered > 0) return;
        bench::sleep_s(0.05);
    }
    throw std::runtime_error(name + " does not answer REGISTER over UDP; see " + folder);
}

void await_tls(int port, const std::string& name) {
    for (int attempt = 0; attempt < 100; ++attempt) {
        try {
            const TlsWork work = name == "s_server" ? TlsWork::new_line : TlsWork::new_connection;
            if (bench::register_over_tls(port, 0.1, work).answered > 0) return;
        } catch (const std::runtime_error&) {
        }
        bench::sleep_s(0.05);
    }
    throw std::runtime_error(name + " does not answer over TLS; see " + folder);
}

std::string key_of(const std::string& kind) {
    return folder + "/" + kind + ".key";
}
std::string certificate_of(const std::string& kind) {
    return folder + "/" + kind + ".pem";
}

std::unique_ptr<Process> start_ours(int port, const std::string& kind) {
    const std::string at = "127.0.0.1:" + std::to_string(port);
    auto process = std::make_unique<Process>(
        std::vector<std::string>{program(), "server", "--listen", "udp:" + at, "--listen",
                                 "tls:" + at, "--key", key_of(kind), "--certificate",
                                 certificate_of(kind)},
        server_cpu, folder + "/server.log");
    await_udp(port, "busyhour server");
    return process;
}

std::unique_ptr<Process> start_kamailio(int port, const std::string& kind) {
    const std::string at = "127.0.0.1:" + std::to_string(port);
    const std::string run = folder + "/kamailio-" + kind;
    std::filesystem::create_directory(run);
    auto process = std::make_unique<Process>(
        std::vector<std::string>{"kamailio",
                                 "-DD",
                                 "-E",
                                 "-f",
                                 BUSYHOUR_SOURCE_DIR "/tests/bench/support/kamailio.cfg",
                                 "-Y",
                                 run,
                                 "-P",
                                 run + "/pid",
                                 "-m",
                                 "512",
                                 "-M",
                                 "16",
                                 "-x",
                                 "fm",
                                 "-X",
                                 "fm",
                                 "-A",
                                 "LISTEN_UDP=udp:" + at,
                                 "-A",
                                 "LISTEN_TLS=tls:" + at,
                                 "-A",
                                 "KEY=\"" + key_of(kind) + "\"",
                                 "-A",
                                 "CERTIFICATE=\"" + certificate_of(kind) + "\""},
        server_cpu, run + "/log");
    await_udp(port, "kamailio");
    return process;
}

void bench_servers_udp_and_persistent() {
    const int port = free_port();
    const auto ours = start_ours(port, "ecdsa-p256");
    const std::size_t answer_bytes = bench::register_over_udp(port, 0.1).answer_bytes;
    const int echo_port = free_port();
    Process echo(
        {"/proc/self/exe", "--echo", std::to_string(echo_port), std::to_string(answer_bytes)},
        server_cpu, folder + "/echo.log");
    await_udp(echo_port, "echo");
    std::unique_ptr<Process> kamailio;
    const int kamailio_port = free_port();
    if (has("kamailio")) kamailio = start_kamailio(kamailio_port, "ecdsa-p256");

    const auto udp = [](int at) {
        return [at](const auto&) { return bench::register_over_udp(at, slice_s); };
    };
    std::vector<Contender> rows{{"busyhour", ours.get(), udp(port)},
                                {"raw echo", &echo, udp(echo_port)}};
    if (kamailio) rows.push_back({"kamailio", kamailio.get(), udp(kamailio_port)});
    compare(fmt::format("1. REGISTER over UDP, 32 source addresses, 128 outstanding, answers of {}"
                        " octets",
                        answer_bytes),
            rows, {0.7, 2});
    echo.stop();
    if (!kamailio) {
        fmt::print("  kamailio is not installed: rows 1 and 2 have nothing to compare with\n");
        return;
    }
    await_tls(port, "busyhour server");
    await_tls(kamailio_port, "kamailio");
    const auto tls = [](int at) {
        return [at](const auto& ready) {
            return bench::register_over_tls(at, slice_s, TlsWork::persistent, ready);
        };
    };
    std::vector<Contender> kept{{"busyhour", ours.get(), tls(port)},
                                {"kamailio", kamailio.get(), tls(kamailio_port)}};
    compare("2. REGISTER over 200 persistent TLS 1.3 connections, one outstanding at each", kept,
            {1.5});
}

void bench_new_connections(const std::string& kind) {
    const int port = free_port();
    const auto ours = start_ours(port, kind);
    const int openssl_port = free_port();
    Process openssl({"openssl", "s_server", "-rev", "-quiet", "-accept",
                     "127.0.0.1:" + std::to_string(openssl_port), "-key", key_of(kind), "-cert",
                     certificate_of(kind)},
                    server_cpu, "/dev/null");
    std::unique_ptr<Process> kamailio;
    const int kamailio_port = free_port();
    if (has("kamailio")) kamailio = start_kamailio(kamailio_port, kind);
    await_tls(port, "busyhour server");
    await_tls(openssl_port, "s_server");
    const auto tls = [](int at, TlsWork work) {
        return [at, work](const auto&) { return bench::register_over_tls(at, slice_s, work); };
    };
    std::vector<Contender> rows{
        {"busyhour", ours.get(), tls(port, TlsWork::new_connection)},
        {"openssl s_server", &openssl, tls(openssl_port, TlsWork::new_line)}};
    if (kamailio) {
        await_tls(kamailio_port, "kamailio");
        rows.push_back({"kamailio", kamailio.get(), tls(kamailio_port, TlsWork::new_connection)});
    }
    compare("3. a new TLS 1.3 connection for each REGISTER, full handshake, " + kind +
                " (s_server: a line instead, one connection at a time)",
            rows, {0.8, 1.5});
    if (!kamailio) fmt::print("  kamailio is not installed: nothing to compare with\n");
}

// --- Generators ----------------------------------------------------------------------------------

void bench_generator() {
    fmt::print("\n4. REGISTER over UDP: busyhour load beside sipp, the same server\n");
    if (!has("sipp")) {
        fmt::print("  sipp is not installed: nothing to compare with\n");
        return;
    }
    const int port = free_port();
    bench::compare_generators({.program = program(),
                               .port = port,
                               .cpu = client_cpu,
                               .folder = folder,
                               .rounds_number = rounds_number,
                               .start_server = [port] { return start_ours(port, "ecdsa-p256"); }});
}

void bench_held_connections() {
    constexpr std::size_t wanted = 10'000;
    fmt::print("\n5. 10,000 persistent TLS connections from one busyhour load to one server\n");
    rlimit files{};
    getrlimit(RLIMIT_NOFILE, &files);
    if (files.rlim_max < wanted + 100) {
        fmt::print("  NOT MET: the limit of open files is {} (ulimit -Hn)\n", files.rlim_max);
        return;
    }
    const int port = free_port();
    const auto ours = start_ours(port, "ecdsa-p256");
    const double before = static_cast<double>(ours->resident_bytes());
    const std::size_t files_before = ours->open_files();
    Process load({program(), "load", "register", "tls:127.0.0.1:" + std::to_string(port), "--users",
                  "10000", "--rate-per-s", "1000", "--duration-s", "2"},
                 client_cpu, folder + "/held.log");
    std::size_t most = 0;
    double server_bytes = 0;
    double load_bytes = 0;
    const double end_s = bench::now_s() + 60;
    while (load.running() && bench::now_s() < end_s) {
        const std::size_t open = ours->open_files() - std::min(files_before, ours->open_files());
        if (open >= most) {
            most = open;
            server_bytes = static_cast<double>(ours->resident_bytes()) - before;
            load_bytes = static_cast<double>(load.resident_bytes());
        }
        bench::sleep_s(0.1);
    }
    const int code = load.wait(1);
    const double divisor = std::max(1.0, static_cast<double>(most));
    fmt::print("  held {} at a time; load exit {} (4: void)  target {}  {}\n", most, code, wanted,
               most >= wanted ? "met" : "NOT MET");
    fmt::print(
        "  server: {:.1f} KiB resident growth for each (bindings included); load: {:.1f} KiB"
        " of all it has for each\n",
        server_bytes / divisor / 1024, load_bytes / divisor / 1024);
}

// --- All -----------------------------------------------------------------------------------------

void make_certificates() {
    const auto make = [](const std::string& kind, const std::string& arguments) {
        bench::output_of("openssl req -x509 -nodes -days 2 -subj /CN=localhost -newkey " +
                         arguments + " -keyout " + key_of(kind) + " -out " + certificate_of(kind) +
                         " 2>/dev/null");
    };
    make("ecdsa-p256", "ec -pkeyopt ec_paramgen_curve:P-256");
    make("rsa-2048", "rsa:2048");
}

/// Ticks of the hypervisor and all, since the start.
std::pair<double, double> stolen_and_all() {
    std::istringstream text(bench::contents_of("/proc/stat"));
    std::string name;
    text >> name;
    double all = 0;
    double stolen = 0;
    double ticks = 0;
    for (int column = 0; column < 8 && text >> ticks; ++column) {
        all += ticks;
        if (column == 7) stolen = ticks;
    }
    return {stolen, all};
}

void print_header() {
    utsname host{};
    uname(&host);
    const std::time_t now = std::time(nullptr);
    std::string date(32, '\0');
    date.resize(std::strftime(date.data(), date.size(), "%Y-%m-%d %H:%M UTC", std::gmtime(&now)));
    fmt::print("{} · Linux {} · {} · {} processors · load {}\n", host.nodename, host.release, date,
               std::thread::hardware_concurrency(),
               bench::contents_of("/proc/loadavg").substr(0, 14));
    fmt::print("{}\n", bench::output_of("grep -m1 'model name' /proc/cpuinfo | sed 's/.*: //'"));
    fmt::print("{} · {} · {}\n", bench::output_of("openssl version | cut -d' ' -f1-2"),
               bench::output_of("kamailio -v 2>/dev/null | head -1"),
               bench::output_of("sipp -v 2>/dev/null | grep -m1 -o 'SIPp v[0-9.]*'"));
    fmt::print(
        "{} rounds of {} s in turn; median (least .. most); servers on processor {}, clients"
        " on {}\n",
        rounds_number, slice_s, server_cpu, client_cpu);
    std::fflush(stdout);
}

void guarded(const std::function<void()>& part) {
    try {
        part();
    } catch (const std::exception& error) {
        fmt::print("  NOT MEASURED: {}\n", error.what());
    }
}

}  // namespace

int main(int argc, char** argv) {
    if (argc == 4 && std::string(argv[1]) == "--echo") {
        bench::echo_datagrams(atoi(argv[2]), static_cast<std::size_t>(atoi(argv[3])));
    }
    if (std::thread::hardware_concurrency() < 2 || access(program().c_str(), X_OK) != 0) {
        fmt::print("needs two processors and {}\n", program());
        return 1;
    }
    const std::string only = argc > 1 ? argv[1] : "1345";  // parts; 1 holds 2
    const auto wants = [&only](char part) { return only.find(part) != std::string::npos; };
    char name[] = "/tmp/bench-sip-XXXXXX";
    if (mkdtemp(name) == nullptr) return 1;
    folder = name;
    bench::end_children_with_bench(limit_s);
    make_certificates();
    print_header();
    const auto [stolen_before, all_before] = stolen_and_all();
    bench::pin_to_cpu(client_cpu);
    if (wants('1')) guarded(bench_servers_udp_and_persistent);
    if (wants('3')) guarded([] { bench_new_connections("ecdsa-p256"); });
    if (wants('3')) guarded([] { bench_new_connections("rsa-2048"); });
    if (wants('4')) guarded(bench_generator);
    if (wants('5')) guarded(bench_held_connections);
    const auto [stolen, all] = stolen_and_all();
    fmt::print("\nstolen meanwhile: {:.1f} %\n",
               100 * (stolen - stolen_before) / std::max(1.0, all - all_before));
    if (getenv("BENCH_KEEP") == nullptr) std::filesystem::remove_all(folder);
}
