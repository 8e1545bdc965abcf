// internal: not installed
#pragma once

#include "busyhour/plan/plan.h"

namespace busyhour {

/// What the start year's storms give cause to say.
void find_storms(const Plan& plan, std::vector<Finding>& found);

}  // namespace busyhour
