#include "engine/load/media_sdp.h"

#include "engine/io/address.h"

#include <catch2/catch.hpp>

namespace busyhour::engine::load {
namespace {

Peer peer(const char* text) {
    return *io::parse_address(text);
}

TEST_CASE("an end describes its stream", "[engine][load][media]") {
    MediaOffer offer;
    offer.local = {.rtp = peer("udp:127.0.0.1:4000"), .rtcp = peer("udp:127.0.0.1:4001")};
    offer.encoding = "PCMU/8000";
    CHECK(write_sdp(offer, 7) ==
          "v=0\r\no=- 7 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
          "m=audio 4000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=ptime:20\r\na=rtcp:4001\r\n");
}

TEST_CASE("SRTP, silence suppression and IPv6 stand in the description", "[engine][load][media]") {
    MediaOffer offer;
    offer.local = {.rtp = peer("udp:[2001:db8::1]:4000"), .rtcp = peer("udp:[2001:db8::1]:4000")};
    offer.is_muxed = true;
    offer.payload_type = 96;
    offer.encoding = "opus/48000/2";
    offer.ptime = std::chrono::microseconds(2500);
    offer.comfort_noise_payload_type = 13;
    offer.crypto = "1 AES_CM_128_HMAC_SHA1_80 inline:a";
    CHECK(write_sdp(offer, 1) ==
          "v=0\r\no=- 1 1 IN IP6 2001:db8::1\r\ns=-\r\nc=IN IP6 2001:db8::1\r\nt=0 0\r\n"
          "m=audio 4000 RTP/SAVP 96 13\r\na=rtpmap:96 opus/48000/2\r\na=rtpmap:13 CN/8000\r\n"
          "a=ptime:2.5\r\na=rtcp:4000\r\na=rtcp-mux\r\n"
          "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:a\r\n");
}

TEST_CASE("the far end's addresses are read from its description", "[engine][load][media]") {
    const std::string head =
        "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n";
    const auto plain = read_sdp(head + "m=audio 4000 RTP/AVP 0\r\n");
    REQUIRE(plain);
    CHECK(plain->remote.rtp == peer("udp:192.0.2.1:4000"));
    CHECK(plain->remote.rtcp == peer("udp:192.0.2.1:4001"));  // rfc3550 11
    const auto apart = read_sdp(head + "m=audio 4000 RTP/AVP 0\r\na=rtcp:5555\r\n");
    REQUIRE(apart);
    CHECK(apart->remote.rtcp == peer("udp:192.0.2.1:5555"));
    const auto muxed = read_sdp(head +
                                "m=video 0 RTP/AVP 34\r\nm=audio 4000 RTP/AVP 0\r\n"
                                "c=IN IP6 2001:db8::2\r\na=rtcp-mux\r\n");
    REQUIRE(muxed);
    CHECK(muxed->is_muxed);
    CHECK(muxed->remote.rtp == peer("udp:[2001:db8::2]:4000"));
    CHECK(muxed->remote.rtcp == muxed->remote.rtp);

    CHECK_FALSE(read_sdp(""));
    CHECK_FALSE(read_sdp(head));
    CHECK_FALSE(read_sdp(head + "m=audio 0 RTP/AVP 0\r\n"));
    CHECK_FALSE(read_sdp(head + "m=audio 4000 RTP/AVP 0\r\nc=IN IP4 relay.example\r\n"));
}

}  // namespace
}  // namespace busyhour::engine::load
