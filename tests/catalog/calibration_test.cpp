#include "busyhour/catalog/calibration.h"

#include "busyhour/catalog/catalog.h"
#include "busyhour/error.h"

#include <catch2/catch.hpp>

#include <algorithm>

using busyhour::Calibration;
using busyhour::Driver;
using busyhour::Measurement;
using busyhour::Prediction;

namespace {

constexpr double cost_s = 50e-6;  // of a registration at saturation, at the processor's usual speed

/// A run of refreshes on a processor that is `speed_factor` times as fast as usual.
Measurement refresh(double rate_per_s, const std::string& phase, double speed_factor = 1) {
    Measurement run;
    run.place = "test:1";
    run.server = "kamailio 5.6.3";
    run.session = "s";
    run.experiment = "refresh-udp";
    run.phase = phase;
    run.demand[Driver::registrations] = rate_per_s;
    run.demand[Driver::udp_messages] = 2 * rate_per_s;
    run.cpu_cores = std::min(rate_per_s * cost_s / speed_factor, 1.0);
    run.offered_per_s = run.achieved_per_s = rate_per_s;
    run.latency_p50_s = 0.001;
    run.latency_p99_s = rate_per_s * cost_s / speed_factor < 1 ? 0.01 : 0.5;
    for (double& speed_per_s : run.speeds_per_s) speed_per_s = 1e6;
    run.speed_per_s = 8e5 * speed_factor;  // slower than alone: the server has filled the caches
    run.started = "2026-11-23T20:00:00Z";
    return run;
}

std::vector<Measurement> session() {
    return {refresh(8000, "search"),  refresh(16000, "search"), refresh(22000, "search"),
            refresh(19000, "search"), refresh(21000, "search"), refresh(6000, "part"),
            refresh(12000, "part")};
}

double cost_in(const Calibration& calibration) {
    return busyhour::to_cost_model(calibration.fit)
        .cost[index_of(busyhour::Resource::cpu_cores)][Driver::registrations];
}

}  // namespace

TEST_CASE("a calibration finds the bracket of the capacity and the cost",
          "[catalog][calibration]") {
    const Calibration calibration = busyhour::calibrate(session());
    REQUIRE(calibration.capacities.size() == 1);
    CHECK(calibration.capacities.front().held_per_s == 19000);
    CHECK(calibration.capacities.front().failed_per_s.value() == 21000);
    CHECK(calibration.capacities.front().is_servers);
    CHECK(cost_in(calibration) == Approx(cost_s).epsilon(0.01));
    CHECK(calibration.band_factor >= 1.1);
    CHECK(calibration.date == "2026-11-23");
    CHECK(calibration.unused.size() == 2);  // the two that were beyond the capacity
}

TEST_CASE("runs of slow and fast minutes give the same cost", "[catalog][calibration][identity]") {
    std::vector<Measurement> runs = session();
    for (const double speed_factor : {0.5, 2.0}) {
        for (const double rate_per_s : {3000.0, 6000.0}) {
            runs.push_back(refresh(rate_per_s, "part", speed_factor));
        }
    }
    CHECK(cost_in(busyhour::calibrate(runs)) == Approx(cost_s).epsilon(0.01));
}

TEST_CASE("loads are divided where the fewest runs are on the wrong side",
          "[catalog][calibration]") {
    using busyhour::dividing_load_per_s;
    CHECK(dividing_load_per_s({{100, true}, {200, false}}).value() == 150);
    // One that held by luck beyond, and one that failed by a stall below, change nothing.
    CHECK(dividing_load_per_s({{100, true},
                               {110, false},
                               {120, true},
                               {130, true},
                               {150, false},
                               {160, false},
                               {170, true},
                               {180, false},
                               {190, false}})
              .value() == 140);
    // Two places are as good: the middle of both.
    CHECK(dividing_load_per_s({{100, true}, {120, false}, {140, true}, {160, false}}).value() ==
          130);
    CHECK_FALSE(dividing_load_per_s({{100, true}, {200, true}}));
    CHECK_FALSE(dividing_load_per_s({{100, false}}));
    CHECK_FALSE(dividing_load_per_s({}));
}

TEST_CASE("a failure by a stall far below what holds is none of the capacity",
          "[catalog][calibration]") {
    std::vector<Measurement> runs = session();
    Measurement stalled = refresh(15500, "search");
    stalled.latency_p99_s = 0.6;
    runs.push_back(stalled);
    const Calibration calibration = busyhour::calibrate(runs);
    CHECK(calibration.capacities.front().held_per_s == 19000);
    CHECK(calibration.capacities.front().failed_per_s.value() == 21000);
}

TEST_CASE("void runs change nothing and are counted", "[catalog][calibration]") {
    std::vector<Measurement> runs = session();
    Measurement disturbed = refresh(5000, "part");
    disturbed.cpu_cores = 0.9;
    disturbed.void_reason = "others used 60 % of the server's processors";
    runs.push_back(disturbed);
    const Calibration calibration = busyhour::calibrate(runs);
    CHECK(cost_in(calibration) == Approx(cost_s).epsilon(0.01));
    CHECK(std::any_of(calibration.unused.begin(), calibration.unused.end(), [](const auto& run) {
        return run.reason == "void: others used 60 % of the server's processors";
    }));
}

TEST_CASE("runs of two servers are no calibration", "[catalog][calibration]") {
    std::vector<Measurement> runs = session();
    runs.push_back(refresh(5000, "part"));
    runs.back().server = "rtpengine";
    CHECK_THROWS_AS(busyhour::calibrate(runs), busyhour::InputError);
    CHECK_THROWS_AS(busyhour::calibrate({}), busyhour::InputError);
}

TEST_CASE("a calibration becomes a server model that the catalogue takes",
          "[catalog][calibration]") {
    const Calibration calibration = busyhour::calibrate(session());
    const auto catalog = busyhour::load_catalog();
    const busyhour::Json document = busyhour::to_server_document(
        calibration,
        {.name = "lab", .title = "lab", .version = "5.6.3", .host = "h", .measured_on = "a host"},
        &catalog.documents.at("servers/kamailio"));
    const auto changed = busyhour::load_catalog({{"servers", "lab", document, "test"}});
    const auto& server = changed.servers.at("lab");
    CHECK(server.status == "measured");
    CHECK(server.cost.cost[index_of(busyhour::Resource::cpu_cores)][Driver::registrations] ==
          Approx(cost_in(calibration)).epsilon(1e-3));
    CHECK(server.cost.band_high_factor == Approx(calibration.band_factor).epsilon(1e-3));
    const auto kept = std::find_if(server.rows.begin(), server.rows.end(), [](const auto& row) {
        return row.driver == Driver::call_attempts;
    });
    REQUIRE(kept != server.rows.end());
    CHECK(kept->note.starts_with("not measured here, kept"));
}

TEST_CASE("errors of predictions leave void ones out", "[catalog][calibration]") {
    const auto row = [](double predicted, double measured, bool is_void) {
        Prediction one{.workload = "w",
                       .quantity = "capacity_per_s",
                       .predicted_number = predicted,
                       .measured_number = measured,
                       .void_reason = std::nullopt};
        if (is_void) one.void_reason = "disturbed";
        return one;
    };
    const auto summary = busyhour::summary_of(
        {row(110, 100, false), row(95, 100, false), row(70, 100, false), row(10, 100, true)},
        "capacity_per_s");
    REQUIRE(summary);
    CHECK(summary->count == 3);
    CHECK(summary->median_fraction == Approx(0.1));
    CHECK(summary->worst_fraction == Approx(0.3));
    CHECK_FALSE(busyhour::summary_of({}, "capacity_per_s"));
}
