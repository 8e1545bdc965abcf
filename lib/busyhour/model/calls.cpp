#include "busyhour/model/calls.h"

#include <cmath>

namespace busyhour {
namespace {

constexpr double busy_hour_s = 3600;

}  // namespace

double call_attempts_per_s(double endpoints_number, double busy_hour_attempts_number) {
    return endpoints_number * busy_hour_attempts_number / busy_hour_s;
}

double offered_erlang(double calls_per_s, double holding_time_s) {
    return calls_per_s * holding_time_s;
}

double session_refreshes_number(double holding_time_s, double session_expires_s) {
    if (holding_time_s <= 0) return 0;
    // sum over k of P(duration > k r) = sum of exp(-k r / h)
    return 1 / std::expm1(session_expires_s / 2 / holding_time_s);
}

}  // namespace busyhour
