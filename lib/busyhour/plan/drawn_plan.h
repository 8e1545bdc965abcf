// internal: not installed
#pragma once

#include "busyhour/model/poisson.h"
#include "busyhour/plan/plan.h"
#include "busyhour/plan/work_cache.h"

#include <array>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace busyhour {

/// What a process of a role asks of its nodes, in the few numbers that sizing needs.
struct RoleUse {
    double saturated_cores = 0;
    double wakeup_cores = 0;
    std::array<double, resource_count> amounts{};  ///< of resources other than CPU and network
    Traffic traffic;

    RoleUse& add(const RoleUse& other, double factor);
};

/// Plans the same deployment again and again with other numbers; made for speed.
///
/// With the plan's own numbers it finds what the plan has, up to the estimate of the peaks: a test
/// holds it to that.
class DrawnPlan {
public:
    /// A result's path in the report, and whether it is a whole number.
    struct Name {
        std::string path;
        bool is_count = false;
    };

    DrawnPlan(const PlanInput& input, const Plan& plan);

    /// The members to change between two draws.
    Deployment& deployment() { return deployment_; }
    /// By what the costs of the server model of that name are off.
    void set_cost_factor(const std::string& server, double factor);
    /// Growth by a fit: -1 the low end of its interval, 0 the median, 1 the high end.
    double& growth_position() { return growth_position_number_; }

    /// Computes all results of the numbers as they are now.
    void draw();

    /// Every result of the last draw, in the order of `names`.
    [[nodiscard]] const std::vector<double>& results() const { return results_; }
    [[nodiscard]] const std::vector<Name>& names() const { return names_; }

    /// Usage over what the policy allows with the start year's nodes: year by year, in each year
    /// one for each of `limits`.
    [[nodiscard]] const std::vector<double>& fills() const { return fills_; }
    [[nodiscard]] const std::vector<Risk>& limits() const { return limits_; }

    /// Nodes of all roles in the last year of the last draw.
    [[nodiscard]] int last_nodes_number() const { return last_nodes_number_; }

private:
    using Fills = std::array<double, resource_count>;

    struct Role {
        RoleSetup setup;
        double cost_factor = 1;
        double node_cores_factor = 1;  ///< reference cores of one core of a node
        std::vector<int> planned_nodes;
        int guessed_nodes = 1;  ///< where the search for nodes begins
        Load load;
        std::array<RoleUse, process_count> uses;
        RoleSetup replicating;  ///< with the drawn costs, where the role replicates
    };

    /// What a role bears at the peak; `work` only where it replicates.
    struct RolePeak {
        RoleUse use;
        Work work;
    };

    void name_results(const Plan& plan);
    void name_role(const Role& role, const std::string& path);
    void name_network(const Plan& plan, const std::string& path);
    void name_limits(const Plan& plan);
    [[nodiscard]] double growth_factor(std::size_t year) const;
    void prepare_roles(const BusyHour& hour);
    void draw_year(const BusyHour& hour, std::size_t year);
    void draw_role(Role& role, std::size_t year, double growth_factor);
    void draw_network(const BusyHour& hour, const Growing& growing);
    void draw_trunks(const BusyHour& hour, const Growing& growing);
    double channels_for(double offered_erlang);
    [[nodiscard]] RolePeak peak_of(const Role& role, double growth_factor);
    [[nodiscard]] static Fills fills_of(const Role& role, const RolePeak& at_peak, int nodes);
    [[nodiscard]] static int nodes_for(Role& role, const RolePeak& peak);
    double quantile(double mean_number);
    void put(double value_number) { results_.push_back(value_number); }
    void put_fills(const std::vector<Fill>& fills);

    Deployment deployment_;
    WorkCache cache_;
    PoissonQuantileEstimate estimate_;
    const Plan& plan_;
    std::vector<Role> roles_;
    double growth_position_number_ = 0;
    std::vector<std::pair<double, double>> known_quantiles_;
    std::unordered_map<long, int> known_channels_;  ///< by the offered traffic in steps of 0.1 %
    std::vector<SiteLoad> link_loads_;
    std::vector<SiteLoad> firewall_loads_;
    std::vector<double> results_;
    std::vector<double> fills_;
    std::vector<Name> names_;
    std::vector<Risk> limits_;
    int last_nodes_number_ = 0;
};

}  // namespace busyhour
