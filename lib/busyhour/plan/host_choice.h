// internal: not installed
#pragma once

#include "busyhour/catalog/catalog.h"
#include "busyhour/catalog/schema.h"

namespace busyhour {

/// Makes the profile the host of every role of a deployment that was read by its schema; each
/// choice becomes an assumption that names the file. Cores that the deployment does not give are
/// the host's own.
void choose_host(const HostProfile& profile, Reading& deployment);

}  // namespace busyhour
