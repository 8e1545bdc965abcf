#include "engine/rtp/session.h"

#include "engine/rtp/session_pair.h"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

namespace busyhour::engine::rtp {
namespace {

const Payload& g711_payload() {
    static const Payload payload{Format()};
    return payload;
}

/// Both have joined at 1 s.
SessionPair joined_pair() {
    SessionPair pair;
    pair.caller().start(g711_session(1), g711_payload(), at_ms(1000));
    pair.callee().start(g711_session(2), g711_payload(), at_ms(1000));
    return pair;
}

/// The next packet that the session sends, of that kind.
OctetVector next_of(Session& session, DatagramKind kind, Time& now) {
    OctetVector out(session.packet_octets_max());
    while (true) {
        now = session.next_timeout();
        REQUIRE(now != never);
        const Written written = session.timeout(now, out);
        if (written.kind != kind) continue;
        out.resize(written.octets);
        return out;
    }
}

std::vector<unsigned> types_of(Octets compound) {
    std::vector<unsigned> types;
    while (const std::optional<RtcpPacket> packet = next_rtcp(compound)) {
        types.push_back(packet->type);
    }
    return types;
}

OctetVector report_about(std::uint32_t reporter, const ReportBlock& block) {
    OctetVector out(100);
    RtcpWriter writer(out);
    writer.receiver_report(reporter, std::array<ReportBlock, 1>{block});
    writer.source_description(reporter, "far@end");
    out.resize(writer.size());
    return out;
}

OctetVector rtp_of(std::uint32_t ssrc, std::uint16_t sequence) {
    OctetVector out(172);
    write_rtp_header(header_of(sequence, sequence * 160U, ssrc), out);
    return out;
}

}  // namespace

TEST_CASE("two participants hear all that the other sends", "[engine][rtp]") {
    SessionPair pair = joined_pair();
    const SentCounts sent = pair.run_until(at_ms(61000));
    CHECK(sent.rtp == 2 * 60 * 50);
    CHECK(sent.rtp_octets == sent.rtp * 172);
    for (Session* const session : {&pair.caller(), &pair.callee()}) {
        const Reception reception = session->sink().reception();
        CHECK(reception.packets == 3000);
        CHECK(reception.expected == 3000);
        CHECK(reception.lost() == 0);
        CHECK(reception.jitter_max == Duration{0});
        CHECK(session->source().packets() == 3000);
        CHECK(session->population().members == 2);
        CHECK(session->population().senders == 2);
        CHECK(session->counts().rtcp_received > 9);
        CHECK(session->counts().malformed_rtcp == 0);
        REQUIRE(session->reported());
        CHECK(session->reported()->fraction_lost == 0);
        CHECK(session->reported()->cumulative_lost == 0);
        REQUIRE(session->round_trip());
        CHECK(*session->round_trip() <= std::chrono::microseconds(16));  // 1/65536 s
    }
    CHECK(pair.caller().sink().ssrc() == pair.callee().source().ssrc());
}

TEST_CASE("a report of a sender weighs 84 octets with a CNAME of 20", "[engine][rtcp][table]") {
    // RFC 3550, 6.4.1 and 6.5: 8 + 20 + 24 + 32
    SessionPair pair = joined_pair();
    pair.run_until(at_ms(20000));
    Time now{};
    const OctetVector report = next_of(pair.caller(), DatagramKind::rtcp, now);
    CHECK(report.size() == 84);
    CHECK(types_of(report) == std::vector<unsigned>{200, 202});
}

TEST_CASE("who only receives sends receiver reports", "[engine][rtcp]") {
    SessionPair pair;
    SessionOptions listener = g711_session(1);
    listener.is_sending = false;
    pair.caller().start(listener, g711_payload(), at_ms(0));
    pair.callee().start(g711_session(2), g711_payload(), at_ms(0));
    const SentCounts sent = pair.run_until(at_ms(30000));
    CHECK(sent.rtp == 1500);
    CHECK(pair.caller().population().senders == 1);
    Time now{};
    const OctetVector report = next_of(pair.caller(), DatagramKind::rtcp, now);
    CHECK(types_of(report) == std::vector<unsigned>{201, 202});
    CHECK(report.size() == 8 + 24 + 32);
}

TEST_CASE("a sender that falls silent becomes a receiver after two intervals", "[engine][rtcp]") {
    SessionPair pair = joined_pair();
    pair.run_until(at_ms(20000));
    CHECK(pair.caller().population().we_sent);
    pair.caller().source().stop();
    pair.run_until(at_ms(50000));  // RFC 3550, 6.3.8: 2 x 6.2 s at the most, seen at a report
    CHECK_FALSE(pair.caller().population().we_sent);
    CHECK(pair.callee().population().senders == 1);
    CHECK(pair.callee().population().members == 2);
    Time now{};
    CHECK(types_of(next_of(pair.caller(), DatagramKind::rtcp, now)) ==
          std::vector<unsigned>{201, 202});
}

TEST_CASE("the round trip is that of RFC 3550 figure 2", "[engine][rtcp][table]") {
    SessionPair pair = joined_pair();
    Time sent{};
    const OctetVector report = next_of(pair.caller(), DatagramKind::rtcp, sent);
    Octets rest = report;
    const std::optional<Report> sender_report = parse_report(*next_rtcp(rest));
    REQUIRE(sender_report);
    REQUIRE(sender_report->sender);
    // It comes back after 11.375 s, of which the far end held it for 5.25 s.
    const ReportBlock block{.ssrc = pair.caller().source().ssrc(),
                            .last_sr = middle_of(sender_report->sender->ntp_timestamp),
                            .delay_since_last_sr = 0x00054000};
    pair.caller().receive(report_about(99, block), sent + std::chrono::milliseconds(11375));
    REQUIRE(pair.caller().round_trip());
    CHECK(seconds_of(*pair.caller().round_trip()) == Approx(6.125).margin(2.0 / 65536));
}

TEST_CASE("a report that answers no sender report of ours gives no round trip", "[engine][rtcp]") {
    SessionPair pair = joined_pair();
    const ReportBlock block{.ssrc = pair.caller().source().ssrc(),
                            .fraction_lost = 3,
                            .last_sr = 0x12345678,
                            .delay_since_last_sr = 0xffffffff};
    CHECK(pair.caller().receive(report_about(99, block), at_ms(2000)).is_valid);
    CHECK_FALSE(pair.caller().round_trip());
    CHECK(pair.caller().reported()->fraction_lost == 3);
    const ReportBlock other{.ssrc = 1, .fraction_lost = 200};
    pair.caller().receive(report_about(99, other), at_ms(2000));
    CHECK(pair.caller().reported()->fraction_lost == 3);
}

TEST_CASE("the NTP timestamp is the moment handed in and the offset", "[engine][rtcp][table]") {
    SessionOptions options = g711_session(1);
    options.ntp_offset = std::chrono::seconds(3024992000);  // RFC 3550, figure 2, in 1995
    Session session;
    session.start(options, g711_payload(), at_ms(0));
    Time now{};
    const OctetVector compound = next_of(session, DatagramKind::rtcp, now);
    Octets rest = compound;
    const std::optional<Report> report = parse_report(*next_rtcp(rest));
    REQUIRE(report);
    REQUIRE(report->sender);
    const double seconds =
        static_cast<double>(report->sender->ntp_timestamp >> 32U) +
        static_cast<double>(report->sender->ntp_timestamp & 0xffffffffU) * 0x1p-32;
    CHECK(seconds - 3024992000 == Approx(seconds_of(now - at_ms(0))).margin(1e-6));
    CHECK(report->sender->packets == session.source().packets());
}

TEST_CASE("who leaves says so at once and falls silent", "[engine][rtcp]") {
    SessionPair pair = joined_pair();
    pair.run_until(at_ms(11000));
    Time now{};
    const OctetVector straggler = next_of(pair.caller(), DatagramKind::rtp, now);
    pair.caller().leave("bye", at_ms(11001));
    const OctetVector compound = next_of(pair.caller(), DatagramKind::rtcp, now);
    CHECK(now == at_ms(11001));
    CHECK(types_of(compound) == std::vector<unsigned>{200, 202, 203});
    CHECK(compound.size() == 84 + 12);
    CHECK(pair.caller().next_timeout() == never);

    pair.callee().receive(compound, now);
    CHECK(pair.callee().is_left());
    CHECK(pair.callee().population().members == 1);
    CHECK(pair.callee().population().senders == 1);
    // What was overtaken by it is received, and makes it no member again: RFC 3550, 6.2.1
    CHECK(pair.callee().receive(straggler, now).arrival == Arrival::in_order);
    CHECK(pair.callee().population().members == 1);
    CHECK(pair.callee().sink().reception().lost() == 0);
}

TEST_CASE("who never sent a packet leaves without a word", "[engine][rtcp]") {
    // RFC 3550, 6.3.7
    SessionOptions options = g711_session(1);
    options.is_sending = false;
    Session session;
    session.start(options, g711_payload(), at_ms(0));
    session.leave("", at_ms(100));
    CHECK(session.next_timeout() == never);
}

TEST_CASE("without a bandwidth there is no RTCP", "[engine][rtcp]") {
    SessionOptions options = g711_session(1);
    options.rtcp.session_bits_per_s = 0;
    SessionPair pair;
    pair.caller().start(options, g711_payload(), at_ms(0));
    options.source.seed = 2;
    pair.callee().start(options, g711_payload(), at_ms(0));
    CHECK(pair.run_until(at_ms(60000)).rtcp == 0);
    pair.caller().leave("", at_ms(60000));
    CHECK(pair.caller().next_timeout() == never);
}

TEST_CASE("a far end that is cut off is timed out after 25 s", "[engine][rtcp][table]") {
    // RFC 3550, 6.3.5: five intervals of 5 s, seen at the next report
    SessionPair pair = joined_pair();
    pair.run_until(at_ms(20000));
    pair.is_cut = true;
    pair.run_until(at_ms(44900));
    CHECK(pair.caller().population().members == 2);
    pair.run_until(at_ms(45000 + 6200 + 6200));
    CHECK(pair.caller().population().members == 1);
}

TEST_CASE("a collision makes us say goodbye and take another SSRC", "[engine][rtcp]") {
    // RFC 3550, 8.2
    SessionPair pair = joined_pair();
    pair.run_until(at_ms(11000));
    Session& session = pair.caller();
    const std::uint32_t old_ssrc = session.source().ssrc();
    CHECK_FALSE(session.receive(rtp_of(old_ssrc, 5), at_ms(11000)).is_valid);
    CHECK(session.counts().collisions == 1);
    CHECK(session.source().ssrc() != old_ssrc);
    CHECK(session.next_timeout() == at_ms(11000));
    Time now{};
    const OctetVector compound = next_of(session, DatagramKind::rtcp, now);
    CHECK(now == at_ms(11000));
    CHECK(types_of(compound) == std::vector<unsigned>{201, 202, 203});
    Octets rest = compound;
    next_rtcp(rest);
    next_rtcp(rest);
    CHECK(parse_bye(*next_rtcp(rest))->ssrc(0) == old_ssrc);

    const OctetVector next = next_of(session, DatagramKind::rtp, now);
    CHECK(parse_rtp(next)->header.ssrc == session.source().ssrc());
    CHECK(session.source().packets() == 1);

    // When the new one comes back too it is our own packets that do: no flood of BYEs.
    const std::uint32_t new_ssrc = session.source().ssrc();
    for (std::uint16_t i = 0; i < 100; ++i) session.receive(rtp_of(new_ssrc, i), at_ms(12000));
    CHECK(session.source().ssrc() == new_ssrc);
    CHECK(session.counts().looped == 100);
    CHECK(session.counts().collisions == 1);
    CHECK(session.next_timeout() > at_ms(11000));
}

TEST_CASE("our own reports that come back are ignored", "[engine][rtcp]") {
    SessionPair pair = joined_pair();
    pair.run_until(at_ms(11000));
    Session& session = pair.caller();
    session.receive(rtp_of(session.source().ssrc(), 5), at_ms(11000));  // the one collision
    Time now{};
    next_of(session, DatagramKind::rtcp, now);
    const OctetVector report = next_of(session, DatagramKind::rtcp, now);
    const Population before = session.population();
    session.receive(report, now);
    CHECK(session.counts().looped == 1);
    CHECK(session.population().members == before.members);
}

TEST_CASE("a flood of strangers keeps nobody out and changes no interval", "[engine][rtcp]") {
    SessionPair pair = joined_pair();
    for (std::uint32_t ssrc = 1; ssrc <= 1000; ++ssrc) {
        OctetVector out(8);
        RtcpWriter writer(out);
        writer.receiver_report(ssrc, {});
        CHECK(pair.caller().receive(out, at_ms(1000)).is_valid);
    }
    CHECK(pair.caller().population().members == 1);  // RFC 3550, 6.2.1: none is valid yet
    pair.run_until(at_ms(10000));
    CHECK(pair.caller().population().members == 2);
    CHECK(pair.caller().population().senders == 2);
    for (std::uint32_t ssrc = 1; ssrc <= 1000; ++ssrc) {
        OctetVector out(8);
        RtcpWriter writer(out);
        writer.receiver_report(ssrc, {});
        pair.caller().receive(out, at_ms(10000));
    }
    CHECK(pair.caller().population().members == 2);
    // The far end is still known: its BYE makes one member less.
    OctetVector out(40);
    RtcpWriter writer(out);
    writer.receiver_report(pair.callee().source().ssrc(), {});
    writer.bye(pair.callee().source().ssrc());
    pair.caller().receive(writer.compound(), at_ms(10000));
    CHECK(pair.caller().population().members == 1);
}

TEST_CASE("the contributors of a mixer are members", "[engine][rtcp]") {
    // RFC 3550, 6.3.3
    SessionPair pair = joined_pair();
    const OctetVector csrcs = octets_of("00 00 00 05 00 00 00 06");
    for (std::uint16_t sequence = 0; sequence < 3; ++sequence) {
        RtpPacket packet;
        packet.header = header_of(sequence, sequence * 160U, 77);
        packet.csrcs = csrcs;
        OctetVector out(20);
        REQUIRE(write_rtp(packet, out) == 20);
        pair.caller().receive(out, at_ms(1000));
    }
    CHECK(pair.caller().population().members == 4);
    CHECK(pair.caller().population().senders == 1);
}

TEST_CASE("malformed and foreign datagrams are counted and ignored", "[engine][rtp]") {
    SessionPair pair = joined_pair();
    Session& session = pair.caller();
    CHECK_FALSE(session.receive(octets_of("80 00 00 01"), at_ms(1000)).is_valid);
    CHECK(session.counts().malformed_rtp == 1);
    CHECK_FALSE(session.receive(octets_of("80 c8 00 06 00 00 00 01"), at_ms(1000)).is_valid);
    CHECK(session.counts().malformed_rtcp == 1);
    CHECK(session.receive(octets_of("00 01 00 00"), at_ms(1000)).kind == DatagramKind::stun);
    CHECK(session.receive({}, at_ms(1000)).kind == DatagramKind::unknown);
    CHECK(session.counts().foreign == 2);
    CHECK(session.population().members == 1);
}

TEST_CASE("a session starts anew as if it were fresh", "[engine][rtp]") {
    SessionPair pair = joined_pair();
    pair.run_until(at_ms(15000));
    Session& session = pair.caller();
    Time now{};
    const OctetVector old_report = next_of(session, DatagramKind::rtcp, now);
    session.receive(rtp_of(session.source().ssrc(), 5), at_ms(15000));  // a BYE is due
    session.start(g711_session(9), g711_payload(), at_ms(20000));
    Session fresh;
    fresh.start(g711_session(9), g711_payload(), at_ms(20000));
    CHECK(session.source().packets() == 0);
    CHECK(session.counts().rtcp_sent == 0);
    CHECK(session.sink().reception().packets == 0);
    CHECK_FALSE(session.reported());
    CHECK_FALSE(session.round_trip());
    CHECK_FALSE(session.is_left());
    CHECK(session.population().members == 1);
    // A report that answers the old call's sender report
    Octets rest = old_report;
    const ReportBlock late{
        .ssrc = session.source().ssrc(),
        .last_sr = middle_of(parse_report(*next_rtcp(rest))->sender->ntp_timestamp)};
    for (Session* const each : {&session, &fresh}) {
        each->receive(report_about(99, late), at_ms(20000));
        CHECK_FALSE(each->round_trip());
    }
    for (int i = 0; i < 1000; ++i) {
        OctetVector one(2000);
        OctetVector other(2000);
        now = session.next_timeout();
        REQUIRE(now == fresh.next_timeout());
        const Written written = session.timeout(now, one);
        REQUIRE(written.octets == fresh.timeout(now, other).octets);
        REQUIRE(one == other);
    }
}

}  // namespace busyhour::engine::rtp
