#include "engine/rtp/sdes.h"

#include <catch2/catch.hpp>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sdes_test {

namespace rtp = busyhour::engine::rtp;
using rtp::SdesFailure;
using rtp::SrtpSuite;

namespace {

const std::string key_text = "d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj";  // rfc4568 6.1

std::string line(const std::string& behind_key) {
    return "1 AES_CM_128_HMAC_SHA1_80 inline:" + key_text + behind_key;
}

SdesFailure failure_of(const std::string& value) {
    return rtp::parse_sdes(value).failure;
}

std::string text_of(const rtp::SrtpKey& key) {
    return std::string(key.master_key.octets.begin(), key.master_key.octets.end()) +
           std::string(key.master_salt.octets.begin(), key.master_salt.octets.end());
}

std::string written(const rtp::SdesCrypto& crypto) {
    std::array<char, rtp::sdes_octets_max> text{};
    return {text.data(), rtp::write_sdes(crypto, text)};
}

constexpr std::array every_suite{SrtpSuite::aes_cm_128_hmac_sha1_80,
                                 SrtpSuite::aes_cm_128_hmac_sha1_32, SrtpSuite::aead_aes_128_gcm};

}  // namespace

TEST_CASE("The line of RFC 4568 6.1 is read with its key lifetime and MKI", "[engine][sdes]") {
    const rtp::SdesParsed parsed = rtp::parse_sdes(line("|2^20|1:4"));
    REQUIRE(parsed.is_done());
    CHECK(parsed.crypto.tag == 1);
    CHECK(parsed.crypto.parameters.suite == SrtpSuite::aes_cm_128_hmac_sha1_80);
    CHECK(text_of(parsed.crypto.parameters.key) == "wDfvg&T+)xG7@fb5jU,RaA}\\|p0%*#");
    CHECK(parsed.crypto.parameters.lifetime_packets == 1048576);
    CHECK(parsed.crypto.parameters.mki == rtp::SrtpMki{{0, 0, 0, 1}, 4});
    CHECK(written(parsed.crypto) == line("|2^20|1:4"));
}

TEST_CASE("The answer of RFC 4568 7.1.5 answers its offer", "[engine][sdes]") {
    const std::string offered =
        "1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz|2^20|1:4";
    const std::string answered =
        "1 AES_CM_128_HMAC_SHA1_80 inline:PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR|2^20|1:4";
    const rtp::SdesCrypto offer = rtp::parse_sdes(offered).crypto;
    const rtp::SdesCrypto answer = rtp::parse_sdes(answered).crypto;
    CHECK(text_of(offer.parameters.key) == "YS___semctl () {\t220;}\n}\nunles");
    CHECK(rtp::is_answer_to(offer, answer));
    CHECK_FALSE(rtp::is_answer_to(offer, offer));  // its own key
    rtp::SdesCrypto other = answer;
    other.tag = 2;
    CHECK_FALSE(rtp::is_answer_to(offer, other));
    other = answer;
    other.parameters.suite = SrtpSuite::aes_cm_128_hmac_sha1_32;
    CHECK_FALSE(rtp::is_answer_to(offer, other));
}

TEST_CASE("A key of GCM has 28 octets padded or not", "[engine][sdes]") {
    const std::string base64 = "AAECAwQFBgcICQoLDA0OD1F1aWQgcHJvIHF1bw";  // and rfc7714 16's salt
    for (const std::string_view padding : {"", "=", "=="}) {
        const std::string value = "7 AEAD_AES_128_GCM inline:" + base64 + std::string(padding);
        const rtp::SdesParsed parsed = rtp::parse_sdes(value);
        REQUIRE(parsed.is_done());
        CHECK(parsed.crypto.parameters.suite == SrtpSuite::aead_aes_128_gcm);
        const rtp::SrtpKey& key = parsed.crypto.parameters.key;
        for (std::uint8_t i = 0; i < 16; ++i) CHECK(key.master_key.octets[i] == i);
        CHECK(text_of(key).substr(16, 12) == "Quid pro quo");
        CHECK(written(parsed.crypto) == "7 AEAD_AES_128_GCM inline:" + base64 + "==");
    }
    CHECK(failure_of("7 AEAD_AES_128_GCM inline:" + key_text) == SdesFailure::key);
    CHECK(failure_of("7 AES_CM_128_HMAC_SHA1_32 inline:" + base64) == SdesFailure::key);
}

TEST_CASE("Words of a crypto line compare without case and spaces may repeat", "[engine][sdes]") {
    CHECK(failure_of("999999999   aes_cm_128_hmac_sha1_32\tINLINE:" + key_text + "  ") ==
          SdesFailure::none);
    CHECK(rtp::parse_sdes("007 AES_CM_128_HMAC_SHA1_32 inline:" + key_text).crypto.tag == 7);
}

TEST_CASE("Lifetime and MKI may stand alone", "[engine][sdes]") {
    const rtp::SrtpParameters bare = rtp::parse_sdes(line("")).crypto.parameters;
    CHECK(bare.lifetime_packets == 281474976710656);  // 2^48, rfc4568 6.2
    CHECK(bare.mki.size == 0);
    const rtp::SrtpParameters identified = rtp::parse_sdes(line("|1066:4")).crypto.parameters;
    CHECK(identified.lifetime_packets == 281474976710656);
    CHECK(identified.mki == rtp::SrtpMki{{0, 0, 4, 42}, 4});
    CHECK(rtp::parse_sdes(line("|1000")).crypto.parameters.lifetime_packets == 1000);
    CHECK(rtp::parse_sdes(line("|2^48")).crypto.parameters.lifetime_packets == 281474976710656);
}

TEST_CASE("Crypto lines are refused with their reason", "[engine][sdes]") {
    struct Row {
        std::string value;
        SdesFailure failure;
    };
    const std::string suite = "AES_CM_128_HMAC_SHA1_80";
    const std::vector<Row> rows = {
        {"", SdesFailure::malformed},
        {"1", SdesFailure::malformed},
        {"1 " + suite, SdesFailure::malformed},
        {"1 " + suite + " inline", SdesFailure::malformed},
        {"x " + suite + " inline:" + key_text, SdesFailure::malformed},
        {"-1 " + suite + " inline:" + key_text, SdesFailure::malformed},
        {"1234567890 " + suite + " inline:" + key_text, SdesFailure::malformed},
        {suite + " inline:" + key_text, SdesFailure::malformed},
        {"1 F8_128_HMAC_SHA1_80 inline:" + key_text, SdesFailure::suite},
        {"1 AES_CM_128_HMAC_SHA1_8 inline:" + key_text, SdesFailure::suite},
        {"1 AEAD_AES_256_GCM inline:" + key_text, SdesFailure::suite},
        {"1 " + suite + " uri:" + key_text, SdesFailure::key_method},
        {"1 " + suite + " inline:", SdesFailure::key},
        {"1 " + suite + " inline:" + key_text.substr(1), SdesFailure::key},
        {line("A"), SdesFailure::key},
        {line("==="), SdesFailure::key},
        {"1 " + suite + " inline:" + key_text.substr(1) + "-", SdesFailure::key},
        {line(";inline:" + key_text), SdesFailure::several_keys},
        {line("|2^20|1:4;inline:" + key_text + "|2^20|2:4"), SdesFailure::several_keys},
        {line("|"), SdesFailure::malformed},
        {line("|2^20|"), SdesFailure::malformed},
        {line("|2^20|1:4|5"), SdesFailure::malformed},
        {line("|0"), SdesFailure::lifetime},
        {line("|010"), SdesFailure::lifetime},
        {line("|2^49"), SdesFailure::lifetime},
        {line("|2^020"), SdesFailure::lifetime},
        {line("|2^"), SdesFailure::lifetime},
        {line("|-5"), SdesFailure::lifetime},
        {line("|281474976710657"), SdesFailure::lifetime},
        {line("|99999999999999999999"), SdesFailure::lifetime},
        {line("|2^20|1"), SdesFailure::mki},
        {line("|1:"), SdesFailure::mki},
        {line("|:4"), SdesFailure::mki},
        {line("|1:0"), SdesFailure::mki},
        {line("|01:4"), SdesFailure::mki},
        {line("|1:04"), SdesFailure::mki},
        {line("|256:1"), SdesFailure::mki},
        {line("|1:129"), SdesFailure::mki},
        {line("|1:17"), SdesFailure::mki},  // allowed by the RFC, more than is kept here
        {line(" UNENCRYPTED_SRTP"), SdesFailure::session_parameter},
        {line(" UNENCRYPTED_SRTCP"), SdesFailure::session_parameter},
        {line(" UNAUTHENTICATED_SRTP"), SdesFailure::session_parameter},
        {line(" KDR=2"), SdesFailure::session_parameter},
        {line(" FEC_ORDER=FEC_SRTP"), SdesFailure::session_parameter},
        {line(" WSH=64 unknown"), SdesFailure::session_parameter},
        {line(" WSH=64 -unknown"), SdesFailure::none},
        {line(" -UNENCRYPTED_SRTP"), SdesFailure::none},
    };
    for (const Row& row : rows) {
        CAPTURE(row.value);
        CHECK(failure_of(row.value) == row.failure);
        CHECK_FALSE(rtp::describe(row.failure).empty());
    }
}

TEST_CASE("A refused line leaves no key behind", "[engine][sdes]") {
    CHECK(rtp::parse_sdes(line(" UNENCRYPTED_SRTP")).crypto == rtp::SdesCrypto{});
}

TEST_CASE("The first line of an offer that is supported is chosen", "[engine][sdes]") {
    const std::string f8 = "1 F8_128_HMAC_SHA1_80 inline:" + key_text;
    const std::string unencrypted = line(" UNENCRYPTED_SRTP");
    const std::string short_tag = "3 AES_CM_128_HMAC_SHA1_32 inline:" + key_text;
    const std::string long_tag = "4 AES_CM_128_HMAC_SHA1_80 inline:" + key_text;
    const std::array<std::string_view, 4> offered{f8, unencrypted, short_tag, long_tag};
    const auto tag_of = [&offered](std::span<const SrtpSuite> allowed) {
        const auto chosen = rtp::choose_sdes(offered, allowed);
        return chosen ? chosen->tag : 0;
    };
    CHECK(tag_of(every_suite) == 3);
    CHECK(tag_of(std::array{SrtpSuite::aes_cm_128_hmac_sha1_80}) == 4);
    CHECK(tag_of(std::array{SrtpSuite::aead_aes_128_gcm}) == 0);
    CHECK(tag_of({}) == 0);
    CHECK_FALSE(rtp::choose_sdes({}, every_suite));
}

TEST_CASE("What is written is read again for every suite", "[engine][sdes]") {
    for (const SrtpSuite suite : every_suite) {
        for (const std::uint64_t lifetime_packets :
             {std::uint64_t{1}, std::uint64_t{5}, std::uint64_t{1} << 31U,
              rtp::srtp_lifetime_packets_max}) {
            rtp::SdesCrypto crypto;
            crypto.tag = 999999999;
            crypto.parameters.suite = suite;
            crypto.parameters.key.master_key.octets.fill(0xff);
            crypto.parameters.lifetime_packets = lifetime_packets;
            crypto.parameters.mki = {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, 8};
            const std::string text = written(crypto);
            CHECK(text.size() <= rtp::sdes_octets_max);
            const rtp::SdesParsed parsed = rtp::parse_sdes(text);
            CHECK(parsed.failure == SdesFailure::none);
            CHECK(parsed.crypto == crypto);
            std::vector<char> small(text.size() - 1);
            CHECK(rtp::write_sdes(crypto, small) == 0);
        }
    }
}

TEST_CASE("Keys that are made are never the same", "[engine][sdes]") {
    const auto one = rtp::make_srtp_key();
    const auto other = rtp::make_srtp_key();
    REQUIRE((one && other));
    CHECK(one->master_key.octets != other->master_key.octets);
    CHECK(one->master_salt.octets != other->master_salt.octets);
}

}  // namespace sdes_test
