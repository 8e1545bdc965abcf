#include "engine/call_media.h"

#include <catch2/catch.hpp>

#include <map>
#include <string>

namespace busyhour::engine {
namespace {

/// Hands out ports 10000, 10002, ... and remembers what it was told.
class Ports : public RelayControl {
public:
    struct Medium {
        std::array<RelayRemote, 2> remotes;
        std::array<std::optional<rtp::SrtpParameters>, 2> received;
        std::array<std::optional<rtp::SrtpParameters>, 2> sent;
    };

    std::optional<RelayedMedium> open(Time) noexcept override {
        if (media.size() >= media_most) return std::nullopt;
        const std::uint16_t port = next_port;
        next_port = static_cast<std::uint16_t>(next_port + 4);
        media[++last_id] = {};
        return RelayedMedium{last_id, {port, static_cast<std::uint16_t>(port + 2)}};
    }
    void set_remote(std::uint64_t id, unsigned leg, const RelayRemote& remote) noexcept override {
        media.at(id).remotes.at(leg) = remote;
    }
    bool set_keys(std::uint64_t id, unsigned leg,
                  const std::optional<rtp::SrtpParameters>& received,
                  const std::optional<rtp::SrtpParameters>& sent) noexcept override {
        media.at(id).received.at(leg) = received;
        media.at(id).sent.at(leg) = sent;
        return true;
    }
    [[nodiscard]] bool is_open(std::uint64_t id) const noexcept override {
        return media.contains(id);
    }
    void close(std::uint64_t id) noexcept override { media.erase(id); }

    std::map<std::uint64_t, Medium> media;
    std::size_t media_most = 1000;
    std::uint64_t last_id = 0;
    std::uint16_t next_port = 10000;
};

Peer ipv4(std::uint8_t last) {
    return {.address = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, last}};
}

std::string description(const std::string& address, const std::string& media) {
    return "v=0\r\no=- 1 1 IN IP4 " + address + "\r\ns=-\r\nc=IN IP4 " + address + "\r\nt=0 0\r\n" +
           media;
}

std::string audio(int port, const std::string& lines = "") {
    return "m=audio " + std::to_string(port) + " RTP/AVP 0\r\n" + lines;
}

struct Bench {
    explicit Bench(std::size_t calls_max = 100, sip::MediaProtection protection = {})
        : calls({.calls_max = calls_max, .address = ipv4(99), .protection = protection}, ports) {}

    sip::MediaVerdict give(const std::string& call_id, const std::string& tag,
                           const std::string& body, bool accepts_call = false) {
        std::array<char, 4096> octets{};
        sip::Writer writer(octets);
        const auto verdict = calls.rewrite(
            {.call_id = call_id, .sender_tag = tag, .body = body, .accepts_call = accepts_call},
            Time{}, writer);
        written = writer.written();
        return verdict;
    }

    Ports ports;
    CallMedia calls;
    std::string written;
};

TEST_CASE("each end of a call sends to the leg of its own", "[engine][media]") {
    Bench b;
    REQUIRE(b.give("c", "alice", description("192.0.2.1", audio(5000))) ==
            sip::MediaVerdict::rewritten);
    CHECK(b.written.find("m=audio 10002 RTP/AVP 0\r\n") != std::string::npos);
    CHECK(b.written.find("c=IN IP4 192.0.2.99\r\n") != std::string::npos);
    CHECK(b.written.find("c=IN IP4 192.0.2.1\r\n") == std::string::npos);
    REQUIRE(b.give("c", "bob", description("192.0.2.2", audio(6000))) ==
            sip::MediaVerdict::rewritten);
    CHECK(b.written.find("m=audio 10000 RTP/AVP 0\r\n") != std::string::npos);
    REQUIRE(b.ports.media.size() == 1);
    const auto& remotes = b.ports.media.begin()->second.remotes;
    CHECK(remotes[0].rtp.address == ipv4(1).address);
    CHECK(remotes[0].rtp.port == 5000);
    CHECK(remotes[0].rtcp_port == 5001);
    CHECK(remotes[1].rtp.address == ipv4(2).address);
    CHECK(remotes[1].rtp.port == 6000);
    // Offers of Bob in the same call, and copies, change no port.
    REQUIRE(b.give("c", "bob", description("192.0.2.3", audio(6002))) ==
            sip::MediaVerdict::rewritten);
    CHECK(b.written.find("m=audio 10000 ") != std::string::npos);
    CHECK(remotes[1].rtp.port == 6002);
    CHECK(b.calls.counts().calls_opened == 1);
    b.calls.end("c", Time{});
    CHECK(b.ports.media.empty());
    CHECK(b.calls.calls() == 0);
    CHECK(b.calls.counts().calls_ended == 1);
}

TEST_CASE("RTCP goes where the description says", "[engine][media]") {
    Bench b;
    b.give("c", "a", description("192.0.2.1", audio(5000, "a=rtcp:5007\r\n")));
    CHECK(b.ports.media.begin()->second.remotes[0].rtcp_port == 5007);
    b.give("c", "a", description("192.0.2.1", audio(5000, "a=rtcp-mux\r\n")));
    CHECK(b.ports.media.begin()->second.remotes[0].rtcp_port == 5000);
}

TEST_CASE("a far end on hold or with a name is not known", "[engine][media]") {
    Bench b;
    const std::string address = GENERATE("0.0.0.0", "phone.example.com");
    REQUIRE(b.give("c", "a", description(address, audio(5000))) == sip::MediaVerdict::rewritten);
    CHECK(b.ports.media.begin()->second.remotes[0] == RelayRemote{});
}

const std::string first_key = "MTIzNDU2Nzg5QUJDREUwMTIzNDU2Nzg5QUJjZGVm";   // rfc4568 6.1
const std::string second_key = "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz";  // rfc4568 9.1

std::string secure_audio(int port, const std::string& crypto) {
    return "m=audio " + std::to_string(port) + " RTP/SAVP 0\r\n" +
           (crypto.empty() ? "" : "a=crypto:" + crypto + "\r\n");
}

/// What is written behind `a=crypto:`.
rtp::SdesCrypto crypto_in(const std::string& body) {
    const std::size_t begin = body.find("a=crypto:");
    REQUIRE(begin != std::string::npos);
    CHECK(body.find("a=crypto:", begin + 1) == std::string::npos);
    const std::size_t end = body.find("\r\n", begin);
    const auto parsed = rtp::parse_sdes(body.substr(begin + 9, end - begin - 9));
    REQUIRE(parsed.is_done());
    return parsed.crypto;
}

TEST_CASE("SRTP of the caller becomes RTP for the callee", "[engine][media]") {
    Bench b(100, sip::MediaProtection::plain);
    const std::string offer = description(
        "192.0.2.1", secure_audio(5000, "3 AES_CM_128_HMAC_SHA1_32 inline:" + first_key));
    REQUIRE(b.give("c", "a", offer) == sip::MediaVerdict::rewritten);
    CHECK(b.written.find("m=audio 10002 RTP/AVP 0\r\n") != std::string::npos);
    CHECK(b.written.find("crypto") == std::string::npos);
    REQUIRE(b.give("c", "b", description("192.0.2.2", audio(6000))) ==
            sip::MediaVerdict::rewritten);
    CHECK(b.written.find("m=audio 10000 RTP/SAVP 0\r\n") != std::string::npos);
    const rtp::SdesCrypto answer = crypto_in(b.written);
    CHECK(answer.tag == 3);
    CHECK(answer.parameters.suite == rtp::SrtpSuite::aes_cm_128_hmac_sha1_32);
    const auto& medium = b.ports.media.begin()->second;
    CHECK(medium.received[0] ==
          rtp::parse_sdes("1 AES_CM_128_HMAC_SHA1_32 inline:" + first_key).crypto.parameters);
    CHECK(medium.sent[0] == answer.parameters);
    CHECK_FALSE(medium.sent[0]->key == medium.received[0]->key);
    CHECK_FALSE(medium.received[1]);
    // The same offer again is answered by the same key.
    REQUIRE(b.give("c", "a", offer) == sip::MediaVerdict::rewritten);
    CHECK(medium.sent[0] == answer.parameters);
}

TEST_CASE("RTP of the caller becomes SRTP for the callee", "[engine][media]") {
    Bench b(100, sip::MediaProtection::secure);
    REQUIRE(b.give("c", "a", description("192.0.2.1", audio(5000))) ==
            sip::MediaVerdict::rewritten);
    CHECK(b.written.find("m=audio 10002 RTP/SAVP 0\r\n") != std::string::npos);
    const rtp::SdesCrypto offered = crypto_in(b.written);
    CHECK(offered.parameters.suite == rtp::SrtpSuite::aes_cm_128_hmac_sha1_80);
    SECTION("an answer with its own key") {
        REQUIRE(b.give("c", "b",
                       description(
                           "192.0.2.2",
                           secure_audio(6000, "1 AES_CM_128_HMAC_SHA1_80 inline:" + second_key))) ==
                sip::MediaVerdict::rewritten);
        CHECK(b.written.find("m=audio 10000 RTP/AVP 0\r\n") != std::string::npos);
        CHECK(b.written.find("crypto") == std::string::npos);
        const auto& medium = b.ports.media.begin()->second;
        CHECK(medium.sent[1] == offered.parameters);
        CHECK(medium.received[1] ==
              rtp::parse_sdes("1 AES_CM_128_HMAC_SHA1_80 inline:" + second_key).crypto.parameters);
        CHECK_FALSE(medium.received[0]);
    }
    SECTION("an answer of another suite, without a key or with a broken one") {
        const std::string crypto =
            GENERATE(as<std::string>(), "1 AES_CM_128_HMAC_SHA1_32 inline:" + second_key,
                     "2 AES_CM_128_HMAC_SHA1_80 inline:" + second_key, "",
                     "1 AES_CM_128_HMAC_SHA1_80 inline:AAAA");
        CHECK(b.give("c", "b", description("192.0.2.2", secure_audio(6000, crypto))) ==
              sip::MediaVerdict::refused);
    }
}

TEST_CASE("who was offered a key is sent with that one and no other", "[engine][media]") {
    Bench b(100, sip::MediaProtection::secure);
    REQUIRE(b.give("c", "a", description("192.0.2.1", audio(5000))) ==
            sip::MediaVerdict::rewritten);
    const rtp::SdesCrypto offered = crypto_in(b.written);
    const auto& medium = b.ports.media.begin()->second;
    const auto answers = [&b](const std::string& tag, const std::string& key) {
        return b.give("c", tag,
                      description("192.0.2.2",
                                  secure_audio(6000, "1 AES_CM_128_HMAC_SHA1_80 inline:" + key)));
    };
    REQUIRE(answers("b1", first_key) == sip::MediaVerdict::rewritten);
    SECTION("both branches of a fork answer") {
        REQUIRE(answers("b2", second_key) == sip::MediaVerdict::rewritten);
    }
    SECTION("the answer to a later offer has a new key") {
        REQUIRE(b.give("c", "a", description("192.0.2.1", audio(5000, "a=sendonly\r\n"))) ==
                sip::MediaVerdict::rewritten);
        CHECK(crypto_in(b.written) == offered);
        REQUIRE(answers("b1", second_key) == sip::MediaVerdict::rewritten);
    }
    CHECK(medium.received[1] ==
          rtp::parse_sdes("1 AES_CM_128_HMAC_SHA1_80 inline:" + second_key).crypto.parameters);
    CHECK(medium.sent[1] == offered.parameters);
}

TEST_CASE("keys pass from end to end where nothing is to be bridged", "[engine][media]") {
    const auto protection = GENERATE(sip::MediaProtection::same, sip::MediaProtection::secure);
    Bench b(100, protection);
    const std::string crypto = "1 AES_CM_128_HMAC_SHA1_80 inline:" + first_key;
    REQUIRE(b.give("c", "a", description("192.0.2.1", secure_audio(5000, crypto))) ==
            sip::MediaVerdict::rewritten);
    CHECK(b.written.find("m=audio 10002 RTP/SAVP 0\r\n") != std::string::npos);
    CHECK(b.written.find("a=crypto:" + crypto + "\r\n") != std::string::npos);
    CHECK_FALSE(b.ports.media.begin()->second.received[0]);
}

TEST_CASE("two media go by the relay and the others round it", "[engine][media]") {
    Bench b;
    const std::string more =
        "m=video 5002 RTP/AVP 31\r\nm=video 5004 RTP/AVP 31\r\nm=image 5006 udptl t38\r\n";
    b.give("c", "a", description("192.0.2.1", audio(5000) + more));
    CHECK(b.ports.media.size() == 2);
    CHECK(b.written.find("m=video 10006 ") != std::string::npos);
    CHECK(b.written.find("m=video 5004 RTP/AVP 31\r\nc=IN IP4 192.0.2.1\r\n") != std::string::npos);
    CHECK(b.give("d", "a", description("192.0.2.1", "m=image 5006 udptl t38\r\n")) ==
          sip::MediaVerdict::unchanged);
    CHECK(b.give("e", "a", description("192.0.2.1", audio(0))) == sip::MediaVerdict::unchanged);
    CHECK(b.give("f", "a", "v=0\r\nnonsense") == sip::MediaVerdict::unchanged);
    CHECK(b.calls.counts().malformed == 1);
    CHECK(b.calls.calls() == 1);
}

TEST_CASE("a refused branch of a fork leaves the accepted one its media", "[engine][media]") {
    Bench b;
    REQUIRE(b.give("c", "a", description("192.0.2.1", audio(5000))) ==
            sip::MediaVerdict::rewritten);
    REQUIRE(b.give("c", "b", description("192.0.2.2", audio(6000))) ==
            sip::MediaVerdict::rewritten);  // of a 183
    const bool is_accepted = GENERATE(true, false);
    if (is_accepted) {
        REQUIRE(b.give("c", "b", description("192.0.2.2", audio(6000)), true) ==
                sip::MediaVerdict::rewritten);
    }
    CHECK(b.calls.fail("c", Time{}) != is_accepted);
    CHECK(b.ports.media.size() == (is_accepted ? 1 : 0));
    CHECK(b.calls.end("c", Time{}) == is_accepted);
    CHECK(b.ports.media.empty());
    CHECK_FALSE(b.calls.fail("c", Time{}));
    CHECK(b.calls.counts().calls_ended == 1);
}

TEST_CASE("a call without ports is refused and leaves nothing", "[engine][media]") {
    Bench b;
    b.ports.media_most = 1;
    const std::string two = audio(5000) + "m=video 5002 RTP/AVP 31\r\n";
    CHECK(b.give("c", "a", description("192.0.2.1", two)) == sip::MediaVerdict::refused);
    CHECK(b.ports.media.empty());
    CHECK(b.calls.calls() == 0);
    CHECK(b.give("d", "a", description("192.0.2.1", audio(5000))) == sip::MediaVerdict::rewritten);
    CHECK(b.give("e", "a", description("192.0.2.1", audio(5000))) == sip::MediaVerdict::refused);
    CHECK(b.calls.counts().calls_refused == 2);
}

TEST_CASE("calls that fell silent make room and others do not", "[engine][media]") {
    Bench b(16);
    b.ports.media_most = 100'000;
    std::size_t taken = 0;
    while (b.give(std::to_string(taken), "a", description("192.0.2.1", audio(5000))) ==
           sip::MediaVerdict::rewritten) {
        REQUIRE(++taken < 10'000);
    }
    CHECK(taken >= 16);
    CHECK(b.calls.calls() == taken);
    b.ports.media.clear();  // the relay heard nothing of any for too long
    CHECK(b.give(std::to_string(taken), "a", description("192.0.2.1", audio(5000))) ==
          sip::MediaVerdict::rewritten);
    CHECK(b.calls.counts().calls_silent > 0);
}

}  // namespace
}  // namespace busyhour::engine
