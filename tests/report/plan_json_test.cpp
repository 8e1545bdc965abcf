#include "busyhour/report/plan_json.h"

#include "busyhour/catalog/json.h"
#include "busyhour/plan/plan.h"

#include <catch2/catch.hpp>

#include <stdexcept>
#include <string>
#include <vector>

using namespace busyhour;

namespace {

Json report_of(const std::string& deployment) {
    return parse_json(to_report_json(make_plan(read_deployment(deployment, "f"))), "report");
}

const Json& at(const Json& value, const std::vector<std::string>& path) {
    const Json* here = &value;
    for (const std::string& key : path) {
        if (here->array() != nullptr) {
            here = &here->items().at(std::stoul(key));
            continue;
        }
        const Json* next = nullptr;
        for (const JsonMember& member : here->members()) {
            if (member.key == key) next = &member.value;
        }
        if (next == nullptr) throw std::runtime_error("no member " + key);
        here = next;
    }
    return *here;
}

std::string text(const Json& value, const std::vector<std::string>& path) {
    const std::string* found = at(value, path).text();
    return found == nullptr ? std::string() : *found;
}

bool truth(const Json& value, const std::vector<std::string>& path) {
    const bool* found = at(value, path).boolean();
    if (found == nullptr) throw std::runtime_error("no truth value");
    return *found;
}

double number(const Json& value, const std::vector<std::string>& path) {
    return at(value, path).number_or_zero();
}

/// The places of null values, apart from those that say "never" or repeat a default.
std::vector<std::string> nulls_in(const Json& value, const std::string& path = "") {
    if (value.is_null()) return {path};
    std::vector<std::string> found;
    for (const JsonMember& member : value.members()) {
        if (member.key == "exhausted_in" || member.key == "assumptions") continue;
        for (const std::string& place : nulls_in(member.value, path + "/" + member.key)) {
            found.push_back(place);
        }
    }
    for (std::size_t i = 0; i < value.items().size(); ++i) {
        for (const std::string& place :
             nulls_in(value.items()[i], path + "/" + std::to_string(i))) {
            found.push_back(place);
        }
    }
    return found;
}

}  // namespace

TEST_CASE("the report has the fixed names and full precision", "[report][json][table]") {
    const Json report = report_of(R"({"name": "N", "populations": [{"endpoints": 100000}]})");
    CHECK(text(report, {"format"}) == "busyhour.report/1");
    CHECK(text(report, {"deployment", "name"}) == "N");
    CHECK(text(report, {"deployment", "sha256"}).size() == 64);
    const Json& demand = at(report, {"years", "0", "demand"});
    CHECK(number(demand, {"registrations_per_s"}) == 100000.0 / 3600);  // to the last digit
    CHECK(number(demand, {"registration_attempts_peak_per_s"}) == 45);
    CHECK(number(demand, {"busy_hour_call_attempts"}) == 100000);
    CHECK(number(demand, {"offered_erlang"}) == Approx(5000).epsilon(1e-14));
    CHECK(number(demand, {"rtp_packets_per_s"}) == Approx(500000).epsilon(1e-14));
    CHECK(number(demand, {"rtcp_packets_per_s"}) == Approx(2000).epsilon(1e-14));
    for (const std::string name :
         {"register_messages_per_s", "keepalive_messages_per_s", "call_attempts_per_s",
          "concurrent_calls_peak", "sip_messages_per_s", "sip_bits_per_s",
          "tls_full_handshakes_per_s", "tls_resumed_handshakes_per_s", "tls_connections",
          "replication_packets_per_s"}) {
        CAPTURE(name);
        CHECK(at(demand, {name}).number() != nullptr);
    }
    const Json& role = at(report, {"years", "0", "roles", "2"});
    CHECK(text(role, {"role"}) == "media_relay");
    CHECK(text(role, {"server"}) == "rtpengine");
    CHECK(text(role, {"bottleneck"}) == "cpu");
    CHECK(number(role, {"in", "packets_per_s"}) == Approx(502000).epsilon(1e-13));
    CHECK(number(role, {"out", "packets_per_s"}) == Approx(502000).epsilon(1e-13));
    CHECK(number(role, {"usage", "udp_ports"}) > 0);
    CHECK(text(report, {"transports", "0", "transport"}) == "udp");
    CHECK(number(report, {"transports", "0", "capacity_relative_to_udp"}) == 1);
    CHECK(at(report, {"years"}).items().size() == 6);
    for (const std::string list : {"constraints", "findings", "assumptions", "models"}) {
        CHECK_FALSE(at(report, {list}).items().empty());
    }
}

TEST_CASE("what is unknown is absent, never null or NaN", "[report][json]") {
    for (const std::string deployment :
         {R"({"populations": [{"endpoints": 1}]})",
          R"({"populations": [{"endpoints": 1000, "calls": {"busy_hour_attempts_per_endpoint": 0}}],
              "network": {"links": [{"name": "l"}], "firewalls": [{"name": "w"}]},
              "trunks": [{"name": "t"}], "horizon_years": 0})",
          R"({"populations": [{"endpoints": 100000000,
                               "calls": {"busy_hour_attempts_per_endpoint": 0}}],
              "roles": {"registrar": {"replication": "dmq_usrloc"}, "proxy": {"nodes": 1}}})"}) {
        CAPTURE(deployment);
        const std::string json = to_report_json(make_plan(read_deployment(deployment, "f")));
        CHECK(nulls_in(parse_json(json, "report")).empty());
        CHECK(json.find("NaN") == std::string::npos);
        CHECK(json.find("inf") == json.find("info"));
    }
}

TEST_CASE("a role that no number of nodes suffices has none in the report", "[report][json]") {
    const Json report = report_of(R"({"populations": [{"endpoints": 100000000,
        "calls": {"busy_hour_attempts_per_endpoint": 0}}],
        "roles": {"registrar": {"replication": "dmq_usrloc"}}})");
    const Json& registrar = at(report, {"years", "0", "roles", "0"});
    CHECK(registrar.find("nodes") == nullptr);
    CHECK_FALSE(truth(registrar, {"is_met"}));
    CHECK_FALSE(truth(report, {"is_met"}));
}

TEST_CASE("a limit that is not known has no ratio in the report", "[report][json]") {
    const Json report = report_of(R"({"populations": [{"endpoints": 1000}],
        "network": {"links": [{"name": "l", "rate_mbits_per_s": 10}]}})");
    const Json& rows = at(report, {"years", "0", "links", "0", "resources"});
    REQUIRE(rows.items().size() == 2);
    CHECK(number(rows, {"0", "limit"}) == 10e6);
    CHECK(rows.items()[0].find("headroom_fraction") != nullptr);
    CHECK(rows.items()[1].find("limit") == nullptr);
    CHECK(rows.items()[1].find("headroom_fraction") == nullptr);
}

TEST_CASE("the report compares hosts and says what to set", "[report][json][hosts]") {
    const Json report = report_of(R"({"populations": [{"endpoints": 100000}],
        "roles": {"media_relay": {"steal_percent": 20}}})");
    const Json& role = at(report, {"years", "0", "roles", "2"});
    CHECK(number(role, {"cores_effective_per_node"}) == Approx(3.2));
    const Json& host = at(report, {"hosts", "0"});
    CHECK(text(host, {"role"}) == "registrar");
    CHECK(text(host, {"host"}) == "reference-vm");
    CHECK(truth(host, {"is_chosen"}));
    CHECK(number(host, {"cores_per_node"}) == 4);
    const Json& cost = at(report, {"oversubscription", "0"});
    CHECK(at(report, {"oversubscription"}).items().size() == 1);
    CHECK(text(cost, {"role"}) == "media_relay");
    CHECK(number(cost, {"core_worth_fraction"}) == Approx(0.8));
    CHECK(number(cost, {"nodes"}) >= number(cost, {"nodes_without"}));
    const Json& memory = at(report, {"settings", "0"});
    CHECK(text(memory, {"setting"}) == "-m");
    CHECK(number(memory, {"needed"}) * 1048576 == Approx(146e6));
    CHECK(number(memory, {"default"}) == 64);
    CHECK(truth(memory, {"is_default_exceeded"}));
    for (const Json& row : at(report, {"settings"}).items()) {
        CHECK_FALSE(text(row, {"why"}).empty());
        CHECK_FALSE(text(row, {"source"}).empty());
    }
}

TEST_CASE("names come back as they were written", "[report][json]") {
    const Json report = report_of(
        "{\"name\": \"a\\\"b\\u00e9\\n</script>\", \"populations\": "
        "[{\"endpoints\": 1}]}");
    CHECK(text(report, {"deployment", "name"}) == "a\"b\xc3\xa9\n</script>");
}

TEST_CASE("each assumption has path, value, origin and source", "[report][json]") {
    const Json report = report_of(R"({"populations": [{"endpoints": 1}]})");
    bool has_expires = false;
    for (const Json& row : at(report, {"assumptions"}).items()) {
        CHECK_FALSE(text(row, {"path"}).empty());
        CHECK_FALSE(text(row, {"source"}).empty());
        CHECK(text(row, {"origin"}) == "default");
        if (text(row, {"path"}) != "/populations/0/registration/expires_s") continue;
        has_expires = true;
        CHECK(number(row, {"value"}) == 3600);
    }
    CHECK(has_expires);
}

TEST_CASE("the JSON report has the quality of each kind of call", "[report][json][quality]") {
    const Json report = report_of(R"({"populations": [{"name": "p", "endpoints": 10,
        "path": {"one_way_delay_ms": 40}}]})");
    CHECK(text(report, {"quality", "0", "call"}) == "internal");
    CHECK(text(report, {"quality", "1", "call"}) == "external");
    CHECK(number(report, {"quality", "0", "one_way_delay_s"}) == Approx(0.1));
    CHECK(number(report, {"quality", "0", "r_factor"}) == Approx(90.664).margin(6e-4).epsilon(0));
    CHECK(number(report, {"quality", "0", "budget", "network_s"}) == Approx(0.08));
    CHECK(text(report, {"quality", "0", "largest_part"}) == "network");
    CHECK(number(report, {"quality", "0", "delay_left", "to_g114_s"}) == Approx(0.05));
    CHECK(text(report, {"quality", "0", "users"}) == "very satisfied");
}
