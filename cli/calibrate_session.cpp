#include "cli/calibrate_session.h"

#include "busyhour/model/storm.h"
#include "busyhour/report/format.h"
#include "cli/files.h"
#include "cli/host_profile.h"
#include "cli/load_faults.h"
#include "engine/measure/campaign.h"
#include "engine/measure/host_reading.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <system_error>
#include <unistd.h>

namespace busyhour::cli {
namespace {

namespace measure = engine::measure;
using engine::Transport;
using measure::Slice;
using measure::Workload;

constexpr double latency_p99_max_s = 0.05;
constexpr int attempts_max = 3;  // of what is void
constexpr double quick_slice_s = 0.5;
constexpr double full_slice_s = 1;

void append_line(const std::string& file, const std::string& line) {
    std::ofstream out(file, std::ios::app);
    out << line << '\n';
    if (!out.flush()) {
        throw std::system_error(errno, std::generic_category(), "cannot write " + file);
    }
}

measure::CampaignOptions campaign_options(const CalibrateOptions& options) {
    measure::CampaignOptions campaign;
    campaign.is_quick = !options.is_full;
    campaign.budget_s = budget_s(options);
    campaign.slice_s = options.is_full ? full_slice_s : quick_slice_s;
    campaign.rounds_number = options.is_full ? 4 : 2;
    campaign.only = options.only;
    return campaign;
}

/// The experiments' names where one of `only` is none of them.
void check_names(const measure::Subject& subject, const CalibrateOptions& options) {
    std::vector<std::string> names;
    for (const auto& experiment : measure::experiments_for(subject, !options.is_full)) {
        names.push_back(experiment.name);
    }
    Faults faults;
    for (const std::string& name : options.only) {
        if (std::find(names.begin(), names.end(), name) != names.end()) continue;
        faults.add("--only", "no experiment \"" + name + "\" for this server",
                   suggestion(name, names));
    }
    faults.tell();
}

/// Why the last slice at an end of the bracket is void.
std::optional<std::string> fault_at_edges(const measure::Capacity& found) {
    std::optional<std::string> at_held;
    std::optional<std::string> at_failed;
    for (const Slice& slice : found.slices) {
        if (slice.load_per_s == found.failed_per_s) at_failed = slice.void_reason;
        if (slice.load_per_s != found.held_per_s) continue;
        // What held although the generator was late would have held all the more.
        at_held = slice.is_generators ? std::nullopt : slice.void_reason;
    }
    return at_held ? at_held : at_failed;
}

}  // namespace

std::string now_in_words() {
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(now));
}

Json fingerprint_json() {
    measure::HostReading reading;
    reading.host = measure::host_fingerprint();
    return fingerprint_object(reading);
}

CalibrationSession::CalibrationSession(const CalibrateOptions& options, MeasuredServer& server)
    : options_(options),
      server_(server),
      bench_{.yardsticks = yardsticks_, .seed = options.seed, .interrupts = &catch_interrupts()},
      id_(now_in_words()),
      host_(fingerprint_json()),
      shows_progress_(isatty(STDERR_FILENO) == 1) {}

void CalibrationSession::tell(const std::string& text) const {
    if (shows_progress_) fmt::print(stderr, "\r{:<78}", text.substr(0, 78));
}

Measurement CalibrationSession::add(const Slice& slice, std::string_view phase) {
    Measurement run;
    run.place = options_.measurements_file;
    run.server = server_.name();
    run.session = id_;
    run.host = host_;
    run.experiment = slice.experiment;
    run.phase = phase;
    run.demand = slice.demand;
    run.cores_number = server_.subject().cores_number;
    run.workers_number = options_.workers;
    run.cpu_cores = slice.cpu_cores;
    run.memory_bytes = slice.memory_bytes;
    run.offered_per_s = slice.load_per_s;
    run.achieved_per_s = slice.achieved_per_s;
    run.failed_fraction = std::clamp(slice.failed_fraction, 0.0, 1.0);
    if (slice.latency.count() > 0) {
        run.latency_p50_s = engine::load::to_seconds(slice.latency.quantile(0.5));
        run.latency_p99_s = engine::load::to_seconds(slice.latency.quantile(0.99));
    }
    // Of a server elsewhere nobody knows how fast its processor is.
    const bool is_known = !server_.subject().processors.empty();
    for (std::size_t i = 0; is_known && i < yardstick_count; ++i) {
        run.speeds_per_s.at(i) = (slice.before.at(i).per_cpu_s + slice.after.at(i).per_cpu_s) / 2;
    }
    run.void_reason = slice.void_reason;
    run.started = now_in_words();
    append_line(options_.measurements_file, to_measurement_line(run));
    runs_.push_back(run);
    return run;
}

/// Whether users are served at all, before anything is measured.
void CalibrationSession::probe() {
    measure::Subject& subject = server_.subject();
    if (!subject.udp && !subject.tcp && !subject.tls) return;
    const Transport transport = subject.udp   ? Transport::udp
                                : subject.tcp ? Transport::tcp
                                              : Transport::tls;
    const std::vector<int> refusals = measure::probe(
        subject, {.name = "probe", .flow = "register", .transport = transport}, bench_);
    const bool is_challenged =
        !refusals.empty() && (refusals.front() == 401 || refusals.front() == 407);
    if (is_challenged && subject.users.empty()) {
        throw InputError("--target",
                         fmt::format("the server answers {} to REGISTER", refusals.front()),
                         "it wants credentials: give users that it knows with --users FILE");
    }
    if (!refusals.empty() && refusals.front() == 408) {
        throw std::runtime_error("the target answers no REGISTER");
    }
    if (!refusals.empty() && !is_challenged) {
        throw std::runtime_error(
            fmt::format("the target answers {} to REGISTER", refusals.front()));
    }
}

/// What the last session of the file has found already.
void CalibrationSession::resume(std::map<std::string, double>& held_per_s) {
    std::vector<Measurement> earlier =
        read_measurements(read_file(options_.measurements_file), options_.measurements_file);
    std::erase_if(earlier, [this](const Measurement& run) {
        return run.server != server_.name() || run.session.empty();
    });
    if (earlier.empty()) {
        throw InputError("--resume", options_.measurements_file + " has no runs of this server",
                         "leave --resume out");
    }
    id_ = earlier.back().session;
    std::map<std::string, double> failed_per_s;
    for (Measurement& run : earlier) {
        if (run.session != id_) continue;
        const bool counts = run.phase == "search" && !run.void_reason;
        if (counts && run.held(latency_p99_max_s)) {
            double& held = held_per_s[run.experiment];
            held = std::max(held, run.offered_per_s);
        } else if (counts) {
            failed_per_s[run.experiment] = run.offered_per_s;
        }
        runs_.push_back(std::move(run));
    }
    std::erase_if(held_per_s, [&](const auto& row) { return !failed_per_s.contains(row.first); });
}

/// Memory of registrations and of connections, each in a server that has held nothing before.
void CalibrationSession::hold_objects() {
    for (const Transport transport : {Transport::udp, Transport::tls}) {
        MeasuredServer fresh(options_);
        for (const std::size_t users_number : {100U, 1000U, 2000U, 3000U}) {
            if (bench_.interrupts->load() > 0) return;
            tell(fmt::format("memory of {} registrations", users_number));
            add(measure::run_hold(fresh.subject(), transport, users_number, bench_), "memory");
        }
    }
}

SessionResult CalibrationSession::run() {
    check_names(server_.subject(), options_);
    measure::CampaignOptions campaign = campaign_options(options_);
    if (options_.resumes) resume(campaign.held_per_s);
    probe();
    const measure::CampaignListener listener{
        .before_slice =
            [this](const measure::CampaignStep& step) {
                tell(fmt::format("{:3.0f} of {:.0f} s  {} at {}/s", step.elapsed_s, step.budget_s,
                                 step.experiment, to_words(step.load_per_s)));
            },
        .after_slice = [this](const Slice& slice, std::string_view phase) { add(slice, phase); }};
    const measure::CampaignResult found =
        measure::run_campaign(server_.subject(), campaign, bench_, listener);
    const bool holds = server_.is_own() && options_.only.empty() && bench_.interrupts->load() == 0;
    if (holds) hold_objects();
    if (shows_progress_) fmt::print(stderr, "\n");
    SessionResult result;
    result.runs = runs_;
    result.is_complete = found.is_complete;
    result.is_interrupted = bench_.interrupts->load() > 0;
    result.doubts = server_.doubts();
    for (const auto& [experiment, capacity] : found.capacities) {
        if (capacity.is_generators) {
            result.doubts.push_back(experiment + ": the generator, not the server, was the limit");
        }
    }
    if (!result.is_complete && !result.is_interrupted) {
        result.doubts.push_back("the time was up before all experiments were done (--budget-s)");
    }
    return result;
}

/// How fast the server's processor is now, by the runs' median.
double CalibrationSession::speed_factor_now(const Calibration& calibration) {
    const int processor = measure::yardstick_processor(server_.subject());
    const auto reading = measure::read_yardsticks(yardsticks_, processor, 3 * bench_.yardstick);
    double logarithms = 0;
    for (std::size_t i = 0; i < yardstick_count; ++i) {
        const double median_per_s = calibration.speeds_per_s.at(i);
        if (median_per_s <= 0) return 1;
        logarithms += std::log(reading.at(i).per_cpu_s / median_per_s);
    }
    return std::exp(logarithms / static_cast<double>(yardstick_count));
}

/// What one session asks for: as the experiments of its parts have shown, else as their flows say.
Demand CalibrationSession::unit_demand(const Workload& workload) const {
    const std::map<std::string, Demand> units = unit_demands(runs_);
    Demand demand;
    for (const measure::WorkloadPart& part : workload.parts) {
        const auto unit = units.find(part.experiment.name);
        demand.add(unit != units.end() ? unit->second
                                       : measure::expected_demand(measure::alone(part.experiment),
                                                                  server_.subject()),
                   part.fraction);
    }
    return demand;
}

std::vector<Prediction> CalibrationSession::verify_workload(const Workload& workload,
                                                            const Calibration& calibration) {
    const measure::Subject& subject = server_.subject();
    const CostModel model = to_cost_model(calibration.fit);
    const Demand unit = unit_demand(workload);
    const double speed_factor = speed_factor_now(calibration);
    const std::optional<double> expected_per_s = capacity_per_s(model, unit, subject.cores_number);
    Prediction capacity{.workload = workload.name,
                        .quantity = "capacity_per_s",
                        .predicted_number = expected_per_s.value_or(0) * speed_factor,
                        .measured_number = std::nullopt,
                        .void_reason = std::nullopt};
    Prediction cpu{.workload = workload.name + ", at half of that",
                   .quantity = "cpu_cores",
                   .predicted_number = 0,
                   .measured_number = std::nullopt,
                   .void_reason = std::nullopt};
    if (!expected_per_s) {
        capacity.void_reason = cpu.void_reason = "the calibration has no cost of it";
        return {capacity, cpu};
    }
    measure::CampaignOptions campaign = campaign_options(options_);
    campaign.slice_s = full_slice_s;
    measure::CapacityGoal goal =
        measure::goal_for(workload, subject, campaign, capacity.predicted_number);
    goal.precision_fraction = 0.04;
    goal.slices_max = 10;
    const auto offer = [&](double load_per_s) {
        tell(fmt::format("verifying {} at {}/s", workload.name, to_words(load_per_s)));
        Slice slice = measure::run_slice(workload, subject, load_per_s, goal.slice_s, bench_);
        add(slice, "verify");
        return slice;
    };
    const double half_per_s = capacity.predicted_number / 2;
    cpu.predicted_number =
        busy_cores(cpu_cost(model, unit * (half_per_s / speed_factor)), subject.cores_number);
    Slice half = offer(half_per_s);
    for (int attempt = 1; attempt < attempts_max && half.void_reason; ++attempt) {
        half = offer(half_per_s);
    }
    cpu.void_reason = half.void_reason;
    if (half.cpu_cores) cpu.measured_number = *half.cpu_cores;
    const measure::Capacity found =
        measure::find_capacity(goal, offer, [this] { return bench_.interrupts->load() > 0; });
    if (found.held_per_s > 0) capacity.measured_number = found.held_per_s;
    if (found.held_per_s > 0 && found.failed_per_s > 0) {
        capacity.measured_number = (found.held_per_s + found.failed_per_s) / 2;
    }
    if (found.held_per_s == 0) capacity.void_reason = "no load held";
    if (found.failed_per_s == 0) capacity.void_reason = "no load failed";
    if (found.is_generators) capacity.void_reason = "the generator was the limit";
    if (!capacity.void_reason) capacity.void_reason = fault_at_edges(found);
    return {capacity, cpu};
}

/// A storm of so many users that they need about two seconds, within one.
Prediction CalibrationSession::verify_storm(const Calibration& calibration) {
    const measure::Subject& subject = server_.subject();
    const CostModel model = to_cost_model(calibration.fit);
    Demand unit;
    unit[Driver::registrations] = unit[Driver::new_bindings] = 1;
    unit[Driver::udp_messages] = 2;
    const double speed_factor = speed_factor_now(calibration);
    Prediction storm{.workload = "",
                     .quantity = "recovery_s",
                     .predicted_number = 0,
                     .measured_number = std::nullopt,
                     .void_reason = std::nullopt};
    const std::optional<double> expected_per_s = capacity_per_s(model, unit, subject.cores_number);
    if (!expected_per_s) {
        storm.workload = "a storm of registrations";
        storm.void_reason = "the calibration has no cost of it";
        return storm;
    }
    const double capacity_now_per_s = *expected_per_s * speed_factor;
    constexpr double users_max = 40'000;
    const double users_number = std::floor(std::min(2 * capacity_now_per_s, users_max));
    const double window_s = users_number / (1.5 * capacity_now_per_s);
    storm.workload =
        fmt::format("a storm of {} users within {:.2f} s", to_words(users_number), window_s);
    const StormOutcome outcome = simulate(
        {.groups = {{.endpoints_number = users_number, .is_udp = true, .request_works = {1}}},
         .window_s = window_s,
         .server = {.capacity_per_s = capacity_now_per_s},
         .timers = {},
         .round_trip_s = 0.001,
         .horizon_s = 300,
         .steps_per_s = 100});
    storm.predicted_number = outcome.recovery_s.value_or(0);
    tell("verifying " + storm.workload);
    const Slice slice =
        measure::run_storm(subject, static_cast<std::size_t>(users_number), window_s, bench_);
    add(slice, "storm");
    storm.measured_number = slice.recovery_s;
    storm.void_reason = slice.void_reason;
    if (slice.failed_fraction > 0) storm.void_reason = "not all users got registered";
    return storm;
}

std::vector<Prediction> CalibrationSession::verify(const Calibration& calibration,
                                                   SessionResult& session) {
    std::vector<Prediction> predictions;
    for (const Workload& workload : measure::verification_workloads(server_.subject())) {
        if (bench_.interrupts->load() > 0) break;
        for (Prediction& prediction : verify_workload(workload, calibration)) {
            predictions.push_back(std::move(prediction));
        }
    }
    const bool storms =
        server_.subject().udp && server_.subject().users.empty() && bench_.interrupts->load() == 0;
    if (storms) predictions.push_back(verify_storm(calibration));
    if (shows_progress_) fmt::print(stderr, "\n");
    session.runs = runs_;
    session.is_interrupted = bench_.interrupts->load() > 0;
    return predictions;
}

}  // namespace busyhour::cli
