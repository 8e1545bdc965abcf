#include "busyhour/model/student_t.h"

#include "busyhour/error.h"

#include <catch2/catch.hpp>

#include <cmath>
#include <limits>
#include <numbers>

using namespace busyhour;

TEST_CASE("student_t_quantile_factor matches published tables", "[model][student_t][table]") {
    struct Row {
        int degrees_of_freedom;
        double at_90_percent;
        double at_95_percent;
        double at_975_in_thousand;
        double at_995_in_thousand;
    };
    // The t table of the textbooks, six decimals.
    const Row rows[] = {{1, 3.077684, 6.313752, 12.706205, 63.656741},
                        {2, 1.885618, 2.919986, 4.302653, 9.924843},
                        {3, 1.637744, 2.353363, 3.182446, 5.840909},
                        {4, 1.533206, 2.131847, 2.776445, 4.604095},
                        {5, 1.475884, 2.015048, 2.570582, 4.032143},
                        {6, 1.439756, 1.943180, 2.446912, 3.707428},
                        {8, 1.396815, 1.859548, 2.306004, 3.355387},
                        {10, 1.372184, 1.812461, 2.228139, 3.169273}};
    for (const Row& row : rows) {
        const int n = row.degrees_of_freedom;
        CAPTURE(n);
        CHECK(student_t_quantile_factor(0.9, n) == Approx(row.at_90_percent).margin(6e-7));
        CHECK(student_t_quantile_factor(0.95, n) == Approx(row.at_95_percent).margin(6e-7));
        CHECK(student_t_quantile_factor(0.975, n) == Approx(row.at_975_in_thousand).margin(6e-7));
        CHECK(student_t_quantile_factor(0.995, n) == Approx(row.at_995_in_thousand).margin(6e-7));
    }
}

TEST_CASE("student_t_quantile_factor matches independent values in the tails",
          "[model][student_t][table]") {
    // mpmath with 40 digits: root of the regularised incomplete beta function.
    CHECK(student_t_quantile_factor(0.9995, 1) == Approx(636.61924876872).epsilon(1e-9));
    CHECK(student_t_quantile_factor(0.999999, 1) == Approx(318309.88618274).epsilon(1e-9));
    CHECK(student_t_quantile_factor(0.999999, 2) == Approx(707.10572052593).epsilon(1e-9));
    CHECK(student_t_quantile_factor(0.9995, 7) == Approx(5.4078825208617).epsilon(1e-9));
    CHECK(student_t_quantile_factor(0.999999, 10) == Approx(9.7519954909406).epsilon(1e-9));
    CHECK(student_t_quantile_factor(0.975, 30) == Approx(2.0422724563012).epsilon(1e-9));
    CHECK(student_t_quantile_factor(0.9995, 100) == Approx(3.3904913111642).epsilon(1e-9));
}

TEST_CASE("student t has closed forms for one and two degrees", "[model][student_t][identity]") {
    for (const double p : {0.001, 0.2, 0.4999, 0.5, 0.6, 0.93, 0.9999}) {
        CAPTURE(p);
        CHECK(student_t_quantile_factor(p, 1) ==
              Approx(std::tan(std::numbers::pi * (p - 0.5))).epsilon(1e-9).margin(1e-12));
        CHECK(student_t_quantile_factor(p, 2) ==
              Approx((2 * p - 1) / std::sqrt(2 * p * (1 - p))).epsilon(1e-9).margin(1e-12));
    }
}

TEST_CASE("student t is symmetric about its median", "[model][student_t][identity]") {
    for (const int n : {1, 2, 5, 40}) {
        CHECK(student_t_quantile_factor(0.5, n) == 0);
        CHECK(student_t_quantile_factor(0.25, n) == Approx(-student_t_quantile_factor(0.75, n)));
    }
}

TEST_CASE("student t falls with the degrees towards the normal distribution",
          "[model][student_t][limit]") {
    double wider = std::numeric_limits<double>::infinity();
    for (int n = 1; n < 200; ++n) {
        const double now = student_t_quantile_factor(0.975, n);
        CHECK(now < wider);
        wider = now;
    }
    // Normal quantile z, and the first term z (z^2 + 1) / (4 n) of its expansion.
    const double z = 1.959963984540054;
    CHECK(student_t_quantile_factor(0.975, 100000) ==
          Approx(z + z * (z * z + 1) / 400000).epsilon(1e-9));
}

TEST_CASE("student_t_quantile_factor refuses arguments out of range by name",
          "[model][student_t][error]") {
    const double infinity = std::numeric_limits<double>::infinity();
    const double not_a_number = std::numeric_limits<double>::quiet_NaN();
    for (const double bad : {-0.1, 0.0, 1.0, infinity, not_a_number}) {
        CHECK_THROWS_AS(student_t_quantile_factor(bad, 3), InputError);
        CHECK_THROWS_WITH(student_t_quantile_factor(bad, 3), Catch::StartsWith("probability: "));
    }
    for (const int bad : {-1, 0, 100001}) {
        CHECK_THROWS_WITH(student_t_quantile_factor(0.9, bad),
                          Catch::StartsWith("degrees_of_freedom: "));
    }
}
