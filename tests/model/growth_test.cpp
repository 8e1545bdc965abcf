#include "busyhour/model/growth.h"

#include "busyhour/error.h"
#include "support/table.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using namespace busyhour;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

const std::vector<YearValue> five_years = {
    {2020, 100e3}, {2021, 112e3}, {2022, 123e3}, {2023, 140e3}, {2024, 155e3}};

std::vector<YearValue> history_named(const std::string& name) {
    if (name == "five years") return five_years;
    if (name == "three years") return {{2022, 100}, {2023, 110}, {2024, 121.5}};
    if (name == "years missing") return {{2018, 50}, {2020, 61}, {2021, 70}, {2024, 99}};
    if (name == "decline") return {{2021, 100}, {2022, 70}, {2023, 45}, {2024, 20}};
    throw std::runtime_error("no history " + name);
}

std::vector<Problem> problems_of(std::span<const YearValue> history) {
    try {
        fit_growth(history);
    } catch (const InputError& error) {
        return error.problems();
    }
    return {};
}

}  // namespace

TEST_CASE("forecast matches independent regressions", "[model][growth][table]") {
    for (const auto& row : test::read_table("growth.csv")) {
        const std::vector<YearValue> history = history_named(row.text("history"));
        const int years = row.integer("year") - history.back().year;
        const Forecast last = forecast(history, years, row.number("interval_fraction")).back();
        CAPTURE(row.text("history"), row.text("year"), row.text("interval_fraction"));
        CHECK(last.year == row.integer("year"));
        CHECK(last.value_number == Approx(row.number("value_number")).epsilon(1e-10));
        CHECK(last.low_number == Approx(row.number("low_number")).epsilon(1e-10));
        CHECK(last.high_number == Approx(row.number("high_number")).epsilon(1e-10));
        CHECK(last.envelope_low_number == Approx(row.number("envelope_low_number")).epsilon(1e-10));
        CHECK(last.envelope_high_number ==
              Approx(row.number("envelope_high_number")).epsilon(1e-10));
    }
}

TEST_CASE("five years of growth give the worked forecast", "[model][growth]") {
    const GrowthFit fit = fit_growth(five_years);
    CHECK(fit.log_slope_number == Approx(0.1099653413).margin(1e-10));
    CHECK(fit.residual_error_number == Approx(0.0085590908).margin(1e-10));
    CHECK(fit.mean_year_number == 2022);
    CHECK(fit.year_spread_number == 10);
    CHECK(fit.points == 5);
    CHECK(growth_per_year_fraction(fit) == Approx(0.116239).margin(1e-6));
    const Forecast last = forecast(five_years, 5, 0.95).back();
    CHECK(last.value_number == Approx(268793).margin(1));
    CHECK(last.low_number == Approx(251305).margin(1));
    CHECK(last.high_number == Approx(287498).margin(1));
    CHECK(last.envelope_low_number == Approx(192347).margin(1));   // damped trend
    CHECK(last.envelope_high_number == Approx(268069).margin(1));  // compound growth
    const Forecast narrower = forecast(five_years, 5, 0.8).back();
    CHECK(narrower.low_number == Approx(259646).margin(1));
    CHECK(narrower.high_number == Approx(278262).margin(1));
}

TEST_CASE("forecasts are the years after the last one", "[model][growth]") {
    const std::vector<Forecast> forecasts = forecast(five_years, 3, 0.8);
    REQUIRE(forecasts.size() == 3);
    CHECK(forecasts[0].year == 2025);
    CHECK(forecasts[1].year == 2026);
    CHECK(forecasts[2].year == 2027);
}

TEST_CASE("the order of the history does not matter", "[model][growth][identity]") {
    std::vector<YearValue> mixed = five_years;
    std::rotate(mixed.begin(), mixed.begin() + 2, mixed.end());
    std::swap(mixed[0], mixed[3]);
    const Forecast expected = forecast(five_years, 4, 0.9).back();
    const Forecast actual = forecast(mixed, 4, 0.9).back();
    CHECK(actual.year == expected.year);
    CHECK(actual.value_number == expected.value_number);
    CHECK(actual.high_number == expected.high_number);
    CHECK(actual.envelope_low_number == expected.envelope_low_number);
}

TEST_CASE("other units of the history are other units of the forecast",
          "[model][growth][scaling]") {
    std::vector<YearValue> thousands = five_years;
    for (YearValue& point : thousands) point.value_number /= 1000;
    const Forecast large = forecast(five_years, 5, 0.9).back();
    const Forecast small = forecast(thousands, 5, 0.9).back();
    CHECK(1000 * small.value_number == Approx(large.value_number).epsilon(1e-10));
    CHECK(1000 * small.low_number == Approx(large.low_number).epsilon(1e-10));
    CHECK(1000 * small.envelope_low_number == Approx(large.envelope_low_number).epsilon(1e-10));
    CHECK(1000 * small.envelope_high_number == Approx(large.envelope_high_number).epsilon(1e-10));
}

TEST_CASE("steady growth is forecast without an interval", "[model][growth][identity]") {
    std::vector<YearValue> history;
    for (int i = 0; i < 6; ++i) history.push_back({2019 + i, 800 * compound_factor(0.25, i)});
    const GrowthFit fit = fit_growth(history);
    CHECK(growth_per_year_fraction(fit) == Approx(0.25).epsilon(1e-12));
    CHECK(fit.residual_error_number == Approx(0).margin(1e-13));
    const Forecast last = forecast(history, 4, 0.999).back();
    const double expected = 800 * std::pow(1.25, 9);
    CHECK(last.value_number == Approx(expected).epsilon(1e-11));
    CHECK(last.low_number == Approx(expected).epsilon(1e-11));
    CHECK(last.high_number == Approx(expected).epsilon(1e-11));
    CHECK(last.envelope_high_number == Approx(expected).epsilon(1e-11));
}

TEST_CASE("a constant history stays constant in every model", "[model][growth][limit]") {
    const std::vector<YearValue> history = {{2020, 7}, {2022, 7}, {2023, 7}};
    const Forecast last = forecast(history, 10, 0.9).back();
    for (const double value_number : {last.value_number, last.low_number, last.high_number,
                                      last.envelope_low_number, last.envelope_high_number}) {
        CHECK(value_number == Approx(7).epsilon(1e-12));
    }
}

TEST_CASE("the prediction interval widens with distance and with its promise",
          "[model][growth][identity]") {
    double narrower_factor = 1;
    for (const Forecast& next : forecast(five_years, 10, 0.9)) {
        const double factor = next.high_number / next.low_number;
        CHECK(factor > narrower_factor);
        narrower_factor = factor;
        CHECK(next.value_number * next.value_number ==
              Approx(next.low_number * next.high_number).epsilon(1e-12));
    }
    const Forecast sure = forecast(five_years, 10, 0.99).back();
    CHECK(sure.high_number / sure.low_number > narrower_factor);
}

TEST_CASE("compound_factor multiplies year by year", "[model][growth]") {
    CHECK(compound_factor(0.1, 0) == 1);
    CHECK(compound_factor(0.1, 2) == Approx(1.21).epsilon(1e-14));
    CHECK(compound_factor(-0.5, 3) == Approx(0.125).epsilon(1e-14));
    CHECK(compound_factor(0.07, 10) == Approx(1.967151357).epsilon(1e-9));
    CHECK(compound_factor(0.13, 12) ==
          Approx(compound_factor(0.13, 5) * compound_factor(0.13, 7)).epsilon(1e-13));
}

TEST_CASE("fewer than five points are a scenario", "[model][growth]") {
    CHECK(growth_label(3) == "scenario");
    CHECK(growth_label(4) == "scenario");
    CHECK(growth_label(5) == "forecast");
}

TEST_CASE("an interval of more than a factor of two is too wide", "[model][growth]") {
    CHECK_FALSE(interval_too_wide({.low_number = 100, .high_number = 200}));
    CHECK(interval_too_wide({.low_number = 100, .high_number = 200.1}));
    CHECK(interval_too_wide({.low_number = 0, .high_number = 1}));
}

TEST_CASE("every fault of a history is reported at its place", "[model][growth][error]") {
    const std::vector<YearValue> history = {
        {2020, 10}, {2021, -1}, {2020, 12}, {2022, not_a_number}, {0, infinity}};
    const std::vector<Problem> problems = problems_of(history);
    std::vector<std::string> places;
    for (const Problem& problem : problems) places.push_back(problem.where);
    CHECK(places == std::vector<std::string>{"history/1/value", "history/2/year", "history/3/value",
                                             "history/4/value", "history/4/year"});
}

TEST_CASE("two points are no history to fit", "[model][growth][error]") {
    const std::vector<YearValue> history = {{2020, 10}, {2021, 11}};
    const std::vector<Problem> problems = problems_of(history);
    REQUIRE(problems.size() == 1);
    CHECK(problems[0].where == "history");
    CHECK_THROWS_AS(forecast(history, 1, 0.9), InputError);
    CHECK_THROWS_AS(fit_growth({}), InputError);
}

TEST_CASE("growth functions refuse arguments out of range by name", "[model][growth][error]") {
    for (const double bad : {0.0, 1.0, -0.5, infinity, not_a_number}) {
        CHECK_THROWS_WITH(forecast(five_years, 5, bad), Catch::StartsWith("interval_fraction: "));
    }
    for (const int bad : {-1, 0, 101}) {
        CHECK_THROWS_WITH(forecast(five_years, bad, 0.9), Catch::StartsWith("years: "));
    }
    for (const double bad : {-1.0, 10.5, infinity, not_a_number}) {
        CHECK_THROWS_WITH(compound_factor(bad, 1), Catch::StartsWith("rate_per_year_fraction: "));
    }
    CHECK_THROWS_WITH(compound_factor(0.1, -1), Catch::StartsWith("years: "));
    CHECK_THROWS_WITH(compound_factor(0.1, 101), Catch::StartsWith("years: "));
}

TEST_CASE("a forecast beyond all numbers is refused", "[model][growth][error]") {
    const std::vector<YearValue> history = {{2020, 1e-300}, {2021, 1}, {2022, 1e15}};
    CHECK_THROWS_WITH(forecast(history, 100, 0.9), Catch::StartsWith("years: "));
}
