#pragma once

#include "busyhour/plan/busy_hour.h"
#include "busyhour/plan/replication.h"

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace busyhour {

/// What one node of a role has, and what the policy lets it use.
struct NodeCapacity {
    double cores_number = 0;  ///< in cores of the host that the server model was measured on
    std::array<std::optional<double>, resource_count> amounts;  ///< of each resource, if known
    std::array<double, resource_count> target_fractions{};
};

/// Everything that sizing one role needs to know, but the load.
struct RoleSetup {
    RoleKind kind{};
    CostModel cost;
    NodeCapacity node;
    Redundancy redundancy = Redundancy::none;
    double peak_probability = 0.999;
    std::optional<int> fixed_nodes;
    ReplicationSetup replicated;
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
    bool is_met = true;                  ///< whether the policy is kept
    std::optional<Resource> bottleneck;  ///< the resource nearest to its target
    double utilisation_fraction = 0;     ///< of the bottleneck, in the worse state of worst_uses
    double utilisation_all_nodes_fraction = 0;
    std::vector<ResourceUse> resources;
    int nodes_low = 0;     ///< where costs are at the low end of the model's band
    int nodes_high = 0;    ///< at the high end; 0: no number suffices
    Traffic mean_traffic;  ///< of the role in the mean of the busy hour, replication included
    Traffic peak_traffic;
    double replication_packets_per_s = 0;  ///< of changes on the wire, all nodes in service
    std::optional<ReplicationUse> replication;
};

/// The setup of a role as the deployment and the catalogue have it.
RoleSetup role_setup(const Deployment& deployment, const Catalog& catalog, RoleKind kind);

/// The nodes that carry the load grown by `growth_factor`, or what the fixed nodes make of it.
Sizing size_role(const RoleSetup& setup, const Load& load, double growth_factor);

/// How much of the load the given nodes carry within the policy: 2 is twice as much.
double largest_multiple_factor(const RoleSetup& setup, const Load& load, int nodes);

/// The nodes that may be lost out of `nodes`, and still leave one.
int spare_nodes_of(Redundancy redundancy, int nodes);

/// Utilisation over target of each resource of one node where `carrying` nodes share the peak.
std::vector<ResourceUse> resource_uses(const RoleSetup& setup, const Work& peak, int carrying);

/// The fuller of two states, resource by resource: the spare nodes lost, and, where replication
/// makes more nodes more work, all nodes in service.
std::vector<ResourceUse> worst_uses(const RoleSetup& setup, const Work& peak, int nodes);

}  // namespace busyhour
