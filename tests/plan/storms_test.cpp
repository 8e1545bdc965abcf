#include "busyhour/plan/storms.h"

#include "busyhour/error.h"
#include "busyhour/plan/plan.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <string>

using namespace busyhour;

namespace {

/// A registrar of one-core nodes: a registration costs 1 ms, a TLS handshake 10 ms.
RoleSetup registrar(double endpoints_number, bool is_udp) {
    RoleSetup setup;
    setup.kind = RoleKind::registrar;
    Demand& cpu = setup.cost.cost.at(index_of(Resource::cpu_cores));
    cpu[Driver::registrations] = 0.001;
    cpu[Driver::tls_handshakes_rsa_2048] = 0.01;
    cpu[Driver::replication_messages_sent] = 0.0005;
    cpu[Driver::replication_messages_received] = 0.0005;
    setup.node.cores_number = 1;
    setup.node.amounts.at(index_of(Resource::cpu_cores)) = 1;
    setup.node.target_fractions.fill(0.6);
    StormEndpoints endpoints{.endpoints_number = endpoints_number,
                             .is_udp = is_udp,
                             .connection = {},
                             .requests = std::vector<Demand>(1)};
    endpoints.requests.front()[Driver::registrations] = 1;
    if (!is_udp) endpoints.connection[Driver::tls_handshakes_rsa_2048] = 1;
    setup.storm = StormSetup{.groups = {endpoints},
                             .window_s = 60,
                             .recovery_s = 300,
                             .refresh = {},
                             .refresh_endpoints_number = endpoints_number};
    return setup;
}

/// The busy hour's registrations, without variation.
Load steady(double registrations_per_s) {
    Load load;
    load[Process::registrations].demand[Driver::registrations] = registrations_per_s;
    return load;
}

Plan plan_of(const std::string& population, const std::string& rest = "") {
    return make_plan(read_deployment("{\"populations\": [{" + population + "}]" + rest + "}", "f"));
}

const Sizing& registrar_of(const Plan& plan) {
    return plan.years.front().roles.at(index_of(RoleKind::registrar));
}

const Finding* finding_of(const Plan& plan, const std::string& id) {
    for (const Finding& finding : plan.findings) {
        if (finding.id == id) return &finding;
    }
    return nullptr;
}

std::string error_of(const std::string& policy) {
    try {
        plan_of("\"endpoints\": 10", ", \"policy\": {" + policy + "}");
    } catch (const InputError& error) {
        return error.what();
    }
    return "no error";
}

}  // namespace

TEST_CASE("a storm's work is the cost model's, its capacity the nodes' free cores",
          "[plan][storm][table]") {
    const RoleSetup setup = registrar(10000, false);
    Load load = steady(100);
    load[Process::keepalives].demand[Driver::registrations] = 250;  // 0.25 core of other work
    const std::vector<StormScenario> scenarios = storm_scenarios(setup, load, 2, 4);
    REQUIRE(scenarios.size() == 2);
    const StormScenario& power = scenarios[0];
    CHECK(power.cause == StormCause::power);
    CHECK(power.nodes == 4);  // no redundancy: none is spare
    CHECK(total_endpoints_number(power.storm) == 20000);
    CHECK(total_work_number(power.storm) == Approx(20000 * 0.011).epsilon(1e-12));
    // 4 cores less twice 0.25: the registrations of the busy hour are those of the storm.
    CHECK(power.storm.server.capacity_per_s == Approx(3.5).epsilon(1e-12));
    CHECK(power.storm.server.queue_number == 4 * 256);
    const StormScenario& dead = scenarios[1];
    CHECK(dead.nodes == 3);
    CHECK(total_endpoints_number(dead.storm) == 5000);
    CHECK(dead.storm.server.capacity_per_s == Approx(3 - 0.5 - 0.2).epsilon(1e-12));
}

TEST_CASE("spare nodes are lost when all endpoints return", "[plan][storm][table]") {
    RoleSetup setup = registrar(1000, true);
    setup.redundancy = Redundancy::n_plus_2;
    CHECK(storm_scenarios(setup, steady(1), 1, 5).front().nodes == 3);
    setup.redundancy = Redundancy::none;
    CHECK(storm_scenarios(setup, steady(1), 1, 1).size() == 1);  // nobody is left to turn to
    setup.storm = std::nullopt;
    CHECK(storm_scenarios(setup, steady(1), 1, 5).empty());
    CHECK(survives_storms(setup, steady(1), 1, 1));
}

TEST_CASE("each replicated registration is work at every other node", "[plan][storm][table]") {
    RoleSetup setup = registrar(1000, true);
    setup.replicated.kind = Replication::dmq_usrloc;
    const StormScenario power = storm_scenarios(setup, steady(0), 1, 4).front();
    CHECK(total_work_number(power.storm) == Approx(1000 * (0.001 + 3 * 0.001)).epsilon(1e-12));
}

TEST_CASE("the registrar gets the nodes that recovery needs", "[plan][storm][table]") {
    // 1,000,000 x 1 ms of work in 300 s are 3.4 cores at least; the busy hour needs 0.28 of 0.6.
    const RoleSetup setup = registrar(1000000, true);
    const Sizing sizing = size_role(setup, steady(278), 1);
    CHECK(sizing.steady_nodes == 1);
    CHECK(sizing.nodes >= 4);
    CHECK(sizing.is_storm_bound);
    CHECK(sizing.is_met);
    CHECK(survives_storms(setup, steady(278), 1, sizing.nodes));
    CHECK_FALSE(survives_storms(setup, steady(278), 1, sizing.nodes - 1));
    for (const StormScenario& scenario : storm_scenarios(setup, steady(278), 1, sizing.nodes)) {
        CHECK(scenario.is_met);
        CHECK(scenario.outcome.recovery_s.value() <= 300);
    }
    const Sizing small = size_role(registrar(1000, true), steady(278), 1);
    CHECK(small.nodes == 1);
    CHECK_FALSE(small.is_storm_bound);
}

TEST_CASE("an easier storm never asks for more nodes", "[plan][storm][identity]") {
    RoleSetup setup = registrar(300000, false);
    int before = 1 << 16;
    for (const double recovery_s : {120.0, 200.0, 300.0, 600.0, 1800.0}) {
        CAPTURE(recovery_s);
        setup.storm->recovery_s = recovery_s;
        const Sizing sizing = size_role(setup, steady(10), 1);
        CHECK(sizing.nodes <= before);
        CHECK(sizing.is_met);
        before = sizing.nodes;
    }
}

TEST_CASE("fixed nodes that carry the busy hour but not the storm do not keep the policy",
          "[plan][storm]") {
    RoleSetup setup = registrar(1000000, true);
    setup.fixed_nodes = 2;
    const Sizing sizing = size_role(setup, steady(278), 1);
    CHECK(sizing.nodes == 2);
    CHECK_FALSE(sizing.is_met);
    CHECK(sizing.is_storm_bound);
    const double multiple = largest_multiple_factor(setup, steady(278), 2);
    CHECK(multiple > 0.2);
    CHECK(multiple < 0.6);
    CHECK(survives_storms(setup, steady(278), multiple * 0.999, 2));
}

TEST_CASE("a deployment's populations become groups by transport and round trips",
          "[plan][storm][table]") {
    const PlanInput input = read_deployment(
        R"({"populations": [
            {"endpoints": 100, "transport": "tls",
             "tls": {"key": "rsa-2048", "resumed_fraction": 0.25},
             "registration": {"authentication": "digest", "expires_s": 600}},
            {"endpoints": 300, "transport": "tcp", "registration": {"authentication": "digest"}},
            {"endpoints": 50, "registration": {"expires_range_percent": 10}}],
            "policy": {"storm_window_s": 30, "storm_recovery_s": 90}})",
        "f");
    const StormSetup setup = storm_setup(input.deployment);
    CHECK(setup.window_s == 30);
    CHECK(setup.recovery_s == 90);
    CHECK(setup.refresh.expires_s == 3600);
    CHECK(setup.refresh_endpoints_number == 300);
    REQUIRE(setup.groups.size() == 2);
    const StormEndpoints& streams = setup.groups[0];
    CHECK_FALSE(streams.is_udp);
    CHECK(streams.endpoints_number == 400);
    CHECK(streams.connection[Driver::tcp_connections_opened] == Approx(1));
    CHECK(streams.connection[Driver::tls_handshakes_rsa_2048] == Approx(0.75 * 0.25));
    CHECK(streams.connection[Driver::tls_handshakes_resumed] == Approx(0.25 * 0.25));
    REQUIRE(streams.requests.size() == 2);
    CHECK(streams.requests[0][Driver::registration_challenges] == Approx(1));
    CHECK(streams.requests[0][Driver::tls_messages] == Approx(2 * 0.25));
    CHECK(streams.requests[1][Driver::registrations] == Approx(1));
    CHECK(setup.groups[1].is_udp);
    CHECK(setup.groups[1].requests.size() == 1);
    CHECK(setup.groups[1].connection[Driver::tcp_connections_opened] == 0);
}

TEST_CASE("the multiple of a storm is the last that recovers in time", "[plan][storm][identity]") {
    const std::string tight = R"(, "policy": {"storm_window_s": 60, "storm_recovery_s": 70},
                                   "roles": {"registrar": {"nodes": 2}})";
    const auto phones = [](double number) {
        return R"("transport": "tls", "tls": {"key": "rsa-4096"}, "endpoints": )" +
               std::to_string(static_cast<int>(number));
    };
    const auto storm_of = [](const Plan& plan) {
        return *std::find_if(plan.constraints.begin(), plan.constraints.end(),
                             [](const Constraint& limit) { return limit.resource == "storm"; });
    };
    constexpr double endpoints = 60000;
    const Constraint storm = storm_of(plan_of(phones(endpoints), tight));
    REQUIRE(storm.largest_multiple_factor);
    CHECK(storm.headroom_fraction == Approx(1 - 1 / *storm.largest_multiple_factor).epsilon(1e-12));
    const double last = endpoints * *storm.largest_multiple_factor;
    CHECK(storm_of(plan_of(phones(last * 0.999), tight)).headroom_fraction >= 0);
    CHECK(storm_of(plan_of(phones(last * 1.001), tight)).headroom_fraction < 0);
}

TEST_CASE("a plan tells its storms and what binds", "[plan][storm]") {
    const Plan calm = plan_of("\"endpoints\": 100000");
    REQUIRE(calm.storm);
    CHECK(calm.storm->scenarios.size() == 2);
    CHECK(calm.storm->scenarios[0].outcome.recovery_s.value() == Approx(60).margin(0.5));
    CHECK(calm.storm->refresh.peak_to_mean_factor == Approx(60).epsilon(0.02));
    CHECK_FALSE(registrar_of(calm).is_storm_bound);
    CHECK(finding_of(calm, "registration-storm") == nullptr);
    CHECK(
        std::any_of(calm.constraints.begin(), calm.constraints.end(), [](const Constraint& limit) {
            return limit.resource == "storm" && limit.name == "registrar" &&
                   limit.headroom_fraction > 0.7;
        }));

    // 2,000,000 handshakes of about 4 ms in 61 s: 130 cores, where memory asks for far fewer nodes.
    const std::string many =
        R"("endpoints": 200000, "transport": "tls", "tls": {"key": "rsa-4096"})";
    const std::string tight = R"(, "policy": {"storm_window_s": 30, "storm_recovery_s": 40},
                                   "roles": {"registrar": {"cores_per_node": 2}})";
    const Plan bound = plan_of(many, tight);
    CHECK(registrar_of(bound).is_storm_bound);
    CHECK(registrar_of(bound).nodes > registrar_of(bound).steady_nodes);
    CHECK(bound.is_met);
    REQUIRE(finding_of(bound, "registration-storm") != nullptr);
    CHECK(finding_of(bound, "registration-storm")->severity == Severity::warning);
    CHECK(bound.storm->scenarios[0].outcome.recovery_s.value() <= 40);

    const Plan fixed = plan_of(many, R"(, "policy": {"storm_window_s": 30, "storm_recovery_s": 40},
                                   "roles": {"registrar": {"cores_per_node": 2, "nodes": 6}})");
    CHECK_FALSE(fixed.is_met);
    REQUIRE(finding_of(fixed, "registration-storm") != nullptr);
    CHECK(finding_of(fixed, "registration-storm")->severity == Severity::error);
    CHECK(finding_of(fixed, "demand-not-met") == nullptr);
    REQUIRE(binding_capacity(fixed));
    CHECK(binding_capacity(fixed)->binding_resource == "storm");
}

TEST_CASE("a refresh wave that fills the registrar is found", "[plan][storm]") {
    const std::string half_second = R"("models": {"servers": {"kamailio": {"cost": [
        {"driver": "registrations", "resource": "cpu_cores", "cost": 0.002,
         "source": "planning-default"}]}}})";
    const Plan jammed = plan_of("\"endpoints\": 100000", ", " + half_second);
    REQUIRE(finding_of(jammed, "refresh-stays-synchronised") != nullptr);
    const Plan spread =
        plan_of(R"("endpoints": 100000, "registration": {"expires_range_percent": 50})",
                ", " + half_second);
    CHECK(finding_of(spread, "refresh-stays-synchronised") == nullptr);
}

TEST_CASE("a range of the expiry makes registrations more frequent", "[plan][storm][table]") {
    const Plan plan =
        plan_of(R"("endpoints": 100000, "registration": {"expires_range_percent": 20})");
    CHECK(plan.years.front().demand.totals.registrations_per_s ==
          Approx(100000 / 3240.0).epsilon(1e-12));
}

TEST_CASE("a recovery shorter than the window is refused", "[plan][storm]") {
    CHECK(error_of(R"("storm_recovery_s": 60)").find("/policy/storm_recovery_s") !=
          std::string::npos);
    CHECK(error_of(R"("storm_recovery_s": 60)").find("at least 61") != std::string::npos);
    CHECK(error_of(R"("storm_recovery_s": 61)") == "no error");
    CHECK(error_of(R"("storm_window_s": -1)").find("/policy/storm_window_s") != std::string::npos);
}
