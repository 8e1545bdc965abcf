#include "busyhour/model/erlang.h"
#include "busyhour/model/limits.h"
#include "busyhour/model/poisson.h"
#include "busyhour/plan/explain_terms.h"

#include <algorithm>
#include <cmath>

namespace busyhour {
namespace {

// Links and firewalls

/// Packets or bits of what passes a place, in, out or both.
template <double Traffic::*field, int factor>
double amount_of(const Work& work) {
    return work.traffic.*field * factor;
}

double packets_both_ways(const Work& work) {
    return work.traffic.packets_in_number + work.traffic.packets_out_number;
}

template <double Traffic::*field, int factor, Moment moment>
Explained link_traffic(const Scene& scene, const Match& match) {
    const Link& link = scene.deployment().links.at(std::stoul(match.at(1)));
    return site_amount(scene, link.site, match.at(0),
                       {.name = factor == 8 ? "bit/s" : "packets/s",
                        .amount = amount_of<field, factor>,
                        .moment = moment});
}

const Firewall& wall_of(const Scene& scene, const Match& match) {
    return scene.deployment().firewalls.at(std::stoul(match.at(1)));
}

template <Moment moment>
Explained wall_packets(const Scene& scene, const Match& match) {
    return site_amount(
        scene, wall_of(scene, match).site, match.at(0),
        {.name = "packets/s of both directions", .amount = packets_both_ways, .moment = moment});
}

/// UDP sessions of one population's signalling; a TCP connection is a session while it is open.
std::optional<Explained> signalling_sessions(const Scene& scene, std::size_t p,
                                             const Explained& timeout,
                                             const std::optional<std::string>& site) {
    const Population& population = scene.population(p);
    if (site && *site != population.site) return std::nullopt;
    if (population.transport != Transport::udp) {
        const bool is_kept = population.tls.connection != Connection::per_transaction;
        return endpoints_times(
            scene, p,
            planned("connections kept by one endpoint", is_kept ? 1 : 0, "tls.connection"));
    }
    Explained silence =
        planned("longest silence", silence_s(population),
                "the lesser of the refresh interval and the keepalive interval of the population");
    return endpoints_times(
        scene, p,
        computed("part that is remembered",
                 "min(1, {UDP timeout} / {longest"
                 " silence})",
                 {timeout, std::move(silence)}, [](const std::vector<double>& v) {
                     return v.at(1) > 0 ? std::min(1.0, v.at(0) / v.at(1)) : 1;
                 }));
}

Explained sessions(const Scene& scene, const Match& match) {
    const Firewall& wall = wall_of(scene, match);
    const Explained timeout = scene.given(
        "UDP timeout", "/network/firewalls/" + match.at(1) + "/udp_timeout_s", wall.udp_timeout_s);
    std::vector<Explained> groups;
    for (std::size_t p = 0; p < scene.deployment().populations.size(); ++p) {
        auto term = signalling_sessions(scene, p, timeout, wall.site);
        if (term) groups.push_back(std::move(*term));
    }
    return computed(
        "sessions",
        "{growth factor} x ({media flows in the start year} x {peak over mean} + {media flows"
        " opened/s in the start year} x {UDP timeout} + {signalling sessions})",
        {growth_of(scene, match.at(0)),
         site_sum(scene, wall.site, "media flows",
                  [](const SiteLoad& load) { return load.media_flows_number; }),
         peak_over_mean(scene, site_calls(scene, wall.site, match.at(0))),
         site_sum(scene, wall.site, "media flows opened/s",
                  [](const SiteLoad& load) { return load.media_flows_opened_per_s; }),
         timeout, sum_of("signalling sessions", std::move(groups))},
        [](const std::vector<double>& v) {
            return v.at(0) * (v.at(1) * v.at(2) + v.at(3) * v.at(4) + v.at(5));
        });
}

/// Opened for signalling: connections, and endpoints that are silent for longer than remembered.
Explained signalling_opened(const Scene& scene, const Firewall& wall, const std::string& year,
                            const std::string& timeout_place) {
    std::vector<Explained> terms{site_amount(
        scene, wall.site, year,
        {.name = "connections opened/s",
         .amount = [](const Work& work) { return work.demand[Driver::tcp_connections_opened]; },
         .moment = Moment::mean})};
    for (std::size_t p = 0; p < scene.deployment().populations.size(); ++p) {
        const Population& population = scene.population(p);
        const bool is_here = !wall.site || *wall.site == population.site;
        if (!is_here || population.transport != Transport::udp) continue;
        terms.push_back(computed(
            "forgotten/s of " + population.name,
            "{growth factor} x {endpoints} / {longest silence} where that is above {UDP timeout}",
            {growth_of(scene, year), endpoints_of(scene, p),
             planned("longest silence", silence_s(population),
                     "the lesser of the refresh interval and the keepalive interval"),
             scene.given("UDP timeout", timeout_place, wall.udp_timeout_s)},
            [](const std::vector<double>& v) {
                return v.at(2) > v.at(3) ? v.at(0) * v.at(1) / v.at(2) : 0;
            }));
    }
    return sum_of("signalling sessions opened/s", std::move(terms));
}

/// Opened for media and for signalling, each a Poisson process of its own at the peak.
template <Moment moment>
Explained sessions_opened(const Scene& scene, const Match& match) {
    const Firewall& wall = wall_of(scene, match);
    const std::string timeout = "/network/firewalls/" + match.at(1) + "/udp_timeout_s";
    std::vector<Explained> media{
        growth_of(scene, match.at(0)),
        site_sum(scene, wall.site, "media flows opened/s",
                 [](const SiteLoad& load) { return load.media_flows_opened_per_s; })};
    Explained signalling = signalling_opened(scene, wall, match.at(0), timeout);
    std::vector<Explained> opened;
    if (moment == Moment::peak) {
        media.push_back(peak_over_mean(
            scene,
            product_of("mean of call attempts/s",
                       {growth_of(scene, match.at(0)),
                        site_sum(scene, wall.site, "call attempts/s", [](const SiteLoad& load) {
                            return load.load.arrivals.at(index_of(Process::calls));
                        })})));
        Explained over = peak_over_mean(scene, signalling);
        signalling = product_of("signalling", {std::move(signalling), std::move(over)});
    }
    opened.push_back(product_of("media", std::move(media)));
    opened.push_back(std::move(signalling));
    return sum_of("sessions opened/s", std::move(opened));
}

Explained sessions_memory(const Scene& scene, const Match& match) {
    Explained node =
        computed("memory of the sessions", "memory of {sessions} entries of Linux's table",
                 {scene.reported("sessions", "/years/" + match.at(0) + "/firewalls/" + match.at(1) +
                                                 "/sessions")},
                 [](const std::vector<double>& v) { return tracked_entries_bytes(v.at(0)); });
    node.source = "linux-conntrack-slab";
    return node;
}

// Trunks

const Trunk& trunk_of(const Scene& scene, const Match& match) {
    return scene.deployment().trunks.at(std::stoul(match.at(1)));
}

Explained share_of_trunk(const Scene& scene, const Match& match) {
    const Trunk& trunk = trunk_of(scene, match);
    Explained share = scene.given("trunk's share", "/trunks/" + match.at(1) + "/share_fraction",
                                  trunk.share_fraction);
    if (share.origin == Origin::user) {
        const Json* rows = scene.document.find("trunks");
        const bool is_known = rows != nullptr && rows->items().size() > std::stoul(match.at(1));
        const Json* row = is_known ? &rows->items()[std::stoul(match.at(1))] : nullptr;
        const bool is_given = row != nullptr && (row->find("share_fraction") != nullptr ||
                                                 row->find("share_percent") != nullptr);
        if (is_known && !is_given) {
            share.origin = Origin::planner;
            share.detail = "what the other trunks leave, shared equally by those without a share";
        }
    }
    return share;
}

/// What leaves the deployment, of calls or erlangs.
Explained external(const Scene& scene, const Match& match, const std::string& name,
                   Explained (*each)(const Scene& scene, std::size_t population)) {
    Explained all = grown_sum(
        scene, match.at(0), "external " + name,
        [each](const Scene& s, std::size_t p) -> std::optional<Explained> {
            Explained outside = computed(
                "external part", "1 - {internal part}",
                {s.given("internal part", pointer_of_population(p) + "/calls/internal_fraction",
                         s.population(p).calls.internal_fraction)},
                [](const std::vector<double>& v) { return 1 - v.at(0); });
            return endpoints_times(s, p,
                                   product_of("of one endpoint", {each(s, p), std::move(outside)}));
        });
    return product_of(name, {share_of_trunk(scene, match), std::move(all)});
}

Explained trunk_erlang(const Scene& scene, const Match& match) {
    return external(scene, match, "offered traffic", talking_of_one);
}

Explained trunk_attempts(const Scene& scene, const Match& match) {
    return external(scene, match, "call attempts/s", attempts_of_one);
}

std::string trunk_pointer(const Match& match, const std::string& key) {
    return "/years/" + match.at(0) + "/trunks/" + match.at(1) + "/" + key;
}

Explained trunk_attempts_peak(const Scene& scene, const Match& match) {
    Explained node =
        computed("call attempts/s at the peak",
                 "least count that {call attempts/s}, a Poisson mean, does not exceed with {peak"
                 " percentile}",
                 {scene.reported("call attempts/s", trunk_pointer(match, "call_attempts_per_s")),
                  percentile_of(scene)},
                 [](const std::vector<double>& v) {
                     return static_cast<double>(poisson_quantile(v.at(0), v.at(1)));
                 });
    node.source = "poisson";
    return node;
}

Explained channels_needed(const Scene& scene, const Match& match) {
    Explained node =
        computed("channels",
                 "least number of channels of which Erlang B({offered traffic}) blocks no more"
                 " than {blocking}",
                 {scene.reported("offered traffic", trunk_pointer(match, "offered_erlang")),
                  scene.given("blocking", "/policy/blocking_probability",
                              scene.deployment().policy.blocking_probability)},
                 [](const std::vector<double>& v) {
                     return static_cast<double>(servers_for(v.at(0), v.at(1)));
                 });
    node.source = "handbook-teletraffic";
    const double erlang = node.operands.at(0).value_number;
    const double target = node.operands.at(1).value_number;
    for (const double channels : {node.value_number, node.value_number - 1}) {
        if (channels < 0) continue;
        const double blocking = erlang_b_probability(erlang, channels);
        node.checks.push_back("with " + to_json_text(Json{channels}) +
                              " channels the blocking is " + to_json_text(Json{blocking}) +
                              (blocking <= target ? " <= " : " > ") + to_json_text(Json{target}));
    }
    return node;
}

Explained trunk_blocking(const Scene& scene, const Match& match) {
    Explained node = computed(
        "blocking", "Erlang B({offered traffic}, {channels there are})",
        {scene.reported("offered traffic", trunk_pointer(match, "offered_erlang")),
         scene.given("channels there are", "/trunks/" + match.at(1) + "/channels_max",
                     trunk_of(scene, match).channels_max.value_or(0))},
        [](const std::vector<double>& v) { return erlang_b_probability(v.at(0), v.at(1)); });
    node.source = "handbook-teletraffic";
    return node;
}

// How full: rows of links, firewalls and trunks alike. match: year, section, index, row.

std::string owner(const Match& match) {
    return "/years/" + match.at(0) + "/" + match.at(1) + "/" + match.at(2);
}

std::string fill_pointer(const Match& match, const std::string& key) {
    return owner(match) + "/resources/" + match.at(3) + "/" + key;
}

std::string fill_resource(const Scene& scene, const Match& match) {
    const Json* name = scene.at(fill_pointer(match, "resource"));
    return name != nullptr && name->text() != nullptr ? *name->text() : std::string{};
}

/// One row of a place's resources: the report's own number of the peak, the deployment's limit.
struct FillKey {
    std::string_view section;
    std::string_view resource;
    std::string_view peak;
    std::string_view limit;
    bool is_table = false;
};
constexpr std::array<FillKey, 7> fill_keys{{
    {"links", "bits_per_s", "bits_peak_per_s", "rate_bits_per_s"},
    {"links", "packets_per_s", "packets_peak_per_s", "packets_per_s_max"},
    {"firewalls", "packets_per_s", "packets_peak_per_s", "packets_per_s_max"},
    {"firewalls", "sessions", "sessions", "sessions_max", true},
    {"firewalls", "sessions_opened_per_s", "sessions_opened_peak_per_s",
     "sessions_opened_per_s_max"},
    {"trunks", "channels", "channels_needed", "channels_max"},
    {"trunks", "call_attempts_per_s", "call_attempts_peak_per_s", "call_attempts_per_s_max"},
}};

const FillKey& fill_key(const Scene& scene, const Match& match) {
    const std::string resource = fill_resource(scene, match);
    for (const FillKey& key : fill_keys) {
        if (key.section == match.at(1) && key.resource == resource) return key;
    }
    return fill_keys.front();
}

Explained fill_peak(const Scene& scene, const Match& match) {
    const std::string key(fill_key(scene, match).peak);
    if (match.at(1) != "links") {
        return same_as("peak",
                       scene.reported(fill_resource(scene, match), owner(match) + "/" + key));
    }
    return computed("peak", "max({in}, {out})",
                    {scene.reported("in", owner(match) + "/in/" + key),
                     scene.reported("out", owner(match) + "/out/" + key)},
                    [](const std::vector<double>& v) { return std::max(v.at(0), v.at(1)); });
}

Explained fill_limit(const Scene& scene, const Match& match) {
    const std::string place =
        (match.at(1) == "trunks" ? "/trunks/" : "/network/" + match.at(1) + "/") + match.at(2);
    const Json* value = scene.at(fill_pointer(match, "limit"));
    return same_as("limit",
                   scene.given("limit", place + "/" + std::string(fill_key(scene, match).limit),
                               value->number_or_zero()));
}

Explained fill_target(const Scene& scene, const Match& match) {
    return same_as("part of the limit that may be used",
                   target_of(scene, fill_key(scene, match).is_table ? ResourceKind::table
                                                                    : ResourceKind::queue));
}

Explained fill_headroom(const Scene& scene, const Match& match) {
    std::vector<Explained> operands{scene.reported("peak", fill_pointer(match, "peak")),
                                    scene.reported("limit", fill_pointer(match, "limit"))};
    const std::string target = fill_pointer(match, "target_fraction");
    const bool has_target = scene.at(target) != nullptr;
    if (has_target) operands.push_back(scene.reported("target", target));
    return computed("headroom",
                    has_target ? "1 - {peak} / ({limit} x {target})" : "1 - {peak} / {limit}",
                    std::move(operands), [](const std::vector<double>& v) {
                        return 1 - v.at(0) / (v.at(1) * (v.size() > 2 ? v.at(2) : 1));
                    });
}

}  // namespace

const std::vector<Rule>& network_rules() {
    using T = Traffic;
    constexpr Moment mean = Moment::mean;
    constexpr Moment peak = Moment::peak;
    static const std::vector<Rule> rules{
        {"/years/*/links/*/in/packets_per_s", link_traffic<&T::packets_in_number, 1, mean>},
        {"/years/*/links/*/in/bits_per_s", link_traffic<&T::in_bytes, 8, mean>},
        {"/years/*/links/*/in/packets_peak_per_s", link_traffic<&T::packets_in_number, 1, peak>},
        {"/years/*/links/*/in/bits_peak_per_s", link_traffic<&T::in_bytes, 8, peak>},
        {"/years/*/links/*/out/packets_per_s", link_traffic<&T::packets_out_number, 1, mean>},
        {"/years/*/links/*/out/bits_per_s", link_traffic<&T::out_bytes, 8, mean>},
        {"/years/*/links/*/out/packets_peak_per_s", link_traffic<&T::packets_out_number, 1, peak>},
        {"/years/*/links/*/out/bits_peak_per_s", link_traffic<&T::out_bytes, 8, peak>},
        {"/years/*/firewalls/*/packets_per_s", wall_packets<mean>},
        {"/years/*/firewalls/*/packets_peak_per_s", wall_packets<peak>},
        {"/years/*/firewalls/*/sessions", sessions},
        {"/years/*/firewalls/*/sessions_opened_per_s", sessions_opened<mean>},
        {"/years/*/firewalls/*/sessions_opened_peak_per_s", sessions_opened<peak>},
        {"/years/*/firewalls/*/sessions_memory_bytes", sessions_memory},
        {"/years/*/trunks/*/offered_erlang", trunk_erlang},
        {"/years/*/trunks/*/call_attempts_per_s", trunk_attempts},
        {"/years/*/trunks/*/call_attempts_peak_per_s", trunk_attempts_peak},
        {"/years/*/trunks/*/channels_needed", channels_needed},
        {"/years/*/trunks/*/blocking_probability", trunk_blocking},
        {"/years/*/*/*/resources/*/peak", fill_peak},
        {"/years/*/*/*/resources/*/limit", fill_limit},
        {"/years/*/*/*/resources/*/target_fraction", fill_target},
        {"/years/*/*/*/resources/*/headroom_fraction", fill_headroom},
    };
    return rules;
}

}  // namespace busyhour
