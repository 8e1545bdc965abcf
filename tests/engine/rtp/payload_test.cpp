#include "engine/rtp/payload.h"

#include "engine/rtp/support.h"

#include <catch2/catch.hpp>

#include <array>
#include <set>
#include <stdexcept>
#include <string>

namespace busyhour::engine::rtp {
namespace {

OctetVector copy_of(Octets octets) {
    return {octets.begin(), octets.end()};
}

Format synthetic_format(std::uint16_t payload_octets) {
    return {.payload_type = 96, .payload_octets = payload_octets, .content = Content::synthetic};
}

}  // namespace

TEST_CASE("the tone is the 1 kHz sequence of G.711", "[engine][rtp][table]") {
    // G.711, table 6 (mu-law) and table 5 (A-law): 1 kHz at 0 dBm0
    const Payload pcmu({.content = Content::pcmu_tone});
    const Payload pcma({.payload_type = 8, .content = Content::pcma_tone});
    CHECK(copy_of(pcmu.of(header_of(0, 0)).first(16)) ==
          octets_of("1e 0b 0b 1e 9e 8b 8b 9e 1e 0b 0b 1e 9e 8b 8b 9e"));
    CHECK(copy_of(pcma.of(header_of(0, 0)).first(16)) ==
          octets_of("34 21 21 34 b4 a1 a1 b4 34 21 21 34 b4 a1 a1 b4"));
    CHECK(pcmu.of(header_of(0, 0)).size() == 160);
}

TEST_CASE("the tone goes on from one timestamp to another", "[engine][rtp][identity]") {
    const Payload payload{Format()};
    for (std::uint32_t timestamp = 0; timestamp < 24; ++timestamp) {
        const OctetVector now = copy_of(payload.of(header_of(0, timestamp)));
        const OctetVector next = copy_of(payload.of(header_of(1, timestamp + 1)));
        CHECK(OctetVector(now.begin() + 1, now.end()) == OctetVector(next.begin(), next.end() - 1));
    }
}

TEST_CASE("G.711 codes the ends and the middle of its range", "[engine][rtp][table]") {
    // ITU-T G.711, tables 1 and 2: the code of 0 and of the largest values of either sign
    CHECK(pcmu_of(0) == 0xff);
    CHECK(pcmu_of(-1) == 0x7f);
    CHECK(pcmu_of(32767) == 0x80);
    CHECK(pcmu_of(-32768) == 0x00);
    CHECK(pcma_of(0) == 0xd5);
    CHECK(pcma_of(-1) == 0x55);
    CHECK(pcma_of(32767) == 0xaa);
    CHECK(pcma_of(-32768) == 0x2a);
}

TEST_CASE("G.711 changes the segment where its tables do", "[engine][rtp][table]") {
    // ITU-T G.711, tables 1a and 2a, in samples of 16 bits: 8 times the 13 bits of A-law, 4 times
    // the 14 bits of mu-law
    struct Row {
        int decision;
        unsigned below;
        unsigned from;
    };
    for (const Row& row :
         {Row{31, 0xf0, 0xef}, Row{95, 0xe0, 0xdf}, Row{223, 0xd0, 0xcf}, Row{479, 0xc0, 0xbf},
          Row{991, 0xb0, 0xaf}, Row{2015, 0xa0, 0x9f}, Row{4063, 0x90, 0x8f}}) {
        CAPTURE(row.decision);
        CHECK(pcmu_of(static_cast<std::int16_t>(4 * row.decision - 1)) == row.below);
        CHECK(pcmu_of(static_cast<std::int16_t>(4 * row.decision)) == row.from);
    }
    for (const Row& row : {Row{64, 0xca, 0xf5}, Row{128, 0xfa, 0xe5}, Row{256, 0xea, 0x95},
                           Row{512, 0x9a, 0x85}, Row{1024, 0x8a, 0xb5}, Row{2048, 0xba, 0xa5}}) {
        CAPTURE(row.decision);
        CHECK(pcma_of(static_cast<std::int16_t>(8 * row.decision - 1)) == row.below);
        CHECK(pcma_of(static_cast<std::int16_t>(8 * row.decision)) == row.from);
    }
}

TEST_CASE("G.711 codes never fall as the sample grows", "[engine][rtp][identity]") {
    std::set<unsigned> pcmu_codes;
    std::set<unsigned> pcma_codes;
    int pcmu_before = -1;
    int pcma_before = -1;
    for (int sample = 0; sample <= 32767; ++sample) {
        const auto wide = static_cast<std::int16_t>(sample);
        const int pcmu = 0xff - pcmu_of(wide);
        const int pcma = (pcma_of(wide) ^ 0x55) & 0x7f;
        REQUIRE(pcmu >= pcmu_before);
        REQUIRE(pcma >= pcma_before);
        pcmu_before = pcmu;
        pcma_before = pcma;
        pcmu_codes.insert(pcmu_of(wide));
        pcma_codes.insert(pcma_of(wide));
        REQUIRE(pcma_of(static_cast<std::int16_t>(-sample - 1)) == (pcma_of(wide) & 0x7f));
    }
    CHECK(pcmu_codes.size() == 128);
    CHECK(pcma_codes.size() == 128);
}

TEST_CASE("a receiver tells a payload from that of another packet", "[engine][rtp]") {
    const Payload payload(synthetic_format(20));
    RtpHeader header = header_of(7);
    header.payload_type = 96;
    const OctetVector sent = copy_of(payload.of(header));
    CHECK(sent.size() == 20);
    CHECK(payload.is_intact(header, sent));
    CHECK_FALSE(payload.is_intact(header, Octets(sent).first(19)));
    OctetVector damaged = sent;
    damaged[19] ^= 1U;
    CHECK_FALSE(payload.is_intact(header, damaged));

    int alike = 0;
    for (std::uint16_t sequence = 8; sequence < 1008; ++sequence) {
        RtpHeader other = header;
        other.sequence = sequence;
        alike += payload.is_intact(other, sent) ? 1 : 0;
        other = header;
        other.ssrc += sequence;
        alike += payload.is_intact(other, sent) ? 1 : 0;
    }
    CHECK(alike < 20);  // one of 1024 beginnings

    header.payload_type = 101;  // another format's
    CHECK(payload.is_intact(header, damaged));
}

TEST_CASE("a format that no packet can have is refused", "[engine][rtp]") {
    using std::chrono::microseconds;
    CHECK_THROWS_AS(Payload({.clock_rate_hz = 0}), std::invalid_argument);
    CHECK_THROWS_AS(Payload({.ptime = Duration{0}}), std::invalid_argument);
    CHECK_THROWS_AS(Payload({.ptime = microseconds(-20000)}), std::invalid_argument);
    CHECK_THROWS_AS(Payload({.payload_octets = 0}), std::invalid_argument);
    CHECK_THROWS_AS(Payload({.payload_type = 128}), std::invalid_argument);
    CHECK_THROWS_AS(Payload({.payload_octets = 80}), std::invalid_argument);  // of a tone of 160
    CHECK_THROWS_AS(Payload({.ptime = microseconds(20001), .content = Content::synthetic}),
                    std::invalid_argument);
    CHECK_NOTHROW(Payload({.clock_rate_hz = 48000,
                           .ptime = microseconds(2500),
                           .payload_octets = 5,
                           .content = Content::synthetic}));
}

TEST_CASE("comfort noise is a level and flat coefficients", "[engine][rtp][table]") {
    // RFC 3389, section 3: the top bit of the level is 0; index 127 is the coefficient 0
    OctetVector out(12, 0xee);
    CHECK(write_comfort_noise(70, 0, out) == 1);
    CHECK(OctetVector(out.begin(), out.begin() + 2) == octets_of("46 ee"));
    CHECK(write_comfort_noise(255, 2, out) == 3);
    CHECK(OctetVector(out.begin(), out.begin() + 4) == octets_of("7f 7f 7f ee"));
    CHECK(write_comfort_noise(70, 12, out) == 0);
}

}  // namespace busyhour::engine::rtp
