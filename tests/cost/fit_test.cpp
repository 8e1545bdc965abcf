#include "busyhour/cost/fit.h"

#include "busyhour/error.h"

#include <catch2/catch.hpp>

#include <cmath>

using busyhour::busy_cores;
using busyhour::CostFit;
using busyhour::CostModel;
using busyhour::CostSample;
using busyhour::cpu_cost;
using busyhour::Demand;
using busyhour::Driver;
using busyhour::fit_costs;
using busyhour::index_of;
using busyhour::Resource;

namespace {

/// A server whose costs are known: what it would have used is what a run of it shows.
CostModel known_server() {
    CostModel model;
    Demand& cpu = model.cost[index_of(Resource::cpu_cores)];
    cpu[Driver::registrations] = 30e-6;
    cpu[Driver::new_bindings] = 10e-6;
    cpu[Driver::call_attempts] = 600e-6;
    cpu[Driver::tls_messages] = 5e-6;
    cpu[Driver::tls_handshakes_ecdsa_p256] = 500e-6;
    model.wakeup_cpu_cores[Driver::registrations] = 25e-6;
    model.wakeup_cpu_cores[Driver::call_attempts] = 100e-6;
    return model;
}

Demand session(std::initializer_list<std::pair<Driver, double>> amounts) {
    Demand demand;
    for (const auto& [driver, amount] : amounts) demand[driver] = amount;
    return demand;
}

const std::vector<std::pair<std::string, Demand>>& experiments() {
    static const std::vector<std::pair<std::string, Demand>> all{
        {"refresh-udp", session({{Driver::registrations, 1}, {Driver::udp_messages, 2}})},
        {"register-new",
         session(
             {{Driver::registrations, 1}, {Driver::new_bindings, 1}, {Driver::udp_messages, 2}})},
        {"call-udp", session({{Driver::call_attempts, 1}, {Driver::udp_messages, 13}})},
        {"refresh-tls", session({{Driver::registrations, 1}, {Driver::tls_messages, 2}})},
        {"call-tls", session({{Driver::call_attempts, 1}, {Driver::tls_messages, 13}})},
        {"register-tls-full", session({{Driver::registrations, 1},
                                       {Driver::tls_messages, 2},
                                       {Driver::tls_handshakes_ecdsa_p256, 1}})},
    };
    return all;
}

/// Runs at three part loads and at the capacity; `noise_fraction` alternates in sign.
std::vector<CostSample> runs_of(const CostModel& server, double noise_fraction = 0) {
    std::vector<CostSample> samples;
    double sign = 1;
    for (const auto& [name, unit] : experiments()) {
        const double capacity_per_s = 1 / cpu_cost(server, unit).saturated_cores;
        for (const double part : {0.3, 0.6, 0.9}) {
            const Demand demand = unit * (part * capacity_per_s);
            const double busy = busy_cores(cpu_cost(server, demand), 1);
            samples.push_back({name, demand, busy * (1 + sign * noise_fraction), 1, false});
            sign = -sign;
        }
        samples.push_back({name, unit * capacity_per_s, 1, 1, true});
    }
    return samples;
}

double cost_of(const CostFit& fit, Driver driver) {
    return busyhour::to_cost_model(fit).cost[index_of(Resource::cpu_cores)][driver];
}

}  // namespace

TEST_CASE("a fit finds the costs that made the runs", "[cost][fit][identity]") {
    const CostModel server = known_server();
    const CostFit fit = fit_costs(runs_of(server));
    CHECK(fit.base_transport == Driver::udp_messages);
    for (const Driver driver : {Driver::registrations, Driver::new_bindings, Driver::call_attempts,
                                Driver::tls_messages, Driver::tls_handshakes_ecdsa_p256}) {
        CAPTURE(name_of(driver));
        CHECK(cost_of(fit, driver) ==
              Approx(server.cost[index_of(Resource::cpu_cores)][driver]).epsilon(1e-6));
        CHECK(busyhour::to_cost_model(fit).wakeup_cpu_cores[driver] ==
              Approx(server.wakeup_cpu_cores[driver]).margin(1e-11));
    }
    CHECK(fit.error_p95_fraction < 1e-6);
    CHECK(fit.condition_number > 1);
    CHECK(std::isfinite(fit.condition_number));
}

TEST_CASE("noise widens the standard errors, and the true costs lie within three of them",
          "[cost][fit]") {
    const CostModel server = known_server();
    const CostFit exact = fit_costs(runs_of(server));
    const CostFit noisy = fit_costs(runs_of(server, 0.05));
    for (std::size_t i = 0; i < noisy.coefficients.size(); ++i) {
        const auto& found = noisy.coefficients[i];
        CAPTURE(name_of(found.driver));
        CHECK(found.cost_error_s >= exact.coefficients[i].cost_error_s);
        const double truth_s = server.cost[index_of(Resource::cpu_cores)][found.driver];
        CHECK(std::abs(found.cost_s - truth_s) < 3 * found.cost_error_s + 1e-9);
    }
    CHECK(noisy.error_median_fraction > 0.01);
}

TEST_CASE("a cost that never comes alone is said to be unknown", "[cost][fit]") {
    std::vector<CostSample> samples;
    for (const double rate_per_s : {1000.0, 4000.0, 8000.0}) {
        Demand demand;
        demand[Driver::tcp_connections_opened] = rate_per_s;
        demand[Driver::tls_handshakes_ecdsa_p256] = rate_per_s;
        samples.push_back({"churn", demand, rate_per_s * 1e-4, 1, false});
    }
    const CostFit fit = fit_costs(samples);
    CHECK(cost_of(fit, Driver::tls_handshakes_ecdsa_p256) == Approx(1e-4).epsilon(1e-6));
    const auto is_connection = [](const busyhour::Unidentified& one) {
        return one.driver == Driver::tcp_connections_opened && !one.is_wakeup;
    };
    CHECK(std::any_of(fit.unidentified.begin(), fit.unidentified.end(), is_connection));
    REQUIRE(fit.left_out.size() == 1);
    CHECK_FALSE(fit.left_out.front().error_fraction.has_value());
}

TEST_CASE("an experiment that the others tell is predicted by them", "[cost][fit]") {
    const CostFit fit = fit_costs(runs_of(known_server()));
    std::size_t told = 0;
    for (const auto& one : fit.left_out) {
        if (!one.error_fraction) continue;
        ++told;
        CAPTURE(one.experiment);
        CHECK(std::abs(*one.error_fraction) < 0.05);
    }
    CHECK(told >= 2);  // refreshes and calls over UDP and TLS tell each other
}

TEST_CASE("where messages over TLS are cheaper than over UDP, UDP's cost shows", "[cost][fit]") {
    CostModel server = known_server();
    Demand& cpu = server.cost[index_of(Resource::cpu_cores)];
    cpu[Driver::tls_messages] = 0;
    cpu[Driver::udp_messages] = 6e-6;
    const CostFit fit = fit_costs(runs_of(server));
    CHECK(fit.base_transport == Driver::tls_messages);
    CHECK(cost_of(fit, Driver::udp_messages) == Approx(6e-6).epsilon(1e-6));
}

TEST_CASE("capacity is the cores over the cost of a session", "[cost][fit][identity]") {
    const CostModel server = known_server();
    const Demand unit = session({{Driver::registrations, 0.7}, {Driver::call_attempts, 0.3}});
    CHECK(busyhour::capacity_per_s(server, unit, 4).value() ==
          Approx(4 / (0.7 * 30e-6 + 0.3 * 600e-6)).epsilon(1e-12));
    CHECK_FALSE(busyhour::capacity_per_s(server, {}, 4).has_value());
}

TEST_CASE("runs that say nothing are refused", "[cost][fit]") {
    CHECK_THROWS_AS(fit_costs({}), busyhour::InputError);
    CHECK_THROWS_AS(fit_costs({{"idle", {}, 0, 1, false}}), busyhour::InputError);
    CHECK_THROWS_AS(fit_costs({{"nan", {}, std::nan(""), 1, false}}), busyhour::InputError);
}
