#include "busyhour/plan/hosts.h"

#include <algorithm>

namespace busyhour {
namespace {

/// The role in the start year with that choice, with as many nodes as it takes.
Sizing sized(const PlanInput& input, const BusyHour& hour, RoleKind kind,
             const RoleChoice& choice) {
    RoleSetup setup = role_setup(input.deployment, input.catalog, kind, choice);
    setup.fixed_nodes = std::nullopt;
    return size_role(setup, hour.roles.at(index_of(kind)), 1);
}

bool has_whole_cores(const RoleChoice& choice) {
    return core_worth_fraction(choice.cpu) >= 1;
}

double busy_fraction(const Sizing& sizing) {
    return sizing.resources.at(index_of(Resource::cpu_cores)).utilisation_fraction.value_or(0);
}

}  // namespace

std::vector<HostRow> compare_hosts(const PlanInput& input, const BusyHour& hour) {
    std::vector<HostRow> rows;
    for (const RoleKind kind : roles_of(input.deployment)) {
        const RoleChoice& chosen = input.deployment.roles.at(index_of(kind));
        rows.push_back({.kind = kind,
                        .host = chosen.host,
                        .is_chosen = true,
                        .cores_per_node_number = chosen.cores_per_node_number,
                        .sizing = sized(input, hour, kind, chosen)});
        const std::string& chosen_name = host_named(input.catalog, chosen.host, "host").name;
        for (const auto& [key, host] : input.catalog.hosts) {
            RoleChoice choice = chosen;
            choice.host = host.name;
            choice.cpu = {};
            choice.cores_per_node_number = host.cores_number.value_or(chosen.cores_per_node_number);
            const bool is_same = host.name == chosen_name && has_whole_cores(chosen) &&
                                 choice.cores_per_node_number == chosen.cores_per_node_number;
            if (is_same) continue;
            rows.push_back({.kind = kind,
                            .host = host.name,
                            .is_chosen = false,
                            .cores_per_node_number = choice.cores_per_node_number,
                            .sizing = sized(input, hour, kind, choice)});
        }
    }
    return rows;
}

std::vector<Oversubscription> oversubscriptions(const PlanInput& input, const BusyHour& hour) {
    std::vector<Oversubscription> found;
    for (const RoleKind kind : roles_of(input.deployment)) {
        const RoleChoice& chosen = input.deployment.roles.at(index_of(kind));
        if (has_whole_cores(chosen)) continue;
        RoleChoice whole = chosen;
        whole.cpu = {};
        const Sizing without = sized(input, hour, kind, whole);
        const double worth_fraction = core_worth_fraction(chosen.cpu);
        found.push_back({.kind = kind,
                         .core_worth_fraction = worth_fraction,
                         .nodes = sized(input, hour, kind, chosen).nodes,
                         .nodes_without = without.nodes,
                         .response_time_factor = 1 / worth_fraction,
                         .response_same_nodes_factor =
                             response_time_factor(busy_fraction(without), 1 - worth_fraction)});
    }
    return found;
}

}  // namespace busyhour
