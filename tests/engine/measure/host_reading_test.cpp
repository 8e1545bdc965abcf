#include "engine/measure/host_reading.h"

#include "engine/measure/processes.h"
#include "engine/measure/processor.h"
#include "engine/measure/speed_probe.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <unistd.h>

namespace measure = busyhour::engine::measure;
using measure::ProcessorReading;
using measure::YardstickReading;
using namespace std::chrono_literals;

namespace {

YardstickReading reading_of(double per_s, double per_cpu_s) {
    YardstickReading reading;
    reading.fill({.per_s = per_s, .per_cpu_s = per_cpu_s});
    return reading;
}

}  // namespace

TEST_CASE("a summary has medians, and the spread of the processor's own speed") {
    const auto summary = measure::summary_of({{.processor = 0, .yardsticks = reading_of(80, 100)},
                                              {.processor = 1, .yardsticks = reading_of(30, 90)},
                                              {.processor = 0, .yardsticks = reading_of(70, 110)}});
    for (const auto& yardstick : summary) {
        CHECK(yardstick.median_per_s == 70);
        CHECK(yardstick.median_per_cpu_s == 100);
        CHECK(yardstick.spread_fraction == Approx(0.2));
    }
    CHECK(measure::summary_of({}).front().median_per_s == 0);
}

TEST_CASE("stalls add up") {
    measure::Stalls stalls{.number = 1, .all = 2ms, .longest = 2ms, .watched = 1s};
    stalls += {.number = 2, .all = 5ms, .longest = 4ms, .watched = 2s};
    CHECK(stalls.number == 3);
    CHECK(stalls.all == 7ms);
    CHECK(stalls.longest == 4ms);
    CHECK(stalls.watched == 3s);
}

TEST_CASE("every yardstick is done at least once and has a rate") {
    measure::Yardsticks yardsticks;
    for (const measure::YardstickRate& rate : yardsticks.read(1ms)) {
        CHECK(rate.per_s > 0);
        CHECK(rate.per_cpu_s > 0);
    }
}

TEST_CASE("a processor's speed is read while something else runs on it") {
    measure::Yardsticks yardsticks;
    const int processor = measure::own_processors().front();
    measure::SpeedProbe probe(yardsticks, processor, 1min);
    const measure::YardstickReading reading = probe.stop(0);  // at least one sample was taken
    for (const measure::YardstickRate& rate : reading) {
        CHECK(rate.per_cpu_s > 0);
        CHECK(rate.per_s > 0);
    }
    CHECK(measure::speed_per_s(reading) > 0);

    measure::SpeedProbe other(yardsticks, processor, 1min);
    CHECK(measure::speed_per_s(other.stop(1'000'000)) == 0);  // too few to say anything
}

TEST_CASE("the speed is the geometric mean over the kinds of work") {
    measure::YardstickReading reading{};
    CHECK(measure::speed_per_s(reading) == 0);
    reading = {{{1, 1}, {1, 10}, {1, 100}, {1, 1000}}};
    CHECK(measure::speed_per_s(reading) == Approx(std::pow(10, 1.5)));
}

TEST_CASE("a host says what it is") {
    const measure::HostFingerprint host = measure::host_fingerprint();
    CHECK(host.processors_number >= 1);
    CHECK(host.memory_bytes > 1'000'000);
    CHECK(host.kernel.starts_with("Linux "));
}

TEST_CASE("a process tree has the process and its children and holds memory") {
    measure::ChildProcess child({"sh", "-c", "sleep 60 & echo ready >&2; exec 2>&-; wait"}, -1);
    CHECK(child.next_line(10) == "ready");
    const std::vector<int> own = measure::process_tree(getpid());
    CHECK(std::find(own.begin(), own.end(), child.id()) != own.end());
    const std::vector<int> tree = measure::process_tree(child.id());
    CHECK(tree.size() == 2);
    CHECK(tree.front() == child.id());
    CHECK(measure::memory_bytes_of(tree) > 0);
    CHECK(measure::process_tree(1 << 30).empty());
}

TEST_CASE("a program that ends without a word is told") {
    measure::ChildProcess child({"sh", "-c", "echo no such option >&2"}, -1);
    CHECK(child.next_line(10) == "no such option");
    CHECK_THROWS_WITH(child.next_line(10), Catch::Contains("did not become ready"));
    measure::ChildProcess nothing({"/nonexistent/program"}, -1);
    CHECK_THROWS(nothing.next_line(10));
}
