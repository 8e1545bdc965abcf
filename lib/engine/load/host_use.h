#pragma once

#include "engine/clock.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace busyhour::engine::load {

/// CPU time that this thread has used.
Duration thread_cpu_time() noexcept;

/// CPU time that all threads of these processes have used; nothing where one of them is gone.
std::optional<Duration> processes_cpu_time(const std::vector<int>& process_ids);

/// The most memory that this process has held.
std::uint64_t memory_most_bytes();

/// Ticks of all processors since the start, and those that the host gave to somebody else.
struct HostTime {
    double all_number = 0;
    double stolen_number = 0;
};
HostTime host_time();
double stolen_fraction(const HostTime& before, const HostTime& after);

/// What a generator may not be short of, if its result is to say anything of the far end.
struct GeneratorHealth {
    double cpu_fraction = 0;  ///< of one core
    Duration send_lateness_p99{0};
    double mean_interval_s = 0;  ///< between sends
    std::uint64_t socket_drops = 0;
    std::uint64_t send_drops = 0;
    double steal_fraction = 0;
};

/// What it was short of; nothing where all is well. The limits are those of docs/engine-load.md.
std::optional<std::string> fault_of(const GeneratorHealth& health);

}  // namespace busyhour::engine::load
