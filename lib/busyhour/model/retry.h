#pragma once

#include <vector>

namespace busyhour {

/// How an endpoint repeats what nobody answers.
struct RetryTimers {
    double t1_s = 0.5;            ///< first retransmission over UDP. Source: rfc3261
    double t2_s = 4;              ///< longest gap between retransmissions. Source: rfc3261
    double backoff_base_s = 30;   ///< all flows failed. Source: rfc5626
    double backoff_max_s = 1800;  ///< Source: rfc5626
};

/// When a request that is never answered leaves the endpoint over UDP, from 0 to below 64 x T1.
///
/// The gaps double from T1 up to T2 (Timer E); a T2 of infinity is an INVITE (Timer A).
/// Throws InputError where T1 is not positive or T2 is below it. Source: rfc3261, section 17.1.
std::vector<double> transmission_times(double t1_s, double t2_s);

/// After that time a transaction fails: Timer B and Timer F, 64 x T1. Source: rfc3261.
double transaction_timeout_s(const RetryTimers& timers);

/// The longest wait before the next try; the shortest is half of it.
///
/// W = min(max, base x 2^failures), the number of failures in a row 0 or more.
/// Source: rfc5626, section 4.5.
double backoff_s(const RetryTimers& timers, int failures);

}  // namespace busyhour
