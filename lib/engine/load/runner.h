#pragma once

#include "engine/load/arrivals.h"
#include "engine/load/counters.h"
#include "engine/load/media_talk.h"
#include "engine/load/scenario.h"
#include "engine/load/wire.h"

#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace busyhour::engine::load {

/// How far a run is, for who watches it.
struct Progress {
    double elapsed_s = 0;
    std::uint64_t offered = 0;
    std::uint64_t planned = 0;
    std::uint64_t succeeded = 0;
    std::uint64_t failed = 0;
    std::size_t under_way = 0;
};

struct RunOptions {
    Scenario scenario;
    WireOptions wire;
    ArrivalPlan arrivals;
    std::vector<int> measured;                         ///< processes whose CPU time is wanted
    const std::atomic<int>* interrupts = nullptr;      ///< above 0: stop
    std::function<void(const Progress&)> on_progress;  ///< once a second; may be empty
    std::function<void()> before_offer{};              ///< the users are ready; may be empty
    bool keeps_awake = false;                          ///< the processor, while nothing is due
    bool clears_last = false;  ///< registers nobody for longer than it takes
    bool polls = false;        ///< never sleeps while it offers: who answers it has nobody to wake
    Duration gather = std::chrono::microseconds(500);  ///< messages wait for so long at most, where
                                                       ///< more than one session comes in it
    std::optional<MediaTalkOptions> talk{};            ///< media of calls; its places are set here
    Duration storm_limit = std::chrono::seconds(300);  ///< a storm is given up after that
    std::optional<Duration> drain{};  ///< how long what is under way is waited for; else its timers
};

/// What a run found.
struct RunResult {
    Counters counters;
    MethodTally before;  ///< registrations before the flow, which `counters` leaves out
    WireCounts wire;
    std::optional<MediaTalkCounts> talk;
    Histogram connect_delay;  ///< TCP and TLS: from the first packet to the connection's use
    double duration_s = 0;    ///< in which work was offered
    double offered_per_s = 0;
    double achieved_per_s = 0;
    double recovery_s = 0;  ///< from the first arrival to the last success
    double generator_cpu_fraction = 0;
    double cpu_per_session_s = 0;
    std::optional<double> measured_cpu_cores;  ///< while work was offered
    bool has_lost_process = false;             ///< one of `measured` is gone
    double steal_fraction = 0;
    std::uint64_t unfinished = 0;  ///< sessions under way when the run ended
    std::optional<std::string> void_reason;
    bool is_interrupted = false;
};

/// Offers the flow to the target and waits for its end. Throws std::system_error where a socket is
/// refused, and std::runtime_error where the users cannot be connected or registered.
RunResult run(const RunOptions& options);

/// Why a result says nothing about the server; nothing where it does. `limit` values are those of
/// docs/engine-load.md.
std::optional<std::string> void_reason(const RunResult& result, double mean_interval_s);

}  // namespace busyhour::engine::load
