#include "busyhour/plan/hosts.h"

#include "busyhour/plan/plan.h"

#include <catch2/catch.hpp>

#include <stdexcept>
#include <string>

using namespace busyhour;

namespace {

/// 5000 erlang of calls, with those roles.
Plan plan_of(const std::string& roles, const std::string& rest = "") {
    return make_plan(read_deployment("{\"populations\": [{\"endpoints\": 100000}], \"roles\": {" +
                                         roles + "}, \"horizon_years\": 0" + rest + "}",
                                     "f"));
}

const HostRow& row_of(const Plan& plan, RoleKind kind, const std::string& host, bool is_chosen) {
    for (const HostRow& row : plan.hosts) {
        if (row.kind == kind && row.host == host && row.is_chosen == is_chosen) return row;
    }
    throw std::runtime_error("no row of " + host);
}

int relay_nodes(const std::string& relay) {
    return plan_of("\"media_relay\": {" + relay + "}").years.at(0).roles.at(2).nodes;
}

const Finding* finding_of(const Plan& plan, const std::string& id) {
    for (const Finding& finding : plan.findings) {
        if (finding.id == id) return &finding;
    }
    return nullptr;
}

}  // namespace

TEST_CASE("each role is compared on each host of the catalogue", "[plan][hosts]") {
    const Plan plan = plan_of("");
    const std::size_t hosts = load_catalog().hosts.size();
    CHECK(plan.hosts.size() == 3 * hosts);
    for (const RoleKind kind : roles_of(plan.deployment)) {
        const HostRow& chosen = row_of(plan, kind, "reference-vm", true);
        const Sizing& sizing = plan.years.at(0).roles.at(index_of(kind));
        CHECK(chosen.sizing.nodes == sizing.nodes);
        CHECK(chosen.sizing.utilisation_fraction == sizing.utilisation_fraction);
        CHECK(row_of(plan, kind, "raspberry-pi-4", false).sizing.nodes >= chosen.sizing.nodes);
        CHECK(row_of(plan, kind, "raspberry-pi-4", false).sizing.nodes >=
              row_of(plan, kind, "raspberry-pi-5", false).sizing.nodes);
    }
}

TEST_CASE("a machine that is bought whole brings its own cores", "[plan][hosts]") {
    const Plan plan = plan_of(R"("media_relay": {"cores_per_node": 16})");
    const HostRow& board = row_of(plan, RoleKind::media_relay, "raspberry-pi-5", false);
    CHECK(board.cores_per_node_number == 4);
    CHECK(board.sizing.cores_effective_number ==
          Approx(4 * load_catalog().hosts.at("raspberry-pi-5").core_speed_factor));
    CHECK(row_of(plan, RoleKind::media_relay, "overcommitted-vm", false).cores_per_node_number ==
          16);
}

TEST_CASE("the comparison does not fix the nodes", "[plan][hosts]") {
    const Plan plan = plan_of(R"("media_relay": {"nodes": 9})");
    CHECK(plan.years.at(0).roles.at(2).nodes == 9);
    CHECK(row_of(plan, RoleKind::media_relay, "reference-vm", true).sizing.nodes < 9);
}

TEST_CASE("overcommit is the worst case of a slower host", "[plan][hosts][identity]") {
    CHECK(relay_nodes(R"("vcpu_overcommit_ratio": 5)") ==
          relay_nodes(R"("host": "overcommitted-vm")"));
    CHECK(relay_nodes(R"("vcpu_overcommit_ratio": 4)") == relay_nodes(R"("cores_per_node": 1)"));
    CHECK(relay_nodes(R"("steal_percent": 75)") == relay_nodes(R"("cores_per_node": 1)"));
    CHECK(relay_nodes(R"("steal_percent": 75, "vcpu_overcommit_ratio": 4)") ==
          relay_nodes(R"("cores_per_node": 1)"));
    CHECK(relay_nodes(R"("hyperthread_gain_percent": 0, "cores_per_node": 8)") ==
          relay_nodes(R"("cores_per_node": 4)"));
    CHECK(relay_nodes(R"("steal_percent": 0, "vcpu_overcommit_ratio": 1)") == relay_nodes(""));
}

TEST_CASE("oversubscription says what it costs", "[plan][hosts]") {
    const Plan plan = plan_of(R"("media_relay": {"vcpu_overcommit_ratio": 4})");
    REQUIRE(plan.oversubscription.size() == 1);
    const Oversubscription& cost = plan.oversubscription.front();
    CHECK(cost.kind == RoleKind::media_relay);
    CHECK(cost.core_worth_fraction == 0.25);
    CHECK(cost.nodes == relay_nodes(R"("cores_per_node": 1)"));
    CHECK(cost.nodes_without == relay_nodes(""));
    CHECK(cost.nodes > cost.nodes_without);
    CHECK(cost.response_time_factor == 4);
    CHECK_FALSE(cost.response_same_nodes_factor);  // three quarters of a core lost, over 1/4 used
    CHECK(plan.years.at(0).roles.at(2).cores_effective_number == 1);
    const Finding* finding = finding_of(plan, "host-oversubscribed");
    REQUIRE(finding != nullptr);
    CHECK(finding->severity == Severity::warning);
    CHECK(finding->evidence.at(0).second == cost.nodes);
    CHECK(finding->evidence.at(1).second == cost.nodes_without);
}

TEST_CASE("whole cores cost nothing and are not found", "[plan][hosts]") {
    const Plan plan = plan_of(R"("media_relay": {"vcpu_overcommit_ratio": 1})");
    CHECK(plan.oversubscription.empty());
    CHECK(finding_of(plan, "host-oversubscribed") == nullptr);
}

TEST_CASE("a host whose speed is not sure widens the band of nodes", "[plan][hosts]") {
    const Plan plan = plan_of("");
    const Sizing& board = row_of(plan, RoleKind::media_relay, "raspberry-pi-4", false).sizing;
    const Plan sure = plan_of(
        R"("media_relay": {"host": "raspberry-pi-4"})",
        R"(, "models": {"hosts": {"raspberry-pi-4": {"band": {"low_factor": 1, "high_factor": 1}}}})");
    const Sizing& without = sure.years.at(0).roles.at(2);
    CHECK(board.nodes == without.nodes);
    CHECK(board.nodes_low <= without.nodes_low);
    CHECK(board.nodes_high > without.nodes_high);
}

TEST_CASE("shared cores are a warning only where they cost nodes or much time", "[plan][hosts]") {
    // Few calls: one node does either way, and answers take 1 / 0.9 times as long.
    const Plan mild = make_plan(read_deployment(R"({"populations": [{"endpoints": 100}],
        "horizon_years": 0, "roles": {"media_relay": {"steal_percent": 10}}})",
                                                "f"));
    const Finding* info = finding_of(mild, "host-oversubscribed");
    REQUIRE(info != nullptr);
    CHECK(info->severity == Severity::info);
    CHECK_THAT(info->message, Catch::Contains("costs no node") &&
                                  Catch::Contains("1.1 times as long at the same utilisation") &&
                                  Catch::Contains("from 2 times it is a warning"));
    const Plan slow = make_plan(read_deployment(R"({"populations": [{"endpoints": 100}],
        "horizon_years": 0, "roles": {"media_relay": {"steal_percent": 50}}})",
                                                "f"));
    CHECK(finding_of(slow, "host-oversubscribed")->severity == Severity::warning);
}

TEST_CASE("hardware threads are not called overcommitted", "[plan][hosts]") {
    const Plan plan = make_plan(read_deployment(R"({"populations": [{"endpoints": 100}],
        "horizon_years": 0, "roles": {"media_relay": {"hyperthread_gain_percent": 20}}})",
                                                "f"));
    const Finding* finding = finding_of(plan, "host-oversubscribed");
    REQUIRE(finding != nullptr);
    CHECK_THAT(finding->message, Catch::Contains("hardware threads") && Catch::Contains("60 %"));
    CHECK_THAT(finding->remedy, !Catch::Contains("overcommit"));
}
