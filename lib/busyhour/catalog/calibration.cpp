#include "busyhour/catalog/calibration.h"

#include "busyhour/catalog/fields.h"
#include "busyhour/error.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

namespace busyhour {
namespace {

constexpr double band_least_factor = 1.1;

double quantile_of(std::vector<double> values, double fraction) {
    if (values.empty()) return 0;
    std::sort(values.begin(), values.end());
    const double place = fraction * static_cast<double>(values.size() - 1);
    const auto low = static_cast<std::size_t>(place);
    const std::size_t high = std::min(low + 1, values.size() - 1);
    return values[low] + (place - static_cast<double>(low)) * (values[high] - values[low]);
}

bool is_of_fit(const Measurement& run) {
    static constexpr std::array phases{"", "search", "part", "throughput"};
    return std::find(phases.begin(), phases.end(), run.phase) != phases.end();
}

/// Why a run says nothing of the costs at part load.
std::optional<std::string> fault_of(const Measurement& run, const CalibrationOptions& options) {
    if (run.void_reason) return "void: " + *run.void_reason;
    if (!is_of_fit(run)) return "measured for " + run.phase;
    if (!run.held(options.latency_p99_max_s)) return "beyond what held";
    if (!run.cpu_cores) return "no CPU time was read";
    if (*run.cpu_cores <= 0) return "used no CPU time";
    return std::nullopt;
}

class Calibrator {
public:
    Calibrator(const std::vector<Measurement>& runs, const CalibrationOptions& options)
        : runs_(runs), options_(options) {}

    Calibration calibrate() {
        check_server();
        find_speeds();
        find_capacities();
        for (const Measurement& run : runs_) add_part_load(run);
        for (const ExperimentCapacity& capacity : result_.capacities) add_saturation(capacity);
        result_.fit = fit_costs(result_.samples);
        fit_memory_of(Driver::contacts);
        fit_memory_of(Driver::tls_connections);
        fit_memory_of(Driver::tcp_connections);
        fit_memory_of(Driver::media_sessions);
        fit_workers();
        set_band();
        return std::move(result_);
    }

private:
    void check_server() {
        std::set<std::string> servers;
        for (const Measurement& run : runs_) {
            servers.insert(run.server);
            result_.date = std::max(result_.date, run.started.substr(0, 10));
        }
        if (runs_.empty()) {
            throw InputError("measurements", "there are none", "measure with busyhour calibrate");
        }
        if (servers.size() > 1) {
            std::string names;
            for (const std::string& server : servers) names += " \"" + server + "\"";
            throw InputError("measurements", "are of several servers:" + names,
                             "one file for each server");
        }
        result_.server = *servers.begin();
        for (const Measurement& run : runs_) {
            if (is_of_fit(run)) result_.cores_number = run.cores_number;
        }
    }

    void find_speeds() {
        std::array<std::vector<double>, yardstick_count> kinds;
        std::vector<double> speeds;
        for (const Measurement& run : runs_) {
            if (run.void_reason || run.speed_per_s <= 0) continue;
            speeds.push_back(run.speed_per_s);
            for (std::size_t i = 0; i < yardstick_count; ++i) {
                kinds.at(i).push_back(run.speeds_per_s.at(i));
            }
        }
        for (std::size_t i = 0; i < yardstick_count; ++i) {
            result_.speeds_per_s.at(i) = quantile_of(kinds.at(i), 0.5);
        }
        result_.speed_per_s = quantile_of(speeds, 0.5);
        if (result_.speed_per_s > 0) {
            result_.speed_spread_fraction =
                (quantile_of(speeds, 0.95) - quantile_of(speeds, 0.05)) / result_.speed_per_s;
        }
    }

    /// How much faster the processor was than in the median run.
    [[nodiscard]] double speed_factor(const Measurement& run) const {
        const bool is_known = run.speed_per_s > 0 && result_.speed_per_s > 0;
        return is_known ? run.speed_per_s / result_.speed_per_s : 1;
    }

    using Place = std::pair<std::string, double>;  // experiment and number of workers

    /// The loads of an experiment at the speed of the median run.
    void find_capacities() {
        std::map<Place, std::vector<std::pair<double, bool>>> loads;
        for (const Measurement& run : runs_) {
            if (run.void_reason || run.phase != "search") continue;
            const Place place{run.experiment, run.workers_number};
            std::vector<std::pair<double, bool>>& its_loads = loads[place];
            const bool is_held = run.held(options_.latency_p99_max_s);
            // What failed although the server was idle says nothing of it; elsewhere nobody knows.
            const bool is_busy =
                !run.cpu_cores || *run.cpu_cores >= options_.busy_least_fraction * run.cores_number;
            if (is_held || is_busy) {
                its_loads.emplace_back(run.offered_per_s / speed_factor(run), is_held);
            }
            if (is_held) note_unit(run);
        }
        for (const auto& [place, its_loads] : loads) {
            result_.capacities.push_back(bracket_of(place, its_loads));
        }
    }

    [[nodiscard]] ExperimentCapacity bracket_of(
        const Place& place, const std::vector<std::pair<double, bool>>& loads) const {
        ExperimentCapacity capacity;
        capacity.experiment = place.first;
        capacity.workers_number = place.second;
        capacity.cores_number = result_.cores_number;
        const std::optional<double> edge_per_s = dividing_load_per_s(loads);
        for (const auto& [load_per_s, is_held] : loads) {
            const bool is_outside = edge_per_s && is_held == (load_per_s > *edge_per_s);
            if (is_outside) continue;
            if (is_held) {
                capacity.held_per_s = std::max(capacity.held_per_s, load_per_s);
            } else if (!capacity.failed_per_s || load_per_s < *capacity.failed_per_s) {
                capacity.failed_per_s = load_per_s;
            }
        }
        capacity.is_servers = capacity.failed_per_s.has_value();
        return capacity;
    }

    void note_unit(const Measurement& run) {
        if (run.achieved_per_s > 0) units_[run.experiment] = run.demand * (1 / run.achieved_per_s);
    }

    void add_part_load(const Measurement& run) {
        if (const auto fault = fault_of(run, options_)) {
            result_.unused.push_back({run.place, run.experiment, *fault});
            return;
        }
        const double busy_cores = *run.cpu_cores * speed_factor(run);
        result_.samples.push_back({.experiment = run.experiment,
                                   .demand = run.demand,
                                   .cpu_cores = std::min(busy_cores, run.cores_number),
                                   .cores_number = run.cores_number,
                                   .is_saturated = run.phase == "throughput"});
    }

    void add_saturation(const ExperimentCapacity& capacity) {
        const auto unit = units_.find(capacity.experiment);
        const bool is_told =
            capacity.is_servers && capacity.failed_per_s && capacity.held_per_s > 0;
        if (unit == units_.end() || !is_told) return;
        const double capacity_per_s = (capacity.held_per_s + *capacity.failed_per_s) / 2;
        result_.samples.push_back({.experiment = capacity.experiment,
                                   .demand = unit->second * capacity_per_s,
                                   .cpu_cores = capacity.cores_number,
                                   .cores_number = capacity.cores_number,
                                   .is_saturated = true});
    }

    void fit_memory_of(Driver driver) {
        std::vector<MemoryPoint> points;
        std::set<double> numbers;
        for (const Measurement& run : runs_) {
            const bool is_its = run.phase == "memory" && run.memory_bytes && !run.void_reason &&
                                run.experiment == "hold-" + std::string(name_of(driver));
            if (!is_its) continue;
            points.push_back({run.demand[driver], *run.memory_bytes});
            numbers.insert(run.demand[driver]);
        }
        if (numbers.size() > 1) result_.memory.push_back({driver, fit_memory(points)});
    }

    /// The first experiment that was run with several numbers of workers.
    void fit_workers() {
        std::map<std::string, std::map<double, double>> held;
        for (const ExperimentCapacity& capacity : result_.capacities) {
            if (capacity.held_per_s <= 0) continue;
            held[capacity.experiment][capacity.workers_number] = capacity.held_per_s;
        }
        for (const auto& [experiment, by_workers] : held) {
            if (by_workers.size() < 2) continue;
            std::vector<ScalingPoint> points;
            for (const auto& [workers, held_per_s] : by_workers) {
                points.push_back({workers, held_per_s});
            }
            result_.scaling = fit_scaling(points);
            return;
        }
    }

    void set_band() {
        std::vector<double> left_out;
        for (const LeftOutExperiment& experiment : result_.fit.left_out) {
            if (experiment.error_fraction) {
                left_out.push_back(std::abs(*experiment.error_fraction));
            }
        }
        result_.band_factor = std::max({band_least_factor, 1 + quantile_of(left_out, 0.5),
                                        1 + std::min(result_.fit.error_p95_fraction, 9.0)});
    }

    const std::vector<Measurement>& runs_;
    const CalibrationOptions& options_;
    Calibration result_;
    std::map<std::string, Demand> units_;
};

Json text(const std::string& value) {
    return Json{value};
}

/// Four digits that count: what was measured has no more.
Json rounded(double value_number) {
    if (value_number == 0 || !std::isfinite(value_number)) return Json{value_number};
    const double scale = std::pow(10, 3 - std::floor(std::log10(std::abs(value_number))));
    return Json{std::round(value_number * scale) / scale};
}

Json cost_row(const CostCoefficient& coefficient, const std::string& source) {
    Json::Object row{{"driver", text(std::string(name_of(coefficient.driver)))},
                     {"resource", text("cpu_cores")},
                     {"cost", rounded(coefficient.cost_s)}};
    if (coefficient.wakeup_s > 0) row.push_back({"wakeup", rounded(coefficient.wakeup_s)});
    row.push_back({"source", text(source)});
    row.push_back(
        {"note",
         text(fmt::format("fitted: {:.3g} us at saturation, standard error {:.2g} us; waking up"
                          " adds {:.3g} us, standard error {:.2g} us",
                          coefficient.cost_s * 1e6, coefficient.cost_error_s * 1e6,
                          coefficient.wakeup_s * 1e6, coefficient.wakeup_error_s * 1e6))});
    return Json{row};
}

Json memory_row(const MemoryCost& memory, const std::string& source) {
    return Json{Json::Object{
        {"driver", text(std::string(name_of(memory.driver)))},
        {"resource", text("memory_bytes")},
        {"cost", rounded(memory.law.object_bytes)},
        {"source", text(source)},
        {"note", text(fmt::format("fitted: {:.0f} octets each, standard error {:.2g}",
                                  memory.law.object_bytes, memory.law.object_error_bytes))}}};
}

std::string pair_of(std::string_view driver, std::string_view resource) {
    return std::string(driver) + "/" + std::string(resource);
}

/// The rows of the base that the calibration does not tell; those of CPU say that they are kept.
void keep_rows(const Json* base, const std::set<std::string>& told, Json::Array& rows) {
    if (base == nullptr) return;
    for (const Json& row : items_at(*base, "cost")) {
        const std::string resource = text_at(row, "resource");
        if (told.contains(pair_of(text_at(row, "driver"), resource))) continue;
        Json::Object kept = row.members();
        if (resource == "cpu_cores" || resource == "memory_bytes") {
            put(kept, "note", text("not measured here, kept: " + text_at(row, "note")));
        }
        rows.push_back(Json{kept});
    }
}

Json speeds_object(const Calibration& calibration) {
    Json::Object speeds;
    for (std::size_t i = 0; i < yardstick_count; ++i) {
        const double speed_per_s = calibration.speeds_per_s.at(i);
        if (speed_per_s <= 0) return Json{nullptr};
        speeds.push_back(
            {std::string(yardstick_labels().at(i).name), Json{std::round(speed_per_s)}});
    }
    return Json{speeds};
}

}  // namespace

std::optional<double> Prediction::error_fraction() const {
    if (!measured_number || *measured_number == 0) return std::nullopt;
    return predicted_number / *measured_number - 1;
}

Calibration calibrate(const std::vector<Measurement>& runs, const CalibrationOptions& options) {
    return Calibrator(runs, options).calibrate();
}

std::optional<double> dividing_load_per_s(
    const std::vector<std::pair<double, bool>>& loads_and_held) {
    std::vector<std::pair<double, bool>> loads = loads_and_held;
    std::sort(loads.begin(), loads.end());
    const auto held_number =
        std::count_if(loads.begin(), loads.end(), [](const auto& load) { return load.second; });
    if (held_number == 0 || static_cast<std::size_t>(held_number) == loads.size()) {
        return std::nullopt;
    }
    // Between the i-th and the next: wrong are the failures up to it and the successes beyond.
    auto wrong = held_number;
    auto least = static_cast<std::ptrdiff_t>(loads.size()) + 1;
    std::vector<double> best_per_s;
    for (std::size_t i = 0; i + 1 < loads.size(); ++i) {
        wrong += loads[i].second ? -1 : 1;
        if (wrong < least) best_per_s.clear();
        least = std::min(least, wrong);
        if (wrong == least) best_per_s.push_back((loads[i].first + loads[i + 1].first) / 2);
    }
    return std::accumulate(best_per_s.begin(), best_per_s.end(), 0.0) /
           static_cast<double>(best_per_s.size());
}

std::map<std::string, Demand> unit_demands(const std::vector<Measurement>& runs) {
    std::map<std::string, Demand> units;
    for (const Measurement& run : runs) {
        if (run.void_reason || run.failed_fraction > 0 || run.achieved_per_s <= 0) continue;
        units[run.experiment] = run.demand * (1 / run.achieved_per_s);
    }
    return units;
}

Json to_server_document(const Calibration& calibration, const ModelNames& names, const Json* base) {
    Json::Array rows;
    std::set<std::string> told;
    for (const CostCoefficient& coefficient : calibration.fit.coefficients) {
        rows.push_back(cost_row(coefficient, names.source));
        told.insert(pair_of(name_of(coefficient.driver), "cpu_cores"));
    }
    // Where one transport's messages are part of the sessions, no older figure is added to them.
    told.insert(pair_of(name_of(calibration.fit.base_transport), "cpu_cores"));
    Json::Object idle;
    if (base != nullptr) idle = members_at(*base, "idle");
    for (const MemoryCost& memory : calibration.memory) {
        rows.push_back(memory_row(memory, names.source));
        told.insert(pair_of(name_of(memory.driver), "memory_bytes"));
        if (memory.driver == Driver::contacts) {
            put(idle, "memory_bytes", rounded(std::max(memory.law.idle_bytes, 0.0)));
        }
    }
    keep_rows(base, told, rows);
    Json::Object document{
        {"format", text("busyhour.server/1")},
        {"name", text(names.name)},
        {"title", text(names.title)},
        {"source", text(names.source)},
        {"version", text(names.version)},
        {"status", text("measured")},
        {"measured_on", text(names.measured_on)},
        {"host", text(names.host)},
        {"date", text(calibration.date)},
        {"band", Json{Json::Object{{"low_factor", rounded(1 / calibration.band_factor)},
                                   {"high_factor", rounded(calibration.band_factor)},
                                   {"source", text(names.source)}}}}};
    if (const Json speeds = speeds_object(calibration); !speeds.is_null()) {
        document.push_back({"yardsticks", speeds});
    }
    document.push_back({"idle", Json{idle}});
    document.push_back({"cost", Json{rows}});
    if (base != nullptr && base->find("limits") != nullptr) {
        document.push_back({"limits", *base->find("limits")});
    }
    return Json{document};
}

std::optional<ErrorSummary> summary_of(const std::vector<Prediction>& predictions,
                                       std::string_view quantity) {
    std::vector<double> errors;
    for (const Prediction& prediction : predictions) {
        const std::optional<double> error = prediction.error_fraction();
        const bool counts = prediction.quantity == quantity && !prediction.void_reason && error;
        if (counts) errors.push_back(std::abs(*error));
    }
    if (errors.empty()) return std::nullopt;
    return ErrorSummary{errors.size(), quantile_of(errors, 0.5), quantile_of(errors, 1)};
}

}  // namespace busyhour
