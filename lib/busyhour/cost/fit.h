#pragma once

#include "busyhour/cost/cost_model.h"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace busyhour {

/// One run as the fit sees it: this demand kept so many cores busy.
struct CostSample {
    std::string experiment;
    Demand demand;              ///< per second
    double cpu_cores = 0;       ///< busy, more than 0
    double cores_number = 1;    ///< that it could have used
    bool is_saturated = false;  ///< it was the most that the cores carry: nobody slept
};

/// One driver's CPU cost.
struct CostCoefficient {
    Driver driver{};
    double cost_s = 0;          ///< CPU seconds of one unit at saturation
    double cost_error_s = 0;    ///< its standard error
    double wakeup_s = 0;        ///< CPU seconds that waking up adds at idle
    double wakeup_error_s = 0;  ///< its standard error
};

/// A driver, or its wake-up part, of which the runs tell nothing.
struct Unidentified {
    Driver driver{};
    bool is_wakeup = false;
    std::string reason;
};

/// How well a run is told: (predicted - measured) / measured, of the busy cores; of a saturated
/// run of the capacity.
struct CostResidual {
    std::size_t sample = 0;
    double predicted_cpu_cores = 0;
    double error_fraction = 0;
};

/// What the runs of all other experiments say of one experiment.
struct LeftOutExperiment {
    std::string experiment;
    std::optional<double> error_fraction;  ///< median over its runs; nothing: they cannot tell it
};

/// Costs fitted to runs.
struct CostFit {
    std::vector<CostCoefficient> coefficients;  ///< in the order of the drivers
    std::vector<Unidentified> unidentified;
    Driver base_transport = Driver::udp_messages;  ///< its messages are part of the sessions' costs
    double condition_number = 1;                   ///< of the design matrix, columns of length 1
    std::vector<CostResidual> residuals;           ///< in the order of the samples
    double error_median_fraction = 0;              ///< of their absolute values
    double error_p95_fraction = 0;
    std::vector<LeftOutExperiment> left_out;
};

/// The CPU costs that tell the samples best, none below 0: busy = A + B (1 - busy / cores), with A
/// and B sums of cost x demand, each sample weighing by its relative error.
///
/// Messages over UDP, TCP and TLS add up to what the sessions need anyhow, so that one of the three
/// cannot be told from the sessions: the one whose absence tells the samples best has no cost of
/// its own. A wake-up part is never more than its cost, so that work measured at part loads alone
/// is not free at saturation. Throws InputError where there are no samples or a sample is no
/// positive number.
CostFit fit_costs(const std::vector<CostSample>& samples);

/// The costs as a model; other resources are left at 0.
CostModel to_cost_model(const CostFit& fit);

/// The busy cores that a model expects of a sample's demand.
double predicted_cpu_cores(const CostModel& model, const CostSample& sample);

/// How often a second `unit` can be done by `cores_number` that never sleep; nothing where the
/// model knows no cost of it.
std::optional<double> capacity_per_s(const CostModel& model, const Demand& unit,
                                     double cores_number);

}  // namespace busyhour
