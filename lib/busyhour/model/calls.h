#pragma once

namespace busyhour {

/// Call attempts of the busy hour as a rate. Source: handbook-teletraffic.
double call_attempts_per_s(double endpoints_number, double busy_hour_attempts_number);

/// Offered traffic of a rate of calls and their mean holding time. Source: handbook-teletraffic.
double offered_erlang(double calls_per_s, double holding_time_s);

/// Session timer refreshes of one call: one at each half of the session interval that the call, of
/// exponential duration, outlives. Source: rfc4028.
double session_refreshes_number(double holding_time_s, double session_expires_s);

}  // namespace busyhour
