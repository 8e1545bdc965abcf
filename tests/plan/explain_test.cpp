#include "busyhour/plan/explain.h"

#include "busyhour/error.h"
#include "busyhour/report/plan_json.h"
#include "support/file_text.h"

#include <catch2/catch.hpp>

#include <cmath>
#include <filesystem>
#include <map>
#include <string>

using namespace busyhour;

namespace {

/// A deployment with everything that explaining it needs.
struct Planned {
    PlanInput input;
    Explainer explainer;

    explicit Planned(const std::string& text) : Planned(text, read_deployment(text, "f")) {}

private:
    Planned(const std::string& text, PlanInput read)
        : input(std::move(read)),
          explainer(input, make_plan(input), parse_json(to_report_json(make_plan(input)), "r"),
                    parse_json(text, "f")) {}
};

bool is_near(double a, double b) {
    return std::abs(a - b) <= 1e-9 * std::max(std::abs(a), std::abs(b)) + 1e-300;
}

/// The paths of numbers without an explanation, or whose explanation gives another number.
class Checker {
public:
    explicit Checker(const Planned& planned) : planned_(planned) {
        for (const ReportNumber& number : planned.explainer.numbers()) {
            numbers_.emplace(number.path, number.value_number);
        }
    }

    std::vector<std::string> faults() {
        for (const auto& [path, value] : numbers_) check(path, value);
        return faults_;
    }

private:
    void check(const std::string& path, double value) {
        try {
            const Explained node = planned_.explainer.explain(path);
            if (node.operands.empty()) faults_.push_back(path + ": no operands");
            const bool is_tautology =
                node.operands.size() == 1 && node.formula == "{" + node.operands.front().name + "}";
            if (is_tautology) faults_.push_back(path + ": only another name: " + node.formula);
            if (node.value_number != value) {  // to the last digit
                faults_.push_back(path + ": explained as " + std::to_string(node.value_number) +
                                  ", reported as " + std::to_string(value));
            }
            walk(path, node);
        } catch (const InputError& error) {
            faults_.push_back(error.what());
        }
    }

    void walk(const std::string& path, const Explained& node) {
        if (node.operands.empty()) {
            leaf(path, node);
            return;
        }
        std::vector<double> values;
        for (const Explained& operand : node.operands) {
            values.push_back(operand.value_number);
            walk(path, operand);
        }
        const double result = node.evaluate(values);
        if (!is_near(result, node.value_number)) faults_.push_back(path + ": in " + node.name);
    }

    void leaf(const std::string& path, const Explained& node) {
        const std::string what = path + ": " + node.name;
        if (node.origin == Origin::report) {
            const auto number = numbers_.find(node.where);
            if (number == numbers_.end() || number->second != node.value_number) {
                faults_.push_back(what + " is not at " + node.where);
            }
        }
        const bool is_placed = node.origin == Origin::user || node.origin == Origin::assumed ||
                               node.origin == Origin::model;
        if (is_placed && node.where.empty()) faults_.push_back(what + " comes from nowhere");
        if (node.origin == Origin::assumed && node.source.empty()) {
            faults_.push_back(what + " has no source");
        }
        if (node.origin == Origin::planner && node.detail.empty()) {
            faults_.push_back(what + " says nothing of its origin");
        }
    }

    const Planned& planned_;
    std::map<std::string, double> numbers_;
    std::vector<std::string> faults_;
};

void check_all(const std::string& text) {
    const Planned planned(text);
    Checker checker(planned);
    const std::vector<std::string> faults = checker.faults();
    CHECK(planned.explainer.numbers().size() > 50);
    std::string list;
    for (std::size_t i = 0; i < std::min<std::size_t>(faults.size(), 40); ++i) {
        list += faults[i] + "\n";
    }
    INFO(faults.size() << " faults:\n" << list);
    CHECK(faults.empty());
}

const Explained& operand(const Explained& node, const std::string& name) {
    for (const Explained& each : node.operands) {
        if (each.name == name) return each;
    }
    FAIL(node.name << " has no operand " << name);
    return node;
}

}  // namespace

TEST_CASE("every number of every example's report is explained by its operands",
          "[plan][explain][identity]") {
    const std::filesystem::path root = BUSYHOUR_SOURCE_DIR;
    int files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(root / "examples")) {
        if (entry.path().extension() != ".json") continue;
        ++files;
        DYNAMIC_SECTION(entry.path().filename().string()) {
            check_all(file_text(entry.path()));
        }
    }
    CHECK(files >= 6);
}

TEST_CASE("every number of unusual deployments is explained", "[plan][explain][identity]") {
    const std::filesystem::path corpus =
        std::filesystem::path(BUSYHOUR_SOURCE_DIR) / "tests/fuzz/corpus/deployment";
    for (const char* name : {"replicated", "tls", "transcoding", "one-node", "silent", "gates",
                             "models", "shrinking", "least", "units"}) {
        DYNAMIC_SECTION(name) {
            check_all(file_text(corpus / (std::string(name) + ".json")));
        }
    }
}

TEST_CASE("every number of a deployment with a bit of everything is explained",
          "[plan][explain][identity]") {
    check_all(R"({"populations": [
        {"name": "a", "site": "hq", "endpoints": 9000, "keepalive": {"method": "stun"},
         "subscriptions": [{"event": "presence", "per_endpoint": 4, "notifies_per_h": 6}],
         "calls": {"session_expires_s": 90, "session_refresh": "reinvite",
                   "authentication": "digest", "answered_fraction": 0.7},
         "media": {"voice_activity_fraction": 0.4, "rtcp": "share5", "relayed_fraction": 0.3}},
        {"name": "b", "site": "hq", "endpoints": 1, "transport": "tcp",
         "tls": {"connection": "per_transaction"}, "registration": {"authentication": "digest"},
         "keepalive": {"method": "crlf"}, "media": {"rtcp": "none", "relayed_fraction": 0}},
        {"site": "berlin", "endpoints": 700, "transport": "tls",
         "tls": {"connection": "per_transaction", "key": "rsa-4096", "resumed_fraction": 0.4,
                 "reconnects_per_endpoint_per_h": 2, "mutual": true},
         "calls": {"authentication": "digest_reused_nonce", "internal_fraction": 0.9},
         "media": {"encryption": "dtls", "codec": "opus", "transcode_to": "PCMA"}},
        {"name": "d", "endpoints": 4000, "transport": "wss",
         "tls": {"connection": "per_registration", "reconnects_per_endpoint_per_h": 1},
         "keepalive": {"method": "options"}, "media": {"rtcp_mux": true, "encryption": "sdes"}}],
        "growth": {"rate_percent_per_year": -7}, "horizon_years": 2,
        "roles": {"registrar": {"replication": "dmq_usrloc"}, "proxy": {"nodes": 1},
                  "media_relay": {"nodes": 2, "cores_per_node": 1}},
        "policy": {"redundancy": "2n", "peak_percentile": 0.99},
        "network": {"layers": ["ethernet", "vlan", "ipv4", "gre"],
                    "links": [{"name": "all", "rate_mbits_per_s": 10},
                              {"name": "hq", "site": "hq", "packets_per_s_max": 100},
                              {"name": "b", "site": "berlin"}],
                    "firewalls": [{"name": "all", "sessions_max": 5, "udp_timeout_s": 20},
                                  {"name": "hq", "site": "hq", "packets_per_s_max": 5,
                                   "udp_timeout_min": 3}]},
        "trunks": [{"name": "t", "share_percent": 30, "channels_max": 3},
                   {"name": "u", "call_attempts_per_s_max": 1}, {"name": "v"}]})");
}

TEST_CASE("every number with an edge, recording, capture and busy lamps is explained",
          "[plan][explain][identity]") {
    check_all(R"({"populations": [
        {"name": "desks", "site": "hq", "endpoints": 3000,
         "registration": {"expires_range_percent": 20},
         "subscriptions": [{"event": "dialog", "per_endpoint": 8},
                           {"event": "presence", "per_endpoint": 2, "notifies_per_h": 6,
                            "publishes_per_h": 2}],
         "calls": {"internal_fraction": 0.6, "session_expires_s": 90},
         "path": {"one_way_delay_ms": 90, "jitter_ms": 20, "loss_percent": 2},
         "media": {"recorded_fraction": 0.3}},
        {"name": "home", "site": "net", "endpoints": 2000, "transport": "tls",
         "calls": {"authentication": "digest"}, "media": {"encryption": "sdes"}}],
        "roles": {"edge_proxy": {}}, "capture": {"sip": "hep3"}, "horizon_years": 1,
        "growth": {"rate_percent_per_year": 10}, "trunks": [{"name": "pstn"}],
        "network": {"links": [{"name": "hq", "site": "hq", "rate_mbits_per_s": 100}],
                    "firewalls": [{"name": "edge", "udp_timeout_s": 600,
                                   "sessions_opened_per_s_max": 90}]}})");
}

TEST_CASE("every number with DMQ, unwanted traffic and shared cores is explained",
          "[plan][explain][identity]") {
    check_all(R"({"populations": [{"name": "a", "site": "hq", "endpoints": 60000,
                                   "registration": {"authentication": "digest"}}],
        "roles": {"registrar": {"replication": "dmq_usrloc", "vcpu_overcommit_ratio": 2,
                                "dmq": {"keys_per_registration": 1, "ping_interval_s": 20}},
                  "proxy": {"replication": "dmq_dialog", "steal_percent": 5,
                            "hyperthread_gain_percent": 30}},
        "unwanted": [{"name": "scan", "requests_per_s": 200, "site": "hq"},
                     {"name": "flood", "role": "proxy", "method": "INVITE",
                      "requests_per_s": 30, "handling": "dropped_by_block_list",
                      "sender": "rfc3261"},
                     {"name": "blocked", "requests_per_s": 9, "handling": "dropped_by_firewall"}],
        "horizon_years": 1, "growth": {"rate_percent_per_year": 10},
        "network": {"links": [{"name": "hq", "site": "hq", "rate_mbits_per_s": 900}]}})");
}

TEST_CASE("every number of fixed nodes that a storm binds is explained",
          "[plan][explain][identity]") {
    check_all(R"({"populations": [{"endpoints": 400000, "transport": "tls",
                                   "registration": {"authentication": "digest"}}],
        "roles": {"registrar": {"nodes": 2, "cores_per_node": 2}}, "horizon_years": 1,
        "growth": {"rate_percent_per_year": 10}})");
}

TEST_CASE("a number known as a range is explained at its likely value",
          "[plan][explain][identity]") {
    check_all(R"({"populations": [{"endpoints": {"low": 900, "likely": 1000, "high": 1300}}],
                  "horizon_years": 1})");
}

TEST_CASE("registrations are endpoints over expiry and refresh", "[plan][explain][table]") {
    const Planned planned(R"({"populations": [{"name": "desks", "endpoints": 100000,
                              "registration": {"expires_min": 60}}]})");
    const Explained node = planned.explainer.explain("years.2026.demand.registrations_per_s");
    CHECK(node.where == "/years/0/demand/registrations_per_s");
    CHECK(node.value_number == Approx(100000.0 / 3600).epsilon(1e-12));
    const Explained& sum = operand(node, "registrations/s in the start year");
    const Explained& desks = operand(sum, "desks");
    CHECK(operand(desks, "endpoints").value_number == 100000);
    CHECK(operand(desks, "endpoints").where == "/populations/0/endpoints");
    CHECK(operand(desks, "endpoints").origin == Origin::user);
    const Explained& each = operand(desks, "registrations/s of one endpoint");
    CHECK(operand(each, "expiry").value_number == 3600);
    CHECK(operand(each, "expiry").where == "/populations/0/registration/expires_min");
    CHECK(operand(each, "expiry").detail == "written as 60");
    const Explained& refresh = operand(each, "refresh part");
    CHECK(refresh.origin == Origin::assumed);
    CHECK(refresh.where == "/populations/0/registration/refresh_fraction");
    CHECK_FALSE(refresh.source.empty());
}

TEST_CASE("a searched number shows that one less does not do", "[plan][explain][table]") {
    // 100 erlangs at 1 %: 117 channels (the tables of Erlang B).
    const Planned planned(R"({"populations": [{"endpoints": 2000,
                              "calls": {"internal_fraction": 0}}],
                              "trunks": [{"name": "pstn"}]})");
    const Explained node = planned.explainer.explain("/years/0/trunks/pstn/channels_needed");
    CHECK(node.value_number == 117);
    REQUIRE(node.checks.size() == 2);
    CHECK(node.checks.at(0).starts_with("with 117 channels the blocking is 0.009"));
    CHECK(node.checks.at(0).ends_with(" <= 0.01"));
    CHECK(node.checks.at(1).starts_with("with 116 channels the blocking is 0.01"));
    CHECK(node.checks.at(1).ends_with(" > 0.01"));
}

TEST_CASE("the nodes are as few as the policy allows, and fixed ones are the user's",
          "[plan][explain]") {
    const std::string populations =
        R"({"populations": [{"endpoints": 200000, "calls": {"internal_fraction": 1}}])";
    const Planned searched(populations + R"(, "policy": {"redundancy": "none"}})");
    const Explained nodes = searched.explainer.explain("/years/0/roles/media_relay/nodes");
    REQUIRE(nodes.checks.size() == 2);
    CHECK(nodes.checks.at(0).find(" <= ") != std::string::npos);
    CHECK(nodes.checks.at(1).find(" > ") != std::string::npos);
    const Planned fixed(populations + R"(, "roles": {"registrar": {"nodes": 3}}})");
    const Explained given = fixed.explainer.explain("/years/0/roles/registrar/nodes");
    CHECK(given.operands.at(0).origin == Origin::user);
    CHECK(given.operands.at(0).where == "/roles/registrar/nodes");
}

TEST_CASE("a setting is explained by what it multiplies", "[plan][explain][table]") {
    const Planned planned(
        R"({"populations": [{"name": "a", "endpoints": 60000, "transport": "tcp"}],
        "roles": {"registrar": {"nodes": 3}}, "horizon_years": 0})");
    const Plan plan = make_plan(planned.input);
    for (std::size_t i = 0; i < plan.settings.size(); ++i) {
        const Setting& setting = plan.settings[i];
        const std::string path = "/settings/" + std::to_string(i);
        if (setting.kind != RoleKind::registrar || setting.name != "open files") continue;
        // 60000 connections on the two nodes that are left of three
        const Explained needed = planned.explainer.explain(path + "/needed");
        CHECK(needed.value_number == 30000);
        CHECK(operand(needed, "role's TCP connections held").value_number == 60000);
        CHECK(operand(needed, "nodes that carry").value_number == 2);
        CHECK(formula_in_words(needed) == "role's TCP connections held / nodes that carry");
        const Explained value = planned.explainer.explain(path + "/value");
        CHECK(value.value_number == 30000 / 0.8 + 1024);
        CHECK(operand(value, "needed").where == path + "/needed");
        CHECK(operand(value, "target of tables").value_number == 0.8);
        CHECK(operand(value, "other files").value_number == 1024);
        CHECK(operand(value, "default").value_number == 1024);
    }
}

TEST_CASE("a finding's number is explained as that of its section", "[plan][explain][table]") {
    const Planned planned(R"({"populations": [{"endpoints": 100000}], "horizon_years": 0,
        "roles": {"media_relay": {"steal_percent": 50, "cores_per_node": 8}}})");
    const Plan plan = make_plan(planned.input);
    std::size_t index = 0;
    while (plan.findings.at(index).id != "host-oversubscribed") ++index;
    const std::string evidence = "/findings/" + std::to_string(index) + "/evidence/";
    const Explained worth = planned.explainer.explain(evidence + "core_worth_fraction");
    CHECK(worth.value_number == 0.5);
    CHECK(worth.where == evidence + "core_worth_fraction");
    CHECK(worth.detail == "the same number as /oversubscription/0/core_worth_fraction");
    CHECK(formula_in_words(worth) == "min(1 - steal, 1 / vCPUs promised for each CPU)");
    CHECK(operand(worth, "steal").value_number == 0.5);
    const Explained slower =
        planned.explainer.explain(evidence + "response_time_factor_same_nodes");
    const double busy = operand(slower, "CPU").value_number;
    CHECK(slower.value_number == Approx((1 - busy) / (0.5 - busy)).epsilon(1e-12));
    const Explained capacity = planned.explainer.explain(
        "/years/0/roles/media_relay/resources/cpu_cores/capacity_per_node");
    CHECK(capacity.value_number == 4);
    CHECK(formula_in_words(capacity) == "cores per node x core speed x worth of a core");
    CHECK(operand(capacity, "cores per node").value_number == 8);
}

TEST_CASE("depth explains operands that are numbers of the report", "[plan][explain]") {
    const Planned planned(R"({"populations": [{"endpoints": 1000}]})");
    const std::string path = "/years/0/demand/concurrent_calls_peak";
    CHECK(operand(planned.explainer.explain(path, 1), "offered traffic").operands.empty());
    const Explained deep = planned.explainer.explain(path, 2);
    CHECK_FALSE(operand(deep, "offered traffic").operands.empty());
}

TEST_CASE("a path that is no number is refused with the nearest ones", "[plan][explain][error]") {
    const Planned planned(R"({"populations": [{"endpoints": 1000}]})");
    const auto refused = [&](const std::string& path, const std::string& remedy) {
        CAPTURE(path);
        try {
            const Explained node = planned.explainer.explain(path);
            CAPTURE(node.name);
            FAIL("was explained");
        } catch (const InputError& error) {
            CHECK_THAT(error.what(), Catch::Contains(remedy));
        }
    };
    refused("/years/0/demand/registration_per_s", "/years/0/demand/registrations_per_s");
    refused("years.0.demnd", "/years/0/demand");
    refused("/years/2040/endpoints", "/years/2030");
    refused("/years/0/roles/registrar/bottleneck", "is no number");
    refused("/years/0/demand", "below it: /years/0/demand/registrations_per_s");
    refused("/years/0/endpoints/x", "is the last of the path");
    refused("", "known: /format");
}

TEST_CASE("every number of a plan whose models are carried is explained", "[explain][yardstick]") {
    check_all(R"({"start_year": 2028, "horizon_years": 1,
        "populations": [{"endpoints": 60000, "transport": "tls",
                         "media": {"encryption": "sdes"}}],
        "unwanted": [{"name": "scanner", "requests_per_s": 200, "method": "REGISTER"}],
        "roles": {"registrar": {"host": "field", "steal_percent": 2}, "proxy": {"host": "field"},
                  "media_relay": {"host": "slow"}},
        "models": {
          "servers": {"kamailio": {"status": "measured", "host": "lab", "date": "2026-11-23",
            "yardsticks": {"packet_io": 7e5, "parsing": 1.6e6, "symmetric": 2.4e6,
                           "asymmetric": 3.6e4}},
            "rtpengine": {"status": "measured", "host": "lab"}},
          "hosts": {"field": {"source": "measured", "derating_fraction": 0.13,
              "yardsticks": {"packet_io": 9e5, "parsing": 1.1e6, "symmetric": 3.3e6,
                             "asymmetric": 7.1e4}},
            "slow": {"source": "measured", "core_speed_factor": 0.7}}}})");
}
