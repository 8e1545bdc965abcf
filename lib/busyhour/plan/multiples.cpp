#include "busyhour/plan/multiples.h"

#include "busyhour/model/poisson.h"

#include <algorithm>
#include <functional>
#include <limits>

namespace busyhour {
namespace {

constexpr double unbounded = std::numeric_limits<double>::infinity();

using Ratio = std::function<double(double multiple)>;

/// The policy's quantile: exact where a count of 1 could show, estimated to within 1 beyond.
PeakQuantile peak_of(double probability) {
    return [exact = poisson_peak(probability),
            estimate = PoissonQuantileEstimate(probability)](double mean_number) {
        constexpr double exact_mean_max = 1e4;
        return mean_number < exact_mean_max ? exact(mean_number) : estimate.of(mean_number);
    };
}

double ratio_in(const std::vector<Fill>& fills, const std::string& resource) {
    for (const Fill& fill : fills) {
        if (fill.resource == resource) return fill.ratio_fraction().value_or(0);
    }
    return 0;
}

double role_ratio(const RoleSetup& setup, const Work& peak, int nodes,
                  const std::string& resource) {
    if (resource == "delay") {
        const std::optional<ResponseTimes> times = response_of(setup, peak, nodes);
        return times ? times->target_probability_s / *setup.response->target_s : unbounded;
    }
    for (const ResourceUse& use : worst_uses(setup, peak, nodes)) {
        if (short_name_of(use.resource) != resource || !use.utilisation_fraction) continue;
        return *use.utilisation_fraction / use.target_fraction;
    }
    return 0;
}

Ratio role_ratios(const Constraint& limit, const StartYear& start) {
    for (std::size_t i = 0; i < start.setups.size(); ++i) {
        const RoleSetup& setup = start.setups[i];
        if (name_of(setup.kind) != limit.name) continue;
        const Load& load = start.hour.roles.at(index_of(setup.kind));
        const int nodes = std::max(1, start.roles[i].nodes);
        return [&setup, &load, nodes, peak = peak_of(setup.peak_probability),
                resource = limit.resource](double multiple) {
            return role_ratio(setup, peak_work(load, multiple, peak), nodes, resource);
        };
    }
    return {};
}

/// Usage over what is allowed at a multiple of the demand; empty for a limit that has none.
Ratio ratios_of(const Constraint& limit, const StartYear& start) {
    const Policy& policy = start.deployment.policy;
    const auto growing = [&policy, peak = peak_of(policy.peak_probability)](double multiple) {
        return Growing{multiple, peak, policy};
    };
    if (limit.kind == "role") return role_ratios(limit, start);
    for (const Link& link : start.deployment.links) {
        if (limit.kind != "link" || link.name != limit.name) continue;
        return [&link, load = load_between(start.hour, link.site), growing,
                resource = limit.resource](double multiple) {
            return ratio_in(link_use(link, load, growing(multiple)).fills, resource);
        };
    }
    for (const Firewall& wall : start.deployment.firewalls) {
        if (limit.kind != "firewall" || wall.name != limit.name) continue;
        return [&wall, load = load_between(start.hour, wall.site), growing,
                resource = limit.resource](double multiple) {
            return ratio_in(firewall_use(wall, load, growing(multiple)).fills, resource);
        };
    }
    if (limit.kind != "trunk") return {};
    return [&start, name = limit.name, resource = limit.resource](double multiple) {
        for (const TrunkUse& use : trunk_uses(start.deployment, start.hour, multiple)) {
            if (use.name == name) return ratio_in(use.fills, resource);
        }
        return 0.0;
    };
}

/// The multiple at which the models end: 5e6 calls or events a second.
double models_end_multiple(const BusyHour& hour) {
    constexpr double arrivals_max = 5e6;
    double arrivals = hour.totals.offered_erlang;
    for (const Load& role : hour.roles) {
        for (const double each : role.arrivals) arrivals = std::max(arrivals, each);
    }
    constexpr double multiple_max = 1e6;
    return arrivals > 0 ? std::min(multiple_max, arrivals_max / arrivals) : multiple_max;
}

std::optional<double> storm_multiple(const Constraint& limit, const StartYear& start) {
    for (std::size_t i = 0; i < start.setups.size(); ++i) {
        const RoleSetup& setup = start.setups[i];
        if (name_of(setup.kind) != limit.name) continue;
        return largest_storm_multiple(setup, start.hour.roles.at(index_of(setup.kind)),
                                      std::max(1, start.roles[i].nodes));
    }
    return std::nullopt;
}

}  // namespace

std::optional<double> largest_multiple(const Constraint& limit, const StartYear& start) {
    if (limit.resource == "storm") return storm_multiple(limit, start);
    const Ratio ratio = ratios_of(limit, start);
    if (!ratio) return std::nullopt;
    constexpr double rounding = 1e-9;
    const auto holds = [&](double multiple) { return ratio(multiple) <= 1 + rounding; };
    const double end = models_end_multiple(start.hour);
    double high = std::min(1.0, end);
    while (high < end && holds(high)) high = std::min(high * 2, end);
    if (holds(high)) return std::nullopt;
    double low = high > 1 ? high / 2 : 0;
    constexpr int halvings = 40;
    for (int i = 0; i < halvings; ++i) {
        const double middle = (low + high) / 2;
        (holds(middle) ? low : high) = middle;
    }
    return low;
}

}  // namespace busyhour
