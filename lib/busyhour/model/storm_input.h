// internal: not installed
#pragma once

#include "busyhour/model/storm.h"

namespace busyhour {

/// Throws InputError at each field of the storm that is out of range.
void check_storm(const Storm& storm);

}  // namespace busyhour
