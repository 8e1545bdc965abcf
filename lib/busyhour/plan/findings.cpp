#include "busyhour/plan/findings.h"

#include "busyhour/plan/findings_hosts.h"
#include "busyhour/plan/findings_models.h"
#include "busyhour/plan/quality_findings.h"
#include "busyhour/plan/storm_findings.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace busyhour {
namespace {

/// What a rule sees, and where it puts what it finds.
struct View {
    const Plan& plan;
    const PlanInput& input;
    const BusyHour& hour;
    std::vector<Finding>& found;

    [[nodiscard]] const Deployment& deployment() const { return plan.deployment; }
    [[nodiscard]] const YearPlan& start() const { return plan.years.front(); }
    [[nodiscard]] int last_year() const { return plan.years.back().year; }
};

std::string grouped(double value) {
    std::string digits = fmt::format("{:.0f}", value);
    for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > (digits[0] == '-' ? 1 : 0);
         at -= 3) {
        digits.insert(static_cast<std::size_t>(at), ",");
    }
    return digits;
}

std::string percent(double fraction) {
    return fmt::format("{:.0f} %", fraction * 100);
}

std::string limit_remedy(const Constraint& limit) {
    if (limit.kind == "trunk") return "Order more from the provider, or share the calls out.";
    if (limit.resource.starts_with("sessions"))
        return "Enlarge it, use rtcp_mux, or let media bypass it.";
    return "Enlarge it, lengthen the ptime, or keep media local; packets, not bits, are what voice"
           " runs out of first.";
}

void limits_exceeded(const View& view) {
    for (const Constraint& limit : exceeded_limits(view.plan)) {
        view.found.push_back(
            {.id = limit.resource == "packets_per_s" ? "packets-above-limit" : "limit-exceeded",
             .severity = Severity::error,
             .message = fmt::format("The {} \"{}\" carries less {} than the busy hour's peak needs:"
                                    " {} above what the policy allows.",
                                    limit.kind, limit.name, limit.resource,
                                    percent(-limit.headroom_fraction)),
             .remedy = limit_remedy(limit),
             .evidence = {{"headroom_fraction", limit.headroom_fraction}},
             .source = "talk-posner-2025"});
    }
}

void growth_crosses_limits(const View& view) {
    for (const Constraint& limit : view.plan.constraints) {
        if (!limit.exhausted_in || limit.headroom_fraction < 0) continue;
        view.found.push_back(
            {.id = "growth-exhausts",
             .severity = Severity::warning,
             .message = fmt::format("Growth exhausts {} of the {} \"{}\" in {}, inside the horizon"
                                    " that ends in {}.",
                                    limit.resource, limit.kind, limit.name, *limit.exhausted_in,
                                    view.last_year()),
             .remedy = limit.kind == "role"
                           ? "Buy the nodes of the last year now, or plan the year of the step."
                           : "Order the larger one before that year.",
             .evidence = {{"exhausted_in", *limit.exhausted_in},
                          {"headroom_fraction", limit.headroom_fraction}},
             .source = "talk-posner-2025"});
    }
}

void demand_not_met(const View& view) {
    for (const Sizing& sizing : view.start().roles) {
        if (sizing.is_met) continue;
        if (sizing.is_storm_bound && sizing.nodes > 0) continue;  // the storm's finding says it
        const bool fixed = sizing.nodes > 0;
        view.found.push_back(
            {.id = "demand-not-met",
             .severity = Severity::error,
             .message = fmt::format(
                 "{} {}: {} {}.", name_of(sizing.kind),
                 fixed ? fmt::format("with {} nodes", sizing.nodes)
                       : std::string("cannot be sized"),
                 sizing.bottleneck ? short_name_of(*sizing.bottleneck) : "capacity",
                 fixed ? fmt::format("would be at {} with the spare nodes lost",
                                     percent(sizing.utilisation_fraction))
                       : std::string("of a node is exceeded whatever the number of nodes")),
             .remedy = fixed ? "Leave \"nodes\" out to see how many it takes."
                             : "Replication to every peer costs each node more than its own share:"
                               " use larger nodes, or replicate less.",
             .evidence = {{"utilisation_fraction", sizing.utilisation_fraction}},
             .source = "planning-default"});
    }
}

/// The populations that a finding is about: the first by name, the others by their number.
struct Group {
    std::string first;
    int others = 0;
    double endpoints_number = 0;

    void add(const Population& population) {
        if (first.empty()) {
            first = "\"" + population.name + "\"";
        } else {
            ++others;
        }
        endpoints_number += population.endpoints_number;
    }

    [[nodiscard]] bool is_empty() const { return first.empty(); }
    [[nodiscard]] std::string words() const {
        return others == 0 ? first : fmt::format("{} and {} more populations", first, others);
    }
};

double capacity_relative_to_udp(const Plan& plan, std::string_view transport) {
    for (const TransportRow& row : plan.transports) {
        if (row.transport == transport) return row.capacity_relative_factor;
    }
    return 1;
}

void connection_for_each(const View& view, Connection habit) {
    Group group;
    for (const Population& population : view.deployment().populations) {
        if (is_encrypted(population.transport) && population.tls.connection == habit)
            group.add(population);
    }
    if (group.is_empty()) return;
    const bool is_per_registration = habit == Connection::per_registration;
    const double relative = capacity_relative_to_udp(
        view.plan, is_per_registration ? "tls_per_registration" : "tls_per_transaction");
    {
        view.found.push_back(
            {.id = "tls-without-persistent-connections",
             .severity = Severity::warning,
             .message = fmt::format(
                 "{}: a new TLS connection {}. If all endpoints did so,"
                 " signalling capacity would be {:.2f} of UDP's.",
                 group.words(),
                 is_per_registration ? "for each registration" : "for each transaction", relative),
             .remedy = "Keep connections open (RFC 5626), resume sessions, or carry SIP over UDP in"
                       " an IPsec tunnel.",
             .evidence = {{"capacity_relative_to_udp", relative},
                          {"tls_full_handshakes_per_s",
                           view.start().demand.totals.tls_full_handshakes_per_s}},
             .source = "shen-2010"});
    }
}

void tls_without_persistent_connections(const View& view) {
    connection_for_each(view, Connection::per_registration);
    connection_for_each(view, Connection::per_transaction);
}

void tls_reconnect_storm(const View& view) {
    const double connections = view.start().demand.totals.tls_connections_number;
    if (connections <= 0) return;
    double handshake_cores = 0;
    const CostModel cost =
        role_setup(view.deployment(), view.input.catalog, RoleKind::registrar).cost;
    for (const Population& population : view.deployment().populations) {
        const bool is_kept = population.tls.connection != Connection::per_transaction;
        if (!is_encrypted(population.transport) || !is_kept) continue;
        Demand one;
        one[handshake_driver(population.tls.key, false)] = 1;
        handshake_cores += cpu_cost(cost, one).saturated_cores * population.endpoints_number;
    }
    if (handshake_cores <= 0) return;
    view.found.push_back(
        {.id = "tls-reconnect-storm",
         .severity = Severity::info,
         .message = fmt::format("When all {} TLS connections are lost at once, their handshakes"
                                " alone cost {} CPU seconds.",
                                grouped(connections), grouped(handshake_cores)),
         .remedy = "Let clients back off (RFC 5626 4.5), enable session tickets, and restart nodes"
                   " one by one.",
         .evidence = {{"tls_connections", connections}, {"cpu_s", handshake_cores}},
         .source = "rfc5390"});
}

void registrations_at_the_floor(const View& view) {
    Group group;
    double rate_per_s = 0;
    for (const Population& population : view.deployment().populations) {
        const bool is_floor =
            population.refresh_fraction >= 1 && population.authentication == Authentication::none;
        if (!is_floor) continue;
        group.add(population);
        rate_per_s += population.endpoints_number / population.expires_s;
    }
    if (group.is_empty()) return;
    view.found.push_back(
        {.id = "registrations-at-the-floor",
         .severity = Severity::warning,
         .message = fmt::format(
             "{}: {:.2f} registrations/s is the least possible: refresh at the very end of the"
             " expiry and no challenge. Refresh at half the expiry with a challenge each time is"
             " {:.1f}/s and {:.0f} messages/s instead of {:.0f}.",
             group.words(), rate_per_s, rate_per_s * 2, rate_per_s * 8, rate_per_s * 2),
         .remedy = "Set refresh_fraction and authentication to what the phones do; measure one"
                   " phone of each kind.",
         .evidence = {{"registrations_per_s", rate_per_s},
                      {"register_messages_per_s", rate_per_s * 2},
                      {"register_messages_half_digest_per_s", rate_per_s * 8}},
         .source = "rfc3261"});
}

void keepalives_dominate(const View& view) {
    const Totals& totals = view.start().demand.totals;
    if (totals.keepalive_messages_per_s <= totals.register_messages_per_s) return;
    view.found.push_back(
        {.id = "keepalives-dominate",
         .severity = Severity::info,
         .message = fmt::format("Keepalives are {} messages/s, {:.0f} times the REGISTER messages"
                                " ({}/s).",
                                grouped(totals.keepalive_messages_per_s),
                                totals.keepalive_messages_per_s / totals.register_messages_per_s,
                                grouped(totals.register_messages_per_s)),
         .remedy = "Count them when choosing firewalls and nodes; lengthen the interval as far as"
                   " the shortest NAT or firewall timeout allows.",
         .evidence = {{"keepalive_messages_per_s", totals.keepalive_messages_per_s},
                      {"register_messages_per_s", totals.register_messages_per_s}},
         .source = "rfc5626"});
}

void single_node(const View& view) {
    for (const Sizing& sizing : view.start().roles) {
        if (sizing.nodes != 1) continue;
        view.found.push_back(
            {.id = "single-node",
             .severity = Severity::warning,
             .message = fmt::format("The {} is a single node: its loss or update stops the"
                                    " service.",
                                    name_of(sizing.kind)),
             .remedy = "Set policy.redundancy to \"n+1\", or give the role two nodes or more.",
             .evidence = {{"nodes", 1}},
             .source = "planning-default"});
    }
}

void large_invite_over_udp(const View& view) {
    constexpr double limit_bytes = 1300;  // rfc3261 section 18.1.1
    const double largest_bytes = view.hour.totals.largest_udp_request_bytes;
    if (!is_too_large_for_udp(largest_bytes)) return;
    view.found.push_back(
        {.id = "udp-request-above-1300",
         .severity = Severity::warning,
         .message = fmt::format("The largest request over UDP has {:.0f} bytes, above the {:.0f}"
                                " that RFC 3261 allows where the path MTU is unknown: it fragments,"
                                " and firewalls drop fragments.",
                                largest_bytes, limit_bytes),
         .remedy =
             "Offer fewer codecs, crypto suites and headers, or carry these endpoints over TCP"
             " or TLS.",
         .evidence = {{"request_bytes", largest_bytes}, {"limit_bytes", limit_bytes}},
         .source = "rfc3261"});
}

void firewall_forgets(const View& view) {
    for (const Firewall& firewall : view.deployment().firewalls) {
        Group group;
        double longest_s = 0;
        for (const Population& population : view.deployment().populations) {
            if (population.transport != Transport::udp) continue;
            if (firewall.site && *firewall.site != population.site) continue;
            if (silence_s(population) <= firewall.udp_timeout_s) continue;
            group.add(population);
            longest_s = std::max(longest_s, silence_s(population));
        }
        if (group.is_empty()) continue;
        view.found.push_back(
            {.id = "udp-timeout-shorter-than-keepalive",
             .severity = Severity::warning,
             .message =
                 fmt::format("Firewall \"{}\" forgets a UDP session after {:.0f} s, but {}"
                             " may be silent for {:.0f} s: calls to them fail in between.",
                             firewall.name, firewall.udp_timeout_s, group.words(), longest_s),
             .remedy = "Send keepalives more often than the timeout, or raise the timeout for the"
                       " SIP port; RFC 4787 asks for 2 minutes at least.",
             .evidence = {{"udp_timeout_s", firewall.udp_timeout_s},
                          {"silence_s", longest_s},
                          {"endpoints", group.endpoints_number}},
             .source = "rfc4787"});
    }
}

void packets_counted(const View& view) {
    const Totals& totals = view.start().demand.totals;
    if (totals.offered_erlang <= 0) return;
    const Sizing& relay = view.start().roles.at(index_of(RoleKind::media_relay));
    const Traffic& through = relay.mean_traffic;
    view.found.push_back(
        {.id = "packets-per-second",
         .severity = Severity::info,
         .message = fmt::format(
             "{} calls are {} packets/s by RFC 3550 and {} by the rule of thumb (RTCP 5 %), both"
             " directions of one leg; the relay sees {} in and {} out.",
             grouped(totals.offered_erlang),
             grouped(totals.rtp_packets_per_s + totals.rtcp_rfc3550_packets_per_s),
             grouped(totals.rtp_packets_per_s + totals.rtcp_share5_packets_per_s),
             grouped(through.packets_in_number), grouped(through.packets_out_number)),
         .remedy = "Put packets per second beside megabits in the network design.",
         .evidence = {{"packets_per_s_rfc3550",
                       totals.rtp_packets_per_s + totals.rtcp_rfc3550_packets_per_s},
                      {"packets_per_s_share5",
                       totals.rtp_packets_per_s + totals.rtcp_share5_packets_per_s},
                      {"relay_packets_in_per_s", through.packets_in_number},
                      {"relay_packets_out_per_s", through.packets_out_number}},
         .source = "rfc3550"});
}

void growth_interval_wide(const View& view) {
    const YearPlan& last = view.plan.years.back();
    if (!last.endpoints_low_number || !last.endpoints_high_number) return;
    const Forecast forecast{.year = last.year,
                            .value_number = last.endpoints_number,
                            .low_number = *last.endpoints_low_number,
                            .high_number = *last.endpoints_high_number};
    if (!interval_too_wide(forecast)) return;
    view.found.push_back(
        {.id = "growth-interval-too-wide",
         .severity = Severity::warning,
         .message =
             fmt::format("The forecast for {} lies between {} and {} endpoints: too wide to"
                         " plan with one number.",
                         last.year, grouped(forecast.low_number), grouped(forecast.high_number)),
         .remedy = "Plan the low and the high end as scenarios, and decide again each year.",
         .evidence = {{"endpoints_low", forecast.low_number},
                      {"endpoints_high", forecast.high_number}},
         .source = "hyndman-fpp"});
}

void short_history(const View& view) {
    const Growth& growth = view.deployment().growth;
    if (growth.model != GrowthModel::fit) return;
    if (growth_label(growth.history.size()) != "scenario") return;
    view.found.push_back(
        {.id = "growth-scenario",
         .severity = Severity::warning,
         .message = fmt::format("{} years of history make a scenario, not a forecast: an interval"
                                " from so few points is not honest.",
                                growth.history.size()),
         .remedy = "Give five years or more.",
         .evidence = {{"points", static_cast<double>(growth.history.size())}},
         .source = "planning-default"});
}

void calls_without_trunk(const View& view) {
    const double external_erlang = view.start().demand.totals.external_erlang;
    double share_fraction = 0;
    for (const Trunk& trunk : view.deployment().trunks) share_fraction += trunk.share_fraction;
    constexpr double rounding = 1e-9;
    if (external_erlang <= 0 || share_fraction > 1 - rounding) return;
    view.found.push_back(
        {.id = "calls-without-trunk",
         .severity = Severity::info,
         .message = fmt::format("{} erlangs leave the deployment over no trunk that is described.",
                                grouped(external_erlang * (1 - share_fraction))),
         .remedy = "Describe the trunks, or set calls.internal_fraction to 1.",
         .evidence = {{"erlang", external_erlang * (1 - share_fraction)}},
         .source = "planning-default"});
}

void unwanted_traffic(const View& view) {
    constexpr double share_fraction = 0.1;  // planning-default: worth a block list
    for (const UnwantedUse& use : view.plan.unwanted) {
        if (use.role_share_fraction < share_fraction) continue;
        const bool is_blocked = use.handling == Handling::dropped_by_block_list;
        view.found.push_back(
            {.id = "unwanted-traffic",
             .severity = Severity::warning,
             .message = fmt::format(
                 "\"{}\": {} unwanted requests/s, {}, take {} of the {}'s CPU ({:.2f} cores).",
                 use.name, grouped(use.requests_per_s),
                 is_blocked ? "dropped by the block list" : std::string(name_of(use.handling)),
                 percent(use.role_share_fraction), name_of(use.role), use.cpu_cores),
             .remedy = is_blocked ? "Drop them at a firewall, before they reach the server."
                                  : fmt::format("Drop known sources by a block list in shared"
                                                " memory: it saves {:.2f} cores.",
                                                use.block_list_saves_cores),
             .evidence = {{"requests_per_s", use.requests_per_s},
                          {"role_share_fraction", use.role_share_fraction},
                          {"cpu_cores", use.cpu_cores},
                          {"block_list_saves_cpu_cores", use.block_list_saves_cores}},
             .source = "kamailio-unwanted-2026-11"});
    }
}

void sync_without_batches(const View& view) {
    constexpr double messages_max =
        10000;  // planning-default: all of them wait for answers at once
    for (const Sizing& sizing : view.start().roles) {
        if (!sizing.replication || !sizing.replication->join) continue;
        const JoinUse& join = *sizing.replication->join;
        if (join.from_each.messages_number < messages_max || join.from_each.pause_s > 0) continue;
        view.found.push_back(
            {.id = "sync-without-batches",
             .severity = Severity::warning,
             .message = fmt::format("A {} node that joins gets {} messages from each of {} peers at"
                                    " once: the transactions of all fill the shared memory.",
                                    name_of(sizing.kind), grouped(join.from_each.messages_number),
                                    join.peers),
             .remedy = "Set batch_msg_contacts (50), and batch_size (10000) with a pause of"
                       " 500 ms, as the module's README does.",
             .evidence = {{"messages", join.from_each.messages_number},
                          {"contacts", join.contacts_number}},
             .source = "kamailio-issue-399"});
    }
}

using Finder = void (*)(const View& view);
constexpr std::array<Finder, 16> finders{demand_not_met,        unwanted_traffic,
                                         sync_without_batches,  limits_exceeded,
                                         growth_crosses_limits, tls_without_persistent_connections,
                                         firewall_forgets,      large_invite_over_udp,
                                         single_node,           registrations_at_the_floor,
                                         growth_interval_wide,  short_history,
                                         keepalives_dominate,   packets_counted,
                                         tls_reconnect_storm,   calls_without_trunk};

}  // namespace

std::vector<Finding> find_all(const Plan& plan, const PlanInput& input, const BusyHour& hour) {
    std::vector<Finding> found;
    const View view{plan, input, hour, found};
    for (const Finder find : finders) find(view);
    add_model_findings(input, found);
    find_quality(plan, found);
    add_host_findings(plan, found);
    find_storms(plan, found);
    std::stable_sort(found.begin(), found.end(),
                     [](const Finding& a, const Finding& b) { return a.severity > b.severity; });
    return found;
}

}  // namespace busyhour
