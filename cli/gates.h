#pragma once

#include "busyhour/plan/plan.h"

#include <string>
#include <vector>

namespace busyhour::cli {

/// A condition under which a plan fails: --fail-on.
struct Gate {
    std::string text;      ///< as the user wrote it
    std::string quantity;  ///< "severity", "finding", "exhausted_in" or "headroom"
    double limit_number = 0;
};

/// Throws InputError for a condition that is none.
std::vector<Gate> parse_gates(const std::vector<std::string>& texts);

/// A sentence for each gate that the plan fails.
std::vector<std::string> failed_gates(const std::vector<Gate>& gates, const Plan& plan);

}  // namespace busyhour::cli
