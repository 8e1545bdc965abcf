#include "busyhour/plan/load.h"

#include "busyhour/model/poisson.h"

namespace busyhour {

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
    for (std::size_t i = 0; i < process_count; ++i) {
        work.at(i) += other.work.at(i);
        arrivals.at(i) += other.arrivals.at(i);
    }
    silenced += other.silenced;
    return *this;
}

Work mean_work(const Load& load, double growth_factor) {
    Work sum;
    for (const Work& work : load.work) sum += work * growth_factor;
    sum += load.silenced * -growth_factor;
    return sum;
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
        const bool is_standing = i == index_of(Process::standing);
        const double factor =
            is_standing ? 1 : peak_factor(load.arrivals.at(i) * growth_factor, peak);
        sum += load.work.at(i) * (growth_factor * factor);
    }
    return sum;
}

Work peak_work(const Load& load, double growth_factor, double probability) {
    return peak_work(load, growth_factor, poisson_peak(probability));
}

}  // namespace busyhour
