// internal: not installed
#pragma once

#include "busyhour/plan/plan.h"
#include "busyhour/report/table.h"

namespace busyhour {

/// Every role on every host of the catalogue, and what oversubscription costs.
Section hosts_section(const Plan& plan);

/// What to set on a node of each role.
Section settings_section(const Plan& plan);

/// Both as rows of the CSV: year, section, name, metric, value.
void add_host_rows(const Plan& plan, Table& table);

}  // namespace busyhour
