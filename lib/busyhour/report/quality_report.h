// internal: not installed
#pragma once

#include "busyhour/plan/plan.h"
#include "busyhour/report/table.h"

namespace busyhour {

/// Adds the section on the quality of calls; nothing where there are no calls.
void add_quality_section(const Plan& plan, Report& report);

/// Adds the quality of calls to the rows of a CSV: year, section, name, metric, value.
void add_quality_rows(const Plan& plan, Table& table);

}  // namespace busyhour
