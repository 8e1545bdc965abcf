#include "busyhour/model/calls.h"

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

}  // namespace busyhour
