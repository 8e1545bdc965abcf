#include "busyhour/catalog/throughput.h"

#include "busyhour/catalog/csv.h"
#include "busyhour/catalog/nearest.h"
#include "busyhour/error.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <map>
#include <optional>

namespace busyhour {
namespace {

constexpr std::array<std::string_view, 4> text_columns{"experiment", "server", "date", "void"};
constexpr std::array<std::string_view, 6> number_columns{
    "cpu_cores", "cores", "memory_bytes", "workers", "achieved_per_s", "offered_per_s"};

std::optional<double> number_in(std::string_view text) {
    double value_number = 0;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value_number);
    const bool is_whole = fault == std::errc{} && end == text.data() + text.size();
    if (!is_whole || !std::isfinite(value_number) || value_number < 0) return std::nullopt;
    return value_number;
}

template <typename Names>
bool has(const Names& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

std::vector<std::string> known_columns() {
    std::vector<std::string> names(text_columns.begin(), text_columns.end());
    names.insert(names.end(), number_columns.begin(), number_columns.end());
    for (const DriverLabel& label : driver_labels()) names.emplace_back(label.name);
    return names;
}

/// One row of a table, by column.
class Row {
public:
    Row(const CsvTable& table, std::size_t row, std::vector<Problem>& problems)
        : table_(table), row_(row), problems_(problems) {}

    [[nodiscard]] std::string text(std::string_view column) const {
        for (std::size_t i = 0; i < table_.columns.size(); ++i) {
            if (table_.columns[i] == column) return table_.cell(row_, i);
        }
        return {};
    }

    /// Nothing for an empty cell, and for one that is no number, which is a fault.
    std::optional<double> number(std::string_view column) {
        for (std::size_t i = 0; i < table_.columns.size(); ++i) {
            if (table_.columns[i] != column || table_.cell(row_, i).empty()) continue;
            const auto value = number_in(table_.cell(row_, i));
            if (!value) {
                problems_.push_back(
                    {table_.place(row_, i),
                     shown_cell(table_.cell(row_, i)) + " is no number of 0 or more",
                     "digits with a decimal point"});
            }
            return value;
        }
        return std::nullopt;
    }

private:
    const CsvTable& table_;
    std::size_t row_;
    std::vector<Problem>& problems_;
};

void check_columns(const CsvTable& table, std::vector<Problem>& problems) {
    bool has_driver = false;
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
        const std::string& name = table.columns[i];
        has_driver = has_driver || driver_named(name).has_value();
        if (driver_named(name) || has(text_columns, name) || has(number_columns, name)) continue;
        problems.push_back({fmt::format("{}:1:{}", table.name, i + 1),
                            "unknown column " + shown_cell(name),
                            suggestion(name, known_columns())});
    }
    if (!has_driver) {
        problems.push_back({table.name, "has no column of a driver",
                            "one for each kind of work, for example registrations"});
    }
}

std::vector<Measurement> read_table(std::string_view text, const std::string& file,
                                    const ThroughputContext& context) {
    const CsvTable table = parse_csv(text, file);
    std::vector<Problem> problems;
    check_columns(table, problems);
    std::vector<Measurement> runs;
    for (std::size_t i = 0; i < table.rows() && problems.size() < 50; ++i) {
        Row row(table, i, problems);
        Measurement run;
        run.place = fmt::format("{}:{}", file, table.lines[i]);
        run.server = row.text("server").empty() ? context.server : row.text("server");
        run.experiment = row.text("experiment").empty() ? "row-" + std::to_string(table.lines[i])
                                                        : row.text("experiment");
        for (std::size_t d = 0; d < driver_count; ++d) {
            run.demand.amounts[d] = row.number(driver_labels()[d].name).value_or(0);
        }
        run.cpu_cores = row.number("cpu_cores");
        run.memory_bytes = row.number("memory_bytes");
        run.workers_number = row.number("workers").value_or(1);
        run.achieved_per_s = row.number("achieved_per_s").value_or(0);
        run.offered_per_s = row.number("offered_per_s").value_or(run.achieved_per_s);
        const std::optional<double> cores = row.number("cores");
        run.cores_number = cores.value_or(context.cores_number);
        run.phase = run.cpu_cores ? "part" : "throughput";
        if (!run.cpu_cores) run.cpu_cores = run.cores_number;
        if (run.cores_number <= 0) {
            problems.push_back({run.place, "does not say how many cores the server could use",
                                "a column cores, or --cores"});
        }
        if (!row.text("void").empty()) run.void_reason = row.text("void");
        run.started = row.text("date");
        runs.push_back(std::move(run));
    }
    if (!problems.empty()) throw InputError(problems);
    return runs;
}

std::vector<std::string_view> split(std::string_view line) {
    std::vector<std::string_view> cells;
    if (line.ends_with('\r')) line.remove_suffix(1);
    for (;;) {
        const std::size_t end = line.find(';');
        cells.push_back(line.substr(0, end));
        if (end == std::string_view::npos) return cells;
        line.remove_prefix(end + 1);
    }
}

/// "00:00:05" or "00:00:05:250000" in seconds.
std::optional<double> span_s(std::string_view text) {
    double sum_s = 0;
    double unit_s = 3600;
    while (!text.empty()) {
        const std::size_t end = text.find(':');
        const auto part = number_in(text.substr(0, end));
        if (!part) return std::nullopt;
        sum_s += *part * unit_s;
        unit_s = unit_s == 1 ? 1e-6 : unit_s / 60;
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    return sum_s;
}

/// A column of SIPp's statistics by its name.
class SippColumns {
public:
    SippColumns(std::string_view header, const std::string& file, std::vector<Problem>& problems) {
        const std::vector<std::string_view> names = split(header);
        for (std::size_t i = 0; i < names.size(); ++i) places_.emplace(names[i], i);
        for (const std::string_view name : needed) {
            if (places_.contains(name)) continue;
            problems.push_back({file + ":1", fmt::format("has no column {}", name),
                                "the file that sipp -trace_stat writes"});
        }
    }

    [[nodiscard]] std::string_view cell(const std::vector<std::string_view>& row,
                                        std::string_view name) const {
        const auto place = places_.find(name);
        if (place == places_.end() || place->second >= row.size()) return {};
        return row[place->second];
    }

private:
    static constexpr std::array<std::string_view, 4> needed{"ElapsedTime(P)", "OutgoingCall(P)",
                                                            "SuccessfulCall(P)", "FailedCall(P)"};
    std::map<std::string, std::size_t, std::less<>> places_;
};

std::vector<Measurement> read_sipp(std::string_view text, const std::string& file,
                                   const ThroughputContext& context) {
    std::vector<Problem> problems;
    const std::size_t header_end = text.find('\n');
    const SippColumns columns(text.substr(0, header_end), file, problems);
    text.remove_prefix(header_end == std::string_view::npos ? text.size() : header_end + 1);
    std::vector<Measurement> runs;
    for (std::size_t line_number = 2; !text.empty() && problems.size() < 50; ++line_number) {
        const std::size_t end = text.find('\n');
        const std::vector<std::string_view> row = split(text.substr(0, end));
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        if (row.size() < 2) continue;
        const std::string place = fmt::format("{}:{}", file, line_number);
        const auto elapsed_s = span_s(columns.cell(row, "ElapsedTime(P)"));
        const auto begun = number_in(columns.cell(row, "OutgoingCall(P)"));
        const auto succeeded = number_in(columns.cell(row, "SuccessfulCall(P)"));
        const auto failed = number_in(columns.cell(row, "FailedCall(P)"));
        if (!elapsed_s || !begun || !succeeded || !failed) {
            problems.push_back({place, "has no numbers of calls", "leave the line out"});
            continue;
        }
        if (*elapsed_s <= 0 || *begun + *succeeded <= 0) continue;  // an empty period
        Measurement run;
        run.place = place;
        run.server = context.server;
        run.experiment = "sipp";
        run.phase = "search";
        run.offered_per_s = *begun / *elapsed_s;
        run.achieved_per_s = *succeeded / *elapsed_s;
        run.failed_fraction = *failed > 0 ? *failed / (*failed + *succeeded) : 0;
        run.demand = context.session * run.achieved_per_s;
        run.cores_number = context.cores_number;
        runs.push_back(std::move(run));
    }
    if (context.cores_number <= 0) {
        problems.push_back({"--cores", "is needed: SIPp does not know the server",
                            "how many cores the server could use"});
    }
    if (!problems.empty()) throw InputError(problems);
    return runs;
}

}  // namespace

bool is_sipp_statistics(std::string_view text) {
    const std::string_view header = text.substr(0, text.find('\n'));
    return header.find("SuccessfulCall(P)") != std::string_view::npos;
}

std::vector<Measurement> read_throughput(std::string_view text, const std::string& file,
                                         const ThroughputContext& context) {
    return is_sipp_statistics(text) ? read_sipp(text, file, context)
                                    : read_table(text, file, context);
}

}  // namespace busyhour
