#include "engine/load/media_talk.h"

#include "engine/io/address.h"
#include "engine/io/media_socket.h"
#include "engine/rtp/packet.h"

#include <catch2/catch.hpp>

#include <chrono>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

namespace busyhour::engine::load {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Time talk_begin = Time(std::chrono::hours(1));

MediaTalkOptions talk_options(std::uint16_t port_first = 62'000) {
    MediaTalkOptions options;
    options.sources = {*io::parse_address("udp:127.0.0.1:0")};
    options.port_first = port_first;
    options.format.content = rtp::Content::pcmu_tone;
    return options;
}

/// Turns each 10 ms for `time`, with the rest of the world at work between them.
Time goes_on(MediaTalk& talk, Time from, Duration time, const std::function<void()>& world = {}) {
    for (Time now = from; now < from + time; now += milliseconds(10)) {
        talk.turn(now);
        if (world) world();
        talk.turn(now);
    }
    return from + time;
}

/// Both ends hear of each other, as signalling without a relay tells them.
void introduce(MediaTalk& talk, std::size_t place) {
    talk.described(place, 1, talk.description(place, 0));
    talk.described(place, 0, talk.description(place, 1));
}

/// A socket of somebody else; what comes to it waits there.
struct Stranger {
    Stranger() {
        for (std::uint16_t port = 63'001; port < 65'000 && !socket; port += 2) {
            local = *io::parse_address("udp:127.0.0.1:0");
            local.port = port;
            socket = io::MediaSocket::open(local);
        }
        REQUIRE(socket);
    }
    [[nodiscard]] std::string description() const {
        MediaOffer offer;
        offer.local = {.rtp = local, .rtcp = local};
        offer.is_muxed = true;
        offer.encoding = "PCMU/8000";
        return write_sdp(offer, 1);
    }
    [[nodiscard]] std::vector<std::uint8_t> receive() const {
        std::vector<std::uint8_t> room(2048);
        Peer from;
        const auto received = socket->receive(room, from);
        room.resize(received.has_datagram ? received.size : 0);
        return room;
    }

    Peer local;
    std::optional<io::MediaSocket> socket;
};

TEST_CASE("an end of a call describes its even port and how it talks", "[engine][load][media]") {
    MediaTalkOptions options = talk_options();
    options.places = 2;
    options.format.ptime = milliseconds(30);
    options.format.payload_octets = 240;
    options.is_muxed = GENERATE(false, true);
    const MediaTalk talk(options);
    std::uint16_t before = 0;
    for (unsigned end = 0; end < 4; ++end) {
        const std::string_view text = talk.description(end / 2, end % 2);
        const auto found = read_sdp(text);
        REQUIRE(found);
        const std::uint16_t port = found->remote.rtp.port;
        CHECK(port % 2 == 0);
        CHECK(port > before);
        CHECK(found->remote.rtcp.port == port + (options.is_muxed ? 0 : 1));
        CHECK(text.find(" RTP/AVP 0\r\n") != text.npos);
        CHECK(text.find("a=rtpmap:0 PCMU/8000\r\n") != text.npos);
        CHECK(text.find("a=ptime:30\r\n") != text.npos);
        CHECK((text.find("a=rtcp-mux\r\n") != text.npos) == options.is_muxed);
        before = port;
    }
}

TEST_CASE("both ends hear all that the other says while a call is up", "[engine][load][media]") {
    MediaTalkOptions options = talk_options();
    options.is_muxed = GENERATE(false, true);
    options.rtcp.session_bits_per_s = 160'000;
    MediaTalk talk(options);
    introduce(talk, 0);
    CHECK(talk.turn(talk_begin) == never);  // not before the call is up
    talk.begin(0);
    const Time end = goes_on(talk, talk_begin, seconds(1));
    talk.end(0);
    goes_on(talk, end, seconds(2));
    CHECK(talk.turn(end + seconds(2)) == never);
    const MediaTalkCounts& counts = talk.counts();
    CHECK(counts.calls == 1);
    CHECK(counts.sent == 100);  // 2 ends, 1 s, one each 20 ms
    CHECK(counts.received == 100);
    CHECK(counts.sent_octets == 17'200);  // 160 of 8 kHz PCMU and 12 of the header: rfc3550 5.1
    CHECK(counts.received_octets == 17'200);
    CHECK(counts.duplicates == 0);
    CHECK(counts.reordered == 0);
    CHECK(counts.corrupt == 0);
    CHECK(counts.stray == 0);
    CHECK(counts.deaf_ends == 0);
    CHECK(counts.undescribed == 0);
    CHECK(counts.rtcp_sent >= 2);  // each end says goodbye
    CHECK(counts.rtcp_received == counts.rtcp_sent);
    CHECK(counts.jitter_most.count() == 2);
    CHECK(counts.send_lateness.largest() == Duration(0));
}

TEST_CASE("what the way between the ends does to packets is counted", "[engine][load][media]") {
    MediaTalk talk(talk_options());
    const Stranger way;  // from the caller to the callee
    const auto to = read_sdp(talk.description(0, 1))->remote.rtp;
    talk.described(0, 0, way.description());
    talk.described(0, 1, talk.description(0, 0));
    talk.begin(0);
    int number = 0;
    std::vector<std::uint8_t> kept;
    const Time end = goes_on(talk, talk_begin, seconds(1), [&] {
        auto packet = way.receive();
        if (packet.empty()) return;
        ++number;
        if (number == 10) return;                    // lost
        if (number == 40) packet.back() ^= 0x55U;    // damaged
        if (number == 30) return kept.swap(packet);  // the 31st comes before it
        REQUIRE(way.socket->send(to, packet));
        if (number == 20) REQUIRE(way.socket->send(to, packet));
        if (number == 31) REQUIRE(way.socket->send(to, kept));
    });
    talk.end(0);
    goes_on(talk, end, seconds(1));
    CHECK(number == 50);
    const MediaTalkCounts& counts = talk.counts();
    CHECK(counts.sent == 100);
    CHECK(counts.received == 99);
    CHECK(counts.duplicates == 1);
    CHECK(counts.reordered == 1);
    CHECK(counts.corrupt == 1);
    CHECK(counts.deaf_ends == 0);
}

TEST_CASE("ends that hear nothing or know nobody are counted", "[engine][load][media]") {
    MediaTalk talk(talk_options());
    const Stranger nobody;
    const bool is_described = GENERATE(true, false);
    if (is_described) talk.described(0, 0, nobody.description());
    talk.described(0, 1, "no session description");
    talk.begin(0);
    const Time end = goes_on(talk, talk_begin, seconds(1));
    talk.end(0);
    goes_on(talk, end, seconds(1));
    const MediaTalkCounts& counts = talk.counts();
    CHECK(counts.calls == 1);
    CHECK(counts.sent == (is_described ? 50 : 0));
    CHECK(counts.received == 0);
    CHECK(counts.deaf_ends == 2);
    CHECK(counts.undescribed == (is_described ? 1 : 2));
    CHECK(counts.jitter_most.count() == 0);
}

TEST_CASE("an end hears for half a second after its call", "[engine][load][media]") {
    MediaTalk talk(talk_options());
    const Stranger late;
    const auto to = read_sdp(talk.description(0, 0))->remote.rtp;
    std::vector<std::uint8_t> packet(172, 0x55);
    rtp::write_rtp_header({.ssrc = 7}, packet);
    REQUIRE(late.socket->send(to, packet));  // before any call
    talk.turn(talk_begin);
    CHECK(talk.counts().stray == 1);
    introduce(talk, 0);
    talk.begin(0);
    const Time end = goes_on(talk, talk_begin, milliseconds(100));
    talk.end(0);
    talk.turn(end);
    REQUIRE(late.socket->send(to, packet));
    talk.turn(end + milliseconds(499));
    CHECK(talk.counts().stray == 1);
    CHECK(talk.counts().received == 0);  // counted when the end no longer hears
    talk.turn(end + milliseconds(501));
    CHECK(talk.counts().received == 11);  // 2 ends, 5 packets each, and that one
    REQUIRE(late.socket->send(to, packet));
    talk.turn(end + milliseconds(502));
    CHECK(talk.counts().stray == 2);
}

TEST_CASE("a place talks again while its last call is still heard", "[engine][load][media]") {
    MediaTalk talk(talk_options());
    Time now = talk_begin;
    for (int call = 0; call < 3; ++call) {
        introduce(talk, 0);
        talk.begin(0);
        now = goes_on(talk, now, milliseconds(200));
        talk.end(0);
        now = goes_on(talk, now, milliseconds(100));
    }
    goes_on(talk, now, seconds(1));
    CHECK(talk.counts().calls == 3);
    CHECK(talk.counts().sent == 60);
    CHECK(talk.counts().received == 60);
    CHECK(talk.counts().deaf_ends == 0);
}

TEST_CASE("a call that never came about does not talk", "[engine][load][media]") {
    MediaTalk talk(talk_options());
    talk.described(0, 1, talk.description(0, 0));
    talk.end(0);
    goes_on(talk, talk_begin, seconds(1));
    CHECK(talk.counts().calls == 0);
    CHECK(talk.counts().sent == 0);
    CHECK(talk.counts().deaf_ends == 0);
    // Nor does the next call there know what that one was told.
    talk.begin(0);
    goes_on(talk, talk_begin + seconds(1), seconds(1));
    CHECK(talk.counts().undescribed == 2);
    CHECK(talk.counts().sent == 0);
}

TEST_CASE("too few ports for the calls are refused", "[engine][load][media]") {
    MediaTalkOptions options = talk_options(65'000);
    options.places = 134;  // 268 ends, where 267 even ports below 65534 are left
    CHECK_THROWS_AS(MediaTalk(options), std::runtime_error);
}

}  // namespace
}  // namespace busyhour::engine::load
