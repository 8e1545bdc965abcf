#include "busyhour/catalog/measurement.h"

#include "busyhour/error.h"

#include <catch2/catch.hpp>

using busyhour::Driver;
using busyhour::InputError;
using busyhour::Measurement;
using busyhour::read_measurements;

namespace {

Measurement run() {
    Measurement measurement;
    measurement.server = "kamailio 5.6.3";
    measurement.session = "s1";
    measurement.experiment = "refresh-udp";
    measurement.phase = "part";
    measurement.demand[Driver::registrations] = 8000;
    measurement.demand[Driver::udp_messages] = 16000;
    measurement.cores_number = 2;
    measurement.cpu_cores = 0.5;
    measurement.memory_bytes = 4e7;
    measurement.offered_per_s = 8000;
    measurement.achieved_per_s = 7990.5;
    measurement.failed_fraction = 0.001;
    measurement.latency_p50_s = 0.0002;
    measurement.latency_p99_s = 0.004;
    measurement.speed_per_s = 3e5;
    measurement.speeds_per_s = {5e5, 1e6, 1.6e6, 3e4};
    measurement.void_reason = "the host was disturbed";
    measurement.started = "2026-11-23T20:00:00Z";
    return measurement;
}

}  // namespace

TEST_CASE("a run survives its line of JSON", "[catalog][measurement][identity]") {
    const Measurement before = run();
    const auto read = read_measurements(to_measurement_line(before) + "\r\n\n", "m.jsonl");
    REQUIRE(read.size() == 1);
    const Measurement& after = read.front();
    CHECK(after.place == "m.jsonl:1");
    CHECK(after.server == before.server);
    CHECK(after.session == before.session);
    CHECK(after.phase == before.phase);
    CHECK(after.demand.amounts == before.demand.amounts);
    CHECK(after.cores_number == before.cores_number);
    CHECK(after.cpu_cores == before.cpu_cores);
    CHECK(after.memory_bytes == before.memory_bytes);
    CHECK(after.achieved_per_s == before.achieved_per_s);
    CHECK(after.failed_fraction == before.failed_fraction);
    CHECK(after.latency_p99_s == before.latency_p99_s);
    CHECK(after.speed_per_s == before.speed_per_s);
    CHECK(after.speeds_per_s == before.speeds_per_s);
    CHECK(after.void_reason == before.void_reason);
    CHECK(after.started == before.started);
}

TEST_CASE("faults of a measurements file come together, each with its line",
          "[catalog][measurement]") {
    const std::string line = to_measurement_line(run());
    std::string unknown = line;
    unknown.replace(unknown.find("registrations"), 13, "registration5");
    try {
        read_measurements("{\n" + line + "\n" + unknown + "\n{\"format\":1}\n", "m.jsonl");
        FAIL("nothing was refused");
    } catch (const InputError& error) {
        std::string all;
        for (const auto& problem : error.problems()) all += to_line(problem) + "\n";
        CHECK_THAT(all, Catch::Contains("m.jsonl:1"));
        CHECK_THAT(all, Catch::Contains("m.jsonl:3: /demand/registration5"));
        CHECK_THAT(all, Catch::Contains("registrations"));
        CHECK_THAT(all, Catch::Contains("m.jsonl:4"));
    }
}

TEST_CASE("a load is held without a failure and within the time", "[catalog][measurement]") {
    Measurement measurement = run();
    CHECK_FALSE(measurement.held(0.05));
    measurement.failed_fraction = 0;
    CHECK(measurement.held(0.05));
    CHECK_FALSE(measurement.held(0.001));
}
