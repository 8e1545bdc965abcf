#include "busyhour/model/storm.h"

#include "busyhour/error.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <deque>

using namespace busyhour;

namespace {

constexpr double unbounded_per_s = 1e12;

Storm udp_storm(double endpoints_number, double capacity_per_s) {
    Storm storm;
    storm.groups = {{.endpoints_number = endpoints_number}};
    storm.server.capacity_per_s = capacity_per_s;
    return storm;
}

Storm stream_storm(double endpoints_number, double capacity_per_s, double handshake_work) {
    Storm storm = udp_storm(endpoints_number, capacity_per_s);
    storm.groups.front().is_udp = false;
    storm.groups.front().connection_work_number = handshake_work;
    return storm;
}

/// Storms of every kind: calm, overloaded, challenged, in bloated buffers, shedding, mixed.
std::vector<Storm> all_kinds() {
    std::vector<Storm> storms{udp_storm(10000, 1000), udp_storm(100000, 700), udp_storm(5000, 0),
                              stream_storm(20000, 2000, 17), stream_storm(50000, 700, 0)};
    Storm digest = udp_storm(100000, 1000);
    digest.groups.front().request_works = {1.7, 1};
    storms.push_back(digest);
    Storm bloated = digest;
    bloated.server.queue_number = 50000;
    storms.push_back(bloated);
    bloated.server.sheds = true;
    storms.push_back(bloated);
    Storm shedding = stream_storm(50000, 700, 2);
    shedding.server.sheds = true;
    shedding.server.retry_spread_fraction = 1;
    storms.push_back(shedding);
    Storm mixed = digest;
    mixed.groups.push_back(shedding.groups.front());
    storms.push_back(mixed);
    Storm at_once = digest;
    at_once.window_s = 0;
    storms.push_back(at_once);
    return storms;
}

}  // namespace

TEST_CASE("no endpoint is lost or made at any second", "[model][storm][identity]") {
    for (const Storm& storm : all_kinds()) {
        double all = 0;
        for (const StormGroup& group : storm.groups) all += group.endpoints_number;
        const StormOutcome outcome = simulate(storm);
        for (const StormSecond& second : outcome.seconds) {
            CAPTURE(second.time_s);
            const double window_s = std::max(storm.window_s, 1e-9);
            CHECK(second.arrived_number ==
                  Approx(all * std::min(1.0, second.time_s / window_s)).epsilon(1e-9));
            CHECK(second.waiting_number + second.backing_off_number + second.registered_number ==
                  Approx(second.arrived_number).epsilon(1e-9));
            CHECK(second.waiting_number >= -1e-6);
            CHECK(second.backing_off_number >= -1e-6);
        }
    }
}

TEST_CASE("a server without end registers all in the window", "[model][storm][identity]") {
    for (const std::size_t rounds : {1u, 2u}) {
        for (const bool is_udp : {true, false}) {
            CAPTURE(rounds, is_udp);
            Storm storm = is_udp ? udp_storm(100000, unbounded_per_s)
                                 : stream_storm(100000, unbounded_per_s, 17);
            storm.groups.front().request_works.assign(rounds, 1);
            const StormOutcome outcome = simulate(storm);
            const auto trips = static_cast<double>(rounds + (is_udp ? 0 : 1));
            REQUIRE(outcome.recovery_s);
            CHECK(*outcome.recovery_s ==
                  Approx(60 + storm.round_trip_s * trips).margin(1.5 / storm.steps_per_s));
            CHECK(outcome.transmissions_number ==
                  Approx(100000.0 * static_cast<double>(rounds)).epsilon(1e-9));
            CHECK(outcome.connections_number == Approx(is_udp ? 0 : 100000).margin(1e-6));
            CHECK(outcome.registered_number == Approx(100000).epsilon(1e-9));
            CHECK(outcome.peak_offered_per_s ==
                  Approx(100000 / 60.0 * static_cast<double>(rounds)).epsilon(1e-9));
            CHECK(outcome.gave_up_number == 0);
            CHECK(outcome.wasted_work_fraction == Approx(0).margin(1e-9));
            CHECK_FALSE(outcome.is_collapsed);
        }
    }
}

TEST_CASE("a server that does nothing sees 11 transmissions of each first try",
          "[model][storm][identity]") {
    Storm storm = udp_storm(1000, 0);
    storm.window_s = 0;
    storm.horizon_s = 61;  // the first tries end at 32 s, and come back 30 s later at the earliest
    const StormOutcome outcome = simulate(storm);
    CHECK(outcome.end == StormEnd::no_capacity);
    CHECK_FALSE(outcome.recovery_s);
    CHECK(outcome.transmissions_number == Approx(11000).epsilon(1e-9));
    CHECK(outcome.registered_number == 0);
    CHECK(outcome.gave_up_number == Approx(1000).epsilon(1e-9));
    // All in one step: 1 + 1 in the first second.
    CHECK(outcome.peak_offered_per_s == Approx(2000).epsilon(1e-9));
}

TEST_CASE("over connections no request is repeated", "[model][storm][identity]") {
    Storm storm = stream_storm(1000, 0, 1);
    storm.window_s = 0;
    storm.horizon_s = 61;
    const StormOutcome outcome = simulate(storm);
    CHECK(outcome.connections_number == Approx(1000).epsilon(1e-9));
    CHECK(outcome.transmissions_number == 0);  // no connection was ever open
    const StormOutcome overloaded = simulate(stream_storm(40000, 250, 0));
    REQUIRE(overloaded.recovery_s);
    CHECK(overloaded.timeouts_number > 1000);
    // Each try sends one request; those that failed while it waited sent theirs too.
    CHECK(overloaded.transmissions_number <=
          overloaded.registered_number + overloaded.timeouts_number + 1);
}

TEST_CASE("the first failures come back between 30 and 60 s later", "[model][storm][table]") {
    // RFC 5626 4.5: one failure, base 30: W = 60, so 30 to 60 s after Timer F at 32 s.
    Storm storm = udp_storm(1200, 0);
    storm.window_s = 0;
    storm.horizon_s = 95;
    const StormOutcome outcome = simulate(storm);
    const auto backing_off = [&](std::size_t second) {
        return outcome.seconds.at(second - 1).backing_off_number;
    };
    CHECK(backing_off(32) == Approx(0).margin(1e-6));
    CHECK(backing_off(33) == Approx(1200).epsilon(1e-9));
    CHECK(backing_off(62) == Approx(1200).epsilon(1e-9));
    CHECK(backing_off(77) == Approx(600).epsilon(1e-6));
    CHECK(backing_off(92) == Approx(0).margin(1e-6));
}

TEST_CASE("a backlog is drained at the server's capacity", "[model][storm][table]") {
    // Connections without work, all at once, 20,000 requests at 1000/s: 20 s, below Timer F.
    Storm storm = stream_storm(20000, 1000, 0);
    storm.window_s = 0;
    const StormOutcome outcome = simulate(storm);
    REQUIRE(outcome.recovery_s);
    CHECK(*outcome.recovery_s == Approx(20).margin(0.2));
    CHECK(outcome.gave_up_number == 0);
    // A handshake of 17 registrations more: 18 times as long a backlog would exceed Timer F.
    Storm tls = stream_storm(1000, 1000, 17);
    tls.window_s = 0;
    CHECK(simulate(tls).recovery_s.value() == Approx(18).margin(0.2));
}

TEST_CASE("more capacity never means a later recovery", "[model][storm][identity]") {
    for (Storm storm : {udp_storm(100000, 1), stream_storm(20000, 1, 10)}) {
        double before_s = 1e18;
        for (const double capacity_per_s : {1200.0, 2000.0, 3000.0, 5000.0, 8000.0, 20000.0}) {
            CAPTURE(capacity_per_s);
            storm.server.capacity_per_s = capacity_per_s;
            storm.horizon_s = 20000;
            const StormOutcome outcome = simulate(storm);
            REQUIRE(outcome.recovery_s);
            CHECK(*outcome.recovery_s <= before_s * 1.01);
            before_s = *outcome.recovery_s;
        }
    }
}

TEST_CASE("half the time step changes little", "[model][storm][identity]") {
    for (Storm storm : all_kinds()) {
        const StormOutcome coarse = simulate(storm);
        storm.steps_per_s *= 2;
        const StormOutcome fine = simulate(storm);
        CHECK(coarse.recovery_s.has_value() == fine.recovery_s.has_value());
        if (coarse.recovery_s) {
            CHECK(*coarse.recovery_s == Approx(*fine.recovery_s).epsilon(0.01));
        }
        CHECK(coarse.transmissions_number == Approx(fine.transmissions_number).epsilon(0.01));
    }
}

TEST_CASE("all amounts scale with endpoints, capacity and buffer", "[model][storm][identity]") {
    const StormOutcome one = simulate(udp_storm(10000, 70));
    Storm storm = udp_storm(1000000, 7000);
    storm.server.queue_number *= 100;
    const StormOutcome hundred = simulate(storm);
    CHECK(hundred.transmissions_number == Approx(100 * one.transmissions_number).epsilon(1e-3));
    CHECK(hundred.recovery_s.value() == Approx(one.recovery_s.value()).epsilon(0.02));
}

TEST_CASE("a buffer longer than T1 makes the server work in vain", "[model][storm]") {
    // RFC 5390: repeated requests wait beside their first; a short buffer drops them for nothing.
    Storm storm = udp_storm(500000, 5000);
    const StormOutcome small = simulate(storm);
    storm.server.queue_number = 100000;
    const StormOutcome bloated = simulate(storm);
    CHECK(small.wasted_work_fraction < 0.01);
    CHECK_FALSE(small.is_collapsed);
    CHECK(bloated.wasted_work_fraction > 0.3);
    CHECK(bloated.recovery_s.value() > 1.2 * small.recovery_s.value());
}

TEST_CASE("rejections that cost nothing do no harm", "[model][storm][identity]") {
    Storm bloated = udp_storm(500000, 5000);
    bloated.server.queue_number = 100000;
    for (Storm storm : {bloated, stream_storm(50000, 700, 2), stream_storm(20000, 2000, 17)}) {
        const StormOutcome without = simulate(storm);
        storm.server.sheds = true;
        storm.server.shed_work_factor = 0;
        storm.server.retry_spread_fraction = 1;
        const StormOutcome with = simulate(storm);
        CHECK(with.rejections_number > 0);
        CHECK(with.recovery_s.value_or(storm.horizon_s) <=
              without.recovery_s.value_or(storm.horizon_s) * 1.02);
        CHECK(with.wasted_work_fraction <= without.wasted_work_fraction + 1e-9);
    }
}

TEST_CASE("connections that wait past Timer F collapse unless some are rejected",
          "[model][storm]") {
    Storm storm = stream_storm(100000, 5000, 10);
    const StormOutcome without = simulate(storm);
    CHECK(without.is_collapsed);
    storm.server.sheds = true;
    const StormOutcome with = simulate(storm);
    CHECK_FALSE(with.is_collapsed);
    CHECK(with.recovery_s.value() < without.recovery_s.value_or(storm.horizon_s) / 2);
}

TEST_CASE("groups beside each other share the server", "[model][storm][identity]") {
    Storm one = udp_storm(30000, 400);
    Storm two = udp_storm(10000, 400);
    two.groups.push_back({.endpoints_number = 20000});
    const StormOutcome whole = simulate(one);
    const StormOutcome parts = simulate(two);
    CHECK(parts.recovery_s.value() == Approx(whole.recovery_s.value()).epsilon(1e-6));
    CHECK(parts.transmissions_number == Approx(whole.transmissions_number).epsilon(1e-6));
}

TEST_CASE("works and calm capacity add up", "[model][storm][table]") {
    Storm storm = stream_storm(1000, 1, 17);
    storm.groups.push_back({.endpoints_number = 500, .request_works = {2, 1}});
    CHECK(total_work_number(storm) == 1000 * 18 + 500 * 3);
    CHECK(calm_capacity_per_s(storm) == Approx(19500 / 60.0).epsilon(1e-12));
    storm.server.capacity_per_s = calm_capacity_per_s(storm) * 1.001;
    CHECK(simulate(storm).recovery_s.value() == Approx(60.1).margin(0.1));
}

TEST_CASE("storms that cannot be are refused, each field at once", "[model][storm]") {
    Storm storm = udp_storm(-1, -1);
    storm.window_s = -1;
    storm.timers.t2_s = 0.1;
    try {
        simulate(storm);
        FAIL("accepted");
    } catch (const InputError& error) {
        CHECK(error.problems().size() == 4);
    }
    CHECK(simulate(udp_storm(0, 0)).recovery_s == 0);
}

namespace {

/// One endpoint of a storm told phone by phone.
struct Phone {
    double begun_s = 0;  ///< of its try, or when the next begins
    std::size_t sent = 0;
    int failures = 0;
    int attempt = 0;
    bool is_waiting = false;  ///< something of this attempt is in the queue
    bool is_registered = false;
};

struct Datagram {
    std::size_t phone = 0;
    int attempt = 0;
    bool is_first = true;
};

struct Count {
    double recovery_s = 0;
    double transmissions = 0;
};

/// The same storm with single phones, a queue of single datagrams and one server. Nothing of the
/// fluid is used but the two formulas of the RFCs.
Count count_phones(const Storm& storm) {
    const auto phones_number = static_cast<std::size_t>(storm.groups[0].endpoints_number);
    std::vector<Phone> phones(phones_number);
    for (std::size_t i = 0; i < phones_number; ++i) {
        phones[i].begun_s =
            storm.window_s * static_cast<double>(i) / static_cast<double>(phones_number);
    }
    const std::vector<double> times = transmission_times(0.5, 4);
    std::deque<Datagram> queue;
    std::size_t registered = 0;
    double work = 0;
    double spread = 0.5;  // of the back-off: an even, low-discrepancy sequence
    Count count;
    constexpr int steps_per_s = 1000;
    for (int step = 0; registered < phones_number; ++step) {
        const double now_s = static_cast<double>(step) / steps_per_s;
        // An odd stride, so that no phone is always the first to find room.
        for (std::size_t k = 0; k < phones_number; ++k) {
            const std::size_t i =
                (k * 7919 + static_cast<std::size_t>(step) * 104729) % phones_number;
            Phone& phone = phones[i];
            if (phone.is_registered || now_s < phone.begun_s) continue;
            if (now_s >= phone.begun_s + 32) {
                spread = std::fmod(spread + 0.6180339887498949, 1.0);
                phone.begun_s = now_s + backoff_s({}, ++phone.failures) * (0.5 + spread / 2);
                phone.sent = 0;
                phone.is_waiting = false;
                ++phone.attempt;
                continue;
            }
            if (phone.sent >= times.size() || now_s < phone.begun_s + times[phone.sent]) continue;
            ++phone.sent;
            ++count.transmissions;
            if (static_cast<double>(queue.size()) >= storm.server.queue_number) continue;
            queue.push_back({i, phone.attempt, !phone.is_waiting});
            phone.is_waiting = true;
        }
        work =
            std::min(work + storm.server.capacity_per_s / steps_per_s, queue.empty() ? 0.0 : 1e9);
        while (!queue.empty() && work > 0) {
            const Datagram next = queue.front();
            queue.pop_front();
            work -= next.is_first ? 1 : storm.server.retransmission_work_factor;
            Phone& phone = phones[next.phone];
            const bool is_answered =
                next.is_first && next.attempt == phone.attempt && !phone.is_registered;
            if (!is_answered) continue;
            phone.is_registered = true;
            ++registered;
        }
        count.recovery_s = now_s;
    }
    return count;
}

}  // namespace

TEST_CASE("the fluid agrees with a count of single phones", "[model][storm][identity]") {
    // Overloaded with a short buffer; and with one that waits longer than T1.
    for (const double queue_number : {20.0, 600.0}) {
        CAPTURE(queue_number);
        Storm storm = udp_storm(4000, 150);
        storm.window_s = 10;
        storm.server.queue_number = queue_number;
        const StormOutcome fluid = simulate(storm);
        const Count count = count_phones(storm);
        CHECK(fluid.recovery_s.value() == Approx(count.recovery_s).epsilon(0.1));
        CHECK(fluid.transmissions_number == Approx(count.transmissions).epsilon(0.1));
    }
}

TEST_CASE("no second holds a part of an endpoint that is only rounding", "[model][storm]") {
    std::vector<Storm> storms = all_kinds();
    storms.push_back(udp_storm(100000, 5000));
    for (const Storm& storm : storms) {
        const double least = total_endpoints_number(storm) * 1e-12;
        const auto is_clean = [&](double amount) { return amount == 0 || amount > least; };
        const StormOutcome outcome = simulate(storm);
        for (const StormSecond& second : outcome.seconds) {
            CHECK(is_clean(second.offered_per_s));
            CHECK(is_clean(second.goodput_per_s));
            CHECK(is_clean(second.queue_number));
            CHECK(is_clean(second.waiting_number));
            CHECK(is_clean(second.backing_off_number));
        }
        CHECK((outcome.wasted_work_fraction == 0 || outcome.wasted_work_fraction > 1e-12));
    }
    CHECK(simulate(udp_storm(100000, 5000)).wasted_work_fraction == 0);
}
