#pragma once

#include "busyhour/plan/busy_hour.h"

#include <array>
#include <string_view>
#include <vector>

namespace busyhour {

/// One kind of unwanted traffic at its role, and what it would cost handled in another way.
struct UnwantedUse {
    std::string name;
    RoleKind role{};
    std::string method;
    Handling handling{};
    double requests_per_s = 0;
    Traffic at_role;                                   ///< on the role's network
    double cpu_cores = 0;                              ///< as handled
    std::array<double, handling_count> by_handling{};  ///< CPU cores, by Handling
    double role_share_fraction = 0;     ///< of the role's CPU demand in the mean of the busy hour
    double block_list_saves_cores = 0;  ///< against answered, or challenged where it is that
};

std::string_view name_of(Handling handling);

/// How often the request of one scan reaches the server: more often than once where nobody answers
/// and the sender follows RFC 3261 17.1 (7 times an INVITE, 11 times any other, over UDP). Source:
/// rfc3261.
double request_copies_number(const UnwantedTraffic& traffic);

/// How often the final answer leaves the server: a 4xx to an INVITE is repeated until its ACK comes
/// (timers G and H, 11 times over UDP), and a one-shot sender sends none. Source: rfc3261.
double answer_copies_number(const UnwantedTraffic& traffic);

/// What the traffic is for its role.
Work unwanted_work(const Deployment& deployment, const Catalog& catalog,
                   const UnwantedTraffic& traffic);

/// Adds all unwanted traffic to its roles and sites.
void add_unwanted(const Deployment& deployment, const Catalog& catalog, BusyHour& hour);

/// Each kind of unwanted traffic at what it costs, and what other handlings would.
std::vector<UnwantedUse> unwanted_uses(const Deployment& deployment, const Catalog& catalog,
                                       const BusyHour& hour);

}  // namespace busyhour
