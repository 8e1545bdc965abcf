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
    unwanted += other.unwanted;
    unwanted_arrivals_per_s += other.unwanted_arrivals_per_s;
    silenced += other.silenced;
    return *this;
}

Work mean_work(const Load& load, double growth_factor) {
    Work sum;
    for (const Work& work : load.work) sum += work * growth_factor;
    sum += load.silenced * -growth_factor;
    sum += load.unwanted;
    return sum;
}

double peak_factor(double mean_number, double probability) {
    if (mean_number <= 0) return 1;
    return static_cast<double>(poisson_quantile(mean_number, probability)) / mean_number;
}

Work peak_work(const Load& load, double growth_factor, double probability) {
    Work sum;
    for (std::size_t i = 0; i < process_count; ++i) {
        const bool is_standing = i == index_of(Process::standing);
        const double factor =
            is_standing ? 1 : peak_factor(load.arrivals.at(i) * growth_factor, probability);
        sum += load.work.at(i) * (growth_factor * factor);
    }
    sum += load.unwanted * peak_factor(load.unwanted_arrivals_per_s, probability);
    return sum;
}

}  // namespace busyhour
