#include "busyhour/plan/network_use.h"

#include "busyhour/model/erlang.h"
#include "busyhour/model/limits.h"
#include "busyhour/model/poisson.h"

#include <algorithm>

namespace busyhour {
namespace {

/// Sessions that a firewall tracks at the peak of calls: an idle UDP session stays for its timeout,
/// a TCP one while it is open.
double sessions_of(const SiteLoad& load, double udp_timeout_s, double growth_factor,
                   const PeakQuantile& peak) {
    const double calls = load.load.arrivals.at(index_of(Process::media)) * growth_factor;
    double sessions_number = load.media_flows_number * peak_factor(calls, peak) +
                             load.media_flows_opened_per_s * udp_timeout_s;
    for (const SignallingSessions& group : load.signalling) {
        const double alive_fraction =
            group.gap_s > 0 ? std::min(1.0, udp_timeout_s / group.gap_s) : 1;
        sessions_number += group.endpoints_number * alive_fraction;
    }
    return sessions_number * growth_factor;
}

/// Sessions that a firewall opens for signalling: TCP connections, and UDP endpoints that are
/// silent for longer than it remembers them.
double signalling_opened_per_s(const SiteLoad& load, double udp_timeout_s) {
    double opened_per_s = 0;
    for (const Work& work : load.load.work) {
        opened_per_s += work.demand[Driver::tcp_connections_opened];
    }
    for (const SignallingSessions& group : load.signalling) {
        if (group.gap_s > udp_timeout_s) opened_per_s += group.endpoints_number / group.gap_s;
    }
    return opened_per_s;
}

/// Adds what it opens for calls and for signalling; each peaks as a Poisson process of its own.
void add_opened(const SiteLoad& load, const Firewall& firewall, const Growing& growing,
                FirewallUse& use) {
    const double calls_per_s = load.load.arrivals.at(index_of(Process::calls)) * growing.factor;
    const double media_per_s = load.media_flows_opened_per_s * growing.factor;
    const double signalling_per_s =
        signalling_opened_per_s(load, firewall.udp_timeout_s) * growing.factor;
    use.sessions_opened_per_s = media_per_s + signalling_per_s;
    use.sessions_opened_peak_per_s = media_per_s * peak_factor(calls_per_s, growing.peak) +
                                     signalling_per_s * peak_factor(signalling_per_s, growing.peak);
    use.fills.push_back({"sessions_opened_per_s", use.sessions_opened_peak_per_s,
                         firewall.sessions_opened_max_per_s,
                         growing.policy.target_utilisation_fraction});
}

}  // namespace

std::optional<double> Fill::ratio_fraction() const {
    if (!limit_number) return std::nullopt;
    return usage_number / (*limit_number * limit_fraction.value_or(1));
}

/// What passes between the endpoints of one site, or of all, and the servers.
SiteLoad load_between(const BusyHour& hour, const std::optional<std::string>& site) {
    SiteLoad sum;
    for (const auto& [name, load] : hour.sites) {
        if (site && *site != name) continue;
        sum.load += load.load;
        sum.media_flows_number += load.media_flows_number;
        sum.media_flows_opened_per_s += load.media_flows_opened_per_s;
        sum.signalling.insert(sum.signalling.end(), load.signalling.begin(), load.signalling.end());
    }
    return sum;
}

LinkUse link_use(const Link& link, const SiteLoad& load, const Growing& growing) {
    LinkUse use{.name = link.name,
                .site = link.site,
                .mean = mean_traffic(load.load, growing.factor),
                .peak = peak_traffic(load.load, growing.factor, growing.peak),
                .fills = {}};
    const double target_fraction = growing.policy.target_utilisation_fraction;
    const double bits_per_s = std::max(use.peak.in_bytes, use.peak.out_bytes) * 8;
    const double packets_per_s = std::max(use.peak.packets_in_number, use.peak.packets_out_number);
    use.fills = {{"bits_per_s", bits_per_s, link.rate_bits_per_s, target_fraction},
                 {"packets_per_s", packets_per_s, link.packets_max_per_s, target_fraction}};
    return use;
}

FirewallUse firewall_use(const Firewall& firewall, const SiteLoad& load, const Growing& growing) {
    const Traffic mean = mean_traffic(load.load, growing.factor);
    const Traffic peak = peak_traffic(load.load, growing.factor, growing.peak);
    FirewallUse use;
    use.name = firewall.name;
    use.packets_per_s = mean.packets_in_number + mean.packets_out_number;
    use.packets_peak_per_s = peak.packets_in_number + peak.packets_out_number;
    use.sessions_number = sessions_of(load, firewall.udp_timeout_s, growing.factor, growing.peak);
    use.sessions_memory_bytes = tracked_entries_bytes(use.sessions_number);
    use.fills.push_back({"packets_per_s", use.packets_peak_per_s, firewall.packets_max_per_s,
                         growing.policy.target_utilisation_fraction});
    use.fills.push_back({"sessions", use.sessions_number, firewall.sessions_max_number,
                         growing.policy.table_utilisation_fraction});
    add_opened(load, firewall, growing, use);
    return use;
}

std::vector<LinkUse> link_uses(const Deployment& deployment, const BusyHour& hour,
                               double growth_factor) {
    const Policy& policy = deployment.policy;
    const Growing growing{growth_factor, poisson_peak(policy.peak_probability), policy};
    std::vector<LinkUse> uses;
    for (const Link& link : deployment.links) {
        uses.push_back(link_use(link, load_between(hour, link.site), growing));
    }
    return uses;
}

std::vector<FirewallUse> firewall_uses(const Deployment& deployment, const BusyHour& hour,
                                       double growth_factor) {
    const Policy& policy = deployment.policy;
    const Growing growing{growth_factor, poisson_peak(policy.peak_probability), policy};
    std::vector<FirewallUse> uses;
    for (const Firewall& firewall : deployment.firewalls) {
        uses.push_back(firewall_use(firewall, load_between(hour, firewall.site), growing));
    }
    return uses;
}

std::vector<TrunkUse> trunk_uses(const Deployment& deployment, const BusyHour& hour,
                                 double growth_factor) {
    std::vector<TrunkUse> uses;
    const Policy& policy = deployment.policy;
    for (const Trunk& trunk : deployment.trunks) {
        const double share = trunk.share_fraction * growth_factor;
        TrunkUse use;
        use.name = trunk.name;
        use.offered_erlang = hour.totals.external_erlang * share;
        use.call_attempts_per_s = hour.totals.external_attempts_per_s * share;
        use.call_attempts_peak_per_s =
            static_cast<double>(poisson_quantile(use.call_attempts_per_s, policy.peak_probability));
        use.channels_needed = servers_for(use.offered_erlang, policy.blocking_probability);
        if (trunk.channels_max) {
            use.blocking_probability =
                erlang_b_probability(use.offered_erlang, *trunk.channels_max);
        }
        use.fills = {
            {"channels", static_cast<double>(use.channels_needed),
             trunk.channels_max ? std::optional<double>(*trunk.channels_max) : std::nullopt,
             std::nullopt},
            {"call_attempts_per_s", use.call_attempts_peak_per_s, trunk.call_attempts_max_per_s,
             std::nullopt}};
        uses.push_back(std::move(use));
    }
    return uses;
}

}  // namespace busyhour
