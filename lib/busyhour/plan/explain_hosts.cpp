#include "busyhour/plan/explain_place.h"
#include "busyhour/plan/explain_rerun.h"
#include "busyhour/plan/explain_terms.h"
#include "busyhour/plan/hosts.h"

#include <cmath>

namespace busyhour {
namespace {

// Hosts

const HostRow& host_of(const Scene& scene, const Match& match) {
    return scene.plan.hosts.at(std::stoul(match.at(0)));
}

/// The cores of a node: the machine's own where it is bought whole, else the role's.
Explained host_cores(const Scene& scene, const HostRow& row) {
    const HostModel& host = host_named(scene.input.catalog, row.host, "host");
    if (!row.is_chosen && host.cores_number) {
        return scene.modelled("cores per node", "hosts", row.host, row.cores_per_node_number);
    }
    return scene.given("cores per node",
                       "/roles/" + std::string(name_of(row.kind)) + "/cores_per_node",
                       row.cores_per_node_number);
}

Explained cores_per_node(const Scene& scene, const Match& match) {
    return same_as("cores per node", host_cores(scene, host_of(scene, match)));
}

Explained host_effective(const Scene& scene, const HostRow& row) {
    const HostModel& host = host_named(scene.input.catalog, row.host, "host");
    std::vector<Explained> factors{
        host_cores(scene, row),
        scene.modelled("core speed", "hosts", row.host, host.core_speed_factor)};
    if (row.is_chosen) factors.push_back(core_worth(scene, row.kind));
    return product_of("cores of a node", std::move(factors));
}

Explained cores_effective(const Scene& scene, const Match& match) {
    return host_effective(scene, host_of(scene, match));
}

double number_of(const Sizing& sizing, const std::string& key) {
    if (key == "nodes") return sizing.nodes;
    if (key == "low") return sizing.nodes_low;
    if (key == "high") return sizing.nodes_high;
    return key == "utilisation_fraction" ? sizing.utilisation_fraction : std::nan("");
}

/// The role sized for the host, as many nodes as it takes.
Explained sized(const Scene& scene, const Match& match) {
    const HostRow& row = host_of(scene, match);
    const RoleChoice& chosen = scene.deployment().roles.at(index_of(row.kind));
    Rerun rerun{
        .name = match.back() + " of the " + std::string(name_of(row.kind)) + " on " + row.host,
        .formula = "the role sized in the start year for nodes of {cores of a node}",
        .deployment = scene.deployment(),
        .inputs = policy_inputs(),
        .more = {host_effective(scene, row)}};
    if (row.kind == RoleKind::registrar) rerun.inputs = joined(rerun.inputs, storm_inputs());
    RoleChoice choice = chosen;
    choice.host = row.host;
    const Scene* all = &scene;
    Explained node = explained(
        scene, std::move(rerun),
        [all, choice, kind = row.kind, key = match.back()](const Deployment& deployment,
                                                           const std::vector<double>& values) {
            RoleSetup setup = role_setup(deployment, all->input.catalog, kind, choice);
            setup.fixed_nodes = std::nullopt;
            setup.node.cores_number = values.at(0);
            setup.node.amounts.at(index_of(Resource::cpu_cores)) = values.at(0);
            return number_of(size_role(setup, all->hour.roles.at(index_of(kind)), 1), key);
        });
    node.detail = "least nodes, policy.redundancy's spare ones lost, above no target";
    return node;
}

// Oversubscription

/// The row of the hosts that has the role as chosen.
std::string chosen_host(const Scene& scene, RoleKind kind, const std::string& key) {
    for (std::size_t i = 0; i < scene.plan.hosts.size(); ++i) {
        const HostRow& row = scene.plan.hosts[i];
        if (row.is_chosen && row.kind == kind) return pointer_to("/hosts", i) + "/" + key;
    }
    return {};
}

/// The role on the same host with whole cores.
Explained whole_cores(const Scene& scene, RoleKind kind, const std::string& key) {
    RoleChoice whole = scene.deployment().roles.at(index_of(kind));
    whole.cpu = {};
    Rerun rerun{.name = key,
                .formula = "the role sized in the start year on whole cores",
                .deployment = scene.deployment(),
                .inputs = policy_inputs(),
                .more = {scene.given("cores per node",
                                     "/roles/" + std::string(name_of(kind)) + "/cores_per_node",
                                     whole.cores_per_node_number)}};
    const Scene* all = &scene;
    return explained(
        scene, std::move(rerun),
        [all, whole, kind, key](const Deployment& deployment, const std::vector<double>& values) {
            RoleChoice choice = whole;
            choice.cores_per_node_number = values.at(0);
            RoleSetup setup = role_setup(deployment, all->input.catalog, kind, choice);
            setup.fixed_nodes = std::nullopt;
            const Sizing sizing = size_role(setup, all->hour.roles.at(index_of(kind)), 1);
            if (key == "nodes") return 1.0 * sizing.nodes;
            return sizing.resources.at(index_of(Resource::cpu_cores))
                .utilisation_fraction.value_or(0);
        });
}

Explained oversubscribed(const Scene& scene, const Match& match) {
    const RoleKind kind = scene.plan.oversubscription.at(std::stoul(match.at(0))).kind;
    const std::string& key = match.at(1);
    if (key == "core_worth_fraction") return core_worth(scene, kind);
    if (key == "nodes") {
        return same_as("nodes", scene.reported("nodes", chosen_host(scene, kind, "nodes")));
    }
    if (key == "nodes_without") return whole_cores(scene, kind, "nodes");
    if (key == "response_time_factor") {
        return computed("response time over that of whole cores", "1 / {worth of a core}",
                        {core_worth(scene, kind)},
                        [](const std::vector<double>& v) { return 1 / v.at(0); });
    }
    Explained node =
        computed("response time over that of whole cores, same nodes",
                 "(1 - {CPU}) / ({worth of a core} - {CPU})",
                 {whole_cores(scene, kind, "CPU"), core_worth(scene, kind)},
                 [](const std::vector<double>& v) {
                     return response_time_factor(v.at(0), 1 - v.at(1)).value_or(std::nan(""));
                 });
    node.source = "harchol-balter-2013";
    return node;
}

// Settings

/// A setting's value or what the peak takes of it: the settings of the last year found anew.
Explained setting(const Scene& scene, const Match& match) {
    const std::size_t index = std::stoul(match.at(0));
    const Setting& row = scene.plan.settings.at(index);
    const bool is_value = match.at(1) == "value";
    if (match.at(1) == "default") {
        Explained leaf =
            constant("default of " + row.software, row.default_number.value_or(0), row.source);
        return same_as("default", std::move(leaf));
    }
    const std::size_t last = scene.plan.years.size() - 1;
    std::size_t role = 0;
    while (scene.plan.years.back().roles.at(role).kind != row.kind) ++role;
    const std::string place = pointer_to(pointer_to("/years", last) + "/roles", role);
    Rerun rerun{.name = row.name,
                .formula = row.why,
                .deployment = scene.deployment(),
                .inputs = joined(policy_inputs(), core_inputs(scene, row.kind)),
                .more = {growth_of(scene, std::to_string(last))}};
    rerun.inputs.push_back({"pause to bear", "/policy/stall_s",
                            [](Deployment& d) -> double& { return d.policy.stall_s; }});
    const bool has_nodes = scene.at(place + "/nodes") != nullptr;
    if (has_nodes) {
        rerun.more.push_back(scene.reported("nodes", place + "/nodes"));
        rerun.more.push_back(scene.reported("spare nodes", place + "/spare_nodes"));
    }
    const Scene* all = &scene;
    Explained node = explained(
        scene, std::move(rerun),
        [all, index, is_value, role](const Deployment& deployment,
                                     const std::vector<double>& values) {
            std::vector<double> key{deployment.policy.peak_probability,
                                    deployment.policy.target_utilisation_fraction,
                                    deployment.policy.table_utilisation_fraction,
                                    deployment.policy.stall_s, 1.0 * static_cast<double>(role)};
            for (const RoleChoice& each : deployment.roles) {
                key.push_back(each.cores_per_node_number * core_worth_fraction(each.cpu));
            }
            key.insert(key.end(), values.begin(), values.end());
            return all->remembered("settings", key, index * 2 + (is_value ? 0 : 1), [&] {
                std::vector<Sizing> roles = all->plan.years.back().roles;
                if (values.size() > 1) {
                    roles.at(role).nodes = static_cast<int>(values.at(1));
                    roles.at(role).spare_nodes = static_cast<int>(values.at(2));
                }
                const PlanInput changed{deployment, all->input.catalog};
                std::vector<double> numbers;
                for (const Setting& each : settings_of(changed, all->hour, roles, values.at(0))) {
                    numbers.push_back(each.value_number);
                    numbers.push_back(each.needed_number);
                }
                return numbers;
            });
        });
    node.source = row.source;
    return node;
}

}  // namespace

const std::vector<Rule>& host_rules() {
    static const std::vector<Rule> rules{
        {"/hosts/*/cores_per_node", cores_per_node},
        {"/hosts/*/cores_effective_per_node", cores_effective},
        {"/hosts/*/**", sized},
        {"/oversubscription/*/*", oversubscribed},
        {"/settings/*/*", setting},
    };
    return rules;
}

}  // namespace busyhour
