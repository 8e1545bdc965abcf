#include "busyhour/plan/drawn_plan.h"

#include "busyhour/model/erlang.h"
#include "busyhour/plan/year_demand.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace busyhour {
namespace {

double cores_of(const Deployment& deployment, RoleKind kind) {
    return deployment.roles.at(index_of(kind)).cores_per_node_number;
}

RoleUse use_of(const Work& work, const CostModel& cost, double cost_factor) {
    RoleUse use;
    const CpuCost cpu = cpu_cost(cost, work.demand);
    use.saturated_cores = cpu.saturated_cores * cost_factor;
    use.wakeup_cores = cpu.wakeup_cores * cost_factor;
    for (const Resource resource :
         {Resource::memory_bytes, Resource::connections, Resource::udp_ports}) {
        const double factor = resource == Resource::memory_bytes ? cost_factor : 1;
        use.amounts.at(index_of(resource)) = usage_number(cost, resource, work.demand) * factor;
    }
    use.traffic = work.traffic;
    return use;
}

/// One node that carries, and its spares.
int least_nodes(Redundancy redundancy) {
    switch (redundancy) {
        case Redundancy::n_plus_1:
        case Redundancy::two_n:
            return 2;
        case Redundancy::n_plus_2:
            return 3;
        case Redundancy::none:
            break;
    }
    return 1;
}

bool is_empty(const Work& work) {
    return work.traffic.packets_in_number == 0 && work.traffic.packets_out_number == 0 &&
           std::all_of(work.demand.amounts.begin(), work.demand.amounts.end(),
                       [](double amount) { return amount == 0; });
}

}  // namespace

RoleUse& RoleUse::add(const RoleUse& other, double factor) {
    saturated_cores += other.saturated_cores * factor;
    wakeup_cores += other.wakeup_cores * factor;
    for (std::size_t i = 0; i < resource_count; ++i) amounts[i] += other.amounts[i] * factor;
    traffic += other.traffic * factor;
    return *this;
}

DrawnPlan::DrawnPlan(const PlanInput& input, const Plan& plan)
    : deployment_(input.deployment),
      cache_(deployment_, input.catalog),
      estimate_(std::min(input.deployment.policy.peak_probability, 0.999999)),
      plan_(plan) {
    for (const RoleKind kind : roles_of(deployment_)) {
        Role role{.setup = role_setup(deployment_, input.catalog, kind),
                  .planned_nodes = {},
                  .load = {},
                  .uses = {},
                  .replicating = {}};
        role.replicating = role.setup;
        role.node_cores_factor = role.setup.node.cores_number / cores_of(deployment_, kind);
        for (const YearPlan& year : plan.years) {
            role.planned_nodes.push_back(std::max(1, year.roles.at(roles_.size()).nodes));
        }
        role.guessed_nodes = std::max(1, plan.years.front().roles.at(roles_.size()).nodes);
        roles_.push_back(std::move(role));
    }
    name_results(plan);
    name_limits(plan);
}

void DrawnPlan::set_cost_factor(const std::string& server, double factor) {
    for (Role& role : roles_) {
        if (deployment_.roles.at(index_of(role.setup.kind)).server == server) {
            role.cost_factor = factor;
        }
    }
}

void DrawnPlan::name_results(const Plan& plan) {
    for (std::size_t i = 0; i < plan.years.size(); ++i) {
        const std::string path = "/years/" + std::to_string(i);
        names_.push_back({path + "/endpoints", false});
        for (const DemandField& field : demand_fields()) {
            const bool is_poisson = field.name.find("attempts_peak") != field.name.npos ||
                                    field.name == "concurrent_calls_peak";
            names_.push_back({path + "/demand/" + std::string(field.name), is_poisson});
        }
        for (std::size_t k = 0; k < roles_.size(); ++k) {
            name_role(roles_[k], path + "/roles/" + std::to_string(k));
        }
        name_network(plan, path);
    }
}

void DrawnPlan::name_role(const Role& role, const std::string& path) {
    names_.push_back({path + "/nodes", !role.setup.fixed_nodes});
    names_.push_back({path + "/utilisation_fraction", false});
    names_.push_back({path + "/in/packets_peak_per_s", false});
    names_.push_back({path + "/out/packets_peak_per_s", false});
    names_.push_back({path + "/in/bits_peak_per_s", false});
    names_.push_back({path + "/out/bits_peak_per_s", false});
}

void DrawnPlan::name_network(const Plan& plan, const std::string& path) {
    const YearPlan& start = plan.years.front();
    const auto name_all = [&](const std::string& list, std::size_t index,
                              const std::vector<Fill>& fills) {
        for (std::size_t k = 0; k < fills.size(); ++k) {
            std::string place = path;
            place.append("/").append(list).append("/").append(std::to_string(index));
            place.append("/resources/").append(std::to_string(k)).append("/peak");
            names_.push_back({std::move(place), list == "trunks"});
        }
    };
    for (std::size_t i = 0; i < start.links.size(); ++i) name_all("links", i, start.links[i].fills);
    for (std::size_t i = 0; i < start.firewalls.size(); ++i) {
        name_all("firewalls", i, start.firewalls[i].fills);
    }
    for (std::size_t i = 0; i < start.trunks.size(); ++i) {
        name_all("trunks", i, start.trunks[i].fills);
    }
}

void DrawnPlan::name_limits(const Plan& plan) {
    for (const Role& role : roles_) {
        for (std::size_t i = 0; i < resource_count; ++i) {
            limits_.push_back({.kind = "role",
                               .name = std::string(name_of(role.setup.kind)),
                               .resource = std::string(resource_labels().at(i).short_name),
                               .probabilities = {}});
        }
    }
    const auto add = [&](const std::string& kind, const std::string& name,
                         const std::vector<Fill>& fills) {
        for (const Fill& fill : fills) {
            limits_.push_back(
                {.kind = kind, .name = name, .resource = fill.resource, .probabilities = {}});
        }
    };
    const YearPlan& start = plan.years.front();
    for (const LinkUse& link : start.links) add("link", link.name, link.fills);
    for (const FirewallUse& wall : start.firewalls) add("firewall", wall.name, wall.fills);
    for (const TrunkUse& trunk : start.trunks) add("trunk", trunk.name, trunk.fills);
}

double DrawnPlan::quantile(double mean_number) {
    for (const auto& [mean, value] : known_quantiles_) {
        if (mean == mean_number) return value;
    }
    const double value = estimate_.of(mean_number);
    known_quantiles_.emplace_back(mean_number, value);
    return value;
}

double DrawnPlan::growth_factor(std::size_t year) const {
    const YearPlan& planned = plan_.years[year];
    if (deployment_.growth.model == GrowthModel::compound) {
        return std::pow(1 + deployment_.growth.rate_per_year_fraction, static_cast<double>(year));
    }
    if (!planned.endpoints_low_number || planned.endpoints_number <= 0)
        return planned.growth_factor;
    const double end_number = growth_position_number_ < 0
                                  ? *planned.endpoints_low_number
                                  : planned.endpoints_high_number.value_or(0);
    return planned.growth_factor *
           std::pow(end_number / planned.endpoints_number, std::abs(growth_position_number_));
}

void DrawnPlan::draw() {
    const BusyHour hour = busy_hour_of(deployment_, cache_);
    results_.clear();
    fills_.clear();
    prepare_roles(hour);
    link_loads_.clear();
    for (const Link& link : deployment_.links) {
        link_loads_.push_back(load_between(hour, link.site));
    }
    firewall_loads_.clear();
    for (const Firewall& firewall : deployment_.firewalls) {
        firewall_loads_.push_back(load_between(hour, firewall.site));
    }
    for (std::size_t year = 0; year < plan_.years.size(); ++year) draw_year(hour, year);
}

void DrawnPlan::prepare_roles(const BusyHour& hour) {
    for (Role& role : roles_) {
        role.load = hour.roles.at(index_of(role.setup.kind));
        role.setup.node.cores_number =
            cores_of(deployment_, role.setup.kind) * role.node_cores_factor;
        role.setup.node.amounts.at(index_of(Resource::cpu_cores)) = role.setup.node.cores_number;
        if (role.setup.replicated.kind != Replication::none) {
            role.replicating.node = role.setup.node;
            role.replicating.cost = scaled(role.setup.cost, role.cost_factor);
        }
        for (std::size_t i = 0; i < process_count; ++i) {
            const Work& work = role.load.work.at(i);
            role.uses.at(i) =
                is_empty(work) ? RoleUse{} : use_of(work, role.setup.cost, role.cost_factor);
        }
    }
}

void DrawnPlan::draw_year(const BusyHour& hour, std::size_t year) {
    known_quantiles_.clear();
    const double factor = growth_factor(year);
    const Growing growing{factor, [this](double mean_number) { return quantile(mean_number); },
                          deployment_.policy};
    const YearDemand demand = year_demand(hour, factor, growing.peak);
    put(demand.totals.endpoints_number);
    for (const DemandField& field : demand_fields()) put(field.value(demand));
    last_nodes_number_ = 0;
    for (Role& role : roles_) draw_role(role, year, factor);
    draw_network(hour, growing);
}

DrawnPlan::RolePeak DrawnPlan::peak_of(const Role& role, double growth_factor) {
    RolePeak peak;
    for (std::size_t i = 0; i < process_count; ++i) {
        const double mean_number = role.load.arrivals.at(i) * growth_factor;
        const bool has_peak = i != index_of(Process::standing) && mean_number > 0;
        const double factor = has_peak ? quantile(mean_number) / mean_number : 1;
        peak.use.add(role.uses.at(i), growth_factor * factor);
    }
    if (role.setup.replicated.kind != Replication::none) {
        peak.work = peak_work(role.load, growth_factor,
                              [this](double mean_number) { return quantile(mean_number); });
    }
    return peak;
}

DrawnPlan::Fills DrawnPlan::fills_of(const Role& role, const RolePeak& at_peak, int nodes) {
    const RoleSetup& setup = role.setup;
    Fills fills{};
    if (setup.replicated.kind != Replication::none) {  // each node adds by how many there are
        for (const ResourceUse& use : worst_uses(role.replicating, at_peak.work, nodes)) {
            if (!use.utilisation_fraction) continue;
            fills.at(index_of(use.resource)) = *use.utilisation_fraction / use.target_fraction;
        }
        return fills;
    }
    const double carrying = nodes - spare_nodes_of(setup.redundancy, nodes);
    const RoleUse& peak = at_peak.use;
    const Traffic& traffic = peak.traffic;
    for (std::size_t i = 0; i < resource_count; ++i) {
        const std::optional<double>& capacity = setup.node.amounts.at(i);
        if (!capacity) continue;
        double usage = peak.amounts.at(i) / carrying;
        if (i == index_of(Resource::cpu_cores)) {
            usage = busy_cores({peak.saturated_cores / carrying, peak.wakeup_cores / carrying},
                               setup.node.cores_number);
        } else if (i == index_of(Resource::packets_per_s)) {
            usage = (traffic.packets_in_number + traffic.packets_out_number) / carrying;
        } else if (i == index_of(Resource::bits_per_s)) {
            usage = std::max(traffic.in_bytes, traffic.out_bytes) * 8 / carrying;
        }
        fills.at(i) =
            (setup.cost.idle.at(i) + usage) / (*capacity * setup.node.target_fractions.at(i));
    }
    return fills;
}

int DrawnPlan::nodes_for(Role& role, const RolePeak& peak) {
    if (role.setup.fixed_nodes) return *role.setup.fixed_nodes;
    constexpr int nodes_max = 65536;
    constexpr double rounding = 1e-9;
    const auto suffices = [&](int nodes) {
        const Fills fills = fills_of(role, peak, nodes);
        return *std::max_element(fills.begin(), fills.end()) <= 1 + rounding;
    };
    const int step = role.setup.redundancy == Redundancy::two_n ? 2 : 1;
    const int least = least_nodes(role.setup.redundancy);
    // Where nodes replicate more of them may not help: the search begins at the least each time.
    const bool is_replicating = role.setup.replicated.kind != Replication::none;
    int nodes = is_replicating ? least : std::max(least, role.guessed_nodes);
    int low = nodes;  // does not suffice, once the search goes up
    for (int jump = step; !suffices(nodes); jump *= 2) {
        if (nodes >= nodes_max) return nodes_max;  // none does: the guess stays
        low = nodes;
        nodes = std::min(nodes + jump, nodes_max);
    }
    while (nodes - low > step) {
        const int middle = low + (nodes - low) / (2 * step) * step;
        (suffices(middle) ? nodes : low) = middle;
    }
    if (low == nodes) {
        while (nodes - step >= least && suffices(nodes - step)) nodes -= step;
    }
    role.guessed_nodes = nodes;
    return nodes;
}

void DrawnPlan::draw_role(Role& role, std::size_t year, double growth_factor) {
    const RolePeak peak = peak_of(role, growth_factor);
    const int nodes = nodes_for(role, peak);
    last_nodes_number_ += nodes;
    put(nodes);
    const Fills planned = fills_of(role, peak, role.planned_nodes[year]);
    const std::size_t fullest = static_cast<std::size_t>(
        std::max_element(planned.begin(), planned.end()) - planned.begin());
    put(planned.at(fullest) * role.setup.node.target_fractions.at(fullest));
    Traffic traffic = peak.use.traffic;
    if (role.setup.replicated.kind != Replication::none) {
        const int all = role.planned_nodes[year];
        traffic.add(replication_work(role.setup.replicated, peak.work.demand, all).traffic, all);
    }
    put(traffic.packets_in_number);
    put(traffic.packets_out_number);
    put(traffic.in_bytes * 8);
    put(traffic.out_bytes * 8);
    const Fills start = fills_of(role, peak, role.planned_nodes.front());
    fills_.insert(fills_.end(), start.begin(), start.end());
}

void DrawnPlan::put_fills(const std::vector<Fill>& fills) {
    for (const Fill& fill : fills) {
        put(fill.usage_number);
        fills_.push_back(fill.ratio_fraction().value_or(0));
    }
}

void DrawnPlan::draw_network(const BusyHour& hour, const Growing& growing) {
    for (std::size_t i = 0; i < link_loads_.size(); ++i) {
        put_fills(link_use(deployment_.links[i], link_loads_[i], growing).fills);
    }
    for (std::size_t i = 0; i < firewall_loads_.size(); ++i) {
        put_fills(firewall_use(deployment_.firewalls[i], firewall_loads_[i], growing).fills);
    }
    draw_trunks(hour, growing);
}

double DrawnPlan::channels_for(double offered_erlang) {
    if (offered_erlang <= 0) return 0;
    constexpr double steps = 1000;  // of a factor e: 0.1 % each, at most half of that off
    const long step = std::lround(std::log(offered_erlang) * steps);
    const auto [known, is_new] = known_channels_.emplace(step, 0);
    if (is_new) {
        known->second = servers_for(std::exp(static_cast<double>(step) / steps),
                                    deployment_.policy.blocking_probability);
    }
    return known->second;
}

void DrawnPlan::draw_trunks(const BusyHour& hour, const Growing& growing) {
    for (const Trunk& trunk : deployment_.trunks) {
        const double share = trunk.share_fraction * growing.factor;
        const double channels = channels_for(hour.totals.external_erlang * share);
        const double attempts_per_s = quantile(hour.totals.external_attempts_per_s * share);
        put(channels);
        put(attempts_per_s);
        fills_.push_back(trunk.channels_max ? channels / *trunk.channels_max : 0);
        fills_.push_back(
            trunk.call_attempts_max_per_s ? attempts_per_s / *trunk.call_attempts_max_per_s : 0);
    }
}

}  // namespace busyhour
