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

/// Sum over drivers of what each costs times how much of it a node has.
Explained cost_sum(const Place& place, const std::string& name, Resource resource,
                   const Demand& costs, const Carrying& carrying);

/// Packets/s into one of these nodes at the peak.
Explained node_packets_in(const Place& place, const Carrying& carrying);

/// What a core of the role's nodes is worth.
Explained core_worth(const Scene& scene, RoleKind kind);

/// Cores of one node, in cores of the host that the server model was measured on.
Explained cores_of(const Place& place);

}  // namespace busyhour
