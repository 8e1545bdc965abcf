#include "busyhour/plan/settings.h"

#include "busyhour/plan/plan.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <stdexcept>
#include <string>

using namespace busyhour;

namespace {

constexpr double mebibyte_bytes = 1048576;

/// One node of each role, sized for the median second, so that the peak is the mean.
Plan plan_of(const std::string& population, const std::string& rest = "") {
    return make_plan(read_deployment(
        "{\"horizon_years\": 0, \"populations\": [{" + population +
            R"(}], "policy": {"peak_percentile": 0.5, "redundancy": "none",
                              "target_utilisation_fraction": 0.7}, )" +
            (rest.empty() ? R"("roles": {"registrar": {"nodes": 1}, "proxy": {"nodes": 1},
                                         "media_relay": {"nodes": 1}})"
                          : rest) +
            "}",
        "f"));
}

const Setting* find(const Plan& plan, RoleKind kind, const std::string& name) {
    for (const Setting& setting : plan.settings) {
        if (setting.kind == kind && setting.name == name) return &setting;
    }
    return nullptr;
}

const Setting& get(const Plan& plan, RoleKind kind, const std::string& name) {
    const Setting* setting = find(plan, kind, name);
    if (setting == nullptr) throw std::runtime_error("no setting " + name);
    return *setting;
}

const std::string quiet = R"("calls": {"busy_hour_attempts_per_endpoint": 0})";

}  // namespace

TEST_CASE("100,000 contacts need 146 MB of shared memory", "[plan][settings][table]") {
    const Plan plan = plan_of("\"endpoints\": 100000, " + quiet);
    const Setting& memory = get(plan, RoleKind::registrar, "-m");
    CHECK(memory.needed_number * mebibyte_bytes == Approx(146e6).epsilon(1e-12));
    CHECK(memory.value_number == 175);  // 146e6 / 0.8 / 1048576 = 174.05, whole ones
    CHECK(*memory.default_number == 64);
    CHECK(memory.is_default_exceeded());
    CHECK(find(plan, RoleKind::registrar, "tls_max_connections") == nullptr);
}

TEST_CASE("100,000 TLS connections need 7.5 GB and more than the default limits",
          "[plan][settings][table]") {
    const Plan plan = plan_of(R"("endpoints": 100000, "transport": "tls", )" + quiet);
    const Setting& memory = get(plan, RoleKind::registrar, "-m");
    CHECK(memory.needed_number * mebibyte_bytes == Approx(7.5e9 + 146e6).epsilon(1e-12));
    for (const char* name : {"tcp_max_connections", "tls_max_connections"}) {
        const Setting& limit = get(plan, RoleKind::registrar, name);
        CHECK(limit.needed_number == 100000);
        CHECK(limit.value_number == 125000);
        CHECK(*limit.default_number == 2048);
        CHECK(limit.is_default_exceeded());
    }
    CHECK(get(plan, RoleKind::registrar, "open files").value_number == 125000 + 1024);
    CHECK(get(plan, RoleKind::registrar, "tcp_connection_lifetime").value_number == 3605);
    CHECK(find(plan, RoleKind::registrar, "children") == nullptr);
    const auto found = std::find_if(plan.findings.begin(), plan.findings.end(),
                                    [](const Finding& f) { return f.id == "defaults-exceeded"; });
    REQUIRE(found != plan.findings.end());
    CHECK(found->evidence.at(0).first == "-m");
}

TEST_CASE("connections outlive the keepalive, not the registration, where there is one",
          "[plan][settings]") {
    const Plan plan = plan_of(
        R"("endpoints": 1000, "transport": "tcp", "keepalive": {"method": "crlf",
            "interval_s": 840}, )" +
        quiet);
    CHECK(get(plan, RoleKind::registrar, "tcp_connection_lifetime").value_number == 845);
    CHECK_FALSE(get(plan, RoleKind::registrar, "tcp_max_connections").is_default_exceeded());
    CHECK(get(plan, RoleKind::registrar, "tcp_max_connections").value_number == 2048);
    CHECK(find(plan, RoleKind::registrar, "tls_max_connections") == nullptr);
}

TEST_CASE("1000 REGISTERs a second that wait 5 ms each need 8 workers", "[plan][settings][table]") {
    const std::string roles = R"("roles": {"registrar": {"nodes": 1, "blocking_ms": 5}})";
    const Plan plan = plan_of("\"endpoints\": 3600000, " + quiet, roles);
    CHECK(get(plan, RoleKind::registrar, "children").needed_number == 8);
    const std::string slow = R"("roles": {"registrar": {"nodes": 1, "blocking_ms": 50}})";
    const Plan slower = plan_of("\"endpoints\": 3600000, " + quiet, slow);
    const Setting& children = get(slower, RoleKind::registrar, "children");
    CHECK(children.needed_number == 72);  // 50 / 0.7 = 71.4, and the CPU's own 0.06
    CHECK(children.value_number == 72);
    CHECK(children.is_default_exceeded());
}

TEST_CASE("a node that relays 10,000 erlang tracks 66,667 flows", "[plan][settings][table]") {
    const Plan plan = plan_of("\"endpoints\": 200000");
    const Setting& table = get(plan, RoleKind::media_relay, "net.netfilter.nf_conntrack_max");
    CHECK(table.needed_number == Approx(66667).epsilon(0.01));  // the median of 55.6 calls is 55
    CHECK(*table.default_number == 262144);
    CHECK(table.value_number == 262144);
    CHECK_FALSE(table.is_default_exceeded());
}

TEST_CASE("the endpoints' flows are tracked where they end", "[plan][settings][table]") {
    const auto needed = [](const Plan& plan, RoleKind kind) {
        return get(plan, kind, "net.netfilter.nf_conntrack_max").needed_number;
    };
    // OPTIONS each 30 s: every flow of 20,000 phones stays alive, on the node that is left.
    const std::string phones =
        "\"endpoints\": 20000, \"keepalive\": {\"method\": \"options\"}, " + quiet;
    const Plan plain = plan_of(phones);
    CHECK(needed(plain, RoleKind::registrar) == Approx(20000).epsilon(1e-9));
    const Plan edge = plan_of(phones, R"("roles": {"edge_proxy": {}})");
    CHECK(needed(edge, RoleKind::edge_proxy) == Approx(20000).epsilon(1e-9));
    CHECK(needed(edge, RoleKind::registrar) == 0);
}

TEST_CASE("ports are those of calls and of calls that just ended", "[plan][settings]") {
    // 1000 erlang, 5.556 calls/s: 4 x (1000 + 5.556 x 30) = 4666.7, near it at the median.
    const Plan plan = plan_of("\"endpoints\": 20000");
    const Setting& last = get(plan, RoleKind::media_relay, "port-max");
    CHECK(last.needed_number - 30000 == Approx(4667).epsilon(0.02));
    CHECK(last.value_number == 40000);
    CHECK_FALSE(last.is_default_exceeded());
    const Plan mux = plan_of(R"("endpoints": 20000, "media": {"rtcp_mux": true})");
    CHECK(get(mux, RoleKind::media_relay, "port-max").needed_number - 30000 ==
          Approx((last.needed_number - 30000) / 2).epsilon(1e-12));
    CHECK(get(plan, RoleKind::media_relay, "num-threads").value_number == 4);
    CHECK(get(plan, RoleKind::media_relay, "max-sessions").value_number ==
          Approx(1250).epsilon(0.01));
}

TEST_CASE("a range that is too small moves down, and ends at the last port", "[plan][settings]") {
    const Plan plan = plan_of("\"endpoints\": 200000");  // 46,667 ports / 0.8 = 58,333
    const Setting& first = get(plan, RoleKind::media_relay, "port-min");
    const Setting& last = get(plan, RoleKind::media_relay, "port-max");
    CHECK(last.value_number == 65535);
    CHECK(last.value_number - first.value_number >= (last.needed_number - 30000) / 0.8);
    CHECK(first.value_number >= 1024);
    CHECK(last.is_default_exceeded());
    const Plan more = plan_of("\"endpoints\": 400000");
    CHECK(get(more, RoleKind::media_relay, "port-min").value_number == 1024);
    CHECK(get(more, RoleKind::media_relay, "port-min").why.find("interfaces") != std::string::npos);
}

TEST_CASE("the socket buffer holds what arrives in a pause", "[plan][settings]") {
    // 10,000 REGISTERs/s x 0.1 s x 2315 octets / 2 = 1.16 MB.
    const Plan plan = plan_of(R"("endpoints": 36000000, )" + quiet);
    const Setting& buffer = get(plan, RoleKind::registrar, "maxbuffer");
    CHECK(buffer.needed_number == Approx(1157500).epsilon(0.01));
    CHECK(buffer.is_default_exceeded());
    CHECK(get(plan, RoleKind::registrar, "net.core.rmem_max").value_number == buffer.value_number);
    CHECK(get(plan, RoleKind::registrar, "net.core.rmem_max").software == "linux");
}

TEST_CASE("settings are those of one node, with the spare nodes lost", "[plan][settings]") {
    const std::string four = R"("roles": {"registrar": {"nodes": 4}})";
    const Plan shared = plan_of("\"endpoints\": 400000, " + quiet, four);
    CHECK(get(shared, RoleKind::registrar, "-m").needed_number * mebibyte_bytes ==
          Approx(146e6).epsilon(1e-12));
    const std::string copied =
        R"("roles": {"registrar": {"nodes": 4, "replication": "dmq_usrloc"}})";
    const Plan all = plan_of("\"endpoints\": 400000, " + quiet, copied);
    CHECK(get(all, RoleKind::registrar, "-m").needed_number * mebibyte_bytes ==
          Approx(4 * 146e6).epsilon(1e-12));
}

TEST_CASE("another server gets no settings but the kernel's", "[plan][settings]") {
    const Plan plan = plan_of("\"endpoints\": 1000", R"("roles": {"proxy": {"server": "mine"}},
        "models": {"servers": {"mine": {"source": "planning-default", "cost": [
            {"driver": "call_attempts", "resource": "cpu_cores", "cost": 0.001,
             "source": "planning-default"}]}}})");
    CHECK(find(plan, RoleKind::proxy, "-m") == nullptr);
    CHECK(find(plan, RoleKind::proxy, "children") == nullptr);
    CHECK(find(plan, RoleKind::proxy, "net.netfilter.nf_conntrack_max") != nullptr);
    CHECK(find(plan, RoleKind::registrar, "-m") != nullptr);
}
