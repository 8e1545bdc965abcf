#include "busyhour/plan/explain_place.h"
#include "busyhour/plan/explain_terms.h"
#include "busyhour/plan/transports.h"

#include <algorithm>
#include <cmath>

namespace busyhour {
namespace {

// Transports: the same demand on one transport after the other

struct Transported {
    std::string name;
    std::vector<TransportLoad> loads;
};

Transported transported(const Scene& scene, const Match& match) {
    const std::string name = scene.plan.transports.at(std::stoul(match.at(0))).transport;
    return {name, transport_loads(scene.input, name)};
}

std::string role_words(const TransportLoad& load) {
    return std::string(name_of(load.setup.kind));
}

/// Costs times what the role's peak has of each driver.
Explained driver_costs(const Scene& scene, const std::string& name,
                       const Coefficients& coefficients, const TransportLoad& load,
                       const std::string& transport) {
    const Demand& costs = coefficients.of(load.setup.cost);
    const Work peak = peak_work(load.load, 1, load.setup.peak_probability);
    std::vector<Explained> terms;
    for (std::size_t i = 0; i < driver_count; ++i) {
        const auto driver = static_cast<Driver>(i);
        if (costs[driver] * peak.demand[driver] == 0) continue;
        const std::string words(driver_labels().at(i).words);
        terms.push_back(product_of(
            words, {cost_of_each(scene, load.setup.kind, coefficients, driver),
                    planned(words + " at the peak", peak.demand[driver],
                            "busy hour of the start year, all endpoints on " + transport)}));
    }
    return sum_of(name, std::move(terms));
}

Explained transport_cores(const Scene& scene, const Match& match) {
    const Transported all = transported(scene, match);
    std::vector<Explained> terms;
    for (const TransportLoad& load : all.loads) {
        terms.push_back(computed(
            role_words(load),
            "({cost at saturation} + {wake-up cost} x (1 - {target})) / {target} x {target}",
            {driver_costs(scene, "cost at saturation", {}, load, all.name),
             driver_costs(scene, "wake-up cost", {.is_wakeup = true}, load, all.name),
             target_of(scene, ResourceKind::queue)},
            [](const std::vector<double>& v) {
                return cores_for({v.at(0), v.at(1)}, v.at(2)) * v.at(2);
            }));
    }
    return sum_of("cores", std::move(terms));
}

Explained transport_capacity(const Scene& scene, const Match& match) {
    return computed(
        "capacity relative to UDP", "{cores over UDP} / {cores}",
        {scene.reported("cores over UDP", "/transports/0/cpu_cores"),
         scene.reported("cores", "/transports/" + match.at(0) + "/cpu_cores")},
        [](const std::vector<double>& v) { return v.at(1) > 0 ? v.at(0) / v.at(1) : 1; });
}

Explained transport_nodes(const Scene& scene, const Match& match) {
    const Transported all = transported(scene, match);
    std::vector<Explained> terms;
    for (const TransportLoad& load : all.loads) {
        terms.push_back(computed(
            role_words(load),
            "least number of nodes, spare ones lost, of which no resource is above its target",
            {percentile_of(scene), target_of(scene, ResourceKind::queue),
             target_of(scene, ResourceKind::table)},
            [load](const std::vector<double>& v) {
                RoleSetup setup = load.setup;
                setup.peak_probability = v.at(0);
                for (std::size_t i = 0; i < resource_count; ++i) {
                    setup.node.target_fractions.at(i) =
                        resource_labels().at(i).kind == ResourceKind::queue ? v.at(1) : v.at(2);
                }
                return static_cast<double>(size_role(setup, load.load, 1).nodes);
            }));
        terms.back().detail = "all endpoints on " + all.name;
    }
    return sum_of("nodes", std::move(terms));
}

Explained transport_bits(const Scene& scene, const Match& match) {
    const Transported all = transported(scene, match);
    std::vector<Explained> terms;
    for (const TransportLoad& load : all.loads) {
        const Traffic traffic = size_role(load.setup, load.load, 1).mean_traffic;
        const std::string detail =
            "mean of the busy hour of the start year, all endpoints on " + all.name;
        terms.push_back(planned(role_words(load) + ", in", traffic.in_bytes * 8, detail));
        terms.push_back(planned(role_words(load) + ", out", traffic.out_bytes * 8, detail));
    }
    return sum_of("bit/s", std::move(terms));
}

// Constraints

/// Where the report has the row that a constraint is about.
struct Limit {
    std::string section;  ///< "roles", "links", ...
    std::size_t index = 0;
    std::size_t row = 0;

    [[nodiscard]] std::string pointer(std::size_t year, const std::string& key) const {
        return "/years/" + std::to_string(year) + "/" + section + "/" + std::to_string(index) +
               "/resources/" + std::to_string(row) + "/" + key;
    }
};

/// The index of the row whose `key` is `name`; of equal rows the one after `skip` of them.
std::size_t index_of_row(const Json& rows, std::string_view key, const std::string& name) {
    for (std::size_t i = 0; i < rows.items().size(); ++i) {
        const Json* value = rows.items()[i].find(key);
        if (value != nullptr && value->text() != nullptr && *value->text() == name) return i;
    }
    return 0;
}

Limit limit_of(const Scene& scene, const Constraint& constraint) {
    const bool is_role = constraint.kind == "role";
    Limit limit{.section = constraint.kind + "s"};
    const Json* rows = scene.at("/years/0/" + limit.section);
    limit.index = index_of_row(*rows, is_role ? "role" : "name", constraint.name);
    std::string resource = constraint.resource;
    for (const ResourceLabel& label : resource_labels()) {
        if (is_role && label.short_name == resource) resource = label.name;
    }
    const Json* resources =
        scene.at("/years/0/" + limit.section + "/" + std::to_string(limit.index) + "/resources");
    limit.row = index_of_row(*resources, "resource", resource);
    return limit;
}

/// By how much more the storms may grow.
Explained storm_headroom(const Scene& scene) {
    const std::vector<Constraint>& limits = scene.plan.constraints;
    const auto storm = std::find_if(limits.begin(), limits.end(), [](const Constraint& limit) {
        return limit.resource == "storm";
    });
    if (storm == limits.end() || !storm->largest_multiple_factor) {
        return computed("headroom",
                        "1, as no storm of up to {multiples followed} times is too much",
                        {planned("multiples followed", storm_multiple_max_factor,
                                 "beyond it nodes are planned anew")},
                        [](const std::vector<double>&) { return 1.0; });
    }
    const auto index = static_cast<std::size_t>(storm - limits.begin());
    return computed("headroom", "1 - 1 / max({largest multiple}, 0.001)",
                    {scene.reported("largest multiple",
                                    pointer_to("/constraints", index) + "/largest_multiple")},
                    [](const std::vector<double>& v) { return 1 - 1 / std::max(v.at(0), 1e-3); });
}

Explained headroom_of(const Scene& scene, const Constraint& constraint, std::size_t year) {
    if (constraint.resource == "storm") return storm_headroom(scene);
    const Limit limit = limit_of(scene, constraint);
    if (constraint.kind != "role") {
        return same_as("headroom", scene.reported("headroom of " + constraint.resource,
                                                  limit.pointer(year, "headroom_fraction")));
    }
    return computed("headroom", "1 - {utilisation} / {target}",
                    {scene.reported("utilisation", limit.pointer(year, "utilisation_fraction")),
                     scene.reported("target", limit.pointer(year, "target_fraction"))},
                    [](const std::vector<double>& v) { return 1 - v.at(0) / v.at(1); });
}

Explained headroom(const Scene& scene, const Match& match) {
    return headroom_of(scene, scene.plan.constraints.at(std::stoul(match.at(0))), 0);
}

/// Utilisation over target of a role's start-year nodes in a year.
Explained start_nodes_headroom(const Scene& scene, const Constraint& constraint,
                               const YearPlan& year) {
    const Limit limit = limit_of(scene, constraint);
    const RoleSetup& setup = scene.setups.at(limit.index);
    const int nodes = std::max(1, scene.plan.years.front().roles.at(limit.index).nodes);
    const Work peak =
        peak_work(scene.hour.roles.at(limit.index), year.growth_factor, setup.peak_probability);
    Explained left = planned("headroom in " + std::to_string(year.year), 0,
                             "with the " + std::to_string(nodes) + " nodes of the start year");
    if (constraint.resource == "storm") {
        const bool survives =
            survives_storms(setup, scene.hour.roles.at(limit.index), year.growth_factor, nodes);
        left.value_number = survives ? 0 : -1;
        left.detail += "; only the sign is known of storms";
        if (year.growth_factor == 1) return storm_headroom(scene);
        return left;
    }
    for (const ResourceUse& use : worst_uses(setup, peak, nodes)) {
        if (short_name_of(use.resource) != constraint.resource || !use.utilisation_fraction) {
            continue;
        }
        left.value_number = 1 - *use.utilisation_fraction / use.target_fraction;
    }
    return left;
}

Explained exhausted_in(const Scene& scene, const Match& match) {
    const Constraint& constraint = scene.plan.constraints.at(std::stoul(match.at(0)));
    const bool is_role = constraint.kind == "role";
    std::vector<Explained> operands{
        scene.given("start year", "/start_year", scene.deployment().start_year)};
    for (std::size_t i = 0; i < scene.plan.years.size(); ++i) {
        const YearPlan& year = scene.plan.years[i];
        Explained left = is_role ? start_nodes_headroom(scene, constraint, year)
                                 : headroom_of(scene, constraint, i);
        left.name = "headroom in " + std::to_string(year.year);
        operands.push_back(std::move(left));
    }
    return computed("first year without headroom",
                    "first year, from {start year} on, whose headroom with the start year's nodes"
                    " is below 0",
                    std::move(operands), [](const std::vector<double>& v) {
                        constexpr double rounding = 1e-9;
                        for (std::size_t i = 1; i < v.size(); ++i) {
                            if (v[i] < -rounding) return v[0] + static_cast<double>(i - 1);
                        }
                        return std::nan("");
                    });
}

// Roles whose nodes are fixed

const FixedCapacity& capacity_of(const Scene& scene, const Match& match) {
    return scene.plan.capacities.at(std::stoul(match.at(0)));
}

Explained capacity_nodes(const Scene& scene, const Match& match) {
    const FixedCapacity& capacity = capacity_of(scene, match);
    return same_as("nodes",
                   scene.given("nodes", "/roles/" + capacity.role + "/nodes", capacity.nodes));
}

Explained largest_multiple(const Scene& scene, const Match& match) {
    const FixedCapacity& capacity = capacity_of(scene, match);
    for (const RoleSetup& setup : scene.setups) {
        if (name_of(setup.kind) != capacity.role) continue;
        const Load& load = scene.hour.roles.at(index_of(setup.kind));
        Explained node = computed(
            "largest multiple of the demand",
            "largest multiple of the start year's demand at whose peak of {peak percentile} no"
            " resource of {nodes}, the spare ones lost, is above its target",
            {percentile_of(scene),
             scene.given("nodes", "/roles/" + capacity.role + "/nodes", capacity.nodes),
             target_of(scene, ResourceKind::queue), target_of(scene, ResourceKind::table)},
            [setup, &load](const std::vector<double>& v) {
                RoleSetup changed = setup;
                changed.peak_probability = v.at(0);
                for (std::size_t i = 0; i < resource_count; ++i) {
                    changed.node.target_fractions.at(i) =
                        resource_labels().at(i).kind == ResourceKind::queue ? v.at(2) : v.at(3);
                }
                return largest_multiple_factor(changed, load, static_cast<int>(v.at(1)));
            });
        for (const double more : {1.0, 1.01}) {
            const double multiple = node.value_number * more;
            const Sizing at = size_role(setup, load, multiple);
            if (!at.bottleneck) continue;
            node.checks.push_back("at " + to_json_text(Json{multiple}) + " times the demand " +
                                  std::string(short_name_of(*at.bottleneck)) + " is at " +
                                  to_json_text(Json{at.utilisation_fraction}));
        }
        return node;
    }
    return planned("largest multiple", std::nan(""), {});
}

// What the report repeats of the deployment

Explained assumption(const Scene& scene, const Match& match) {
    const Assumption& assumed = scene.deployment().assumptions.at(std::stoul(match.at(0)));
    std::string pointer = "/assumptions/" + match.at(0) + "/value";
    for (std::size_t i = 1; i < match.size(); ++i) pointer = pointer_to(pointer, match[i]);
    const Json* value = scene.at(pointer);
    Explained leaf = constant("value", value->number_or_zero(), assumed.source);
    leaf.origin = Origin::assumed;
    leaf.where = assumed.path;
    const bool is_default = assumed.origin == "default";
    if (!is_default) leaf.detail = assumed.origin;
    return same_as(is_default ? "default" : "chosen", std::move(leaf));
}

}  // namespace

const std::vector<Rule>& outcome_rules() {
    static const std::vector<Rule> rules{
        {"/transports/*/capacity_relative_to_udp", transport_capacity},
        {"/transports/*/nodes", transport_nodes},
        {"/transports/*/cpu_cores", transport_cores},
        {"/transports/*/bits_per_s", transport_bits},
        {"/constraints/*/headroom_fraction", headroom},
        {"/constraints/*/exhausted_in", exhausted_in},
        {"/capacities/*/nodes", capacity_nodes},
        {"/capacities/*/largest_multiple", largest_multiple},
        {"/assumptions/*/value/**", assumption},
    };
    return rules;
}

}  // namespace busyhour
