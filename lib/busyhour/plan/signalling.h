// internal: not installed
#pragma once

#include "busyhour/plan/busy_hour.h"

namespace busyhour {

/// Adds what one population's SIP asks of the roles, the sites and the totals.
/// The callee's leg of internal calls goes to `internal_callees`, to be spread over the sites.
void add_signalling(const Deployment& deployment, const Catalog& catalog,
                    const Population& population, BusyHour& hour, Load& internal_callees);

/// The wire under a population's SIP messages.
SipWire wire_of(const Deployment& deployment, const Catalog& catalog, const Population& population);

}  // namespace busyhour
