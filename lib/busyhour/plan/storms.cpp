#include "busyhour/plan/storms.h"

#include "busyhour/model/day.h"

#include <algorithm>
#include <array>

namespace busyhour {
namespace {

/// The role's steady work while the storm is on.
Demand other_demand(const Load& load, double growth_factor, StormCause cause) {
    Demand demand;
    for (std::size_t i = 0; i < process_count; ++i) {
        // After an outage all registrations and connections are those of the storm.
        const bool is_storm =
            i == index_of(Process::registrations) || i == index_of(Process::reconnects);
        if (is_storm && cause == StormCause::power) continue;
        demand += load.work.at(i).demand * growth_factor;
    }
    return demand;
}

/// Replication of one registration to all other nodes, at both ends.
Demand replication_of_one(const RoleSetup& setup, int nodes) {
    Demand demand;
    if (setup.replicated.kind == Replication::none) return demand;
    demand[Driver::replication_messages_sent] = nodes - 1;
    demand[Driver::replication_messages_received] = nodes - 1;
    return demand;
}

/// CPU core seconds of a demand on a busy server, where no worker sleeps between messages.
double saturated_work(const RoleSetup& setup, const Demand& demand) {
    return cpu_cost(setup.cost, demand).saturated_cores;
}

StormGroup group_of(const RoleSetup& setup, const StormEndpoints& endpoints, double share_fraction,
                    int nodes) {
    StormGroup group{.endpoints_number = endpoints.endpoints_number * share_fraction,
                     .is_udp = endpoints.is_udp,
                     .connection_work_number = saturated_work(setup, endpoints.connection),
                     .request_works = {}};
    for (std::size_t i = 0; i < endpoints.requests.size(); ++i) {
        Demand demand = endpoints.requests[i];
        if (i + 1 == endpoints.requests.size()) demand += replication_of_one(setup, nodes);
        constexpr double least = 1e-9;  // a model that prices registrations at nothing
        group.request_works.push_back(std::max(least, saturated_work(setup, demand)));
    }
    return group;
}

/// In a storm the CPU may be full: the target holds for the busy hour.
double free_cores(const RoleSetup& setup, const Load& load, double growth_factor,
                  const StormScenario& scenario) {
    Demand other = other_demand(load, growth_factor, scenario.cause);
    if (scenario.cause == StormCause::dead_node) {
        other += replication_of_one(setup, scenario.nodes) * other[Driver::registrations];
    }
    const double idle = setup.cost.idle.at(index_of(Resource::cpu_cores));
    const double cores = (setup.node.cores_number - idle) * scenario.nodes;
    return std::max(0.0, cores - saturated_work(setup, other));
}

/// The storms before they are followed.
std::vector<StormScenario> storms_of(const RoleSetup& setup, const Load& load, double growth_factor,
                                     int nodes) {
    std::vector<StormScenario> scenarios;
    if (!setup.storm || nodes < 1) return scenarios;
    for (const StormCause cause : {StormCause::power, StormCause::dead_node}) {
        const bool is_power = cause == StormCause::power;
        if (!is_power && nodes < 2) continue;
        StormScenario scenario{
            .cause = cause,
            .nodes = is_power ? nodes - spare_nodes_of(setup.redundancy, nodes) : nodes - 1,
            .storm = {},
            .outcome = {}};
        const double share_fraction = is_power ? growth_factor : growth_factor / nodes;
        Storm& storm = scenario.storm;
        for (const StormEndpoints& endpoints : setup.storm->groups) {
            storm.groups.push_back(group_of(setup, endpoints, share_fraction, scenario.nodes));
        }
        storm.window_s = setup.storm->window_s;
        storm.steps_per_s = 10;
        storm.server.capacity_per_s = free_cores(setup, load, growth_factor, scenario);
        storm.server.queue_number *= scenario.nodes;
        scenarios.push_back(std::move(scenario));
    }
    return scenarios;
}

/// Whether one storm is over in time; it is followed only where arithmetic does not decide.
bool is_over_in(Storm storm, double recovery_s) {
    const double capacity_per_s = storm.server.capacity_per_s;
    if (total_endpoints_number(storm) <= 0) return true;
    if (total_work_number(storm) > capacity_per_s * recovery_s) return false;
    if (calm_capacity_per_s(storm) <= capacity_per_s) return true;
    storm.horizon_s = recovery_s;
    return simulate(storm).end == StormEnd::recovered;
}

}  // namespace

std::string_view name_of(StormCause cause) {
    return cause == StormCause::power ? "power" : "dead_node";
}

std::vector<StormScenario> storm_scenarios(const RoleSetup& setup, const Load& load,
                                           double growth_factor, int nodes) {
    std::vector<StormScenario> scenarios = storms_of(setup, load, growth_factor, nodes);
    for (StormScenario& scenario : scenarios) {
        const double target_s = setup.storm->recovery_s;
        scenario.storm.horizon_s = std::min(day_s, std::max(hour_s, 2 * target_s));
        scenario.outcome = simulate(scenario.storm);
        scenario.is_met = scenario.outcome.recovery_s && *scenario.outcome.recovery_s <= target_s;
    }
    return scenarios;
}

bool survives_storms(const RoleSetup& setup, const Load& load, double growth_factor, int nodes) {
    const std::vector<StormScenario> scenarios = storms_of(setup, load, growth_factor, nodes);
    return std::all_of(scenarios.begin(), scenarios.end(), [&](const StormScenario& scenario) {
        return is_over_in(scenario.storm, setup.storm->recovery_s);
    });
}

}  // namespace busyhour
