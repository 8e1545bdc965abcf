// internal: not installed
#pragma once

#include "busyhour/plan/plan.h"

namespace busyhour {

/// What hosts and the defaults of software do to the plan: host-oversubscribed, defaults-exceeded.
void add_host_findings(const Plan& plan, std::vector<Finding>& found);

}  // namespace busyhour
