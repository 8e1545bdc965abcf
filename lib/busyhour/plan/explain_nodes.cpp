#include "busyhour/plan/explain_place.h"
#include "busyhour/plan/explain_terms.h"

#include <algorithm>
#include <cmath>

namespace busyhour {

Explained nodes_of(const Place& place) {
    if (place.sizing().nodes > 0) return place.reported("nodes", "nodes");
    return planned("nodes", 1, "no number of nodes suffices: shown for one");
}

namespace {

struct WorstUse {
    std::string resource = "nothing";
    double utilisation_fraction = 0;
    double target_fraction = 1;
};

WorstUse worst_of(const std::vector<ResourceUse>& uses) {
    WorstUse worst;
    for (const ResourceUse& use : uses) {
        if (!use.utilisation_fraction) continue;
        const bool is_worse = *use.utilisation_fraction / use.target_fraction >
                              worst.utilisation_fraction / worst.target_fraction;
        if (!is_worse) continue;
        worst = {std::string(short_name_of(use.resource)), *use.utilisation_fraction,
                 use.target_fraction};
    }
    return worst;
}

std::string number_text(double value) {
    return to_json_text(Json{std::round(value * 1e6) / 1e6});
}

std::string check_of(const RoleSetup& setup, const Work& peak, int nodes) {
    const WorstUse worst = worst_of(worst_uses(setup, peak, nodes));
    constexpr double rounding = 1e-9;
    const bool is_kept = worst.utilisation_fraction <= worst.target_fraction * (1 + rounding);
    return "with " + std::to_string(nodes) + " nodes, the spare ones lost, " + worst.resource +
           " is at " + number_text(worst.utilisation_fraction) + (is_kept ? " <= " : " > ") +
           number_text(worst.target_fraction);
}

std::vector<std::string> checks_of(const RoleSetup& setup, const Work& peak, int nodes) {
    if (nodes <= 0) return {};
    std::vector<std::string> checks{check_of(setup, peak, nodes)};
    const int spares = spare_nodes_of(setup.redundancy, nodes);
    const int fewer = nodes - (setup.redundancy == Redundancy::two_n ? 2 : 1);
    if (nodes - spares > 1 && fewer > 0) {
        checks.push_back(check_of(setup, peak, fewer));
    } else {
        checks.push_back("one node carries the peak; fewer than " + std::to_string(nodes) +
                         " would leave less than policy.redundancy asks for");
    }
    return checks;
}

/// An end of the band: what costs and the cores' speed are multiplied by.
struct BandEnd {
    double cost_factor = 1;
    double speed_factor = 1;
    bool is_steady = false;  ///< what the busy hour alone needs
};

/// Least nodes that keep every resource below its target, at an end of the band.
Explained searched_nodes(const Place& place, const BandEnd& end) {
    const Scene& scene = place.scene;
    const std::string server = place.choice().server;
    std::vector<Explained> operands{
        growth_of(scene, place.year),
        percentile_of(scene),
        target_of(scene, ResourceKind::queue),
        target_of(scene, ResourceKind::table),
        cores_of(place),
        scene.modelled("factor on costs", "servers", server, end.cost_factor),
        scene.modelled("factor on speed", "hosts", place.choice().host, end.speed_factor)};
    const Load& load = place.load();
    const RoleSetup setup = place.setup();
    Explained node = computed(
        "nodes",
        std::string("least number of nodes, with policy.redundancy's spare ones lost, of which no"
                    " resource is above its target at the peak of {peak percentile}") +
            (setup.storm && !end.is_steady ? ", and that survive the storms of the policy" : ""),
        std::move(operands), [setup, &load, end](const std::vector<double>& v) {
            RoleSetup changed = setup;
            changed.peak_probability = v.at(1);
            for (std::size_t i = 0; i < resource_count; ++i) {
                changed.node.target_fractions.at(i) =
                    resource_labels().at(i).kind == ResourceKind::queue ? v.at(2) : v.at(3);
            }
            set_cores(changed, v.at(4) * v.at(6));
            changed.cost = scaled(changed.cost, v.at(5));
            const Sizing sizing = size_role(changed, load, v.at(0));
            return static_cast<double>(end.is_steady ? sizing.steady_nodes : sizing.nodes);
        });
    node.detail =
        "policy.redundancy " + std::string(setup.redundancy == Redundancy::none       ? "none"
                                           : setup.redundancy == Redundancy::n_plus_1 ? "n+1"
                                           : setup.redundancy == Redundancy::n_plus_2 ? "n+2"
                                                                                      : "2n");
    RoleSetup checked = setup;
    checked.cost = scaled(checked.cost, end.cost_factor);
    set_cores(checked, checked.node.cores_number * end.speed_factor);
    node.checks = checks_of(checked, place.peak(), static_cast<int>(node.value_number));
    return node;
}

Explained fixed_nodes(const Place& place) {
    Explained node =
        same_as("nodes", place.scene.given("nodes", place.given("nodes"), *place.choice().nodes));
    node.checks = {check_of(place.setup(), place.peak(), *place.choice().nodes)};
    return node;
}

Explained nodes(const Scene& scene, const Match& match) {
    const Place place(scene, match);
    if (place.choice().nodes) return fixed_nodes(place);
    return searched_nodes(place, {});
}

Explained nodes_low(const Scene& scene, const Match& match) {
    const Place place(scene, match);
    if (place.choice().nodes) return fixed_nodes(place);
    return searched_nodes(place, {.cost_factor = place.setup().cost.band_low_factor,
                                  .speed_factor = place.setup().node.speed_high_factor});
}

Explained nodes_high(const Scene& scene, const Match& match) {
    const Place place(scene, match);
    if (place.choice().nodes) return fixed_nodes(place);
    return searched_nodes(place, {.cost_factor = place.setup().cost.band_high_factor,
                                  .speed_factor = place.setup().node.speed_low_factor});
}

Explained steady_nodes(const Scene& scene, const Match& match) {
    const Place place(scene, match);
    if (place.choice().nodes) return fixed_nodes(place);
    return searched_nodes(place, {.is_steady = true});
}

Explained cores_effective(const Scene& scene, const Match& match) {
    return same_as("cores", cores_of(Place(scene, match)));
}

Explained spare_nodes(const Scene& scene, const Match& match) {
    const Place place(scene, match);
    const Redundancy redundancy = place.setup().redundancy;
    if (redundancy == Redundancy::two_n) {
        return computed("spare nodes", "half of {nodes}, rounded down", {nodes_of(place)},
                        [](const std::vector<double>& v) { return std::floor(v.at(0) / 2); });
    }
    const double wanted = redundancy == Redundancy::n_plus_1   ? 1
                          : redundancy == Redundancy::n_plus_2 ? 2
                                                               : 0;
    return computed(
        "spare nodes", "min({spare nodes of the policy}, {nodes} - 1)",
        {scene.given("spare nodes of the policy", "/policy/redundancy", wanted), nodes_of(place)},
        [](const std::vector<double>& v) {
            return std::clamp(v.at(0), 0.0, std::max(0.0, v.at(1) - 1));
        });
}

}  // namespace

const std::vector<Rule>& node_rules() {
    static const std::vector<Rule> rules{
        {"/years/*/roles/*/nodes", nodes},
        {"/years/*/roles/*/steady_nodes", steady_nodes},
        {"/years/*/roles/*/cores_effective_per_node", cores_effective},
        {"/years/*/roles/*/spare_nodes", spare_nodes},
        {"/years/*/roles/*/nodes_band/low", nodes_low},
        {"/years/*/roles/*/nodes_band/high", nodes_high},
    };
    return rules;
}

}  // namespace busyhour
