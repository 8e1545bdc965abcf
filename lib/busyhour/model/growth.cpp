#include "busyhour/model/growth.h"

#include "busyhour/error.h"
#include "busyhour/model/student_t.h"

#include <Eigen/Dense>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

namespace busyhour {
namespace {

constexpr std::size_t fewest_points = 3;
constexpr double largest_value_number = 1e15;
constexpr int largest_year = 9999;
constexpr int largest_years_ahead = 100;

// Source: planning-default.
constexpr std::size_t fewest_forecast_points = 5;
constexpr double widest_interval_factor = 2;

// Smoothing of Holt's method. Source: planning-default; the range of phi from hyndman-fpp.
constexpr double level_smoothing_fraction = 0.8;
constexpr double trend_smoothing_fraction = 0.2;
constexpr double trend_damping_factor = 0.9;

std::string pointer(std::size_t index, std::string_view field) {
    return "history/" + std::to_string(index) + "/" + std::string(field);
}

bool repeats_a_year(std::span<const YearValue> history, std::size_t index) {
    const auto earlier = history.first(index);
    return std::any_of(earlier.begin(), earlier.end(),
                       [&](const YearValue& point) { return point.year == history[index].year; });
}

void check_history(std::span<const YearValue> history) {
    std::vector<Problem> problems;
    if (history.size() < fewest_points) {
        problems.push_back({"history", "must have 3 or more years",
                            "with fewer, state a rate and plan with compound growth"});
    }
    for (std::size_t i = 0; i < history.size(); ++i) {
        const auto& [year, value_number] = history[i];
        if (!(value_number > 0 && value_number <= largest_value_number)) {
            problems.push_back({pointer(i, "value"), "must be more than 0 and at most 1e15",
                                "leave out years that were not counted"});
        }
        if (year < 1 || year > largest_year) {
            problems.push_back({pointer(i, "year"), "must be 1 to 9999", "write it in full: 2024"});
        }
        if (repeats_a_year(history, i)) {
            problems.push_back({pointer(i, "year"), "must not be there twice",
                                "keep one value for " + std::to_string(year)});
        }
    }
    if (!problems.empty()) throw InputError(std::move(problems));
}

std::vector<YearValue> sorted_by_year(std::span<const YearValue> history) {
    check_history(history);
    std::vector<YearValue> sorted(history.begin(), history.end());
    std::sort(sorted.begin(), sorted.end(),
              [](const YearValue& a, const YearValue& b) { return a.year < b.year; });
    return sorted;
}

/// Straight line through points, held by its middle.
struct Line {
    double mean_year_number = 0;
    double year_spread_number = 0;
    double level_number = 0;  // at the mean year
    double slope_number = 0;

    [[nodiscard]] double at(int year) const {
        return level_number + slope_number * (year - mean_year_number);
    }
};

/// Ordinary least squares with centred years. Source: hyndman-fpp, simple linear regression.
Line least_squares(std::span<const YearValue> points) {
    const auto rows = static_cast<Eigen::Index>(points.size());
    Eigen::MatrixX2d design(rows, 2);
    Eigen::VectorXd values(rows);
    for (Eigen::Index row = 0; row < rows; ++row) {
        const YearValue& point = points[static_cast<std::size_t>(row)];
        design.row(row) << 1, point.year;
        values[row] = point.value_number;
    }
    const double mean_year = design.col(1).mean();
    design.col(1).array() -= mean_year;  // keeps the years' size out of the rounding
    const Eigen::Vector2d found = design.colPivHouseholderQr().solve(values);
    return {.mean_year_number = mean_year,
            .year_spread_number = design.col(1).squaredNorm(),
            .level_number = found[0],
            .slope_number = found[1]};
}

/// Source: hyndman-fpp, residual standard error with n - 2 degrees of freedom.
double residual_error(std::span<const YearValue> points, const Line& line) {
    double sum = 0;
    for (const YearValue& point : points) {
        const double residual = point.value_number - line.at(point.year);
        sum += residual * residual;
    }
    return std::sqrt(sum / static_cast<double>(points.size() - 2));
}

/// Source: hyndman-fpp, compound growth between two observations.
double compound_at(std::span<const YearValue> sorted, int year) {
    const auto& [first_year, first_number] = sorted.front();
    const auto& [last_year, last_number] = sorted.back();
    const double log_rate =
        (std::log(last_number) - std::log(first_number)) / (last_year - first_year);
    return last_number * std::exp(log_rate * (year - last_year));
}

/// phi + phi^2 + ... + phi^years: how many undamped years of trend `years` are worth.
double damped_years(int years) {
    double sum = 0;
    for (int i = 0; i < years; ++i) sum = trend_damping_factor * (1 + sum);
    return sum;
}

/// Damped trend, started by the first value and the first yearly change.
///
/// Over years without a value the damped trend carries the level on, and the change is shared
/// equally between them. Source: hyndman-fpp, Holt's damped trend method.
double damped_trend_at(std::span<const YearValue> sorted, int year) {
    double level_number = sorted[0].value_number;
    double trend_number =
        (sorted[1].value_number - level_number) / (sorted[1].year - sorted[0].year);
    for (std::size_t i = 1; i < sorted.size(); ++i) {
        const int gap = sorted[i].year - sorted[i - 1].year;
        const double before_number = level_number;
        level_number =
            level_smoothing_fraction * sorted[i].value_number +
            (1 - level_smoothing_fraction) * (level_number + damped_years(gap) * trend_number);
        trend_number =
            trend_smoothing_fraction * (level_number - before_number) / gap +
            (1 - trend_smoothing_fraction) * std::pow(trend_damping_factor, gap) * trend_number;
    }
    return level_number + damped_years(year - sorted.back().year) * trend_number;
}

/// ln value in `year` plus or minus this is the prediction interval.
/// Source: hyndman-fpp, prediction interval of simple regression.
double interval_half_width(const GrowthFit& fit, int year, double t_factor) {
    const double distance = year - fit.mean_year_number;
    return t_factor * fit.residual_error_number *
           std::sqrt(1 + 1.0 / fit.points + distance * distance / fit.year_spread_number);
}

void check_finite(const Forecast& forecast) {
    for (const double value_number : {forecast.high_number, forecast.envelope_high_number}) {
        if (!std::isfinite(value_number)) {
            throw InputError("years", "must end before the forecast exceeds all numbers",
                             "ask for fewer years, and look for a wrong value in the history");
        }
    }
}

}  // namespace

double compound_factor(double rate_per_year_fraction, int years) {
    if (!(rate_per_year_fraction > -1 && rate_per_year_fraction <= 10)) {
        throw InputError("rate_per_year_fraction", "must be more than -1 and at most 10",
                         "0.12 is 12 % more each year");
    }
    if (years < 0 || years > largest_years_ahead) {
        throw InputError("years", "must be 0 to 100", "plan a nearer year");
    }
    return std::pow(1 + rate_per_year_fraction, years);
}

GrowthFit fit_growth(std::span<const YearValue> history) {
    std::vector<YearValue> logs = sorted_by_year(history);
    for (YearValue& point : logs) point.value_number = std::log(point.value_number);
    const Line line = least_squares(logs);
    return {.log_intercept_number = line.level_number,
            .log_slope_number = line.slope_number,
            .residual_error_number = residual_error(logs, line),
            .mean_year_number = line.mean_year_number,
            .year_spread_number = line.year_spread_number,
            .points = static_cast<int>(logs.size())};
}

double growth_per_year_fraction(const GrowthFit& fit) {
    return std::expm1(fit.log_slope_number);
}

std::vector<Forecast> forecast(std::span<const YearValue> history, int years,
                               double interval_fraction) {
    if (years < 1 || years > largest_years_ahead) {
        throw InputError("years", "must be 1 to 100", "plan a nearer year");
    }
    if (!(interval_fraction > 0 && interval_fraction <= 0.999)) {
        throw InputError("interval_fraction", "must be more than 0 and at most 0.999",
                         "0.8 is missed one time in five");
    }
    const std::vector<YearValue> sorted = sorted_by_year(history);
    const GrowthFit fit = fit_growth(sorted);
    const Line line = least_squares(sorted);
    const double t_factor = student_t_quantile_factor((1 + interval_fraction) / 2, fit.points - 2);
    std::vector<Forecast> forecasts;
    for (int year = sorted.back().year + 1; year <= sorted.back().year + years; ++year) {
        const double log_value =
            fit.log_intercept_number + fit.log_slope_number * (year - fit.mean_year_number);
        const double half_width = interval_half_width(fit, year, t_factor);
        const auto [least, most] =
            std::minmax({compound_at(sorted, year), line.at(year), damped_trend_at(sorted, year)});
        forecasts.push_back({.year = year,
                             .value_number = std::exp(log_value),
                             .low_number = std::exp(log_value - half_width),
                             .high_number = std::exp(log_value + half_width),
                             .envelope_low_number = std::max(0.0, least),
                             .envelope_high_number = std::max(0.0, most)});
        check_finite(forecasts.back());
    }
    return forecasts;
}

std::string_view growth_label(std::size_t points) {
    return points < fewest_forecast_points ? "scenario" : "forecast";
}

bool interval_too_wide(const Forecast& forecast) {
    return forecast.high_number > widest_interval_factor * forecast.low_number;
}

}  // namespace busyhour
