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

/// The bracket of a search, and what narrows it.
class Search {
public:
    Search(const CapacityGoal& goal, const std::function<Slice(double load_per_s)>& run,
           const std::function<bool()>& is_over)
        : goal_(goal), run_(run), is_over_(is_over) {}

    Capacity find() {
        double load_per_s = goal_.begin_per_s;
        while (has_turn()) {
            const bool is_held = holds(load_per_s);
            // A generator that is too slow for this load will be so for a higher one.
            if (!is_held && last().is_generators && !last().was_busy(goal_.cores_number)) {
                result_.is_generators = true;
                result_.failed_per_s = 0;
                return std::move(result_);
            }
            note(load_per_s, is_held);
            if (is_narrow()) break;
            load_per_s = next_load(load_per_s);
        }
        return std::move(result_);
    }

private:
    [[nodiscard]] const Slice& last() const { return result_.slices.back(); }

    [[nodiscard]] bool has_turn() const {
        return result_.slices.size() < goal_.slices_max && !(is_over_ && is_over_());
    }

    bool offer(double load_per_s) {
        result_.slices.push_back(run_(load_per_s));
        return last().held(goal_.latency_p99_max);
    }

    /// A doubtful failure is tried once more.
    bool holds(double load_per_s) {
        if (offer(load_per_s)) return true;
        if (last().is_generators && !last().was_busy(goal_.cores_number)) return false;
        const bool is_doubtful = last().void_reason || !last().was_busy(goal_.cores_number);
        return is_doubtful && result_.slices.size() < goal_.slices_max && offer(load_per_s);
    }

    void note(double load_per_s, bool is_held) {
        if (is_held) {
            result_.held_per_s = load_per_s;
            return;
        }
        result_.failed_per_s = load_per_s;
        result_.is_generators = last().generator_cpu_fraction > generator_cpu_max_fraction;
    }

    [[nodiscard]] bool is_narrow() const {
        const double low_per_s = result_.held_per_s;
        const double high_per_s = result_.failed_per_s;
        if (high_per_s == 0) return low_per_s >= goal_.end_per_s;
        return high_per_s - low_per_s <= goal_.precision_fraction * high_per_s;
    }

    [[nodiscard]] double next_load(double load_per_s) const {
        if (result_.failed_per_s > 0) return (result_.held_per_s + result_.failed_per_s) / 2;
        return std::min(higher_load(load_per_s, last(), goal_), goal_.end_per_s);
    }

    const CapacityGoal& goal_;
    const std::function<Slice(double load_per_s)>& run_;
    const std::function<bool()>& is_over_;
    Capacity result_;
};

}  // namespace

Capacity find_capacity(const CapacityGoal& goal, const std::function<Slice(double load_per_s)>& run,
                       const std::function<bool()>& is_over) {
    return Search(goal, run, is_over).find();
}

}  // namespace busyhour::engine::measure
