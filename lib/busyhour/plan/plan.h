#pragma once

#include "busyhour/plan/deployment.h"
#include "busyhour/plan/hops.h"
#include "busyhour/plan/hosts.h"
#include "busyhour/plan/network_use.h"
#include "busyhour/plan/quality.h"
#include "busyhour/plan/settings.h"
#include "busyhour/plan/sizing.h"
#include "busyhour/plan/storms.h"
#include "busyhour/plan/uncertainty.h"
#include "busyhour/plan/unwanted.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace busyhour {

/// The demand of one year: means of the busy hour, and the peaks that nodes are sized for.
struct YearDemand {
    Totals totals;
    double registration_attempts_peak_per_s = 0;
    double call_attempts_peak_per_s = 0;
    double concurrent_calls_peak_number = 0;
    double rtp_packets_peak_per_s = 0;  ///< at that many calls, nobody silent
    double rtcp_packets_peak_per_s = 0;
    double replication_packets_per_s = 0;
};

/// One year of the plan.
struct YearPlan {
    int year = 0;
    double growth_factor = 1;  ///< endpoints of this year over those of the start year
    double endpoints_number = 0;
    std::optional<double> endpoints_low_number;  ///< growth by a fit: prediction interval
    std::optional<double> endpoints_high_number;
    YearDemand demand;
    std::vector<Sizing> roles;
    std::vector<LinkUse> links;
    std::vector<FirewallUse> firewalls;
    std::vector<TrunkUse> trunks;
};

/// One limit, and how far it is.
struct Constraint {
    std::string kind;  ///< "role", "link", "firewall", "trunk"
    std::string name;  ///< of the role, link, ...
    std::string resource;
    /// Part of what the policy allows that the start year leaves free; negative: exceeded. Of a
    /// storm 1 - 1 / largest multiple.
    double headroom_fraction = 0;
    /// How many times the start year's demand it carries; nothing where the models end before it.
    std::optional<double> largest_multiple_factor = std::nullopt;
    std::optional<int> exhausted_in;  ///< first year in which the start year's nodes do not suffice
};

/// One row of the comparison of transports: the same demand, all endpoints on one transport.
struct TransportRow {
    std::string transport;
    double capacity_relative_factor = 1;  ///< calls and registrations per core, UDP = 1
    double cpu_cores = 0;                 ///< of registrar and proxy at the peak, start year
    double bits_per_s = 0;                ///< of registrar and proxy, in and out, mean
    int nodes = 0;                        ///< of registrar and proxy; 0: no number suffices
};

/// The storms of the start year on the start year's registrars, and the refreshes after them.
struct StormPlan {
    std::vector<StormScenario> scenarios;
    RefreshTimes refresh_times;       ///< of the most endpoints that share them
    RefreshWaves refresh;             ///< of those endpoints, after all have returned
    double refresh_cpu_fraction = 0;  ///< of the registrars' CPU at the first wave's peak
};

enum class Severity { info, warning, error };

/// One observation: what, how bad, and on what evidence.
struct Finding {
    std::string id;
    Severity severity = Severity::info;
    std::string message;
    std::string remedy;
    std::vector<std::pair<std::string, double>> evidence;
    std::string source;
};

/// A model that took part in the plan.
struct UsedModel {
    std::string name;  ///< "servers/kamailio"
    std::string title;
    std::string source;
    std::string status;
    std::string measured_on;
    std::string host;  ///< of a server: the host profile that it was measured on
    std::string date;
    std::string changed_by;
};

/// How much more than this deployment the nodes that were fixed carry.
struct FixedCapacity {
    std::string role;
    int nodes = 0;
    double largest_multiple_factor = 0;
    std::string binding_resource;
};

/// The whole answer.
struct Plan {
    Deployment deployment;
    std::vector<YearPlan> years;
    std::vector<Constraint> constraints;  ///< most pressing first
    std::vector<HopUse> hops;             ///< in the start year
    std::vector<MediaFlow> media_flows;   ///< of one call
    std::vector<TransportRow> transports;
    std::vector<CallQuality> quality;  ///< of the populations, in their order
    std::vector<HostRow> hosts;
    std::vector<Oversubscription> oversubscription;  ///< of roles whose cores are not whole
    std::vector<Setting> settings;                   ///< of a node in the last year
    std::optional<StormPlan> storm;         ///< absent where no number of registrars suffices
    std::vector<FixedCapacity> capacities;  ///< of roles whose nodes were fixed
    std::vector<UnwantedUse> unwanted;      ///< in the first year, and every other
    std::vector<Finding> findings;          ///< worst first
    std::vector<UsedModel> models;
    std::optional<Uncertainty> uncertainty;  ///< where draws were asked for: `draw_plan`
    bool is_met = true;  ///< whether the start year's demand can be carried within the policy
};

/// The plan of a deployment.
Plan make_plan(const PlanInput& input);

/// The storms on so many start-year registrars; nothing without registrars.
std::optional<StormPlan> storm_plan(const RoleSetup& setup, const Sizing& start, const Load& load);

/// The links, firewalls and trunks that the start year's demand exceeds.
std::vector<Constraint> exceeded_limits(const Plan& plan);

/// The smallest multiple that any role with fixed nodes carries, where there is one.
std::optional<FixedCapacity> binding_capacity(const Plan& plan);

}  // namespace busyhour
