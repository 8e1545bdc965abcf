#include "busyhour/model/rtcp.h"

#include "busyhour/error.h"
#include "support/table.h"

#include <catch2/catch.hpp>

#include <limits>
#include <random>
#include <string>

using namespace busyhour;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

RtcpRole role_named(const std::string& name) {
    REQUIRE((name == "sender" || name == "receiver"));
    return name == "sender" ? RtcpRole::sender : RtcpRole::receiver;
}

/// A draw of RFC 3550, appendix A.7: Td randomised by 0.5 to 1.5 and compensated.
double draw_interval_s(std::mt19937_64& random, double deterministic_s) {
    return std::uniform_real_distribution<>(0.5, 1.5)(random) * deterministic_s / (2.71828 - 1.5);
}

/// Mean gap of `packets` reports sent by the OnExpire procedure of RFC 3550, appendix A.7.
double simulated_mean_gap_s(double deterministic_s, int packets) {
    std::mt19937_64 random(20240607);
    double previous_s = 0;
    double due_s = draw_interval_s(random, deterministic_s);
    for (int sent = 0; sent < packets;) {
        const double now_s = due_s;
        due_s = previous_s + draw_interval_s(random, deterministic_s);
        if (due_s > now_s) continue;  // reconsidered: wait on
        ++sent;
        previous_s = now_s;
        due_s = now_s + draw_interval_s(random, deterministic_s);
    }
    return previous_s / packets;
}

}  // namespace

TEST_CASE("deterministic_interval_s matches RFC 3550 by hand", "[model][rtcp][table]") {
    for (const auto& row : test::read_table("rtcp.csv")) {
        const RtcpSession session = {.members_number = row.number("members_number"),
                                     .senders_number = row.number("senders_number"),
                                     .average_rtcp_bytes = row.number("average_rtcp_bytes"),
                                     .session_bits_per_s = row.number("session_bits_per_s"),
                                     .initial = row.is_set("initial"),
                                     .reduced_minimum = row.is_set("reduced_minimum")};
        CAPTURE(row.text("case"));
        CHECK(deterministic_interval_s(session, role_named(row.text("role"))) ==
              Approx(row.number("interval_s")).epsilon(1e-12));
    }
}

TEST_CASE("a call of two reports each 5 s whatever its average report", "[model][rtcp]") {
    const RtcpSession call = {.session_bits_per_s = 160000};
    CHECK(deterministic_interval_s(call, RtcpRole::sender) == 5);
    CHECK(packets_per_s(call) == Approx(0.4).epsilon(1e-14));
}

TEST_CASE("the bandwidth interval shows where it exceeds the minimum", "[model][rtcp]") {
    // n C = 2 x 120 / 1000 = 0.24 s; a hundredth of the bandwidth makes it 24 s.
    const RtcpSession call = {
        .average_rtcp_bytes = 120, .session_bits_per_s = 160000, .rtcp_bandwidth_fraction = 0.0005};
    CHECK(deterministic_interval_s(call, RtcpRole::sender) == Approx(24).epsilon(1e-12));
}

TEST_CASE("the reduced minimum is 360 s over kilobits per second", "[model][rtcp]") {
    CHECK(reduced_minimum_s(80000) == 4.5);
    CHECK(reduced_minimum_s(160000) == 2.25);
    CHECK(reduced_minimum_s(72000) == 5);
}

TEST_CASE("the compensation is e - 3/2", "[model][rtcp]") {
    CHECK(compensation_factor() == Approx(1.21828).margin(1e-5));
}

TEST_CASE("without reconsideration reports come too early", "[model][rtcp]") {
    const RtcpSession call = {.session_bits_per_s = 160000};
    CHECK(mean_interval_without_reconsideration_s(call, RtcpRole::sender) ==
          Approx(4.10415).margin(1e-3));
    std::mt19937_64 random(7);
    double sum_s = 0;
    for (int i = 0; i < 200000; ++i) sum_s += draw_interval_s(random, 5);
    CHECK(mean_interval_without_reconsideration_s(call, RtcpRole::sender) ==
          Approx(sum_s / 200000).margin(0.015));
}

TEST_CASE("timer reconsideration sends at the deterministic interval on average",
          "[model][rtcp][identity]") {
    const RtcpSession call = {.session_bits_per_s = 160000};
    const RtcpSession narrow = {.average_rtcp_bytes = 120, .session_bits_per_s = 3200};
    CHECK(mean_interval_s(call, RtcpRole::sender) ==
          Approx(simulated_mean_gap_s(5, 200000)).epsilon(0.003));
    CHECK(mean_interval_s(narrow, RtcpRole::sender) ==
          Approx(simulated_mean_gap_s(12, 200000)).epsilon(0.003));
}

TEST_CASE("packets_per_s adds what senders and receivers send", "[model][rtcp]") {
    // 2 senders each 5 s and 100 receivers each 12 s.
    const RtcpSession conference = {.members_number = 102,
                                    .senders_number = 2,
                                    .average_rtcp_bytes = 90,
                                    .session_bits_per_s = 160000};
    CHECK(packets_per_s(conference) == Approx(2.0 / 5 + 100.0 / 12).epsilon(1e-12));
}

TEST_CASE("a large session spends exactly its RTCP bandwidth", "[model][rtcp][identity]") {
    for (const double senders_number : {1000.0, 2500.0, 2501.0, 10000.0}) {
        const RtcpSession session = {.members_number = 10000,
                                     .senders_number = senders_number,
                                     .average_rtcp_bytes = 100,
                                     .session_bits_per_s = 64000};
        CAPTURE(senders_number);
        CHECK(packets_per_s(session) * 100 * 8 == Approx(0.05 * 64000).epsilon(1e-12));
    }
}

TEST_CASE("a session that grows reports no faster in all than its bandwidth",
          "[model][rtcp][limit]") {
    double longer_s = 0;
    for (double members_number = 2; members_number < 1e6; members_number *= 4) {
        const RtcpSession session = {
            .members_number = members_number, .senders_number = 1, .session_bits_per_s = 64000};
        const double interval_s = deterministic_interval_s(session, RtcpRole::receiver);
        CHECK(interval_s >= longer_s);
        CHECK(packets_per_s(session) * 112 * 8 <= 0.05 * 64000 * (1 + 1e-12));
        longer_s = interval_s;
    }
}

TEST_CASE("compound packets have the sizes of RFC 3550", "[model][rtcp][table]") {
    struct Row {
        int cname_octets;
        double payload_bytes;
        double ipv4_bytes;
    };
    const Row rows[] = {{8, 72, 100}, {16, 80, 108}, {20, 84, 112}, {24, 88, 116}, {32, 96, 124}};
    for (const Row& row : rows) {
        const double actual = rtcp_compound_bytes({.cname_octets = row.cname_octets});
        CAPTURE(row.cname_octets);
        CHECK(actual == row.payload_bytes);
        CHECK(actual + ipv4_udp_header_bytes == row.ipv4_bytes);
        CHECK(actual + ipv6_udp_header_bytes == row.ipv4_bytes + 20);
    }
    CHECK(RtcpSession{}.average_rtcp_bytes == rtcp_compound_bytes({}) + ipv4_udp_header_bytes);
    CHECK(rtcp_compound_bytes({.role = RtcpRole::receiver}) == 8 + 24 + 32);
}

TEST_CASE("reports grow by 24 octets for each block", "[model][rtcp]") {
    CHECK(sender_report_bytes(0) == 28);
    CHECK(receiver_report_bytes(0) == 8);
    CHECK(sender_report_bytes(1) == 52);
    CHECK(receiver_report_bytes(31) == 8 + 31 * 24);
}

TEST_CASE("a source description is padded to words after its end mark", "[model][rtcp]") {
    CHECK(source_description_bytes(1) == 12);
    CHECK(source_description_bytes(5) == 16);  // 4 + 2 + 5 + 1 fill three words
    CHECK(source_description_bytes(6) == 20);
    CHECK(source_description_bytes(255) == 4 + 264);
}

TEST_CASE("the rule of thumb counts 5 RTCP packets for 100 of RTP", "[model][rtcp]") {
    CHECK(share_rule_packets_per_s(100000) == Approx(5000).epsilon(1e-14));
    CHECK(share_rule_packets_per_s(0) == 0);
}

TEST_CASE("rtcp functions refuse arguments out of range by name", "[model][rtcp][error]") {
    for (const double bad : {0.0, -1.0, 1e13, infinity, not_a_number}) {
        CHECK_THROWS_WITH(reduced_minimum_s(bad), Catch::StartsWith("session_bits_per_s: "));
        CHECK_THROWS_WITH(packets_per_s({.session_bits_per_s = bad}),
                          Catch::StartsWith("session_bits_per_s: "));
        CHECK_THROWS_WITH(
            packets_per_s({.session_bits_per_s = 64000, .rtcp_bandwidth_fraction = bad}),
            Catch::StartsWith("rtcp_bandwidth_fraction: "));
        CHECK_THROWS_WITH(packets_per_s({.average_rtcp_bytes = bad, .session_bits_per_s = 64000}),
                          Catch::StartsWith("average_rtcp_bytes: "));
    }
    for (const double bad : {-1.0, 3.0, infinity, not_a_number}) {
        CHECK_THROWS_WITH(packets_per_s({.senders_number = bad, .session_bits_per_s = 64000}),
                          Catch::StartsWith("senders_number: "));
    }
    for (const double bad : {-1.0, infinity, not_a_number}) {
        CHECK_THROWS_WITH(share_rule_packets_per_s(bad), Catch::StartsWith("rtp_packets_per_s: "));
        CHECK_THROWS_AS(packets_per_s({.members_number = bad, .session_bits_per_s = 64000}),
                        InputError);
    }
    CHECK_THROWS_WITH(sender_report_bytes(32), Catch::StartsWith("report_blocks: "));
    CHECK_THROWS_WITH(receiver_report_bytes(-1), Catch::StartsWith("report_blocks: "));
    CHECK_THROWS_WITH(source_description_bytes(0), Catch::StartsWith("cname_octets: "));
    CHECK_THROWS_WITH(source_description_bytes(256), Catch::StartsWith("cname_octets: "));
}

TEST_CASE("every fault of a session is reported at once", "[model][rtcp][error]") {
    try {
        packets_per_s({.members_number = 0, .session_bits_per_s = 0});
        FAIL("no error");
    } catch (const InputError& error) {
        REQUIRE(error.problems().size() == 3);
        CHECK(error.problems()[0].where == "members_number");
        CHECK(error.problems()[1].where == "senders_number");
        CHECK(error.problems()[2].where == "session_bits_per_s");
    }
}
