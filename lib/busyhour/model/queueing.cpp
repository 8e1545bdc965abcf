#include "busyhour/model/queueing.h"

#include "busyhour/error.h"
#include "busyhour/model/erlang_c.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace busyhour {
namespace {

constexpr double largest_workers = 1e7;

bool is_at_least(double value, double least) {
    return value >= least && std::isfinite(value);
}

void check(const Queue& queue) {
    std::vector<Problem> problems;
    if (!is_at_least(queue.arrivals_per_s, 0)) {
        problems.push_back({"arrivals_per_s", "must be 0 or more", ""});
    }
    if (!(queue.service_time_s > 0 && std::isfinite(queue.service_time_s))) {
        problems.push_back({"service_time_s", "must be more than 0", "0.0005 is half a ms"});
    }
    if (!(queue.servers_number >= 1 && queue.servers_number <= largest_workers)) {
        problems.push_back({"servers_number", "must be 1 to 1e7",
                            "a core that is slower than the reference has a longer service time"});
    }
    if (!is_at_least(queue.service_variability_factor, 0)) {
        problems.push_back({"service_variability_factor", "must be 0 or more", "1 is exponential"});
    }
    if (!is_at_least(queue.arrival_variability_factor, 0)) {
        problems.push_back({"arrival_variability_factor", "must be 0 or more", "1 is Poisson"});
    }
    if (!problems.empty()) throw InputError(problems);
}

void check_probability(double probability) {
    if (!(probability >= 0 && probability < 1)) {
        throw InputError("probability", "must be 0 to less than 1", "0.99 is the 99th percentile");
    }
}

double offered_erlang_of(const Queue& queue) {
    return queue.arrivals_per_s * queue.service_time_s;
}

/// A wait of 0, or with `probability` an exponential one of that mean.
struct Wait {
    double probability;
    double mean_if_waiting_s;
};

std::optional<Wait> wait_of(const Queue& queue) {
    check(queue);
    const double free_number = queue.servers_number - offered_erlang_of(queue);
    if (!(free_number > 0)) return std::nullopt;
    const double variability =
        (queue.arrival_variability_factor + queue.service_variability_factor) / 2;
    return Wait{erlang_c_probability(offered_erlang_of(queue), queue.servers_number),
                queue.service_time_s / free_number * variability};
}

/// A constant, then an exponential time: with `weight_fraction` a request is of this kind.
struct ServiceKind {
    double weight_fraction = 0;
    double constant_s = 0;
    double exponential_s = 0;
};

/// Two kinds that together have the queue's mean and variance of the service time.
std::array<ServiceKind, 2> service_of(const Queue& queue) {
    const double mean_s = queue.service_time_s;
    const double variability = queue.service_variability_factor;
    if (variability <= 1) {
        const double exponential_s = mean_s * std::sqrt(variability);
        return {ServiceKind{1, mean_s - exponential_s, exponential_s}, ServiceKind{}};
    }
    const double often = (1 + std::sqrt((variability - 1) / (variability + 1))) / 2;
    const double seldom = 1 / (2 * (variability + 1) * often);  // 1 - often, every digit right
    return {ServiceKind{often, 0, mean_s / (2 * often)},
            ServiceKind{seldom, 0, mean_s / (2 * seldom)}};
}

double exceeds_probability(double exponential_s, double time_s) {
    if (time_s < 0) return 1;
    return exponential_s > 0 ? std::exp(-time_s / exponential_s) : 0;
}

/// P(X + Y > t) of two exponential times, stable where their means are near each other.
double sum_exceeds_probability(double a_s, double b_s, double time_s) {
    if (time_s < 0) return 1;
    const double longer_s = std::max(a_s, b_s);
    const double shorter_s = std::min(a_s, b_s);
    if (shorter_s <= 0) return exceeds_probability(longer_s, time_s);
    // exp(-t / longer) + shorter / (longer - shorter) x (exp(-t / longer) - exp(-t / shorter))
    const double x = time_s * (longer_s - shorter_s) / (longer_s * shorter_s);
    const double share = x > 0 ? -std::expm1(-x) / x : 1;
    return std::exp(-time_s / longer_s) * (1 + time_s / longer_s * share);
}

double response_exceeds_probability(const Wait& wait, const std::array<ServiceKind, 2>& service,
                                    double time_s) {
    double sum = 0;
    for (const ServiceKind& kind : service) {
        const double rest_s = time_s - kind.constant_s;
        sum += kind.weight_fraction *
               ((1 - wait.probability) * exceeds_probability(kind.exponential_s, rest_s) +
                wait.probability *
                    sum_exceeds_probability(wait.mean_if_waiting_s, kind.exponential_s, rest_s));
    }
    return sum;
}

}  // namespace

double utilisation_fraction(const Queue& queue) {
    check(queue);
    return offered_erlang_of(queue) / queue.servers_number;
}

double wait_probability(const Queue& queue) {
    const std::optional<Wait> wait = wait_of(queue);
    return wait ? wait->probability : 1;
}

std::optional<double> mean_wait_s(const Queue& queue) {
    const std::optional<Wait> wait = wait_of(queue);
    if (!wait) return std::nullopt;
    return wait->probability * wait->mean_if_waiting_s;
}

std::optional<double> mean_response_time_s(const Queue& queue) {
    const std::optional<double> wait_s = mean_wait_s(queue);
    if (!wait_s) return std::nullopt;
    return *wait_s + queue.service_time_s;
}

std::optional<double> wait_quantile_s(const Queue& queue, double probability) {
    check_probability(probability);
    const std::optional<Wait> wait = wait_of(queue);
    if (!wait) return std::nullopt;
    const double exceeded_probability = 1 - probability;
    if (wait->probability <= exceeded_probability) return 0;
    return wait->mean_if_waiting_s * std::log(wait->probability / exceeded_probability);
}

std::optional<double> response_time_quantile_s(const Queue& queue, double probability) {
    check_probability(probability);
    const std::optional<Wait> wait = wait_of(queue);
    if (!wait) return std::nullopt;
    const std::array<ServiceKind, 2> service = service_of(queue);
    const double exceeded_probability = 1 - probability;
    double low_s = 0;
    double high_s = queue.service_time_s + wait->mean_if_waiting_s;
    while (response_exceeds_probability(*wait, service, high_s) > exceeded_probability) {
        low_s = high_s;
        high_s *= 2;
    }
    for (int i = 0; i < 200; ++i) {
        const double middle_s = low_s + (high_s - low_s) / 2;
        if (!(middle_s > low_s && middle_s < high_s)) break;
        const bool is_exceeded =
            response_exceeds_probability(*wait, service, middle_s) > exceeded_probability;
        (is_exceeded ? low_s : high_s) = middle_s;
    }
    return high_s;
}

Queue split_by_worker(const Queue& queue, int workers) {
    if (workers < 1) throw InputError("workers", "must be 1 or more");
    Queue one = queue;
    one.arrivals_per_s = queue.arrivals_per_s / workers;
    one.servers_number = 1;
    return one;
}

int workers_for(double arrivals_per_s, double busy_time_s, double target_utilisation_fraction) {
    std::vector<Problem> problems;
    if (!is_at_least(arrivals_per_s, 0)) {
        problems.push_back({"arrivals_per_s", "must be 0 or more", ""});
    }
    if (!is_at_least(busy_time_s, 0)) {
        problems.push_back({"busy_time_s", "must be 0 or more", "0.005 is 5 ms"});
    }
    if (!(target_utilisation_fraction > 0 && target_utilisation_fraction <= 1)) {
        problems.push_back({"target_utilisation_fraction", "must be more than 0 and at most 1",
                            "0.7 leaves room for bursts"});
    }
    if (!problems.empty()) throw InputError(problems);
    const double workers_number = arrivals_per_s * busy_time_s / target_utilisation_fraction;
    if (workers_number > largest_workers) {
        throw InputError("arrivals_per_s", "keeps more than 1e7 workers busy", "ask for less");
    }
    constexpr double rounding_fraction = 1e-12;  // 3 x 0.1 / 0.1 needs three workers, not four
    return std::max(1, static_cast<int>(std::ceil(workers_number * (1 - rounding_fraction))));
}

}  // namespace busyhour
