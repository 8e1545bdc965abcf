#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace busyhour {

/// What was counted in one year: users, calls, terabytes.
struct YearValue {
    int year = 0;
    double value_number = 0;  ///< more than 0, up to 1e15
};

/// Line through the logarithms: ln value = intercept + slope (year - mean year).
struct GrowthFit {
    double log_intercept_number = 0;   ///< ln of the fitted value at the mean year
    double log_slope_number = 0;       ///< change of the logarithm in a year
    double residual_error_number = 0;  ///< standard error of the logarithms about the line
    double mean_year_number = 0;
    double year_spread_number = 0;  ///< sum of squared distances from the mean year
    int points = 0;
};

/// One year to come: the median, its prediction interval, the range of the other models.
struct Forecast {
    int year = 0;
    double value_number = 0;  ///< as likely to be exceeded as not
    double low_number = 0;
    double high_number = 0;
    double envelope_low_number = 0;  ///< least of the other models
    double envelope_high_number = 0;
};

/// What to multiply by after `years` (0 to 100) of growth by a rate above -1 and up to 10.
///
/// Source: hyndman-fpp, compound growth.
double compound_factor(double rate_per_year_fraction, int years);

/// Least squares line through the logarithms of 3 or more years, in any order.
///
/// Values are more than 0 and up to 1e15, years 1 to 9999 and distinct; every fault is reported at
/// once. Source: hyndman-fpp, regression of a log-transformed series.
GrowthFit fit_growth(std::span<const YearValue> history);

/// Yearly growth that the fit stands for: exp(slope) - 1. Source: hyndman-fpp, log transformation.
double growth_per_year_fraction(const GrowthFit& fit);

/// The 1 to 100 years after the last of `history`, which needs 3 or more points.
///
/// The prediction interval holds `interval_fraction` (above 0, up to 0.999) of what may come if the
/// logarithms go on along a straight line. That assumption is what the envelope questions: it spans
/// compound growth from the first to the last point, a straight line and Holt's damped trend, none
/// of which has to contain the regression. A model that falls below zero counts as zero.
/// Source: hyndman-fpp, prediction intervals of a regression; Holt's damped trend method.
std::vector<Forecast> forecast(std::span<const YearValue> history, int years,
                               double interval_fraction);

/// "forecast", or "scenario" below 5 points, which say little about their own error.
///
/// Source: planning-default.
std::string_view growth_label(std::size_t points);

/// Whether the top of the prediction interval is more than twice its bottom.
///
/// Source: planning-default.
bool interval_too_wide(const Forecast& forecast);

}  // namespace busyhour
