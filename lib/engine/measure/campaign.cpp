#include "engine/measure/campaign.h"

#include "engine/io/event_loop.h"

#include <algorithm>

namespace busyhour::engine::measure {
namespace {

class Campaign {
public:
    Campaign(const Subject& subject, const CampaignOptions& options, Bench& bench,
             const CampaignListener& listener)
        : subject_(subject),
          options_(options),
          bench_(bench),
          listener_(listener),
          begin_(io::clock_now()) {}

    CampaignResult run() {
        CampaignResult result;
        const std::vector<Experiment> experiments = experiments_for(subject_, options_.is_quick);
        for (const Experiment& experiment : experiments) {
            const auto known = options_.held_per_s.find(experiment.name);
            Capacity& capacity = result.capacities[experiment.name];
            if (known != options_.held_per_s.end()) {
                capacity.held_per_s = known->second;
            } else if (!is_over()) {
                capacity = find(experiment);
            }
        }
        for (std::size_t round = 0; round < options_.rounds_number; ++round) {
            for (const double part : options_.part_loads) {
                for (const Experiment& experiment : experiments) {
                    const double held_per_s = result.capacities[experiment.name].held_per_s;
                    if (held_per_s > 0 && !is_over()) offer(experiment, part * held_per_s);
                }
            }
        }
        result.is_complete = !is_over();
        return result;
    }

private:
    [[nodiscard]] double elapsed_s() const { return load::to_seconds(io::clock_now() - begin_); }
    [[nodiscard]] bool is_over() const {
        const bool is_interrupted = bench_.interrupts != nullptr && bench_.interrupts->load() > 0;
        return is_interrupted || elapsed_s() + options_.slice_s > options_.budget_s;
    }

    Slice offer(const Experiment& experiment, double load_per_s) {
        if (listener_.before_slice) {
            listener_.before_slice({.experiment = experiment.name,
                                    .load_per_s = load_per_s,
                                    .elapsed_s = elapsed_s(),
                                    .budget_s = options_.budget_s});
        }
        Slice slice = run_slice(experiment, subject_, load_per_s, options_.slice_s, bench_);
        if (listener_.after_slice) listener_.after_slice(slice);
        return slice;
    }

    /// A new connection for each registration is a hundred times the work of a refresh.
    [[nodiscard]] CapacityGoal goal_of(const Experiment& experiment) const {
        CapacityGoal goal;
        goal.slice_s = options_.slice_s;
        goal.slices_max = options_.is_quick ? 7 : 14;
        goal.precision_fraction = options_.is_quick ? 0.15 : 0.05;
        goal.begin_per_s = 4000;
        goal.end_per_s = 200'000;
        if (experiment.flow == "rtp") goal.begin_per_s = 20'000;
        if (experiment.connection_use != load::ConnectionUse::persistent) goal.begin_per_s = 500;
        if (experiment.flow == "call") goal.begin_per_s = 1000;
        return goal;
    }

    Capacity find(const Experiment& experiment) {
        Capacity capacity = find_capacity(
            goal_of(experiment), [&](double load_per_s) { return offer(experiment, load_per_s); },
            [this] { return is_over(); });
        capacity.slices.clear();
        return capacity;
    }

    const Subject& subject_;
    const CampaignOptions& options_;
    Bench& bench_;
    const CampaignListener& listener_;
    Time begin_;
};

}  // namespace

CampaignResult run_campaign(const Subject& subject, const CampaignOptions& options, Bench& bench,
                            const CampaignListener& listener) {
    return Campaign(subject, options, bench, listener).run();
}

}  // namespace busyhour::engine::measure
