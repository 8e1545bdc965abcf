// internal: not installed
#pragma once

#include "busyhour/plan/plan.h"

namespace busyhour {

/// Everything in the finished plan that its reader should know, worst first.
std::vector<Finding> find_all(const Plan& plan, const PlanInput& input, const BusyHour& hour);

}  // namespace busyhour
