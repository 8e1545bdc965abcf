#pragma once

#include "busyhour/catalog/json.h"
#include "engine/measure/host_reading.h"

#include <string>

namespace busyhour::cli {

/// What a plan should take off a core of this host: the larger of the steal and of the stalls that
/// nobody of this host explains.
double derating_fraction(const engine::measure::HostReading& reading);

/// What a host says it is, as an object; null where it does not say.
Json fingerprint_object(const engine::measure::HostReading& reading);

/// What was found, as a host profile (busyhour.host/1) of that name. `date` is YYYY-MM-DD.
Json host_profile(const engine::measure::HostReading& reading, const std::string& name,
                  const std::string& date);

}  // namespace busyhour::cli
