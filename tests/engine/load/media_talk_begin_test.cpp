#include "engine/load/media_talk.h"

#include <catch2/catch.hpp>

#include <chrono>
#include <cstddef>

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

constexpr std::size_t calls = 100;

MediaTalkOptions options_of_calls() {
    MediaTalkOptions options;
    options.places = calls;
    options.sources = {loopback()};
    options.is_muxed = true;  // half the sockets
    return options;
}

/// Every call begins and ends at once.
void call_shortly(MediaTalk& talk) {
    for (std::size_t place = 0; place < calls; ++place) {
        for (unsigned end = 0; end < 2; ++end) {
            talk.described(place, end, talk.description(place, 1 - end));
        }
    }
    for (std::size_t place = 0; place < calls; ++place) {
        talk.begin(place);
        talk.end(place);
    }
}

TEST_CASE("what an end says as its call begins is heard at the other end",
          "[engine][load][media]") {
    MediaTalk talk(options_of_calls());
    call_shortly(talk);
    constexpr Time now{std::chrono::seconds(1)};
    constexpr int turns_number = 100;  // loopback delivers at once, a turn takes some of it
    for (int i = 0; i < turns_number; ++i) talk.turn(now);
    talk.turn(now + std::chrono::seconds(1));  // nobody listens any more
    const MediaTalkCounts& counts = talk.counts();
    CHECK(counts.calls == calls);
    CHECK(counts.sent == 2 * calls);  // one packet as it begins
    CHECK(counts.received == 2 * calls);
    CHECK(counts.stray == 0);
    CHECK(counts.corrupt == 0);
}

TEST_CASE("what a talk was told before it stops is done", "[engine][load][media]") {
    MediaTalk talk(options_of_calls());
    talk.start();
    call_shortly(talk);
    talk.stop();
    CHECK(talk.counts().calls == calls);
    CHECK(talk.counts().sent == 2 * calls);
}

}  // namespace
}  // namespace busyhour::engine::load
