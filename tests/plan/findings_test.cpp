#include "busyhour/plan/findings.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <string>
#include <vector>

using namespace busyhour;

namespace {

/// Members that leave nothing to be found: phones that refresh early and call nobody.
const std::string quiet_population =
    R"("registration": {"refresh_fraction": 0.9}, "calls": {"busy_hour_attempts_per_endpoint": 0})";
const std::string quiet_calls =
    R"("registration": {"refresh_fraction": 0.9}, "calls": {"internal_fraction": 1})";
const std::string measured =
    R"("models": {"servers": {"kamailio": {"status": "measured"},
                              "rtpengine": {"status": "measured"}}})";

Plan plan_of(const std::string& population, const std::string& rest = "") {
    return make_plan(read_deployment("{\"populations\": [{\"endpoints\": 100000, " + population +
                                         "}], " + measured + (rest.empty() ? "" : ", " + rest) +
                                         "}",
                                     "f"));
}

std::vector<std::string> ids_of(const Plan& plan) {
    std::vector<std::string> ids;
    for (const Finding& finding : plan.findings) ids.push_back(finding.id);
    return ids;
}

bool finds(const Plan& plan, const std::string& id) {
    const std::vector<std::string> ids = ids_of(plan);
    return std::find(ids.begin(), ids.end(), id) != ids.end();
}

double evidence_of(const Plan& plan, const std::string& id, const std::string& name) {
    for (const Finding& finding : plan.findings) {
        if (finding.id != id) continue;
        for (const auto& [key, value] : finding.evidence) {
            if (key == name) return value;
        }
    }
    FAIL("no evidence " << name << " of " << id);
    return 0;
}

const std::string history =
    R"({"year": 2020, "endpoints": 50000}, {"year": 2021, "endpoints": 61000},
       {"year": 2022, "endpoints": 70000}, {"year": 2023, "endpoints": 83000},
       {"year": 2024, "endpoints": 100000})";

}  // namespace

TEST_CASE("a quiet deployment gives no cause for a finding but its size", "[plan][findings]") {
    // 100,000 contacts are 146 MB: more than the 64 MB that Kamailio takes by default.
    const Plan plan = plan_of(quiet_population);
    CHECK(ids_of(plan) == std::vector<std::string>{"defaults-exceeded"});
}

TEST_CASE("each finding is made where its cause is, and only there", "[plan][findings][table]") {
    struct Row {
        const char* id;
        std::string population;
        const char* rest;
        std::string harmless_population;
        const char* harmless_rest;
    };
    const Row rows[] = {
        {"limit-exceeded", quiet_calls, R"("network": {"links": [{"name": "l",
            "rate_mbits_per_s": 100}]})",
         quiet_calls, R"("network": {"links": [{"name": "l",
            "rate_mbits_per_s": 10000}]})"},
        {"packets-above-limit", quiet_calls, R"("network": {"links": [{"name": "l",
            "packets_per_s_max": 1000}]})",
         quiet_calls, R"("network": {"links": [{"name": "l",
            "packets_per_s_max": 10000000}]})"},
        {"growth-exhausts", quiet_population, R"("growth": {"rate_percent_per_year": 900})",
         quiet_population, R"("growth": {"rate_percent_per_year": 0})"},
        {"demand-not-met", quiet_calls, R"("roles": {"media_relay": {"nodes": 2}})", quiet_calls,
         R"("roles": {"media_relay": {"nodes": 20}})"},
        {"tls-without-persistent-connections",
         quiet_population + R"(, "transport": "tls", "tls": {"connection": "per_registration"})",
         "", quiet_population + R"(, "transport": "tls")", ""},
        {"tls-without-persistent-connections",
         quiet_population + R"(, "transport": "wss", "tls": {"connection": "per_transaction"})", "",
         quiet_population + R"(, "transport": "tcp", "tls": {"connection": "per_transaction"})",
         ""},
        {"tls-reconnect-storm", quiet_population + R"(, "transport": "tls")", "",
         quiet_population + R"(, "transport": "tcp")", ""},
        {"registrations-at-the-floor", R"("calls": {"busy_hour_attempts_per_endpoint": 0})", "",
         R"("calls": {"busy_hour_attempts_per_endpoint": 0},
            "registration": {"authentication": "digest"})",
         ""},
        {"keepalives-dominate",
         quiet_population + R"(, "keepalive": {"method": "stun", "interval_s": 30})", "",
         R"("calls": {"busy_hour_attempts_per_endpoint": 0}, "registration": {"expires_s": 30,
            "refresh_fraction": 0.9}, "keepalive": {"method": "stun", "interval_s": 30})",
         ""},
        {"single-node", quiet_population, R"("policy": {"redundancy": "none"})", quiet_population,
         R"("policy": {"redundancy": "n+1"})"},
        // 1200 octets and the 1060 of the crypto suites; over TLS it is no datagram.
        {"udp-request-above-1300", quiet_calls + R"(, "media": {"encryption": "sdes"})", "",
         quiet_calls + R"(, "transport": "tls", "media": {"encryption": "sdes"})", ""},
        {"udp-timeout-shorter-than-keepalive", quiet_population,
         R"("network": {"firewalls": [{"name": "w", "udp_timeout_s": 60}]})",
         quiet_population + R"(, "keepalive": {"method": "crlf", "interval_s": 25})",
         R"("network": {"firewalls": [{"name": "w", "udp_timeout_s": 60}]})"},
        {"packets-per-second", quiet_calls, "", quiet_population, ""},
        {"growth-scenario", quiet_population, R"("growth": {"model": "fit", "history": [
            {"year": 2022, "endpoints": 90000}, {"year": 2023, "endpoints": 95000},
            {"year": 2024, "endpoints": 100000}]})",
         quiet_population, ""},
        {"calls-without-trunk", R"("registration": {"refresh_fraction": 0.9})", "",
         R"("registration": {"refresh_fraction": 0.9})", R"("trunks": [{"name": "t"}])"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.id, row.population, row.rest);
        const Plan plan = plan_of(row.population, row.rest);
        CHECK(finds(plan, row.id));
        const Plan harmless = plan_of(row.harmless_population, row.harmless_rest);
        CAPTURE(ids_of(harmless));
        CHECK_FALSE(finds(harmless, row.id));
    }
}

TEST_CASE("published figures are told from measured ones", "[plan][findings]") {
    const Plan plan = make_plan(
        read_deployment("{\"populations\": [{\"endpoints\": 10, " + quiet_population + "}]}", "f"));
    CHECK(ids_of(plan) == std::vector<std::string>{"model-not-calibrated", "model-not-calibrated"});
}

TEST_CASE("a forecast that scatters is too wide to plan with", "[plan][findings]") {
    const auto plan = [](const std::string& years) {
        return plan_of(quiet_population,
                       R"("growth": {"model": "fit", "history": [)" + years + "]}");
    };
    CHECK(finds(plan(R"({"year": 2020, "endpoints": 50000}, {"year": 2021, "endpoints": 120000},
                        {"year": 2022, "endpoints": 40000}, {"year": 2023, "endpoints": 150000},
                        {"year": 2024, "endpoints": 60000})"),
                "growth-interval-too-wide"));
    CHECK_FALSE(finds(plan(history), "growth-interval-too-wide"));
    CHECK_FALSE(finds(plan(history), "growth-scenario"));
}

TEST_CASE("a finding carries the numbers that it rests on", "[plan][findings][table]") {
    const Plan calls = plan_of(R"("registration": {"refresh_fraction": 1}, "calls": {
        "internal_fraction": 0.5}, "keepalive": {"method": "crlf", "interval_s": 30},
        "media": {"encryption": "sdes"})",
                               R"("network": {"firewalls": [{"name": "w", "udp_timeout_s": 20}]})");
    // 5000 erlang: 500000 RTP and 2000 RTCP packets/s, or 25000 by the rule of thumb.
    CHECK(evidence_of(calls, "packets-per-second", "packets_per_s_rfc3550") ==
          Approx(502000).epsilon(1e-12));
    CHECK(evidence_of(calls, "packets-per-second", "packets_per_s_share5") ==
          Approx(525000).epsilon(1e-12));
    CHECK(evidence_of(calls, "packets-per-second", "relay_packets_in_per_s") ==
          Approx(502000).epsilon(1e-12));
    CHECK(evidence_of(calls, "registrations-at-the-floor", "registrations_per_s") ==
          Approx(27.7777777777777778).epsilon(1e-12));
    CHECK(evidence_of(calls, "registrations-at-the-floor", "register_messages_half_digest_per_s") ==
          Approx(222.222222222222222).epsilon(1e-12));  // twice the rate, four messages each
    CHECK(evidence_of(calls, "keepalives-dominate", "keepalive_messages_per_s") ==
          Approx(3333.33333333333333).epsilon(1e-12));
    CHECK(evidence_of(calls, "udp-request-above-1300", "request_bytes") == 1200 + 1060);
    CHECK(evidence_of(calls, "udp-timeout-shorter-than-keepalive", "silence_s") == 30);
    CHECK(evidence_of(calls, "calls-without-trunk", "erlang") == Approx(2500).epsilon(1e-12));
}

TEST_CASE("a reconnect storm costs each endpoint's handshake", "[plan][findings][table]") {
    const Plan plan =
        plan_of(quiet_population + R"(, "transport": "tls", "tls": {"key": "rsa-4096"})");
    CHECK(evidence_of(plan, "tls-reconnect-storm", "tls_connections") == 100000);
    // 3.817 ms each at saturation: 381.7 s.
    CHECK(evidence_of(plan, "tls-reconnect-storm", "cpu_s") == Approx(381.7).epsilon(1e-9));
}

TEST_CASE("findings stand by severity and say what to do", "[plan][findings][identity]") {
    const Plan plan = make_plan(read_deployment(
        R"({"populations": [{"endpoints": 1000000, "keepalive": {"method": "crlf"}}],
            "roles": {"media_relay": {"nodes": 1}}, "growth": {"rate_percent_per_year": 50},
            "network": {"links": [{"name": "l", "rate_mbits_per_s": 10}],
                        "firewalls": [{"name": "w", "udp_timeout_s": 10}]}})",
        "f"));
    REQUIRE(plan.findings.size() > 6);
    CHECK(plan.findings.front().severity == Severity::error);
    CHECK(plan.findings.back().severity == Severity::info);
    CHECK(
        std::is_sorted(plan.findings.begin(), plan.findings.end(),
                       [](const Finding& a, const Finding& b) { return a.severity > b.severity; }));
    for (const Finding& finding : plan.findings) {
        CAPTURE(finding.id);
        CHECK_FALSE(finding.message.empty());
        CHECK_FALSE(finding.remedy.empty());
        CHECK_FALSE(finding.source.empty());
        CHECK_FALSE(finding.evidence.empty());
    }
}
