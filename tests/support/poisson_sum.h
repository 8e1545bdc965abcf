#pragma once

#include <cmath>

/// Distribution function of Poisson, summed term by term: exp(k ln m - m - ln k!).
inline double poisson_sum(double mean_number, double last_number) {
    double sum = 0;
    for (double k = 0; k <= last_number; ++k) {
        sum += std::exp(k * std::log(mean_number) - mean_number - std::lgamma(k + 1));
    }
    return sum;
}
