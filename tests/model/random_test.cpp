#include "busyhour/model/random.h"

#include <catch2/catch.hpp>

#include <cmath>

using namespace busyhour;

TEST_CASE("philox4x32 gives the known answers of Random123", "[model][random][table]") {
    // Source: philox, kat_vectors of the Random123 distribution.
    using Words = std::array<std::uint32_t, 4>;
    CHECK(philox4x32({0, 0, 0, 0}, {0, 0}) ==
          Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
    constexpr std::uint32_t ones = 0xffffffff;
    CHECK(philox4x32({ones, ones, ones, ones}, {ones, ones}) ==
          Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
    CHECK(philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
          Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("random numbers depend on their place alone and fill 0 to 1",
          "[model][random][identity]") {
    CHECK(uniform_fraction({1, 2, 3}) == uniform_fraction({1, 2, 3}));
    CHECK(uniform_fraction({1, 2, 3}) != uniform_fraction({1, 2, 4}));
    CHECK(uniform_fraction({1, 2, 3}) != uniform_fraction({1, 3, 3}));
    CHECK(uniform_fraction({1, 2, 3}) != uniform_fraction({2, 2, 3}));
    double sum = 0;
    double square_sum = 0;
    constexpr int draws = 100000;
    for (std::uint64_t draw = 0; draw < draws; ++draw) {
        const double fraction = uniform_fraction({7, draw, 0});
        REQUIRE((fraction > 0 && fraction < 1));
        sum += fraction;
        square_sum += fraction * fraction;
    }
    // Mean 1/2 and mean square 1/3, each within 4 standard errors.
    CHECK(sum / draws == Approx(0.5).margin(4 * std::sqrt(1.0 / 12 / draws)).epsilon(0));
    CHECK(square_sum / draws == Approx(1.0 / 3).margin(4 * std::sqrt(4.0 / 45 / draws)).epsilon(0));
}

TEST_CASE("the triangular quantile undoes the triangular distribution",
          "[model][random][identity]") {
    const Triangle triangle{10, 30, 90};
    // F(x) = (x - a)^2 / ((b - a)(c - a)) up to the mode, 1 - (b - x)^2 / ((b - a)(b - c)) after it
    const auto below = [&](double x) {
        if (x <= 30) return (x - 10) * (x - 10) / (80.0 * 20);
        return 1 - (90 - x) * (90 - x) / (80.0 * 60);
    };
    for (const double fraction : {0.0, 0.01, 0.25, 0.5, 0.77, 0.999, 1.0}) {
        CHECK(below(triangular_quantile(triangle, fraction)) ==
              Approx(fraction).margin(1e-12).epsilon(0));
    }
    CHECK(triangular_quantile(triangle, 0.25) == Approx(30).epsilon(1e-14));
    CHECK(triangular_quantile({5, 5, 5}, 0.3) == 5);
    CHECK(triangular_quantile({5, 5, 9}, 0.0) == 5);
    CHECK(triangular_quantile({1, 9, 9}, 1.0) == 9);
}
