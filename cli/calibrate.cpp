#include "busyhour/catalog/catalog.h"
#include "busyhour/catalog/nearest.h"
#include "busyhour/catalog/throughput.h"
#include "busyhour/report/format.h"
#include "busyhour/report/plan_json.h"
#include "busyhour/report/visible.h"
#include "cli/calibrate_options.h"
#include "cli/calibrate_report.h"
#include "cli/calibrate_session.h"
#include "cli/commands.h"
#include "cli/files.h"
#include "cli/host_profile.h"
#include "cli/load_faults.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>
#include <tuple>

namespace busyhour::cli {
namespace {

constexpr double void_max_fraction = 0.5;  // of the runs
constexpr double doubtful_void_fraction = 0.2;
constexpr double doubtful_spread_fraction = 0.3;
constexpr double wide_band_factor = 2;

/// "AMD EPYC, 2 processors, Linux 6.18"
std::string host_words(const Json& host) {
    const auto text_of = [&host](const char* key) {
        const Json* member = host.find(key);
        return member != nullptr && member->text() != nullptr ? *member->text() : std::string();
    };
    const Json* processors = host.find("processors");
    std::string words = text_of("processor").empty() ? "a host" : text_of("processor");
    if (processors != nullptr && processors->number() != nullptr) {
        words += fmt::format(", {} processors", *processors->number());
    }
    if (!text_of("kernel").empty()) words += ", " + text_of("kernel");
    return words;
}

/// What one call of a SIPp scenario asks of the server. Throws InputError for no flow of ours.
Demand session_demand(const std::string& flow) {
    const engine::measure::Subject subject;
    for (const auto& [name, ours, experiment] :
         {std::tuple("register", "refresh", "refresh-udp"), std::tuple("call", "call", "call-udp"),
          std::tuple("options", "options", "options-udp"),
          std::tuple("message", "message", "message-udp")}) {
        if (flow != name) continue;
        return engine::measure::expected_demand(
            engine::measure::alone({.name = experiment, .flow = ours}), subject);
    }
    throw InputError("--flow", "no flow \"" + flow + "\"",
                     suggestion(flow, {"register", "call", "options", "message"}));
}

std::vector<Measurement> read_csv_runs(const CalibrateOptions& options, const std::string& text,
                                       const std::string& file) {
    ThroughputContext context{.server = options.name.empty() ? "measured" : options.name,
                              .session = {},
                              .cores_number = options.cores_number.value_or(0)};
    if (is_sipp_statistics(text)) {
        if (options.flow.empty()) {
            throw InputError("--flow", "is needed: SIPp does not say what its calls are",
                             "--flow register, call, options or message");
        }
        context.session = session_demand(options.flow);
    }
    return read_throughput(text, file, context);
}

/// The runs of the files of --fit.
std::vector<Measurement> read_runs(const CalibrateOptions& options) {
    std::vector<Measurement> runs;
    std::vector<Problem> problems;
    for (const std::string& file : options.fitted_files) {
        const std::string text = read_file(file);
        try {
            const std::vector<Measurement> some = file.ends_with(".csv")
                                                      ? read_csv_runs(options, text, file)
                                                      : read_measurements(text, file);
            runs.insert(runs.end(), some.begin(), some.end());
        } catch (const InputError& error) {
            problems.insert(problems.end(), error.problems().begin(), error.problems().end());
        }
    }
    if (!problems.empty()) throw InputError(problems);
    if (options.session.empty()) return runs;
    std::erase_if(runs, [&](const Measurement& run) { return run.session != options.session; });
    if (runs.empty()) throw InputError("--session", "no run is of " + options.session);
    return runs;
}

/// What of the runs and of the fit should make the reader careful.
void add_doubts(CalibrationReport& report) {
    std::size_t voids = 0;
    for (const Measurement& run : report.runs) {
        const std::string reason = run.void_reason.value_or("");
        voids += reason.starts_with("others ") || reason.starts_with("the host") ? 1U : 0U;
    }
    const double void_fraction = static_cast<double>(voids) /
                                 static_cast<double>(std::max<std::size_t>(report.runs.size(), 1));
    if (void_fraction > void_max_fraction) {
        report.void_reason =
            fmt::format("the host was disturbed in {} of {} runs", voids, report.runs.size());
    } else if (void_fraction > doubtful_void_fraction) {
        report.doubts.push_back(fmt::format(
            "the host was disturbed in {} of {} runs, which are void", voids, report.runs.size()));
    }
    if (!report.calibration) return;
    if (report.calibration->speed_spread_fraction > doubtful_spread_fraction) {
        report.doubts.push_back(fmt::format("the speed of the server's processor varied by {}",
                                            to_percent(report.calibration->speed_spread_fraction)));
    }
    if (report.calibration->band_factor > wide_band_factor) {
        report.doubts.push_back("the fit tells the runs badly: the band is wide");
    }
}

/// Where predictions were worse than the band says, the band is widened to them.
void widen_band(CalibrationReport& report) {
    if (!report.calibration) return;
    const auto summary = summary_of(report.predictions, "capacity_per_s");
    if (!summary) return;
    double& band_factor = report.calibration->band_factor;
    band_factor = std::max(band_factor, 1 + summary->worst_fraction);
}

void fit(const CalibrateOptions& options, CalibrationReport& report) {
    try {
        report.calibration = calibrate(report.runs);
    } catch (const InputError& error) {
        if (!options.fitted_files.empty()) throw;
        report.void_reason = std::string("nothing can be fitted: ") + error.what();
    }
}

void make_model(const CalibrateOptions& options, const std::string& target,
                CalibrationReport& report) {
    if (!report.calibration || report.void_reason) return;
    const Catalog catalog = load_catalog();
    ModelNames names;
    names.name = options.name.empty() ? target : options.name;
    names.host = options.host_name;
    names.measured_on = report.measured_on;
    const std::string& server = report.calibration->server;
    const std::size_t space = server.find(' ');
    if (space != std::string::npos) names.version = server.substr(space + 1);
    names.title = server + ", calibrated";
    const auto base = catalog.documents.find("servers/" + target);
    report.model = to_server_document(*report.calibration, names,
                                      base == catalog.documents.end() ? nullptr : &base->second);
}

void measure_server(const CalibrateOptions& options, CalibrationReport& report) {
    MeasuredServer server(options);
    CalibrationSession session(options, server);
    SessionResult result = session.run();
    report.runs = result.runs;
    report.doubts = result.doubts;
    fit(options, report);
    if (options.verifies && report.calibration && !result.is_interrupted) {
        report.predictions = session.verify(*report.calibration, result);
        report.runs = result.runs;
    }
    if (result.is_interrupted) report.void_reason = "interrupted";
}

/// The host's profile; its yardsticks are those of the runs, so that the model needs no scaling on
/// the host that it was measured on.
void write_profile(const CalibrateOptions& options, const CalibrationReport& report) {
    if (options.host_file.empty()) return;
    if (report.model.is_null() || !options.fitted_files.empty()) {
        fmt::print(stderr, "busyhour: no host profile is written: {}\n",
                   report.void_reason ? "the calibration is void" : "nothing was measured");
        return;
    }
    engine::measure::HostReadingOptions reading;
    reading.duration = std::chrono::seconds(5);
    reading.interrupts = &catch_interrupts();
    Json profile = host_profile(engine::measure::read_host(reading), options.host_name,
                                now_in_words().substr(0, 10));
    if (const Json* yardsticks = report.model.find("yardsticks")) {
        put(std::get<Json::Object>(profile.value), "yardsticks", *yardsticks);
    }
    write_file(options.host_file, to_json_text(profile, 2) + "\n");
}

Exit run_calibrate(const CalibrateOptions& options) {
    check_calibrate_options(options);
    CalibrationReport report;
    std::string target = "reference";
    if (options.fitted_files.empty()) {
        if (!options.targets.empty()) {
            target = options.targets.front().substr(0, options.targets.front().find('='));
        }
        measure_server(options, report);
    } else {
        report.runs = read_runs(options);
        fit(options, report);
        const std::string& server = report.calibration->server;
        target = server.substr(0, server.find(' '));
        if (target == "busyhour") target = "reference";
    }
    report.measured_on =
        report.runs.empty() ? host_words(fingerprint_json()) : host_words(report.runs.back().host);
    add_doubts(report);
    widen_band(report);
    make_model(options, target, report);
    if (!options.model_file.empty() && !report.model.is_null()) {
        write_file(options.model_file, to_json_text(report.model, 2) + "\n");
    }
    write_profile(options, report);
    write_outputs(options.output, render_calibration(report));
    if (!report.void_reason) return Exit::done;
    fmt::print(stderr, "busyhour: the calibration is void: {}\n", visible(*report.void_reason));
    return *report.void_reason == "interrupted" ? Exit::interrupted : Exit::measurement_void;
}

}  // namespace

void add_calibrate(CLI::App& app, Exit& result) {
    CLI::App* command = app.add_subcommand(
        "calibrate", "measure what a server costs on this host, and fit a model to it");
    const auto options = std::make_shared<CalibrateOptions>();
    add_calibrate_options(*command, *options);
    command->callback([options, &result] { result = run_calibrate(*options); });
}

}  // namespace busyhour::cli
