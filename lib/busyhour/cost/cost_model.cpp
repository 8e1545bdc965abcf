#include "busyhour/cost/cost_model.h"

#include <algorithm>

namespace busyhour {
namespace {

double dot(const Demand& a, const Demand& b) {
    double sum = 0;
    for (std::size_t i = 0; i < driver_count; ++i) sum += a.amounts.at(i) * b.amounts.at(i);
    return sum;
}

}  // namespace

CpuCost cpu_cost(const CostModel& model, const Demand& demand) {
    return {dot(model.cost.at(index_of(Resource::cpu_cores)), demand),
            dot(model.wakeup_cpu_cores, demand)};
}

double busy_cores(const CpuCost& cost, double cores) {
    // u = (A + B (1 - u)) / n  =>  n u = (A + B) n / (n + B)
    const double busy =
        (cost.saturated_cores + cost.wakeup_cores) * cores / (cores + cost.wakeup_cores);
    return std::max(busy, cost.saturated_cores);  // beyond saturation nobody sleeps
}

double cores_for(const CpuCost& cost, double target_fraction) {
    return (cost.saturated_cores + cost.wakeup_cores * (1 - target_fraction)) / target_fraction;
}

double usage_number(const CostModel& model, Resource resource, const Demand& demand) {
    return dot(model.cost.at(index_of(resource)), demand);
}

CostModel scaled(CostModel model, double factor) {
    for (const Resource resource : {Resource::cpu_cores, Resource::memory_bytes}) {
        Demand& row = model.cost.at(index_of(resource));
        row = row * factor;
    }
    model.wakeup_cpu_cores = model.wakeup_cpu_cores * factor;
    return model;
}

}  // namespace busyhour
