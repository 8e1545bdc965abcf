#pragma once

#include "busyhour/model/storm.h"
#include "busyhour/plan/sizing.h"

#include <string_view>
#include <vector>

namespace busyhour {

/// Why endpoints return.
enum class StormCause {
    power,      ///< all of them, to the nodes that remain with the spare ones lost
    dead_node,  ///< those of one node, to the others
};
std::string_view name_of(StormCause cause);

/// One storm on the nodes of a role, and what becomes of it. Works are in CPU core seconds.
struct StormScenario {
    StormCause cause = StormCause::power;
    int nodes = 0;  ///< that take the storm
    Storm storm;
    StormOutcome outcome;
    bool is_met = true;  ///< whether all are registered within the policy's time
};

/// The storms that a role of so many nodes must bear, followed for an hour or twice the policy's
/// time. None where the role registers nobody.
std::vector<StormScenario> storm_scenarios(const RoleSetup& setup, const Load& load,
                                           double growth_factor, int nodes);

/// Whether all storms are over within the policy's time.
bool survives_storms(const RoleSetup& setup, const Load& load, double growth_factor, int nodes);

}  // namespace busyhour
