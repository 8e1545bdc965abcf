#include "busyhour/model/refresh.h"

#include "busyhour/error.h"

#include <catch2/catch.hpp>

#include <numeric>

using namespace busyhour;

namespace {

/// 100,000 registrations, even over a minute.
std::vector<double> minute() {
    return std::vector<double>(60, 100000 / 60.0);
}

}  // namespace

TEST_CASE("the mean refresh time is the expiry less half its range", "[model][refresh][table]") {
    CHECK(mean_refresh_s({}) == 3600);
    CHECK(mean_refresh_s({.expires_s = 3600, .refresh_fraction = 0.5}) == 1800);
    CHECK(mean_refresh_s({.expires_s = 3600, .expires_range_fraction = 0.1}) == 3420);
}

TEST_CASE("without jitter a storm comes round as it was", "[model][refresh][identity]") {
    const RefreshWaves waves = refresh_waves(minute(), {});
    CHECK(waves.mean_per_s == Approx(100000 / 3600.0).epsilon(1e-12));
    CHECK(waves.peak_per_s == Approx(100000 / 60.0).epsilon(1e-9));
    CHECK(waves.peak_to_mean_factor == Approx(60).epsilon(1e-9));
    CHECK_FALSE(waves.waves_until_flat);
}

TEST_CASE("jitter spreads the n-th wave as a sum of n even delays", "[model][refresh][table]") {
    // Of sums of 1, 3, 4, 5 uniform variables the densities peak at 1, 3/4, 2/3, 115/192.
    const RefreshWaves waves = refresh_waves({100000}, {.expires_range_fraction = 0.1});
    const double width_s = 360;
    const double expected[] = {1, 1, 0.75, 2 / 3.0, 115 / 192.0};
    REQUIRE(waves.peaks_per_s.size() >= 5);
    for (std::size_t i = 0; i < 5; ++i) {
        CAPTURE(i);
        CHECK(waves.peaks_per_s[i] == Approx(100000 / width_s * expected[i]).epsilon(0.01));
    }
}

TEST_CASE("more jitter makes the waves lower and shorter-lived", "[model][refresh][identity]") {
    double before = 1e18;
    for (const double range : {0.05, 0.1, 0.2, 0.4, 0.6}) {
        CAPTURE(range);
        const RefreshWaves waves = refresh_waves(minute(), {.expires_range_fraction = range});
        CHECK(waves.peak_per_s < before);
        CHECK(waves.peak_per_s >= waves.mean_per_s);
        before = waves.peak_per_s;
    }
    CHECK(refresh_waves(minute(), {.expires_range_fraction = 0.5}).waves_until_flat.value() <
          refresh_waves(minute(), {.expires_range_fraction = 0.2}).waves_until_flat.value());
}

TEST_CASE("a week's expiry keeps the first wave sharp", "[model][refresh]") {
    const RefreshWaves waves =
        refresh_waves(minute(), {.expires_s = 604800, .expires_range_fraction = 0.01});
    CHECK(waves.peak_per_s == Approx(100000 / 6048.0).epsilon(1e-3));
}

TEST_CASE("registrations that are even already are flat at once", "[model][refresh][identity]") {
    const RefreshWaves waves = refresh_waves(std::vector<double>(3600, 10), {});
    CHECK(waves.peak_to_mean_factor == Approx(1).epsilon(1e-9));
    CHECK(waves.waves_until_flat == 1);
    CHECK(refresh_waves({}, {}).mean_per_s == 0);
}

TEST_CASE("refresh times out of range are refused", "[model][refresh]") {
    CHECK_THROWS_AS(refresh_waves(minute(), {.expires_s = 0}), InputError);
    CHECK_THROWS_AS(refresh_waves(minute(), {.refresh_fraction = 1.5}), InputError);
    CHECK_THROWS_AS(refresh_waves(minute(), {.expires_range_fraction = 1}), InputError);
}
