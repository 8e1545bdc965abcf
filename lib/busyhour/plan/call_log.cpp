#include "busyhour/plan/call_log.h"

#include "busyhour/catalog/csv.h"
#include "busyhour/catalog/nearest.h"
#include "busyhour/error.h"
#include "busyhour/unit.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <optional>

namespace busyhour {
namespace {

constexpr std::size_t call_problems_max = 50;
constexpr double latest_start_s = 253402300800;  // 10000-01-01

struct Columns {
    std::size_t start = 0;
    std::size_t duration = 0;
    const UnitEnding* duration_unit = nullptr;
    std::optional<std::size_t> answered;
};

struct Word {
    std::string_view text;
    bool is_answered;
};

/// How logs write whether a call was answered; Asterisk's dispositions among them.
constexpr std::array<Word, 12> answered_words{{{"1", true},
                                               {"0", false},
                                               {"true", true},
                                               {"false", false},
                                               {"yes", true},
                                               {"no", false},
                                               {"answered", true},
                                               {"no answer", false},
                                               {"busy", false},
                                               {"failed", false},
                                               {"congestion", false},
                                               {"cancelled", false}}};

std::optional<double> number_in(std::string_view text) {
    double value = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc{} || stop != end || !std::isfinite(value)) return std::nullopt;
    return value;
}

/// The decimal digits at the front, `count` of them, taken off the text.
std::optional<int> take_digits(std::string_view& text, std::size_t count) {
    int value = 0;
    if (text.size() < count || text.front() == '-') return std::nullopt;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + count, value);
    if (error != std::errc{} || stop != text.data() + count) return std::nullopt;
    text.remove_prefix(count);
    return value;
}

bool take(std::string_view& text, std::string_view letters) {
    if (text.empty() || letters.find(text.front()) == letters.npos) return false;
    text.remove_prefix(1);
    return true;
}

bool is_zone(std::string_view text) {
    if (text.empty() || text == "Z") return true;
    if (!take(text, "+-") || !take_digits(text, 2)) return false;
    take(text, ":");
    return take_digits(text, 2).has_value() && text.empty();
}

/// Seconds from 1970-01-01 to "2026-03-02 09:15:00" on the clock that wrote it.
std::optional<double> clock_time_s(std::string_view text) {
    const auto year = take_digits(text, 4);
    if (!year || !take(text, "-")) return std::nullopt;
    const auto month = take_digits(text, 2);
    if (!month || !take(text, "-")) return std::nullopt;
    const auto day = take_digits(text, 2);
    if (!day || !take(text, " T")) return std::nullopt;
    const auto hour = take_digits(text, 2);
    if (!hour || !take(text, ":")) return std::nullopt;
    const auto minute = take_digits(text, 2);
    if (!minute) return std::nullopt;
    double second = 0;
    if (take(text, ":")) {
        const std::size_t size = std::min(text.find_first_not_of("0123456789."), text.size());
        const auto found = number_in(text.substr(0, size));
        if (!found) return std::nullopt;
        second = *found;
        text.remove_prefix(size);
    }
    const std::chrono::year_month_day date{std::chrono::year(*year),
                                           std::chrono::month(static_cast<unsigned>(*month)),
                                           std::chrono::day(static_cast<unsigned>(*day))};
    if (!date.ok() || *hour > 23 || *minute > 59 || second >= 61 || !is_zone(text)) {
        return std::nullopt;
    }
    const auto days = std::chrono::sys_days(date).time_since_epoch().count();
    return static_cast<double>(days) * day_s + *hour * 3600.0 + *minute * 60.0 + second;
}

class LogReader {
public:
    LogReader(const CsvTable& table, double utc_offset_s)
        : table_(table), utc_offset_s_(utc_offset_s) {}

    CallLog read() {
        const Columns columns = find_columns();
        if (!problems_.empty()) throw InputError(problems_);
        if (table_.rows() == 0) {
            throw InputError(table_.name, "has no row below the header", "one row for each call");
        }
        log_.has_answered_column = columns.answered.has_value();
        log_.records.reserve(table_.rows());
        for (std::size_t row = 0; row < table_.rows(); ++row) read_row(row, columns);
        if (left_out_ > 0) {
            problems_.push_back({table_.name, fmt::format("{} more like these", left_out_), ""});
        }
        if (!problems_.empty()) throw InputError(problems_);
        return std::move(log_);
    }

private:
    Columns find_columns() {
        Columns columns;
        bool has_start = false;
        for (std::size_t i = 0; i < table_.columns.size(); ++i) {
            const std::string name = to_lower(table_.columns[i]);
            if (name == "start") {
                columns.start = i;
                has_start = true;
            } else if (name == "answered") {
                columns.answered = i;
            } else if (to_base_name(name) == "duration_s") {
                if (columns.duration_unit != nullptr) {
                    problems_.push_back(
                        {table_.name + ":1", "has two columns of durations", "keep one of them"});
                }
                columns.duration = i;
                columns.duration_unit = duration_unit(name);
            } else {
                log_.unused_columns.push_back(table_.columns[i]);
            }
        }
        if (!has_start) missing("start");
        if (columns.duration_unit == nullptr) missing("duration_s");
        return columns;
    }

    static const UnitEnding* duration_unit(std::string_view name) {
        const auto unit = parse_unit_name(name);
        return unit ? unit->ending : nullptr;
    }

    void missing(const std::string& column) {
        const std::string nearest = nearest_name(column, log_.unused_columns);
        problems_.push_back({table_.name + ":1", "has no column " + column,
                             nearest.empty() ? "the columns are start,duration_s and, where known,"
                                               " answered"
                                             : "is it " + shown_cell(nearest) + "?"});
    }

    void problem(std::size_t row, std::size_t column, std::string what, std::string remedy) {
        if (problems_.size() >= call_problems_max) {
            ++left_out_;
            return;
        }
        problems_.push_back({table_.place(row, column),
                             std::move(what) + ", is " + shown_cell(table_.cell(row, column)),
                             std::move(remedy)});
    }

    void read_row(std::size_t row, const Columns& columns) {
        CallRecord record;
        record.start_s = start_of(row, columns.start);
        record.duration_s = duration_of(row, columns);
        record.is_answered =
            columns.answered ? answer_of(row, *columns.answered) : record.duration_s > 0;
        log_.records.push_back(record);
    }

    double start_of(std::size_t row, std::size_t column) {
        const std::string& cell = table_.cell(row, column);
        const auto seconds = number_in(cell);
        if (seconds && *seconds >= 0 && *seconds < latest_start_s) return *seconds + utc_offset_s_;
        const auto clock_s = seconds ? std::nullopt : clock_time_s(cell);
        if (!clock_s) {
            problem(row, column, "must be a time",
                    "write 1772442900 (seconds since 1970) or 2026-03-02 09:15:00");
        }
        return clock_s.value_or(0);
    }

    double duration_of(std::size_t row, const Columns& columns) {
        const auto value = number_in(table_.cell(row, columns.duration));
        static const UnitEnding second{};
        const double duration_s = value ? convert_unit(*value, *columns.duration_unit, second) : -1;
        if (!(duration_s >= 0 && duration_s <= day_s)) {
            problem(row, columns.duration, "must be a duration of 0 to 86400 s",
                    "write 1.5 with a point; other units: duration_ms, duration_min");
        }
        return duration_s;
    }

    bool answer_of(std::size_t row, std::size_t column) {
        const std::string word = to_lower(table_.cell(row, column));
        const auto found = std::find_if(answered_words.begin(), answered_words.end(),
                                        [&](const Word& known) { return known.text == word; });
        if (found != answered_words.end()) return found->is_answered;
        problem(row, column, "must be 1 or 0", "also true, yes, ANSWERED; false, no, NO ANSWER");
        return false;
    }

    const CsvTable& table_;
    double utc_offset_s_;
    CallLog log_;
    std::vector<Problem> problems_;
    std::size_t left_out_ = 0;
};

}  // namespace

CallLog read_call_log(std::string_view text, const std::string& name, double utc_offset_s) {
    const CsvTable table = parse_csv(text, name);
    return LogReader(table, utc_offset_s).read();
}

}  // namespace busyhour
