#include "engine/sip/stream_framer.h"

#include <catch2/catch.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace sip = busyhour::engine::sip;
using sip::FrameKind;

namespace {

sip::Frame frame_of(std::string_view octets) {
    std::size_t searched = 0;
    return sip::next_frame(octets, searched);
}

const std::string message =
    "MESSAGE sip:a@b SIP/2.0\r\nContent-Type: text/plain\r\nl:\r\n 5\r\n\r\nhello";

}  // namespace

TEST_CASE("what stands at the front of a stream is known", "[engine][sip][table]") {
    CHECK(frame_of("").kind == FrameKind::incomplete);
    CHECK(frame_of("\r").kind == FrameKind::incomplete);
    CHECK(frame_of("\r\n").kind == FrameKind::incomplete);
    CHECK(frame_of("\r\n\r").kind == FrameKind::incomplete);
    CHECK(frame_of("\r\n\r\nX").kind == FrameKind::ping);
    CHECK(frame_of("\r\n\r\nX").size == 4);
    CHECK(frame_of("\r\nX").kind == FrameKind::blank);
    CHECK(frame_of("\r\nX").size == 2);
    CHECK(frame_of("\rX").kind == FrameKind::malformed);
    CHECK(frame_of("\n").kind == FrameKind::malformed);
    CHECK(frame_of("\x16\x03\x01").kind == FrameKind::malformed);
    CHECK(frame_of("GET / HTTP/1.1\r\nContent-Length: 0\r\n\r\n").kind == FrameKind::malformed);
    CHECK(frame_of("SIP/2.0 200 OK\r\n\r\n").kind == FrameKind::malformed);
    CHECK(frame_of("SIP/2.0 200 OK\r\nl: 1\r\nL: 2\r\n\r\n").kind == FrameKind::malformed);
    CHECK(frame_of("SIP/2.0 200 OK\r\nl: 0\r\nL: 0\r\n\r\n").kind == FrameKind::message);
    CHECK(frame_of("SIP/2.0 200 OK\r\nl: -1\r\n\r\n").kind == FrameKind::malformed);
    CHECK(frame_of("SIP/2.0 200 OK\r\nl: 65535\r\n\r\n").kind == FrameKind::malformed);
    CHECK(frame_of("SIP/2.0 200 OK\r\nX: Content-Length: 9\r\nl: 0\r\n\r\n").kind ==
          FrameKind::message);
    CHECK(frame_of(message + "next").kind == FrameKind::message);
    CHECK(frame_of(message + "next").size == message.size());
}

TEST_CASE("a message that trickles in is cut once it is whole", "[engine][sip]") {
    std::size_t searched = 0;
    for (std::size_t size = 0; size < message.size(); ++size) {
        const std::string part = message.substr(0, size);
        CHECK(sip::next_frame(part, searched).kind == FrameKind::incomplete);
        CHECK(searched <= size);
    }
    CHECK(sip::next_frame(message, searched).kind == FrameKind::message);
}

TEST_CASE("a header without an end is given up", "[engine][sip]") {
    CHECK(frame_of("MESSAGE" + std::string(65528, ' ')).kind == FrameKind::incomplete);
    CHECK(frame_of("MESSAGE" + std::string(65529, ' ')).kind == FrameKind::malformed);
}
