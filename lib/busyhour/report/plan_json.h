#pragma once

#include "busyhour/plan/plan.h"

#include <string>

namespace busyhour {

/// The version that reports carry.
std::string version();

/// The plan as report JSON ("busyhour.report/1") at full precision.
std::string to_report_json(const Plan& plan);

}  // namespace busyhour
