#include "busyhour/cost/objects.h"

#include "busyhour/error.h"

#include <catch2/catch.hpp>

#include <cmath>

using busyhour::fit_memory;
using busyhour::fit_scaling;
using busyhour::ScalingLaw;
using busyhour::ScalingPoint;

TEST_CASE("the scaling law fits published measurements", "[cost][usl][table]") {
    // Sun SPARCcenter 2000, SPEC SDM91; the fit and its peak: source cran-usl.
    const std::vector<ScalingPoint> points{{1, 64.9},     {18, 995.9},   {36, 1652.4}, {72, 1853.2},
                                           {108, 1828.9}, {144, 1775.0}, {216, 1702.2}};
    const ScalingLaw law = fit_scaling(points);
    CHECK(law.one_worker_per_s == Approx(89.9952325).epsilon(1e-4));
    CHECK(law.contention_fraction == Approx(0.0277284750).epsilon(1e-4));
    CHECK(law.coherency_fraction == Approx(1.04365486e-4).epsilon(1e-4));
    const double peak = std::sqrt((1 - law.contention_fraction) / law.coherency_fraction);
    CHECK(peak == Approx(96.51956).epsilon(1e-4));
    CHECK(capacity_per_s(law, peak) == Approx(1883.899).epsilon(1e-4));
}

TEST_CASE("the scaling law finds what made the points", "[cost][usl][table]") {
    // Source: cran-usl, its synthetic test.
    const std::vector<ScalingPoint> points{{1, 1},      {2, 1.8868}, {4, 3.0769},
                                           {6, 3.5294}, {8, 3.5398}, {10, 3.3557}};
    const ScalingLaw law = fit_scaling(points);
    CHECK(law.contention_fraction == Approx(0.02).epsilon(0.01));
    CHECK(law.coherency_fraction == Approx(0.02).epsilon(0.01));
    CHECK(law.one_worker_per_s == Approx(1).epsilon(0.01));
}

TEST_CASE("two numbers of workers tell no coherency, and no number below 0", "[cost][usl]") {
    const ScalingLaw law = fit_scaling({{1, 100}, {2, 180}});
    CHECK_FALSE(law.is_coherency_known);
    CHECK(law.coherency_fraction == 0);
    CHECK(capacity_per_s(law, 2) == Approx(180).epsilon(1e-3));
    const ScalingLaw better_than_linear = fit_scaling({{1, 100}, {2, 220}, {4, 460}});
    CHECK(better_than_linear.contention_fraction >= 0);
    CHECK(better_than_linear.coherency_fraction >= 0);
    CHECK_THROWS_AS(fit_scaling({{2, 100}, {2, 101}}), busyhour::InputError);
}

TEST_CASE("memory is a line over the objects", "[cost][identity]") {
    const auto law = fit_memory({{0, 5e6}, {1000, 6.4e6}, {4000, 10.6e6}});
    CHECK(law.object_bytes == Approx(1400));
    CHECK(law.idle_bytes == Approx(5e6));
    CHECK(law.object_error_bytes == Approx(0).margin(1e-6));
    CHECK_THROWS_AS(fit_memory({{100, 5e6}, {100, 6e6}}), busyhour::InputError);
}
