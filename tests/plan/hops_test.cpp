#include "busyhour/plan/hops.h"

#include "busyhour/model/erlang.h"
#include "busyhour/plan/plan.h"

#include <catch2/catch.hpp>

#include <string>

using namespace busyhour;

namespace {

Plan plan_of(const std::string& population, const std::string& rest = "") {
    return make_plan(read_deployment(
        R"({"populations": [{"endpoints": 10000)" + population + "}]" + rest + "}", "f"));
}

Traffic mean_of(const Plan& plan, const std::string& element, const std::string& part) {
    for (const HopUse& hop : plan.hops) {
        if (hop.element == element && hop.part == part) return hop.mean;
    }
    return {};
}

}  // namespace

TEST_CASE("what endpoints send, servers receive", "[plan][hops][identity]") {
    const Plan plan = plan_of(R"(, "calls": {"internal_fraction": 1})");
    const Traffic phones = mean_of(plan, "endpoints", "signalling");
    const Traffic registrar = mean_of(plan, "registrar", "signalling");
    const Traffic proxy = mean_of(plan, "proxy", "signalling");
    CHECK(phones.packets_out_number ==
          Approx(registrar.packets_in_number + proxy.packets_in_number).epsilon(1e-12));
    CHECK(phones.in_bytes == Approx(registrar.out_bytes + proxy.out_bytes).epsilon(1e-12));
    const Traffic one = mean_of(plan, "endpoint", "signalling");
    CHECK(one.in_bytes * 10000 == Approx(phones.in_bytes).epsilon(1e-12));
    CHECK(mean_of(plan, "trunk", "media").packets_in_number == 0);
}

TEST_CASE("a relay receives what endpoints and trunks send", "[plan][hops][identity]") {
    const Plan plan = plan_of(R"(, "media": {"encryption": "sdes"})");
    const Traffic relay = mean_of(plan, "media_relay", "media");
    const Traffic phones = mean_of(plan, "endpoints", "media");
    const Traffic trunk = mean_of(plan, "trunk", "media");
    CHECK(relay.packets_in_number ==
          Approx(phones.packets_out_number + trunk.packets_out_number).epsilon(1e-12));
    CHECK(relay.in_bytes == Approx(phones.out_bytes + trunk.out_bytes).epsilon(1e-12));
    // 10,000 calls of 180 s: 500 erlang, half of them with two endpoints: 750 legs of 50.2 packets.
    CHECK(phones.packets_out_number == Approx(750 * 50.2).epsilon(1e-12));
    CHECK(trunk.packets_out_number == Approx(250 * 50.2).epsilon(1e-12));
}

TEST_CASE("one G.711 packet has the octets of the standards", "[plan][hops][table]") {
    // Payload 160; RTP 12, UDP 8, IPv4 20, Ethernet 18; 87.2 kbit/s (rfc3551, ieee802.3).
    const Plan plan = plan_of("");
    const MediaFlow& flow = plan.media_flows.front();
    std::vector<double> totals;
    for (const FlowLayer& layer : flow.layers) totals.push_back(layer.total_bytes);
    CHECK(totals == std::vector<double>{160, 172, 180, 200, 218});
    CHECK(flow.layers.back().bits_per_s == Approx(87200).epsilon(1e-12));
    CHECK(flow.rtcp_packets_per_s == Approx(0.2).epsilon(1e-12));
    CHECK(plan.media_flows.size() == 3);  // to the endpoint, the other endpoint and the trunk
}

TEST_CASE("populations with equal calls share their flows", "[plan][hops]") {
    const Plan plan = make_plan(read_deployment(
        R"({"populations": [{"endpoints": 5}, {"endpoints": 7}, {"endpoints": 9,
            "media": {"codec": "G729"}}]})",
        "f"));
    CHECK(plan.media_flows.size() == 6);
    CHECK(plan.media_flows.front().populations.size() == 2);
}

TEST_CASE("a limit's multiple is the last that it carries", "[plan][multiples][identity]") {
    const Plan plan = plan_of("", R"(, "trunks": [{"name": "t", "channels_max": 400}])");
    for (const Constraint& limit : plan.constraints) {
        if (limit.kind != "trunk") continue;
        REQUIRE(limit.largest_multiple_factor);
        const double offered_erlang = 250 * *limit.largest_multiple_factor;
        CHECK(servers_for(offered_erlang * (1 - 1e-9), 0.01) <= 400);
        CHECK(servers_for(offered_erlang * (1 + 1e-9), 0.01) > 400);
    }
    CHECK(plan.constraints.front().largest_multiple_factor);
}
