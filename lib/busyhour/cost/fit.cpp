#include "busyhour/cost/fit.h"

#include "busyhour/cost/least_squares.h"
#include "busyhour/error.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <set>

namespace busyhour {
namespace {

constexpr std::array message_drivers{Driver::udp_messages, Driver::tcp_messages,
                                     Driver::tls_messages};
constexpr double saturated_weight_factor = 2;  // what is sized for
constexpr double least_cost_fraction = 0.01;   // of a column that is told by the others
constexpr double least_wakeup_fraction = 0.03;
// Another base than UDP must tell the samples that much better.
constexpr double base_gain_fraction = 0.05;

/// Column of what costs the same at any load; what costs twice as much on an idle worker stands
/// `driver_count` behind. So waking up never costs more than the work itself: part loads alone
/// would else be told as well by work that is free at saturation.
std::size_t cost_column(Driver driver) {
    return index_of(driver);
}
std::size_t wakeup_column(Driver driver) {
    return driver_count + index_of(driver);
}

void check(const std::vector<CostSample>& samples) {
    if (samples.empty()) {
        throw InputError("measurements", "none can be fitted", "measure at least one experiment");
    }
    for (const CostSample& sample : samples) {
        const bool is_right = std::isfinite(sample.cpu_cores) && sample.cpu_cores > 0 &&
                              std::isfinite(sample.cores_number) && sample.cores_number > 0;
        if (!is_right) {
            throw InputError("experiment " + sample.experiment, "used no CPU",
                             "leave out runs without a reading");
        }
    }
}

LinearSystem system_of(const std::vector<CostSample>& samples) {
    LinearSystem system{.columns = 2 * driver_count, .values = {}, .right = {}};
    for (const CostSample& sample : samples) {
        const double busy = sample.is_saturated ? sample.cores_number : sample.cpu_cores;
        const double asleep = std::max(1 - busy / sample.cores_number, 0.0);
        const double weight = (sample.is_saturated ? saturated_weight_factor : 1) / busy;
        for (const double amount : sample.demand.amounts) system.values.push_back(weight * amount);
        for (const double amount : sample.demand.amounts) {
            system.values.push_back(weight * amount * (1 + asleep));
        }
        system.right.push_back(weight * busy);
    }
    return system;
}

/// Only some of the columns.
LinearSystem part_of(const LinearSystem& system, const std::vector<std::size_t>& columns) {
    LinearSystem part{.columns = columns.size(), .values = {}, .right = system.right};
    for (std::size_t row = 0; row < system.rows(); ++row) {
        for (const std::size_t column : columns) part.values.push_back(system.at(row, column));
    }
    return part;
}

/// What belongs to one kind of session first, what several share last; the base at the very end.
std::vector<Driver> drivers_by_rank(Driver base) {
    std::vector<Driver> order;
    const auto is_message = [](Driver driver) {
        return std::find(message_drivers.begin(), message_drivers.end(), driver) !=
               message_drivers.end();
    };
    const auto is_late = [&](Driver driver) {
        return is_message(driver) || driver == Driver::tcp_connections_opened;
    };
    for (std::size_t i = 0; i < driver_count; ++i) {
        if (!is_late(static_cast<Driver>(i))) order.push_back(static_cast<Driver>(i));
    }
    order.push_back(Driver::tcp_connections_opened);
    for (const Driver driver : message_drivers) {
        if (driver != base) order.push_back(driver);
    }
    order.push_back(base);
    return order;
}

std::set<Driver> drivers_in(const std::vector<CostSample>& samples) {
    std::set<Driver> found;
    for (const CostSample& sample : samples) {
        for (std::size_t i = 0; i < driver_count; ++i) {
            if (sample.demand.amounts[i] > 0) found.insert(static_cast<Driver>(i));
        }
    }
    return found;
}

struct Attempt {
    Driver base{};
    std::vector<std::size_t> columns;  ///< that can be told
    LeastSquares result;
};

Attempt attempt_with(const LinearSystem& system, Driver base) {
    std::vector<std::size_t> order;
    for (const Driver driver : drivers_by_rank(base)) order.push_back(cost_column(driver));
    Attempt attempt{.base = base,
                    .columns = independent_columns(system, order, least_cost_fraction),
                    .result = {}};
    // Wake-up parts where they differ from all costs.
    std::vector<std::size_t> all = attempt.columns;
    for (const std::size_t column : attempt.columns) all.push_back(column + driver_count);
    attempt.columns = independent_columns(system, all, least_wakeup_fraction);
    for (const std::size_t column : all) {  // a cost stays although the bound is wider now
        const bool is_cost = column < driver_count;
        const bool is_there = std::find(attempt.columns.begin(), attempt.columns.end(), column) !=
                              attempt.columns.end();
        if (is_cost && !is_there) attempt.columns.push_back(column);
    }
    attempt.result = non_negative_least_squares(part_of(system, attempt.columns));
    return attempt;
}

Attempt best_attempt(const LinearSystem& system, const std::vector<CostSample>& samples) {
    const std::set<Driver> offered = drivers_in(samples);
    Attempt best = attempt_with(system, Driver::udp_messages);
    for (const Driver base : {Driver::tcp_messages, Driver::tls_messages}) {
        if (!offered.contains(base)) continue;
        Attempt other = attempt_with(system, base);
        if (other.result.residual_number < (1 - base_gain_fraction) * best.result.residual_number) {
            best = std::move(other);
        }
    }
    return best;
}

/// One driver's cost: the sum of its two columns; what waking up adds is the second.
CostCoefficient coefficient_of(const Attempt& attempt, std::size_t driver) {
    CostCoefficient coefficient{.driver = static_cast<Driver>(driver)};
    const std::size_t columns = attempt.columns.size();
    double variance = 0;
    for (std::size_t i = 0; i < columns; ++i) {
        if (attempt.columns[i] % driver_count != driver) continue;
        coefficient.cost_s += attempt.result.solution[i];
        for (std::size_t j = 0; j < columns; ++j) {
            if (attempt.columns[j] % driver_count == driver) {
                variance += attempt.result.covariance[i * columns + j];
            }
        }
        if (attempt.columns[i] < driver_count) continue;
        coefficient.wakeup_s = attempt.result.solution[i];
        coefficient.wakeup_error_s =
            std::sqrt(std::max(attempt.result.covariance[i * columns + i], 0.0));
    }
    coefficient.cost_error_s = std::sqrt(std::max(variance, 0.0));
    return coefficient;
}

std::vector<CostCoefficient> coefficients_of(const Attempt& attempt) {
    std::set<std::size_t> drivers;
    for (const std::size_t column : attempt.columns) drivers.insert(column % driver_count);
    std::vector<CostCoefficient> found;
    for (const std::size_t driver : drivers) found.push_back(coefficient_of(attempt, driver));
    return found;
}

std::vector<Unidentified> unidentified_in(const Attempt& attempt, const std::set<Driver>& offered) {
    std::vector<Unidentified> result;
    const auto has = [&](std::size_t column) {
        return std::find(attempt.columns.begin(), attempt.columns.end(), column) !=
               attempt.columns.end();
    };
    for (const Driver driver : offered) {
        if (!has(cost_column(driver))) {
            result.push_back({driver, false,
                              driver == attempt.base
                                  ? "part of the sessions' costs: each session has its messages"
                                  : "never without the other drivers of its experiments"});
        } else if (!has(wakeup_column(driver))) {
            result.push_back({driver, true, "its part loads do not differ enough"});
        }
    }
    return result;
}

double quantile_of(std::vector<double> values, double fraction) {
    if (values.empty()) return 0;
    std::sort(values.begin(), values.end());
    const double place = fraction * static_cast<double>(values.size() - 1);
    const auto low = static_cast<std::size_t>(place);
    const std::size_t high = std::min(low + 1, values.size() - 1);
    return values[low] + (place - static_cast<double>(low)) * (values[high] - values[low]);
}

/// (predicted - measured) / measured of what a sample tells.
double error_of(const CostModel& model, const CostSample& sample) {
    const double predicted = predicted_cpu_cores(model, sample);
    if (!sample.is_saturated) return predicted / sample.cpu_cores - 1;
    return predicted > 0 ? sample.cores_number / predicted - 1
                         : std::numeric_limits<double>::infinity();  // capacity
}

CostFit fitted(const std::vector<CostSample>& samples) {
    const LinearSystem system = system_of(samples);
    const Attempt attempt = best_attempt(system, samples);
    CostFit fit;
    fit.base_transport = attempt.base;
    fit.condition_number = attempt.result.condition_number;
    fit.coefficients = coefficients_of(attempt);
    fit.unidentified = unidentified_in(attempt, drivers_in(samples));
    const CostModel model = to_cost_model(fit);
    std::vector<double> errors;
    for (std::size_t i = 0; i < samples.size(); ++i) {
        const double error = error_of(model, samples[i]);
        fit.residuals.push_back({i, predicted_cpu_cores(model, samples[i]), error});
        errors.push_back(std::abs(error));
    }
    fit.error_median_fraction = quantile_of(errors, 0.5);
    fit.error_p95_fraction = quantile_of(errors, 0.95);
    return fit;
}

/// Whether each driver of `wanted` has a cost, or is part of another's.
bool can_tell(const CostFit& fit, const std::set<Driver>& wanted) {
    return std::all_of(wanted.begin(), wanted.end(), [&fit](Driver driver) {
        if (driver == fit.base_transport) return true;
        return std::any_of(
            fit.coefficients.begin(), fit.coefficients.end(),
            [driver](const CostCoefficient& coefficient) { return coefficient.driver == driver; });
    });
}

LeftOutExperiment left_out_of(const std::vector<CostSample>& samples,
                              const std::string& experiment) {
    std::vector<CostSample> inside;
    std::vector<CostSample> others;
    for (const CostSample& sample : samples) {
        (sample.experiment == experiment ? inside : others).push_back(sample);
    }
    LeftOutExperiment result{experiment, std::nullopt};
    if (others.empty()) return result;
    const CostFit fit = fitted(others);
    if (!can_tell(fit, drivers_in(inside))) return result;
    const CostModel model = to_cost_model(fit);
    std::vector<double> errors;
    for (const CostSample& sample : inside) errors.push_back(error_of(model, sample));
    result.error_fraction = quantile_of(errors, 0.5);
    return result;
}

}  // namespace

CostModel to_cost_model(const CostFit& fit) {
    CostModel model;
    for (const CostCoefficient& coefficient : fit.coefficients) {
        model.cost.at(index_of(Resource::cpu_cores))[coefficient.driver] = coefficient.cost_s;
        model.wakeup_cpu_cores[coefficient.driver] = coefficient.wakeup_s;
    }
    return model;
}

double predicted_cpu_cores(const CostModel& model, const CostSample& sample) {
    const CpuCost cost = cpu_cost(model, sample.demand);
    return sample.is_saturated ? cost.saturated_cores : busy_cores(cost, sample.cores_number);
}

std::optional<double> capacity_per_s(const CostModel& model, const Demand& unit,
                                     double cores_number) {
    const double cost_s = cpu_cost(model, unit).saturated_cores;
    if (cost_s <= 0) return std::nullopt;
    return cores_number / cost_s;
}

CostFit fit_costs(const std::vector<CostSample>& samples) {
    check(samples);
    CostFit fit = fitted(samples);
    std::vector<std::string> experiments;
    for (const CostSample& sample : samples) {
        if (std::find(experiments.begin(), experiments.end(), sample.experiment) ==
            experiments.end()) {
            experiments.push_back(sample.experiment);
        }
    }
    for (const std::string& experiment : experiments) {
        fit.left_out.push_back(left_out_of(samples, experiment));
    }
    return fit;
}

}  // namespace busyhour
