#include "busyhour/plan/explain_place.h"
#include "busyhour/plan/explain_rerun.h"
#include "busyhour/plan/explain_terms.h"
#include "busyhour/plan/plan.h"

#include <algorithm>
#include <cmath>

namespace busyhour {
namespace {

constexpr std::size_t numbers_of_scenario = 11;

/// The numbers of one storm in the order of the keys below.
void append(const StormScenario& scenario, std::vector<double>& numbers) {
    const StormOutcome& outcome = scenario.outcome;
    numbers.insert(numbers.end(),
                   {std::round(total_endpoints_number(scenario.storm)),
                    outcome.recovery_s.value_or(std::nan("")), outcome.peak_offered_per_s,
                    outcome.peak_goodput_per_s, std::round(outcome.transmissions_number),
                    std::round(outcome.connections_number), std::round(outcome.registered_number),
                    std::round(outcome.gave_up_number), outcome.wasted_work_fraction,
                    scenario.storm.server.capacity_per_s, total_work_number(scenario.storm)});
}

constexpr std::array<std::string_view, numbers_of_scenario> scenario_keys{
    "endpoints",          "recovery_s",    "peak_offered_per_s",
    "peak_goodput_per_s", "transmissions", "connections",
    "registered",         "gave_up",       "wasted_work_fraction",
    "cpu_cores",          "cpu_s"};

constexpr std::array<std::string_view, 5> refresh_keys{"peak_per_s", "mean_per_s", "peak_to_mean",
                                                       "cpu_fraction", "waves_until_flat"};

/// All numbers of the storms: of the refreshes after them, then of each one.
std::vector<double> numbers_of(const StormPlan& plan) {
    std::vector<double> numbers{plan.refresh.peak_per_s, plan.refresh.mean_per_s,
                                plan.refresh.peak_to_mean_factor, plan.refresh_cpu_fraction,
                                static_cast<double>(plan.refresh.waves_until_flat.value_or(0))};
    for (const StormScenario& scenario : plan.scenarios) append(scenario, numbers);
    return numbers;
}

/// The storms followed anew; `index` is that of `numbers_of`.
Explained followed(const Scene& scene, const std::string& name, std::size_t index) {
    const RoleKind kind = RoleKind::registrar;
    Rerun rerun{
        .name = name,
        .formula = "the storm of all endpoints followed step by step on {nodes}",
        .deployment = scene.deployment(),
        .inputs = joined(joined(storm_inputs(), core_inputs(scene, kind)), endpoint_inputs(scene)),
        .more = {scene.reported("nodes", "/years/0/roles/0/nodes"),
                 cost_of_each(scene, kind, {}, Driver::registrations)}};
    rerun.more.back().name = "cost of a registration";
    const Scene* all = &scene;
    Explained node = explained(
        scene, std::move(rerun),
        [all, index](const Deployment& deployment, const std::vector<double>& values) {
            const RoleKind role = RoleKind::registrar;
            RoleSetup setup = role_setup(deployment, all->input.catalog, role);
            setup.cost.cost.at(index_of(Resource::cpu_cores))[Driver::registrations] = values.at(1);
            std::vector<double> key{deployment.policy.storm_window_s,
                                    deployment.policy.storm_recovery_s, setup.node.cores_number,
                                    values.at(0), values.at(1)};
            for (const Population& each : deployment.populations) {
                key.push_back(each.endpoints_number);
            }
            return all->remembered("storm", key, index, [&] {
                Sizing start;
                start.nodes = static_cast<int>(values.at(0));
                return numbers_of(*storm_plan(setup, start, all->hour.roles.at(index_of(role))));
            });
        });
    node.detail = "steady work beside it as in the busy hour";
    node.source = "rfc3261, rfc5390";
    return node;
}

template <std::size_t n>
std::size_t place_in(const std::array<std::string_view, n>& keys, const std::string& key) {
    return static_cast<std::size_t>(std::find(keys.begin(), keys.end(), key) - keys.begin());
}

std::string pointer_of_scenario(std::size_t index, const std::string& key) {
    return pointer_to("/storm/scenarios", index) + "/" + key;
}

Explained scenario_nodes(const Scene& scene, const StormScenario& scenario) {
    Explained nodes = scene.reported("nodes", "/years/0/roles/0/nodes");
    if (scenario.cause == StormCause::dead_node) {
        return computed("nodes that take the storm", "{nodes} - 1", {std::move(nodes)},
                        [](const std::vector<double>& v) { return v.at(0) - 1; });
    }
    return computed(
        "nodes that take the storm", "{nodes} - {spare nodes}",
        {std::move(nodes), scene.reported("spare nodes", "/years/0/roles/0/spare_nodes")},
        [](const std::vector<double>& v) { return v.at(0) - v.at(1); });
}

Explained scenario_number(const Scene& scene, const Match& match) {
    const std::size_t index = std::stoul(match.at(0));
    if (match.at(1) == "nodes") {
        return scenario_nodes(scene, scene.plan.storm->scenarios.at(index));
    }
    const std::size_t key = place_in(scenario_keys, match.at(1));
    if (key == scenario_keys.size()) return planned(match.at(1), std::nan(""), {});
    return followed(scene, match.at(1), refresh_keys.size() + index * numbers_of_scenario + key);
}

Explained refresh_number(const Scene& scene, const Match& match) {
    const std::size_t key = place_in(refresh_keys, match.at(0));
    if (key == refresh_keys.size()) return planned(match.at(0), std::nan(""), {});
    Explained node = followed(scene, match.at(0), key);
    node.formula =
        "the storm's registrations come round at each refresh, spread by"
        " registration.expires_range_percent";
    return node;
}

/// Of the population that the most endpoints share their times with.
Explained refresh_after(const Scene& scene, const Match& /*match*/) {
    const RefreshTimes& times = scene.plan.storm->refresh_times;
    for (std::size_t p = 0; p < scene.deployment().populations.size(); ++p) {
        const Population& each = scene.population(p);
        const bool is_it = each.expires_s == times.expires_s &&
                           each.refresh_fraction == times.refresh_fraction &&
                           each.expires_range_fraction == times.expires_range_fraction;
        if (!is_it) continue;
        const std::string place = pointer_of_population(p) + "/registration";
        return product_of(
            "time until the first refresh",
            {scene.given("expiry", place + "/expires_s", each.expires_s),
             scene.given("refresh part", place + "/refresh_fraction", each.refresh_fraction)});
    }
    return planned("time until the first refresh", std::nan(""), {});
}

Explained largest_of(const Scene& scene, const std::string& name, const std::string& key) {
    std::vector<Explained> operands;
    for (std::size_t i = 0; i < scene.plan.storm->scenarios.size(); ++i) {
        const std::string cause(name_of(scene.plan.storm->scenarios[i].cause));
        operands.push_back(scene.reported(cause, pointer_of_scenario(i, key)));
    }
    return computed(name, "largest of the storms'", std::move(operands),
                    [](const std::vector<double>& v) {
                        return std::max(0.0, *std::max_element(v.begin(), v.end()));
                    });
}

Explained recovery(const Scene& scene, const Match& /*match*/) {
    return largest_of(scene, "recovery", "recovery_s");
}

Explained peak(const Scene& scene, const Match& /*match*/) {
    return largest_of(scene, "registrations/s at the peak", "peak_offered_per_s");
}

Explained window(const Scene& scene, const Match& /*match*/) {
    return same_as("window", scene.given("storm's window", "/policy/storm_window_s",
                                         scene.deployment().policy.storm_window_s));
}

Explained recovery_max(const Scene& scene, const Match& /*match*/) {
    return same_as("recovery allowed", scene.given("recovery allowed", "/policy/storm_recovery_s",
                                                   scene.deployment().policy.storm_recovery_s));
}

}  // namespace

const std::vector<Rule>& storm_rules() {
    static const std::vector<Rule> rules{
        {"/storm/recovery_s", recovery},
        {"/storm/peak_registrations_per_s", peak},
        {"/storm/window_s", window},
        {"/storm/recovery_max_s", recovery_max},
        {"/storm/scenarios/*/*", scenario_number},
        {"/storm/refresh/after_s", refresh_after},
        {"/storm/refresh/*", refresh_number},
    };
    return rules;
}

}  // namespace busyhour
