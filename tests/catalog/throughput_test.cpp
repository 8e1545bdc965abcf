#include "busyhour/catalog/throughput.h"

#include "busyhour/catalog/calibration.h"
#include "busyhour/error.h"

#include <catch2/catch.hpp>

using busyhour::Driver;
using busyhour::InputError;
using busyhour::read_throughput;
using busyhour::ThroughputContext;

TEST_CASE("a table of measured throughput is runs", "[catalog][throughput]") {
    const auto runs = read_throughput(
        "experiment,registrations,udp_messages,cpu_cores,cores\n"
        "refresh,1000,2000,0.031,1\n"
        "refresh,30000,60000,,1\n",
        "t.csv");
    REQUIRE(runs.size() == 2);
    CHECK(runs[0].experiment == "refresh");
    CHECK(runs[0].demand[Driver::registrations] == 1000);
    CHECK(runs[0].cpu_cores == 0.031);
    CHECK(runs[0].phase == "part");
    CHECK(runs[1].phase == "throughput");
    CHECK(runs[1].cpu_cores == 1.0);
    const auto calibration = busyhour::calibrate(runs);
    const auto capacity =
        capacity_per_s(to_cost_model(calibration.fit), runs[1].demand * (1 / 30000.0), 1);
    CHECK(capacity.value() == Approx(30000).epsilon(0.05));
}

TEST_CASE("faults of such a table come together, with row and column", "[catalog][throughput]") {
    try {
        read_throughput("registration,cores,call_attempts\n5,x,-1\n", "t.csv");
        FAIL("nothing was refused");
    } catch (const InputError& error) {
        std::string all;
        for (const auto& problem : error.problems()) all += to_line(problem) + "\n";
        CHECK_THAT(all, Catch::Contains("t.csv:1:1") && Catch::Contains("registrations"));
        CHECK_THAT(all, Catch::Contains("t.csv:2:2"));
        CHECK_THAT(all, Catch::Contains("t.csv:2:3"));
    }
    CHECK_THROWS_AS(read_throughput("cpu_cores,cores\n1,1\n", "t.csv"), InputError);
    CHECK_THROWS_AS(read_throughput("registrations\n100\n", "t.csv"), InputError);
}

TEST_CASE("SIPp's statistics are runs of a search", "[catalog][throughput]") {
    // The columns are SIPp's own; the numbers of this test are not.
    const std::string text =
        "StartTime;ElapsedTime(P);OutgoingCall(P);SuccessfulCall(P);FailedCall(P);\n"
        "x;00:00:01;0;0;0;\n"
        "x;00:00:02:000000;2000;2000;0;\n"
        "x;00:00:01:500000;3000;2400;600;\n";
    REQUIRE(busyhour::is_sipp_statistics(text));
    ThroughputContext context{.server = "kamailio", .session = {}, .cores_number = 1};
    context.session[Driver::call_attempts] = 1;
    const auto runs = read_throughput(text, "sipp.csv", context);
    REQUIRE(runs.size() == 2);
    CHECK(runs[0].offered_per_s == 1000);
    CHECK(runs[0].held(0.05));
    CHECK(runs[0].demand[Driver::call_attempts] == 1000);
    CHECK(runs[1].offered_per_s == 2000);
    CHECK(runs[1].failed_fraction == Approx(0.2));
    const auto calibration = busyhour::calibrate(runs);
    REQUIRE(calibration.capacities.size() == 1);
    CHECK(calibration.capacities.front().held_per_s == 1000);
    CHECK(calibration.capacities.front().failed_per_s.value() == 2000);
    context.cores_number = 0;
    CHECK_THROWS_AS(read_throughput(text, "sipp.csv", context), InputError);
    CHECK_THROWS_AS(read_throughput("SuccessfulCall(P);x\n1;2\n", "sipp.csv", context), InputError);
}
