#pragma once

namespace busyhour {

/// How many standard errors a t-distributed error stays below with the given probability.
///
/// Probability 1e-6 to 1 - 1e-6, 1 to 100000 degrees of freedom; relative error below 1e-9.
/// Source: hyndman-fpp, prediction intervals of a regression with unknown variance.
double student_t_quantile_factor(double probability, int degrees_of_freedom);

}  // namespace busyhour
