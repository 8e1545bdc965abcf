#pragma once

#include "cli/output.h"
#include "engine/measure/host_reading.h"

namespace busyhour::cli {

/// What a look at a host found, and what follows for a plan, in every format.
Renderings render_host(const engine::measure::HostReading& reading);

}  // namespace busyhour::cli
