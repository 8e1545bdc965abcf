#include "engine/measure/capacity.h"

#include <algorithm>
#include <cmath>

namespace busyhour::engine::measure {
namespace {

/// The generator may not be short of CPU where its result shall speak of the subject.
constexpr double generator_cpu_max_fraction = 0.85;

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
        if (!is_held && result.slices.back().void_reason &&
            result.slices.size() < goal.slices_max) {
            is_held = holds(load_per_s);
        }
        if (is_held) {
            low_per_s = load_per_s;
        } else {
            high_per_s = load_per_s;
            result.is_generators =
                result.slices.back().generator_cpu_fraction > generator_cpu_max_fraction;
        }
        if (high_per_s == 0 && low_per_s >= goal.end_per_s) break;
        if (high_per_s > 0 && high_per_s - low_per_s <= goal.precision_fraction * high_per_s) break;
        load_per_s = high_per_s == 0 ? std::min(2 * load_per_s, goal.end_per_s)
                                     : (low_per_s + high_per_s) / 2;
    }
    result.held_per_s = low_per_s;
    result.failed_per_s = high_per_s;
    return result;
}

}  // namespace busyhour::engine::measure
