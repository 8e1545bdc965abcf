#include "engine/load/media_line.h"
#include "engine/load/media_result.h"

#include <catch2/catch.hpp>

namespace busyhour::engine::load {
namespace {

using rtp::DatagramKind;
using std::chrono::milliseconds;
using std::chrono::seconds;

MediaOptions options_of(std::size_t calls, Duration duration) {
    MediaOptions options;
    options.calls_number = calls;
    options.duration = duration;
    return options;
}

MediaRunResult result_of(const MediaLine& line) {
    MediaRunResult result;
    result.duration_s = to_seconds(line.generator.options().duration);
    count_media(line.generator, result);
    return result;
}

TEST_CASE("each end sends one packet in each packet time", "[engine][load][media]") {
    MediaLine line(options_of(10, seconds(2)));
    line.run();
    REQUIRE(line.sent.size() == 10 * 2 * 100);  // 2 s of 20 ms, no RTCP
    for (std::size_t i = 1; i < line.sent.size(); ++i) {
        REQUIRE(line.sent[i].due - line.sent[i - 1].due == milliseconds(1));
    }
    for (std::size_t end = 0; end < 20; ++end) CHECK(line.sent_of(DatagramKind::rtp, end) == 100);
    const MediaRunResult result = result_of(line);
    for (const MediaDirection& direction : result.directions) {
        CHECK(direction.sent.packets == 1000);
        CHECK(direction.sent.octets == 1000 * 172);  // 160 of G.711 and the header of 12
        CHECK(direction.payload_octets_sent == 160'000);
        CHECK(direction.received.packets == 1000);
        CHECK(direction.received.octets == 172'000);
        CHECK(direction.payload_octets_received == 160'000);
        CHECK(direction.lost + direction.duplicates + direction.reordered == 0);
        CHECK(direction.corrupt + direction.refused == 0);
    }
    CHECK(result.offered_per_s == 1000);
    CHECK(result.achieved_per_s == 1000);
    CHECK(result.send_lateness.largest() == Duration{0});
    CHECK(result.jitter.largest() == Duration{0});
}

TEST_CASE("packets that are lost, doubled, spoilt or swapped are counted as that",
          "[engine][load][media]") {
    MediaLine line(options_of(1, seconds(2)));
    line.delay = milliseconds(3);
    std::optional<MediaLine::Sent> held;
    line.copies = [&](MediaLine::Sent& packet) {
        if (packet.end == 1) return 1;
        const std::size_t number = line.sent_of(DatagramKind::rtp, 0);
        if (number % 10 == 0) return 0;  // 10 of 100
        if (number == 21 || number == 22) return 2;
        if (number == 35) packet.octets[100] ^= 1U;
        if (number == 41) {
            held = packet;
            return 0;
        }
        if (number == 42) {  // before the one that was held
            line.deliver(packet, packet.due + line.delay);
            line.deliver(*held, packet.due + line.delay);
            return 0;
        }
        return 1;
    };
    line.run();
    const MediaRunResult result = result_of(line);
    const MediaDirection& there = result.directions[0];
    CHECK(there.sent.packets == 100);
    CHECK(there.received.packets == 90);
    CHECK(there.lost == 10);
    CHECK(there.duplicates == 2);
    CHECK(there.corrupt == 1);
    CHECK(there.reordered == 1);
    const MediaDirection& back = result.directions[1];
    CHECK(back.received.packets == 100);
    CHECK(back.lost == 0);
    REQUIRE(result.streams.size() == 2);
    CHECK(result.streams[0].loss_fraction == Approx(0.1));
    CHECK(result.streams[1].loss_fraction == 0);
    CHECK(result.streams[1].mean_delay_s == Approx(0.003));
    CHECK(result.offered_per_s == 100);
    CHECK(result.achieved_per_s == 95);
}

TEST_CASE("the last packets count as lost, too", "[engine][load][media]") {
    MediaLine line(options_of(1, seconds(1)));
    line.copies = [&](const MediaLine::Sent& packet) {
        return packet.due < MediaLine::begin + milliseconds(900) ? 1 : 0;
    };
    line.run();
    CHECK(result_of(line).directions[0].lost == 5);
    CHECK(result_of(line).directions[1].lost == 5);
}

TEST_CASE("a generator that wakes up late sends the same packets", "[engine][load][media]") {
    MediaOptions options = options_of(50, seconds(3));
    options.rtcp.session_bits_per_s = 160'000;
    MediaLine punctual(options);
    punctual.run();
    MediaLine late(options);
    late.stall = milliseconds(70);  // more than a batch holds
    late.run();
    REQUIRE(late.sent.size() == punctual.sent.size());
    for (std::size_t i = 0; i < late.sent.size(); ++i) {
        REQUIRE(late.sent[i].end == punctual.sent[i].end);
        REQUIRE(late.sent[i].due == punctual.sent[i].due);
    }
    CHECK(punctual.generator.late_packets() == 0);
    CHECK(late.generator.late_packets() > 50 * 2 * 150 * 9 / 10);
    CHECK(late.generator.send_lateness().largest() <= milliseconds(70));
    CHECK(late.generator.send_lateness().quantile(0.5) > milliseconds(30));
}

TEST_CASE("both ends report by RTCP and say goodbye", "[engine][load][media]") {
    MediaOptions options = options_of(200, seconds(60));
    options.rtcp.session_bits_per_s = 160'000;
    MediaLine line(options);
    line.run();
    const MediaRunResult result = result_of(line);
    for (const MediaDirection& direction : result.directions) {
        // rfc3550 6.3.1: the first report after 2.5 s on average, then one in 5 s, where a window
        // holds half an interval less than its length says (renewals); and the BYE.
        const double reports = 1 + (60 - 2.5) / 5 - 0.5;
        CHECK(static_cast<double>(direction.rtcp_sent.packets) / 200 ==
              Approx(reports + 1).margin(0.15));
        CHECK(direction.rtcp_received.packets == direction.rtcp_sent.packets);
        CHECK(direction.rtcp_received.octets == direction.rtcp_sent.octets);
        CHECK(direction.sent.packets == 200 * 3000);
        CHECK(direction.lost == 0);
    }
    CHECK(result.round_trip.count() == 400);
}

TEST_CASE("of a one-way call the caller talks and both report", "[engine][load][media]") {
    MediaOptions options = options_of(4, seconds(20));
    options.is_one_way = true;
    options.rtcp.session_bits_per_s = 160'000;
    MediaLine line(options);
    line.run();
    const MediaRunResult result = result_of(line);
    CHECK(result.directions[0].sent.packets == 4 * 1000);
    CHECK(result.directions[0].lost == 0);
    CHECK(result.directions[1].sent.packets == 0);
    CHECK(result.directions[0].rtcp_received.packets > 0);
    CHECK(result.directions[1].rtcp_received.packets > 0);
    CHECK(result.streams.size() == 4);
}

TEST_CASE("with silence suppression no packet is sent in a pause and none is lost",
          "[engine][load][media]") {
    MediaOptions options = options_of(20, seconds(30));
    options.discontinuous.mean_talkspurt = seconds(1);
    options.discontinuous.mean_pause = seconds(1);
    MediaLine line(options);
    line.run();
    const MediaRunResult result = result_of(line);
    CHECK(result.offered_packets > 20 * 2 * 1500 * 3 / 10);
    CHECK(result.offered_packets < 20 * 2 * 1500 * 7 / 10);
    CHECK(result.directions[0].lost + result.directions[1].lost == 0);
    CHECK(result.directions[0].refused + result.directions[0].corrupt == 0);
}

TEST_CASE("what comes from elsewhere or to another end is misdelivered", "[engine][load][media]") {
    MediaLine line(options_of(2, seconds(1)));
    line.copies = [](const MediaLine::Sent&) { return 0; };
    line.run();
    MediaLine::Sent packet = line.sent.front();
    MediaGenerator& generator = line.generator;
    const Peer& home = generator.end(packet.end ^ 1U).local.rtp;
    const Peer& far = generator.end(packet.end).local.rtp;
    generator.receive(packet.octets, home, loopback(9), MediaLine::begin);
    generator.receive(packet.octets, generator.end(3).local.rtp, far, MediaLine::begin);
    CHECK(generator.strays().misdelivered == 2);
    packet.octets[9] ^= 1U;  // the SSRC
    generator.receive(packet.octets, home, far, MediaLine::begin);
    std::vector<std::uint8_t> scrap{0x80, 0};
    generator.receive(scrap, home, far, MediaLine::begin);
    std::vector<std::uint8_t> stun(20, 0);
    generator.receive(stun, home, far, MediaLine::begin);
    CHECK(generator.strays().foreign == 3);
    CHECK(generator.received_packets() == 0);
    packet.octets[9] ^= 1U;
    generator.receive(packet.octets, home, far, MediaLine::begin);
    CHECK(generator.received_packets() == 1);
}

TEST_CASE("calls that were left out stay silent", "[engine][load][media]") {
    MediaLine line(options_of(3, seconds(1)));
    line.generator.leave_out(1);
    line.run();
    CHECK(line.sent.size() == 2 * 2 * 50);
    CHECK(result_of(line).calls_number == 2);
    CHECK(result_of(line).streams.size() == 4);
}

TEST_CASE("SRTP adds its octets and hides the payload", "[engine][load][media]") {
    const auto [suite, rtp_octets, rtcp_octets] =
        GENERATE(table<rtp::SrtpSuite, std::size_t, std::size_t>({
            {rtp::SrtpSuite::aes_cm_128_hmac_sha1_80, 10, 14},  // rfc3711 5.2, 3.4
            {rtp::SrtpSuite::aead_aes_128_gcm, 16, 20},         // rfc7714 12, 9.2
        }));
    MediaOptions options = options_of(2, seconds(10));
    options.suite = suite;
    options.rtcp.session_bits_per_s = 160'000;
    MediaLine line(options);
    bool is_first = true;
    line.copies = [&](const MediaLine::Sent& packet) {
        if (packet.kind == DatagramKind::rtcp || !is_first) return 1;
        is_first = false;
        MediaLine::Sent forged = packet;
        forged.octets[50] ^= 1U;
        line.deliver(forged, packet.due);
        return 2;
    };
    line.run();
    const MediaRunResult result = result_of(line);
    const MediaDirection& there = result.directions[0];
    CHECK(there.sent.packets == 2 * 500);
    CHECK(there.sent.octets == 1000 * (172 + rtp_octets));
    CHECK(there.received.octets == there.sent.octets);
    CHECK(there.payload_octets_received == 160'000);
    CHECK(there.lost + there.corrupt == 0);
    CHECK(there.refused == 1);     // forged
    CHECK(there.duplicates == 1);  // replayed
    CHECK(there.rtcp_received.packets == there.rtcp_sent.packets);
    std::uint64_t plain_octets = 0;
    for (std::size_t call = 0; call < 2; ++call) {
        plain_octets += line.generator.end(2 * call).session.counts().rtcp_sent_octets;
    }
    CHECK(there.rtcp_sent.octets == plain_octets + there.rtcp_sent.packets * rtcp_octets);
}

}  // namespace
}  // namespace busyhour::engine::load
