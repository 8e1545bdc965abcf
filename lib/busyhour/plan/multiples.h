// internal: not installed
#pragma once

#include "busyhour/plan/plan.h"

#include <optional>
#include <vector>

namespace busyhour {

/// What the limits of the start year are measured against.
struct StartYear {
    const Deployment& deployment;
    const std::vector<RoleSetup>& setups;
    const std::vector<Sizing>& roles;
    const BusyHour& hour;
};

/// How many times this demand the limit carries with the start year's nodes: "what can this carry,
/// and what stops it". Nothing where the models end before the limit does.
std::optional<double> largest_multiple(const Constraint& limit, const StartYear& start);

}  // namespace busyhour
