#pragma once

#include "busyhour/plan/plan.h"
#include "busyhour/report/table.h"

namespace busyhour {

/// The plan told to people: the answer first, then what it rests on.
Report to_report(const Plan& plan);

/// The plan as rows of year, section, name, metric and value, for spreadsheets.
Table to_rows(const Plan& plan);

}  // namespace busyhour
