#pragma once

#include "busyhour/cost/driver.h"

#include <array>
#include <optional>
#include <string>

namespace busyhour {

/// What one unit of each driver costs of each resource on one kind of server.
///
/// usage = idle + cost x demand. CPU at part load costs more, because a worker that sleeps pays for
/// each wake-up: busy fraction u = (a x + b x (1 - u)), with a the cost at saturation and b the
/// wake-up cost that vanishes there.
struct CostModel {
    std::array<Demand, resource_count> cost;  ///< of a resource, by driver
    Demand wakeup_cpu_cores;                  ///< b, by driver
    std::array<double, resource_count> idle{};
    double band_low_factor =
        1;  ///< costs are believed to lie between low and high times the figure
    double band_high_factor = 1;
};

/// CPU of a demand: what it costs at saturation, and what waking up adds at idle.
struct CpuCost {
    double saturated_cores = 0;
    double wakeup_cores = 0;
};

/// What a demand costs of CPU. Idle cost excluded.
CpuCost cpu_cost(const CostModel& model, const Demand& demand);

/// The cores that are busy where `cores` are there; more than `cores` where they do not suffice.
double busy_cores(const CpuCost& cost, double cores);

/// The least number of cores of which no more than `target_fraction` is busy.
double cores_for(const CpuCost& cost, double target_fraction);

/// cost x demand for a resource other than CPU, without the idle part.
double usage_number(const CostModel& model, Resource resource, const Demand& demand);

/// The model with its CPU and memory costs multiplied; a port stays a port.
CostModel scaled(CostModel model, double factor);

}  // namespace busyhour
