#include "busyhour/model/student_t.h"

#include "busyhour/error.h"

#include <cmath>
#include <numbers>

namespace busyhour {
namespace {

constexpr double smallest_tail_probability = 1e-6;
constexpr int largest_degrees_of_freedom = 100000;

/// P(|T| <= t): with the angle atan(t / sqrt(n)), a finite sum of powers of its cosine.
/// Source: hyndman-fpp, Student's t distribution in closed form for whole degrees of freedom.
double central_probability(double t, int degrees_of_freedom) {
    const double root = std::sqrt(static_cast<double>(degrees_of_freedom));
    const double hypotenuse = std::hypot(t, root);
    const double sine = t / hypotenuse;
    const double cosine = root / hypotenuse;
    const bool is_odd = degrees_of_freedom % 2 == 1;
    double term = is_odd ? cosine : 1;
    double sum = degrees_of_freedom == 1 ? 0 : term;
    for (int power = is_odd ? 3 : 2; power <= degrees_of_freedom - 2; power += 2) {
        term *= cosine * cosine * (power - 1) / power;
        sum += term;
    }
    if (!is_odd) return sine * sum;
    return 2 / std::numbers::pi * (std::atan2(t, root) + sine * sum);
}

/// The t of the upper half by bisection.
double upper_quantile(double central, int degrees_of_freedom) {
    double low = 0;
    double high = 1;
    while (central_probability(high, degrees_of_freedom) < central) high *= 2;
    for (int i = 0; i < 60; ++i) {
        const double middle = low + (high - low) / 2;
        (central_probability(middle, degrees_of_freedom) < central ? low : high) = middle;
    }
    return low + (high - low) / 2;
}

}  // namespace

double student_t_quantile_factor(double probability, int degrees_of_freedom) {
    if (!(probability >= smallest_tail_probability &&
          probability <= 1 - smallest_tail_probability)) {
        throw InputError("probability", "must be 1e-6 to 1 - 1e-6",
                         "0.975 bounds a 95 % interval from above");
    }
    if (degrees_of_freedom < 1 || degrees_of_freedom > largest_degrees_of_freedom) {
        throw InputError("degrees_of_freedom", "must be 1 to 100000",
                         "a line through n points leaves n - 2");
    }
    if (probability == 0.5) return 0;
    const double magnitude = upper_quantile(std::abs(2 * probability - 1), degrees_of_freedom);
    return probability < 0.5 ? -magnitude : magnitude;
}

}  // namespace busyhour
