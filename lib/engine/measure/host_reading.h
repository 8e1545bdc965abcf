#pragma once

#include "engine/load/histogram.h"
#include "engine/measure/yardstick.h"

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace busyhour::engine::measure {

/// What a host says it is.
struct HostFingerprint {
    std::string processor;  ///< "AMD EPYC", empty where it does not say
    unsigned processors_number = 0;
    bool is_virtual = false;  ///< a hypervisor says so
    std::uint64_t memory_bytes = 0;
    std::string kernel;        ///< "Linux 6.1.0-18-amd64"
    std::string clock_source;  ///< of the kernel: "tsc", "kvm-clock"
    std::string governor;      ///< of the first processor's frequency; empty where it has none
    double limit_cores = 0;    ///< quota of the control group (container); 0: none
};
HostFingerprint host_fingerprint();

/// Moments in which a thread that never stops was not running, each longer than `shortest`.
struct Stalls {
    static constexpr Duration shortest = std::chrono::microseconds(500);
    std::uint64_t number = 0;
    Duration all{0};
    Duration longest{0};
    Duration watched{0};  ///< time in which they were looked for

    Stalls& operator+=(const Stalls& other) noexcept;
};

/// Spins for `span` on the calling thread's processor and looks at the clock.
Stalls watch_stalls(Duration span) noexcept;

/// Sleeps until a moment `sleep` ahead, again and again for `span`: how late each return was.
load::Histogram watch_timers(Duration span, Duration sleep);

struct HostReadingOptions {
    Duration duration = std::chrono::seconds(20);
    Duration yardstick = std::chrono::milliseconds(50);
    const std::atomic<int>* interrupts = nullptr;  ///< above 0: stop
    std::function<void(double elapsed_fraction)> on_progress;
};

/// One look at one processor.
struct ProcessorReading {
    int processor = 0;
    YardstickReading yardsticks{};
};

/// Is this host fit for voice? What was found, without a judgement.
struct HostReading {
    HostFingerprint host;
    double duration_s = 0;
    std::vector<ProcessorReading> readings;  ///< in the order of time
    Stalls stalls;
    load::Histogram timer_lateness;  ///< of sleeps of 1 ms
    double steal_fraction = 0;       ///< of all processors' time, as the hypervisor tells it
    double busy_fraction = 0;        ///< of all processors' time, by anybody
    double own_fraction = 0;         ///< of all processors' time, by this reading
    double queue_fraction = 0;  ///< of the time that the reading wanted to run: waited for others
};

/// Looks at each processor that the process may use, in turn. Throws std::system_error.
HostReading read_host(const HostReadingOptions& options);

/// Medians of a yardstick, and how much the speed of the processor itself changed: (largest -
/// least) / median by CPU time.
struct YardstickSummary {
    double median_per_s = 0;
    double median_per_cpu_s = 0;
    double spread_fraction = 0;
};
std::array<YardstickSummary, yardsticks_number> summary_of(
    const std::vector<ProcessorReading>& readings);

}  // namespace busyhour::engine::measure
