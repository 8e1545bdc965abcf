#include "busyhour/model/call_records.h"

#include "busyhour/error.h"
#include "busyhour/model/calls.h"

#include <catch2/catch.hpp>

#include <limits>
#include <numeric>

using namespace busyhour;

namespace {

constexpr double minute_s = 60;
constexpr double thursday_s = 0;  // 1970-01-01
constexpr double saturday_s = thursday_s + 2 * day_s;

/// `calls` calls of a minute each that begin in the middle of the hour after `start_s`.
void add_calls(std::vector<CallRecord>& records, double start_s, int calls) {
    for (int i = 0; i < calls; ++i) records.push_back({start_s + hour_s / 2, minute_s, true});
}

}  // namespace

TEST_CASE("a call is traffic of each hour it lasts through", "[model][call_records]") {
    const CallSummary summary = summarise({{9.5 * hour_s, 2 * hour_s, true}});
    CHECK(summary.hourly_erlang.at(9) == Approx(0.5));
    CHECK(summary.hourly_erlang.at(10) == Approx(1));
    CHECK(summary.hourly_erlang.at(11) == Approx(0.5));
    CHECK(std::accumulate(summary.hourly_erlang.begin(), summary.hourly_erlang.end(), 0.0) ==
          Approx(2));
    CHECK(summary.time_consistent.carried_erlang == Approx(1));
    CHECK(summary.time_consistent.start_s == 9.5 * hour_s);
    CHECK(summary.time_consistent.busy_hour_attempts_number == 1);
    CHECK(summary.mean_holding_time_s == 2 * hour_s);
}

TEST_CASE("the time-consistent hour is the same each day and the peak hour each day's own",
          "[model][call_records]") {
    std::vector<CallRecord> records;
    add_calls(records, thursday_s + 9 * hour_s, 60);  // 1 erlang
    add_calls(records, thursday_s + 10 * hour_s, 48);
    add_calls(records, thursday_s + day_s + 10 * hour_s, 48);
    add_calls(records, thursday_s + day_s + 16 * hour_s, 54);
    const CallSummary summary = summarise(records, {.step_s = hour_s});
    CHECK(summary.days == 2);
    CHECK(summary.time_consistent.start_s == 10 * hour_s);
    CHECK(summary.time_consistent.carried_erlang == Approx(0.8));
    CHECK(summary.time_consistent.busy_hour_attempts_number == 48);
    CHECK(summary.average_peak_erlang == Approx((1 + 0.9) / 2));
    CHECK(summary.busy_hour_fraction == Approx(96.0 / 210));
    CHECK(summary.attempts_number == 210);
}

TEST_CASE("an hour may begin on a quarter unless full hours are wanted", "[model][call_records]") {
    std::vector<CallRecord> records;
    for (int i = 0; i < 30; ++i) records.push_back({9.75 * hour_s, 15 * minute_s, true});
    for (int i = 0; i < 30; ++i) records.push_back({10 * hour_s, 15 * minute_s, true});
    CHECK(summarise(records).time_consistent.carried_erlang == Approx(15));
    const CallSummary full = summarise(records, {.step_s = hour_s});
    CHECK(full.time_consistent.carried_erlang == Approx(7.5));
    CHECK(full.time_consistent.start_s == 9 * hour_s);
}

TEST_CASE("what is not answered is an attempt and no traffic", "[model][call_records]") {
    const CallSummary summary = summarise({{9 * hour_s, 20, false},
                                           {9 * hour_s, 60, true},
                                           {9 * hour_s, 120, true},
                                           {9 * hour_s, 0, false}});
    CHECK(summary.answered_fraction == 0.5);
    CHECK(summary.mean_holding_time_s == 90);
    CHECK(summary.time_consistent.carried_erlang == Approx(180.0 / 3600));
    CHECK(summary.time_consistent.busy_hour_attempts_number == 4);
    const CallSummary none = summarise({{9 * hour_s, 20, false}});
    CHECK(none.mean_holding_time_s == 0);
    CHECK(none.time_consistent.carried_erlang == 0);
    CHECK(none.time_consistent.busy_hour_attempts_number == 1);
}

TEST_CASE("the mean peak hour is never below the time-consistent one",
          "[model][call_records][identity]") {
    std::vector<CallRecord> records;
    unsigned seed = 1;
    for (int i = 0; i < 5000; ++i) {
        seed = seed * 1664525U + 1013904223U;
        records.push_back({(seed >> 8U) % 864000 + 0.25, (seed >> 4U) % 900 + 1.0, true});
    }
    const CallSummary summary = summarise(records);
    CHECK(summary.days == 10);
    CHECK(summary.average_peak_erlang > summary.time_consistent.carried_erlang);
    double all_s = 0;
    for (const CallRecord& record : records) all_s += record.duration_s;
    const double day_erlang =
        std::accumulate(summary.hourly_erlang.begin(), summary.hourly_erlang.end(), 0.0);
    CHECK(day_erlang * hour_s * summary.days ==
          Approx(all_s).epsilon(1e-3));  // but for the last night
    CHECK(all_s / 5000 == Approx(summary.mean_holding_time_s));
}

TEST_CASE("days without an attempt and, where wanted, weekends do not count",
          "[model][call_records]") {
    std::vector<CallRecord> records;
    add_calls(records, thursday_s + 9 * hour_s, 60);
    add_calls(records, saturday_s + 9 * hour_s, 6);
    add_calls(records, saturday_s + 2 * day_s + 9 * hour_s, 60);  // Monday
    CHECK(summarise(records).days == 3);
    CHECK(summarise(records).time_consistent.carried_erlang == Approx(126.0 / 180));
    const CallSummary workdays = summarise(records, {.is_workdays_only = true});
    CHECK(workdays.days == 2);
    CHECK(workdays.time_consistent.carried_erlang == Approx(1));
    CHECK(workdays.attempts_number == 120);
    std::vector<CallRecord> weekend;
    add_calls(weekend, saturday_s, 1);
    add_calls(weekend, saturday_s + day_s, 1);
    add_calls(weekend, saturday_s - 7 * day_s, 1);  // 1969
    CHECK_THROWS_AS(summarise(weekend, {.is_workdays_only = true}), InputError);
}

TEST_CASE("records beyond their range are refused", "[model][call_records][error]") {
    constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
    CHECK_THROWS_AS(summarise({}), InputError);
    CHECK_THROWS_AS(summarise({{0, 86401, true}}), InputError);
    CHECK_THROWS_AS(summarise({{0, -1, true}}), InputError);
    CHECK_THROWS_AS(summarise({{0, not_a_number, true}}), InputError);
    CHECK_THROWS_AS(summarise({{not_a_number, 1, true}}), InputError);
    CHECK_THROWS_AS(summarise({{1e300, 1, true}}), InputError);
    CHECK_THROWS_AS(summarise({{0, 1, true}, {1e10, 1, true}}), InputError);
    CHECK_THROWS_AS(summarise({{0, 1, true}}, {.step_s = 60}), InputError);
}

TEST_CASE("a day's calls make the busy hour that their share says", "[model][call_records]") {
    const HourTraffic hour = busy_hour_of({.calls_per_day_number = 100000,
                                           .busy_hour_fraction = 0.15,
                                           .answered_fraction = 0.8,
                                           .holding_time_s = 180});
    CHECK(hour.busy_hour_attempts_number == Approx(15000));
    CHECK(hour.carried_erlang == Approx(600));
    CHECK(hour.carried_erlang == Approx(offered_erlang(15000.0 / 3600 * 0.8, 180)));
    CHECK(busy_hour_of({2400, 1.0 / 24, 1, 3600}).carried_erlang == Approx(100));
    CHECK_THROWS_AS(busy_hour_of({1, 0.04, 1, 1}), InputError);
    CHECK_THROWS_AS(busy_hour_of({-1, 0.15, 1, 1}), InputError);
    CHECK_THROWS_AS(busy_hour_of({1, 0.15, 1.1, 1}), InputError);
    CHECK_THROWS_AS(busy_hour_of({1, 0.15, 1, -1}), InputError);
}
