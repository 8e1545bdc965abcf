#include "busyhour/catalog/fields.h"
#include "busyhour/error.h"
#include "busyhour/model/day.h"
#include "busyhour/model/refresh.h"
#include "busyhour/model/storm.h"
#include "busyhour/plan/calculator.h"
#include "busyhour/plan/storm_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace busyhour::calc {
namespace {

// kamailio-5.6-measurement-2026-11: 51 us (TCP) and 533 us (TLS, ECDSA P-256) against 31.2 us of a
// REGISTER, all at saturation.
constexpr double tcp_connection_cost = 1.6;
constexpr double tls_connection_cost = 17;

double connection_cost(const Json& options, const std::string& transport) {
    const std::optional<double> given = number_if(options, "handshake_cost");
    if (transport == "udp" && given) {
        throw InputError("handshake_cost", "has no meaning over udp", "choose --transport tls");
    }
    return given.value_or(transport == "tcp" ? tcp_connection_cost : tls_connection_cost);
}

void check_timers(const Json& options) {
    std::vector<Problem> problems;
    if (number_at(options, "t2_s") < number_at(options, "t1_s")) {
        problems.push_back({"t2_s", "must be at least t1_s", {}});
    }
    if (number_at(options, "backoff_max_s") < number_at(options, "backoff_base_s")) {
        problems.push_back({"backoff_max_s", "must be at least backoff_base_s", {}});
    }
    if (!problems.empty()) throw InputError(problems);
}

/// An hour; where that is too short, the window and then the longest back-off; up to a day, twice
/// what the work takes.
double horizon_s(const Json& options, const Storm& storm) {
    const std::optional<double> given_s = number_if(options, "horizon_s");
    if (given_s && *given_s < storm.window_s) {
        throw InputError(
            "horizon_s",
            fmt::format("must be at least window_s, is {:g} s of {:g} s", *given_s, storm.window_s),
            "leave it out: it is then long enough");
    }
    if (given_s) return *given_s;
    const double capacity_per_s = storm.server.capacity_per_s;
    const double work_s = capacity_per_s > 0 ? total_work_number(storm) / capacity_per_s : 0;
    const double least_s = std::max(hour_s, storm.window_s + storm.timers.backoff_max_s);
    return std::max(least_s, std::min(day_s, storm.window_s + 2 * work_s));
}

Storm storm_of(const Json& options) {
    check_timers(options);
    const std::string transport = text_at(options, "transport");
    const std::size_t round_trips = text_at(options, "authentication") == "digest" ? 2 : 1;
    const double cost = connection_cost(options, transport);
    Storm storm;
    storm.groups = {{.endpoints_number = number_at(options, "endpoints"),
                     .is_udp = transport == "udp",
                     .connection_work_number = cost,
                     .request_works = std::vector<double>(round_trips, 1)}};
    storm.window_s = number_at(options, "window_s");
    storm.server = {
        .capacity_per_s = number_at(options, "capacity_per_s"),
        .queue_number = number_at(options, "queue_datagrams"),
        .retransmission_work_factor = number_at(options, "retransmission_cost_fraction"),
        .sheds = truth_at(options, "shed"),
        .shed_wait_s = number_at(options, "shed_wait_s"),
        .shed_work_factor = number_at(options, "shed_cost_fraction"),
        .retry_after_s = number_at(options, "retry_after_s"),
        .retry_spread_fraction = number_at(options, "retry_spread_fraction")};
    storm.timers = {.t1_s = number_at(options, "t1_s"),
                    .t2_s = number_at(options, "t2_s"),
                    .backoff_base_s = number_at(options, "backoff_base_s"),
                    .backoff_max_s = number_at(options, "backoff_max_s")};
    storm.round_trip_s = number_at(options, "round_trip_s");
    storm.horizon_s = horizon_s(options, storm);
    return storm;
}

Json point(double time_s, const StormSecond& sum, const StormSecond& last, double seconds) {
    Json::Object row;
    put(row, "time_s", Json{time_s});
    put(row, "offered_per_s", Json{sum.offered_per_s / seconds});
    put(row, "goodput_per_s", Json{sum.goodput_per_s / seconds});
    put(row, "queue", Json{last.queue_number});
    put(row, "waiting", Json{last.waiting_number});
    put(row, "backing_off", Json{last.backing_off_number});
    put(row, "registered", Json{last.registered_number});
    return Json{std::move(row)};
}

/// The seconds in at most `rows_max` rows: means of the rates, amounts at the end.
Json::Array curve_of(const std::vector<StormSecond>& seconds) {
    constexpr std::size_t rows_max = 60;
    const std::size_t width = (seconds.size() + rows_max - 1) / rows_max;
    Json::Array rows;
    for (std::size_t from = 0; from < seconds.size(); from += width) {
        const std::size_t to = std::min(from + width, seconds.size());
        StormSecond sum;
        for (std::size_t i = from; i < to; ++i) {
            sum.offered_per_s += seconds[i].offered_per_s;
            sum.goodput_per_s += seconds[i].goodput_per_s;
        }
        rows.push_back(
            point(seconds[to - 1].time_s, sum, seconds[to - 1], static_cast<double>(to - from)));
    }
    return rows;
}

void set_refresh(Answer& answer, const Json& options, const StormOutcome& outcome) {
    std::vector<double> rates;
    for (const StormSecond& second : outcome.seconds) rates.push_back(second.goodput_per_s);
    const RefreshTimes times{
        .expires_s = number_at(options, "expires_s"),
        .refresh_fraction = number_at(options, "refresh_fraction"),
        .expires_range_fraction = number_at(options, "expires_range_fraction")};
    const RefreshWaves waves = refresh_waves(rates, times);
    if (waves.mean_per_s <= 0) return;
    set(answer, "refresh_mean_per_s", waves.mean_per_s);
    set(answer, "refresh_peak_per_s", waves.peak_per_s);
    set(answer, "refresh_peak_to_mean", waves.peak_to_mean_factor);
    if (waves.waves_until_flat) set(answer, "refresh_waves_until_flat", *waves.waves_until_flat);
    answer.notes.push_back(refresh_words(waves, times));
}

}  // namespace

Answer storm(const Json& options, const Catalog& /*catalog*/) {
    const Storm storm = storm_of(options);
    const StormGroup& group = storm.groups.front();
    const StormOutcome outcome = simulate(storm);
    const bool is_recovered = outcome.end == StormEnd::recovered;
    Answer answer;
    if (outcome.recovery_s) set(answer, "recovery_s", *outcome.recovery_s);
    put(answer.values, "is_recovered", Json{is_recovered});
    set_text(answer, "reason", std::string(end_word(outcome.end)));
    set(answer, "peak_offered_per_s", outcome.peak_offered_per_s);
    set(answer, "peak_goodput_per_s", outcome.peak_goodput_per_s);
    set(answer, "transmissions", std::round(outcome.transmissions_number));
    set(answer, "connections", std::round(outcome.connections_number));
    set(answer, "registered",
        is_recovered ? group.endpoints_number : std::floor(outcome.registered_number));
    set(answer, "gave_up", std::round(outcome.gave_up_number));
    set(answer, "timeouts", std::round(outcome.timeouts_number));
    set(answer, "rejections", std::round(outcome.rejections_number));
    set(answer, "wasted_work_fraction", outcome.wasted_work_fraction);
    put(answer.values, "is_collapsed", Json{outcome.is_collapsed});
    set(answer, "calm_capacity_per_s", calm_capacity_per_s(storm));
    set(answer, "horizon_s", storm.horizon_s);
    if (!group.is_udp) set(answer, "handshake_cost", group.connection_work_number);
    answer.notes = {
        "A fluid of cohorts in virtual time. capacity_per_s and calm_capacity_per_s (at which"
        " nothing waits) count REGISTER requests; a connection costs handshake_cost of them.",
        fmt::format("offered and transmissions: REGISTER requests that leave the endpoints,"
                    " repeated ones too (UDP: T1 {:g} s doubling to T2 {:g} s); after {:g} s a try"
                    " fails (timeouts), then RFC 5626 backs off. gave_up: first tries that failed.",
                    storm.timers.t1_s, storm.timers.t2_s, transaction_timeout_s(storm.timers))};
    if (!is_recovered) answer.notes.push_back("Not registered: " + end_words(storm, outcome) + ".");
    if (outcome.is_collapsed) answer.notes.push_back(collapse_words(storm));
    if (is_recovered) {
        set_refresh(answer, options, outcome);
    } else {
        answer.notes.emplace_back("Refreshes after the storm: n/a, for it is not over.");
    }
    put(answer.values, "curve", Json{curve_of(outcome.seconds)});
    return answer;
}

}  // namespace busyhour::calc
