// internal: not installed
#pragma once

#include "busyhour/model/poisson.h"
#include "busyhour/plan/plan.h"
#include "busyhour/plan/work_cache.h"

#include <array>
#include <vector>

namespace busyhour {

/// What one event, call or contact asks of a node, in the few numbers that sizing needs.
struct NodeUse {
    double saturated_cores = 0;
    double wakeup_cores = 0;
    double memory_bytes = 0;
    double connections_number = 0;
    double ports_number = 0;
    Traffic traffic;
    double registrations_per_s = 0;
    double contacts_number = 0;

    NodeUse& operator+=(const NodeUse& other);
};
NodeUse operator*(NodeUse use, double factor);

/// A role's load in those numbers, by process.
struct RoleUse {
    std::array<NodeUse, process_count> uses;
    std::array<double, process_count> arrivals{};
};

/// Plans the same deployment again and again with other numbers; made for speed.
///
/// With the numbers of the plan itself it finds what the plan has: a test holds it to that.
class DrawnPlan {
public:
    DrawnPlan(const PlanInput& input, const Plan& plan);

    /// The members to change between two draws.
    Deployment& deployment() { return deployment_; }
    /// By how much the costs of that role's server model are off.
    double& cost_factor(std::size_t role) { return setups_[role].cost_factor; }

    /// Computes all results of the numbers as they are now.
    void draw();

    /// Every result, in the order of `names`.
    [[nodiscard]] const std::vector<double>& results() const { return results_; }
    /// The report's path of each result, and whether it is a whole number.
    struct Name {
        std::string path;
        bool is_count = false;
    };
    [[nodiscard]] const std::vector<Name>& names() const { return names_; }

    /// Usage over what the policy allows, of each limit of the plan's constraints: by year, limit.
    [[nodiscard]] const std::vector<double>& fills() const { return fills_; }
    [[nodiscard]] const std::vector<Risk>& limits() const { return limits_; }

    /// Nodes of all roles in the last year.
    [[nodiscard]] int last_nodes() const { return last_nodes_; }

private:
    struct Setup {
        RoleSetup role;
        double cost_factor = 1;
        double host_factor = 1;           ///< effective cores of a node over its cores
        int start_nodes = 1;              ///< of the plan
        std::vector<int> planned_nodes;   ///< of the plan, by year
        std::vector<int> last_nodes;      ///< of the draw before, where the search begins
    };

    void name_results(const Plan& plan);
    void draw_year(std::size_t year, const BusyHour& hour);
    void draw_demand(const BusyHour& hour, double growth_factor);
    void draw_role(std::size_t role, std::size_t year, double growth_factor);
    void draw_network(const BusyHour& hour, double growth_factor);
    void draw_trunk(std::size_t trunk, std::size_t year, const BusyHour& hour,
                    double growth_factor);
    NodeUse peak_of(const RoleUse& use, double growth_factor);
    [[nodiscard]] double worst_fill(const Setup& setup, const NodeUse& peak, int nodes,
                                    std::array<double, resource_count>& fills) const;
    int nodes_for(Setup& setup, const NodeUse& peak, std::size_t year) const;
    double quantile(double mean_number);
    void put(double value) { results_.push_back(value); }

    const Catalog& catalog_;
    Deployment deployment_;
    WorkCache cache_;
    PoissonQuantileEstimate estimate_;
    std::vector<Setup> setups_;
    std::vector<RoleUse> uses_;
    std::vector<int> last_channels_;
    std::vector<std::pair<double, double>> known_quantiles_;
    std::vector<double> results_;
    std::vector<double> fills_;
    std::vector<Name> names_;
    std::vector<Risk> limits_;
    int last_nodes_ = 0;
};

}  // namespace busyhour
