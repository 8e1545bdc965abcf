#include "busyhour/model/call_records.h"

#include "busyhour/error.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

namespace busyhour {
namespace {

constexpr double quarter_s = 900;
constexpr std::size_t quarters_a_day = 96;
constexpr std::size_t quarters_an_hour = 4;
constexpr double largest_start_s = 4e11;  // beyond the year 9999
constexpr double largest_days = 10000;
constexpr int thursday = 4;  // 1970-01-01, where Sunday is 0

/// One day in quarters of an hour.
struct Day {
    std::array<double, quarters_a_day> busy_s{};  ///< seconds of calls in progress
    std::array<double, quarters_a_day> attempts_number{};
    bool has_attempts = false;
};
using Days = std::map<int, Day>;

bool is_weekend(int day) {
    const int weekday = ((day + thursday) % 7 + 7) % 7;
    return weekday == 0 || weekday == 6;
}

void check(const std::vector<CallRecord>& records, const RecordChoice& choice) {
    if (records.empty()) throw InputError("records", "has no call", "give one row for each call");
    if (choice.step_s != quarter_s && choice.step_s != hour_s) {
        throw InputError("step_s", "must be 900 or 3600", "900 looks at each quarter of an hour");
    }
    const auto is_wrong = [](const CallRecord& record) {
        return !(std::abs(record.start_s) <= largest_start_s) ||
               !(record.duration_s >= 0 && record.duration_s <= day_s);
    };
    if (std::any_of(records.begin(), records.end(), is_wrong)) {
        throw InputError("records", "has a start beyond the year 9999 or a duration not 0 to 86400",
                         "write both in seconds");
    }
    const auto [first, last] = std::minmax_element(
        records.begin(), records.end(),
        [](const CallRecord& a, const CallRecord& b) { return a.start_s < b.start_s; });
    if (last->start_s - first->start_s > largest_days * day_s) {
        throw InputError("records", "span more than 10000 days", "write all starts in seconds");
    }
}

/// Spreads a call over the quarters that it lasts.
void add_traffic(const CallRecord& record, Days& days) {
    double from_s = record.start_s;
    const double end_s = record.start_s + record.duration_s;
    while (from_s < end_s) {
        const double quarter = std::floor(from_s / quarter_s);
        const double until_s = std::min(end_s, (quarter + 1) * quarter_s);
        const double day = std::floor(quarter / quarters_a_day);
        const auto index = static_cast<std::size_t>(quarter - day * quarters_a_day);
        days[static_cast<int>(day)].busy_s.at(index) += until_s - from_s;
        from_s = until_s;
    }
}

void add_attempt(const CallRecord& record, Days& days) {
    const double day = std::floor(record.start_s / day_s);
    const double into_day_s = record.start_s - day * day_s;
    const auto index =
        std::min(static_cast<std::size_t>(into_day_s / quarter_s), quarters_a_day - 1);
    Day& found = days[static_cast<int>(day)];
    found.attempts_number.at(index) += 1;
    found.has_attempts = true;
}

Days days_of(const std::vector<CallRecord>& records, const RecordChoice& choice) {
    Days days;
    for (const CallRecord& record : records) {
        add_attempt(record, days);
        if (record.is_answered) add_traffic(record, days);
    }
    std::erase_if(days, [&](const auto& entry) {
        return !entry.second.has_attempts || (choice.is_workdays_only && is_weekend(entry.first));
    });
    if (days.empty()) {
        throw InputError("records", "has no call on a working day", "look at all days");
    }
    return days;
}

double hour_sum(const std::array<double, quarters_a_day>& quarters, std::size_t first) {
    const auto* begin = quarters.data() + first;
    return std::accumulate(begin, begin + quarters_an_hour, 0.0);
}

/// Begin of each hour looked at, in quarters after midnight.
std::vector<std::size_t> hour_starts(const RecordChoice& choice) {
    std::vector<std::size_t> starts;
    const auto step = static_cast<std::size_t>(choice.step_s / quarter_s);
    for (std::size_t first = 0; first + quarters_an_hour <= quarters_a_day; first += step) {
        starts.push_back(first);
    }
    return starts;
}

/// Of these hours the busiest, the more attempts where equally busy, else the first.
std::size_t busiest(const Day& day, const std::vector<std::size_t>& starts) {
    return *std::max_element(starts.begin(), starts.end(), [&](std::size_t a, std::size_t b) {
        const double busy_a = hour_sum(day.busy_s, a);
        const double busy_b = hour_sum(day.busy_s, b);
        if (busy_a != busy_b) return busy_a < busy_b;
        return hour_sum(day.attempts_number, a) < hour_sum(day.attempts_number, b);
    });
}

Day sum_of_days(const Days& days) {
    Day sum;
    for (const auto& [number, day] : days) {
        for (std::size_t i = 0; i < quarters_a_day; ++i) {
            sum.busy_s.at(i) += day.busy_s.at(i);
            sum.attempts_number.at(i) += day.attempts_number.at(i);
        }
    }
    return sum;
}

/// Attempts, answers and holding time of the records that begin on these days.
void count_calls(const std::vector<CallRecord>& records, const Days& days, CallSummary& summary) {
    double answered_number = 0;
    double holding_s = 0;
    for (const CallRecord& record : records) {
        if (!days.contains(static_cast<int>(std::floor(record.start_s / day_s)))) continue;
        summary.attempts_number += 1;
        if (!record.is_answered) continue;
        answered_number += 1;
        holding_s += record.duration_s;
    }
    summary.answered_fraction = answered_number / summary.attempts_number;
    summary.mean_holding_time_s = answered_number > 0 ? holding_s / answered_number : 0;
}

}  // namespace

CallSummary summarise(const std::vector<CallRecord>& records, const RecordChoice& choice) {
    check(records, choice);
    const Days days = days_of(records, choice);
    const std::vector<std::size_t> starts = hour_starts(choice);
    const Day sum = sum_of_days(days);
    const auto days_number = static_cast<double>(days.size());
    CallSummary summary;
    summary.days = static_cast<int>(days.size());
    count_calls(records, days, summary);
    const std::size_t first = busiest(sum, starts);
    summary.time_consistent = {
        .start_s = static_cast<double>(first) * quarter_s,
        .carried_erlang = hour_sum(sum.busy_s, first) / hour_s / days_number,
        .busy_hour_attempts_number = hour_sum(sum.attempts_number, first) / days_number};
    summary.busy_hour_fraction = hour_sum(sum.attempts_number, first) / summary.attempts_number;
    for (const auto& [number, day] : days) {
        summary.average_peak_erlang +=
            hour_sum(day.busy_s, busiest(day, starts)) / hour_s / days_number;
    }
    for (std::size_t hour = 0; hour < summary.hourly_erlang.size(); ++hour) {
        summary.hourly_erlang.at(hour) =
            hour_sum(sum.busy_s, hour * quarters_an_hour) / hour_s / days_number;
    }
    return summary;
}

HourTraffic busy_hour_of(const DailyCalls& calls) {
    std::vector<Problem> problems;
    if (!(calls.calls_per_day_number >= 0 && std::isfinite(calls.calls_per_day_number))) {
        problems.push_back({"calls_per_day", "must be 0 or more", ""});
    }
    if (!(calls.busy_hour_fraction >= 1.0 / 24 && calls.busy_hour_fraction <= 1)) {
        problems.push_back({"busy_hour_fraction", "must be 1/24 to 1",
                            "no hour is busier than the mean where it is less"});
    }
    if (!(calls.answered_fraction >= 0 && calls.answered_fraction <= 1)) {
        problems.push_back({"answered_fraction", "must be 0 to 1", ""});
    }
    if (!(calls.holding_time_s >= 0 && std::isfinite(calls.holding_time_s))) {
        problems.push_back({"holding_time_s", "must be 0 or more", ""});
    }
    if (!problems.empty()) throw InputError(problems);
    const double attempts_number = calls.calls_per_day_number * calls.busy_hour_fraction;
    return {
        .start_s = 0,
        .carried_erlang = attempts_number * calls.answered_fraction * calls.holding_time_s / hour_s,
        .busy_hour_attempts_number = attempts_number};
}

}  // namespace busyhour
