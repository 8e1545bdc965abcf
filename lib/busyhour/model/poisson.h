#pragma once

#include <cstdint>

namespace busyhour {

/// Probability of at most `count_number` arrivals (0 or more) where the mean is 0 to 1e7.
///
/// The absolute error stays below 1e-12. Source: poisson, distribution function.
double poisson_cdf_probability(double mean_number, double count_number);

/// Least count k that arrivals exceed with a probability of at most 1 - `probability`.
///
/// A mean of 0 to 1e7, a probability inside 0 and 1; a mean of 0 gives 0.
/// Source: poisson, quantile of the distribution function.
std::int64_t poisson_quantile(double mean_number, double probability);

}  // namespace busyhour
