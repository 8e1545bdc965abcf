// The second writing of SRTP against the numbers of the RFCs, then ours against the second writing.

#include "engine/rtp/srtp.h"
#include "engine/rtp/srtp_reference.h"

#include <catch2/catch.hpp>

#include <algorithm>

namespace srtp_vectors_test {

namespace rtp = busyhour::engine::rtp;
using rtp::SrtpSuite;
using srtp_reference::derive;
using srtp_reference::keystream;
using srtp_reference::Octets;
using srtp_reference::octets;
using srtp_reference::protect_cm;
using srtp_reference::protect_gcm;
using srtp_reference::protect_rtcp_cm;
using srtp_reference::protect_rtcp_gcm;
using srtp_reference::rtcp_keys;
using srtp_reference::rtp_keys;
using srtp_reference::SessionKeys;

namespace {

// Source: rfc3711 B.3.
const Octets master_key = octets("E1F97A0D3E018BE0D64FA32C06DE4139");
const Octets master_salt = octets("0EC675AD498AFEEBB6960B3AABE6");

rtp::SrtpParameters parameters_of(SrtpSuite suite) {
    rtp::SrtpParameters parameters;
    parameters.suite = suite;
    std::copy_n(master_key.begin(), 16, parameters.key.master_key.octets.begin());
    std::copy_n(master_salt.begin(), 14, parameters.key.master_salt.octets.begin());
    return parameters;
}

/// The salt that the suite takes of those 14 octets.
Octets salt_of(SrtpSuite suite) {
    return {master_salt.begin(),
            master_salt.begin() + static_cast<std::ptrdiff_t>(rtp::sizes_of(suite).salt_octets)};
}

Octets rtp_packet(int sequence, std::string_view header_rest = "") {
    Octets packet = octets("8000 0000 decafbad cafebabe");
    packet[2] = static_cast<std::uint8_t>(sequence / 256);
    packet[3] = static_cast<std::uint8_t>(sequence % 256);
    const Octets rest = octets(header_rest);
    packet.insert(packet.end(), rest.begin(), rest.end());
    if (!rest.empty()) packet[0] = 0x91;  // a CSRC and an extension
    packet.insert(packet.end(), 160, 0xd5);
    return packet;
}

const Octets sender_report = octets(
    "80c80006 cafebabe e0000000 80000000 00000000 00000001 000000a0"
    "81ca0002 cafebabe 01006100");

Octets expected_rtp(SrtpSuite suite, const Octets& packet, std::size_t header_octets,
                    std::uint32_t rollover_counter) {
    const rtp::SrtpSuiteSizes& sizes = rtp::sizes_of(suite);
    const SessionKeys keys = rtp_keys(master_key, salt_of(suite), sizes.salt_octets);
    if (suite == SrtpSuite::aead_aes_128_gcm) {
        return protect_gcm(packet, header_octets, keys, rollover_counter);
    }
    return protect_cm(packet, header_octets, keys, rollover_counter, sizes.rtp_tag_octets);
}

Octets expected_rtcp(SrtpSuite suite, const Octets& packet, std::uint32_t index) {
    const SessionKeys keys =
        rtcp_keys(master_key, salt_of(suite), rtp::sizes_of(suite).salt_octets);
    return suite == SrtpSuite::aead_aes_128_gcm ? protect_rtcp_gcm(packet, keys, index)
                                                : protect_rtcp_cm(packet, keys, index);
}

Octets protected_by(rtp::SrtpSender& sender, Octets packet) {
    const std::size_t size = packet.size();
    packet.resize(size + rtp::srtp_overhead_octets_max);
    const rtp::SrtpResult result = sender.protect(packet, size);
    REQUIRE(result.is_done());
    packet.resize(result.size);
    return packet;
}

const auto all_suites = {SrtpSuite::aes_cm_128_hmac_sha1_80, SrtpSuite::aes_cm_128_hmac_sha1_32,
                         SrtpSuite::aead_aes_128_gcm};

}  // namespace

TEST_CASE("The reference makes the keystream of RFC 3711 B.2", "[engine][srtp]") {
    const Octets key = octets("2B7E151628AED2A6ABF7158809CF4F3C");
    const Octets stream =
        keystream(key, octets("F0F1F2F3F4F5F6F7F8F9FAFBFCFD0000"), 0xff02 * std::size_t{16});
    const auto block = [&stream](std::size_t number) {
        const auto begin = stream.begin() + static_cast<std::ptrdiff_t>(16 * number);
        return Octets(begin, begin + 16);
    };
    CHECK(block(0) == octets("E03EAD0935C95E80E166B16DD92B4EB4"));
    CHECK(block(1) == octets("D23513162B02D0F72A43A2FE4A5F97AB"));
    CHECK(block(2) == octets("41E95B3BB0A2E8DD477901E4FCA894C0"));
    CHECK(block(0xfeff) == octets("EC8CDF7398607CB0F2D21675EA9EA1E4"));
    CHECK(block(0xff00) == octets("362B7C3C6773516318A077D7FC5073AE"));
    CHECK(block(0xff01) == octets("6A2CC3787889374FBEB4C81B17BA6C44"));
}

TEST_CASE("The reference derives the keys of RFC 3711 B.3", "[engine][srtp]") {
    const SessionKeys keys = rtp_keys(master_key, master_salt, 14);
    CHECK(keys.cipher_key == octets("C61E7A93744F39EE10734AFE3FF7A087"));
    CHECK(keys.cipher_salt == octets("30CBBC08863D8C85D49DB34A9AE1"));
    CHECK(keys.authentication_key == octets("CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4"));
    CHECK(derive(master_key, master_salt, 1, 94) ==
          octets("CEBE321F6FF7716B6FD4AB49AF256A15 6D38BAA48F0A0ACF3C34E2359E6CDBCE"
                 "E049646C43D9327AD175578EF7227098 6371C10C9A369AC2F94A8C5FBCDDDC25"
                 "6D6E919A48B610EF17C2041E47403576 6B68642C59BBFC2F34DB60DBDFB2"));
}

TEST_CASE("The reference makes the packets of RFC 7714 16.1.1 and 17.1", "[engine][srtp]") {
    const SessionKeys keys{
        octets("000102030405060708090a0b0c0d0e0f"), octets("517569642070726f2071756f"), {}};
    CHECK(protect_gcm(octets("8040f17b 8041f8d3 5501a0b2 47616c6c 69612065 7374206f 6d6e6973"
                             "20646976 69736120 696e2070 61727465 73207472 6573"),
                      12, keys, 0) ==
          octets("8040f17b 8041f8d3 5501a0b2 f24de3a3 fb34de6c acba861c 9d7e4bca be633bd5"
                 "0d294e6f 42a5f47a 51c7d19b 36de3adf 8833899d 7f27beb1 6a9152cf 765ee439"
                 "0cce"));
    CHECK(protect_rtcp_gcm(octets("81c8000d 4d617273 4e545031 4e545032 52545020 0000042a 0000e930"
                                  "4c756e61 deadbeef deadbeef deadbeef deadbeef deadbeef"),
                           keys, 0x5d4) ==
          octets("81c8000d 4d617273 63e94885 dcdab67c a727d766 2f6b7e99 7ff5c0f7 6c06f32d"
                 "c676a5f1 730d6fda 4ce09b46 86303ded 0bb9275b c84aa458 96cf4d2f c5abf872"
                 "45d9eade 800005d4"));
}

TEST_CASE("SRTP packets are the reference's octet for octet", "[engine][srtp]") {
    for (const SrtpSuite suite : all_suites) {
        CAPTURE(rtp::sizes_of(suite).name);
        auto sender = rtp::SrtpSender::make(parameters_of(suite));
        REQUIRE(sender);
        for (const int sequence : {65534, 65535}) {
            CHECK(protected_by(*sender, rtp_packet(sequence)) ==
                  expected_rtp(suite, rtp_packet(sequence), 12, 0));
        }
        for (const int sequence : {0, 1, 40}) {  // the sequence number began anew
            CHECK(protected_by(*sender, rtp_packet(sequence)) ==
                  expected_rtp(suite, rtp_packet(sequence), 12, 1));
        }
        const std::string_view csrc_and_extension = "11223344 bede0001 10ff0000";
        CHECK(protected_by(*sender, rtp_packet(41, csrc_and_extension)) ==
              expected_rtp(suite, rtp_packet(41, csrc_and_extension), 24, 1));
    }
}

TEST_CASE("SRTCP packets are the reference's octet for octet", "[engine][srtp]") {
    for (const SrtpSuite suite : all_suites) {
        CAPTURE(rtp::sizes_of(suite).name);
        auto sender = rtp::SrtpSender::make(parameters_of(suite));
        REQUIRE(sender);
        for (std::uint32_t index = 1; index < 4; ++index) {
            Octets packet = sender_report;
            packet.resize(packet.size() + rtp::srtp_overhead_octets_max);
            const rtp::SrtpResult result = sender->protect_rtcp(packet, sender_report.size());
            REQUIRE(result.is_done());
            packet.resize(result.size);
            CHECK(packet == expected_rtcp(suite, sender_report, index));
        }
    }
}

TEST_CASE("SRTP and SRTCP of the reference are taken off again", "[engine][srtp]") {
    for (const SrtpSuite suite : all_suites) {
        CAPTURE(rtp::sizes_of(suite).name);
        auto receiver = rtp::SrtpReceiver::make(parameters_of(suite));
        REQUIRE(receiver);
        for (const int sequence : {65000, 65535, 3}) {
            const std::uint32_t rollover_counter = sequence == 3 ? 1 : 0;
            Octets packet = expected_rtp(suite, rtp_packet(sequence), 12, rollover_counter);
            const rtp::SrtpResult result = receiver->unprotect(packet);
            REQUIRE(result.is_done());
            packet.resize(result.size);
            CHECK(packet == rtp_packet(sequence));
        }
        for (const std::uint32_t index : {1U, 7U, 0x7fffffffU}) {
            Octets packet = expected_rtcp(suite, sender_report, index);
            const rtp::SrtpResult result = receiver->unprotect_rtcp(packet);
            REQUIRE(result.is_done());
            packet.resize(result.size);
            CHECK(packet == sender_report);
        }
    }
}

}  // namespace srtp_vectors_test
