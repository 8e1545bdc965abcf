#include "busyhour/plan/sizing.h"

#include "busyhour/plan/storms.h"

#include <algorithm>
#include <cmath>

namespace busyhour {
namespace {

constexpr int nodes_max = 65536;  // a role that needs more is a design fault, not a plan

double worst_ratio(const std::vector<ResourceUse>& uses) {
    double worst = 0;
    for (const ResourceUse& use : uses) {
        if (!use.utilisation_fraction) continue;
        worst = std::max(worst, *use.utilisation_fraction / use.target_fraction);
    }
    return worst;
}

/// Whether the nodes keep the policy with the spares lost, and with all of them in service.
bool keeps_policy(const RoleSetup& setup, const Work& peak, int nodes) {
    constexpr double rounding = 1e-9;
    if (worst_ratio(worst_uses(setup, peak, nodes)) > 1 + rounding) return false;
    if (!setup.response || !setup.response->target_s) return true;
    const std::optional<ResponseTimes> times = response_of(setup, peak, nodes);
    return !times || times->target_probability_s <= *setup.response->target_s * (1 + rounding);
}

int nodes_with_spares(Redundancy redundancy, int carrying) {
    switch (redundancy) {
        case Redundancy::n_plus_1:
            return carrying + 1;
        case Redundancy::n_plus_2:
            return carrying + 2;
        case Redundancy::two_n:
            return carrying * 2;
        case Redundancy::none:
            break;
    }
    return carrying;
}

/// The least nodes that suffice, spares included; 0 where none do.
template <typename Suffices>
int least_nodes(Redundancy redundancy, const Suffices& suffices) {
    const auto holds = [&](int carrying) {
        return suffices(nodes_with_spares(redundancy, carrying));
    };
    int high = 1;
    while (high < nodes_max && !holds(high)) high *= 2;
    if (!holds(high)) return 0;
    int low = high / 2;  // does not suffice, or is 0
    while (high - low > 1) {
        const int middle = low + (high - low) / 2;
        (holds(middle) ? high : low) = middle;
    }
    return nodes_with_spares(redundancy, high);
}

/// What one role is offered in one year.
struct Offered {
    const Load& load;
    double growth_factor = 1;
    Work peak;
};

int steady_nodes_needed(const RoleSetup& setup, const Offered& offered) {
    return least_nodes(setup.redundancy,
                       [&](int nodes) { return keeps_policy(setup, offered.peak, nodes); });
}

/// The nodes that keep the policy in the busy hour and in a storm, given what the busy hour needs.
int nodes_needed(const RoleSetup& setup, const Offered& offered, int steady_nodes) {
    const auto survives = [&](int nodes) {
        return survives_storms(setup, offered.load, offered.growth_factor, nodes);
    };
    if (steady_nodes == 0 || survives(steady_nodes)) return steady_nodes;
    return least_nodes(setup.redundancy, [&](int nodes) {
        return nodes >= steady_nodes && keeps_policy(setup, offered.peak, nodes) && survives(nodes);
    });
}

int nodes_at_band(RoleSetup setup, const Offered& offered, double cost_factor,
                  double speed_factor) {
    if (setup.fixed_nodes) return *setup.fixed_nodes;
    setup.cost = scaled(setup.cost, cost_factor);
    set_cores(setup, setup.node.cores_number * speed_factor);
    return nodes_needed(setup, offered, steady_nodes_needed(setup, offered));
}

/// Nodes of the role, and what asks for them.
void set_nodes(const RoleSetup& setup, const Offered& offered, Sizing& sizing) {
    if (setup.fixed_nodes) {
        sizing.nodes = sizing.steady_nodes = *setup.fixed_nodes;
        const bool is_steady = keeps_policy(setup, offered.peak, sizing.nodes);
        const bool survives =
            survives_storms(setup, offered.load, offered.growth_factor, sizing.nodes);
        sizing.is_met = is_steady && survives;
        sizing.is_storm_bound = is_steady && !survives;
        return;
    }
    sizing.steady_nodes = steady_nodes_needed(setup, offered);
    sizing.nodes = nodes_needed(setup, offered, sizing.steady_nodes);
    sizing.is_met = sizing.nodes > 0;
    sizing.is_storm_bound = sizing.nodes != sizing.steady_nodes;
}

Traffic with_replication(const Work& role, const RoleSetup& setup, int nodes) {
    Traffic traffic = role.traffic;
    traffic += replication_work(setup.replicated, role.demand, nodes).traffic * nodes;
    return traffic;
}

std::optional<Resource> binding_resource(const std::vector<ResourceUse>& uses) {
    std::optional<Resource> binding;
    double worst = 0;
    for (const ResourceUse& use : uses) {
        if (!use.utilisation_fraction) continue;
        const double ratio = *use.utilisation_fraction / use.target_fraction;
        if (ratio <= worst) continue;
        worst = ratio;
        binding = use.resource;
    }
    return binding;
}

double utilisation_of(const std::vector<ResourceUse>& uses, std::optional<Resource> resource) {
    for (const ResourceUse& use : uses) {
        if (resource && use.resource == *resource) return use.utilisation_fraction.value_or(0);
    }
    return 0;
}

/// What one node uses of a resource that is no CPU.
double node_usage(const RoleSetup& setup, Resource resource, const Work& work) {
    const double idle = setup.cost.idle.at(index_of(resource));
    switch (resource) {
        case Resource::packets_per_s:
            return idle + work.traffic.packets_in_number + work.traffic.packets_out_number;
        case Resource::bits_per_s:
            return idle + std::max(work.traffic.in_bytes, work.traffic.out_bytes) * 8;
        default:
            return idle + usage_number(setup.cost, resource, work.demand);
    }
}

}  // namespace

int spare_nodes_of(Redundancy redundancy, int nodes) {
    int wanted = 0;
    if (redundancy == Redundancy::n_plus_1) wanted = 1;
    if (redundancy == Redundancy::n_plus_2) wanted = 2;
    if (redundancy == Redundancy::two_n) wanted = nodes / 2;
    return std::clamp(wanted, 0, std::max(0, nodes - 1));
}

std::optional<YardstickFactors> carrying_factors(const ServerModel& server, const HostModel& host) {
    if (!server.yardsticks || !host.yardsticks) return std::nullopt;
    return cost_factors(*server.yardsticks, *host.yardsticks);
}

CpuShare share_on(const HostModel& host, const CpuShare& share) {
    CpuShare both = share;
    both.steal_fraction = std::max(share.steal_fraction, host.derating_fraction);
    return both;
}

void set_cores(RoleSetup& setup, double cores_number) {
    setup.node.cores_number = cores_number;
    setup.node.amounts.at(index_of(Resource::cpu_cores)) = cores_number;
}

RoleSetup role_setup(const Deployment& deployment, const Catalog& catalog, RoleKind kind) {
    return role_setup(deployment, catalog, kind, deployment.roles.at(index_of(kind)));
}

namespace {

/// What endpoints wait for at that role. Source: rfc6076.
std::optional<ResponseSetup> response_setup(const Deployment& deployment, const Catalog& catalog,
                                            RoleKind kind, const RoleChoice& choice) {
    const Policy& policy = deployment.policy;
    if (kind == RoleKind::registrar) {
        return ResponseSetup{.metric = "registration_request_delay",
                             .measured = Driver::registrations,
                             .challenges = Driver::registration_challenges,
                             .requests_number = 1,
                             .visits_number = 1,
                             .servers_number = choice.cores_per_node_number,
                             .target_s = policy.registration_request_delay_s,
                             .probability = policy.delay_probability};
    }
    if (kind != RoleKind::proxy) return std::nullopt;
    const double requests = count_at(flow_named(catalog, "call", "flows"), "proxy").messages_in;
    return ResponseSetup{.metric = "session_request_delay",
                         .measured = Driver::call_attempts,
                         .challenges = Driver::call_challenges,
                         .requests_number = requests,
                         .visits_number = 2,  // the INVITE there, the 180 back
                         .servers_number = choice.cores_per_node_number,
                         .target_s = policy.session_request_delay_s,
                         .probability = policy.delay_probability};
}

}  // namespace

std::optional<ResponseTimes> response_of(const RoleSetup& setup, const Work& peak, int nodes) {
    if (!setup.response) return std::nullopt;
    const int carrying = std::max(1, nodes - spare_nodes_of(setup.redundancy, nodes));
    return response_times(*setup.response, setup.cost, setup.node.cores_number,
                          node_work(setup, peak, carrying).demand);
}

RoleSetup role_setup(const Deployment& deployment, const Catalog& catalog, RoleKind kind,
                     const RoleChoice& choice) {
    const std::string path = "/roles/" + std::string(name_of(kind));
    const ServerModel& server = server_named(catalog, choice.server, path + "/server");
    const HostModel& host = host_named(catalog, choice.host, path + "/host");
    RoleSetup setup;
    setup.kind = kind;
    setup.cost_factors = carrying_factors(server, host);
    setup.cost = setup.cost_factors ? carried(server.cost, *setup.cost_factors) : server.cost;
    setup.redundancy = deployment.policy.redundancy;
    setup.peak_probability = deployment.policy.peak_probability;
    setup.fixed_nodes = choice.nodes;
    NodeCapacity& node = setup.node;
    node.core_speed_factor = setup.cost_factors ? 1 : host.core_speed_factor;
    node.core_worth_fraction = core_worth_fraction(share_on(host, choice.cpu));
    node.speed_low_factor = host.band_low_factor;
    node.speed_high_factor = host.band_high_factor;
    node.amounts = server.limits;
    set_cores(setup,
              choice.cores_per_node_number * node.core_speed_factor * node.core_worth_fraction);
    node.amounts.at(index_of(Resource::memory_bytes)) = host.memory_bytes;
    node.amounts.at(index_of(Resource::packets_per_s)) = host.packets_per_s;
    node.amounts.at(index_of(Resource::bits_per_s)) = host.nic_bits_per_s;
    for (std::size_t i = 0; i < resource_count; ++i) {
        node.target_fractions.at(i) = resource_labels().at(i).kind == ResourceKind::queue
                                          ? deployment.policy.target_utilisation_fraction
                                          : deployment.policy.table_utilisation_fraction;
    }
    setup.response = response_setup(deployment, catalog, kind, choice);
    if (kind == RoleKind::registrar) setup.storm = storm_setup(deployment);
    setup.replicated = replication_setup(deployment, catalog, kind);
    return setup;
}

Work node_work(const RoleSetup& setup, const Work& peak, int carrying) {
    Work node = peak * (1.0 / carrying);
    node += replication_work(setup.replicated, peak.demand, carrying);
    return node;
}

std::vector<ResourceUse> resource_uses(const RoleSetup& setup, const Work& peak, int carrying) {
    const Work node = node_work(setup, peak, carrying);
    std::vector<ResourceUse> uses;
    for (std::size_t i = 0; i < resource_count; ++i) {
        const auto resource = static_cast<Resource>(i);
        const double busy =
            resource == Resource::cpu_cores
                ? setup.cost.idle.at(i) +
                      busy_cores(cpu_cost(setup.cost, node.demand), setup.node.cores_number)
                : node_usage(setup, resource, node);
        ResourceUse use{.resource = resource,
                        .usage_number = busy * carrying,
                        .capacity_number = setup.node.amounts.at(i),
                        .utilisation_fraction = std::nullopt,
                        .target_fraction = setup.node.target_fractions.at(i)};
        if (use.capacity_number) use.utilisation_fraction = busy / *use.capacity_number;
        uses.push_back(use);
    }
    return uses;
}

std::vector<ResourceUse> worst_uses(const RoleSetup& setup, const Work& peak, int nodes) {
    std::vector<ResourceUse> uses =
        resource_uses(setup, peak, nodes - spare_nodes_of(setup.redundancy, nodes));
    if (setup.replicated.kind == Replication::none) return uses;
    const std::vector<ResourceUse> all = resource_uses(setup, peak, nodes);
    for (std::size_t i = 0; i < uses.size(); ++i) {
        if (all[i].utilisation_fraction > uses[i].utilisation_fraction) uses[i] = all[i];
    }
    return uses;
}

Sizing size_role(const RoleSetup& setup, const Load& load, double growth_factor) {
    const Offered offered{load, growth_factor,
                          peak_work(load, growth_factor, setup.peak_probability)};
    const Work& peak = offered.peak;
    Sizing sizing;
    sizing.kind = setup.kind;
    sizing.cores_effective_number = setup.node.cores_number;
    set_nodes(setup, offered, sizing);
    const int shown_nodes = std::max(sizing.nodes, 1);
    sizing.spare_nodes = spare_nodes_of(setup.redundancy, shown_nodes);
    sizing.resources = worst_uses(setup, peak, shown_nodes);
    sizing.bottleneck = binding_resource(sizing.resources);
    sizing.utilisation_fraction = utilisation_of(sizing.resources, sizing.bottleneck);
    sizing.utilisation_all_nodes_fraction =
        utilisation_of(resource_uses(setup, peak, shown_nodes), sizing.bottleneck);
    sizing.nodes_low =
        nodes_at_band(setup, offered, setup.cost.band_low_factor, setup.node.speed_high_factor);
    sizing.nodes_high =
        nodes_at_band(setup, offered, setup.cost.band_high_factor, setup.node.speed_low_factor);
    sizing.response = response_of(setup, peak, shown_nodes);
    const Work mean = mean_work(load, growth_factor);
    sizing.mean_traffic = with_replication(mean, setup, shown_nodes);
    sizing.peak_traffic = with_replication(peak, setup, shown_nodes);
    sizing.replication = replication_use(setup.replicated, setup.cost, mean.demand, shown_nodes);
    if (sizing.replication) {
        sizing.replication_packets_per_s = sizing.replication->change_packets_per_s();
    }
    return sizing;
}

namespace {

/// The largest multiple from `low`, which holds, to `high`, which does not.
template <typename Holds>
double largest_held(double low, double high, int halvings, const Holds& holds) {
    for (int i = 0; i < halvings; ++i) {
        const double middle = (low + high) / 2;
        (holds(middle) ? low : high) = middle;
    }
    return low;
}

double largest_steady_factor(const RoleSetup& setup, const Load& load, int nodes) {
    const auto holds = [&](double multiple) {
        return keeps_policy(setup, peak_work(load, multiple, setup.peak_probability), nodes);
    };
    // Beyond either bound the answer says nothing: the models end at 1e7 arrivals.
    constexpr double arrivals_max = 1e7;
    double multiple_max = 1e6;
    for (const double arrivals : load.arrivals) {
        if (arrivals > 0) multiple_max = std::min(multiple_max, arrivals_max / arrivals);
    }
    double high = 1;
    while (high < multiple_max && holds(high)) high *= 2;
    high = std::min(high, multiple_max);
    if (holds(high)) return high;
    constexpr int halvings = 40;
    return largest_held(high > 1 ? high / 2 : 0, high, halvings, holds);
}

}  // namespace

std::optional<double> largest_storm_multiple(const RoleSetup& setup, const Load& load, int nodes) {
    const auto survives = [&](double multiple) {
        return survives_storms(setup, load, multiple, nodes);
    };
    double high = 1;
    while (survives(high)) {
        if (high >= storm_multiple_max_factor) return std::nullopt;
        high *= 2;
    }
    constexpr int halvings = 12;  // each follows a storm
    return largest_held(high > 1 ? high / 2 : 0, high, halvings, survives);
}

double largest_multiple_factor(const RoleSetup& setup, const Load& load, int nodes) {
    const double steady = largest_steady_factor(setup, load, nodes);
    const auto survives = [&](double multiple) {
        return survives_storms(setup, load, multiple, nodes);
    };
    if (survives(steady)) return steady;
    constexpr int halvings = 24;  // each follows a storm
    return largest_held(0, steady, halvings, survives);
}

}  // namespace busyhour
