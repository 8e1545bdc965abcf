#pragma once

#include <optional>

namespace busyhour {

/// Servers with one queue before them: Poisson arrivals, exponential holding times, endless
/// patience.
struct WaitingGroup {
    double offered_erlang = 0;  ///< 0 to 1e7
    double servers_number = 1;  ///< 0 to 1e7, not necessarily whole
    double holding_time_s = 1;  ///< mean, more than 0
};

/// Probability that a request waits: 0 to 1e7 erlangs, 0 to 1e7 servers, not necessarily whole.
///
/// 1 where the servers do not suffice, as then every request waits. The relative error stays below
/// 1e-10. Source: handbook-teletraffic, Erlang C from Erlang B.
double erlang_c_probability(double offered_erlang, double servers_number);

/// Mean time a request waits, over all requests; nothing where the queue grows without end.
///
/// Source: handbook-teletraffic, mean waiting time of M/M/n.
std::optional<double> mean_wait_s(const WaitingGroup& group);

/// Part of the requests that wait at most `target_wait_s` (0 or more): the service level.
///
/// 0 where the queue grows without end. Source: handbook-teletraffic, waiting time of M/M/n.
double service_level_fraction(const WaitingGroup& group, double target_wait_s);

/// Fewest whole servers where a request waits with at most `wait_probability`, inside 0 and 1.
///
/// 0 to 9e6 erlangs; no traffic needs one server. Source: handbook-teletraffic, Erlang C.
int servers_for_wait(double offered_erlang, double wait_probability);

/// Fewest whole servers that serve `level_fraction`, inside 0 and 1, within `target_wait_s`.
///
/// `group.servers_number` is not read; 0 to 9e6 erlangs. Source: handbook-teletraffic, Erlang C.
int servers_for_service_level(const WaitingGroup& group, double target_wait_s,
                              double level_fraction);

}  // namespace busyhour
