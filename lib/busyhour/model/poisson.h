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

/// The quantile of a Poisson count to within 1, many times faster, for Monte Carlo draws.
class PoissonQuantileEstimate {
public:
    /// `probability` lies in 0.5 to 0.999999.
    explicit PoissonQuantileEstimate(double probability);

    /// The least count that at most 1 - probability exceed; exact for means below 20.
    /// Source: cornish-fisher, to the third order; docs/models.md gives its error.
    [[nodiscard]] double of(double mean_number) const;

private:
    double probability_;
    double normal_number_;  ///< the normal quantile of the same probability
};

}  // namespace busyhour
