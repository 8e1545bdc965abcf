#include "busyhour/model/poisson.h"

#include "busyhour/error.h"

#include <catch2/catch.hpp>

#include <cstdint>
#include <limits>

using namespace busyhour;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

}  // namespace

TEST_CASE("poisson_cdf_probability matches independent values", "[model][poisson][table]") {
    struct Row {
        double mean_number;
        double count_number;
        double probability;
    };
    // mpmath with 40 digits: regularised upper incomplete gamma function, or the summed tail.
    const Row rows[] = {{0.5, 0, 0.60653065971263342},       {0.5, 2, 0.98561232203302931},
                        {3, 2, 0.42319008112684352},         {10, 4, 0.029252688076961073},
                        {10, 10, 0.58303975019298551},       {10, 25, 0.99998231972758253},
                        {100, 80, 0.02264917664225561},      {100, 130, 0.99829315962949851},
                        {1234.5, 1200, 0.16666925865820551}, {1e6, 998000, 0.02275012293967758},
                        {1e6, 1000000, 0.50026596148628365}, {1e7, 9990000, 0.00078185109240779657},
                        {1e7, 1e7, 0.500084104416326},       {1e7, 10005000, 0.94308588617515703}};
    for (const Row& row : rows) {
        CAPTURE(row.mean_number, row.count_number);
        CHECK(poisson_cdf_probability(row.mean_number, row.count_number) ==
              Approx(row.probability).epsilon(0).margin(1e-12));
    }
}

TEST_CASE("poisson_cdf_probability agrees with tables printed to four digits",
          "[model][poisson][table]") {
    // Cumulative Poisson tables of any handbook of statistics.
    CHECK(poisson_cdf_probability(1, 1) == Approx(0.7358).margin(5e-5));
    CHECK(poisson_cdf_probability(2, 3) == Approx(0.8571).margin(5e-5));
    CHECK(poisson_cdf_probability(5, 5) == Approx(0.6160).margin(5e-5));
    CHECK(poisson_cdf_probability(10, 15) == Approx(0.9513).margin(5e-5));
}

TEST_CASE("poisson_quantile matches independent values", "[model][poisson][table]") {
    struct Row {
        double mean_number;
        std::int64_t at_one_in_million;
        std::int64_t at_one_percent;
        std::int64_t at_half;
        std::int64_t at_95_percent;
        std::int64_t at_999_in_thousand;
    };
    // scipy 1.10: least k whose gammaincc(k + 1, mean) reaches the probability.
    const Row rows[] = {{0.5, 0, 0, 0, 2, 4},
                        {1, 0, 0, 1, 3, 5},
                        {3, 0, 0, 3, 6, 10},
                        {10, 0, 3, 10, 15, 21},
                        {100, 56, 77, 100, 117, 132},
                        {1234.5, 1071, 1154, 1234, 1293, 1344},
                        {5e4, 48941, 49481, 50000, 50368, 50692},
                        {1e6, 995250, 997674, 1000000, 1001645, 1003092},
                        {1e7, 9984972, 9992644, 10000000, 10005202, 10009774}};
    for (const Row& row : rows) {
        CAPTURE(row.mean_number);
        CHECK(poisson_quantile(row.mean_number, 1e-6) == row.at_one_in_million);
        CHECK(poisson_quantile(row.mean_number, 0.01) == row.at_one_percent);
        CHECK(poisson_quantile(row.mean_number, 0.5) == row.at_half);
        CHECK(poisson_quantile(row.mean_number, 0.95) == row.at_95_percent);
        CHECK(poisson_quantile(row.mean_number, 0.999) == row.at_999_in_thousand);
    }
}

TEST_CASE("poisson_quantile is exact far out in the upper tail", "[model][poisson][table]") {
    // mpmath: of 1e7, more than 10018972 have 1.00011e-9 and more than 10018973 have 0.99817e-9.
    CHECK(poisson_quantile(1e7, 1 - 1e-9) == 10018973);
    CHECK(poisson_quantile(10, 1 - 1e-9) == 34);
    CHECK(poisson_quantile(100, 1 - 1e-9) == 166);
}

TEST_CASE("poisson_quantile is the least count that reaches the probability",
          "[model][poisson][identity]") {
    for (const double mean_number : {0.001, 0.9, 1.0, 7.5, 300.0, 12345.6}) {
        for (const double probability : {1e-9, 0.003, 0.2, 0.4999, 0.5, 0.77, 0.999, 0.999999}) {
            const auto count_number =
                static_cast<double>(poisson_quantile(mean_number, probability));
            CAPTURE(mean_number, probability, count_number);
            CHECK(poisson_cdf_probability(mean_number, count_number) >= probability);
            if (count_number > 0) {
                CHECK(poisson_cdf_probability(mean_number, count_number - 1) < probability);
            }
        }
    }
}

TEST_CASE("poisson probabilities obey the recursion in the mean", "[model][poisson][identity]") {
    // mean x P(X = k - 1) = k x P(X = k)
    for (const double mean_number : {0.7, 4.0, 55.5}) {
        for (double k = 1; k < 2 * mean_number + 3; ++k) {
            const double below = k > 1 ? poisson_cdf_probability(mean_number, k - 2) : 0;
            const double middle = poisson_cdf_probability(mean_number, k - 1);
            const double above = poisson_cdf_probability(mean_number, k);
            CHECK(mean_number * (middle - below) == Approx(k * (above - middle)).margin(1e-12));
        }
    }
}

TEST_CASE("without a mean nothing arrives", "[model][poisson][limit]") {
    CHECK(poisson_quantile(0, 0.999) == 0);
    CHECK(poisson_cdf_probability(0, 0) == 1);
    CHECK(poisson_quantile(1e-12, 0.999) == 0);
    CHECK(poisson_cdf_probability(1e-12, 0) == Approx(1).margin(1e-11));
}

TEST_CASE("counts far from the mean are certain or impossible", "[model][poisson][limit]") {
    CHECK(poisson_cdf_probability(1e7, 0) == 0);
    CHECK(poisson_cdf_probability(1e7, 2e7) == 1);
    CHECK(poisson_cdf_probability(10, 1e300) == 1);
    CHECK(poisson_cdf_probability(10, 4.9) == poisson_cdf_probability(10, 4));
}

TEST_CASE("poisson functions refuse arguments out of range by name", "[model][poisson][error]") {
    for (const double bad : {-1.0, 1.1e7, infinity, not_a_number}) {
        CHECK_THROWS_AS(poisson_quantile(bad, 0.5), InputError);
        CHECK_THROWS_WITH(poisson_quantile(bad, 0.5), Catch::StartsWith("mean_number: "));
        CHECK_THROWS_WITH(poisson_cdf_probability(bad, 1), Catch::StartsWith("mean_number: "));
    }
    for (const double bad : {-1.0, infinity, not_a_number}) {
        CHECK_THROWS_WITH(poisson_cdf_probability(1, bad), Catch::StartsWith("count_number: "));
    }
    for (const double bad : {0.0, 1.0, infinity, not_a_number}) {
        CHECK_THROWS_WITH(poisson_quantile(1, bad), Catch::StartsWith("probability: "));
    }
}

TEST_CASE("the Poisson quantile's estimate is at most 1 off", "[model][poisson][identity]") {
    for (const double probability : {0.5, 0.9, 0.95, 0.99, 0.999, 0.9999, 0.999999}) {
        const PoissonQuantileEstimate estimate(probability);
        int off = 0;
        int all = 0;
        for (double mean_number = 0.001; mean_number < 1e6; mean_number *= 1.37) {
            const auto exact = static_cast<double>(poisson_quantile(mean_number, probability));
            const double difference = std::abs(estimate.of(mean_number) - exact);
            INFO("mean " << mean_number << " probability " << probability);
            CHECK(difference <= (mean_number < 20 ? 0 : 1));
            off += difference > 0 ? 1 : 0;
            ++all;
        }
        CHECK(off <= all / 5);  // mostly it is exact
    }
    CHECK(PoissonQuantileEstimate(0.999).of(0) == 0);
    CHECK_THROWS_AS(PoissonQuantileEstimate(0.4), InputError);
    CHECK_THROWS_AS(PoissonQuantileEstimate(1), InputError);
}
