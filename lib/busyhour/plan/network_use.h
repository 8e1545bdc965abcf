#pragma once

#include "busyhour/plan/busy_hour.h"

#include <optional>
#include <string>
#include <vector>

namespace busyhour {

/// One thing that can run out: how much of it is used at the peak, and how much there is.
struct Fill {
    std::string resource;  ///< "bits_per_s", "packets_per_s", "sessions", "channels", ...
    double usage_number = 0;
    std::optional<double> limit_number;
    std::optional<double> limit_fraction;  ///< part of the limit that the policy lets be used

    /// usage / (limit x fraction), nothing where the limit is unknown.
    [[nodiscard]] std::optional<double> ratio_fraction() const;
};

/// A link in one year. "in" is towards the servers, one direction each.
struct LinkUse {
    std::string name;
    std::optional<std::string> site;
    Traffic mean;
    Traffic peak;
    std::vector<Fill> fills;
};

/// A firewall in one year; packets of both directions together.
struct FirewallUse {
    std::string name;
    double packets_per_s = 0;  ///< mean
    double packets_peak_per_s = 0;
    double sessions_number = 0;        ///< at the peak
    double sessions_memory_bytes = 0;  ///< in Linux connection tracking
    double sessions_opened_per_s = 0;  ///< mean
    double sessions_opened_peak_per_s = 0;
    std::vector<Fill> fills;
};

/// A trunk in one year.
struct TrunkUse {
    std::string name;
    double offered_erlang = 0;
    double call_attempts_per_s = 0;
    double call_attempts_peak_per_s = 0;
    int channels_needed = 0;                     ///< Erlang B at the policy's blocking
    std::optional<double> blocking_probability;  ///< with the channels it has
    std::vector<Fill> fills;
};

/// By how much the busy hour has grown, and how its peaks are found.
struct Growing {
    double factor = 1;
    PeakQuantile peak;
    const Policy& policy;
};

/// What passes between the endpoints of one site, or of all, and the servers.
SiteLoad load_between(const BusyHour& hour, const std::optional<std::string>& site);

LinkUse link_use(const Link& link, const SiteLoad& load, const Growing& growing);
FirewallUse firewall_use(const Firewall& firewall, const SiteLoad& load, const Growing& growing);

std::vector<LinkUse> link_uses(const Deployment& deployment, const BusyHour& hour,
                               double growth_factor);
std::vector<FirewallUse> firewall_uses(const Deployment& deployment, const BusyHour& hour,
                                       double growth_factor);
std::vector<TrunkUse> trunk_uses(const Deployment& deployment, const BusyHour& hour,
                                 double growth_factor);

}  // namespace busyhour
