#pragma once

#include "engine/measure/capacity.h"

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace busyhour::engine::measure {

struct CampaignOptions {
    bool is_quick = true;
    double budget_s = 110;  ///< no slice begins after it
    double slice_s = 0.5;
    std::size_t rounds_number = 2;                  ///< of part loads, each experiment in turn
    std::vector<double> part_loads{0.3, 0.6, 0.9};  ///< of what held
    std::map<std::string, double> held_per_s{};     ///< known from an earlier, unfinished campaign
    std::vector<std::string> only{};                ///< experiments; empty: all that are possible
};

/// How far a campaign is.
struct CampaignStep {
    std::string experiment;
    double load_per_s = 0;
    double elapsed_s = 0;
    double budget_s = 0;
};

/// What a campaign tells while it runs; both may throw to end it. The phase is one of those of
/// `busyhour schema measurement`.
struct CampaignListener {
    std::function<void(const CampaignStep&)> before_slice;
    std::function<void(const Slice&, std::string_view phase)> after_slice;  ///< also those void
};

/// What a campaign found besides its slices.
struct CampaignResult {
    std::map<std::string, Capacity> capacities;  ///< without their slices
    bool is_complete = false;                    ///< false: the budget ended it, or an interrupt
};

/// Finds what each experiment's load may be, then offers parts of it, the experiments taking turns
/// so that a change of the host's speed falls on all of them, then in a full campaign 1.2 and 2
/// times of it. Throws what `run_slice` throws.
CampaignResult run_campaign(const Subject& subject, const CampaignOptions& options, Bench& bench,
                            const CampaignListener& listener);

/// How a search for the capacity of this workload goes on. `expected_per_s` above 0 is where it
/// is looked for.
CapacityGoal goal_for(const Workload& workload, const Subject& subject,
                      const CampaignOptions& options, double expected_per_s = 0);

}  // namespace busyhour::engine::measure
