#pragma once

#include "busyhour/plan/calculators.h"
#include "cli/output.h"

namespace busyhour::cli {

/// A flat answer in every format.
Renderings render_answer(const Answer& answer);

}  // namespace busyhour::cli
