#include "engine/measure/capacity.h"

#include <catch2/catch.hpp>

#include <algorithm>

using busyhour::engine::measure::Capacity;
using busyhour::engine::measure::CapacityGoal;
using busyhour::engine::measure::find_capacity;
using busyhour::engine::measure::Slice;

namespace {

/// A server that does so much and refuses the rest.
Slice served_by(double capacity_per_s, double load_per_s) {
    Slice slice;
    slice.load_per_s = load_per_s;
    slice.failed_fraction = load_per_s > capacity_per_s ? 1 - capacity_per_s / load_per_s : 0;
    return slice;
}

}  // namespace

TEST_CASE("a search ends with a bracket around the capacity") {
    CapacityGoal goal;
    goal.begin_per_s = 100;
    goal.precision_fraction = 0.05;
    for (const double capacity_per_s : {3.0, 99.0, 100.0, 101.0, 12'345.0, 87'000.0}) {
        const Capacity found = find_capacity(
            goal, [&](double load_per_s) { return served_by(capacity_per_s, load_per_s); });
        CAPTURE(capacity_per_s);
        CHECK(found.held_per_s <= capacity_per_s);
        CHECK(found.failed_per_s > capacity_per_s);
        CHECK(found.failed_per_s - found.held_per_s <= 0.05 * found.failed_per_s);
        CHECK_FALSE(found.is_generators);
    }
}

TEST_CASE("a search stops at the highest load it may offer") {
    CapacityGoal goal;
    goal.begin_per_s = 1000;
    goal.end_per_s = 5000;
    const Capacity found =
        find_capacity(goal, [](double load_per_s) { return served_by(1e9, load_per_s); });
    CHECK(found.held_per_s == 5000);
    CHECK(found.failed_per_s == 0);
    CHECK(found.slices.size() == 4);  // 1000, 2000, 4000, 5000
}

TEST_CASE("a search offers no more slices than allowed") {
    CapacityGoal goal;
    goal.begin_per_s = 1000;
    goal.slices_max = 5;
    goal.precision_fraction = 0;
    const Capacity found =
        find_capacity(goal, [](double load_per_s) { return served_by(1500, load_per_s); });
    CHECK(found.slices.size() == 5);  // 1000, 2000, 1500, 1750, 1625
    CHECK(found.held_per_s == 1500);
    CHECK(found.failed_per_s == 1625);
}

TEST_CASE("a load that a void slice failed is offered once more") {
    CapacityGoal goal;
    goal.begin_per_s = 1000;
    goal.end_per_s = 2000;
    int slices = 0;
    const Capacity found = find_capacity(goal, [&](double load_per_s) {
        Slice slice = served_by(1e6, load_per_s);
        if (++slices == 2) {
            slice.failed_fraction = 0.1;
            slice.void_reason = "the host was disturbed";
        }
        return slice;
    });
    CHECK(slices == 3);
    CHECK(found.held_per_s == 2000);
    CHECK(found.failed_per_s == 0);
}

TEST_CASE("a load that the generator could not offer says so") {
    CapacityGoal goal;
    goal.begin_per_s = 1000;
    goal.precision_fraction = 0.5;
    const Capacity found = find_capacity(goal, [](double load_per_s) {
        Slice slice = served_by(1000, load_per_s);
        slice.generator_cpu_fraction = load_per_s > 1000 ? 0.99 : 0.4;
        return slice;
    });
    CHECK(found.is_generators);
}

TEST_CASE("a slow answer is a load that did not hold") {
    Slice slice;
    for (int i = 0; i < 98; ++i) slice.latency.record(std::chrono::milliseconds(1));
    for (int i = 0; i < 2; ++i) slice.latency.record(std::chrono::milliseconds(80));
    CHECK_FALSE(slice.held(std::chrono::milliseconds(50)));
    CHECK(slice.held(std::chrono::milliseconds(100)));
    slice.failed_fraction = 0.001;
    CHECK_FALSE(slice.held(std::chrono::milliseconds(100)));
}

TEST_CASE("a search goes by the CPU time towards the capacity") {
    CapacityGoal goal;
    goal.begin_per_s = 100;
    goal.slices_max = 30;
    const Capacity found = find_capacity(goal, [](double load_per_s) {
        Slice slice = served_by(50'000, load_per_s);
        slice.cpu_cores = std::min(load_per_s / 50'000, 1.0);
        return slice;
    });
    CHECK(found.held_per_s <= 50'000);
    CHECK(found.failed_per_s > 50'000);
    CHECK(found.slices.size() < 10);  // doubling alone takes nine to get there
}

TEST_CASE("a failure while the subject was idle is tried once more") {
    CapacityGoal goal;
    goal.begin_per_s = 1000;
    goal.end_per_s = 1000;
    int turns = 0;
    const Capacity found = find_capacity(goal, [&turns](double load_per_s) {
        Slice slice = served_by(1e9, load_per_s);
        slice.cpu_cores = 0.2;
        if (++turns == 1) slice.failed_fraction = 0.01;
        return slice;
    });
    CHECK(turns == 2);
    CHECK(found.held_per_s == 1000);
}

TEST_CASE("a search ends where the generator is too slow") {
    CapacityGoal goal;
    goal.begin_per_s = 1000;
    const Capacity found = find_capacity(goal, [](double load_per_s) {
        Slice slice = served_by(4000, load_per_s);
        slice.cpu_cores = 0.1;
        slice.is_generators = slice.failed_fraction > 0;
        if (slice.is_generators) slice.void_reason = "the generator was too slow";
        return slice;
    });
    CHECK(found.is_generators);
    CHECK(found.failed_per_s == 0);
    CHECK(found.held_per_s > 0);
}
