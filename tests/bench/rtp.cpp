// The speed table of the media relay: CPU of the server for each packet it relays, beside rtpengine
// in user space and a bare loop of recvfrom and sendto over as many sockets, all driven by the same
// `busyhour load rtp`, in turn; ratios are taken pair by pair. The relay runs on processor 0, the
// load on processor 1. BUSYHOUR names another program to measure.
#include "engine/call_media.h"
#include "engine/io/address.h"
#include "engine/io/event_loop.h"
#include "engine/io/media_socket.h"
#include "engine/ng_server.h"
#include "support/process.h"
#include "support/ratios.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <stdlib.h>
#include <string>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace {

namespace engine = busyhour::engine;
using bench::Process;
using bench::ratios;
using bench::spread_of;

constexpr int relay_cpu = 0;
constexpr int load_cpu = 1;
constexpr int rounds_number = 3;
constexpr double slice_s = 3;
constexpr unsigned limit_s = 560;

std::string folder;

std::string program() {
    const char* named = getenv("BUSYHOUR");
    return named != nullptr ? named : BUSYHOUR_PROGRAM;
}

// --- The bare loop -------------------------------------------------------------------------------

/// Passes on whatever comes to where the other end's description said, and looks at nothing.
class BareLoop final : public engine::RelayControl {
public:
    std::optional<engine::RelayedMedium> open(engine::Time /*now*/) noexcept override {
        const std::lock_guard lock(mutex_);
        auto row = std::make_unique<Row>();
        engine::RelayedMedium medium;
        for (std::size_t i = 0; i < row->sockets.size(); ++i) {
            engine::Peer local = *engine::io::parse_address("udp:127.0.0.1:0");
            local.port = next_port_++;
            auto socket = engine::io::MediaSocket::open(local);
            if (!socket) return std::nullopt;
            row->sockets[i] = std::move(*socket);
            if (i % 2 == 0) medium.ports[i / 2] = local.port;
        }
        for (std::size_t i = 0; i < row->sockets.size(); ++i) {
            loop_.add(row->sockets[i].descriptor(), rows_.size() * row->sockets.size() + i);
        }
        rows_.push_back(std::move(row));
        medium.id = rows_.size();
        return medium;
    }
    void set_remote(std::uint64_t id, unsigned leg,
                    const engine::RelayRemote& remote) noexcept override {
        rows_[id - 1]->remotes[leg] = remote;
    }
    bool set_keys(std::uint64_t, unsigned, const std::optional<engine::rtp::SrtpParameters>&,
                  const std::optional<engine::rtp::SrtpParameters>&) noexcept override {
        return true;
    }
    [[nodiscard]] bool is_open(std::uint64_t) const noexcept override { return true; }
    void close(std::uint64_t) noexcept override {}

    [[noreturn]] void run() {
        std::array<std::uint8_t, 2048> room{};
        for (;;) {
            for (const auto& event : loop_.wait(engine::io::clock_now(), engine::never)) {
                Row& row = *rows_[event.token / 4];
                const std::size_t number = event.token % 4;
                engine::Peer from;
                const auto received = row.sockets[number].receive(room, from);
                if (!received.has_datagram) continue;
                engine::Peer to = row.remotes[1 - number / 2].rtp;
                if (number % 2 == 1) ++to.port;
                row.sockets[(number + 2) % 4].send(to, std::span(room).first(received.size));
            }
        }
    }

private:
    struct Row {
        std::array<engine::io::MediaSocket, 4> sockets;
        std::array<engine::RelayRemote, 2> remotes;
    };
    std::mutex mutex_;
    std::vector<std::unique_ptr<Row>> rows_ = [] {
        std::vector<std::unique_ptr<Row>> rows;
        rows.reserve(4096);  // the loop's thread reads while signalling adds
        return rows;
    }();
    engine::io::EventLoop loop_;
    std::uint16_t next_port_ = 45000;
};

[[noreturn]] void run_bare_loop(std::uint16_t port) {
    engine::io::raise_descriptors_max();
    BareLoop loop;
    const engine::Peer address = *engine::io::parse_address("udp:127.0.0.1:0");
    engine::CallMedia media({.calls_max = 4096, .address = address}, loop);
    engine::Peer listen = address;
    listen.port = port;
    engine::NgServer server(listen, media);
    server.start();
    loop.run();
}

// --- Runs ----------------------------------------------------------------------------------------

struct Contender {
    std::string name;
    std::function<std::unique_ptr<Process>(int port)> start;
    std::vector<double> cpu_us = {};
    std::vector<double> rate_per_s = {};
    double lost = 0;
    int voids = 0;
};

int next_port = 22300;

double number_in(const std::string& text, const std::string& name, std::size_t from = 0) {
    const std::size_t at = text.find("\"" + name + "\":", from);
    return at == std::string::npos ? 0 : strtod(text.c_str() + at + name.size() + 3, nullptr);
}

void measure(Contender& contender, int calls, const std::vector<std::string>& options) {
    const int port = next_port++;
    const auto process = contender.start(port);
    const std::string result = folder + "/load.json";
    std::vector<std::string> command{program(),      "load",
                                     "rtp",          "ng:127.0.0.1:" + std::to_string(port),
                                     "--calls",      std::to_string(calls),
                                     "--duration-s", fmt::format("{}", slice_s),
                                     "--rate-per-s", "400",
                                     "--pid",        std::to_string(process->pid()),
                                     "--rtcp",       "none",
                                     "--out",        "json=" + result};
    command.insert(command.end(), options.begin(), options.end());
    // The relay needs a moment to listen; the load then says that nothing answered.
    int code = 1;
    for (int attempt = 0; attempt < 20 && code == 1; ++attempt) {
        bench::sleep_s(0.2);
        std::filesystem::remove(result);
        code = Process(command, load_cpu, folder + "/load.log").wait(60);
    }
    const std::string text = bench::contents_of(result);
    if (text.empty()) throw std::runtime_error(contender.name + ": no result; see " + folder);
    contender.cpu_us.push_back(number_in(text, "cpu_per_packet_s", text.find("\"measured\":")) *
                               1e6);
    contender.rate_per_s.push_back(number_in(text, "achieved_per_s"));
    contender.lost += number_in(text, "lost");
    contender.voids += code == 4 ? 1 : 0;
}

std::unique_ptr<Process> start_ours(int port) {
    return std::make_unique<Process>(
        std::vector<std::string>{program(), "server", "--listen", "udp:127.0.0.1:0",
                                 "--media-relay", "127.0.0.1", "--media-ports", "20000-21999",
                                 "--ng", "udp:127.0.0.1:" + std::to_string(port)},
        relay_cpu, folder + "/server.log");
}

std::unique_ptr<Process> start_rtpengine(int port) {
    return std::make_unique<Process>(
        std::vector<std::string>{"rtpengine", "--config-file=none", "--foreground", "--log-stderr",
                                 "--log-level=4", "--table=-1", "--num-threads=1",
                                 "--interface=127.0.0.1", "--port-min=25000", "--port-max=29999",
                                 "--listen-ng=127.0.0.1:" + std::to_string(port),
                                 "--pidfile=" + folder + "/rtpengine.pid"},
        relay_cpu, folder + "/rtpengine.log");
}

std::unique_ptr<Process> start_bare_loop(int port) {
    return std::make_unique<Process>(
        std::vector<std::string>{"/proc/self/exe", "--bare", std::to_string(port)}, relay_cpu,
        folder + "/bare.log");
}

void compare(const std::string& title, int calls, std::vector<Contender> contenders,
             const std::vector<double>& targets, const std::vector<std::string>& options = {}) {
    fmt::print("\n{}\n", title);
    for (int round = 0; round < rounds_number; ++round) {
        for (Contender& contender : contenders) measure(contender, calls, options);
    }
    for (const Contender& contender : contenders) {
        const auto cpu = spread_of(contender.cpu_us);
        fmt::print(
            "  {:14} {:6.2f} us of CPU for a packet ({:.2f} .. {:.2f}), {:.0f} packets/s"
            " arrived, lost {:.0f}, {} of {} void\n",
            contender.name, cpu.median, cpu.least, cpu.most, spread_of(contender.rate_per_s).median,
            contender.lost, contender.voids, rounds_number);
    }
    for (std::size_t row = 1; row < contenders.size(); ++row) {
        bench::print_ratio("packets/s per core to " + contenders[row].name,
                           ratios(contenders[row].cpu_us, contenders[0].cpu_us), targets[row - 1]);
    }
    std::fflush(stdout);
}

/// The generator alone, from end to end on one processor: what it sends and what it receives.
void measure_pace() {
    fmt::print("\n1,000 calls of G.711, 20 ms, from end to end, on processor {}\n", load_cpu);
    std::vector<double> sent_per_s;
    std::vector<double> p99_ms;
    std::vector<double> busy;
    double lost = 0;
    for (int round = 0; round < rounds_number; ++round) {
        const std::string result = folder + "/pace.json";
        Process({program(), "load", "rtp", "udp:127.0.0.1:0", "--calls", "1000", "--duration-s",
                 fmt::format("{}", slice_s), "--rtcp", "none", "--out", "json=" + result},
                load_cpu, folder + "/pace.log")
            .wait(60);
        const std::string text = bench::contents_of(result);
        sent_per_s.push_back(number_in(text, "offered_per_s"));
        p99_ms.push_back(number_in(text, "p99", text.find("\"send_lateness_s\":")) * 1e3);
        busy.push_back(number_in(text, "generator_cpu_fraction"));
        lost += number_in(text, "lost");
    }
    fmt::print(
        "  {:.0f} packets/s sent and as many received (target >= 100000), lost {:.0f}; busy"
        " {:.0f} %; 99 % left within {:.2f} ms of their moment ({:.2f} .. {:.2f}; target"
        " <= 1)\n",
        spread_of(sent_per_s).median, lost, spread_of(busy).median * 100, spread_of(p99_ms).median,
        spread_of(p99_ms).least, spread_of(p99_ms).most);
    std::fflush(stdout);
}

void print_header() {
    utsname host{};
    uname(&host);
    const std::time_t now = std::time(nullptr);
    std::string date(32, '\0');
    date.resize(std::strftime(date.data(), date.size(), "%Y-%m-%d %H:%M UTC", std::gmtime(&now)));
    fmt::print("Linux {} · {} · {} processors · load {}\n", host.release, date,
               std::thread::hardware_concurrency(),
               bench::contents_of("/proc/loadavg").substr(0, 14));
    fmt::print("{}\n", bench::output_of("grep -m1 'model name' /proc/cpuinfo | sed 's/.*: //'"));
    fmt::print("rtpengine {}\n",
               bench::output_of("dpkg-query -W -f='${Version}' rtpengine-daemon"));
    fmt::print(
        "{} rounds of {} s in turn; median (least .. most); the relay on processor {}, the"
        " load on {}\n",
        rounds_number, slice_s, relay_cpu, load_cpu);
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
    if (argc == 3 && std::string(argv[1]) == "--bare") {
        run_bare_loop(static_cast<std::uint16_t>(atoi(argv[2])));
    }
    if (std::thread::hardware_concurrency() < 2 || access(program().c_str(), X_OK) != 0) {
        fmt::print("needs two processors and {}\n", program());
        return 1;
    }
    if (bench::output_of("command -v rtpengine").empty()) {
        fmt::print("rtpengine is not installed: nothing to compare with\n");
        return 1;
    }
    char name[] = "/tmp/bench-rtp-XXXXXX";
    if (mkdtemp(name) == nullptr) return 1;
    folder = name;
    bench::end_children_with_bench(limit_s);
    print_header();
    guarded(measure_pace);
    const Contender ours{"busyhour", start_ours};
    const Contender rtpengine{"rtpengine", start_rtpengine};
    const Contender bare{"a bare loop", start_bare_loop};
    for (const int streams : {100, 1000}) {
        guarded([&] {
            compare(
                fmt::format("{} streams of G.711, 20 ms ({} calls), plain", streams, streams / 2),
                streams / 2, {ours, rtpengine, bare}, {1.25, 0.8});
        });
    }
    for (const char* suite : {"AES_CM_128_HMAC_SHA1_80", "AEAD_AES_128_GCM"}) {
        guarded([&] {
            compare(fmt::format("500 streams, SRTP ({}) of the callers, RTP of the callees", suite),
                    250, {ours, rtpengine}, {1}, {"--encryption", "caller", "--srtp-suite", suite});
        });
    }
    if (getenv("BENCH_KEEP") == nullptr) std::filesystem::remove_all(folder);
}
