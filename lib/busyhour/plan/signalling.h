// internal: not installed
#pragma once

#include "busyhour/plan/busy_hour.h"
#include "busyhour/plan/hop_works.h"

namespace busyhour {

/// Adds what one population's SIP asks of the roles, the sites and the totals.
/// The callee's leg of internal calls goes to `internal_callees`, to be spread over the sites.
void add_signalling(const Deployment& deployment, const Population& population, HopWorks& works,
                    BusyHour& hour, Load& internal_callees);

}  // namespace busyhour
