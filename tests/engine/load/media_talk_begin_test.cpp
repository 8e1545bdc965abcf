#include "engine/load/media_talk.h"

#include <catch2/catch.hpp>

#include <string>

namespace busyhour::engine::load {
namespace {

Peer loopback() {
    Peer peer;
    peer.transport = Transport::udp;
    peer.address[10] = peer.address[11] = 0xff;  // rfc4291 2.5.5.2
    peer.address[12] = 127;
    peer.address[15] = 1;
    return peer;
}

TEST_CASE("what an end says as its call begins is heard at the other end",
          "[engine][load][media]") {
    constexpr std::size_t calls = 100;
    MediaTalkOptions options;
    options.places = calls;
    options.sources = {loopback()};
    options.is_muxed = true;  // half the sockets
    MediaTalk talk(options);
    for (std::size_t place = 0; place < calls; ++place) {
        for (unsigned end = 0; end < 2; ++end) {
            talk.described(place, end, talk.description(place, 1 - end));
        }
    }
    talk.start();
    for (std::size_t place = 0; place < calls; ++place) {
        talk.begin(place);
        talk.end(place);
    }
    talk.stop();
    const MediaTalkCounts& counts = talk.counts();
    CHECK(counts.calls == calls);
    CHECK(counts.sent == 2 * calls);  // one packet as it begins
    CHECK(counts.received == 2 * calls);
    CHECK(counts.stray == 0);
    CHECK(counts.corrupt == 0);
}

}  // namespace
}  // namespace busyhour::engine::load
