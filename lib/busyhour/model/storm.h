#pragma once

#include "busyhour/model/retry.h"

#include <optional>
#include <vector>

namespace busyhour {

/// Endpoints that register in the same way.
struct StormGroup {
    double endpoints_number = 0;
    bool is_udp = true;  ///< over UDP requests are repeated; else a connection is opened first
    double connection_work_number = 0;     ///< server work of opening one; 0: it costs nothing
    std::vector<double> request_works{1};  ///< server work of each REGISTER, in their order
};

/// What takes the requests.
struct StormServer {
    double capacity_per_s = 0;                ///< work units a second, 0 or more
    double queue_number = 256;                ///< datagrams that the UDP socket holds
    double retransmission_work_factor = 0.5;  ///< work of a repeated request over that of the first
    bool sheds = false;                       ///< whether it answers 503 when it is late
    double shed_wait_s = 0.5;                 ///< late: what has waited so long in the queue
    double shed_work_factor = 0.1;            ///< work of a 503 over that of the request
    double retry_after_s = 30;                ///< what the 503 says. Source: rfc3261, section 20.33
    double retry_spread_fraction = 0;         ///< the server spreads it over 1 to 1 + this
};

/// Endpoints that return within a window, and the server that they return to.
struct Storm {
    std::vector<StormGroup> groups;
    double window_s = 60;  ///< arrivals are even within it; 0: all at once
    StormServer server;
    RetryTimers timers;
    double round_trip_s = 0.05;  ///< from an answer to what follows it
    double horizon_s = 3600;     ///< when to stop looking
    int steps_per_s = 20;        ///< resolution of the computation
};

/// One second of a storm. Amounts are those at its end.
struct StormSecond {
    double time_s = 0;         ///< its end
    double offered_per_s = 0;  ///< REGISTER requests that left the endpoints
    double goodput_per_s = 0;  ///< registrations that succeeded
    double queue_number = 0;   ///< requests and connections that wait in the server
    double arrived_number = 0;
    double waiting_number = 0;      ///< endpoints that wait for an answer
    double backing_off_number = 0;  ///< endpoints that wait before the next try
    double registered_number = 0;
};

enum class StormEnd {
    recovered,    ///< all are registered
    no_capacity,  ///< the server does nothing
    horizon,      ///< some are not registered when the horizon is reached
};

/// What became of a storm.
struct StormOutcome {
    StormEnd end = StormEnd::horizon;
    std::optional<double> recovery_s;  ///< from the first arrival until all are registered
    double peak_offered_per_s = 0;     ///< REGISTER requests in the busiest second
    double peak_goodput_per_s = 0;
    double transmissions_number = 0;  ///< REGISTER requests sent, repeated ones included
    double connections_number = 0;    ///< connections tried
    double rejections_number = 0;     ///< requests answered 503 and connections refused
    double registered_number = 0;
    double gave_up_number = 0;        ///< endpoints whose first try failed
    double timeouts_number = 0;       ///< tries that failed
    double wasted_work_fraction = 0;  ///< of the server's work, what answered nobody in time
    bool is_collapsed = false;        ///< busy for 64 x T1, and more than half of that work wasted
    std::vector<StormSecond> seconds;
};

/// The storm second by second: a deterministic fluid of cohorts in virtual time.
///
/// Recovered is when fewer than half an endpoint, and less than a thousandth of all, are missing.
/// Ranges: endpoints, works and capacity 0 or more, T1 at least one step, horizon up to
/// two days; throws InputError at each field beyond. Sources: rfc3261, rfc5626, rfc5390.
StormOutcome simulate(const Storm& storm);

/// All endpoints of the storm.
double total_endpoints_number(const Storm& storm);

/// The work of registering all endpoints once.
double total_work_number(const Storm& storm);

/// The least capacity at which nothing waits: the work of all arrivals over the window.
double calm_capacity_per_s(const Storm& storm);

}  // namespace busyhour
