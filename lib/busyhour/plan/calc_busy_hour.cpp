#include "busyhour/catalog/fields.h"
#include "busyhour/catalog/nearest.h"
#include "busyhour/error.h"
#include "busyhour/model/call_records.h"
#include "busyhour/plan/calculator.h"
#include "busyhour/plan/call_log.h"

#include <fmt/format.h>

#include <array>

namespace busyhour::calc {
namespace {

constexpr double quarter_s = 900;
constexpr std::array<std::string_view, 3> daily_options{"busy_hour_fraction", "holding_time_s",
                                                        "answered_fraction"};
constexpr std::array<std::string_view, 3> record_options{"utc_offset_s", "days", "hours"};

/// Refuses both ways of asking at once, neither, and the options of the other.
void check_choice(const Json& options) {
    const bool has_records = options.find("records") != nullptr;
    if (has_records == (options.find("calls_per_day") != nullptr)) {
        throw InputError("/calls_per_day",
                         has_records ? "is not taken together with records" : "is missing",
                         "give one of calls_per_day and records");
    }
    std::vector<Problem> problems;
    for (const std::string_view key : has_records ? daily_options : record_options) {
        if (!is_given(options, key)) continue;
        problems.push_back({"/" + std::string(key),
                            has_records ? "is not taken together with records"
                                        : "is taken only together with records",
                            has_records ? "the log says it" : ""});
    }
    if (!problems.empty()) throw InputError(problems);
}

std::string clock_of(double time_s) {
    const auto minutes = static_cast<int>(time_s / 60);
    return fmt::format("{:02}:{:02}", minutes / 60, minutes % 60);
}

Answer of_daily_calls(const Json& options) {
    const DailyCalls calls{.calls_per_day_number = number_at(options, "calls_per_day"),
                           .busy_hour_fraction = number_at(options, "busy_hour_fraction"),
                           .answered_fraction = number_at(options, "answered_fraction"),
                           .holding_time_s = number_at(options, "holding_time_s")};
    const HourTraffic hour = busy_hour_of(calls);
    Answer answer;
    set(answer, "busy_hour_call_attempts", hour.busy_hour_attempts_number);
    set(answer, "call_attempts_per_s", hour.busy_hour_attempts_number / hour_s);
    set(answer, "offered_erlang", hour.carried_erlang);
    set(answer, "answered_fraction", calls.answered_fraction);
    set(answer, "holding_time_s", calls.holding_time_s);
    set(answer, "busy_hour_fraction", calls.busy_hour_fraction);
    note_assumptions(answer, options,
                     {"busy_hour_fraction", "holding_time_s", "answered_fraction"});
    return answer;
}

Json hourly_rows(const CallSummary& summary) {
    Json::Array rows;
    for (std::size_t hour = 0; hour < summary.hourly_erlang.size(); ++hour) {
        rows.push_back(
            Json{Json::Object{{"hour", Json{clock_of(static_cast<double>(hour) * hour_s)}},
                              {"carried_erlang", Json{summary.hourly_erlang.at(hour)}}}});
    }
    return Json{std::move(rows)};
}

void note_log(Answer& answer, const CallLog& log) {
    answer.notes.emplace_back(
        "Time-consistent busy hour (TCBH): the hour, the same each day, that is busiest in the mean"
        " of the days; average_peak_erlang (ADPH): each day its own busiest hour (itu-e500)."
        " Days without any call do not count.");
    answer.notes.emplace_back(
        "carried_erlang is what got through; where calls were blocked, more was offered."
        " Attempts without an answer carry nothing.");
    if (!log.has_answered_column) {
        answer.notes.emplace_back("answered: no such column; calls that lasted are answered.");
    }
    if (!log.unused_columns.empty()) {
        std::vector<std::string> names = log.unused_columns;
        if (names.size() > 10) names.resize(10);
        answer.notes.push_back(
            fmt::format("Columns not used: {}{}.", join(names),
                        log.unused_columns.size() > names.size() ? " and more" : ""));
    }
}

Answer of_records(const Json& options) {
    const CallLog log =
        read_call_log(text_at(options, "records"), "/records", number_at(options, "utc_offset_s"));
    const CallSummary summary = summarise(
        log.records, {.is_workdays_only = text_at(options, "days") == "workdays",
                      .step_s = text_at(options, "hours") == "full" ? hour_s : quarter_s});
    const HourTraffic& hour = summary.time_consistent;
    Answer answer;
    set_text(answer, "busy_hour", clock_of(hour.start_s));
    set(answer, "busy_hour_call_attempts", hour.busy_hour_attempts_number);
    set(answer, "call_attempts_per_s", hour.busy_hour_attempts_number / hour_s);
    set(answer, "carried_erlang", hour.carried_erlang);
    set(answer, "average_peak_erlang", summary.average_peak_erlang);
    set(answer, "answered_fraction", summary.answered_fraction);
    set(answer, "holding_time_s", summary.mean_holding_time_s);
    set(answer, "busy_hour_fraction", summary.busy_hour_fraction);
    set(answer, "days", summary.days);
    set(answer, "call_attempts", summary.attempts_number);
    put(answer.values, "hourly", hourly_rows(summary));
    note_log(answer, log);
    return answer;
}

}  // namespace

Answer busy_hour(const Json& options, const Catalog& /*catalog*/) {
    check_choice(options);
    return options.find("records") != nullptr ? of_records(options) : of_daily_calls(options);
}

}  // namespace busyhour::calc
