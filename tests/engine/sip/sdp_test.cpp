#include "engine/sip/sdp.h"

#include <catch2/catch.hpp>

#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

namespace sip = busyhour::engine::sip;

namespace {

const std::string session_head = "v=0\r\no=- 1 2 IN IP4 192.0.2.1\r\ns=-\r\n";

bool is_read(const std::string& body) {
    static sip::SessionDescription description;
    return sip::parse_sdp(body, description);
}

}  // namespace

TEST_CASE("a session description is taken apart", "[engine][sip][sdp]") {
    const std::string body =
        session_head +
        "c=IN IP4 192.0.2.9\r\nt=0 0\r\na=sendonly\r\na=fingerprint:sha-256 AB\r\n"
        "m=audio 30000 RTP/SAVP 0 96\r\na=rtpmap:0 PCMU/8000\r\n"
        "a=rtpmap:96 opus/48000/2\r\na=ptime:2.5\r\na=crypto:1 A inline:k\r\n"
        "a=crypto:2 B inline:l\r\na=rtcp:30007 IN IP6 2001:db8::1\r\na=inactive\r\n"
        "m=video 0/2 RTP/AVP 31\r\nc=IN IP6 ::1\r\na=rtcp-mux\r\na=setup:active\r\n";
    sip::SessionDescription d;
    REQUIRE(sip::parse_sdp(body, d));
    CHECK(d.origin.username == "-");
    CHECK(d.origin.session_id == "1");
    CHECK(d.origin.session_version == "2");
    CHECK(d.origin.address == "192.0.2.1");
    CHECK(d.session_name == "-");
    REQUIRE(d.media().size() == 2);
    const sip::SdpMedia& audio = d.media()[0];
    CHECK(audio.media == "audio");
    CHECK(audio.port == 30000);
    CHECK(audio.port_text == "30000");
    CHECK(audio.protocol == "RTP/SAVP");
    CHECK(audio.formats == "0 96");
    REQUIRE(audio.connection);
    CHECK(audio.connection->address == "192.0.2.9");
    CHECK_FALSE(audio.has_own_connection);
    CHECK(audio.direction == sip::SdpDirection::inactive);
    CHECK(audio.fingerprint == "sha-256 AB");
    CHECK(audio.ptime_ms == Approx(2.5));
    CHECK(audio.crypto == "1 A inline:k");
    REQUIRE(audio.rtcp);
    CHECK(audio.rtcp->port == 30007);
    CHECK(audio.rtcp->address == "2001:db8::1");
    const auto opus = sip::rtpmap_of(audio, 96);
    REQUIRE(opus);
    CHECK(opus->encoding == "opus");
    CHECK(opus->clock_rate_hz == 48000);
    CHECK(opus->channels == 2);
    CHECK_FALSE(sip::rtpmap_of(audio, 8));
    std::string_view lines = audio.lines;
    CHECK(sip::next_attribute(lines, "crypto") == "1 A inline:k");
    CHECK(sip::next_attribute(lines, "crypto") == "2 B inline:l");
    CHECK_FALSE(sip::next_attribute(lines, "crypto"));
    const sip::SdpMedia& video = d.media()[1];
    CHECK(video.port == 0);
    CHECK(video.ports_number == 2);
    CHECK(video.connection->address == "::1");
    CHECK(video.has_own_connection);
    CHECK(video.direction == sip::SdpDirection::sendonly);
    CHECK(video.has_rtcp_mux);
    CHECK(video.setup == "active");
    CHECK_FALSE(audio.has_rtcp_mux);
    CHECK(audio.lines.substr(0, 10) == "a=rtpmap:0");
    CHECK(video.lines.substr(0, 2) == "c=");
    CHECK(d.session_lines.substr(d.session_lines.size() - 4) == "AB\r\n");
}

TEST_CASE("the offers of data are read", "[engine][sip][sdp]") {
    for (const char* name : {"offer-plain", "offer-sdes", "offer-dtls"}) {
        std::ifstream file(std::string(BUSYHOUR_SOURCE_DIR) + "/data/sip/" + name + ".sdp",
                           std::ios::binary);
        std::ostringstream read;
        read << file.rdbuf();
        const std::string body = read.str();
        sip::SessionDescription d;
        INFO(name);
        REQUIRE(sip::parse_sdp(body, d));
        REQUIRE(d.media().size() == 1);
        CHECK(d.media()[0].port > 0);
        CHECK(d.media()[0].connection);
    }
}

TEST_CASE("malformed descriptions are refused", "[engine][sip][sdp][table]") {
    CHECK(is_read(session_head));
    CHECK(is_read("v=0\no=- 1 2 IN IP4 h\ns=\n"));
    CHECK_FALSE(is_read(""));
    CHECK_FALSE(is_read("v=1\r\no=- 1 2 IN IP4 h\r\ns=-\r\n"));
    CHECK_FALSE(is_read("v=0\r\ns=-\r\n"));
    CHECK_FALSE(is_read("v=0\r\no=- 1 2 IN IP4\r\ns=-\r\n"));
    CHECK_FALSE(is_read("v=0\r\no=- 1 2 IN IPX h\r\ns=-\r\n"));
    for (const char* line :
         {"m=audio", "m=audio 70000 RTP/AVP 0", "m=audio x RTP/AVP 0", "m=audio 5 RTP/AVP",
          "m=audio 5/0 RTP/AVP 0", "m=audio 5/ RTP/AVP 0", "c=IN IP4", "c=IP4 h", "c=IN IP4 h x",
          "nonsense", "a=rtcp:x", "\r\n", "x"}) {
        INFO(line);
        CHECK_FALSE(is_read(session_head + line + "\r\n"));
    }
}

TEST_CASE("a description has a bounded number of media", "[engine][sip][sdp]") {
    std::string body = session_head;
    for (std::size_t row = 0; row < sip::SessionDescription::media_max; ++row) {
        body += "m=audio 9 RTP/AVP 0\r\n";
    }
    CHECK(is_read(body));
    CHECK_FALSE(is_read(body + "m=audio 9 RTP/AVP 0\r\n"));
}
