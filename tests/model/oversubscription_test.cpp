#include "busyhour/model/oversubscription.h"

#include "busyhour/error.h"

#include <catch2/catch.hpp>

#include <optional>

using namespace busyhour;

namespace {

double worth_fraction(double vcpus_per_cpu, double steal_fraction) {
    return core_worth_fraction({.vcpus_per_cpu_number = vcpus_per_cpu,
                                .steal_fraction = steal_fraction,
                                .hyperthread_gain_fraction = std::nullopt});
}

}  // namespace

TEST_CASE("a core on an idle host with whole cores is a whole core", "[model][host][identity]") {
    CHECK(core_worth_fraction({}) == 1);
}

TEST_CASE("the worse of steal and overcommit counts, not both", "[model][host]") {
    CHECK(worth_fraction(1, 0.2) == Approx(0.8));
    CHECK(worth_fraction(4, 0) == 0.25);
    CHECK(worth_fraction(4, 0.2) == 0.25);
    CHECK(worth_fraction(1.1, 0.5) == 0.5);
}

TEST_CASE("a hardware thread is worth half a core and half of what the second adds",
          "[model][host]") {
    const auto worth = [](double gain_fraction) {
        return core_worth_fraction({.vcpus_per_cpu_number = 1,
                                    .steal_fraction = 0,
                                    .hyperthread_gain_fraction = gain_fraction});
    };
    CHECK(worth(0) == 0.5);             // Cisco counts physical cores
    CHECK(worth(0.3) == Approx(0.65));  // the most that Intel says
    CHECK(worth(1) == 1);
    CHECK(core_worth_fraction(
              {.vcpus_per_cpu_number = 2, .steal_fraction = 0, .hyperthread_gain_fraction = 0}) ==
          0.25);
}

TEST_CASE("a share that cannot be is refused", "[model][host]") {
    CHECK_THROWS_AS(worth_fraction(0.5, 0), InputError);
    CHECK_THROWS_AS(worth_fraction(1, 1), InputError);
    CHECK_THROWS_AS(worth_fraction(1, -0.1), InputError);
}

TEST_CASE("20 % steal doubles the answer time of a host that is 60 % busy",
          "[model][host][table]") {
    // M/M/1: 1 / (1 - 0.6) = 2.5 service times, 1 / (1 - 0.2 - 0.6) = 5.
    CHECK(response_time_factor(0.6, 0.2).value() == Approx(5.0 / 2.5).epsilon(1e-12));
    CHECK(response_time_factor(0.6, 0).value() == 1);
    CHECK(response_time_factor(0, 0.75).value() == Approx(4).epsilon(1e-12));
    CHECK_FALSE(response_time_factor(0.6, 0.4 + 1e-9));
    CHECK_FALSE(response_time_factor(0.6, 0.8));
}
