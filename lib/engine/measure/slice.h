#pragma once

#include "engine/measure/experiment.h"

namespace busyhour::engine::measure {

/// One run: so much was offered, and this is what it took.
struct Slice {
    std::string experiment;
    double load_per_s = 0;  ///< sessions, or RTP packets, offered in a second
    double achieved_per_s = 0;
    Demand demand;  ///< on the subject
    std::optional<double> cpu_cores;
    std::optional<double> memory_bytes;
    double failed_fraction = 0;
    load::Histogram latency;  ///< from the intended moment to the end; of media one way
    double recovery_s = 0;    ///< from the first arrival to the last success
    double generator_cpu_fraction = 0;
    double duration_s = 0;
    YardstickReading before{};
    YardstickReading after{};
    YardstickReading during{};               ///< while it was offered; 0 where nobody knows
    std::optional<double> others_cores;      ///< used by others on the subject's processors
    std::optional<std::string> void_reason;  ///< why it says nothing of the subject
    bool is_generators = false;              ///< void because the generator was too slow

    /// Everything that was offered was done, and soon enough.
    [[nodiscard]] bool held(Duration latency_p99_max) const noexcept;
    /// It used nearly all that it may.
    [[nodiscard]] bool was_busy(double cores_number) const noexcept;
};

/// How slices are run.
struct Bench {
    Yardsticks& yardsticks;
    std::uint64_t seed = 1;
    Duration yardstick = std::chrono::milliseconds(20);  ///< of each kind, before and after
    double others_max_fraction = 0.1;  ///< of the subject's processors; a slice with more is void
    const std::atomic<int>* interrupts = nullptr;
};

/// Offers `load_per_s` sessions, or RTP packets, for `duration_s`. Throws std::system_error as the
/// generators do.
Slice run_slice(const Workload& workload, const Subject& subject, double load_per_s,
                double duration_s, Bench& bench);

/// Lets `users_number` users who are not known register within `window_s`, each until it succeeds.
Slice run_storm(const Subject& subject, std::size_t users_number, double window_s, Bench& bench);

/// Memory of the subject while so many users are registered, over TCP and TLS each with a
/// connection of its own. The experiment is called after the driver: "hold-contacts".
Slice run_hold(const Subject& subject, Transport transport, std::size_t users_number, Bench& bench);

/// One user registers, or calls another: the status codes of the answers that refuse, most frequent
/// first; empty where all is well.
std::vector<int> probe(const Subject& subject, const Experiment& experiment, Bench& bench);

/// The subject's processor, for the yardsticks; below 0: none that is known.
int yardstick_processor(const Subject& subject) noexcept;

}  // namespace busyhour::engine::measure
