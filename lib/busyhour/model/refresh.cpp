#include "busyhour/model/refresh.h"

#include "busyhour/error.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace busyhour {
namespace {

constexpr int waves_max = 100;
constexpr double flat_factor = 1.1;  // planning-default

void check(const RefreshTimes& times) {
    std::vector<Problem> problems;
    if (!(times.expires_s > 0) || !std::isfinite(times.expires_s)) {
        problems.push_back({"expires_s", "must be more than 0 and finite", {}});
    }
    if (!(times.refresh_fraction > 0 && times.refresh_fraction <= 1)) {
        problems.push_back({"refresh_fraction", "must be more than 0 and at most 1", {}});
    }
    if (!(times.expires_range_fraction >= 0 && times.expires_range_fraction < 1)) {
        problems.push_back({"expires_range_fraction", "must be at least 0 and below 1", {}});
    }
    if (!problems.empty()) throw InputError(problems);
}

/// A running sum that is a straight line within each step.
class Sum {
public:
    explicit Sum(std::size_t size) { sums_.reserve(size + 1); }

    void add(double amount) { sums_.push_back(sums_.back() + amount); }

    [[nodiscard]] double until(double step) const {
        if (step <= 0) return 0;
        const auto last = static_cast<double>(sums_.size() - 1);
        if (step >= last) return sums_.back();
        const auto whole = static_cast<std::size_t>(step);
        return sums_[whole] + (sums_[whole + 1] - sums_[whole]) * (step - std::floor(step));
    }

private:
    std::vector<double> sums_{0};
};

/// Refreshes step by step: what was registered between the longest and the shortest delay ago.
class Renewal {
public:
    Renewal(const std::vector<double>& rates, const RefreshTimes& times, double step_s)
        : rates_(rates),
          step_s_(step_s),
          longest_(times.expires_s * times.refresh_fraction / step_s),
          shortest_(std::max(1.0, longest_ * (1 - times.expires_range_fraction))),
          // A jitter below one step is none.
          is_shifted_(longest_ - shortest_ < 1),
          sum_(rates.size()) {}

    /// Amount in the next step, storm and refreshes.
    double next() {
        const auto from = static_cast<double>(now_);
        double amount = is_shifted_ ? shifted(from) : spread(from);
        amount += storm(now_);
        sum_.add(amount);
        ++now_;
        return amount;
    }

private:
    [[nodiscard]] double shifted(double from) const {
        const double delay = std::max(1.0, std::round((longest_ + shortest_) / 2));
        return sum_.until(from + 1 - delay) - sum_.until(from - delay);
    }

    [[nodiscard]] double spread(double from) const {
        const double middle = from + 0.5;
        return (sum_.until(middle - shortest_) - sum_.until(middle - longest_)) /
               (longest_ - shortest_);
    }

    [[nodiscard]] double storm(std::size_t step) const {
        const auto seconds = static_cast<std::size_t>(std::lround(step_s_));
        double amount = 0;
        for (std::size_t i = step * seconds; i < (step + 1) * seconds && i < rates_.size(); ++i) {
            amount += rates_[i];
        }
        return amount;
    }

    const std::vector<double>& rates_;
    double step_s_;
    double longest_;
    double shortest_;
    bool is_shifted_;
    Sum sum_;
    std::size_t now_ = 0;
};

/// The middle of the storm, weighted.
double middle_s(const std::vector<double>& rates, double all) {
    double moment = 0;
    for (std::size_t i = 0; i < rates.size(); ++i) {
        moment += rates[i] * (static_cast<double>(i) + 0.5);
    }
    return moment / all;
}

/// The first wave with the resolution of a second: the most that falls into the jitter's width.
double first_peak_per_s(const std::vector<double>& rates, double width_s) {
    const auto width = static_cast<std::size_t>(std::max(1L, std::lround(width_s)));
    double within = 0;
    double most = 0;
    for (std::size_t i = 0; i < rates.size(); ++i) {
        within += rates[i];
        if (i >= width) within -= rates[i - width];
        most = std::max(most, within);
    }
    return most / std::max(1.0, width_s);
}

}  // namespace

double mean_refresh_s(const RefreshTimes& times) {
    check(times);
    return times.expires_s * times.refresh_fraction * (1 - times.expires_range_fraction / 2);
}

RefreshWaves refresh_waves(const std::vector<double>& registrations_per_s,
                           const RefreshTimes& times) {
    const double mean_s = mean_refresh_s(times);
    RefreshWaves waves;
    double all = 0;
    for (const double rate : registrations_per_s) all += rate;
    if (all <= 0) return waves;
    waves.mean_per_s = all / mean_s;
    constexpr double steps_in_refresh = 3600;
    const double step_s = std::max(1.0, std::round(mean_s / steps_in_refresh));
    Renewal renewal(registrations_per_s, times, step_s);
    const double from_s = middle_s(registrations_per_s, all) + mean_s / 2;
    double time_s = 0;
    for (int wave = 1; wave <= waves_max && !waves.waves_until_flat; ++wave) {
        double peak = 0;
        for (; time_s < from_s + mean_s * wave; time_s += step_s) {
            const double amount = renewal.next();
            if (time_s >= from_s + mean_s * (wave - 1)) peak = std::max(peak, amount);
        }
        waves.peaks_per_s.push_back(peak / step_s);
        if (peak / step_s <= flat_factor * waves.mean_per_s) waves.waves_until_flat = wave;
        if (times.expires_range_fraction <= 0) break;  // it comes round as it was
    }
    // Steps longer than a second blur the first wave, which is the highest.
    double& first = waves.peaks_per_s.front();
    const double width_s = times.expires_s * times.refresh_fraction * times.expires_range_fraction;
    first = std::max(first, first_peak_per_s(registrations_per_s, width_s));
    waves.peak_per_s = waves.peaks_per_s.front();
    waves.peak_to_mean_factor = waves.peak_per_s / waves.mean_per_s;
    return waves;
}

}  // namespace busyhour
