// internal: not installed
#pragma once

#include <cstddef>
#include <vector>

namespace busyhour {

/// Equations A x = b, of which there are more than unknowns.
struct LinearSystem {
    std::size_t columns = 0;
    std::vector<double> values;  ///< of A, row after row
    std::vector<double> right;   ///< b

    [[nodiscard]] std::size_t rows() const { return right.size(); }
    [[nodiscard]] double at(std::size_t row, std::size_t column) const {
        return values[row * columns + column];
    }
};

/// What is known of a solution.
struct LeastSquares {
    std::vector<double> solution;    ///< x, none below 0
    std::vector<double> covariance;  ///< of x, row after row; 0 where one is held at 0
    double residual_number = 0;      ///< |A x - b|
    double condition_number = 1;     ///< of A with columns of length 1
    std::size_t free_columns = 0;    ///< those that are above 0
};

/// The x, none below 0, that comes nearest to A x = b. Columns of zeros get 0. Source:
/// lawson-hanson-1974, chapter 23.
LeastSquares non_negative_least_squares(const LinearSystem& system);

/// The columns that tell something beyond those before them in `order`: what is left of each after
/// its projection on the earlier ones is more than `least_fraction` of its length.
std::vector<std::size_t> independent_columns(const LinearSystem& system,
                                             const std::vector<std::size_t>& order,
                                             double least_fraction);

}  // namespace busyhour
