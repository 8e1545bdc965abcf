// internal: not installed
#pragma once

#include "busyhour/plan/load.h"
#include "busyhour/plan/plan.h"
#include "busyhour/plan/sizing.h"

namespace busyhour {

/// The same demand with all endpoints on one transport after the other.
std::vector<TransportRow> compare_transports(const PlanInput& input);

/// What a signalling role would have to carry, and what its nodes can.
struct TransportLoad {
    RoleSetup setup;
    Load load;
};

/// Registrar and proxy with all endpoints on that row's transport ("udp", "tls_persistent", ...).
std::vector<TransportLoad> transport_loads(const PlanInput& input, std::string_view transport);

}  // namespace busyhour
