#include "busyhour/plan/response.h"

#include "busyhour/model/queueing.h"

#include <algorithm>

namespace busyhour {
namespace {

/// CPU seconds of a reference core for one unit of a driver, where the cores are that busy.
double cost_s(const CostModel& cost, Driver driver, double utilisation_fraction) {
    const double saturated_s = cost.cost.at(index_of(Resource::cpu_cores))[driver];
    return saturated_s + cost.wakeup_cpu_cores[driver] * std::max(0.0, 1 - utilisation_fraction);
}

/// All messages of a node as one stream of jobs.
struct Jobs {
    double arrivals_per_s = 0;
    double work_s = 0;          ///< arrivals x service time, summed
    double square_work_s2 = 0;  ///< arrivals x mean square of the service time, summed

    void add(double rate_per_s, double service_s) {
        constexpr double exponential_square = 2;  // E[S^2] = 2 E[S]^2
        arrivals_per_s += rate_per_s;
        work_s += rate_per_s * service_s;
        square_work_s2 += rate_per_s * exponential_square * service_s * service_s;
    }
};

}  // namespace

std::optional<ResponseTimes> response_times(const ResponseSetup& setup, const CostModel& cost,
                                            double cores_number, const Demand& node) {
    const double events_per_s = node[setup.measured];
    if (!(events_per_s > 0) || !(cores_number > 0)) return std::nullopt;
    const double speed_factor = cores_number / setup.servers_number;
    const double busy_fraction = busy_cores(cpu_cost(cost, node), cores_number) / cores_number;
    Jobs jobs;
    for (std::size_t i = 0; i < driver_count; ++i) {
        const auto driver = static_cast<Driver>(i);
        const double parts = driver == setup.measured ? setup.requests_number : 1;
        const double service_s = cost_s(cost, driver, busy_fraction) / parts / speed_factor;
        if (node[driver] > 0 && service_s > 0) jobs.add(node[driver] * parts, service_s);
    }
    if (!(jobs.work_s > 0)) return std::nullopt;
    const double mean_service_s = jobs.work_s / jobs.arrivals_per_s;
    const Queue queue{
        .arrivals_per_s = jobs.arrivals_per_s,
        .service_time_s = mean_service_s,
        .servers_number = std::max(1.0, setup.servers_number),
        .service_variability_factor =
            jobs.square_work_s2 / jobs.arrivals_per_s / (mean_service_s * mean_service_s) - 1};
    const std::optional<double> wait_s = mean_wait_s(queue);
    if (!wait_s) return std::nullopt;
    const double challenges = node[setup.challenges] / events_per_s;
    const double visits = setup.visits_number + challenges;
    const double request_s =
        cost_s(cost, setup.measured, busy_fraction) / setup.requests_number / speed_factor;
    ResponseTimes times{.metric = setup.metric};
    times.utilisation_fraction = busy_fraction;
    times.service_s = setup.visits_number * request_s +
                      challenges * cost_s(cost, setup.challenges, busy_fraction) / speed_factor;
    times.mean_s = times.service_s + visits * *wait_s;
    // One visit waits for long, the others for the mean: two long waits in a row are rarer still.
    const auto quantile_s = [&](double probability) {
        const double others_s = std::max(0.0, visits - 1) * *wait_s;
        return times.service_s + others_s + wait_quantile_s(queue, probability).value_or(*wait_s);
    };
    times.p95_s = quantile_s(0.95);
    times.p99_s = quantile_s(0.99);
    times.target_probability_s = quantile_s(setup.probability);
    return times;
}

}  // namespace busyhour
