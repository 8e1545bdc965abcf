#include "engine/load/arrivals.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>

using namespace busyhour::engine;
using namespace busyhour::engine::load;

namespace {

ArrivalPlan plan_of(std::vector<RateSegment> segments, ArrivalKind kind) {
    return {.segments = std::move(segments), .kind = kind};
}

double in_seconds(Duration value) {
    return std::chrono::duration<double>(value).count();
}

std::ptrdiff_t arrivals_before(const std::vector<Duration>& arrivals, double time_s) {
    return std::count_if(arrivals.begin(), arrivals.end(),
                         [&](Duration at) { return in_seconds(at) < time_s; });
}

}  // namespace

TEST_CASE("regular arrivals stand in the middle of equal intervals", "[engine][load][table]") {
    const auto arrivals = draw_arrivals(plan_of({{10, 10, 1}}, ArrivalKind::regular));
    REQUIRE(arrivals.size() == 10);
    for (std::size_t i = 0; i < arrivals.size(); ++i) {
        CHECK(in_seconds(arrivals[i]) == Approx(0.05 + 0.1 * static_cast<double>(i)));
    }
}

TEST_CASE("a ramp offers the area under its line", "[engine][load][identity]") {
    const auto arrivals = draw_arrivals(plan_of({{0, 100, 10}}, ArrivalKind::regular));
    REQUIRE(arrivals.size() == 500);
    // A quarter of the area lies before half of the time.
    CHECK(arrivals_before(arrivals, 5) == 125);
    CHECK(in_seconds(arrivals.back()) < 10);
}

TEST_CASE("a falling ramp mirrors a rising one", "[engine][load][identity]") {
    const auto rising = draw_arrivals(plan_of({{20, 80, 4}}, ArrivalKind::regular));
    const auto falling = draw_arrivals(plan_of({{80, 20, 4}}, ArrivalKind::regular));
    REQUIRE(rising.size() == 200);
    REQUIRE(falling.size() == 200);
    for (std::size_t i = 0; i < rising.size(); ++i) {
        CHECK(in_seconds(rising[i]) == Approx(4 - in_seconds(falling[199 - i])).margin(1e-8));
    }
}

TEST_CASE("steps follow one another", "[engine][load][table]") {
    const auto arrivals =
        draw_arrivals(plan_of({{10, 10, 1}, {0, 0, 1}, {30, 30, 1}}, ArrivalKind::regular));
    CHECK(arrivals.size() == 40);
    CHECK(arrivals_before(arrivals, 1) == 10);
    CHECK(arrivals_before(arrivals, 2) == 10);
}

TEST_CASE("Poisson arrivals have the variance of their mean", "[engine][load][identity]") {
    ArrivalPlan plan = plan_of({{1000, 1000, 100}}, ArrivalKind::poisson);
    const auto arrivals = draw_arrivals(plan);
    CHECK(std::is_sorted(arrivals.begin(), arrivals.end()));
    CHECK(std::abs(static_cast<double>(arrivals.size()) - 1e5) < 4 * std::sqrt(1e5));
    double sum_of_squares = 0;  // of the counts of 1,000 intervals, around their mean of 100
    for (int interval = 0; interval < 1000; ++interval) {
        const double begin_s = interval * 0.1;
        const auto first =
            std::lower_bound(arrivals.begin(), arrivals.end(), begin_s,
                             [](Duration at, double time_s) { return in_seconds(at) < time_s; });
        const auto last =
            std::lower_bound(arrivals.begin(), arrivals.end(), begin_s + 0.1,
                             [](Duration at, double time_s) { return in_seconds(at) < time_s; });
        sum_of_squares += std::pow(static_cast<double>(last - first) - 100, 2);
    }
    CHECK(sum_of_squares / 1000 == Approx(100).epsilon(0.2));
}

TEST_CASE("the same seed draws the same arrivals and another one others", "[engine][load]") {
    ArrivalPlan plan = plan_of({{100, 100, 1}}, ArrivalKind::poisson);
    const auto first = draw_arrivals(plan);
    CHECK(draw_arrivals(plan) == first);
    plan.seed = 2;
    CHECK(draw_arrivals(plan) != first);
}

TEST_CASE("arrivals end at their limit", "[engine][load]") {
    ArrivalPlan plan = plan_of({{100, 100, 10}}, ArrivalKind::regular);
    plan.arrivals_max = 7;
    CHECK(draw_arrivals(plan).size() == 7);
    CHECK(draw_arrivals(plan_of({}, ArrivalKind::poisson)).empty());
}
