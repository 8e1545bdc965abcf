#pragma once

#include "busyhour/catalog/catalog.h"
#include "cli/output.h"
#include "engine/measure/host_reading.h"

namespace busyhour::cli {

/// What a look at a host found, beside the catalogue's hosts that have yardsticks, and what follows
/// for a plan, in every format.
Renderings render_host(const engine::measure::HostReading& reading, const Catalog& catalog);

}  // namespace busyhour::cli
