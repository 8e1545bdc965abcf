#include "generators.h"

#include "ratios.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <stdlib.h>
#include <vector>

namespace bench {
namespace {

struct Run {
    bool is_good = false;      ///< every registration was answered 200
    bool is_void = false;      ///< by the program's own rules; sipp has none
    double cpu_s = 0;          ///< of the generator, for one registration
    double running_cpu_s = 0;  ///< the same without start and end, as it says itself
    double rate_per_s = 0;     ///< over the whole time for sipp, as the program says for ours
};

using Options = std::vector<std::string>;

Run run_ours(const GeneratorBench& bench, const Options& options, double rate_per_s,
             double duration_s) {
    const auto server = bench.start_server();
    const std::string result = bench.folder + "/load.json";
    std::filesystem::remove(result);
    Options command{bench.program,  "load",
                    "register",     "udp:127.0.0.1:" + std::to_string(bench.port),
                    "--users",      "20000",
                    "--rate-per-s", fmt::format("{:.0f}", rate_per_s),
                    "--duration-s", fmt::format("{}", duration_s),
                    "--out",        "json=" + result};
    command.insert(command.end(), options.begin(), options.end());
    Process process(command, bench.cpu, bench.folder + "/load.log");
    Run run;
    const int code = process.wait(duration_s + 20);
    const std::string text = contents_of(result);
    const auto number = [&text](const std::string& name) {
        const std::size_t at = text.find("\"" + name + "\":");
        return at == std::string::npos ? 0.0 : strtod(text.c_str() + at + name.size() + 3, nullptr);
    };
    run.rate_per_s = number("achieved_per_s");
    run.cpu_s = process.spent_s() / std::max(1.0, number("succeeded"));
    run.running_cpu_s = number("generator_cpu_per_session_s");
    run.is_void = code == 4;
    run.is_good = (code == 0 || code == 4) && number("succeeded") > 0 &&
                  number("succeeded") == number("offered");
    return run;
}

Run run_sipp(const GeneratorBench& bench, double rate_per_s, double duration_s) {
    const auto server = bench.start_server();
    const double count = rate_per_s * duration_s;
    const double start_s = now_s();
    Process process({"sipp", "-sf", BUSYHOUR_SOURCE_DIR "/tests/interop/sipp/register-uac.xml",
                     "-m", fmt::format("{:.0f}", count), "-r", fmt::format("{:.0f}", rate_per_s),
                     "-i", "127.0.0.1", "-nostdin", "-timeout", "20s", "-timeout_error",
                     "127.0.0.1:" + std::to_string(bench.port)},
                    bench.cpu, "/dev/null");
    Run run;
    run.is_good = process.wait(duration_s + 25) == 0;
    run.rate_per_s = count / (now_s() - start_s);
    run.cpu_s = process.spent_s() / count;
    return run;
}

/// The run at the greatest of rising rates at which every registration was answered and `share` of
/// the rate was reached.
Run greatest(const std::vector<double>& rates_per_s, const std::function<Run(double)>& work,
             double share) {
    Run held;
    for (const double rate_per_s : rates_per_s) {
        const Run run = work(rate_per_s);
        if (!run.is_good || run.rate_per_s < share * rate_per_s) break;
        held = run;
    }
    return held;
}

/// CPU of `options` at one rate, in turn with sipp.
void compare_at_one_rate(const GeneratorBench& bench, const Options& options) {
    constexpr double rate_per_s = 12000;
    std::vector<double> load_us;
    std::vector<double> running_us;
    std::vector<double> sipp_us;
    int voids = 0;
    for (int round = 0; round < bench.rounds_number; ++round) {
        const Run load = run_ours(bench, options, rate_per_s, 2);
        voids += load.is_void ? 1 : 0;
        load_us.push_back(load.cpu_s * 1e6);
        running_us.push_back(load.running_cpu_s * 1e6);
        sipp_us.push_back(run_sipp(bench, rate_per_s, 2).cpu_s * 1e6);
    }
    fmt::print(
        "  at {:.0f}/s: busyhour {:.2f} us of CPU each, {:.2f} without its start ({} of {}"
        " runs void), sipp {:.2f} us\n",
        rate_per_s, spread_of(load_us).median, spread_of(running_us).median, voids,
        bench.rounds_number, spread_of(sipp_us).median);
    print_ratio("CPU of busyhour load to sipp's at that rate", ratios(load_us, sipp_us), 0.25,
                true);
}

/// The greatest rate of `options` and of sipp, and the CPU of each there.
void compare_at_greatest(const GeneratorBench& bench, const Options& options) {
    std::vector<double> load_per_s;
    std::vector<double> sipp_per_s;
    std::vector<double> load_us;
    std::vector<double> sipp_us;
    int voids = 0;
    for (int round = 0; round < 3; ++round) {
        const Run load = greatest(
            {20000, 30000, 40000, 50000, 60000, 70000, 80000, 100000},
            [&](double rate) { return run_ours(bench, options, rate, 1); }, 0.95);
        const Run sipp = greatest(
            {8000, 10000, 12000, 14000, 16000, 20000},
            [&](double rate) { return run_sipp(bench, rate, 1); }, 0.85);
        load_per_s.push_back(load.rate_per_s);
        sipp_per_s.push_back(sipp.rate_per_s);
        load_us.push_back(load.cpu_s * 1e6);
        sipp_us.push_back(sipp.cpu_s * 1e6);
        voids += load.is_void ? 1 : 0;
    }
    fmt::print(
        "  greatest rate at which all were answered: busyhour {:.0f}/s with {:.2f} us of CPU"
        " each ({} of 3 void), sipp {:.0f}/s with {:.2f} us\n",
        spread_of(load_per_s).median, spread_of(load_us).median, voids,
        spread_of(sipp_per_s).median, spread_of(sipp_us).median);
    print_ratio("greatest rate to sipp's", ratios(load_per_s, sipp_per_s), 4);
    print_ratio("CPU there to sipp's at its own", ratios(load_us, sipp_us), 0.25, true);
}

}  // namespace

void compare_generators(const GeneratorBench& bench) {
    for (const bool merges : {false, true}) {
        const Options options = merges ? Options{"--udp-gso"} : Options{};
        fmt::print("  {}\n", merges ? "with --udp-gso" : "as it is");
        compare_at_one_rate(bench, options);
        compare_at_greatest(bench, options);
    }
}

}  // namespace bench
