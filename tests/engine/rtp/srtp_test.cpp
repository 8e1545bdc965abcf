#include "engine/rtp/srtp.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <thread>
#include <utility>
#include <vector>

namespace srtp_test {

namespace rtp = busyhour::engine::rtp;
using rtp::SrtpFailure;
using rtp::SrtpSuite;

namespace {

using Packet = std::vector<std::uint8_t>;

rtp::SrtpParameters some_parameters(SrtpSuite suite, std::uint8_t key = 1) {
    rtp::SrtpParameters parameters;
    parameters.suite = suite;
    parameters.key.master_key.octets.fill(key);
    parameters.key.master_salt.octets.fill(0x55);
    return parameters;
}

/// 20 ms of G.711: 12 octets of header, 160 of payload.
Packet speech(unsigned sequence, std::uint8_t source = 1) {
    Packet packet(172, 0xd5);
    const Packet header = {0x80,
                           0,
                           static_cast<std::uint8_t>(sequence / 256),
                           static_cast<std::uint8_t>(sequence % 256),
                           0,
                           0,
                           0,
                           160,
                           0xca,
                           0xfe,
                           0,
                           source};
    std::copy(header.begin(), header.end(), packet.begin());
    return packet;
}

/// An empty receiver report.
Packet report(std::uint8_t source = 1) {
    return {0x80, 201, 0, 1, 0xca, 0xfe, 0, source};
}

struct Outcome {
    Packet packet;
    SrtpFailure failure = SrtpFailure::none;
};

enum class Kind { rtp, rtcp };

Outcome protect(rtp::SrtpSender& sender, Packet packet, Kind kind = Kind::rtp) {
    const std::size_t size = packet.size();
    packet.resize(size + rtp::srtp_overhead_octets_max);
    const rtp::SrtpResult result =
        kind == Kind::rtp ? sender.protect(packet, size) : sender.protect_rtcp(packet, size);
    packet.resize(result.size);
    return {packet, result.failure};
}

Outcome unprotect(rtp::SrtpReceiver& receiver, Packet packet, Kind kind = Kind::rtp) {
    const rtp::SrtpResult result =
        kind == Kind::rtp ? receiver.unprotect(packet) : receiver.unprotect_rtcp(packet);
    packet.resize(result.size);
    return {packet, result.failure};
}

struct Ends {
    rtp::SrtpSender sender;
    rtp::SrtpReceiver receiver;
};

Ends ends_of(const rtp::SrtpParameters& parameters) {
    auto sender = rtp::SrtpSender::make(parameters);
    auto receiver = rtp::SrtpReceiver::make(parameters);
    REQUIRE((sender && receiver));
    return {std::move(*sender), std::move(*receiver)};
}

const auto every_suite = {SrtpSuite::aes_cm_128_hmac_sha1_80, SrtpSuite::aes_cm_128_hmac_sha1_32,
                          SrtpSuite::aead_aes_128_gcm};

}  // namespace

TEST_CASE("SRTP and SRTCP grow a packet by what the RFCs say", "[engine][srtp]") {
    struct Row {
        SrtpSuite suite;
        std::size_t rtp_octets;
        std::size_t rtcp_octets;
    };
    // Source: rfc3711 3.4, rfc4568 6.2, rfc7714 12.
    for (const Row& row : {Row{SrtpSuite::aes_cm_128_hmac_sha1_80, 10, 14},
                           Row{SrtpSuite::aes_cm_128_hmac_sha1_32, 4, 14},
                           Row{SrtpSuite::aead_aes_128_gcm, 16, 20}}) {
        for (const int mki_octets : {0, 1, 4, 16}) {
            CAPTURE(rtp::sizes_of(row.suite).name, mki_octets);
            const auto added = static_cast<std::size_t>(mki_octets);
            rtp::SrtpParameters parameters = some_parameters(row.suite);
            parameters.mki.size = static_cast<std::uint8_t>(mki_octets);
            parameters.mki.octets.fill(0x77);
            Ends ends = ends_of(parameters);
            const Outcome sent = protect(ends.sender, speech(7));
            const Outcome sent_report = protect(ends.sender, report(), Kind::rtcp);
            CHECK(sent.packet.size() == 172 + row.rtp_octets + added);
            CHECK(sent_report.packet.size() == 8 + row.rtcp_octets + added);
            CHECK(rtp::srtp_overhead_octets(parameters) == row.rtp_octets + added);
            CHECK(rtp::srtcp_overhead_octets(parameters) == row.rtcp_octets + added);
            CHECK(unprotect(ends.receiver, sent.packet).packet == speech(7));
            CHECK(unprotect(ends.receiver, sent_report.packet, Kind::rtcp).packet == report());
        }
    }
}

TEST_CASE("The MKI stands before the tag of HMAC and behind that of GCM", "[engine][srtp]") {
    for (const SrtpSuite suite : every_suite) {
        CAPTURE(rtp::sizes_of(suite).name);
        rtp::SrtpParameters parameters = some_parameters(suite);
        auto plain = rtp::SrtpSender::make(parameters);
        parameters.mki.size = 2;
        parameters.mki.octets = {0xab, 0xcd};
        auto sender = rtp::SrtpSender::make(parameters);
        const bool is_gcm = suite == SrtpSuite::aead_aes_128_gcm;  // rfc7714 8.2, figure 3
        for (const Kind kind : {Kind::rtp, Kind::rtcp}) {
            const Packet packet = kind == Kind::rtp ? speech(1) : report();
            Packet expected = protect(*plain, packet, kind).packet;
            const std::size_t hmac_octets =
                kind == Kind::rtp ? rtp::sizes_of(suite).rtp_tag_octets : 10;
            const auto behind = static_cast<std::ptrdiff_t>(is_gcm ? 0 : hmac_octets);
            expected.insert(expected.end() - behind, {0xab, 0xcd});
            CHECK(protect(*sender, packet, kind).packet == expected);
        }
    }
}

TEST_CASE("A packet of another MKI is not authentic", "[engine][srtp]") {
    rtp::SrtpParameters parameters = some_parameters(SrtpSuite::aes_cm_128_hmac_sha1_32);
    parameters.mki.size = 4;
    Ends ends = ends_of(parameters);
    Packet packet = protect(ends.sender, report(), Kind::rtcp).packet;
    packet[packet.size() - 11] ^= 1U;  // the last octet of the MKI
    CHECK(unprotect(ends.receiver, packet, Kind::rtcp).failure == SrtpFailure::authentication);
}

TEST_CASE("A packet that was altered anywhere is not authentic", "[engine][srtp]") {
    for (const SrtpSuite suite : every_suite) {
        CAPTURE(rtp::sizes_of(suite).name);
        Ends ends = ends_of(some_parameters(suite));
        const Packet good = protect(ends.sender, speech(9)).packet;
        for (const std::size_t at : {1U, 3U, 5U, 11U, 12U, 100U, 171U, 172U}) {
            Packet altered = good;
            altered[at] ^= 0x10U;
            CHECK(unprotect(ends.receiver, altered).failure == SrtpFailure::authentication);
        }
        Packet altered = good;
        altered.back() ^= 1U;
        CHECK(unprotect(ends.receiver, altered).failure == SrtpFailure::authentication);
        CHECK(ends.receiver.sources_number() == 0);
        CHECK(unprotect(ends.receiver, good).packet == speech(9));

        const Packet good_report = protect(ends.sender, report(), Kind::rtcp).packet;
        altered = good_report;
        altered[1] ^= 1U;
        CHECK(unprotect(ends.receiver, altered, Kind::rtcp).failure == SrtpFailure::authentication);
        altered = good_report;  // the E bit, which follows the 8 octets, of GCM the tag too
        altered[suite == SrtpSuite::aead_aes_128_gcm ? 24 : 8] ^= 0x80U;
        CHECK(unprotect(ends.receiver, altered, Kind::rtcp).failure != SrtpFailure::none);
        CHECK(unprotect(ends.receiver, good_report, Kind::rtcp).packet == report());
    }
}

TEST_CASE("A packet of another key or another suite is not authentic", "[engine][srtp]") {
    for (const SrtpSuite suite : every_suite) {
        Ends ends = ends_of(some_parameters(suite));
        auto stranger = rtp::SrtpReceiver::make(some_parameters(suite, 2));
        const Packet packet = protect(ends.sender, speech(9)).packet;
        CHECK(unprotect(*stranger, packet).failure == SrtpFailure::authentication);
        for (const SrtpSuite other : every_suite) {
            if (other == suite) continue;
            auto receiver = rtp::SrtpReceiver::make(some_parameters(other));
            CHECK(unprotect(*receiver, packet).failure == SrtpFailure::authentication);
        }
    }
}

TEST_CASE("A replayed packet is known as such within the window and too old before it",
          "[engine][srtp]") {
    for (const SrtpSuite suite : every_suite) {
        Ends ends = ends_of(some_parameters(suite));
        std::vector<Packet> sent;
        for (unsigned sequence = 1000; sequence < 1200; ++sequence) {
            sent.push_back(protect(ends.sender, speech(sequence)).packet);
        }
        for (const std::size_t i : {0U, 100U, 99U, 199U}) {  // out of order, within 128
            CHECK(unprotect(ends.receiver, sent[i]).failure == SrtpFailure::none);
        }
        CHECK(unprotect(ends.receiver, sent[199]).failure == SrtpFailure::replayed);
        CHECK(unprotect(ends.receiver, sent[99]).failure == SrtpFailure::replayed);
        CHECK(unprotect(ends.receiver, sent[150]).failure == SrtpFailure::none);
        CHECK(unprotect(ends.receiver, sent[0]).failure == SrtpFailure::too_old);
        CHECK(unprotect(ends.receiver, sent[1]).failure == SrtpFailure::too_old);

        const Packet first = protect(ends.sender, report(), Kind::rtcp).packet;
        CHECK(unprotect(ends.receiver, first, Kind::rtcp).failure == SrtpFailure::none);
        CHECK(unprotect(ends.receiver, first, Kind::rtcp).failure == SrtpFailure::replayed);
    }
}

TEST_CASE("A sequence number is protected once", "[engine][srtp]") {
    for (const SrtpSuite suite : every_suite) {
        Ends ends = ends_of(some_parameters(suite));
        CHECK(protect(ends.sender, speech(5)).failure == SrtpFailure::none);
        CHECK(protect(ends.sender, speech(5)).failure == SrtpFailure::replayed);
        CHECK(protect(ends.sender, speech(4)).failure == SrtpFailure::none);
    }
}

TEST_CASE("A forged packet with a far sequence number does not move the window", "[engine][srtp]") {
    Ends ends = ends_of(some_parameters(SrtpSuite::aes_cm_128_hmac_sha1_80));
    CHECK(unprotect(ends.receiver, protect(ends.sender, speech(5)).packet).failure ==
          SrtpFailure::none);
    Packet forged = speech(30000);
    forged.resize(182);
    CHECK(unprotect(ends.receiver, forged).failure == SrtpFailure::authentication);
    CHECK(unprotect(ends.receiver, protect(ends.sender, speech(6)).packet).packet == speech(6));
}

TEST_CASE("There are only so many sources and the spoofed take no place", "[engine][srtp]") {
    for (const SrtpSuite suite : every_suite) {
        const rtp::SrtpParameters parameters = some_parameters(suite);
        auto sender = rtp::SrtpSender::make(parameters, 3);
        auto receiver = rtp::SrtpReceiver::make(parameters, 2);
        for (std::uint8_t source = 100; source < 200; ++source) {
            Packet spoofed = speech(1, source);
            spoofed.resize(spoofed.size() + rtp::sizes_of(suite).rtp_tag_octets);
            CHECK(unprotect(*receiver, spoofed).failure == SrtpFailure::authentication);
        }
        CHECK(receiver->sources_number() == 0);
        std::vector<Packet> sent;
        for (std::uint8_t source = 1; source < 4; ++source) {
            sent.push_back(protect(*sender, speech(1, source)).packet);
        }
        CHECK(protect(*sender, speech(1, 4)).failure == SrtpFailure::too_many_sources);
        CHECK(protect(*sender, report(4), Kind::rtcp).failure == SrtpFailure::too_many_sources);
        CHECK(protect(*sender, report(3), Kind::rtcp).failure == SrtpFailure::none);
        CHECK(sender->sources_number() == 3);
        CHECK(unprotect(*receiver, sent[0]).packet == speech(1, 1));
        CHECK(unprotect(*receiver, sent[1]).packet == speech(1, 2));
        CHECK(unprotect(*receiver, sent[2]).failure == SrtpFailure::too_many_sources);
        CHECK(unprotect(*receiver, protect(*sender, speech(2, 1)).packet).packet == speech(2, 1));
    }
}

TEST_CASE("A span without room for the tag is refused and nothing beyond it written",
          "[engine][srtp]") {
    for (const SrtpSuite suite : every_suite) {
        const rtp::SrtpParameters parameters = some_parameters(suite);
        Ends ends = ends_of(parameters);
        const std::size_t exact = 172 + rtp::srtp_overhead_octets(parameters);
        Packet packet = speech(1);
        packet.resize(exact + 1, 0x99);
        const std::span<std::uint8_t> room(packet);
        CHECK(ends.sender.protect(room.first(exact - 1), 172).failure == SrtpFailure::no_room);
        CHECK(ends.sender.protect(room.first(100), 172).failure == SrtpFailure::no_room);
        CHECK(ends.sender.protect(room.first(exact), 172).size == exact);
        CHECK(packet.back() == 0x99);
        Packet compound = report();
        compound.resize(8 + rtp::srtcp_overhead_octets(parameters) - 1);
        CHECK(ends.sender.protect_rtcp(compound, 8).failure == SrtpFailure::no_room);
    }
}

TEST_CASE("What is no packet is malformed whatever its length", "[engine][srtp]") {
    for (const SrtpSuite suite : every_suite) {
        CAPTURE(rtp::sizes_of(suite).name);
        rtp::SrtpParameters parameters = some_parameters(suite);
        for (const int mki_octets : {0, 4}) {
            parameters.mki.size = static_cast<std::uint8_t>(mki_octets);
            Ends ends = ends_of(parameters);
            const Packet good = protect(ends.sender, speech(1)).packet;
            const Packet good_report = protect(ends.sender, report(), Kind::rtcp).packet;
            for (std::size_t size = 0; size < good.size(); ++size) {
                const Packet cut(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size));
                const SrtpFailure failure = unprotect(ends.receiver, cut).failure;
                const bool is_short = size < 12 + rtp::srtp_overhead_octets(parameters);
                CHECK(failure == (is_short ? SrtpFailure::malformed : SrtpFailure::authentication));
            }
            for (std::size_t size = 0; size < good_report.size(); ++size) {
                const Packet cut(good_report.begin(),
                                 good_report.begin() + static_cast<std::ptrdiff_t>(size));
                CHECK(unprotect(ends.receiver, cut, Kind::rtcp).failure == SrtpFailure::malformed);
            }
        }
        Ends ends = ends_of(some_parameters(suite));
        CHECK(protect(ends.sender, Packet(11, 0x80)).failure == SrtpFailure::malformed);
        CHECK(protect(ends.sender, Packet(7, 0x80), Kind::rtcp).failure == SrtpFailure::malformed);
        CHECK(protect(ends.sender, {}).failure == SrtpFailure::malformed);
        Packet other_version = speech(1);
        other_version[0] = 0x40;
        CHECK(protect(ends.sender, other_version).failure == SrtpFailure::malformed);
        other_version.resize(200);
        CHECK(unprotect(ends.receiver, other_version).failure == SrtpFailure::malformed);
        Packet endless_extension = speech(1);
        endless_extension[0] = 0x90;
        endless_extension[14] = 0xff;
        CHECK(protect(ends.sender, endless_extension).failure == SrtpFailure::malformed);
        endless_extension.resize(200);
        CHECK(unprotect(ends.receiver, endless_extension).failure == SrtpFailure::malformed);
        Packet fifteen_sources(12, 0);
        fifteen_sources[0] = 0x8f;
        CHECK(protect(ends.sender, fifteen_sources).failure == SrtpFailure::malformed);
        CHECK(ends.sender.sources_number() == 0);
    }
}

TEST_CASE("A moved context goes on where it was", "[engine][srtp]") {
    Ends ends = ends_of(some_parameters(SrtpSuite::aead_aes_128_gcm));
    const Packet first = protect(ends.sender, speech(1)).packet;
    CHECK(unprotect(ends.receiver, first).failure == SrtpFailure::none);
    Ends moved = std::move(ends);
    CHECK(unprotect(moved.receiver, first).failure == SrtpFailure::replayed);
    CHECK(protect(moved.sender, speech(1)).failure == SrtpFailure::replayed);
    CHECK(unprotect(moved.receiver, protect(moved.sender, speech(2)).packet).packet == speech(2));
}

TEST_CASE("Parameters that cannot be are refused", "[engine][srtp]") {
    rtp::SrtpParameters parameters = some_parameters(SrtpSuite::aes_cm_128_hmac_sha1_80);
    CHECK_FALSE(rtp::SrtpSender::make(parameters, 0));
    CHECK_FALSE(rtp::SrtpReceiver::make(parameters, std::numeric_limits<std::size_t>::max()));
    parameters.mki.size = 17;
    CHECK_FALSE(rtp::SrtpSender::make(parameters));
}

TEST_CASE("Several threads make and use contexts of their own", "[engine][srtp]") {
    std::array<int, 4> done{};
    std::vector<std::thread> threads;
    for (int& number : done) {
        threads.emplace_back([&number] {
            for (unsigned i = 0; i < 50; ++i) {
                const auto suite = static_cast<SrtpSuite>(i % rtp::srtp_suites_number);
                auto sender = rtp::SrtpSender::make(some_parameters(suite));
                auto receiver = rtp::SrtpReceiver::make(some_parameters(suite));
                if (!sender || !receiver) continue;
                const Packet packet = protect(*sender, speech(i)).packet;
                if (unprotect(*receiver, packet).packet == speech(i)) ++number;
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(done == std::array<int, 4>{50, 50, 50, 50});
}

TEST_CASE("A secret that goes leaves zeros", "[engine][srtp]") {
    alignas(rtp::SrtpKey) static std::array<std::uint8_t, sizeof(rtp::SrtpKey)> place{};
    auto* key = new (place.data()) rtp::SrtpKey();
    key->master_key.octets.fill(0x11);
    key->master_salt.octets.fill(0x22);
    key->~SrtpKey();
    const volatile std::uint8_t* octets = place.data();
    unsigned left = 0;
    for (std::size_t i = 0; i < place.size(); ++i) left += octets[i];
    CHECK(left == 0);
}

TEST_CASE("A key is good for its lifetime and no packet longer", "[engine][srtp]") {
    rtp::SrtpParameters parameters = some_parameters(SrtpSuite::aead_aes_128_gcm);
    Ends longer = ends_of(parameters);
    parameters.lifetime_packets = 2;
    Ends ends = ends_of(parameters);
    for (const Kind kind : {Kind::rtp, Kind::rtcp}) {
        std::vector<Packet> sent;
        for (unsigned i = 1; i <= 3; ++i) {
            const Packet packet = kind == Kind::rtp ? speech(i) : report();
            sent.push_back(protect(longer.sender, packet, kind).packet);
            CHECK(protect(ends.sender, packet, kind).failure ==
                  (i <= 2 ? SrtpFailure::none : SrtpFailure::key_exhausted));
        }
        CHECK(unprotect(ends.receiver, sent[0], kind).failure == SrtpFailure::none);
        CHECK(unprotect(ends.receiver, sent[0], kind).failure == SrtpFailure::replayed);
        CHECK(unprotect(ends.receiver, sent[1], kind).failure == SrtpFailure::none);
        CHECK(unprotect(ends.receiver, sent[2], kind).failure == SrtpFailure::key_exhausted);
    }
}

}  // namespace srtp_test
