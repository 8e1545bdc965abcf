#include "engine/rtp/rtcp_schedule.h"

#include "busyhour/model/rtcp.h"
#include "engine/rtp/support.h"
#include "support/table.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <vector>

namespace busyhour::engine::rtp {
namespace {

// RFC 3550, A.7: 2.71828 - 1.5
constexpr double compensation_by_hand = 1.21828;

RtcpOptions with_bandwidth(double session_bits_per_s) {
    RtcpOptions options;
    options.session_bits_per_s = session_bits_per_s;
    return options;
}

RtcpSchedule started(const RtcpOptions& options, std::uint64_t seed = 1) {
    RtcpSchedule schedule;
    schedule.start(options, 84, seed, at_ms(0));
    return schedule;
}

/// Lets the timer run out until a report (or BYE) is due; the moment.
Time next_report(RtcpSchedule& schedule, const Population& population) {
    while (true) {
        const Time now = schedule.next_timeout();
        REQUIRE(now != never);
        if (schedule.timeout(population, now) != RtcpSchedule::Due::nothing) return now;
        REQUIRE(schedule.next_timeout() > now);
    }
}

/// Mean time between many reports of one of that population, after the first.
double mean_report_interval_s(const RtcpOptions& options, const Population& population) {
    constexpr int reports = 20000;
    RtcpSchedule schedule = started(options);
    const Time first = next_report(schedule, population);
    schedule.sent(84, population, first);
    Time last = first;
    for (int i = 0; i < reports; ++i) {
        last = next_report(schedule, population);
        schedule.sent(84, population, last);
    }
    return seconds_of(last - first) / reports;
}

}  // namespace

TEST_CASE("the deterministic interval matches RFC 3550 worked by hand", "[engine][rtcp][table]") {
    for (const auto& row : busyhour::test::read_table("rtcp.csv")) {
        CAPTURE(row.text("case"));
        RtcpOptions options = with_bandwidth(row.number("session_bits_per_s"));
        options.has_reduced_minimum = row.is_set("reduced_minimum");
        const RtcpInterval interval{
            .population = {.members = static_cast<std::uint32_t>(row.integer("members_number")),
                           .senders = static_cast<std::uint32_t>(row.integer("senders_number")),
                           .we_sent = row.text("role") == "sender"},
            .average_packet_octets = row.number("average_rtcp_bytes"),
            .is_initial = row.is_set("initial")};
        CHECK(deterministic_interval_s(options, interval) ==
              Approx(row.number("interval_s")).epsilon(1e-12));
    }
}

TEST_CASE("receivers without bandwidth of their own never report", "[engine][rtcp]") {
    RtcpOptions options = with_bandwidth(64000);
    options.receiver_fraction = 0.0;  // RFC 3550, 6.2: R = 0 turns receiver reports off
    RtcpInterval interval{.population = {.members = 4, .senders = 2, .we_sent = false},
                          .average_packet_octets = 100};
    CHECK(deterministic_interval_s(options, interval) > 1e9);
    interval.population.we_sent = true;
    CHECK(deterministic_interval_s(options, interval) == 5.0);
}

TEST_CASE("the first report comes after half the minimum and is spread", "[engine][rtcp]") {
    double least_s = 100;
    double most_s = 0;
    for (std::uint64_t seed = 0; seed < 2000; ++seed) {
        const double first_s =
            seconds_of(started(with_bandwidth(160000), seed).next_timeout() - at_ms(0));
        least_s = std::min(least_s, first_s);
        most_s = std::max(most_s, first_s);
    }
    CHECK(least_s >= 0.5 * 2.5 / compensation_by_hand - 1e-6);
    CHECK(least_s < 1.03);
    CHECK(most_s <= 1.5 * 2.5 / compensation_by_hand + 1e-6);
    CHECK(most_s > 3.07);
}

TEST_CASE("with timer reconsideration the mean interval is the deterministic one",
          "[engine][rtcp]") {
    // RFC 3550, 6.3.1 step 5; 20000 reports of 5 s with a deviation of about 1 s
    const Population two{.members = 2, .senders = 2, .we_sent = true};
    CHECK(mean_report_interval_s(with_bandwidth(160000), two) == Approx(5.0).margin(0.03));
    RtcpOptions reduced = with_bandwidth(160000);
    reduced.has_reduced_minimum = true;
    CHECK(mean_report_interval_s(reduced, two) == Approx(2.25).margin(0.015));
    // 84 + 28 octets, 100 receivers, 0.75 of 1000 octets/s: 14.93 s
    const Population receivers{.members = 102, .senders = 2, .we_sent = false};
    CHECK(mean_report_interval_s(with_bandwidth(160000), receivers) ==
          Approx(100 * 112 / 750.0).epsilon(0.006));
}

TEST_CASE("the mean interval is what the planner's model says", "[engine][rtcp][identity]") {
    const Population two{.members = 2, .senders = 2, .we_sent = true};
    for (const double session_bits_per_s : {160000.0, 48000.0, 3200.0}) {
        CAPTURE(session_bits_per_s);
        busyhour::RtcpSession model;
        model.session_bits_per_s = session_bits_per_s;
        CHECK(mean_report_interval_s(with_bandwidth(session_bits_per_s), two) ==
              Approx(busyhour::mean_interval_s(model, busyhour::RtcpRole::sender)).epsilon(0.006));
    }
}

TEST_CASE("who joins with many others holds its report back", "[engine][rtcp]") {
    RtcpSchedule schedule = started(with_bandwidth(64000));
    const Time first = schedule.next_timeout();
    const Population crowd{.members = 1000, .senders = 0, .we_sent = false};
    CHECK(schedule.timeout(crowd, first) == RtcpSchedule::Due::nothing);
    // 1000 x 112 octets over 0.75 of 400 octets/s
    const double interval_s = 1000 * 112 / 300.0;
    const double due_s = seconds_of(schedule.next_timeout() - at_ms(0));
    CHECK(due_s >= 0.5 * interval_s / compensation_by_hand - 1e-6);
    CHECK(due_s <= 1.5 * interval_s / compensation_by_hand + 1e-6);
}

TEST_CASE("a report comes sooner in proportion to the members that left", "[engine][rtcp]") {
    RtcpSchedule schedule = started(with_bandwidth(64000));
    const Population before{.members = 100, .senders = 2, .we_sent = false};
    const Time sent = next_report(schedule, before);
    schedule.sent(84, before, sent);
    (void)schedule.timeout(before, schedule.next_timeout());  // A.7: pmembers is 100 now
    const Time due = schedule.next_timeout();
    const Time now = sent + (due - sent) / 4;

    schedule.reconsider({.members = 25, .senders = 2, .we_sent = false}, now);
    // RFC 3550, 6.3.4: tn = tc + members/pmembers x (tn - tc)
    CHECK(seconds_of(schedule.next_timeout() - now) ==
          Approx(seconds_of(due - now) / 4).epsilon(1e-6));
    const Time sooner = schedule.next_timeout();
    schedule.reconsider({.members = 30, .senders = 2, .we_sent = false}, now);
    CHECK(schedule.next_timeout() == sooner);  // more than before: nothing to reconsider
}

TEST_CASE("the time since the last report shrinks with the members that left", "[engine][rtcp]") {
    // RFC 3550, 6.3.4: tp = tc - members/pmembers x (tc - tp). All scaled alike, the new timer runs
    // out for good as often as it would have done: for half of the draws.
    constexpr int draws = 1000;
    int sent_in_time = 0;
    for (std::uint64_t seed = 0; seed < draws; ++seed) {
        RtcpSchedule schedule = started(with_bandwidth(64000), seed);
        const Population before{.members = 100, .senders = 0, .we_sent = false};
        const Population after{.members = 25, .senders = 0, .we_sent = false};
        const Time sent = next_report(schedule, before);
        schedule.sent(84, before, sent);
        const Time now = sent + (schedule.next_timeout() - sent) / 4;
        schedule.reconsider(after, now);
        sent_in_time +=
            schedule.timeout(after, schedule.next_timeout()) == RtcpSchedule::Due::report ? 1 : 0;
    }
    CHECK(sent_in_time > draws * 0.44);
    CHECK(sent_in_time < draws * 0.56);
}

TEST_CASE("the second timer is drawn as the first one was", "[engine][rtcp][table]") {
    // RFC 3550, A.7: OnExpire schedules before it clears `initial`; then the fixed minimum holds
    const Population two{.members = 2, .senders = 2, .we_sent = true};
    double least_s = 100;
    for (std::uint64_t seed = 0; seed < 500; ++seed) {
        RtcpSchedule schedule = started(with_bandwidth(160000), seed);
        const Time first = next_report(schedule, two);
        schedule.sent(84, two, first);
        CHECK(seconds_of(schedule.next_timeout() - first) <=
              1.5 * 2.5 / compensation_by_hand + 1e-6);
        least_s = std::min(least_s, seconds_of(next_report(schedule, two) - first));
    }
    CHECK(least_s >= 0.5 * 5.0 / compensation_by_hand - 1e-6);
}

TEST_CASE("who leaves counts the BYEs of others alone", "[engine][rtcp][table]") {
    // RFC 3550, 6.3.7
    RtcpSchedule schedule = started(with_bandwidth(160000));
    schedule.leave(40, {.members = 100, .senders = 1, .we_sent = true}, at_ms(0));
    CHECK(schedule.average_packet_octets() == 68);
    schedule.received(1000);
    CHECK(schedule.average_packet_octets() == 68);
    schedule.received_bye(40 + 16);
    CHECK(schedule.average_packet_octets() == 69);
}

TEST_CASE("the average size follows what is sent and received by a sixteenth",
          "[engine][rtcp][table]") {
    RtcpSchedule schedule = started(with_bandwidth(160000));
    CHECK(schedule.average_packet_octets() == 84 + 28);
    schedule.received(84 + 16);
    CHECK(schedule.average_packet_octets() == 113);  // 15/16 x 112 + 128/16
    const Population two{.members = 2, .senders = 2, .we_sent = true};
    schedule.sent(85 + 32, two, next_report(schedule, two));
    CHECK(schedule.average_packet_octets() == 115);  // 15/16 x 113 + 145/16
}

TEST_CASE("up to fifty members a BYE is due at once", "[engine][rtcp][table]") {
    for (const std::uint32_t members : {2U, 50U, 51U}) {
        CAPTURE(members);
        RtcpSchedule schedule = started(with_bandwidth(64000));
        const Population population{.members = members, .senders = 0, .we_sent = false};
        schedule.leave(40, population, at_ms(1000));
        if (members <= 50) {
            CHECK(schedule.next_timeout() == at_ms(1000));
            CHECK(schedule.timeout(population, at_ms(1000)) == RtcpSchedule::Due::bye);
        } else {
            CHECK(schedule.next_timeout() >= at_ms(2026));  // half of 2.5 s / 1.21828
            CHECK(schedule.timeout(population, at_ms(1000)) == RtcpSchedule::Due::nothing);
        }
        schedule.sent(40, population, schedule.next_timeout());
        if (members <= 50) CHECK(schedule.next_timeout() == never);
    }
}

TEST_CASE("many that leave at once spread their BYEs over the bandwidth", "[engine][rtcp]") {
    constexpr std::uint32_t number = 200;
    const Population all{.members = number, .senders = 0, .we_sent = false};
    std::vector<RtcpSchedule> leavers;
    for (std::uint64_t seed = 0; seed < number; ++seed) {
        leavers.push_back(started(with_bandwidth(64000), seed));
        leavers.back().leave(40, all, at_ms(0));
    }
    std::vector<Time> byes;
    while (byes.size() < number) {
        const auto next = std::min_element(
            leavers.begin(), leavers.end(),
            [](const auto& a, const auto& b) { return a.next_timeout() < b.next_timeout(); });
        const Time now = next->next_timeout();
        REQUIRE(now != never);
        if (next->timeout(all, now) != RtcpSchedule::Due::bye) continue;
        next->sent(40, all, now);
        byes.push_back(now);
        for (RtcpSchedule& other : leavers) other.received_bye(40);
    }
    // Without the back-off all would be gone within 1.5 x 2.5 s / 1.21828. The bandwidth of
    // receivers is 0.75 x 400 octets/s: 200 BYEs of 68 octets take it 45 s.
    const auto early =
        std::count_if(byes.begin(), byes.end(), [](Time bye) { return bye <= at_ms(3079); });
    CHECK(early < number / 4);
    CHECK(seconds_of(byes.back() - at_ms(0)) > 30);
}

TEST_CASE("members time out after five intervals and senders after two", "[engine][rtcp][table]") {
    RtcpOptions options = with_bandwidth(160000);
    options.has_reduced_minimum = true;
    const Population two{.members = 2, .senders = 2, .we_sent = true};
    RtcpSchedule schedule = started(options);
    // RFC 3550, 6.2: time-outs use the fixed minimum of 5 s
    CHECK(schedule.member_timeout(two) == std::chrono::seconds(25));
    const Duration drawn = schedule.next_timeout() - at_ms(0);
    CHECK(schedule.sender_timeout() == 2 * drawn);
}

}  // namespace busyhour::engine::rtp
