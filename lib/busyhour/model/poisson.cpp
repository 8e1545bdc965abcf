#include "busyhour/model/poisson.h"

#include "busyhour/error.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <iterator>
#include <numbers>
#include <numeric>
#include <vector>

namespace busyhour {
namespace {

constexpr double largest_mean_number = 1e7;

// Weights are relative to the mode's; what is left out is below any probability of interest.
constexpr double smallest_weight_number = 1e-290;

/// Probabilities of the counts around the mode, in units of the mode's own probability.
struct Weights {
    std::int64_t first = 0;  // the count that owns front()
    std::vector<double> values;
    double total_number = 0;
};

/// Weights outward from the mode: about 73 sqrt(mean) of them.
/// Source: poisson, ratio of neighbours P(k) / P(k - 1) = mean / k.
Weights weights_around_mode(double mean_number) {
    const auto mode = static_cast<std::int64_t>(mean_number);
    std::vector<double> values;
    double weight = 1;
    std::int64_t count = mode;
    for (; weight > smallest_weight_number; --count) {
        values.push_back(weight);
        weight *= static_cast<double>(count) / mean_number;
    }
    std::reverse(values.begin(), values.end());
    const std::int64_t first = count + 1;
    weight = 1;
    for (count = mode + 1;; ++count) {
        weight *= mean_number / static_cast<double>(count);
        if (!(weight > smallest_weight_number)) break;
        values.push_back(weight);
    }
    const double total_number = std::accumulate(values.begin(), values.end(), 0.0);
    return {.first = first, .values = std::move(values), .total_number = total_number};
}

void check_mean(double mean_number) {
    if (!(mean_number >= 0 && mean_number <= largest_mean_number)) {
        throw InputError("mean_number", "must be 0 to 1e7", "split larger means into groups");
    }
}

/// Index of the least count whose sum of weights from the left reaches `target_number`.
std::size_t index_from_left(const std::vector<double>& values, double target_number) {
    std::size_t index = 0;
    double sum_number = values[0];
    while (sum_number < target_number && index + 1 < values.size()) sum_number += values[++index];
    return index;
}

/// Index of the least count whose sum of weights to its right is at most `rest_number`.
std::size_t index_from_right(const std::vector<double>& values, double rest_number) {
    std::size_t index = values.size() - 1;
    double sum_number = values[index];
    while (sum_number <= rest_number && index > 0) sum_number += values[--index];
    return index;
}

}  // namespace

double poisson_cdf_probability(double mean_number, double count_number) {
    check_mean(mean_number);
    if (!(count_number >= 0 && std::isfinite(count_number))) {
        throw InputError("count_number", "must be 0 or more", "fewer than no arrivals cannot be");
    }
    if (mean_number == 0) return 1;
    const Weights weights = weights_around_mode(mean_number);
    const double last_number = std::floor(count_number) - static_cast<double>(weights.first);
    if (last_number < 0) return 0;
    if (last_number >= static_cast<double>(weights.values.size())) return 1;
    const auto end = weights.values.begin() + static_cast<std::ptrdiff_t>(last_number) + 1;
    return std::accumulate(weights.values.begin(), end, 0.0) / weights.total_number;
}

std::int64_t poisson_quantile(double mean_number, double probability) {
    check_mean(mean_number);
    if (!(probability > 0 && probability < 1)) {
        throw InputError("probability", "must be more than 0 and less than 1",
                         "0.999 is exceeded one time in a thousand");
    }
    if (mean_number == 0) return 0;
    const Weights weights = weights_around_mode(mean_number);
    // Each side is summed from its thin end, so neither tail drowns in the rounding of the middle.
    const std::size_t index =
        probability < 0.5
            ? index_from_left(weights.values, probability * weights.total_number)
            : index_from_right(weights.values, (1 - probability) * weights.total_number);
    return weights.first + static_cast<std::int64_t>(index);
}

PoissonQuantileEstimate::PoissonQuantileEstimate(double probability)
    : probability_(probability), normal_number_(0) {
    if (!(probability >= 0.5 && probability <= 0.999999)) {
        throw InputError("probability", "must be 0.5 to 0.999999", "use poisson_quantile");
    }
    double low = 0;
    double high = 8;  // beyond 0.999999
    while (high - low > 1e-14 * high) {
        const double middle = (low + high) / 2;
        if (middle <= low || middle >= high) break;
        (std::erfc(middle / std::numbers::sqrt2) / 2 > 1 - probability ? low : high) = middle;
    }
    normal_number_ = (low + high) / 2;
}

double PoissonQuantileEstimate::of(double mean_number) const {
    if (mean_number <= 0) return 0;
    constexpr double mean_summed_number = 20;
    if (mean_number < mean_summed_number) {
        double weight = std::exp(-mean_number);
        double sum = weight;
        double count = 0;
        while (sum < probability_) {
            count += 1;
            weight *= mean_number / count;
            sum += weight;
        }
        return count;
    }
    // Skewness and excess kurtosis of a Poisson count are 1 / deviation and 1 / mean.
    const double z = normal_number_;
    const double deviation = std::sqrt(mean_number);
    const double standard = z + (z * z - 1) / (6 * deviation) +
                            ((z * z * z - 3 * z) / 24 - (2 * z * z * z - 5 * z) / 36) / mean_number;
    constexpr double continuity = 0.5;
    return std::ceil(mean_number + deviation * standard - continuity);
}

}  // namespace busyhour
