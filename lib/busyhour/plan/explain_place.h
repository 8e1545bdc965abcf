// internal: not installed
#pragma once

#include "busyhour/plan/explain_scene.h"

#include <algorithm>
#include <string>

namespace busyhour {

/// A role of a year: "/years/Y/roles/R".
struct Place {
    const Scene& scene;
    std::string year;
    std::size_t role = 0;

    Place(const Scene& scene_, const Match& match)
        : scene(scene_), year(match.at(0)), role(std::stoul(match.at(1))) {}

    [[nodiscard]] std::string pointer(const std::string& key) const {
        return "/years/" + year + "/roles/" + std::to_string(role) + "/" + key;
    }
    [[nodiscard]] Explained reported(const std::string& name, const std::string& key) const {
        return scene.reported(name, pointer(key));
    }
    [[nodiscard]] const YearPlan& plan() const { return scene.plan.years.at(std::stoul(year)); }
    [[nodiscard]] const Sizing& sizing() const { return plan().roles.at(role); }
    [[nodiscard]] RoleKind kind() const { return sizing().kind; }
    [[nodiscard]] const RoleSetup& setup() const { return scene.setups.at(index_of(kind())); }
    [[nodiscard]] const Load& load() const { return scene.hour.roles.at(index_of(kind())); }
    [[nodiscard]] const RoleChoice& choice() const {
        return scene.deployment().roles.at(index_of(kind()));
    }
    [[nodiscard]] Work peak() const {
        return peak_work(load(), plan().growth_factor, setup().peak_probability);
    }
    /// Pointer into the deployment.
    [[nodiscard]] std::string given(const std::string& key) const {
        return "/roles/" + std::string(name_of(kind())) + "/" + key;
    }
    [[nodiscard]] int shown_nodes() const { return std::max(1, sizing().nodes); }
};

/// The role's nodes as reported, or the one that is shown where no number suffices.
Explained nodes_of(const Place& place);

/// Nodes that share a role's peak.
struct Carrying {
    double number = 1;
    Explained explained;
};

/// A driver's amount at one of these nodes at the peak, replication included.
Explained node_amount(const Place& place, Driver driver, const Carrying& carrying);

/// Which of a server model's coefficients: of a resource, or what waking up adds to CPU.
struct Coefficients {
    Resource resource = Resource::cpu_cores;
    bool is_wakeup = false;

    [[nodiscard]] const Demand& of(const CostModel& cost) const {
        return is_wakeup ? cost.wakeup_cpu_cores : cost.cost.at(index_of(resource));
    }
};

/// What one unit of a driver costs at a role: as its server's model says, times what carries it to
/// the role's host.
Explained cost_of_each(const Scene& scene, RoleKind kind, const Coefficients& coefficients,
                       Driver driver);

/// The factor of a kind of work that carries a server's costs to a host, both by their yardsticks.
Explained carrying_factor(const Scene& scene, const std::string& server, const std::string& host,
                          Yardstick yardstick);

/// Sum over drivers of what each costs times how much of it a node has.
Explained cost_sum(const Place& place, const std::string& name, const Coefficients& coefficients,
                   const Carrying& carrying);

/// Packets/s into one of these nodes at the peak.
Explained node_packets_in(const Place& place, const Carrying& carrying);

/// What a core of the role's nodes is worth.
Explained core_worth(const Scene& scene, RoleKind kind);

/// The speed of a core of a host for a role's server, by `core_speed_factor`: 1 where yardsticks
/// carry the costs there instead.
Explained core_speed(const Scene& scene, const std::string& server, const std::string& host);

/// Cores of one node, in cores of the host that the server model was measured on.
Explained cores_of(const Place& place);

}  // namespace busyhour
