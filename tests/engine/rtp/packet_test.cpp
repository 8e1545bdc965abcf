#include "engine/rtp/packet.h"

#include "engine/rtp/support.h"

#include <catch2/catch.hpp>

#include <array>
#include <string>

namespace busyhour::engine::rtp {
namespace {

DatagramKind kind_by_octets(unsigned first, unsigned second) {
    return kind_of(
        OctetVector{static_cast<std::uint8_t>(first), static_cast<std::uint8_t>(second)});
}

/// Version 2, two CSRCs, an extension of one word, marker, payload type 96, three octets of payload
/// and one of padding; by hand after RFC 3550 5.1 and 5.3.1.
const char* const whole_packet =
    "b2 e0 ab cd 01 02 03 04 11 22 33 44"
    "0a 0b 0c 0d 1a 1b 1c 1d"
    "be de 00 01 10 aa 00 00"
    "51 52 53 01";

}  // namespace

TEST_CASE("the first octet tells what a datagram is", "[engine][rtp][table]") {
    // RFC 7983, section 7, figure 3
    for (unsigned first = 0; first < 256; ++first) {
        CAPTURE(first);
        DatagramKind expected = DatagramKind::unknown;
        if (first <= 3) expected = DatagramKind::stun;
        if (first >= 16 && first <= 19) expected = DatagramKind::zrtp;
        if (first >= 20 && first <= 63) expected = DatagramKind::dtls;
        if (first >= 64 && first <= 79) expected = DatagramKind::turn_channel;
        if (first >= 128 && first <= 191) expected = DatagramKind::rtp;
        CHECK(kind_by_octets(first, 0) == expected);
    }
    CHECK(kind_of({}) == DatagramKind::unknown);
    CHECK(kind_of(OctetVector{0x80}) == DatagramKind::unknown);
}

TEST_CASE("the second octet tells RTCP from RTP", "[engine][rtp][table]") {
    // RFC 5761, section 4: payload types 64 to 95 are not used, packet types are 192 to 223
    for (unsigned second = 0; second < 256; ++second) {
        CAPTURE(second);
        const bool is_rtcp = second >= 192 && second <= 223;
        CHECK(kind_by_octets(0x80, second) == (is_rtcp ? DatagramKind::rtcp : DatagramKind::rtp));
    }
    CHECK(kind_by_octets(0x81, 200) == DatagramKind::rtcp);
    CHECK(kind_by_octets(0x80, 0x80 | 111) == DatagramKind::rtp);  // opus with the marker
}

TEST_CASE("the example of RFC 4733 is read field by field", "[engine][rtp][table]") {
    // RFC 4733, section 5, figure 3
    const OctetVector example = octets_of("80 64 00 12 00 00 2b c0 00 52 34 a8 01 94 06 e0");
    const std::optional<RtpPacket> packet = parse_rtp(example);
    REQUIRE(packet);
    CHECK_FALSE(packet->header.marker);
    CHECK(packet->header.payload_type == 100);
    CHECK(packet->header.sequence == 18);
    CHECK(packet->header.timestamp == 11200);
    CHECK(packet->header.ssrc == 0x5234a8);
    CHECK(packet->payload.size() == 4);
}

TEST_CASE("a packet with all its parts is taken apart", "[engine][rtp][table]") {
    const OctetVector octets = octets_of(whole_packet);
    const std::optional<RtpPacket> packet = parse_rtp(octets);
    REQUIRE(packet);
    CHECK(packet->header.marker);
    CHECK(packet->header.payload_type == 96);
    CHECK(packet->header.sequence == 0xabcd);
    CHECK(packet->header.timestamp == 0x01020304);
    CHECK(packet->header.ssrc == 0x11223344);
    REQUIRE(packet->header.csrcs_number == 2);
    CHECK(packet->csrc(0) == 0x0a0b0c0d);
    CHECK(packet->csrc(1) == 0x1a1b1c1d);
    CHECK(packet->extension_profile == 0xbede);
    CHECK(OctetVector(packet->extension.begin(), packet->extension.end()) ==
          octets_of("10 aa 00 00"));
    CHECK(OctetVector(packet->payload.begin(), packet->payload.end()) == octets_of("51 52 53"));
    CHECK(packet->padding_octets == 1);
    CHECK(rtp_header_octets(octets, packet->header) == 28U);
}

TEST_CASE("write_rtp is the inverse of parse_rtp", "[engine][rtp][identity]") {
    for (const std::string& hex :
         {std::string(whole_packet), std::string("80 00 00 00 00 00 00 00 00 00 00 00"),
          std::string("a0 7f ff ff ff ff ff ff ff ff ff ff 61 62 00 00 03"),
          std::string("90 60 00 01 00 00 00 02 00 00 00 03 10 00 00 00 77")}) {
        CAPTURE(hex);
        const OctetVector octets = octets_of(hex);
        const std::optional<RtpPacket> packet = parse_rtp(octets);
        REQUIRE(packet);
        OctetVector written(octets.size());
        CHECK(write_rtp(*packet, written) == octets.size());
        CHECK(written == octets);
        OctetVector narrow(octets.size() - 1, 0xee);
        CHECK(write_rtp(*packet, narrow) == 0);
    }
}

TEST_CASE("every packet cut short of its header is refused", "[engine][rtp][identity]") {
    const OctetVector octets = octets_of(whole_packet);
    for (std::size_t size = 0; size < octets.size() - 3; ++size) {
        CAPTURE(size);
        const OctetVector cut(octets.begin(), octets.begin() + static_cast<std::ptrdiff_t>(size));
        CHECK_FALSE(parse_rtp(cut));
    }
}

TEST_CASE("headers that break a rule of RFC 3550 A.1 are refused", "[engine][rtp][table]") {
    struct Row {
        const char* why;
        const char* hex;
    };
    const Row rows[] = {
        {"version 0", "00 00 00 01 00 00 00 02 00 00 00 03 61"},
        {"version 1", "40 00 00 01 00 00 00 02 00 00 00 03 61"},
        {"version 3", "c0 00 00 01 00 00 00 02 00 00 00 03 61"},
        {"the payload type is RTCP's SR", "80 48 00 01 00 00 00 02 00 00 00 03 61"},
        {"the payload type is RTCP's RR with its marker", "80 c9 00 01 00 00 00 02 00 00 00 03"},
        {"the payload type is RTCP's APP", "80 4c 00 01 00 00 00 02 00 00 00 03 61"},
        {"one CSRC and no room", "81 00 00 01 00 00 00 02 00 00 00 03 61 62 63"},
        {"half of an extension header", "90 00 00 01 00 00 00 02 00 00 00 03 be de"},
        {"an extension past the end", "90 00 00 01 00 00 00 02 00 00 00 03 be de 00 01 61 62 63"},
        {"padding of no octets", "a0 00 00 01 00 00 00 02 00 00 00 03 61 00"},
        {"padding and no octet to count it", "a0 00 00 01 00 00 00 02 00 00 00 03"},
        {"padding longer than the payload", "a0 00 00 01 00 00 00 02 00 00 00 03 61 03"},
        {"padding as long as all that follows", "a0 00 00 01 00 00 00 02 00 00 00 03 61 02"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.why);
        CHECK_FALSE(parse_rtp(octets_of(row.hex)));
    }
}

TEST_CASE("an encrypted packet shows its header though its padding is unreadable",
          "[engine][rtp]") {
    // The last octet is a part of the authentication tag: RFC 3711, section 3.1.
    const OctetVector octets = octets_of("a0 00 00 01 00 00 00 02 00 00 00 03 99 ff");
    CHECK_FALSE(parse_rtp(octets));
    const std::optional<RtpHeader> header = parse_rtp_header(octets);
    REQUIRE(header);
    CHECK(header->has_padding);
    CHECK(header->ssrc == 3);
    CHECK(rtp_header_octets(octets, *header) == 12U);
}

TEST_CASE("a packet with too many CSRCs or half an extension word is not written",
          "[engine][rtp]") {
    const OctetVector csrcs(64);
    OctetVector out(200);
    RtpPacket packet;
    packet.csrcs = csrcs;
    CHECK(write_rtp(packet, out) == 0);
    packet.csrcs = {};
    packet.header.has_extension = true;
    packet.extension = Octets(csrcs).first(6);
    CHECK(write_rtp(packet, out) == 0);
}

}  // namespace busyhour::engine::rtp
