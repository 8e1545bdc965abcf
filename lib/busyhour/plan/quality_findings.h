// internal: not installed
#pragma once

#include "busyhour/plan/plan.h"

namespace busyhour {

/// Adds what the delay budgets and ratings of plan.quality show.
void find_quality(const Plan& plan, std::vector<Finding>& found);

}  // namespace busyhour
