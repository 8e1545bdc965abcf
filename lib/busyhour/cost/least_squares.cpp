#include "busyhour/cost/least_squares.h"

#include <Eigen/Dense>

#include <algorithm>
#include <cmath>
#include <limits>

namespace busyhour {
namespace {

using Matrix = Eigen::MatrixXd;
using Vector = Eigen::VectorXd;

Eigen::Index to_index(std::size_t value) {
    return static_cast<Eigen::Index>(value);
}

Matrix matrix_of(const LinearSystem& system) {
    Matrix matrix(to_index(system.rows()), to_index(system.columns));
    for (std::size_t row = 0; row < system.rows(); ++row) {
        for (std::size_t column = 0; column < system.columns; ++column) {
            matrix(to_index(row), to_index(column)) = system.at(row, column);
        }
    }
    return matrix;
}

Matrix columns_of(const Matrix& matrix, const std::vector<Eigen::Index>& chosen) {
    Matrix part(matrix.rows(), to_index(chosen.size()));
    for (std::size_t i = 0; i < chosen.size(); ++i) part.col(to_index(i)) = matrix.col(chosen[i]);
    return part;
}

/// The columns that are free to be above 0, and the solution so far. Columns have length 1.
struct ActiveSet {
    const Matrix& matrix;
    const Vector& right;
    std::vector<Eigen::Index> free{};
    Vector solution = Vector::Zero(matrix.cols());

    /// The column that would help most, or -1.
    [[nodiscard]] Eigen::Index most_wanted() const {
        const Vector gradient = matrix.transpose() * (right - matrix * solution);
        Eigen::Index wanted = -1;
        double best = 1e-12 * (1 + right.norm());
        for (Eigen::Index i = 0; i < matrix.cols(); ++i) {
            const bool is_free = std::find(free.begin(), free.end(), i) != free.end();
            if (is_free || gradient(i) <= best) continue;
            best = gradient(i);
            wanted = i;
        }
        return wanted;
    }

    /// Solves for the free columns; those that would fall below 0 are held there.
    void settle() {
        while (!free.empty()) {
            const Vector wanted = columns_of(matrix, free).colPivHouseholderQr().solve(right);
            double step = 1;
            for (std::size_t i = 0; i < free.size(); ++i) {
                const double now = solution(free[i]);
                const double next = wanted(to_index(i));
                if (next <= 0 && now - next > 0) step = std::min(step, now / (now - next));
            }
            for (std::size_t i = 0; i < free.size(); ++i) {
                double& value = solution(free[i]);
                value += step * (wanted(to_index(i)) - value);
            }
            if (step >= 1) return;
            std::erase_if(free, [this](Eigen::Index i) {
                if (solution(i) > 1e-14) return false;
                solution(i) = 0;
                return true;
            });
        }
    }
};

/// Covariance of the free columns: residual variance x the inverse normal matrix.
Matrix covariance_of(const ActiveSet& set, double residual) {
    Matrix covariance = Matrix::Zero(set.matrix.cols(), set.matrix.cols());
    const auto spare = set.matrix.rows() - to_index(set.free.size());
    if (set.free.empty() || spare <= 0) return covariance;
    const Matrix part = columns_of(set.matrix, set.free);
    const Matrix inverse =
        (part.transpose() * part).completeOrthogonalDecomposition().pseudoInverse();
    const double variance = residual * residual / static_cast<double>(spare);
    for (std::size_t i = 0; i < set.free.size(); ++i) {
        for (std::size_t j = 0; j < set.free.size(); ++j) {
            covariance(set.free[i], set.free[j]) = variance * inverse(to_index(i), to_index(j));
        }
    }
    return covariance;
}

double condition_of(const Matrix& matrix) {
    if (matrix.cols() == 0 || matrix.rows() < matrix.cols())
        return std::numeric_limits<double>::infinity();
    const Vector values = Eigen::JacobiSVD<Matrix>(matrix).singularValues();
    const double least = values(values.size() - 1);
    return least > 0 ? values(0) / least : std::numeric_limits<double>::infinity();
}

}  // namespace

LeastSquares non_negative_least_squares(const LinearSystem& system) {
    Matrix matrix = matrix_of(system);
    Vector lengths = matrix.colwise().norm();
    std::vector<Eigen::Index> used;
    for (Eigen::Index i = 0; i < matrix.cols(); ++i) {
        if (lengths(i) <= 0)
            lengths(i) = 1;
        else
            used.push_back(i);
        matrix.col(i) /= lengths(i);
    }
    const Vector right = Eigen::Map<const Vector>(system.right.data(), to_index(system.rows()));
    ActiveSet set{matrix, right};
    const auto turns_max = 3 * matrix.cols() + 10;  // each turn comes nearer; rounding may circle
    for (Eigen::Index turn = 0; turn < turns_max; ++turn) {
        const Eigen::Index wanted = set.most_wanted();
        if (wanted < 0) break;
        set.free.push_back(wanted);
        set.settle();
    }
    LeastSquares result;
    result.residual_number = (right - matrix * set.solution).norm();
    const Matrix covariance = covariance_of(set, result.residual_number);
    for (Eigen::Index i = 0; i < matrix.cols(); ++i) {
        result.solution.push_back(set.solution(i) / lengths(i));
        for (Eigen::Index j = 0; j < matrix.cols(); ++j) {
            result.covariance.push_back(covariance(i, j) / lengths(i) / lengths(j));
        }
    }
    result.free_columns = set.free.size();
    result.condition_number = condition_of(columns_of(matrix, used));
    return result;
}

std::vector<std::size_t> independent_columns(const LinearSystem& system,
                                             const std::vector<std::size_t>& order,
                                             double least_fraction) {
    const Matrix matrix = matrix_of(system);
    std::vector<std::size_t> chosen;
    std::vector<Vector> base;  // of length 1, at right angles
    for (const std::size_t column : order) {
        const double length = matrix.col(to_index(column)).norm();
        if (length <= 0) continue;
        Vector rest = matrix.col(to_index(column)) / length;
        for (int twice = 0; twice < 2; ++twice) {  // once is not enough in double precision
            for (const Vector& direction : base) rest -= direction.dot(rest) * direction;
        }
        if (rest.norm() <= least_fraction) continue;
        base.push_back(rest / rest.norm());
        chosen.push_back(column);
    }
    return chosen;
}

}  // namespace busyhour
