#include "busyhour/model/storm_input.h"

#include "busyhour/error.h"
#include "busyhour/model/day.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

namespace busyhour {
namespace {

void require(bool holds, const std::string& field, const std::string& what,
             std::vector<Problem>& problems) {
    if (!holds) problems.push_back({field, what, {}});
}

bool is_amount(double value) {
    return value >= 0 && std::isfinite(value);
}

double work_of(const StormGroup& group) {
    double work = group.is_udp ? 0 : group.connection_work_number;
    for (const double each : group.request_works) work += each;
    return work;
}

}  // namespace

void check_storm(const Storm& storm) {
    std::vector<Problem> problems;
    const StormServer& server = storm.server;
    const std::string amount = "must be at least 0 and finite";
    for (const StormGroup& group : storm.groups) {
        require(is_amount(group.endpoints_number), "endpoints", amount, problems);
        require(is_amount(group.connection_work_number), "connection_work", amount, problems);
        require(!group.request_works.empty(), "request_works", "must not be empty", problems);
        for (const double work : group.request_works) {
            require(is_amount(work) && work > 0, "request_works", "must be above 0", problems);
        }
    }
    require(is_amount(storm.window_s) && storm.window_s <= day_s, "window_s", "must be 0 to 86400",
            problems);
    require(storm.horizon_s > 0 && storm.horizon_s <= 2 * day_s, "horizon_s",
            "must be more than 0, at most 172800", problems);
    require(storm.steps_per_s >= 1 && storm.steps_per_s <= 1000, "steps_per_s", "must be 1 to 1000",
            problems);
    require(is_amount(storm.round_trip_s) && storm.round_trip_s <= 60, "round_trip_s",
            "must be 0 to 60", problems);
    require(is_amount(server.capacity_per_s), "capacity_per_s", amount, problems);
    require(is_amount(server.queue_number), "queue_datagrams", amount, problems);
    require(is_amount(server.retransmission_work_factor), "retransmission_work", amount, problems);
    require(is_amount(server.shed_wait_s), "shed_wait_s", amount, problems);
    require(is_amount(server.shed_work_factor), "shed_work", amount, problems);
    require(is_amount(server.retry_after_s), "retry_after_s", amount, problems);
    require(is_amount(server.retry_spread_fraction), "retry_spread_fraction", amount, problems);
    const RetryTimers& timers = storm.timers;
    require(timers.t1_s * storm.steps_per_s >= 1 && timers.t1_s <= 60, "t1_s",
            "must be at least one step, at most 60", problems);
    require(timers.t2_s >= timers.t1_s && timers.t2_s <= day_s, "t2_s",
            "must be at least t1_s, at most 86400", problems);
    require(timers.backoff_base_s > 0 && timers.backoff_base_s <= timers.backoff_max_s,
            "backoff_base_s", "must be more than 0, at most backoff_max_s", problems);
    require(timers.backoff_max_s <= day_s, "backoff_max_s", "must be at most 86400", problems);
    if (!problems.empty()) throw InputError(problems);
}

double total_endpoints_number(const Storm& storm) {
    double endpoints = 0;
    for (const StormGroup& group : storm.groups) endpoints += group.endpoints_number;
    return endpoints;
}

double total_work_number(const Storm& storm) {
    double work = 0;
    for (const StormGroup& group : storm.groups) work += group.endpoints_number * work_of(group);
    return work;
}

double calm_capacity_per_s(const Storm& storm) {
    return total_work_number(storm) * storm.steps_per_s /
           std::max(1.0, storm.window_s * storm.steps_per_s);
}

}  // namespace busyhour
