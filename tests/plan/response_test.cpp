#include "busyhour/plan/response.h"

#include "busyhour/model/queueing.h"
#include "busyhour/plan/plan.h"

#include <catch2/catch.hpp>

#include <cmath>
#include <string>

using namespace busyhour;

namespace {

ResponseSetup registrar_of(double cores) {
    return {.metric = "registration_request_delay",
            .measured = Driver::registrations,
            .challenges = Driver::registration_challenges,
            .requests_number = 1,
            .visits_number = 1,
            .servers_number = cores,
            .target_s = std::nullopt};
}

CostModel cost_of(Driver driver, double cost_s) {
    CostModel model;
    model.cost.at(index_of(Resource::cpu_cores))[driver] = cost_s;
    return model;
}

Demand demand_of(Driver driver, double rate_per_s) {
    Demand demand;
    demand[driver] = rate_per_s;
    return demand;
}

Plan plan_of(const std::string& policy) {
    const std::string text = R"({"populations": [{"endpoints": 400000,
        "registration": {"expires_s": 60}}], "policy": {"storm_recovery_s": 3600,
        "redundancy": "none")" +
                             policy + "}}";
    return make_plan(read_deployment(text, "f"));
}

}  // namespace

TEST_CASE("registrations alone on one core are an M/M/1 queue", "[plan][response][table]") {
    // handbook-teletraffic: S 0.5 ms, utilisation 0.7: mean response 1.666667 ms, and the wait that
    // one in twenty exceeds is R ln(0.7 / 0.05).
    const auto times = response_times(registrar_of(1), cost_of(Driver::registrations, 0.5e-3), 1,
                                      demand_of(Driver::registrations, 1400));
    REQUIRE(times);
    const double response_s = 0.5e-3 / (1 - 0.7);
    CHECK(times->utilisation_fraction == Approx(0.7).epsilon(1e-12));
    CHECK(times->mean_s == Approx(response_s).epsilon(1e-9));
    CHECK(times->p95_s == Approx(0.5e-3 + response_s * std::log(0.7 / 0.05)).epsilon(1e-9));
    CHECK(times->p99_s == Approx(0.5e-3 + response_s * std::log(0.7 / 0.01)).epsilon(1e-9));
}

TEST_CASE("twice as fast cores halve every delay", "[plan][response][identity]") {
    const CostModel cost = cost_of(Driver::registrations, 1e-3);
    const auto slow =
        response_times(registrar_of(4), cost, 4, demand_of(Driver::registrations, 3000));
    const auto fast =
        response_times(registrar_of(4), cost, 8, demand_of(Driver::registrations, 6000));
    REQUIRE((slow && fast));
    CHECK(fast->service_s == Approx(slow->service_s / 2).epsilon(1e-12));
    CHECK(fast->p99_s == Approx(slow->p99_s / 2).epsilon(1e-9));
}

TEST_CASE("a challenge adds its own processing and one more wait", "[plan][response][identity]") {
    CostModel cost = cost_of(Driver::registrations, 1e-3);
    cost.cost.at(index_of(Resource::cpu_cores))[Driver::registration_challenges] = 2e-3;
    Demand demand = demand_of(Driver::registrations, 1000);
    demand[Driver::registration_challenges] = 1000;
    const auto times = response_times(registrar_of(4), cost, 4, demand);
    REQUIRE(times);
    CHECK(times->service_s == Approx(3e-3).epsilon(1e-12));
    // Half the messages 1 ms, half 2 ms, exponential in each class: E[S] 1.5 ms, E[S^2] 5e-6.
    const Queue queue{.arrivals_per_s = 2000,
                      .service_time_s = 1.5e-3,
                      .servers_number = 4,
                      .service_variability_factor = 5e-6 / (1.5e-3 * 1.5e-3) - 1};
    CHECK(times->mean_s == Approx(3e-3 + 2 * mean_wait_s(queue).value()).epsilon(1e-9));
}

TEST_CASE("a queue without end and a node without events have no delay", "[plan][response]") {
    const CostModel cost = cost_of(Driver::registrations, 1e-3);
    CHECK(!response_times(registrar_of(1), cost, 1, demand_of(Driver::registrations, 1001)));
    CHECK(!response_times(registrar_of(1), cost, 1, demand_of(Driver::call_attempts, 1)));
}

TEST_CASE("a registrar gets the nodes that its delay asks for", "[plan][response][identity]") {
    const Sizing free = plan_of("").years.front().roles.front();
    REQUIRE(free.response);
    const double wanted_s = (free.response->service_s + free.response->p99_s) / 2;
    const std::string policy =
        ", \"registration_request_delay_ms\": " + std::to_string(wanted_s * 1000);
    const Plan plan = plan_of(policy);
    const Sizing held = plan.years.front().roles.front();
    REQUIRE(held.response);
    CHECK(held.nodes >= free.nodes);
    CHECK(held.response->p99_s <= wanted_s);
    bool is_limit = false;
    for (const Constraint& limit : plan.constraints)
        is_limit = is_limit || limit.resource == "delay";
    CHECK(is_limit);
}
