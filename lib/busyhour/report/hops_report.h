// internal: not installed
#pragma once

#include "busyhour/plan/plan.h"
#include "busyhour/report/table.h"

namespace busyhour {

/// What each element on the path sees, and one packet flow layer by layer.
Section hops_section(const Plan& plan);

/// The same for CSV.
void add_hop_rows(const Plan& plan, Table& table);

}  // namespace busyhour
