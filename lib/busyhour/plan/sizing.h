#pragma once

#include "busyhour/plan/busy_hour.h"
#include "busyhour/plan/replication.h"
#include "busyhour/plan/response.h"
#include "busyhour/plan/storm_setup.h"

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace busyhour {

/// What one node of a role has, and what the policy lets it use.
struct NodeCapacity {
    double cores_number = 0;         ///< in cores of the host that the server model was measured on
    double core_speed_factor = 1;    ///< of the host; 1 where yardsticks carry the costs there
    double core_worth_fraction = 1;  ///< of a whole core: steal, derating, overcommit, threads
    std::array<std::optional<double>, resource_count> amounts;  ///< of each resource, if known
    std::array<double, resource_count> target_fractions{};
    double speed_low_factor = 1;  ///< the cores are believed to be low to high times as fast
    double speed_high_factor = 1;
};

/// Everything that sizing one role needs to know, but the load.
struct RoleSetup {
    RoleKind kind{};
    CostModel cost;  ///< on the role's host, where yardsticks carry it there
    std::optional<YardstickFactors> cost_factors;  ///< that did so; nothing where none did
    NodeCapacity node;
    Redundancy redundancy = Redundancy::none;
    double peak_probability = 0.999;
    std::optional<int> fixed_nodes;
    std::optional<StormSetup> storm;  ///< of the role that registers
    ReplicationSetup replicated;
    std::optional<ResponseSetup> response;  ///< of the roles that endpoints wait for
};

/// How full one resource of a node is.
struct ResourceUse {
    Resource resource{};
    double usage_number = 0;                     ///< of the whole role, idle parts included
    std::optional<double> capacity_number;       ///< of one node
    std::optional<double> utilisation_fraction;  ///< of one node, spare nodes lost
    double target_fraction = 1;
};

/// The nodes of one role in one year.
struct Sizing {
    RoleKind kind{};
    int nodes = 0;  ///< spares included; 0: no number of nodes suffices
    int spare_nodes = 0;
    double cores_effective_number = 0;  ///< of one node, in cores of the reference
    int steady_nodes = 0;               ///< what the busy hour alone needs; the rest is for storms
    bool is_storm_bound = false;  ///< whether recovery from a storm asks for more, or is not met
    bool is_met = true;           ///< whether the policy is kept
    std::optional<Resource> bottleneck;  ///< the resource nearest to its target
    double utilisation_fraction = 0;     ///< of the bottleneck, in the worse state of worst_uses
    double utilisation_all_nodes_fraction = 0;
    std::vector<ResourceUse> resources;
    int nodes_low = 0;     ///< where costs and cores are at the good end of their bands
    int nodes_high = 0;    ///< at the bad end; 0: no number suffices
    Traffic mean_traffic;  ///< of the role in the mean of the busy hour, replication included
    Traffic peak_traffic;
    double replication_packets_per_s = 0;  ///< of changes on the wire, all nodes in service
    std::optional<ReplicationUse> replication;
    std::optional<ResponseTimes> response;  ///< at the peak, spare nodes lost
};

/// The setup of a role as the deployment and the catalogue have it.
RoleSetup role_setup(const Deployment& deployment, const Catalog& catalog, RoleKind kind);

/// The setup of a role with another choice of server, host and cores than the deployment's.
RoleSetup role_setup(const Deployment& deployment, const Catalog& catalog, RoleKind kind,
                     const RoleChoice& choice);

/// What carries the server model to that host: nothing where one of both has no yardsticks, and
/// `core_speed_factor` counts instead.
std::optional<YardstickFactors> carrying_factors(const ServerModel& server, const HostModel& host);

/// What a role's cores are worth on that host: of the steal that the deployment tells and the
/// derating of the host, which are the same time lost, the larger counts.
CpuShare share_on(const HostModel& host, const CpuShare& share);

/// Gives the nodes so many cores, of the host that the server model was measured on.
void set_cores(RoleSetup& setup, double cores_number);

/// The nodes that carry the load grown by `growth_factor`, or what the fixed nodes make of it.
Sizing size_role(const RoleSetup& setup, const Load& load, double growth_factor);

/// The response times of a node where the spare ones of `nodes` are lost.
std::optional<ResponseTimes> response_of(const RoleSetup& setup, const Work& peak, int nodes);

/// Storms of more are not followed: nodes for so much more are planned anew.
constexpr double storm_multiple_max_factor = 1024;

/// The largest multiple of the load whose storms the given nodes bear within the policy's recovery
/// time; nothing where they bear `storm_multiple_max_factor` times.
std::optional<double> largest_storm_multiple(const RoleSetup& setup, const Load& load, int nodes);

/// How much of the load the given nodes carry within the policy: 2 is twice as much.
double largest_multiple_factor(const RoleSetup& setup, const Load& load, int nodes);

/// The nodes that may be lost out of `nodes`, and still leave one.
int spare_nodes_of(Redundancy redundancy, int nodes);

/// What one node does where `carrying` nodes share the peak, replication included.
Work node_work(const RoleSetup& setup, const Work& peak, int carrying);

/// Utilisation over target of each resource of one node where `carrying` nodes share the peak.
std::vector<ResourceUse> resource_uses(const RoleSetup& setup, const Work& peak, int carrying);

/// The fuller of two states, resource by resource: the spare nodes lost, and, where replication
/// makes more nodes more work, all nodes in service.
std::vector<ResourceUse> worst_uses(const RoleSetup& setup, const Work& peak, int nodes);

}  // namespace busyhour
