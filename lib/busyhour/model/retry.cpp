#include "busyhour/model/retry.h"

#include "busyhour/error.h"

#include <algorithm>
#include <cmath>

namespace busyhour {
namespace {

constexpr double timeout_in_t1 = 64;  // Timer B, Timer F

}  // namespace

std::vector<double> transmission_times(double t1_s, double t2_s) {
    if (!(t1_s > 0) || !std::isfinite(t1_s)) {
        throw InputError("t1_s", "must be more than 0 and finite", {});
    }
    if (!(t2_s >= t1_s)) throw InputError("t2_s", "must be at least t1_s", {});
    std::vector<double> times{0};
    double gap_s = t1_s;
    for (double time_s = gap_s; time_s < timeout_in_t1 * t1_s; time_s += gap_s) {
        times.push_back(time_s);
        gap_s = std::min(2 * gap_s, t2_s);
    }
    return times;
}

double transaction_timeout_s(const RetryTimers& timers) {
    return timeout_in_t1 * timers.t1_s;
}

double backoff_s(const RetryTimers& timers, int failures) {
    return std::min(timers.backoff_max_s, std::ldexp(timers.backoff_base_s, failures));
}

}  // namespace busyhour
