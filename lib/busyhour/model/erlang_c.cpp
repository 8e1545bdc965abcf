#include "busyhour/model/erlang_c.h"

#include "busyhour/error.h"
#include "busyhour/model/erlang.h"

#include <algorithm>
#include <cmath>

namespace busyhour {
namespace {

constexpr double largest_searched_erlang = 9e6;
constexpr int largest_group = 10'000'000;

void check_holding_time(const WaitingGroup& group) {
    if (!(group.holding_time_s > 0 && std::isfinite(group.holding_time_s))) {
        throw InputError("holding_time_s", "must be more than 0", "180 is a common mean");
    }
}

void check_target(double target_wait_s) {
    if (!(target_wait_s >= 0)) {
        throw InputError("target_wait_s", "must be 0 or more", "20 is a common target");
    }
}

void check_inside(double value, const char* name, const char* remedy) {
    if (!(value > 0 && value < 1)) {
        throw InputError(name, "must be more than 0 and less than 1", remedy);
    }
}

/// The least number of servers of which `is_enough` holds; it holds for all larger ones.
template <typename IsEnough>
int fewest_servers(double offered_erlang, IsEnough is_enough) {
    if (!(offered_erlang >= 0 && offered_erlang <= largest_searched_erlang)) {
        throw InputError("offered_erlang", "must be 0 to 9e6", "split larger traffic into groups");
    }
    int low = static_cast<int>(offered_erlang);  // at most the traffic: the queue has no end
    int high = low + 1;
    for (int step = 1; !is_enough(high); step *= 2) {
        if (high == largest_group) {
            throw InputError("offered_erlang", "needs more than 1e7 servers", "ask for less");
        }
        low = high;
        high = std::min(high + step, largest_group);
    }
    while (high - low > 1) {
        const int middle = low + (high - low) / 2;
        (is_enough(middle) ? high : low) = middle;
    }
    return high;
}

}  // namespace

double erlang_c_probability(double offered_erlang, double servers_number) {
    const double blocking_probability = erlang_b_probability(offered_erlang, servers_number);
    if (offered_erlang >= servers_number) return 1;
    const double free_number = servers_number - offered_erlang;
    return servers_number * blocking_probability /
           (free_number + offered_erlang * blocking_probability);
}

std::optional<double> mean_wait_s(const WaitingGroup& group) {
    check_holding_time(group);
    const double wait_probability =
        erlang_c_probability(group.offered_erlang, group.servers_number);
    const double free_number = group.servers_number - group.offered_erlang;
    if (free_number <= 0) return std::nullopt;
    return wait_probability * group.holding_time_s / free_number;
}

double service_level_fraction(const WaitingGroup& group, double target_wait_s) {
    check_holding_time(group);
    check_target(target_wait_s);
    const double wait_probability =
        erlang_c_probability(group.offered_erlang, group.servers_number);
    const double free_number = group.servers_number - group.offered_erlang;
    if (free_number <= 0) return 0;
    return 1 - wait_probability * std::exp(-free_number * target_wait_s / group.holding_time_s);
}

int servers_for_wait(double offered_erlang, double wait_probability) {
    check_inside(wait_probability, "wait_probability", "0.2 lets one request in five wait");
    return fewest_servers(offered_erlang, [&](int servers) {
        return erlang_c_probability(offered_erlang, servers) <= wait_probability;
    });
}

int servers_for_service_level(const WaitingGroup& group, double target_wait_s,
                              double level_fraction) {
    check_inside(level_fraction, "service_level_fraction", "0.8 within 20 s is a common target");
    check_holding_time(group);
    check_target(target_wait_s);
    WaitingGroup tried = group;
    return fewest_servers(group.offered_erlang, [&](int servers) {
        tried.servers_number = servers;
        return service_level_fraction(tried, target_wait_s) >= level_fraction;
    });
}

}  // namespace busyhour
