#pragma once

#include "busyhour/plan/sizing.h"

#include <optional>
#include <string>
#include <vector>

namespace busyhour {

/// One role of the start year on one host.
struct HostRow {
    RoleKind kind{};
    std::string host;
    bool is_chosen = false;  ///< as the deployment has it, oversubscription included
    double cores_per_node_number = 0;
    std::optional<YardstickFactors> cost_factors;  ///< that carried the server model there
    Sizing sizing;                                 ///< with as many nodes as it needs
};

/// What an oversubscribed host costs one role in the start year.
struct Oversubscription {
    RoleKind kind{};
    double core_worth_fraction = 1;
    bool is_shared = false;           ///< with neighbours, not only the core's other thread
    int nodes = 0;                    ///< 0: no number suffices
    int nodes_without = 0;            ///< on the same host, whole cores
    double response_time_factor = 1;  ///< at the same utilisation, after adding nodes
    /// With the nodes of a whole host, the bottleneck being CPU; nothing where they are overloaded.
    std::optional<double> response_same_nodes_factor;
};

/// Every role on every host of the catalogue: first as chosen, then each host with whole cores,
/// less the host's own derating.
/// A host that is bought whole brings its own cores, any other the role's cores_per_node.
std::vector<HostRow> compare_hosts(const PlanInput& input, const BusyHour& hour);

/// The roles whose cores are worth less than whole ones.
std::vector<Oversubscription> oversubscriptions(const PlanInput& input, const BusyHour& hour);

}  // namespace busyhour
