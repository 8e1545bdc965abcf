#pragma once

#include <optional>

namespace busyhour {

/// Workers that serve one queue in the order of arrival.
///
/// Kamailio's UDP workers share a socket: one queue. Its TCP and TLS connections are pinned to a
/// worker each: that many queues with one server and a share of the arrivals.
struct Queue {
    double arrivals_per_s = 0;  ///< 0 or more, Poisson unless said otherwise
    double service_time_s = 0;  ///< mean time a worker is busy with one request, more than 0
    double servers_number = 1;  ///< workers or cores, 1 to 1e7, not necessarily whole
    double service_variability_factor =
        1;  ///< squared coefficient of variation: 0 constant, 1 exponential
    double arrival_variability_factor = 1;  ///< the same of the time between arrivals: 1 is Poisson
};

/// Mean part of the servers that is busy; 1 and more is a queue without end. Source:
/// handbook-teletraffic.
double utilisation_fraction(const Queue& queue);

/// Probability that a request waits at all: exact for Poisson arrivals and exponential service or
/// one server, else that of M/M/c. 1 where the queue grows without end. Source:
/// handbook-teletraffic.
double wait_probability(const Queue& queue);

/// Mean wait over all requests; nothing where the queue grows without end.
///
/// M/M/c and, of one server, M/G/1 (Pollaczek and Khinchine) exactly; else Allen and Cunneen's
/// approximation. Source: allen-cunneen.
std::optional<double> mean_wait_s(const Queue& queue);

/// Mean of wait and service together; nothing where the queue grows without end.
std::optional<double> mean_response_time_s(const Queue& queue);

/// The wait that a fraction `probability` (0 to less than 1) of the requests does not exceed.
///
/// Exact for M/M/c. Else those that wait are taken to wait an exponential time of the right mean.
/// Source: kingman-heavy-traffic.
std::optional<double> wait_quantile_s(const Queue& queue, double probability);

/// The response time, wait and service, that a fraction `probability` (0 to less than 1) of the
/// requests does not exceed; nothing where the queue grows without end.
///
/// Exact for M/M/c. Else the wait as above, and a service time of the right mean and variance: a
/// constant and an exponential below a variability of 1, two exponentials of balanced means above.
/// Source: kingman-heavy-traffic.
std::optional<double> response_time_quantile_s(const Queue& queue, double probability);

/// What a request meets in one of `workers` (1 or more) queues with an equal share of the arrivals.
Queue split_by_worker(const Queue& queue, int workers);

/// Fewest workers that `arrivals_per_s` keep busy for at most `target_utilisation_fraction` (inside
/// 0 and 1 or 1) of the time, where each request holds one for `busy_time_s`; 1 at least.
///
/// `busy_time_s` is service and blocking input/output, such as a synchronous database query.
/// Source: little-1961.
int workers_for(double arrivals_per_s, double busy_time_s, double target_utilisation_fraction);

}  // namespace busyhour
