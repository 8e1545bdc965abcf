#include "cli/calibrate_report.h"

#include "busyhour/report/format.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

namespace busyhour::cli {
namespace {

Json number(double value_number) {
    return std::isfinite(value_number) ? Json{value_number} : Json{nullptr};
}
Json number(const std::optional<double>& value_number) {
    return value_number ? number(*value_number) : Json{nullptr};
}
Json text(std::string_view value) {
    return Json{std::string(value)};
}
Json text_or_null(const std::optional<std::string>& value) {
    return value ? Json{*value} : Json{nullptr};
}

std::string microseconds(double time_s) {
    return fmt::format("{:.4g}", time_s * 1e6);
}
std::string signed_percent(const std::optional<double>& fraction) {
    return fraction ? fmt::format("{:+.0f} %", *fraction * 100) : "n/a";
}

Json coefficients_json(const CostFit& fit) {
    Json::Array rows;
    for (const CostCoefficient& coefficient : fit.coefficients) {
        rows.push_back(Json{Json::Object{{"driver", text(name_of(coefficient.driver))},
                                         {"cost_s", number(coefficient.cost_s)},
                                         {"cost_error_s", number(coefficient.cost_error_s)},
                                         {"wakeup_s", number(coefficient.wakeup_s)},
                                         {"wakeup_error_s", number(coefficient.wakeup_error_s)}}});
    }
    return Json{rows};
}

Json unidentified_json(const CostFit& fit) {
    Json::Array rows;
    for (const Unidentified& one : fit.unidentified) {
        rows.push_back(Json{Json::Object{{"driver", text(name_of(one.driver))},
                                         {"part", text(one.is_wakeup ? "wakeup" : "cost")},
                                         {"reason", text(one.reason)}}});
    }
    return Json{rows};
}

Json fit_json(const Calibration& calibration) {
    const CostFit& fit = calibration.fit;
    Json::Array left_out;
    for (const LeftOutExperiment& one : fit.left_out) {
        left_out.push_back(Json{Json::Object{{"experiment", text(one.experiment)},
                                             {"error_fraction", number(one.error_fraction)}}});
    }
    return Json{Json::Object{{"samples", Json{static_cast<double>(calibration.samples.size())}},
                             {"coefficients", coefficients_json(fit)},
                             {"unidentified", unidentified_json(fit)},
                             {"base_transport", text(name_of(fit.base_transport))},
                             {"condition_number", number(fit.condition_number)},
                             {"residual_median_fraction", number(fit.error_median_fraction)},
                             {"residual_p95_fraction", number(fit.error_p95_fraction)},
                             {"left_out", Json{left_out}},
                             {"band_factor", number(calibration.band_factor)},
                             {"speed_spread_fraction", number(calibration.speed_spread_fraction)}}};
}

Json experiments_json(const Calibration& calibration) {
    Json::Array rows;
    for (const ExperimentCapacity& one : calibration.capacities) {
        rows.push_back(Json{Json::Object{{"experiment", text(one.experiment)},
                                         {"workers", number(one.workers_number)},
                                         {"cores", number(one.cores_number)},
                                         {"held_per_s", number(one.held_per_s)},
                                         {"failed_per_s", number(one.failed_per_s)},
                                         {"is_servers_limit", Json{one.is_servers}}}});
    }
    return Json{rows};
}

Json objects_json(const Calibration& calibration) {
    Json::Array rows;
    for (const MemoryCost& one : calibration.memory) {
        rows.push_back(
            Json{Json::Object{{"driver", text(name_of(one.driver))},
                              {"idle_bytes", number(one.law.idle_bytes)},
                              {"object_bytes", number(one.law.object_bytes)},
                              {"object_error_bytes", number(one.law.object_error_bytes)}}});
    }
    return Json{rows};
}

Json scaling_json(const Calibration& calibration) {
    if (!calibration.scaling) return Json{nullptr};
    const ScalingLaw& law = *calibration.scaling;
    return Json{
        Json::Object{{"one_worker_per_s", number(law.one_worker_per_s)},
                     {"contention_fraction", number(law.contention_fraction)},
                     {"coherency_fraction",
                      law.is_coherency_known ? number(law.coherency_fraction) : Json{nullptr}}}};
}

Json predictions_json(const std::vector<Prediction>& predictions) {
    Json::Array rows;
    for (const Prediction& one : predictions) {
        rows.push_back(Json{Json::Object{{"workload", text(one.workload)},
                                         {"quantity", text(one.quantity)},
                                         {"predicted", number(one.predicted_number)},
                                         {"measured", number(one.measured_number)},
                                         {"error_fraction", number(one.error_fraction())},
                                         {"void", text_or_null(one.void_reason)}}});
    }
    return Json{rows};
}

Json summary_json(const std::vector<Prediction>& predictions, std::string_view quantity) {
    const auto summary = summary_of(predictions, quantity);
    if (!summary) return Json{nullptr};
    return Json{Json::Object{{"count", Json{static_cast<double>(summary->count)}},
                             {"median_error_fraction", number(summary->median_fraction)},
                             {"worst_error_fraction", number(summary->worst_fraction)}}};
}

Json transports_json(const CalibrationReport& report) {
    Json::Array rows;
    for (const TransportFactor& one : transport_factors(report)) {
        rows.push_back(Json{Json::Object{{"experiment", text(one.experiment)},
                                         {"measured_factor", number(one.measured_factor)},
                                         {"fitted_factor", number(one.fitted_factor)}}});
    }
    return Json{rows};
}

/// Reasons that differ in their numbers only are one.
std::map<std::string, std::size_t> unused_by_reason(const Calibration& calibration) {
    std::map<std::string, std::size_t> reasons;
    for (const UnusedRun& run : calibration.unused) {
        std::string reason;
        for (const char letter : run.reason) {
            const bool is_digit = letter >= '0' && letter <= '9';
            if (!is_digit) reason += letter;
            if (is_digit && !reason.ends_with('N')) reason += 'N';
        }
        ++reasons[reason];
    }
    return reasons;
}

Json unused_json(const Calibration& calibration) {
    Json::Object rows;
    for (const auto& [reason, count] : unused_by_reason(calibration)) {
        rows.push_back({reason, Json{static_cast<double>(count)}});
    }
    return Json{rows};
}

Json report_json(const CalibrationReport& report) {
    Json::Object object{{"format", text("busyhour.calibration/1")}};
    if (!report.runs.empty()) {
        object.push_back({"server", text(report.runs.back().server)});
        object.push_back({"session", text(report.runs.back().session)});
        object.push_back({"host", report.runs.back().host});
        object.push_back({"cores", number(report.runs.back().cores_number)});
    }
    object.push_back({"runs", Json{static_cast<double>(report.runs.size())}});
    if (report.calibration) {
        const Calibration& calibration = *report.calibration;
        object.push_back({"date", text(calibration.date)});
        object.push_back({"experiments", experiments_json(calibration)});
        object.push_back({"fit", fit_json(calibration)});
        object.push_back({"memory", objects_json(calibration)});
        object.push_back({"scaling", scaling_json(calibration)});
        object.push_back({"unused_runs", unused_json(calibration)});
        object.push_back({"transports", transports_json(report)});
    }
    object.push_back({"verification", predictions_json(report.predictions)});
    object.push_back({"verification_capacity", summary_json(report.predictions, "capacity_per_s")});
    object.push_back({"verification_cpu", summary_json(report.predictions, "cpu_cores")});
    Json::Array doubts;
    for (const std::string& doubt : report.doubts) doubts.push_back(Json{doubt});
    object.push_back({"doubts", Json{doubts}});
    object.push_back({"void", text_or_null(report.void_reason)});
    object.push_back({"model", report.model});
    return Json{object};
}

Section experiments_section(const Calibration& calibration) {
    Table table{.columns = {{"experiment"},
                            {"cores", Align::right},
                            {"held per s", Align::right},
                            {"failed per s", Align::right},
                            {"limit"}},
                .rows = {}};
    for (const ExperimentCapacity& one : calibration.capacities) {
        table.rows.push_back({one.experiment, to_words(one.cores_number),
                              one.held_per_s > 0 ? to_words(one.held_per_s) : "none",
                              to_words(one.failed_per_s),
                              one.is_servers ? "the server's CPU" : "not found"});
    }
    return {.title = "CAPACITY: the highest load without a failure and p99 at most 50 ms",
            .paragraphs = {},
            .tables = {table},
            .notes = {}};
}

Section costs_section(const Calibration& calibration) {
    const CostFit& fit = calibration.fit;
    Table table{.columns = {{"driver"},
                            {"cost us", Align::right},
                            {"+- us (95 %)", Align::right},
                            {"waking up us", Align::right},
                            {"+- us (95 %)", Align::right}},
                .rows = {}};
    constexpr double normal_95_factor = 1.96;
    for (const CostCoefficient& one : fit.coefficients) {
        table.rows.push_back({std::string(name_of(one.driver)), microseconds(one.cost_s),
                              microseconds(normal_95_factor * one.cost_error_s),
                              microseconds(one.wakeup_s),
                              microseconds(normal_95_factor * one.wakeup_error_s)});
    }
    Section section{.title = "COSTS: CPU time of one unit at saturation",
                    .paragraphs = {},
                    .tables = {table},
                    .notes = {}};
    section.notes.push_back(fmt::format(
        "{} runs fitted; condition number of the design matrix {:.0f}; error of the fit:"
        " median {:.0f} %, 95 % of the runs within {:.0f} %",
        calibration.samples.size(), fit.condition_number, fit.error_median_fraction * 100,
        fit.error_p95_fraction * 100));
    section.notes.push_back(fmt::format(
        "costs are believed within {:.2f} to {:.2f} times the figure; the processor's own"
        " speed varied by {:.0f} % (95 % - 5 % of the yardsticks)",
        1 / calibration.band_factor, calibration.band_factor,
        calibration.speed_spread_fraction * 100));
    for (const Unidentified& one : fit.unidentified) {
        section.notes.push_back(fmt::format("{}{} cannot be told: {}", name_of(one.driver),
                                            one.is_wakeup ? ", waking up," : "", one.reason));
    }
    for (const auto& [reason, count] : unused_by_reason(calibration)) {
        section.notes.push_back(fmt::format("{} runs not fitted: {}", count, reason));
    }
    return section;
}

Section left_out_section(const CostFit& fit) {
    Table table{.columns = {{"experiment left out"}, {"error", Align::right}}, .rows = {}};
    for (const LeftOutExperiment& one : fit.left_out) {
        table.rows.push_back({one.experiment, one.error_fraction
                                                  ? signed_percent(one.error_fraction)
                                                  : "only it tells its costs"});
    }
    return {.title = "LEFT OUT: what the other experiments say of each",
            .paragraphs = {},
            .tables = {table},
            .notes = {}};
}

Section transports_section(const CalibrationReport& report) {
    Table table{.columns = {{"REGISTER over"},
                            {"UDP is faster by (capacities)", Align::right},
                            {"(fitted costs)", Align::right}},
                .rows = {}};
    const auto factor = [](const std::optional<double>& value) {
        return value ? fmt::format("{:.2f}", *value) : "n/a";
    };
    for (const TransportFactor& one : transport_factors(report)) {
        table.rows.push_back(
            {one.experiment, factor(one.measured_factor), factor(one.fitted_factor)});
    }
    return {.title = "TRANSPORTS",
            .paragraphs = {},
            .tables = {table},
            .notes = {"factor 17 of Shen et al. (2010) is one RSA handshake for each request:"
                      " docs/calibration.md"}};
}

Section memory_section(const Calibration& calibration) {
    Table table{.columns = {{"object"}, {"octets each", Align::right}, {"+-", Align::right}},
                .rows = {}};
    for (const MemoryCost& one : calibration.memory) {
        table.rows.push_back({std::string(name_of(one.driver)), to_words(one.law.object_bytes),
                              to_words(1.96 * one.law.object_error_bytes)});
    }
    Section section{.title = "MEMORY", .paragraphs = {}, .tables = {table}, .notes = {}};
    section.notes.push_back(
        fmt::format("{} idle", to_octets(calibration.memory.front().law.idle_bytes)));
    return section;
}

std::string shown(const Prediction& one, double value_number) {
    return one.quantity == "capacity_per_s" ? to_words(std::round(value_number))
                                            : fmt::format("{:.3g}", value_number);
}

Section truth_section(const CalibrationReport& report) {
    Table table{.columns = {{"workload, not fitted"},
                            {"quantity"},
                            {"predicted", Align::right},
                            {"measured", Align::right},
                            {"error", Align::right},
                            {"void"}},
                .rows = {}};
    for (const Prediction& one : report.predictions) {
        table.rows.push_back({one.workload, one.quantity, shown(one, one.predicted_number),
                              one.measured_number ? shown(one, *one.measured_number) : "n/a",
                              signed_percent(one.error_fraction()), one.void_reason.value_or("")});
    }
    Section section{.title = "TRUTH: predicted before it was measured",
                    .paragraphs = {},
                    .tables = {table},
                    .notes = {}};
    for (const auto& [quantity, words] :
         {std::pair("capacity_per_s", "capacity"), std::pair("cpu_cores", "CPU at half load"),
          std::pair("recovery_s", "recovery of a storm")}) {
        if (const auto summary = summary_of(report.predictions, quantity)) {
            section.notes.push_back(fmt::format(
                "{}: {} compared, absolute error median {:.0f} %, worst {:.0f} %", words,
                summary->count, summary->median_fraction * 100, summary->worst_fraction * 100));
        }
    }
    section.notes.emplace_back(
        "capacities and CPU are at the median speed of the server's processor; each run's own speed"
        " was read while it ran");
    return section;
}

Report report_of(const CalibrationReport& report) {
    Report result{.title = "busyhour calibrate", .sections = {}};
    Section head{.title = "SERVER", .paragraphs = {}, .tables = {}, .notes = report.doubts};
    const std::string server = report.runs.empty() ? "no server" : report.runs.back().server;
    head.paragraphs.push_back(
        fmt::format("{} on {}: {} runs{}.", server, report.measured_on, report.runs.size(),
                    report.calibration ? ", " + report.calibration->date : ""));
    if (report.void_reason) head.notes.push_back("void: " + *report.void_reason);
    result.sections.push_back(std::move(head));
    if (report.calibration) {
        const Calibration& calibration = *report.calibration;
        if (!calibration.capacities.empty()) {
            result.sections.push_back(experiments_section(calibration));
        }
        result.sections.push_back(costs_section(calibration));
        if (!transport_factors(report).empty()) {
            result.sections.push_back(transports_section(report));
        }
        result.sections.push_back(left_out_section(calibration.fit));
        if (!calibration.memory.empty()) result.sections.push_back(memory_section(calibration));
        if (calibration.scaling) {
            const ScalingLaw& law = *calibration.scaling;
            result.sections.push_back(
                {.title = "WORKERS",
                 .paragraphs = {fmt::format(
                     "One worker carries {}/s; contention {:.3g}, coherency {}"
                     " (Universal Scalability Law).",
                     to_words(law.one_worker_per_s), law.contention_fraction,
                     law.is_coherency_known ? fmt::format("{:.3g}", law.coherency_fraction)
                                            : "unknown: three numbers of workers are needed")},
                 .tables = {},
                 .notes = {}});
        }
    }
    if (!report.predictions.empty()) result.sections.push_back(truth_section(report));
    return result;
}

Table rows_of(const CalibrationReport& report) {
    Table table{.columns = {{"kind"}, {"name"}, {"quantity"}, {"value"}}, .rows = {}};
    const auto add = [&table](std::string kind, std::string name, std::string quantity,
                              const std::optional<double>& value) {
        table.rows.push_back({std::move(kind), std::move(name), std::move(quantity),
                              value ? to_digits(*value) : ""});
    };
    if (report.calibration) {
        for (const ExperimentCapacity& one : report.calibration->capacities) {
            add("experiment", one.experiment, "held_per_s", one.held_per_s);
            add("experiment", one.experiment, "failed_per_s", one.failed_per_s);
        }
        for (const CostCoefficient& one : report.calibration->fit.coefficients) {
            const std::string driver(name_of(one.driver));
            add("cost", driver, "cost_s", one.cost_s);
            add("cost", driver, "cost_error_s", one.cost_error_s);
            add("cost", driver, "wakeup_s", one.wakeup_s);
            add("cost", driver, "wakeup_error_s", one.wakeup_error_s);
        }
        for (const MemoryCost& one : report.calibration->memory) {
            add("memory", std::string(name_of(one.driver)), "object_bytes", one.law.object_bytes);
        }
    }
    for (const Prediction& one : report.predictions) {
        add("predicted", one.workload, one.quantity, one.predicted_number);
        add("measured", one.workload, one.quantity, one.measured_number);
    }
    return table;
}

}  // namespace

std::vector<TransportFactor> transport_factors(const CalibrationReport& report) {
    std::vector<TransportFactor> factors;
    if (!report.calibration) return factors;
    const Calibration& calibration = *report.calibration;
    const CostModel model = to_cost_model(calibration.fit);
    const std::map<std::string, Demand> units = unit_demands(report.runs);
    const auto middle_per_s = [&](const std::string& name) -> std::optional<double> {
        for (const ExperimentCapacity& one : calibration.capacities) {
            if (one.experiment != name || !one.failed_per_s || one.held_per_s <= 0) continue;
            return (one.held_per_s + *one.failed_per_s) / 2;
        }
        return std::nullopt;
    };
    const auto fitted_per_s = [&](const std::string& name) -> std::optional<double> {
        const auto unit = units.find(name);
        if (unit == units.end()) return std::nullopt;
        return capacity_per_s(model, unit->second, 1);
    };
    const auto ratio = [](const std::optional<double>& a, const std::optional<double>& b) {
        return a && b && *b > 0 ? std::optional(*a / *b) : std::nullopt;
    };
    const std::string base = "refresh-udp";
    for (const char* name : {"refresh-tcp", "refresh-tls", "register-tcp-new",
                             "register-tls-resumed", "register-tls-full"}) {
        const TransportFactor factor{name, ratio(middle_per_s(base), middle_per_s(name)),
                                     ratio(fitted_per_s(base), fitted_per_s(name))};
        if (factor.measured_factor || factor.fitted_factor) factors.push_back(factor);
    }
    return factors;
}

Renderings render_calibration(const CalibrationReport& report) {
    return {.text = [=](bool is_bold) { return to_text(report_of(report), is_bold, 120); },
            .json = [=] { return to_json_text(report_json(report), 2) + "\n"; },
            .md = [=] { return to_markdown(report_of(report)); },
            .csv = [=] { return to_csv(rows_of(report)); }};
}

}  // namespace busyhour::cli
