#include "busyhour/model/queueing.h"

#include "busyhour/error.h"
#include "support/table.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

using namespace busyhour;

namespace {

/// A queue with a mean service time of 1 s.
Queue queue_of(double servers_number, double utilisation_fraction, double variability_factor = 1) {
    return {.arrivals_per_s = servers_number * utilisation_fraction,
            .service_time_s = 1,
            .servers_number = servers_number,
            .service_variability_factor = variability_factor,
            .arrival_variability_factor = 1};
}

/// Times drawn by a generator that is the same everywhere.
class Draws {
public:
    /// Exponential of mean 1.
    double exponential() { return -std::log(fraction()); }

    /// Mean 1: constant for a variability of 0, else two exponentials of balanced means.
    double service(double variability_factor) {
        if (variability_factor == 0) return 1;
        const double often =
            (1 + std::sqrt((variability_factor - 1) / (variability_factor + 1))) / 2;
        const double share = fraction() < often ? often : 1 - often;
        return exponential() / (2 * share);
    }

private:
    double fraction() { return (static_cast<double>(generator_() >> 11U) + 0.5) * 0x1p-53; }

    std::mt19937_64 generator_;
};

/// Wait and service of requests, one by one, at servers with one queue and a service time of 1 s.
std::vector<double> simulated_response_times_s(const Queue& queue, int requests) {
    Draws draws;
    std::vector<double> free_at_s(static_cast<std::size_t>(queue.servers_number), 0.0);
    std::vector<double> times_s;
    double now_s = 0;
    for (int i = 0; i < requests; ++i) {
        now_s += draws.exponential() / queue.arrivals_per_s;
        const auto next = std::min_element(free_at_s.begin(), free_at_s.end());
        const double wait_s = std::max(0.0, *next - now_s);
        const double service_s = draws.service(queue.service_variability_factor);
        *next = now_s + wait_s + service_s;
        if (i >= requests / 10) times_s.push_back(wait_s + service_s);  // the start was empty
    }
    return times_s;
}

}  // namespace

TEST_CASE("the mean wait matches published values", "[model][queueing]") {
    CHECK(*mean_wait_s(queue_of(4, 0.7)) == Approx(0.35721193).epsilon(1e-7));
    CHECK(*mean_wait_s(queue_of(8, 0.8)) == Approx(0.28602808).epsilon(1e-7));
    CHECK(*mean_wait_s(queue_of(8, 0.9)) == Approx(0.87691624).epsilon(1e-7));
    CHECK(*mean_wait_s(queue_of(16, 0.9)) == Approx(0.36958962).epsilon(1e-7));
    CHECK(*mean_wait_s(queue_of(1, 0.7, 4)) == Approx(0.7 * 5 / (2 * 0.3)).epsilon(1e-12));
    CHECK(*mean_wait_s(queue_of(1, 0.7, 0)) == Approx(1.1666666667).epsilon(1e-9));
    CHECK(*mean_wait_s(queue_of(8, 0.8, 2)) == Approx(0.42904211).epsilon(1e-7));
}

TEST_CASE("one exponential server has the textbook's response time", "[model][queueing]") {
    const Queue queue{.arrivals_per_s = 1400, .service_time_s = 0.0005};
    CHECK(utilisation_fraction(queue) == Approx(0.7).epsilon(1e-14));
    CHECK(wait_probability(queue) == Approx(0.7).epsilon(1e-12));
    CHECK(*mean_response_time_s(queue) == Approx(0.0005 / 0.3).epsilon(1e-12));
    CHECK(*response_time_quantile_s(queue, 0.95) == Approx(0.004992887).epsilon(1e-6));
    for (const double p : {0.01, 0.5, 0.9, 0.99, 0.99999}) {
        CHECK(*response_time_quantile_s(queue, p) ==
              Approx(-std::log1p(-p) * 0.0005 / 0.3).epsilon(1e-12));
    }
}

TEST_CASE("quantiles of exponential servers match an independent integral",
          "[model][queueing][table]") {
    for (const auto& row : test::read_table("response_time.csv")) {
        const Queue queue =
            queue_of(row.number("servers_number"), row.number("utilisation_fraction"));
        const double p = row.number("probability");
        CAPTURE(queue.servers_number, queue.arrivals_per_s, p);
        CHECK(*wait_quantile_s(queue, p) ==
              Approx(row.number("wait_quantile_factor")).epsilon(1e-11).margin(1e-15));
        CHECK(*response_time_quantile_s(queue, p) ==
              Approx(row.number("response_quantile_factor")).epsilon(1e-11));
    }
}

TEST_CASE("high percentiles of other servers are as near to exact ones as the documents say",
          "[model][queueing][table]") {
    for (const auto& row : test::read_table("response_time_general.csv")) {
        const double p = row.number("probability");
        if (p < 0.9) continue;
        const double variability_factor = row.number("service_variability_factor");
        const Queue queue = queue_of(1, row.number("utilisation_fraction"), variability_factor);
        const double factor =
            *response_time_quantile_s(queue, p) / row.number("response_quantile_factor");
        CAPTURE(variability_factor, queue.arrivals_per_s, p, factor);
        CHECK(factor < 1.11);
        CHECK(factor > (variability_factor <= 1 ? 1 : variability_factor <= 4 ? 0.85 : 0.80));
    }
}

TEST_CASE("high percentiles of several servers are near those of a simulation",
          "[model][queueing]") {
    for (const double variability_factor : {0.0, 1.0, 4.0}) {
        for (const double utilisation : {0.6, 0.8}) {
            const Queue queue = queue_of(8, utilisation, variability_factor);
            std::vector<double> times_s = simulated_response_times_s(queue, 1000000);
            std::sort(times_s.begin(), times_s.end());
            for (const double p : {0.95, 0.99}) {
                const double expected_s =
                    times_s[static_cast<std::size_t>(p * static_cast<double>(times_s.size()))];
                CAPTURE(variability_factor, utilisation, p);
                CHECK(*response_time_quantile_s(queue, p) == Approx(expected_s).epsilon(0.08));
            }
        }
    }
}

TEST_CASE("the quantiles of the response time have its mean", "[model][queueing][identity]") {
    for (const double variability_factor : {0.0, 0.3, 1.0, 2.5, 9.0}) {
        for (const double servers_number : {1.0, 3.0, 12.5}) {
            const Queue queue = queue_of(servers_number, 0.75, variability_factor);
            constexpr int steps = 20000;
            double sum_s = 0;
            for (int i = 0; i < steps; ++i) {
                sum_s += *response_time_quantile_s(queue, (i + 0.5) / steps);
            }
            CAPTURE(variability_factor, servers_number);
            CHECK(sum_s / steps == Approx(*mean_response_time_s(queue)).epsilon(3e-3));
        }
    }
}

TEST_CASE("a longer wait is rarer, and more variable service is slower",
          "[model][queueing][identity]") {
    double before_s = -1;
    for (const double p : {0.0, 0.2, 0.5, 0.8, 0.9, 0.99, 0.999, 0.999999}) {
        const double now_s = *response_time_quantile_s(queue_of(6, 0.8, 3), p);
        CHECK(now_s > before_s);
        CHECK(now_s >= *wait_quantile_s(queue_of(6, 0.8, 3), p));
        before_s = now_s;
    }
    double slower_s = 0;
    for (const double variability_factor : {0.0, 0.5, 1.0, 2.0, 8.0}) {
        const double now_s = *response_time_quantile_s(queue_of(6, 0.8, variability_factor), 0.99);
        CHECK(now_s > slower_s);
        slower_s = now_s;
    }
}

TEST_CASE("both kinds of service meet where they are exponential", "[model][queueing][limit]") {
    for (const double p : {0.3, 0.95, 0.999}) {
        const double exact_s = *response_time_quantile_s(queue_of(5, 0.8, 1), p);
        CHECK(*response_time_quantile_s(queue_of(5, 0.8, 1 - 1e-9), p) ==
              Approx(exact_s).epsilon(1e-4));
        CHECK(*response_time_quantile_s(queue_of(5, 0.8, 1 + 1e-9), p) ==
              Approx(exact_s).epsilon(1e-4));
    }
    CHECK(*response_time_quantile_s(queue_of(2, 0.5), 0.9) ==
          Approx(2.994878290817414).epsilon(1e-12));  // wait and service of the same mean
}

TEST_CASE("an idle server answers in its service time", "[model][queueing][limit]") {
    Queue queue = queue_of(4, 0);
    CHECK(wait_probability(queue) == 0);
    CHECK(*mean_response_time_s(queue) == 1);
    CHECK(*wait_quantile_s(queue, 0.999) == 0);
    CHECK(*response_time_quantile_s(queue, 0.95) == Approx(-std::log(0.05)).epsilon(1e-12));
    queue.service_variability_factor = 0;
    CHECK(*response_time_quantile_s(queue, 0.95) == Approx(1).epsilon(1e-12));
}

TEST_CASE("a queue without end has no times", "[model][queueing][limit]") {
    for (const double utilisation : {1.0, 1.5, 100.0}) {
        const Queue queue = queue_of(4, utilisation);
        CHECK(utilisation_fraction(queue) == utilisation);
        CHECK(wait_probability(queue) == 1);
        CHECK_FALSE(mean_wait_s(queue).has_value());
        CHECK_FALSE(mean_response_time_s(queue).has_value());
        CHECK_FALSE(wait_quantile_s(queue, 0.5).has_value());
        CHECK_FALSE(response_time_quantile_s(queue, 0.5).has_value());
    }
    CHECK(response_time_quantile_s(queue_of(1, 0.999999), 0.99).has_value());
}

TEST_CASE("one queue for all workers is faster than one for each", "[model][queueing][identity]") {
    const Queue shared = queue_of(8, 0.8, 2);
    const Queue split = split_by_worker(shared, 8);
    CHECK(utilisation_fraction(split) == Approx(utilisation_fraction(shared)));
    CHECK(split.servers_number == 1);
    CHECK(*response_time_quantile_s(split, 0.99) > 2 * *response_time_quantile_s(shared, 0.99));
}

TEST_CASE("workers_for is Little's law", "[model][queueing]") {
    CHECK(workers_for(1000, 0.005, 0.7) == 8);  // 5 busy workers
    CHECK(workers_for(1000, 0.005, 1) == 5);
    CHECK(workers_for(3, 0.1, 0.1) == 3);
    CHECK(workers_for(0, 0.005, 0.7) == 1);
    CHECK_THROWS_AS(workers_for(-1, 0.005, 0.7), InputError);
    CHECK_THROWS_AS(workers_for(1, 0.005, 0), InputError);
    CHECK_THROWS_AS(workers_for(1e9, 1, 0.7), InputError);
}

TEST_CASE("a queue beyond its range is refused, all faults at once", "[model][queueing][error]") {
    try {
        mean_wait_s({.arrivals_per_s = -1,
                     .service_time_s = 0,
                     .servers_number = 0.5,
                     .service_variability_factor = -1,
                     .arrival_variability_factor = std::numeric_limits<double>::quiet_NaN()});
        FAIL("accepted");
    } catch (const InputError& error) {
        CHECK(error.problems().size() == 5);
    }
    CHECK_THROWS_AS(response_time_quantile_s(queue_of(1, 0.5), 1), InputError);
    CHECK_THROWS_AS(wait_quantile_s(queue_of(1, 0.5), -0.1), InputError);
    CHECK_THROWS_AS(split_by_worker(queue_of(1, 0.5), 0), InputError);
}
