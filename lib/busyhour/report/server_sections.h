// internal: not installed
#pragma once

#include "busyhour/plan/plan.h"
#include "busyhour/report/table.h"

namespace busyhour {

/// Adds what the roles replicate in the first year, where any does.
void add_replication_sections(const Plan& plan, Report& report);

/// Adds unwanted traffic, where the deployment has any.
void add_unwanted_section(const Plan& plan, Report& report);

}  // namespace busyhour
