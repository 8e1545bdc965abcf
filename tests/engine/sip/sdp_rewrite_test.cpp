#include "engine/sip/sdp_rewrite.h"

#include <catch2/catch.hpp>

#include <array>
#include <string>
#include <vector>

namespace sip = busyhour::engine::sip;

namespace {

const std::string rewritten_head = "v=0\r\no=- 1 2 IN IP4 192.0.2.1\r\ns=-\r\n";

std::string relayed(const std::string& body, const std::vector<sip::SdpMediaChange>& changes) {
    sip::SessionDescription description;
    REQUIRE(sip::parse_sdp(body, description));
    std::array<char, 4096> octets{};
    sip::Writer writer(octets);
    sip::write_relayed_sdp(writer, body, description, changes);
    REQUIRE_FALSE(writer.is_full());
    sip::SessionDescription again;
    CHECK(sip::parse_sdp(writer.written(), again));
    return std::string(writer.written());
}

sip::SdpMediaChange change(std::uint16_t port) {
    return {.is_relayed = true, .address_type = "IP4", .address = "203.0.113.5", .port = port};
}

}  // namespace

TEST_CASE("the relay's address and port stand in a relayed description", "[engine][sip][sdp]") {
    const std::string lines = "a=rtpmap:0 PCMU/8000\r\na=ptime:20\r\na=sendrecv\r\n";
    CHECK(
        relayed(
            rewritten_head + "c=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 5004 RTP/AVP 0 8\r\n" + lines,
            {change(10000)}) == rewritten_head +
                                    "c=IN IP4 203.0.113.5\r\nt=0 0\r\nm=audio 10000 RTP/AVP 0 8\r\n"
                                    "c=IN IP4 203.0.113.5\r\n" +
                                    lines);
}

TEST_CASE("a medium's own address and RTCP port give way too", "[engine][sip][sdp]") {
    CHECK(relayed(rewritten_head +
                      "t=0 0\r\nm=audio 5004 RTP/AVP 0\r\ni=title\r\nc=IN IP6 2001:db8::1\r\n"
                      "a=rtcp:6000 IN IP6 2001:db8::1\r\na=rtcp-mux\r\n",
                  {change(10002)}) ==
          rewritten_head +
              "t=0 0\r\nm=audio 10002 RTP/AVP 0\r\ni=title\r\nc=IN IP4 203.0.113.5\r\n"
              "a=rtcp-mux\r\n");
}

TEST_CASE("an RTCP port that stands above all media does not pass the relay",
          "[engine][sip][sdp]") {
    const std::string body = rewritten_head + "c=IN IP4 192.0.2.1\r\nt=0 0\r\na=rtcp:6000\r\n" +
                             "m=audio 5004 RTP/AVP 0\r\n";
    CHECK(relayed(body, {change(10000)}).find("6000") == std::string::npos);
    CHECK(relayed(body, {{}}) == body);
}

TEST_CASE("ICE goes where anything is relayed and stays elsewhere", "[engine][sip][sdp]") {
    const std::string body = rewritten_head +
                             "c=IN IP4 192.0.2.1\r\nt=0 0\r\na=ice-lite\r\n"
                             "m=audio 5004 RTP/AVP 0\r\na=ice-ufrag:u\r\na=ice-pwd:p\r\n"
                             "a=candidate:1 1 UDP 2130706431 192.0.2.1 5004 typ host\r\n"
                             "a=end-of-candidates\r\n";
    CHECK(relayed(body, {change(10000)}) ==
          rewritten_head +
              "c=IN IP4 203.0.113.5\r\nt=0 0\r\nm=audio 10000 RTP/AVP 0\r\n"
              "c=IN IP4 203.0.113.5\r\n");
    CHECK(relayed(body, {sip::SdpMediaChange{}}) == body);
}

TEST_CASE("a medium that is not relayed keeps the address it had", "[engine][sip][sdp]") {
    const std::string body = rewritten_head +
                             "c=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 5004 RTP/AVP 0\r\n"
                             "m=video 0 RTP/AVP 31\r\nm=application 5008/2 TCP/BFCP *\r\n"
                             "a=floorctrl:c-s\r\n";
    CHECK(relayed(body, {change(10000), {}, {}}) ==
          rewritten_head +
              "c=IN IP4 203.0.113.5\r\nt=0 0\r\nm=audio 10000 RTP/AVP 0\r\n"
              "c=IN IP4 203.0.113.5\r\nm=video 0 RTP/AVP 31\r\nc=IN IP4 192.0.2.1\r\n"
              "m=application 5008/2 TCP/BFCP *\r\nc=IN IP4 192.0.2.1\r\na=floorctrl:c-s\r\n");
}

TEST_CASE("keys that the relay used up give way to its own", "[engine][sip][sdp]") {
    const std::string body = rewritten_head +
                             "c=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 5004 RTP/SAVP 0\r\n"
                             "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:a\r\n"
                             "a=crypto:2 AES_CM_128_HMAC_SHA1_32 inline:b\r\na=sendrecv\r\n";
    sip::SdpMediaChange plain = change(10000);
    plain.protocol = "RTP/AVP";
    plain.drops_crypto = true;
    const std::string front = rewritten_head + "c=IN IP4 203.0.113.5\r\nt=0 0\r\n";
    CHECK(relayed(body, {plain}) == front +
                                        "m=audio 10000 RTP/AVP 0\r\nc=IN IP4 203.0.113.5\r\n"
                                        "a=sendrecv\r\n");
    sip::SdpMediaChange secret = plain;
    secret.protocol = "RTP/SAVP";
    secret.crypto_values = "1 A inline:x\n2 B inline:y";
    CHECK(relayed(body, {secret}) ==
          front +
              "m=audio 10000 RTP/SAVP 0\r\nc=IN IP4 203.0.113.5\r\na=sendrecv\r\n"
              "a=crypto:1 A inline:x\r\na=crypto:2 B inline:y\r\n");
}

TEST_CASE("lines that end with LF alone are read and written with CRLF", "[engine][sip][sdp]") {
    CHECK(relayed("v=0\no=- 1 2 IN IP4 192.0.2.1\ns=-\nc=IN IP4 192.0.2.1\nt=0 0\n"
                  "m=audio 5004 RTP/AVP 0\n",
                  {change(4000)}) == rewritten_head +
                                         "c=IN IP4 203.0.113.5\r\nt=0 0\r\n"
                                         "m=audio 4000 RTP/AVP 0\r\nc=IN IP4 203.0.113.5\r\n");
}
