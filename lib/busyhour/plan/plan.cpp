#include "busyhour/plan/plan.h"

#include "busyhour/catalog/nearest.h"
#include "busyhour/error.h"
#include "busyhour/model/poisson.h"
#include "busyhour/plan/findings.h"
#include "busyhour/plan/multiples.h"
#include "busyhour/plan/transports.h"
#include "busyhour/plan/year_demand.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

namespace busyhour {
namespace {

constexpr double rounding_fraction = 1e-9;  // of headroom: less than nothing only by rounding

/// The forecast, or an error that names the user's key and not the model's argument.
std::vector<Forecast> history_forecast(const Growth& growth, int years_ahead) {
    try {
        return forecast(growth.history, years_ahead, growth.interval_fraction);
    } catch (const InputError& error) {
        std::vector<Problem> problems = error.problems();
        for (Problem& problem : problems) {
            if (!problem.where.starts_with('/')) problem.where = "/growth/history";
        }
        throw InputError(std::move(problems));
    }
}

/// The years with their growth; the rest is still empty.
std::vector<YearPlan> years_of(const Deployment& deployment, double endpoints_number) {
    const Growth& growth = deployment.growth;
    const bool is_fit = growth.model == GrowthModel::fit;
    const double rate_fraction = is_fit ? growth_per_year_fraction(fit_growth(growth.history))
                                        : growth.rate_per_year_fraction;
    std::vector<Forecast> forecasts;
    if (is_fit) {
        int last_year = growth.history.front().year;
        for (const YearValue& point : growth.history) last_year = std::max(last_year, point.year);
        const int ahead = deployment.start_year + deployment.horizon_years - last_year;
        if (ahead > 0) {
            forecasts = history_forecast(growth, std::min(ahead, 100));
        }
    }
    std::vector<YearPlan> years;
    for (int i = 0; i <= deployment.horizon_years; ++i) {
        YearPlan year;
        year.year = deployment.start_year + i;
        year.growth_factor = std::pow(1 + rate_fraction, i);
        year.endpoints_number = endpoints_number * year.growth_factor;
        for (const Forecast& each : forecasts) {
            if (each.year != year.year) continue;
            year.endpoints_low_number = year.endpoints_number * each.low_number / each.value_number;
            year.endpoints_high_number =
                year.endpoints_number * each.high_number / each.value_number;
        }
        years.push_back(std::move(year));
    }
    return years;
}

void add_fills(const std::vector<Fill>& fills, const std::string& kind, const std::string& name,
               std::vector<Constraint>& found) {
    for (const Fill& fill : fills) {
        const std::optional<double> ratio = fill.ratio_fraction();
        if (!ratio) continue;
        found.push_back({.kind = kind,
                         .name = name,
                         .resource = fill.resource,
                         .headroom_fraction = 1 - *ratio,
                         .exhausted_in = std::nullopt});
    }
}

void add_role(const RoleSetup& setup, const Sizing& start, const Load& load, double growth_factor,
              std::vector<Constraint>& found) {
    const int nodes = std::max(1, start.nodes);
    const Work peak = peak_work(load, growth_factor, setup.peak_probability);
    for (const ResourceUse& use : worst_uses(setup, peak, nodes)) {
        if (!use.utilisation_fraction) continue;
        found.push_back({.kind = "role",
                         .name = std::string(name_of(setup.kind)),
                         .resource = std::string(short_name_of(use.resource)),
                         .headroom_fraction = 1 - *use.utilisation_fraction / use.target_fraction,
                         .exhausted_in = std::nullopt});
    }
    if (setup.response && setup.response->target_s) {
        const std::optional<ResponseTimes> times = response_of(setup, peak, nodes);
        const double ratio =
            times ? times->target_probability_s / *setup.response->target_s : HUGE_VAL;
        found.push_back({.kind = "role",
                         .name = std::string(name_of(setup.kind)),
                         .resource = "delay",
                         .headroom_fraction = 1 - std::min(ratio, 1e3),
                         .exhausted_in = std::nullopt});
    }
    if (!setup.storm) return;
    found.push_back(
        {.kind = "role",
         .name = std::string(name_of(setup.kind)),
         .resource = "storm",
         .headroom_fraction = survives_storms(setup, load, growth_factor, nodes) ? 0.0 : -1.0,
         .exhausted_in = std::nullopt});
}

/// Throws InputError where the demand leaves the range of the models.
void check_range(const BusyHour& hour, const std::vector<YearPlan>& years) {
    constexpr double arrivals_max = 1e7;  // of Erlang B and the Poisson quantile
    double growth_factor = 1;
    for (const YearPlan& year : years) growth_factor = std::max(growth_factor, year.growth_factor);
    double arrivals = hour.totals.offered_erlang;
    for (const Load& role : hour.roles) {
        for (const double each : role.arrivals) arrivals = std::max(arrivals, each);
    }
    for (const auto& [name, site] : hour.sites) {
        for (const double each : site.load.arrivals) arrivals = std::max(arrivals, each);
    }
    constexpr double sum_of_sites = 2;  // a link or firewall may see both legs of all calls
    if (arrivals * growth_factor * sum_of_sites <= arrivals_max) return;
    throw InputError("/populations",
                     "together offer more than the models reach: 5,000,000 calls in progress, or"
                     " events a second, within the horizon",
                     "split the deployment, or shorten growth and horizon");
}

/// Every known limit against one year's demand, with the nodes of the start year. Of a storm only
/// the sign of the headroom is told.
std::vector<Constraint> limits_in(const YearPlan& year, const std::vector<RoleSetup>& setups,
                                  const std::vector<Sizing>& start, const BusyHour& hour) {
    std::vector<Constraint> found;
    for (std::size_t i = 0; i < setups.size(); ++i) {
        add_role(setups[i], start[i], hour.roles.at(index_of(setups[i].kind)), year.growth_factor,
                 found);
    }
    for (const LinkUse& link : year.links) add_fills(link.fills, "link", link.name, found);
    for (const FirewallUse& wall : year.firewalls) {
        add_fills(wall.fills, "firewall", wall.name, found);
    }
    for (const TrunkUse& trunk : year.trunks) add_fills(trunk.fills, "trunk", trunk.name, found);
    return found;
}

/// The smaller multiple first; those that the models end before come last, by their headroom.
bool is_more_pressing(const Constraint& a, const Constraint& b) {
    constexpr double never = std::numeric_limits<double>::infinity();
    const double carried_a = a.largest_multiple_factor.value_or(never);
    const double carried_b = b.largest_multiple_factor.value_or(never);
    if (carried_a != carried_b) return carried_a < carried_b;
    return a.headroom_fraction < b.headroom_fraction;
}

std::vector<Constraint> constraints_of(const std::vector<YearPlan>& years, const StartYear& start) {
    std::vector<Constraint> constraints;
    for (const YearPlan& year : years) {
        const std::vector<Constraint> now = limits_in(year, start.setups, start.roles, start.hour);
        if (constraints.empty()) constraints = now;
        for (std::size_t i = 0; i < now.size(); ++i) {
            const bool is_exhausted = now[i].headroom_fraction < -rounding_fraction;
            if (is_exhausted && !constraints[i].exhausted_in) {
                constraints[i].exhausted_in = year.year;
            }
        }
    }
    for (Constraint& limit : constraints) {
        limit.largest_multiple_factor = largest_multiple(limit, start);
        if (limit.resource == "storm") {
            constexpr double least = 1e-3;
            const std::optional<double> carried = limit.largest_multiple_factor;
            limit.headroom_fraction = carried ? 1 - 1 / std::max(*carried, least) : 1;
        }
    }
    std::stable_sort(constraints.begin(), constraints.end(), is_more_pressing);
    return constraints;
}

void add_model(const Catalog& catalog, const std::string& kind, const std::string& name,
               std::vector<UsedModel>& models) {
    const std::string key = kind + "/" + name;
    const auto has = [&](const UsedModel& model) { return model.name == key; };
    if (std::any_of(models.begin(), models.end(), has)) return;
    UsedModel model{.name = key,
                    .title = {},
                    .source = {},
                    .status = {},
                    .measured_on = {},
                    .host = {},
                    .date = {},
                    .changed_by = {}};
    if (kind == "servers") {
        const ServerModel& server = server_named(catalog, name, key);
        model.title = server.title;
        model.source = server.source;
        model.status = server.status;
        model.measured_on = server.measured_on;
        model.host = server.host;
        model.date = server.date;
    } else if (kind == "hosts") {
        const HostModel& host = host_named(catalog, name, key);
        model.title = host.title;
        model.source = host.source;
        if (host.source == "measured") model.status = host.source;
        model.date = host.date;
    } else if (kind == "emodel") {
        const EmodelValues& values = catalog.emodel.at(name);
        model.title = values.title;
        model.source = values.source;
    } else {
        const Codec& codec = codec_named(catalog, name, key);
        model.title = codec.title;
        model.source = codec.source;
    }
    const auto origin = catalog.origins.find(to_lower(key));
    if (origin != catalog.origins.end()) model.changed_by = origin->second.changed_by;
    models.push_back(std::move(model));
}

std::vector<UsedModel> models_of(const PlanInput& input, const std::vector<CallQuality>& calls) {
    std::vector<UsedModel> models;
    for (const RoleChoice& role : input.deployment.roles) {
        if (!role.is_present) continue;
        add_model(input.catalog, "servers", role.server, models);
        add_model(input.catalog, "hosts", role.host, models);
    }
    std::set<std::string> codecs;
    for (const Population& population : input.deployment.populations) {
        codecs.insert(population.media.codec);
    }
    for (const std::string& codec : codecs) add_model(input.catalog, "codecs", codec, models);
    std::set<std::string> emodel;
    for (const CallQuality& call : calls) {
        emodel.insert(call.emodel_names.begin(), call.emodel_names.end());
    }
    for (const std::string& name : emodel) add_model(input.catalog, "emodel", name, models);
    return models;
}

FixedCapacity fixed_capacity(const RoleSetup& setup, const Load& load) {
    FixedCapacity capacity{
        .role = std::string(name_of(setup.kind)),
        .nodes = *setup.fixed_nodes,
        .largest_multiple_factor = largest_multiple_factor(setup, load, *setup.fixed_nodes),
        .binding_resource = {}};
    const Sizing full = size_role(setup, load, capacity.largest_multiple_factor);
    if (full.bottleneck) capacity.binding_resource = short_name_of(*full.bottleneck);
    constexpr double just_beyond = 1 + 1e-3;
    const bool survives = survives_storms(
        setup, load, capacity.largest_multiple_factor * just_beyond, capacity.nodes);
    if (!survives) capacity.binding_resource = "storm";
    return capacity;
}

/// What one refresh costs a registrar that is busy, the mean over all endpoints.
double refresh_work_s(const StormScenario& power) {
    double work_s = 0;
    for (const StormGroup& group : power.storm.groups) {
        for (const double each_s : group.request_works) work_s += group.endpoints_number * each_s;
    }
    return work_s / std::max(1.0, total_endpoints_number(power.storm));
}

}  // namespace

std::optional<StormPlan> storm_plan(const RoleSetup& setup, const Sizing& start, const Load& load) {
    if (!setup.storm || start.nodes < 1) return std::nullopt;
    StormPlan plan;
    plan.scenarios = storm_scenarios(setup, load, 1, start.nodes);
    plan.refresh_times = setup.storm->refresh;
    const StormScenario& power = plan.scenarios.front();
    const double share =
        setup.storm->refresh_endpoints_number / std::max(1.0, total_endpoints_number(power.storm));
    std::vector<double> rates_per_s;
    for (const StormSecond& second : power.outcome.seconds) {
        rates_per_s.push_back(second.goodput_per_s * share);
    }
    plan.refresh = refresh_waves(rates_per_s, plan.refresh_times);
    plan.refresh_cpu_fraction =
        plan.refresh.peak_per_s * refresh_work_s(power) / (setup.node.cores_number * power.nodes);
    return plan;
}

Plan make_plan(const PlanInput& input) {
    const Deployment& deployment = input.deployment;
    const BusyHour hour = busy_hour_of(deployment, input.catalog);
    Plan plan;
    plan.deployment = deployment;
    std::vector<RoleSetup> setups;
    for (const RoleKind kind : roles_of(deployment)) {
        setups.push_back(role_setup(deployment, input.catalog, kind));
    }
    plan.years = years_of(deployment, hour.totals.endpoints_number);
    check_range(hour, plan.years);
    for (YearPlan& year : plan.years) {
        year.demand =
            year_demand(hour, year.growth_factor, poisson_peak(deployment.policy.peak_probability));
        for (const RoleSetup& setup : setups) {
            year.roles.push_back(
                size_role(setup, hour.roles.at(index_of(setup.kind)), year.growth_factor));
            year.demand.replication_packets_per_s += year.roles.back().replication_packets_per_s;
        }
        year.links = link_uses(deployment, hour, year.growth_factor);
        year.firewalls = firewall_uses(deployment, hour, year.growth_factor);
        year.trunks = trunk_uses(deployment, hour, year.growth_factor);
    }
    for (const RoleSetup& setup : setups) {
        if (!setup.fixed_nodes) continue;
        plan.capacities.push_back(fixed_capacity(setup, hour.roles.at(index_of(setup.kind))));
    }
    plan.constraints =
        constraints_of(plan.years, {deployment, setups, plan.years.front().roles, hour});
    plan.hops = hop_uses(deployment, hour);
    plan.media_flows = media_flows(deployment, input.catalog);
    plan.transports = compare_transports(input);
    plan.quality = call_qualities(deployment, input.catalog);
    plan.models = models_of(input, plan.quality);
    plan.hosts = compare_hosts(input, hour);
    plan.oversubscription = oversubscriptions(input, hour);
    plan.settings =
        settings_of(input, hour, plan.years.back().roles, plan.years.back().growth_factor);
    plan.unwanted = unwanted_uses(deployment, input.catalog, hour);
    const std::vector<Sizing>& start = plan.years.front().roles;
    const std::size_t registrar = index_of(RoleKind::registrar);
    plan.storm = storm_plan(setups.at(registrar), start.at(registrar), hour.roles.at(registrar));
    plan.is_met = std::all_of(start.begin(), start.end(),
                              [](const Sizing& sizing) { return sizing.is_met; }) &&
                  exceeded_limits(plan).empty();
    plan.findings = find_all(plan, input, hour);
    return plan;
}

std::vector<Constraint> exceeded_limits(const Plan& plan) {
    std::vector<Constraint> exceeded;
    for (const Constraint& limit : plan.constraints) {
        const bool is_role = limit.kind == "role";
        if (!is_role && limit.headroom_fraction < -rounding_fraction) exceeded.push_back(limit);
    }
    return exceeded;
}

std::optional<FixedCapacity> binding_capacity(const Plan& plan) {
    const auto least =
        std::min_element(plan.capacities.begin(), plan.capacities.end(),
                         [](const FixedCapacity& a, const FixedCapacity& b) {
                             return a.largest_multiple_factor < b.largest_multiple_factor;
                         });
    return least == plan.capacities.end() ? std::nullopt : std::optional(*least);
}

}  // namespace busyhour
