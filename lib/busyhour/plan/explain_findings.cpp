#include "busyhour/model/transport.h"
#include "busyhour/plan/explain_evidence.h"
#include "busyhour/plan/explain_place.h"
#include "busyhour/plan/explain_terms.h"
#include "busyhour/plan/signalling.h"

#include <algorithm>
#include <cmath>

namespace busyhour {
namespace {

Explained start_demand(const Scene& scene, const std::string& name, const std::string& key) {
    return scene.reported(name, "/years/0/demand/" + key);
}

// Limits

/// The pointer of the rank-th constraint that `is_wanted`.
template <typename Wanted>
std::string constraint_pointer(const Evidence& evidence, Wanted is_wanted) {
    std::size_t left = evidence.rank;
    const std::vector<Constraint>& constraints = evidence.scene.plan.constraints;
    for (std::size_t i = 0; i < constraints.size(); ++i) {
        if (!is_wanted(constraints[i])) continue;
        if (left == 0) return "/constraints/" + std::to_string(i) + "/" + evidence.key;
        --left;
    }
    return {};
}

Explained exceeded_headroom(const Evidence& evidence) {
    const bool is_packets = evidence.finding.id == "packets-above-limit";
    return same_as("headroom",
                   evidence.scene.reported(
                       "headroom", constraint_pointer(evidence, [&](const Constraint& limit) {
                           return limit.kind != "role" && limit.headroom_fraction < 0 &&
                                  (limit.resource == "packets_per_s") == is_packets;
                       })));
}

Explained exhausted_evidence(const Evidence& evidence) {
    return same_as(evidence.key,
                   evidence.scene.reported(
                       evidence.key, constraint_pointer(evidence, [](const Constraint& limit) {
                           return limit.exhausted_in && limit.headroom_fraction >= 0;
                       })));
}

/// The pointer of the rank-th role of the start year that `is_wanted`.
template <typename Wanted>
std::string role_pointer(const Evidence& evidence, Wanted is_wanted) {
    std::size_t left = evidence.rank;
    const std::vector<Sizing>& roles = evidence.scene.plan.years.front().roles;
    for (std::size_t i = 0; i < roles.size(); ++i) {
        if (!is_wanted(roles[i])) continue;
        if (left == 0) return "/years/0/roles/" + std::to_string(i) + "/" + evidence.key;
        --left;
    }
    return {};
}

Explained not_met(const Evidence& evidence) {
    return same_as(
        "utilisation",
        evidence.scene.reported("utilisation", role_pointer(evidence, [](const Sizing& sizing) {
                                    return !sizing.is_met;
                                })));
}

Explained single_nodes(const Evidence& evidence) {
    return same_as(
        "nodes", evidence.scene.reported("nodes", role_pointer(evidence, [](const Sizing& sizing) {
                                             return sizing.nodes == 1;
                                         })));
}

// TLS

Explained same_demand(const Evidence& evidence) {
    return same_as(evidence.key, start_demand(evidence.scene, evidence.key, evidence.key));
}

Explained relative_capacity(const Evidence& evidence) {
    // The row for each registration stands first where both findings do.
    const Scene& scene = evidence.scene;
    const bool is_per_registration =
        evidence.finding.message.find("for each registration") != std::string::npos;
    const std::string wanted = is_per_registration ? "tls_per_registration" : "tls_per_transaction";
    for (std::size_t i = 0; i < scene.plan.transports.size(); ++i) {
        if (scene.plan.transports[i].transport != wanted) continue;
        return same_as("capacity",
                       scene.reported("capacity of " + wanted, "/transports/" + std::to_string(i) +
                                                                   "/capacity_relative_to_udp"));
    }
    return planned("capacity", std::nan(""), {});
}

/// CPU seconds of all handshakes at once.
Explained handshake_seconds(const Evidence& evidence) {
    const Scene& scene = evidence.scene;
    std::vector<Explained> terms;
    for (std::size_t p = 0; p < scene.deployment().populations.size(); ++p) {
        const Population& population = scene.population(p);
        if (!is_encrypted(population.transport)) continue;
        if (population.tls.connection == Connection::per_transaction) continue;
        const Driver driver = handshake_driver(population.tls.key, false);
        Explained each = cost_of_each(scene, RoleKind::registrar, {}, driver);
        each.name = "CPU seconds of a handshake with " + population.tls.key;
        auto term = endpoints_times(scene, p, std::move(each));
        if (term) terms.push_back(std::move(*term));
    }
    return sum_of("CPU seconds", std::move(terms));
}

// Registrations

/// Registrations/s of the populations at the floor, times what each would be of the evidence.
Explained floor_registrations(const Evidence& evidence) {
    const Scene& scene = evidence.scene;
    std::vector<Explained> terms;
    for (std::size_t p = 0; p < scene.deployment().populations.size(); ++p) {
        const Population& population = scene.population(p);
        if (population.refresh_fraction < 1) continue;
        if (population.authentication != Authentication::none) continue;
        auto term = endpoints_times(
            scene, p,
            computed("registrations/s of one endpoint", "1 / {expiry}",
                     {scene.given("expiry", pointer_of_population(p) + "/registration/expires_s",
                                  population.expires_s)},
                     [](const std::vector<double>& v) { return 1 / v.at(0); }));
        if (term) terms.push_back(std::move(*term));
    }
    Explained rate = sum_of("registrations/s at the floor", std::move(terms));
    if (evidence.key == "registrations_per_s") return rate;
    Explained messages = constant("messages of each", 2, "rfc3261");
    if (evidence.key == "register_messages_per_s") {
        return product_of("messages/s", {std::move(rate), std::move(messages)});
    }
    return product_of("messages/s",
                      {std::move(rate), std::move(messages), constant("half the expiry", 2),
                       constant("challenge and answer", 2, "rfc3261")});
}

// UDP

Explained largest_request(const Evidence& evidence) {
    const Scene& scene = evidence.scene;
    std::vector<Explained> sizes;
    for (std::size_t p = 0; p < scene.deployment().populations.size(); ++p) {
        sizes.push_back(planned(
            "largest request over UDP of " + scene.population(p).name,
            scene.one_endpoint(p).totals.largest_udp_request_bytes,
            "messages of the catalogue with the SDP of " + scene.population(p).media.encryption));
    }
    return computed(
        "largest request over UDP", "largest of all populations", std::move(sizes),
        [](const std::vector<double>& v) { return *std::max_element(v.begin(), v.end()); });
}

Explained request_limit(const Evidence& evidence) {
    return same_as("limit", constant("octets where the path MTU is unknown",
                                     evidence.finding.evidence.back().second, "rfc3261"));
}

/// The firewall and the populations that a udp-timeout finding is about.
struct Forgotten {
    std::size_t wall = 0;
    std::vector<std::size_t> populations;
};

Forgotten forgotten(const Evidence& evidence) {
    const Deployment& deployment = evidence.scene.deployment();
    std::size_t left = evidence.rank;
    for (std::size_t i = 0; i < deployment.firewalls.size(); ++i) {
        const Firewall& wall = deployment.firewalls[i];
        Forgotten found{.wall = i, .populations = {}};
        for (std::size_t p = 0; p < deployment.populations.size(); ++p) {
            const Population& each = deployment.populations[p];
            const bool is_here = !wall.site || *wall.site == each.site;
            const bool is_longer = silence_s(each) > wall.udp_timeout_s;
            if (each.transport == Transport::udp && is_here && is_longer) {
                found.populations.push_back(p);
            }
        }
        if (found.populations.empty()) continue;
        if (left == 0) return found;
        --left;
    }
    return {};
}

Explained udp_timeout(const Evidence& evidence) {
    const Scene& scene = evidence.scene;
    const std::size_t wall = forgotten(evidence).wall;
    return same_as(
        "UDP timeout",
        scene.given("UDP timeout", pointer_to("/network/firewalls", wall) + "/udp_timeout_s",
                    scene.deployment().firewalls.at(wall).udp_timeout_s));
}

Explained longest_silence(const Evidence& evidence) {
    std::vector<Explained> operands;
    for (const std::size_t p : forgotten(evidence).populations) {
        operands.push_back(planned(
            evidence.scene.population(p).name, silence_s(evidence.scene.population(p)),
            "the lesser of refresh interval and keepalive interval, " + pointer_of_population(p)));
    }
    return computed(
        "longest silence", "largest of the populations' silences", std::move(operands),
        [](const std::vector<double>& v) { return *std::max_element(v.begin(), v.end()); });
}

Explained forgotten_endpoints(const Evidence& evidence) {
    std::vector<Explained> terms;
    for (const std::size_t p : forgotten(evidence).populations) {
        Explained term = endpoints_of(evidence.scene, p);
        term.name = evidence.scene.population(p).name;
        terms.push_back(std::move(term));
    }
    return sum_of("endpoints", std::move(terms));
}

// Packets

Explained packets_counted(const Evidence& evidence) {
    const std::string rule = evidence.key.ends_with("share5") ? "share5" : "rfc3550";
    return sum_of("packets/s", {start_demand(evidence.scene, "RTP packets/s", "rtp_packets_per_s"),
                                start_demand(evidence.scene, "RTCP packets/s by " + rule,
                                             "rtcp_packets_" + rule + "_per_s")});
}

Explained relay_packets(const Evidence& evidence) {
    const std::string way = evidence.key == "relay_packets_in_per_s" ? "in" : "out";
    return same_as(
        "packets/s through the relay, " + way,
        evidence.scene.reported("packets/s " + way, "/years/0/roles/2/" + way + "/packets_per_s"));
}

// Growth, trunks

/// The report's last year has it rounded; the finding does not.
Explained last_endpoints(const Evidence& evidence) {
    const Scene& scene = evidence.scene;
    for (const Rule& rule : year_rules()) {
        if (!rule.pattern.ends_with("/" + evidence.key)) continue;
        const Explained whole = rule.build(scene, {std::to_string(scene.plan.years.size() - 1)});
        return whole.operands.front();
    }
    return planned(evidence.key, std::nan(""), {});
}

Explained points(const Evidence& evidence) {
    std::vector<Explained> terms;
    const std::vector<YearValue>& history = evidence.scene.deployment().growth.history;
    for (std::size_t i = 0; i < history.size(); ++i) {
        terms.push_back(evidence.scene.given("year", pointer_to("/growth/history", i) + "/year",
                                             history[i].year));
    }
    return computed("points", "how many years the history has", std::move(terms),
                    [](const std::vector<double>& v) { return static_cast<double>(v.size()); });
}

Explained erlang_without_trunk(const Evidence& evidence) {
    const Scene& scene = evidence.scene;
    std::vector<Explained> shares;
    for (std::size_t i = 0; i < scene.deployment().trunks.size(); ++i) {
        shares.push_back(scene.given(scene.deployment().trunks[i].name,
                                     pointer_to("/trunks", i) + "/share_fraction",
                                     scene.deployment().trunks[i].share_fraction));
    }
    Explained outside =
        grown_sum(scene, "0", "external erlangs", [](const Scene& s, std::size_t p) {
            Explained part = computed(
                "external part", "1 - {internal part}",
                {s.given("internal part", pointer_of_population(p) + "/calls/internal_fraction",
                         s.population(p).calls.internal_fraction)},
                [](const std::vector<double>& v) { return 1 - v.at(0); });
            return endpoints_times(
                s, p, product_of("of one endpoint", {talking_of_one(s, p), std::move(part)}));
        });
    return computed("erlangs over no trunk", "{external erlangs} x (1 - {shares of the trunks})",
                    {std::move(outside), sum_of("shares of the trunks", std::move(shares))},
                    [](const std::vector<double>& v) { return v.at(0) * (1 - v.at(1)); });
}

const std::vector<EvidenceRule>& evidence_rules() {
    static const std::vector<EvidenceRule> rules{
        {"limit-exceeded", "headroom_fraction", exceeded_headroom},
        {"packets-above-limit", "headroom_fraction", exceeded_headroom},
        {"growth-exhausts", "exhausted_in", exhausted_evidence},
        {"growth-exhausts", "headroom_fraction", exhausted_evidence},
        {"demand-not-met", "utilisation_fraction", not_met},
        {"single-node", "nodes", single_nodes},
        {"tls-without-persistent-connections", "capacity_relative_to_udp", relative_capacity},
        {"tls-without-persistent-connections", "tls_full_handshakes_per_s", same_demand},
        {"tls-reconnect-storm", "tls_connections", same_demand},
        {"tls-reconnect-storm", "cpu_s", handshake_seconds},
        {"registrations-at-the-floor", "registrations_per_s", floor_registrations},
        {"registrations-at-the-floor", "register_messages_per_s", floor_registrations},
        {"registrations-at-the-floor", "register_messages_half_digest_per_s", floor_registrations},
        {"keepalives-dominate", "keepalive_messages_per_s", same_demand},
        {"keepalives-dominate", "register_messages_per_s", same_demand},
        {"udp-request-above-1300", "request_bytes", largest_request},
        {"udp-request-above-1300", "limit_bytes", request_limit},
        {"udp-timeout-shorter-than-keepalive", "udp_timeout_s", udp_timeout},
        {"udp-timeout-shorter-than-keepalive", "silence_s", longest_silence},
        {"udp-timeout-shorter-than-keepalive", "endpoints", forgotten_endpoints},
        {"packets-per-second", "packets_per_s_rfc3550", packets_counted},
        {"packets-per-second", "packets_per_s_share5", packets_counted},
        {"packets-per-second", "relay_packets_in_per_s", relay_packets},
        {"packets-per-second", "relay_packets_out_per_s", relay_packets},
        {"growth-interval-too-wide", "endpoints_low", last_endpoints},
        {"growth-interval-too-wide", "endpoints_high", last_endpoints},
        {"growth-scenario", "points", points},
        {"calls-without-trunk", "erlang", erlang_without_trunk},
    };
    return rules;
}

Explained evidence(const Scene& scene, const Match& match) {
    const std::vector<Finding>& findings = scene.plan.findings;
    const std::size_t index = std::stoul(match.at(0));
    std::size_t rank = 0;
    for (std::size_t i = 0; i < index; ++i) {
        if (findings[i].id == findings[index].id) ++rank;
    }
    for (const auto* table : {&evidence_rules(), &section_evidence_rules()}) {
        for (const EvidenceRule& rule : *table) {
            const bool is_key = rule.key == "*" || rule.key == match.at(1);
            if (rule.id != findings[index].id || !is_key) continue;
            return rule.build({scene, findings[index], rank, match.at(1)});
        }
    }
    return planned(match.at(1), std::nan(""), "no rule for evidence of " + findings[index].id);
}

}  // namespace

const std::vector<Rule>& finding_rules() {
    static const std::vector<Rule> rules{{"/findings/*/evidence/*", evidence}};
    return rules;
}

}  // namespace busyhour
