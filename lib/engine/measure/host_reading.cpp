#include "engine/measure/host_reading.h"

#include "engine/io/event_loop.h"
#include "engine/load/host_use.h"
#include "engine/measure/processor.h"

#include <algorithm>
#include <ctime>
#include <fstream>
#include <sstream>
#include <sys/prctl.h>
#include <sys/utsname.h>
#include <thread>
#include <unistd.h>

namespace busyhour::engine::measure {
namespace {

std::string first_line_of(const std::string& path) {
    std::string line;
    std::getline(std::ifstream(path) >> std::ws, line);
    return line;
}

/// The value of a line "name : value" of /proc/cpuinfo.
std::string processor_field(const std::string& name) {
    std::ifstream file("/proc/cpuinfo");
    for (std::string line; std::getline(file, line);) {
        const std::size_t colon = line.find(':');
        if (colon == std::string::npos || !line.starts_with(name)) continue;
        const std::size_t begin = line.find_first_not_of(" \t", colon + 1);
        return begin == std::string::npos ? "" : line.substr(begin);
    }
    return {};
}

/// "200000 100000": microseconds of each period; "max 100000": no quota.
double limit_of_control_group() {
    std::ifstream file("/sys/fs/cgroup/cpu.max");
    double quota_us = 0;
    double period_us = 0;
    return file >> quota_us >> period_us && period_us > 0 ? quota_us / period_us : 0;
}

/// Ticks of all processors together.
struct Ticks {
    double all_number = 0;
    double idle_number = 0;
};

Ticks host_ticks() {
    std::ifstream file("/proc/stat");
    std::string label;
    file >> label;
    Ticks ticks;
    constexpr int last_column = 7;  // steal; guest time stands in user time already
    double number = 0;
    for (int column = 0; column <= last_column && file >> number; ++column) {
        ticks.all_number += number;
        const bool is_idle = column == 3 || column == 4;  // idle, iowait
        if (is_idle) ticks.idle_number += number;
    }
    return ticks;
}

/// How long the calling thread has waited for a processor that others had.
Duration time_in_queue() {
    std::ifstream file("/proc/thread-self/schedstat");
    std::int64_t on_processor_ns = 0;
    std::int64_t waited_ns = 0;
    file >> on_processor_ns >> waited_ns;
    return Duration(waited_ns);
}

/// What the reader's thread finds out on one processor.
struct Look {
    ProcessorReading reading;
    Stalls stalls;
    load::Histogram timer_lateness;
    Duration waited{0};
    Duration wanted{0};
    Duration used{0};
};

Look look_at(Yardsticks& yardsticks, int processor, Duration yardstick) {
    Look look;
    std::exception_ptr failure;
    std::thread reader([&] {
        try {
            run_on(processor);
            prctl(PR_SET_TIMERSLACK, 1UL);  // ns, so that the lateness is the host's
            const Duration waited_before = time_in_queue();
            const Time begin = io::clock_now();
            look.reading = {.processor = processor, .yardsticks = yardsticks.read(yardstick)};
            look.stalls = watch_stalls(2 * yardstick);
            look.wanted = io::clock_now() - begin;
            look.waited = time_in_queue() - waited_before;
            look.timer_lateness = watch_timers(2 * yardstick, std::chrono::milliseconds(1));
            look.used = load::thread_cpu_time();
        } catch (...) {
            failure = std::current_exception();
        }
    });
    reader.join();
    if (failure) std::rethrow_exception(failure);
    return look;
}

double median_of(std::vector<double> values) {
    if (values.empty()) return 0;
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

}  // namespace

HostFingerprint host_fingerprint() {
    HostFingerprint host;
    host.processor = processor_field("model name");
    if (host.processor.empty()) host.processor = processor_field("Model");  // of many ARM boards
    host.processors_number = std::max(std::thread::hardware_concurrency(), 1U);
    host.is_virtual = processor_field("flags").find("hypervisor") != std::string::npos;
    const long pages = sysconf(_SC_PHYS_PAGES);
    const long page_bytes = sysconf(_SC_PAGESIZE);
    if (pages > 0 && page_bytes > 0) {
        host.memory_bytes =
            static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(page_bytes);
    }
    utsname system{};
    if (uname(&system) == 0) host.kernel = std::string(system.sysname) + " " + system.release;
    host.clock_source =
        first_line_of("/sys/devices/system/clocksource/clocksource0/current_clocksource");
    host.governor = first_line_of("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor");
    host.limit_cores = limit_of_control_group();
    return host;
}

Stalls& Stalls::operator+=(const Stalls& other) noexcept {
    number += other.number;
    all += other.all;
    longest = std::max(longest, other.longest);
    watched += other.watched;
    return *this;
}

Stalls watch_stalls(Duration span) noexcept {
    Stalls stalls;
    const Time begin = io::clock_now();
    Time last = begin;
    while (last - begin < span) {
        const Time now = io::clock_now();
        const Duration gap = now - last;
        if (gap > Stalls::shortest) {
            ++stalls.number;
            stalls.all += gap;
            stalls.longest = std::max(stalls.longest, gap);
        }
        last = now;
    }
    stalls.watched = last - begin;
    return stalls;
}

load::Histogram watch_timers(Duration span, Duration sleep) {
    load::Histogram lateness;
    const Time begin = io::clock_now();
    for (Time now = begin; now - begin < span; now = io::clock_now()) {
        const Time due = now + sleep;
        const std::int64_t ns = due.time_since_epoch().count();
        const timespec wanted{.tv_sec = ns / 1'000'000'000, .tv_nsec = ns % 1'000'000'000};
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &wanted, nullptr);
        lateness.record(io::clock_now() - due);
    }
    return lateness;
}

HostReading read_host(const HostReadingOptions& options) {
    HostReading result;
    result.host = host_fingerprint();
    Yardsticks yardsticks;
    yardsticks.read(options.yardstick);  // caches and clocks are warm afterwards
    const std::vector<int> processors = own_processors();
    const load::HostTime time_before = load::host_time();
    const Ticks ticks_before = host_ticks();
    Duration waited{0};
    Duration wanted{0};
    Duration used{0};
    const Time begin = io::clock_now();
    Time now = begin;
    for (std::size_t turn = 0; now - begin < options.duration; ++turn) {
        if (options.interrupts != nullptr && options.interrupts->load() > 0) break;
        const Look look =
            look_at(yardsticks, processors[turn % processors.size()], options.yardstick);
        result.readings.push_back(look.reading);
        result.stalls += look.stalls;
        result.timer_lateness.add(look.timer_lateness);
        waited += look.waited;
        wanted += look.wanted;
        used += look.used;
        now = io::clock_now();
        if (options.on_progress) {
            options.on_progress(load::to_seconds(now - begin) / load::to_seconds(options.duration));
        }
    }
    result.duration_s = load::to_seconds(now - begin);
    result.steal_fraction = load::stolen_fraction(time_before, load::host_time());
    const Ticks ticks = host_ticks();
    const double all_number = ticks.all_number - ticks_before.all_number;
    if (all_number > 0) {
        result.busy_fraction = 1 - (ticks.idle_number - ticks_before.idle_number) / all_number;
    }
    if (result.duration_s > 0) {
        result.own_fraction =
            load::to_seconds(used) / result.duration_s / result.host.processors_number;
    }
    if (wanted > Duration{0}) {
        result.queue_fraction = load::to_seconds(waited) / load::to_seconds(wanted);
    }
    return result;
}

std::array<YardstickSummary, yardsticks_number> summary_of(
    const std::vector<ProcessorReading>& readings) {
    std::array<YardstickSummary, yardsticks_number> result{};
    for (std::size_t i = 0; i < yardsticks_number; ++i) {
        std::vector<double> per_s;
        std::vector<double> per_cpu_s;
        for (const ProcessorReading& reading : readings) {
            per_s.push_back(reading.yardsticks[i].per_s);
            per_cpu_s.push_back(reading.yardsticks[i].per_cpu_s);
        }
        if (per_s.empty()) continue;
        const auto [least, largest] = std::minmax_element(per_cpu_s.begin(), per_cpu_s.end());
        const double median = median_of(per_cpu_s);
        result[i] = {.median_per_s = median_of(per_s),
                     .median_per_cpu_s = median,
                     .spread_fraction = median > 0 ? (*largest - *least) / median : 0};
    }
    return result;
}

}  // namespace busyhour::engine::measure
