#include "engine/load/histogram.h"

#include "engine/load/arrivals.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

using namespace busyhour::engine;
using namespace busyhour::engine::load;

namespace {

/// Durations spread over ten powers of ten.
std::vector<Duration> spread_values(std::size_t number) {
    std::vector<Duration> values;
    for (std::size_t i = 0; i < number; ++i) {
        values.emplace_back(std::llround(std::pow(10, 11 * uniform_fraction(7, i))));
    }
    return values;
}

Histogram histogram_of(const std::vector<Duration>& values) {
    Histogram histogram;
    for (const Duration value : values) histogram.record(value);
    return histogram;
}

}  // namespace

TEST_CASE("a quantile is the sorted value or at most a 128th above it",
          "[engine][load][identity]") {
    std::vector<Duration> values = spread_values(20000);
    const Histogram histogram = histogram_of(values);
    std::sort(values.begin(), values.end());
    for (const double fraction : {0.001, 0.01, 0.1, 0.25, 0.5, 0.9, 0.99, 0.999, 1.0}) {
        const double rank = std::ceil(fraction * 20000);
        const Duration exact = values[static_cast<std::size_t>(rank) - 1];
        const Duration found = histogram.quantile(fraction);
        CHECK(found >= exact);
        CHECK(to_seconds(found - exact) <= to_seconds(exact) / 128);
    }
}

TEST_CASE("durations below 256 ns are exact", "[engine][load][table]") {
    for (int ns = 0; ns < 256; ++ns) {
        Histogram histogram = histogram_of({Duration(ns), Duration(100000)});
        CHECK(histogram.quantile(0.5) == Duration(ns));
    }
}

TEST_CASE("histograms add up to the histogram of all", "[engine][load][identity]") {
    const std::vector<Duration> values = spread_values(3000);
    const auto middle = values.begin() + 1234;
    Histogram sum = histogram_of({values.begin(), middle});
    sum.add(histogram_of({middle, values.end()}));
    CHECK(sum == histogram_of(values));
}

TEST_CASE("quantiles never fall and end at the largest", "[engine][load][identity]") {
    const Histogram histogram = histogram_of(spread_values(500));
    Duration before{0};
    for (int percent = 0; percent <= 100; ++percent) {
        const Duration found = histogram.quantile(percent / 100.0);
        CHECK(found >= before);
        before = found;
    }
    CHECK(before == histogram.largest());
}

TEST_CASE("an empty histogram says zero and what is beyond its range counts as the largest",
          "[engine][load]") {
    CHECK(Histogram().quantile(0.5) == Duration{0});
    CHECK(Histogram().mean_s() == 0);
    const Histogram histogram = histogram_of({Duration(-5), std::chrono::hours(5)});
    CHECK(histogram.count() == 2);
    CHECK(histogram.quantile(0) == Duration{0});
    CHECK(histogram.largest() == std::chrono::hours(5));
}
