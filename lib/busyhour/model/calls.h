#pragma once

namespace busyhour {

/// Call attempts of the busy hour as a rate. Source: handbook-teletraffic.
double call_attempts_per_s(double endpoints_number, double busy_hour_attempts_number);

/// Offered traffic of a rate of calls and their mean holding time. Source: handbook-teletraffic.
double offered_erlang(double calls_per_s, double holding_time_s);

}  // namespace busyhour
