#pragma once

#include "busyhour/cost/driver.h"
#include "busyhour/model/transport.h"

#include <array>
#include <cstddef>
#include <functional>

namespace busyhour {

/// What makes work arrive. Each is a Poisson process of its own; their peaks are added.
enum class Process {
    registrations,
    keepalives,
    notifications,  ///< SUBSCRIBE, NOTIFY and session refreshes
    calls,
    reconnects,
    media,     ///< calls in progress: a number, not a rate
    standing,  ///< what is simply there: contacts, connections
};
constexpr std::size_t process_count = 7;
constexpr std::size_t index_of(Process process) {
    return static_cast<std::size_t>(process);
}

/// Work for one element: what it does, and what passes its network interface (per second).
struct Work {
    Demand demand;
    Traffic traffic;

    Work& operator+=(const Work& other);
    /// Adds `factor` times the other.
    Work& add(const Work& other, double factor) {
        demand.add(other.demand, factor);
        traffic.add(other.traffic, factor);
        return *this;
    }
};
Work operator*(Work work, double factor);

/// The work of one element by the process that brings it; all but the unwanted grows with the
/// endpoints.
struct Load {
    std::array<Work, process_count> work;
    std::array<double, process_count> arrivals{};  ///< Poisson mean: events in a second, or calls
    Work unwanted;  ///< of strangers: does not grow with the endpoints
    double unwanted_arrivals_per_s = 0;
    Work silenced;  ///< what silence suppression takes off the mean, though not off the peak

    Work& operator[](Process process) { return work.at(index_of(process)); }
    const Work& operator[](Process process) const { return work.at(index_of(process)); }
    void arrive(Process process, double events_per_s) {
        arrivals.at(index_of(process)) += events_per_s;
    }
    Load& operator+=(const Load& other);
    /// Adds `factor` times the other.
    Load& add(const Load& other, double factor);
};

/// The work in the mean of the busy hour, with `growth_factor` times the endpoints.
Work mean_work(const Load& load, double growth_factor);

/// The peak of a Poisson count, from its mean.
using PeakQuantile = std::function<double(double mean_number)>;

/// The exact quantile of that probability.
PeakQuantile poisson_peak(double probability);

/// The work in the second that only 1 - `probability` of all seconds exceed.
Work peak_work(const Load& load, double growth_factor, double probability);

Work peak_work(const Load& load, double growth_factor, const PeakQuantile& peak);

/// The packets of that work alone.
Traffic mean_traffic(const Load& load, double growth_factor);
Traffic peak_traffic(const Load& load, double growth_factor, const PeakQuantile& peak);

/// What the peak of a Poisson process is above its mean: quantile / mean, 1 where nothing arrives.
double peak_factor(double mean_number, double probability);
double peak_factor(double mean_number, const PeakQuantile& peak);

}  // namespace busyhour
