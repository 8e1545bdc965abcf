#pragma once

#include "busyhour/catalog/measurement.h"
#include "busyhour/cost/fit.h"
#include "busyhour/cost/objects.h"

#include <array>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace busyhour {

/// What the search for the capacity of one experiment left behind.
struct ExperimentCapacity {
    std::string experiment;
    double workers_number = 1;
    double cores_number = 1;
    double held_per_s = 0;               ///< the highest load that held; 0: none did
    std::optional<double> failed_per_s;  ///< the lowest above it that did not; nothing: none failed
    bool is_servers = false;  ///< the server was busy when it failed: the limit is its own
};

/// A run that the fit does not use.
struct UnusedRun {
    std::string place;  ///< file:line
    std::string experiment;
    std::string reason;
};

/// Memory of one kind of object.
struct MemoryCost {
    Driver driver{};
    MemoryLaw law;
};

/// A load that was not in the fit: predicted before it was measured.
struct Prediction {
    std::string workload;
    std::string quantity;  ///< "capacity_per_s", "cpu_cores", "recovery_s"
    double predicted_number = 0;
    std::optional<double> measured_number;
    std::optional<std::string> void_reason;

    /// (predicted - measured) / measured.
    [[nodiscard]] std::optional<double> error_fraction() const;
};

/// What the runs of one server say.
struct Calibration {
    std::string server;
    std::string date;         ///< of the last run, YYYY-MM-DD
    double cores_number = 1;  ///< that the server could use
    std::vector<CostSample> samples;
    CostFit fit;
    std::vector<UnusedRun> unused;
    std::vector<ExperimentCapacity> capacities;
    std::vector<MemoryCost> memory;
    std::optional<ScalingLaw> scaling;
    std::array<double, yardstick_count> speeds_per_s{};  ///< medians; 0: unknown
    double speed_per_s = 0;            ///< of the server's processor in the median run; 0: unknown
    double speed_spread_fraction = 0;  ///< of it: (95 % - 5 %) / median
    /// Costs are believed within the figures divided and multiplied by it: from the fit's and the
    /// left-out experiments' errors, 1.1 at least.
    double band_factor = 1.1;
};

struct CalibrationOptions {
    double latency_p99_max_s = 0.05;    ///< a load that waits longer was beyond the capacity
    double busy_least_fraction = 0.85;  ///< of its cores: the server was the limit
};

/// Fits what the runs of one server say: costs from the search and from part loads, each run's CPU
/// time taken to the median speed of the host by its yardsticks; memory from runs that hold
/// objects. Throws InputError where the runs are of several servers or none can be used.
Calibration calibrate(const std::vector<Measurement>& runs, const CalibrationOptions& options = {});

/// The load at which runs begin to fail: the one that divides the loads that held from those that
/// did not with the fewest runs on the wrong side; nothing where no run held or none failed.
std::optional<double> dividing_load_per_s(
    const std::vector<std::pair<double, bool>>& loads_and_held);

/// The demand of one session in a second of this experiment, as its runs have counted it.
std::map<std::string, Demand> unit_demands(const std::vector<Measurement>& runs);

/// How a server model that comes from a calibration is called.
struct ModelNames {
    std::string name;   ///< "kamailio"
    std::string title;  ///< "Kamailio 5.6.3, calibrated"
    std::string version;
    std::string host;         ///< name of the host profile
    std::string measured_on;  ///< the host in words
    std::string source = "measured";
};

/// The model as a busyhour.server/1 document. Rows of `base` whose driver was not measured are kept
/// and say so; nothing where there is no base.
Json to_server_document(const Calibration& calibration, const ModelNames& names,
                        const Json* base = nullptr);

/// Median and largest of the absolute errors; nothing where there are none.
struct ErrorSummary {
    std::size_t count = 0;
    double median_fraction = 0;
    double worst_fraction = 0;
};
std::optional<ErrorSummary> summary_of(const std::vector<Prediction>& predictions,
                                       std::string_view quantity);

}  // namespace busyhour
