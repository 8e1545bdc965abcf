#include "busyhour/plan/plan.h"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace busyhour;

namespace {

PlanInput input_of(const std::string& unwanted) {
    return read_deployment(
        R"({"populations": [{"endpoints": 100000}], "unwanted": [)" + unwanted + "]}", "test");
}

UnwantedTraffic traffic_of(const std::string& method, Handling handling, bool follows_rfc3261) {
    UnwantedTraffic traffic;
    traffic.method = method;
    traffic.handling = handling;
    traffic.follows_rfc3261 = follows_rfc3261;
    return traffic;
}

}  // namespace

TEST_CASE("a sender by RFC 3261 repeats what nobody answers", "[plan][unwanted][table]") {
    const Handling dropped = Handling::dropped_by_block_list;
    CHECK(request_copies_number(traffic_of("INVITE", dropped, true)) == 7);
    CHECK(request_copies_number(traffic_of("REGISTER", dropped, true)) == 11);
    CHECK(request_copies_number(traffic_of("REGISTER", dropped, false)) == 1);
    CHECK(request_copies_number(traffic_of("REGISTER", Handling::answered, true)) == 1);
    CHECK(answer_copies_number(traffic_of("REGISTER", dropped, false)) == 0);
    CHECK(answer_copies_number(traffic_of("REGISTER", Handling::answered, false)) == 1);
    // Timer G: at 0, 0.5, 1.5, 3.5, 7.5 and then every 4 s until 31.5 s.
    CHECK(answer_copies_number(traffic_of("INVITE", Handling::answered, false)) == 11);
    CHECK(answer_copies_number(traffic_of("INVITE", Handling::answered, true)) == 1);
    CHECK(answer_copies_number(traffic_of("INVITE", Handling::challenged, false)) == 1);
}

TEST_CASE("unwanted requests cost what was measured, and a firewall saves it all",
          "[plan][unwanted]") {
    const Plan plan = make_plan(input_of(R"({"requests_per_s": 1000})"));
    const UnwantedUse& use = plan.unwanted.front();
    CHECK(use.cpu_cores == Approx(0.0293));
    CHECK(use.by_handling.at(1) == Approx(0.0196));
    CHECK(use.by_handling.at(2) == Approx(0.0039));
    CHECK(use.by_handling.at(3) == 0);
    CHECK(use.block_list_saves_cores == Approx(0.0254));
    CHECK(use.at_role.packets_in_number == 1000);
    CHECK(use.at_role.packets_out_number == 1000);
}

TEST_CASE("unwanted traffic does not grow with the endpoints", "[plan][unwanted][identity]") {
    Load load;
    load.unwanted.demand[Driver::unwanted_answered] = 10;
    load.unwanted_arrivals_per_s = 10;
    CHECK(mean_work(load, 1).demand[Driver::unwanted_answered] == 10);
    CHECK(mean_work(load, 3).demand[Driver::unwanted_answered] == 10);
    CHECK(peak_work(load, 3, 0.999).demand[Driver::unwanted_answered] ==
          peak_work(load, 1, 0.999).demand[Driver::unwanted_answered]);
}

TEST_CASE("a finding tells of unwanted traffic that takes a tenth of the role",
          "[plan][unwanted]") {
    const auto finds = [](const std::string& unwanted) {
        const Plan plan = make_plan(input_of(unwanted));
        return std::any_of(plan.findings.begin(), plan.findings.end(),
                           [](const Finding& each) { return each.id == "unwanted-traffic"; });
    };
    CHECK(finds(R"({"requests_per_s": 500})"));
    CHECK_FALSE(finds(R"({"requests_per_s": 500, "handling": "dropped_by_firewall"})"));
    CHECK_FALSE(finds(R"({"requests_per_s": 1})"));
}

TEST_CASE("replication of dialogs and keys falls on the proxy", "[plan][replication]") {
    const PlanInput input = read_deployment(
        R"({"populations": [{"endpoints": 36000}], "roles": {"proxy": {"nodes": 3,
            "replication": "dmq_dialog", "dmq": {"keys_per_call": 2}}}})",
        "test");
    const Plan plan = make_plan(input);
    const Sizing& proxy = plan.years.front().roles.at(index_of(RoleKind::proxy));
    REQUIRE(proxy.replication);
    // 10 calls/s, 5 changes each, 2 peers; 2 keys each; 3 x 2 pings in 60 s.
    CHECK(proxy.replication->rows.at(0).requests_per_s == Approx(100));
    CHECK(proxy.replication->rows.at(1).requests_per_s == Approx(40));
    CHECK(proxy.replication->rows.at(2).requests_per_s == Approx(0.1));
    CHECK(proxy.replication->messages_per_s == Approx(280.2));
    CHECK(proxy.replication->node.packets_out_number * 3 ==
          Approx(proxy.replication->all.packets_out_number));
    CHECK_FALSE(proxy.replication->join);
}
