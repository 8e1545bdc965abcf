#include "busyhour/plan/unwanted.h"

#include "busyhour/plan/sizing.h"

namespace busyhour {
namespace {

constexpr double invite_copies_number = 7;         // rfc3261: timer A doubles until timer B
constexpr double non_invite_copies_number = 11;    // rfc3261: timer E, at most T2, until timer F
constexpr double final_answer_copies_number = 11;  // rfc3261: timer G, at most T2, until timer H

constexpr std::array<std::string_view, handling_count> handling_names{
    "answered", "challenged", "dropped_by_block_list", "dropped_by_firewall"};

bool is_dropped(Handling handling) {
    return handling == Handling::dropped_by_block_list || handling == Handling::dropped_by_firewall;
}

bool is_repeated_answer(const UnwantedTraffic& traffic) {
    return traffic.method == "INVITE" && traffic.handling == Handling::answered;
}

double size_of(const Catalog& catalog, const std::string& message) {
    return catalog.messages.messages.at(message).bytes;
}

std::string answer_of(const UnwantedTraffic& traffic) {
    if (traffic.handling == Handling::answered) return "404";
    return traffic.method == "REGISTER" ? "401" : "407";
}

/// The messages of one request and all that follows, at the server.
std::vector<FlowMessage> messages_of(const Catalog& catalog, const UnwantedTraffic& traffic) {
    const auto message = [&](bool is_in, const std::string& name, double size_bytes) {
        return FlowMessage{.from = is_in ? "scanner" : "server",
                           .to = is_in ? "server" : "scanner",
                           .message = name,
                           .transaction = "unwanted",
                           .size_bytes = size_bytes};
    };
    std::vector<FlowMessage> messages;
    for (double i = 0; i < request_copies_number(traffic); ++i) {
        messages.push_back(message(true, traffic.method, size_of(catalog, traffic.method)));
    }
    const std::string answer = answer_of(traffic);
    for (double i = 0; i < answer_copies_number(traffic); ++i) {
        messages.push_back(message(false, answer, size_of(catalog, answer)));
    }
    const bool has_ack =
        traffic.method == "INVITE" && traffic.follows_rfc3261 && !is_dropped(traffic.handling);
    if (has_ack) messages.push_back(message(true, "ACK", size_of(catalog, "ACK-407")));
    return messages;
}

Traffic traffic_of(const Deployment& deployment, const Catalog& catalog,
                   const UnwantedTraffic& traffic) {
    const SipWire wire{.transport = Transport::udp,
                       .network = deployment.network,
                       .mtu_bytes = deployment.mtu_bytes};
    return hop_traffic(messages_of(catalog, traffic), "server", wire) * traffic.requests_per_s;
}

double cores_of(const CostModel& cost, const Demand& demand) {
    const CpuCost cpu = cpu_cost(cost, demand);
    return cpu.saturated_cores + cpu.wakeup_cores;
}

}  // namespace

std::string_view name_of(Handling handling) {
    return handling_names.at(static_cast<std::size_t>(handling));
}

double request_copies_number(const UnwantedTraffic& traffic) {
    if (!traffic.follows_rfc3261 || !is_dropped(traffic.handling)) return 1;
    return traffic.method == "INVITE" ? invite_copies_number : non_invite_copies_number;
}

double answer_copies_number(const UnwantedTraffic& traffic) {
    if (is_dropped(traffic.handling)) return 0;
    const bool is_repeated = is_repeated_answer(traffic) && !traffic.follows_rfc3261;
    return is_repeated ? final_answer_copies_number : 1;
}

Work unwanted_work(const Deployment& deployment, const Catalog& catalog,
                   const UnwantedTraffic& traffic) {
    Work work;
    if (traffic.handling == Handling::dropped_by_firewall) return work;
    const double requests_per_s = traffic.requests_per_s * request_copies_number(traffic);
    if (traffic.handling == Handling::answered) {
        work.demand[Driver::unwanted_answered] = requests_per_s;
    } else if (traffic.handling == Handling::challenged) {
        work.demand[Driver::unwanted_challenged] = requests_per_s;
    } else {
        work.demand[Driver::unwanted_dropped] = requests_per_s;
    }
    work.traffic = traffic_of(deployment, catalog, traffic);
    return work;
}

void add_unwanted(const Deployment& deployment, const Catalog& catalog, BusyHour& hour) {
    for (const UnwantedTraffic& traffic : deployment.unwanted) {
        const double arrivals_per_s = traffic.requests_per_s * request_copies_number(traffic);
        if (traffic.handling != Handling::dropped_by_firewall) {
            Load& role = hour.roles.at(index_of(traffic.role));
            role.unwanted += unwanted_work(deployment, catalog, traffic);
            role.unwanted_arrivals_per_s += arrivals_per_s;
        }
        if (!traffic.site) continue;
        Load& site = hour.sites[*traffic.site].load;
        site.unwanted.traffic += traffic_of(deployment, catalog, traffic);
        site.unwanted_arrivals_per_s += arrivals_per_s;
    }
}

std::vector<UnwantedUse> unwanted_uses(const Deployment& deployment, const Catalog& catalog,
                                       const BusyHour& hour) {
    std::vector<UnwantedUse> uses;
    for (const UnwantedTraffic& traffic : deployment.unwanted) {
        const CostModel cost = role_setup(deployment, catalog, traffic.role).cost;
        const auto cores_if = [&](Handling handling) {
            UnwantedTraffic other = traffic;
            other.handling = handling;
            return cores_of(cost, unwanted_work(deployment, catalog, other).demand);
        };
        UnwantedUse use{.name = traffic.name,
                        .role = traffic.role,
                        .method = traffic.method,
                        .handling = traffic.handling,
                        .requests_per_s = traffic.requests_per_s,
                        .at_role = unwanted_work(deployment, catalog, traffic).traffic,
                        .cpu_cores = cores_if(traffic.handling)};
        for (std::size_t i = 0; i < handling_count; ++i) {
            use.by_handling.at(i) = cores_if(static_cast<Handling>(i));
        }
        const double all_cores =
            cores_of(cost, mean_work(hour.roles.at(index_of(traffic.role)), 1).demand);
        if (all_cores > 0) use.role_share_fraction = use.cpu_cores / all_cores;
        const Handling open = is_dropped(traffic.handling) ? Handling::answered : traffic.handling;
        use.block_list_saves_cores = cores_if(open) - cores_if(Handling::dropped_by_block_list);
        uses.push_back(std::move(use));
    }
    return uses;
}

}  // namespace busyhour
