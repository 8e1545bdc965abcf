// internal: not installed
#pragma once

#include "busyhour/plan/plan.h"
#include "busyhour/report/table.h"

namespace busyhour {

/// Risks, bands and the most telling inputs, where draws were made.
Section uncertainty_section(const Plan& plan);

}  // namespace busyhour
