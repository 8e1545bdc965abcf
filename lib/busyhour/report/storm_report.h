// internal: not installed
#pragma once

#include "busyhour/plan/plan.h"
#include "busyhour/report/table.h"

namespace busyhour {

/// What happens to the registrars when endpoints return together.
void add_storm_section(const Plan& plan, Report& report);

/// The same as rows of year, section, name, metric and value.
void add_storm_rows(const Plan& plan, Table& table);

}  // namespace busyhour
