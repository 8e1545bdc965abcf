#include "busyhour/plan/deployment.h"

#include "busyhour/error.h"
#include "busyhour/sha256.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <string>
#include <vector>

using namespace busyhour;

namespace {

/// One population with these members, and these members beside it.
std::string text_of(const std::string& population, const std::string& rest = "") {
    const std::string more = population.empty() ? "" : ", " + population;
    return "{\"populations\": [{\"endpoints\": 1000" + more + "}]" +
           (rest.empty() ? "" : ", " + rest) + "}";
}

std::vector<std::string> faults_of(const std::string& text) {
    std::vector<std::string> lines;
    try {
        read_deployment(text, "f.json");
    } catch (const InputError& error) {
        for (const Problem& problem : error.problems()) lines.push_back(to_line(problem));
    }
    return lines;
}

/// The only fault of the text.
std::string fault_of(const std::string& text) {
    const std::vector<std::string> faults = faults_of(text);
    CAPTURE(faults);
    REQUIRE(faults.size() == 1);
    return faults.front();
}

}  // namespace

TEST_CASE("a deployment of endpoints alone is complete", "[plan][deployment]") {
    const Deployment deployment = read_deployment(text_of(""), "f").deployment;
    REQUIRE(deployment.populations.size() == 1);
    const Population& population = deployment.populations.front();
    CHECK(population.endpoints_number == 1000);
    CHECK(population.name == "population 1");
    CHECK(population.expires_s == 3600);
    CHECK(population.transport == Transport::udp);
    CHECK(population.media.codec == "PCMU");
    CHECK(population.media.packets.payload_bytes == 160);  // 20 ms at 64 kbit/s
    CHECK(deployment.policy.target_utilisation_fraction == 0.6);
    CHECK(deployment.policy.redundancy == Redundancy::n_plus_1);
    CHECK(deployment.roles.at(index_of(RoleKind::media_relay)).server == "rtpengine");
    CHECK(deployment.sha256 == sha256_hex(text_of("")));
}

TEST_CASE("each default of a deployment stands in its assumptions once", "[plan][deployment]") {
    const Deployment deployment = read_deployment(text_of(""), "f").deployment;
    std::vector<std::string> paths;
    for (const Assumption& assumption : deployment.assumptions) {
        CAPTURE(assumption.path);
        CHECK_FALSE(assumption.source.empty());
        paths.push_back(assumption.path);
    }
    std::sort(paths.begin(), paths.end());
    CHECK(std::adjacent_find(paths.begin(), paths.end()) == paths.end());
    for (const std::string path :
         {"/populations/0/registration/expires_s", "/populations/0/media/ptime_ms",
          "/populations/0/calls/holding_time_s", "/policy/redundancy", "/network/layers",
          "/roles/registrar/server", "/growth/model", "/horizon_years"}) {
        CAPTURE(path);
        CHECK(std::count(paths.begin(), paths.end(), path) == 1);
    }
}

TEST_CASE("every word of a deployment has its value", "[plan][deployment]") {
    const Deployment deployment =
        read_deployment(R"({"name": "n", "start_year": 2027, "horizon_years": 2,
        "populations": [{"name": "a", "site": "s", "endpoints": 10, "transport": "wss",
          "tls": {"connection": "per_transaction", "key": "rsa-4096", "version": "1.2",
                  "resumed_percent": 25, "reconnects_per_endpoint_per_h": 3.6, "mutual": true},
          "registration": {"expires_min": 10, "refresh_percent": 90, "authentication": "digest"},
          "keepalive": {"method": "crlf", "interval_s": 120},
          "subscriptions": [{"event": "dialog", "per_endpoint": 2, "expires_s": 600,
                             "notifies_per_h": 36}],
          "calls": {"busy_hour_attempts_per_endpoint": 2, "answered_percent": 70,
                    "holding_time_s": 90, "internal_fraction": 0.25, "authentication": "digest",
                    "session_expires_s": 1800, "session_refresh": "reinvite"},
          "media": {"codec": "g729", "ptime_ms": 40, "encryption": "sdes", "rtcp": "share5",
                    "srtp_suite": "AEAD_AES_128_GCM", "rtcp_mux": true, "relayed_percent": 50,
                    "voice_activity_percent": 40}}],
        "roles": {"registrar": {"replication": "dmq_usrloc", "nodes": 3, "cores_per_node": 8}},
        "policy": {"redundancy": "2n", "peak_percentile": 0.99, "blocking_probability": 0.001},
        "network": {"layers": ["vlan", "ipv6", "ethernet"], "mtu_bytes": 1400,
                    "links": [{"name": "l", "site": "s", "rate_mbits_per_s": 2}],
                    "firewalls": [{"name": "w", "udp_timeout_min": 1}]},
        "trunks": [{"name": "t", "share_percent": 40}, {"name": "u"}, {"name": "v"}]})",
                        "f")
            .deployment;
    const Population& population = deployment.populations.front();
    CHECK(population.transport == Transport::wss);
    CHECK(population.tls.connection == Connection::per_transaction);
    CHECK(population.tls.key == "rsa-4096");
    CHECK(population.tls.resumed_fraction == 0.25);
    CHECK(population.tls.reconnects_per_s == Approx(0.001).epsilon(1e-14));
    CHECK(population.tls.is_mutual);
    CHECK(population.expires_s == 600);
    CHECK(population.refresh_fraction == 0.9);
    CHECK(population.authentication == Authentication::digest);
    CHECK(population.keepalive == Keepalive::crlf);
    CHECK(population.subscriptions.at(0).notifies_per_s == Approx(0.01).epsilon(1e-14));
    CHECK(population.calls.answered_fraction == 0.7);
    CHECK(population.calls.refreshes_by_reinvite);
    CHECK(population.media.codec == "G729");
    CHECK(population.media.packets.payload_bytes == 40);  // four frames of 10 octets
    CHECK(population.media.rtcp == RtcpRule::share5);
    CHECK(population.media.muxes_rtcp);
    CHECK(population.media.relayed_fraction == 0.5);
    const RoleChoice& registrar = deployment.roles.at(index_of(RoleKind::registrar));
    CHECK(registrar.replication == Replication::dmq_usrloc);
    CHECK(registrar.nodes == 3);
    CHECK(deployment.policy.redundancy == Redundancy::two_n);
    CHECK(deployment.network.layers.front().name == "ipv6");
    CHECK(deployment.network.layers.back().name == "ethernet");
    CHECK(deployment.links.at(0).rate_bits_per_s == 2e6);
    CHECK(deployment.firewalls.at(0).udp_timeout_s == 60);
    // What the first trunk leaves is shared evenly: (1 - 0.4) / 2.
    CHECK(deployment.trunks.at(0).share_fraction == 0.4);
    CHECK(deployment.trunks.at(1).share_fraction == Approx(0.3).epsilon(1e-14));
    CHECK(deployment.trunks.at(2).share_fraction == Approx(0.3).epsilon(1e-14));
}

TEST_CASE("faults that only values show are named by place and remedy",
          "[plan][deployment][error]") {
    struct Row {
        const char* population;
        const char* rest;
        const char* where;
        const char* words;
    };
    const Row rows[] = {
        {R"("media": {"codec": "PMCU"})", "", "/populations/0/media/codec: ", "\"PCMU\""},
        {R"("media": {"codec": "G729", "ptime_ms": 25})", "",
         "/populations/0/media/ptime_ms: ", "10, 20, 30"},
        {R"("media": {"codec": "AMR", "bit_rate_bits_per_s": 9})", "",
         "/populations/0/media/bit_rate_bits_per_s: ", "12200"},
        {R"("media": {"octet_aligned": true})", "", "/populations/0/media/octet_aligned: ", "AMR"},
        {R"("media": {"encryption": "sdes", "srtp_suite": "AES_CM_256"})", "",
         "/populations/0/media/srtp_suite: ", "AES_CM_128_HMAC_SHA1_80"},
        {R"("media": {"transcode_to": "opos"})", "", "/populations/0/media/transcode_to: ", "opos"},
        {R"("transport": "tls", "keepalive": {"method": "stun"})", "",
         "/populations/0/keepalive/method: ", "use crlf"},
        {R"("transport": "tcp", "keepalive": {"method": "stun"})", "",
         "/populations/0/keepalive/method: ", "UDP"},
        {"", R"("growth": {"model": "fit", "history": [{"year": 2024, "endpoints": 5},
                                                       {"year": 2025, "endpoints": 6}]})",
         "/growth/history", "3"},
        {"", R"("growth": {"model": "fit"})", "/growth/history", "3"},
        {"", R"("growth": {"history": [{"year": 2024, "endpoints": 5}]})",
         "/growth/history: ", "fit"},
        {"", R"("growth": {"model": "fit", "history": [{"year": 2024, "endpoints": 5},
                 {"year": 2025, "endpoints": 6}, {"year": 2027, "endpoints": 7}]})",
         "/growth/history: ", "start_year"},
        {"", R"("trunks": [{"name": "a", "share_fraction": 0.6},
                           {"name": "b", "share_fraction": 0.5}])",
         "/trunks: ", "1.1"},
        {R"("site": "hq")", R"("network": {"links": [{"name": "l", "site": "hk"}]})",
         "/network/links/0/site: ", "\"hq\""},
        {R"("site": "hq")", R"("network": {"firewalls": [{"name": "w", "site": "berlin"}]})",
         "/network/firewalls/0/site: ", "berlin"},
        {"", R"("network": {"layers": ["ethernet", "ipv5"]})", "/network/layers/1: ", "ipv"},
        {"", R"("network": {"layers": ["ethernet"]})", "/network/layers: ", "ipv4"},
        {"", R"("network": {"layers": ["ipv4", "udp"]})", "/network/layers: ", "above IP"},
        {"", R"("network": {"layers": ["ipv4", "ipv4"]})", "/network/layers: ", "twice"},
        {"", R"("roles": {"proxy": {"server": "kamalio"}})",
         "/roles/proxy/server: ", "\"kamailio\""},
        {"", R"("roles": {"media_relay": {"host": "mainframe"}})",
         "/roles/media_relay/host: ", "reference-vm"},
        {"", R"("models": {"codec": {"PCMU": {}}})", "/models", "codecs"},
        {"", R"("models": {"codecs": {"new": {"title": "x"}}})", "/models/codecs/new/", "missing"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.population, row.rest);
        const std::vector<std::string> faults = faults_of(text_of(row.population, row.rest));
        REQUIRE_FALSE(faults.empty());
        const bool is_named =
            std::any_of(faults.begin(), faults.end(), [&](const std::string& fault) {
                return fault.rfind(row.where, 0) == 0 && fault.find(row.words) != std::string::npos;
            });
        CAPTURE(faults);
        CHECK(is_named);
    }
}

TEST_CASE("a fault is reported once, at one place", "[plan][deployment][error]") {
    CHECK_THAT(fault_of(text_of(R"("media": {"codec": "PMCU"})")), Catch::Contains("PMCU"));
    CHECK_THAT(fault_of(text_of(R"("media": {"codec": 5})")), Catch::Contains("a string"));
    CHECK_THAT(fault_of(text_of("", R"("roles": {"proxy": {"server": 5}})")),
               Catch::Contains("a string"));
    CHECK_THAT(fault_of(text_of("", R"("network": {"layers": []})")),
               Catch::Contains("at least 1"));
}

TEST_CASE("faults of the text and of its values are reported together",
          "[plan][deployment][error]") {
    const std::vector<std::string> faults = faults_of(R"({"nmae": "x",
            "populations": [{"endpoints": 10, "media": {"codec": "PMCU"}},
                            {"endpoints": 0}, {"endpoints": 5, "media": {"ptime_ms": 20.5}}],
            "trunks": [{"name": "a", "share_fraction": 0.9},
                       {"name": "b", "share_fraction": 0.9}]})");
    CHECK(faults.size() == 5);
    for (const std::string place :
         {"/nmae", "/populations/0/media/codec", "/populations/1/endpoints",
          "/populations/2/media/ptime_ms", "/trunks"}) {
        CAPTURE(place, faults);
        CHECK(std::count_if(faults.begin(), faults.end(), [&](const std::string& fault) {
                  return fault.rfind(place + ":", 0) == 0;
              }) == 1);
    }
}

TEST_CASE("a text that is no JSON object is refused", "[plan][deployment][error]") {
    for (const std::string text : {"", "[]", "null", "5", "\"x\"", "{", "{\"populations\": [",
                                   "{\"populations\": null}", "{\"populations\": {}}"}) {
        CAPTURE(text);
        CHECK_FALSE(faults_of(text).empty());
    }
    CHECK_THAT(fault_of("{\"populations\": [\n}"), Catch::StartsWith("f.json:2:1: not JSON"));
    CHECK_THAT(
        fault_of(R"({"format": "busyhour.deployment/2", "populations": [{"endpoints": 1}]})"),
        Catch::StartsWith("/format: must be \"busyhour.deployment/1\""));
}

TEST_CASE("models in a deployment change the catalogue of that deployment", "[plan][deployment]") {
    const PlanInput input =
        read_deployment(text_of(R"("media": {"codec": "PCMU"})", R"("models": {"codecs": {"PCMU":
                {"ptime_default_ms": 30}}, "servers": {"kamailio": {"status": "measured"}}})"),
                        "f");
    CHECK(input.deployment.populations.front().media.packets.payload_bytes == 240);
    CHECK(input.catalog.servers.at("kamailio").status == "measured");
    CHECK(input.catalog.origins.at("servers/kamailio").changed_by == "/models/servers/kamailio");
}

TEST_CASE("a deployment may bring a server of its own", "[plan][deployment]") {
    const PlanInput input = read_deployment(
        text_of("", R"("roles": {"registrar": {"server": "mine"}}, "models": {"servers": {"mine": {
                "title": "my registrar", "source": "planning-default", "status": "measured",
                "cost": [{"driver": "registrations", "resource": "cpu_cores", "cost": 0.001,
                          "source": "planning-default"}]}}})"),
        "f");
    const CostModel& cost = input.catalog.servers.at("mine").cost;
    CHECK(cost.cost.at(index_of(Resource::cpu_cores))[Driver::registrations] == 0.001);
}

TEST_CASE("a role says what its cores are worth", "[plan][deployment][host]") {
    const auto roles = [](const std::string& members) {
        return text_of("", "\"roles\": {\"proxy\": {" + members + "}}");
    };
    const RoleChoice role =
        read_deployment(roles(R"("vcpu_overcommit_ratio": 3, "steal_percent": 12.5,
                                 "hyperthread_gain_percent": 30, "blocking_ms": 4)"),
                        "f")
            .deployment.roles.at(index_of(RoleKind::proxy));
    CHECK(role.cpu.vcpus_per_cpu_number == 3);
    CHECK(role.cpu.steal_fraction == 0.125);
    CHECK(*role.cpu.hyperthread_gain_fraction == Approx(0.3));
    CHECK(role.blocking_s == Approx(0.004));
    const RoleChoice plain = read_deployment(roles(""), "f").deployment.roles.at(1);
    CHECK(plain.cpu.vcpus_per_cpu_number == 1);
    CHECK(plain.cpu.steal_fraction == 0);
    CHECK_FALSE(plain.cpu.hyperthread_gain_fraction);
    CHECK_THAT(fault_of(roles(R"("vcpu_overcommit_ratio": 0.5)")),
               Catch::StartsWith("/roles/proxy/vcpu_overcommit_ratio: must be at least 1"));
    CHECK_THAT(fault_of(roles(R"("steal_percent": 100)")),
               Catch::StartsWith("/roles/proxy/steal_percent: must be less than 100"));
    CHECK_THAT(fault_of(roles(R"("hyperthreads": true)")), Catch::Contains("unknown key"));
}

TEST_CASE("a node has no more cores than its host", "[plan][deployment][host]") {
    const auto roles = [](const std::string& cores) {
        return text_of("", R"("roles": {"proxy": {"host": "raspberry-pi-5", "cores_per_node": )" +
                               cores + "}}");
    };
    CHECK(faults_of(roles("4")).empty());
    CHECK(faults_of(roles("2")).empty());
    CHECK_THAT(fault_of(roles("5")),
               Catch::StartsWith("/roles/proxy/cores_per_node: is more than the 4 cores"));
}
