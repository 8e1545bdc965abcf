#include "engine/measure/campaign.h"

#include "engine/io/event_loop.h"

#include <algorithm>

namespace busyhour::engine::measure {
namespace {

constexpr int attempts_max = 3;

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
        for (const Experiment& experiment : experiments_for(subject_, options_.is_quick)) {
            const bool is_wanted =
                options_.only.empty() || std::find(options_.only.begin(), options_.only.end(),
                                                   experiment.name) != options_.only.end();
            if (is_wanted) workloads_.push_back(alone(experiment));
        }
        for (const Workload& workload : workloads_) {
            const auto known = options_.held_per_s.find(workload.name);
            Capacity& capacity = result.capacities[workload.name];
            if (known != options_.held_per_s.end()) {
                capacity.held_per_s = known->second;
            } else if (!is_over()) {
                capacity = find(workload);
            }
        }
        for (std::size_t round = 0; round < options_.rounds_number; ++round) {
            for (const double part : options_.part_loads) offer_all(result, part, "part");
        }
        if (!options_.is_quick) {
            for (const double part : {1.2, 2.0}) offer_all(result, part, "overload");
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

    Slice offer(const Workload& workload, double load_per_s, std::string_view phase) {
        if (listener_.before_slice) {
            listener_.before_slice({.experiment = workload.name,
                                    .load_per_s = load_per_s,
                                    .elapsed_s = elapsed_s(),
                                    .budget_s = options_.budget_s});
        }
        Slice slice = run_slice(workload, subject_, load_per_s, options_.slice_s, bench_);
        if (listener_.after_slice) listener_.after_slice(slice, phase);
        return slice;
    }

    void offer_all(const CampaignResult& result, double part, std::string_view phase) {
        for (const Workload& workload : workloads_) {
            const double held_per_s = result.capacities.at(workload.name).held_per_s;
            // A void slice says nothing: it is tried again.
            for (int attempt = 0; attempt < attempts_max && held_per_s > 0 && !is_over();
                 ++attempt) {
                if (!offer(workload, part * held_per_s, phase).void_reason) break;
            }
        }
    }

    Capacity find(const Workload& workload) {
        Capacity capacity = find_capacity(
            goal_for(workload, subject_, options_),
            [&](double load_per_s) { return offer(workload, load_per_s, "search"); },
            [this] { return is_over(); });
        capacity.slices.clear();
        return capacity;
    }

    const Subject& subject_;
    const CampaignOptions& options_;
    Bench& bench_;
    const CampaignListener& listener_;
    Time begin_;
    std::vector<Workload> workloads_;
};

/// Where a search begins: a new connection for each registration is a hundred times the work of a
/// refresh.
double begin_per_s(const Experiment& experiment) {
    if (experiment.is_media()) return 20'000;
    if (experiment.connection_use != load::ConnectionUse::persistent) return 500;
    if (experiment.flow == "call") return 1000;
    return 8000;
}

}  // namespace

CapacityGoal goal_for(const Workload& workload, const Subject& subject,
                      const CampaignOptions& options, double expected_per_s) {
    CapacityGoal goal;
    goal.slice_s = options.slice_s;
    goal.slices_max = options.is_quick ? 8 : 14;
    goal.precision_fraction = options.is_quick ? 0.08 : 0.04;
    goal.begin_per_s = begin_per_s(workload.parts.front().experiment);
    if (expected_per_s > 0) goal.begin_per_s = 0.8 * expected_per_s;
    goal.end_per_s = 200'000;
    goal.cores_number = subject.cores_number;
    return goal;
}

CampaignResult run_campaign(const Subject& subject, const CampaignOptions& options, Bench& bench,
                            const CampaignListener& listener) {
    return Campaign(subject, options, bench, listener).run();
}

}  // namespace busyhour::engine::measure
