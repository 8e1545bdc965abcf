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
constexpr int cpu_runs_number = 3;  // of a prediction of CPU time

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

/// How fast the server's processor was, as a multiple of its speed in the median run.
double speed_factor(const Slice& slice, const Calibration& calibration) {
    const double during_per_s = measure::speed_per_s(slice.during);
    const bool is_known = during_per_s > 0 && calibration.speed_per_s > 0;
    return is_known ? during_per_s / calibration.speed_per_s : 1;
}

double middle_of(std::vector<double> values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

Prediction prediction_of(std::string workload, const char* quantity, double predicted_number) {
    return {.workload = std::move(workload),
            .quantity = quantity,
            .predicted_number = predicted_number,
            .measured_number = std::nullopt,
            .void_reason = std::nullopt};
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
    run.speed_per_s = measure::speed_per_s(slice.during);
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

/// A load that is given, and told, at the speed of the median run.
Slice CalibrationSession::offer_at_median_speed(const Workload& workload, double load_per_s,
                                                const Calibration& calibration) {
    tell(fmt::format("verifying {} at {}/s", workload.name, to_words(load_per_s)));
    Slice slice = measure::run_slice(workload, server_.subject(), load_per_s * speed_factor_,
                                     full_slice_s, bench_);
    add(slice, "verify");
    if (!slice.void_reason) speed_factor_ = speed_factor(slice, calibration);
    return slice;
}

Prediction CalibrationSession::verify_cpu(const Workload& workload, double load_per_s,
                                          const Calibration& calibration) {
    const CostModel model = to_cost_model(calibration.fit);
    const Demand unit = unit_demand(workload);
    const double cores_number = server_.subject().cores_number;
    Prediction cpu = prediction_of(workload.name + ", at half of that", "cpu_cores",
                                   busy_cores(cpu_cost(model, unit * load_per_s), cores_number));
    std::vector<double> ratios;
    for (int attempt = 0; attempt < 2 * cpu_runs_number && bench_.interrupts->load() == 0;
         ++attempt) {
        const Slice slice = offer_at_median_speed(workload, load_per_s, calibration);
        if (slice.void_reason) {
            cpu.void_reason = slice.void_reason;
            continue;
        }
        if (!slice.cpu_cores) break;
        // Each run is compared at its own load and speed.
        const double share = slice.achieved_per_s / speed_factor(slice, calibration);
        ratios.push_back(*slice.cpu_cores /
                         busy_cores(cpu_cost(model, unit * share), cores_number));
        if (ratios.size() == cpu_runs_number) break;
    }
    if (ratios.empty()) return cpu;
    cpu.void_reason.reset();
    cpu.measured_number = cpu.predicted_number * middle_of(ratios);
    return cpu;
}

Prediction CalibrationSession::verify_capacity(const Workload& workload, double expected_per_s,
                                               const Calibration& calibration) {
    Prediction capacity = prediction_of(workload.name, "capacity_per_s", expected_per_s);
    measure::CapacityGoal goal =
        measure::goal_for(workload, server_.subject(), campaign_options(options_), expected_per_s);
    goal.precision_fraction = 0.04;
    goal.slices_max = 10;
    std::vector<std::pair<double, bool>> loads_and_held;
    std::optional<std::string> fault;
    const auto offer = [&](double load_per_s) {
        Slice slice = offer_at_median_speed(workload, load_per_s, calibration);
        // What held although the generator was late would have held all the more.
        const bool is_held = slice.held(goal.latency_p99_max);
        if (!slice.void_reason || (is_held && slice.is_generators)) {
            loads_and_held.emplace_back(slice.load_per_s / speed_factor(slice, calibration),
                                        is_held);
        } else {
            fault = slice.void_reason;
        }
        return slice;
    };
    const measure::Capacity found =
        measure::find_capacity(goal, offer, [this] { return bench_.interrupts->load() > 0; });
    capacity.measured_number = dividing_load_per_s(loads_and_held);
    if (capacity.measured_number) return capacity;
    capacity.void_reason = fault ? *fault : "no load failed";
    if (found.is_generators) capacity.void_reason = "the generator was the limit";
    if (found.held_per_s == 0 && !fault) capacity.void_reason = "no load held";
    return capacity;
}

std::vector<Prediction> CalibrationSession::verify_workload(const Workload& workload,
                                                            const Calibration& calibration) {
    const std::optional<double> expected_per_s = capacity_per_s(
        to_cost_model(calibration.fit), unit_demand(workload), server_.subject().cores_number);
    if (!expected_per_s) {
        Prediction unknown = prediction_of(workload.name, "capacity_per_s", 0);
        unknown.void_reason = "the calibration has no cost of it";
        return {unknown};
    }
    Prediction cpu = verify_cpu(workload, *expected_per_s / 2, calibration);
    return {verify_capacity(workload, *expected_per_s, calibration), std::move(cpu)};
}

/// A storm of so many users that they need about two seconds, within a third of that. In a weaker
/// one a few requests that were lost twice decide when it is over.
Prediction CalibrationSession::verify_storm(const Calibration& calibration) {
    const measure::Subject& subject = server_.subject();
    Demand unit;
    unit[Driver::registrations] = unit[Driver::new_bindings] = 1;
    unit[Driver::udp_messages] = 2;
    Prediction storm = prediction_of("a storm of registrations", "recovery_s", 0);
    const std::optional<double> expected_per_s =
        capacity_per_s(to_cost_model(calibration.fit), unit, subject.cores_number);
    if (!expected_per_s) {
        storm.void_reason = "the calibration has no cost of it";
        return storm;
    }
    const double now_per_s = *expected_per_s * speed_factor_;
    constexpr double users_max = 40'000;
    const double users_number = std::floor(std::min(2 * now_per_s, users_max));
    const double window_s = users_number / (3 * now_per_s);
    storm.workload =
        fmt::format("a storm of {} users within {:.2f} s", to_words(users_number), window_s);
    tell("verifying " + storm.workload);
    const Slice slice =
        measure::run_storm(subject, static_cast<std::size_t>(users_number), window_s, bench_);
    add(slice, "storm");
    const StormOutcome outcome = simulate(
        {.groups = {{.endpoints_number = users_number, .is_udp = true, .request_works = {1}}},
         .window_s = window_s,
         .server = {.capacity_per_s = *expected_per_s * speed_factor(slice, calibration)},
         .timers = {},
         .round_trip_s = 0.001,
         .horizon_s = 300,
         .steps_per_s = 100});
    storm.predicted_number = outcome.recovery_s.value_or(0);
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
