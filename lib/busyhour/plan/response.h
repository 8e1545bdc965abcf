#pragma once

#include "busyhour/cost/cost_model.h"
#include "busyhour/plan/load.h"

#include <optional>
#include <string_view>

namespace busyhour {

/// What an endpoint waits for at one role, and how long it may.
struct ResponseSetup {
    std::string_view metric;         ///< name of RFC 6076 with underscores
    Driver measured{};               ///< the events whose delay it is
    Driver challenges{};             ///< each is one message more before the answer
    double requests_number = 1;      ///< messages that arrive for one event
    double visits_number = 1;        ///< of them, those before the answer that is waited for
    double servers_number = 1;       ///< cores of a node, each with a worker
    std::optional<double> target_s;  ///< of the policy
    double probability = 0.99;       ///< part of the events that keeps the target
};

/// The delay that one node of a role adds: waiting and processing, no network.
struct ResponseTimes {
    std::string_view metric;
    double utilisation_fraction = 0;  ///< of its cores
    double service_s = 0;             ///< processing alone, all visits
    double mean_s = 0;
    double p95_s = 0;
    double p99_s = 0;
    double target_probability_s = 0;  ///< at the policy's probability
};

/// The response times of a node with that work; nothing where it has none of those events, or where
/// its queue grows without end.
///
/// Each message waits in one queue for all cores (M/G/c); classes of messages have the costs of
/// their drivers, exponential within a class. Sources: allen-cunneen, kingman-heavy-traffic,
/// rfc6076.
std::optional<ResponseTimes> response_times(const ResponseSetup& setup, const CostModel& cost,
                                            double cores_number, const Demand& node);

}  // namespace busyhour
