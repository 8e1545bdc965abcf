#include "engine/measure/capacity.h"

#include <algorithm>
#include <cmath>

namespace busyhour::engine::measure {
namespace {

/// The generator may not be short of CPU where its result shall speak of the subject.
constexpr double generator_cpu_max_fraction = 0.85;

/// Above a load that held: near to where the subject would be busy by its CPU time, else twice it.
double higher_load(double load_per_s, const Slice& slice, const CapacityGoal& goal) {
    if (!slice.cpu_cores || *slice.cpu_cores <= 0) return 2 * load_per_s;
    const double busy_per_s = 0.95 * load_per_s * goal.cores_number / *slice.cpu_cores;
    return std::clamp(busy_per_s, 1.2 * load_per_s, 8 * load_per_s);
}

}  // namespace

Capacity find_capacity(const CapacityGoal& goal, const std::function<Slice(double load_per_s)>& run,
                       const std::function<bool()>& is_over) {
    Capacity result;
    double low_per_s = 0;
    double high_per_s = 0;
    double load_per_s = goal.begin_per_s;
    const auto holds = [&](double wanted_per_s) {
        result.slices.push_back(run(wanted_per_s));
        return result.slices.back().held(goal.latency_p99_max);
    };
    while (result.slices.size() < goal.slices_max && !(is_over && is_over())) {
        bool is_held = holds(load_per_s);
        const Slice& slice = result.slices.back();
        // A generator that is too slow for this load will be so for a higher one.
        if (!is_held && slice.is_generators && !slice.was_busy(goal.cores_number)) {
            result.is_generators = true;
            result.failed_per_s = 0;
            result.held_per_s = low_per_s;
            return result;
        }
        const bool is_doubtful =
            !is_held && (slice.void_reason || !slice.was_busy(goal.cores_number));
        if (is_doubtful && result.slices.size() < goal.slices_max) is_held = holds(load_per_s);
        if (is_held) {
            low_per_s = load_per_s;
        } else {
            high_per_s = load_per_s;
            result.is_generators =
                result.slices.back().generator_cpu_fraction > generator_cpu_max_fraction;
        }
        if (high_per_s == 0 && low_per_s >= goal.end_per_s) break;
        if (high_per_s > 0 && high_per_s - low_per_s <= goal.precision_fraction * high_per_s) break;
        load_per_s = high_per_s == 0 ? std::min(higher_load(load_per_s, result.slices.back(), goal),
                                                goal.end_per_s)
                                     : (low_per_s + high_per_s) / 2;
    }
    result.held_per_s = low_per_s;
    result.failed_per_s = high_per_s;
    return result;
}

}  // namespace busyhour::engine::measure
