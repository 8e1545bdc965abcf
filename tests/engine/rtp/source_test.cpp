#include "engine/rtp/source.h"

#include "busyhour/catalog/catalog.h"
#include "engine/rtp/support.h"
#include "support/table.h"

#include <catch2/catch.hpp>

#include <cmath>
#include <string>
#include <vector>

namespace busyhour::engine::rtp {
namespace {

struct SentPacket {
    Time at{};
    RtpHeader header;
    OctetVector payload;
};

Source source_of(const Payload& payload, const SourceOptions& options = {}) {
    Source source;
    source.start(payload, options, at_ms(0));
    return source;
}

SentPacket send_next(Source& source) {
    OctetVector out(source.packet_octets_max());
    const Time now = source.next_timeout();
    REQUIRE(now != never);
    out.resize(source.timeout(now, out));
    const std::optional<RtpPacket> packet = parse_rtp(out);
    REQUIRE(packet);
    return {now, packet->header, {packet->payload.begin(), packet->payload.end()}};
}

std::vector<SentPacket> send_until(Source& source, Time end) {
    std::vector<SentPacket> packets;
    while (source.next_timeout() < end) packets.push_back(send_next(source));
    return packets;
}

SourceOptions with_pauses(std::uint8_t payload_octets, Duration interval = Duration{0}) {
    SourceOptions options;
    options.discontinuous.mean_talkspurt = std::chrono::milliseconds(1000);
    options.discontinuous.mean_pause = std::chrono::milliseconds(1500);
    options.discontinuous.payload_octets = payload_octets;
    options.discontinuous.interval = interval;
    options.discontinuous.noise_level_minus_dbov = 60;
    return options;
}

}  // namespace

TEST_CASE("sequence numbers and timestamps go on packet by packet", "[engine][rtp]") {
    const Payload payload{Format()};
    Source source = source_of(payload);
    const std::vector<SentPacket> packets = send_until(source, at_ms(2000));
    REQUIRE(packets.size() == 100);
    for (std::size_t i = 0; i < packets.size(); ++i) {
        const RtpHeader& header = packets[i].header;
        CHECK(packets[i].at == at_ms(20 * static_cast<std::int64_t>(i)));
        CHECK(header.sequence == static_cast<std::uint16_t>(packets[0].header.sequence + i));
        CHECK(header.timestamp == packets[0].header.timestamp + 160 * i);
        CHECK(header.ssrc == source.ssrc());
        CHECK(header.payload_type == 0);
        CHECK_FALSE(header.marker);  // RFC 3551, 4.1: never without silence suppression
        CHECK(payload.is_intact(header, packets[i].payload));
    }
    CHECK(source.packets() == 100);
    CHECK(source.payload_octets() == 16000);
}

TEST_CASE("every codec and ptime of the catalogue is sent with its octets and clock",
          "[engine][rtp][table]") {
    static const busyhour::Catalog catalog = busyhour::load_catalog();
    for (const auto& row : busyhour::test::read_table("codecs.csv")) {
        CAPTURE(row.text("codec"), row.text("bit_rate_bits_per_s"), row.text("ptime_ms"));
        const busyhour::Codec& codec = busyhour::codec_named(catalog, row.text("codec"), "codec");
        const double ptime_ms = row.number("ptime_ms");
        Format format;
        format.payload_type = static_cast<std::uint8_t>(codec.static_payload_type.value_or(96));
        format.clock_rate_hz = static_cast<std::uint32_t>(codec.rtp_clock_hz);
        format.ptime = Duration(std::llround(ptime_ms * 1e6));
        format.payload_octets = static_cast<std::uint16_t>(row.integer("payload_bytes"));
        format.content = codec.name == "PCMU"   ? Content::pcmu_tone
                         : codec.name == "PCMA" ? Content::pcma_tone
                                                : Content::synthetic;
        const Payload payload(format);
        Source source = source_of(payload);
        const std::vector<SentPacket> packets = send_until(source, at_ms(12000));
        CHECK(packets.size() == static_cast<std::size_t>(std::ceil(12000 / ptime_ms)));
        for (std::size_t i = 1; i < packets.size(); ++i) {
            REQUIRE(packets[i].payload.size() == format.payload_octets);
            REQUIRE(packets[i].header.timestamp - packets[i - 1].header.timestamp ==
                    std::llround(codec.rtp_clock_hz * ptime_ms / 1000));
            REQUIRE(packets[i].header.payload_type == format.payload_type);
        }
        // RTP, UDP and IPv4 make the packet of the published table
        CHECK(12 + packets[0].payload.size() + 8 + 20 ==
              static_cast<std::size_t>(row.integer("ipv4_packet_bytes")));
    }
}

TEST_CASE("a source repeats with its seed and differs without", "[engine][rtp]") {
    const Payload payload{Format()};
    SourceOptions options;
    options.seed = 7;
    Source one = source_of(payload, options);
    Source same = source_of(payload, options);
    options.seed = 8;
    Source other = source_of(payload, options);
    const RtpHeader first = send_next(one).header;
    CHECK(first == send_next(same).header);
    const RtpHeader second = send_next(other).header;
    CHECK(first.ssrc != second.ssrc);
    CHECK(first.timestamp != second.timestamp);
    CHECK(first.sequence != second.sequence);
}

TEST_CASE("a talkspurt begins with the marker and its timestamp keeps time", "[engine][rtp]") {
    const Payload payload{Format()};
    Source source = source_of(payload, with_pauses(0));
    const std::vector<SentPacket> packets = send_until(source, at_ms(600000));
    CHECK(packets[0].header.marker);
    std::size_t talkspurts = 1;
    for (std::size_t i = 1; i < packets.size(); ++i) {
        const Duration gap = packets[i].at - packets[i - 1].at;
        REQUIRE(packets[i].header.marker == (gap > std::chrono::milliseconds(20)));
        REQUIRE(packets[i].header.sequence ==
                static_cast<std::uint16_t>(packets[i - 1].header.sequence + 1));
        // RFC 3551, 4.1: silence shows in the timestamp alone
        REQUIRE(packets[i].header.timestamp - packets[i - 1].header.timestamp ==
                gap / std::chrono::microseconds(125));
        talkspurts += packets[i].header.marker ? 1U : 0U;
    }
    // 2.5 s and the rounding up to whole packets (2 x 10 ms): about 238 in 600 s, deviation 11
    CHECK(talkspurts > 190);
    CHECK(talkspurts < 290);
    CHECK(static_cast<double>(packets.size()) * 0.02 / 600 == Approx(0.4).margin(0.06));
}

TEST_CASE("a pause begins with one packet of comfort noise", "[engine][rtp][table]") {
    // RFC 3389, section 4: payload type 13, no marker, the timestamp of the pause's beginning
    const Payload payload{Format()};
    Source source = source_of(payload, with_pauses(1));
    const std::vector<SentPacket> packets = send_until(source, at_ms(100000));
    std::size_t pauses = 0;
    for (std::size_t i = 1; i < packets.size(); ++i) {
        const bool is_noise = packets[i].header.payload_type == 13;
        const bool was_noise = packets[i - 1].header.payload_type == 13;
        REQUIRE(packets[i].header.marker == was_noise);
        if (!is_noise) continue;
        ++pauses;
        REQUIRE_FALSE(was_noise);
        REQUIRE(packets[i].payload == OctetVector{60});
        REQUIRE(packets[i].header.timestamp == packets[i - 1].header.timestamp + 160);
        REQUIRE(packets[i].at == packets[i - 1].at + std::chrono::milliseconds(20));
    }
    CHECK(pauses > 20);
    CHECK(source.packets() == packets.size());
}

TEST_CASE("comfort noise is renewed at its interval within a pause", "[engine][rtp]") {
    const Payload payload{Format()};
    Source source = source_of(payload, with_pauses(4, std::chrono::milliseconds(200)));
    const std::vector<SentPacket> packets = send_until(source, at_ms(100000));
    std::size_t renewals = 0;
    for (std::size_t i = 1; i < packets.size(); ++i) {
        if (packets[i - 1].header.payload_type != 13) continue;
        const Duration gap = packets[i].at - packets[i - 1].at;
        REQUIRE(gap <= std::chrono::milliseconds(200));
        if (packets[i].header.payload_type != 13) continue;
        ++renewals;
        REQUIRE(gap == std::chrono::milliseconds(200));
        REQUIRE(packets[i].payload.size() == 4);
    }
    CHECK(renewals > 100);
}

TEST_CASE("a pressed key takes the place of the audio", "[engine][rtp][table]") {
    const Payload payload{Format()};
    SourceOptions options;
    options.telephone_event_payload_type = 97;
    Source source = source_of(payload, options);
    const std::uint32_t begin = send_next(source).header.timestamp + 160;
    REQUIRE(source.press(5, std::chrono::milliseconds(90), 10));
    CHECK_FALSE(source.press(6, std::chrono::milliseconds(90)));
    // 720 units in steps of 160, the last three times: RFC 4733, 2.5.1
    const unsigned durations[] = {160, 320, 480, 640, 720, 720, 720};
    for (std::size_t i = 0; i < 7; ++i) {
        const SentPacket packet = send_next(source);
        CHECK(packet.header.payload_type == 97);
        CHECK(packet.header.timestamp == begin);
        CHECK(packet.header.marker == (i == 0));
        const std::optional<TelephoneEvent> event = parse_telephone_event(packet.payload);
        REQUIRE(event);
        CHECK(event->event == 5);
        CHECK(event->duration == durations[i]);
        CHECK(event->is_end == (i >= 4));
        CHECK(event->volume_minus_dbm0 == 10);
    }
    const SentPacket audio = send_next(source);
    CHECK(audio.header.payload_type == 0);
    CHECK(audio.header.timestamp == begin + 7 * 160);
    CHECK(audio.at == at_ms(160));
    CHECK_FALSE(audio.header.marker);
    CHECK(source.press(6, std::chrono::milliseconds(90)));
    CHECK_FALSE(source_of(payload).press(6, Duration{0}));
}

TEST_CASE("no key is pressed in a pause", "[engine][rtp]") {
    const Payload payload{Format()};
    Source source = source_of(payload, with_pauses(1));
    while (source.is_talking()) send_next(source);
    CHECK_FALSE(source.press(1, std::chrono::milliseconds(90)));
    send_next(source);  // the comfort noise: the next talkspurt comes
    CHECK(source.press(1, std::chrono::milliseconds(90)));
}

TEST_CASE("a sender report tells counts and the timestamp of its moment", "[engine][rtp]") {
    const Payload payload{Format()};
    Source source = source_of(payload);
    const std::uint32_t first = send_next(source).header.timestamp;
    send_next(source);
    const SenderInfo info = source.info(at_us(27125), 0x123456789abcdef0);
    CHECK(info.ntp_timestamp == 0x123456789abcdef0);
    CHECK(info.rtp_timestamp == first + 217);  // 27.125 ms at 8000 Hz
    CHECK(info.packets == 2);
    CHECK(info.payload_octets == 320);
}

TEST_CASE("another SSRC goes on with the stream and counts from 0", "[engine][rtp]") {
    const Payload payload{Format()};
    Source source = source_of(payload);
    const RtpHeader before = send_next(source).header;
    source.change_ssrc();
    const RtpHeader after = send_next(source).header;
    CHECK(after.ssrc != before.ssrc);
    CHECK(after.ssrc == source.ssrc());
    CHECK(after.sequence == static_cast<std::uint16_t>(before.sequence + 1));
    CHECK(after.timestamp == before.timestamp + 160);
    CHECK(source.packets() == 1);
    CHECK(source.payload_octets() == 160);
    CHECK(source.packets_of_all_ssrcs() == 2);
}

TEST_CASE("nothing is sent before its time, into too little room or after the stop",
          "[engine][rtp]") {
    const Payload payload{Format()};
    Source source = source_of(payload);
    CHECK(source.packet_octets_max() == 172);
    OctetVector out(172);
    CHECK(source.timeout(at_ms(0) - Duration(1), out) == 0);
    CHECK(source.timeout(at_ms(0), OctetRoom(out).first(171)) == 0);
    CHECK(source.timeout(at_ms(50), out) == 172);  // late: the next is due at 20 ms all the same
    CHECK(source.next_timeout() == at_ms(20));
    CHECK(source.timeout(at_ms(50), out) == 172);
    CHECK(source.timeout(at_ms(50), out) == 172);
    CHECK(source.timeout(at_ms(50), out) == 0);
    source.stop();
    CHECK(source.next_timeout() == never);
    CHECK(source.timeout(at_ms(1000), out) == 0);
}

}  // namespace busyhour::engine::rtp
