#include "busyhour/cost/cost_model.h"

#include <catch2/catch.hpp>

using namespace busyhour;

namespace {

/// A REGISTER that costs 31.2 us at saturation and 63.0 us one at a time.
CostModel register_model() {
    CostModel model;
    model.cost.at(index_of(Resource::cpu_cores))[Driver::registrations] = 31.2e-6;
    model.wakeup_cpu_cores[Driver::registrations] = 31.8e-6;
    model.cost.at(index_of(Resource::memory_bytes))[Driver::contacts] = 1460;
    return model;
}

Demand registrations(double per_s) {
    Demand demand;
    demand[Driver::registrations] = per_s;
    return demand;
}

const CpuCost costs[] = {{0, 0.5}, {0.0312, 0.0318}, {1, 0}, {1.5, 2.5}, {3.9, 10}, {7, 1}};

}  // namespace

TEST_CASE("cost times demand is summed over the drivers", "[cost][table]") {
    CostModel model = register_model();
    model.cost.at(index_of(Resource::cpu_cores))[Driver::call_attempts] = 625e-6;
    Demand demand = registrations(1000);
    demand[Driver::call_attempts] = 100;
    demand[Driver::contacts] = 100000;
    // 1000 x 31.2 us + 100 x 625 us = 0.0312 + 0.0625
    CHECK(cpu_cost(model, demand).saturated_cores == Approx(0.0937).epsilon(1e-13));
    CHECK(cpu_cost(model, demand).wakeup_cores == Approx(0.0318).epsilon(1e-13));
    CHECK(usage_number(model, Resource::memory_bytes, demand) == 146e6);  // 146 MB
    CHECK(usage_number(model, Resource::udp_ports, demand) == 0);
}

TEST_CASE("busy_cores has the two costs that were measured at its ends", "[cost][table]") {
    const CostModel model = register_model();
    // Nearly idle: each REGISTER costs 63.0 us.
    CHECK(busy_cores(cpu_cost(model, registrations(1)), 1) == Approx(63e-6).epsilon(1e-4));
    // Saturated: 1 / 31.2 us = 32051.28 REGISTERs a second fill one core.
    CHECK(busy_cores(cpu_cost(model, registrations(1 / 31.2e-6)), 1) == Approx(1).epsilon(1e-12));
    // 1000/s by hand: u = 0.0312 + 0.0318 (1 - u), so u = 0.063 / 1.0318.
    CHECK(busy_cores(cpu_cost(model, registrations(1000)), 1) ==
          Approx(0.0610583446404342).epsilon(1e-12));
}

TEST_CASE("busy_cores solves u = a x + b x (1 - u)", "[cost][identity]") {
    for (const CpuCost& cost : costs) {
        for (const double cores : {1.0, 2.0, 4.0, 64.0}) {
            if (cost.saturated_cores > cores) continue;
            CAPTURE(cost.saturated_cores, cost.wakeup_cores, cores);
            const double busy = busy_cores(cost, cores);
            const double u = busy / cores;
            CHECK(busy == Approx(cost.saturated_cores + cost.wakeup_cores * (1 - u)).margin(1e-12));
            CHECK(busy >= cost.saturated_cores - 1e-12);
            CHECK(busy <= cores + 1e-12);
        }
    }
}

TEST_CASE("a node without work is not busy", "[cost]") {
    CHECK(busy_cores({0, 0}, 4) == 0);
    CHECK(cores_for({0, 0}, 0.6) == 0);
}

TEST_CASE("beyond saturation nobody sleeps", "[cost]") {
    CHECK(busy_cores({5, 3}, 4) == 5);
    CHECK(busy_cores({5, 3}, 5) == Approx(5));
}

TEST_CASE("cores_for is the inverse of busy_cores", "[cost][identity]") {
    for (const CpuCost& cost : costs) {
        for (const double target_fraction : {0.1, 0.5, 0.6, 0.9, 0.999}) {
            CAPTURE(cost.saturated_cores, cost.wakeup_cores, target_fraction);
            const double cores = cores_for(cost, target_fraction);
            CHECK(busy_cores(cost, cores) == Approx(target_fraction * cores).margin(1e-12));
        }
    }
}

TEST_CASE("more work keeps more cores busy, and a higher target needs fewer", "[cost][identity]") {
    double last_busy = 0;
    double last_cores = 0;
    for (double factor = 0.1; factor < 200; factor *= 1.3) {
        const CpuCost cost{0.02 * factor, 0.03 * factor};
        CHECK(busy_cores(cost, 4) > last_busy);
        CHECK(cores_for(cost, 0.6) > last_cores);
        CHECK(cores_for(cost, 0.7) < cores_for(cost, 0.6));
        last_busy = busy_cores(cost, 4);
        last_cores = cores_for(cost, 0.6);
    }
}

TEST_CASE("more cores are never less busy while work wakes them", "[cost][identity]") {
    for (const CpuCost& cost : costs) {
        for (double cores = 1; cores < 100; cores *= 2) {
            CAPTURE(cost.saturated_cores, cost.wakeup_cores, cores);
            CHECK(busy_cores(cost, 2 * cores) / (2 * cores) <=
                  busy_cores(cost, cores) / cores + 1e-12);
        }
    }
}

TEST_CASE("a scaled model scales every cost", "[cost][identity]") {
    Demand demand = registrations(1000);
    demand[Driver::contacts] = 10;
    const CostModel twice = scaled(register_model(), 2);
    CHECK(cpu_cost(twice, demand).saturated_cores == Approx(0.0624).epsilon(1e-13));
    CHECK(cpu_cost(twice, demand).wakeup_cores == Approx(0.0636).epsilon(1e-13));
    CHECK(usage_number(twice, Resource::memory_bytes, demand) == 29200);
}
