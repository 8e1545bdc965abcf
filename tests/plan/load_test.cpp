#include "busyhour/plan/load.h"

#include "support/poisson_sum.h"

#include <catch2/catch.hpp>

using namespace busyhour;

namespace {

Load load_of(double calls_per_s, double cost_of_one) {
    Load load;
    load[Process::calls].demand[Driver::call_attempts] = calls_per_s * cost_of_one;
    load[Process::calls].traffic.packets_in_number = calls_per_s * 3;
    load.arrive(Process::calls, calls_per_s);
    return load;
}

}  // namespace

TEST_CASE("the peak of a process is its Poisson quantile over its mean", "[plan][load][table]") {
    // 100000 / 3600 a second: 45 is the least count that 0.999 of all seconds do not exceed.
    const double mean_number = 100000.0 / 3600;
    CHECK(poisson_sum(mean_number, 44) < 0.999);
    CHECK(poisson_sum(mean_number, 45) >= 0.999);
    CHECK(peak_factor(mean_number, 0.999) == Approx(45 / mean_number).epsilon(1e-14));
    CHECK(peak_factor(0, 0.999) == 1);
}

TEST_CASE("peak work is mean work times the peak of its own process", "[plan][load][identity]") {
    Load load = load_of(100, 1);
    load[Process::registrations].demand[Driver::registrations] = 1000;
    load.arrive(Process::registrations, 1000);
    load[Process::standing].demand[Driver::contacts] = 5e6;
    const Work peak = peak_work(load, 1, 0.999);
    const double calls_peak = peak.demand[Driver::call_attempts];
    CHECK(poisson_sum(100, calls_peak) >= 0.999);
    CHECK(poisson_sum(100, calls_peak - 1) < 0.999);
    CHECK(peak.traffic.packets_in_number == Approx(3 * calls_peak).epsilon(1e-13));
    const double registrations_peak = peak.demand[Driver::registrations];
    CHECK(poisson_sum(1000, registrations_peak) >= 0.999);
    CHECK(poisson_sum(1000, registrations_peak - 1) < 0.999);
    CHECK(peak.demand[Driver::contacts] == 5e6);  // what stands has no peak
}

TEST_CASE("the mean grows in proportion, the peak a little less", "[plan][load][identity]") {
    const Load load = load_of(50, 2);
    double last_number = 0;
    for (const double growth_factor : {1.0, 1.5, 2.0, 10.0, 100.0}) {
        const Work mean = mean_work(load, growth_factor);
        const Work peak = peak_work(load, growth_factor, 0.999);
        CHECK(mean.demand[Driver::call_attempts] == Approx(100 * growth_factor).epsilon(1e-14));
        CHECK(peak.demand[Driver::call_attempts] > last_number);
        CHECK(peak.demand[Driver::call_attempts] > mean.demand[Driver::call_attempts]);
        last_number = peak.demand[Driver::call_attempts];
        CHECK(peak_factor(50 * growth_factor, 0.999) <= peak_factor(50, 0.999));
    }
}

TEST_CASE("silence is taken off the mean only", "[plan][load]") {
    Load load = load_of(100, 1);
    load.silenced.traffic.packets_in_number = 120;
    CHECK(mean_work(load, 2).traffic.packets_in_number == 600 - 240);
    CHECK(peak_work(load, 1, 0.5).traffic.packets_in_number >= 300);
}

TEST_CASE("loads add process by process", "[plan][load][identity]") {
    Load sum = load_of(100, 1);
    sum += load_of(20, 1);
    CHECK(sum.arrivals.at(index_of(Process::calls)) == 120);
    CHECK(sum[Process::calls].demand[Driver::call_attempts] == 120);
}
