#include "busyhour/plan/hosts.h"

#include <algorithm>

namespace busyhour {
namespace {

RoleSetup setup_for(const PlanInput& input, RoleKind kind, const RoleChoice& choice) {
    RoleSetup setup = role_setup(input.deployment, input.catalog, kind, choice);
    setup.fixed_nodes = std::nullopt;
    return setup;
}

/// The role in the start year with as many nodes as it takes.
Sizing sized(const RoleSetup& setup, const BusyHour& hour) {
    return size_role(setup, hour.roles.at(index_of(setup.kind)), 1);
}

HostRow row_for(const PlanInput& input, const BusyHour& hour, RoleKind kind,
                const RoleChoice& choice) {
    const RoleSetup setup = setup_for(input, kind, choice);
    return {.kind = kind,
            .host = choice.host,
            .is_chosen = false,
            .cores_per_node_number = choice.cores_per_node_number,
            .cost_factors = setup.cost_factors,
            .sizing = sized(setup, hour)};
}

bool is_shared(const CpuShare& cpu) {
    return cpu.vcpus_per_cpu_number > 1 || cpu.steal_fraction > 0;
}

double busy_fraction(const Sizing& sizing) {
    return sizing.resources.at(index_of(Resource::cpu_cores)).utilisation_fraction.value_or(0);
}

}  // namespace

std::vector<HostRow> compare_hosts(const PlanInput& input, const BusyHour& hour) {
    std::vector<HostRow> rows;
    for (const RoleKind kind : roles_of(input.deployment)) {
        const RoleChoice& chosen = input.deployment.roles.at(index_of(kind));
        rows.push_back(row_for(input, hour, kind, chosen));
        rows.back().is_chosen = true;
        const std::string& chosen_name = host_named(input.catalog, chosen.host, "host").name;
        for (const auto& [key, host] : input.catalog.hosts) {
            RoleChoice choice = chosen;
            choice.host = host.name;
            choice.cpu = {};
            choice.cores_per_node_number = host.cores_number.value_or(chosen.cores_per_node_number);
            const bool has_whole_cores = core_worth_fraction(chosen.cpu) >= 1;
            const bool is_same = host.name == chosen_name && has_whole_cores &&
                                 choice.cores_per_node_number == chosen.cores_per_node_number;
            if (is_same) continue;
            rows.push_back(row_for(input, hour, kind, choice));
        }
    }
    return rows;
}

std::vector<Oversubscription> oversubscriptions(const PlanInput& input, const BusyHour& hour) {
    std::vector<Oversubscription> found;
    for (const RoleKind kind : roles_of(input.deployment)) {
        const RoleChoice& chosen = input.deployment.roles.at(index_of(kind));
        const RoleSetup setup = setup_for(input, kind, chosen);
        const double worth_fraction = setup.node.core_worth_fraction;
        if (worth_fraction >= 1) continue;
        RoleSetup whole = setup;
        set_cores(whole, chosen.cores_per_node_number * setup.node.core_speed_factor);
        const Sizing without = sized(whole, hour);
        found.push_back({.kind = kind,
                         .core_worth_fraction = worth_fraction,
                         .is_shared = is_shared(
                             share_on(host_named(input.catalog, chosen.host, "host"), chosen.cpu)),
                         .nodes = sized(setup, hour).nodes,
                         .nodes_without = without.nodes,
                         .response_time_factor = 1 / worth_fraction,
                         .response_same_nodes_factor =
                             response_time_factor(busy_fraction(without), 1 - worth_fraction)});
    }
    return found;
}

}  // namespace busyhour
