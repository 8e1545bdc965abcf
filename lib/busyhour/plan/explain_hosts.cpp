#include "busyhour/plan/explain_place.h"
#include "busyhour/plan/explain_rerun.h"
#include "busyhour/plan/explain_settings.h"
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
    const std::string& server = scene.deployment().roles.at(index_of(row.kind)).server;
    std::vector<Explained> factors{host_cores(scene, row), core_speed(scene, server, row.host)};
    if (row.is_chosen) {
        factors.push_back(core_worth(scene, row.kind));
    } else if (host.derating_fraction > 0) {
        factors.push_back(
            computed("worth of a core", "1 - {derating}",
                     {scene.modelled("derating", "hosts", row.host, host.derating_fraction)},
                     [](const std::vector<double>& v) { return 1 - v.at(0); }));
    }
    return product_of("cores of a node", std::move(factors));
}

Explained host_factor(const Scene& scene, const Match& match) {
    const HostRow& row = host_of(scene, match);
    const std::string& server = scene.deployment().roles.at(index_of(row.kind)).server;
    for (std::size_t i = 0; i < yardstick_count; ++i) {
        if (yardstick_labels().at(i).name != match.at(1)) continue;
        return carrying_factor(scene, server, row.host, static_cast<Yardstick>(i));
    }
    return planned(match.at(1), std::nan(""), "no such yardstick");
}

Explained host_cores_effective(const Scene& scene, const Match& match) {
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
            set_cores(setup, values.at(0));
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
    const RoleChoice& chosen = scene.deployment().roles.at(index_of(kind));
    Rerun rerun{
        .name = key,
        .formula = "the role sized in the start year on {cores per node} x {core speed} cores",
        .deployment = scene.deployment(),
        .inputs = policy_inputs(),
        .more = {scene.given("cores per node",
                             "/roles/" + std::string(name_of(kind)) + "/cores_per_node",
                             chosen.cores_per_node_number),
                 core_speed(scene, chosen.server, chosen.host)}};
    const Scene* all = &scene;
    return explained(
        scene, std::move(rerun),
        [all, kind, key](const Deployment& deployment, const std::vector<double>& values) {
            RoleSetup setup = role_setup(deployment, all->input.catalog, kind);
            setup.fixed_nodes = std::nullopt;
            set_cores(setup, values.at(0) * values.at(1));
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

}  // namespace

const std::vector<Rule>& host_rules() {
    static const std::vector<Rule> rules{
        {"/hosts/*/cores_per_node", cores_per_node},
        {"/hosts/*/cores_effective_per_node", host_cores_effective},
        {"/hosts/*/cost_factors/*", host_factor},
        {"/hosts/*/**", sized},
        {"/oversubscription/*/*", oversubscribed},
        {"/settings/*/*", explain_setting},
    };
    return rules;
}

}  // namespace busyhour
