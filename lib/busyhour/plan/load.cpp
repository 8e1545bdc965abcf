#include "busyhour/plan/load.h"

#include "busyhour/model/poisson.h"

namespace busyhour {
namespace {

/// What a process's peak is above its mean; what stands has none.
double peak_factor_of(const Load& load, std::size_t process, double growth_factor,
                      const PeakQuantile& peak) {
    if (process == index_of(Process::standing)) return 1;
    return peak_factor(load.arrivals[process] * growth_factor, peak);
}

}  // namespace

Work& Work::operator+=(const Work& other) {
    demand += other.demand;
    traffic += other.traffic;
    return *this;
}

Work operator*(Work work, double factor) {
    work.demand = work.demand * factor;
    work.traffic = work.traffic * factor;
    return work;
}

Load& Load::operator+=(const Load& other) {
    return add(other, 1);
}

Load& Load::add(const Load& other, double factor) {
    if (factor == 0) return *this;
    for (std::size_t i = 0; i < process_count; ++i) {
        work[i].add(other.work[i], factor);
        arrivals[i] += other.arrivals[i] * factor;
    }
    silenced.add(other.silenced, factor);
    unwanted.add(other.unwanted, factor);
    unwanted_arrivals_per_s += other.unwanted_arrivals_per_s * factor;
    return *this;
}

Work mean_work(const Load& load, double growth_factor) {
    Work sum;
    for (const Work& work : load.work) sum.add(work, growth_factor);
    return sum.add(load.silenced, -growth_factor).add(load.unwanted, 1);
}

Traffic mean_traffic(const Load& load, double growth_factor) {
    Traffic sum;
    for (const Work& work : load.work) sum.add(work.traffic, growth_factor);
    return sum.add(load.silenced.traffic, -growth_factor).add(load.unwanted.traffic, 1);
}

PeakQuantile poisson_peak(double probability) {
    return [probability](double mean_number) {
        return static_cast<double>(poisson_quantile(mean_number, probability));
    };
}

double peak_factor(double mean_number, const PeakQuantile& peak) {
    return mean_number > 0 ? peak(mean_number) / mean_number : 1;
}

double peak_factor(double mean_number, double probability) {
    return peak_factor(mean_number, poisson_peak(probability));
}

Work peak_work(const Load& load, double growth_factor, const PeakQuantile& peak) {
    Work sum;
    for (std::size_t i = 0; i < process_count; ++i) {
        sum.add(load.work[i], growth_factor * peak_factor_of(load, i, growth_factor, peak));
    }
    return sum.add(load.unwanted, peak_factor(load.unwanted_arrivals_per_s, peak));
}

Traffic peak_traffic(const Load& load, double growth_factor, const PeakQuantile& peak) {
    Traffic sum;
    for (std::size_t i = 0; i < process_count; ++i) {
        sum.add(load.work[i].traffic, growth_factor * peak_factor_of(load, i, growth_factor, peak));
    }
    return sum.add(load.unwanted.traffic, peak_factor(load.unwanted_arrivals_per_s, peak));
}

Work peak_work(const Load& load, double growth_factor, double probability) {
    return peak_work(load, growth_factor, poisson_peak(probability));
}

}  // namespace busyhour
