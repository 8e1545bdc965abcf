// internal: not installed
#pragma once

#include "busyhour/plan/plan.h"

namespace busyhour {

/// The same demand with all endpoints on one transport after the other.
std::vector<TransportRow> compare_transports(const PlanInput& input);

}  // namespace busyhour
