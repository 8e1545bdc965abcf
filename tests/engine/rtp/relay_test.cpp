#include "engine/rtp/relay.h"

#include <catch2/catch.hpp>

#include <chrono>
#include <string>
#include <vector>

namespace busyhour::engine::rtp {
namespace {

using namespace std::chrono_literals;
using Datagram = std::vector<std::uint8_t>;

Peer source(std::uint8_t last, std::uint16_t port) {
    return {.address = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, last}, .port = port};
}

const Peer phone = source(1, 5000);  // what the description of leg 0 announces
const Peer nat = source(7, 40000);   // where it really sends from
const Peer attacker = source(66, 6666);
const Peer other_end = source(2, 6000);  // of leg 1

Datagram rtp(std::uint16_t sequence, std::uint32_t ssrc = 0x1234) {
    Datagram octets(172, 0xd5);
    write_rtp_header(
        {.payload_type = 0, .sequence = sequence, .timestamp = 160U * sequence, .ssrc = ssrc},
        octets);
    return octets;
}

/// An empty receiver report and 24 octets more that nobody reads here.
Datagram rtcp() {
    Datagram octets(32, 0);
    octets[0] = 0x80;
    octets[1] = 201;
    octets[3] = 1;
    return octets;
}

struct Bench {
    Bench() {
        relay.start({});
        relay.set_remote(1, other_end, 6001);
    }
    void describe_phone() { relay.set_remote(0, phone, 5001); }

    /// Where the datagram went; nothing where it was dropped.
    std::optional<RelayTarget> give(const Peer& from, Datagram octets, unsigned leg = 0,
                                    RelayPort port = RelayPort::rtp) {
        octets.reserve(octets.size() + srtp_overhead_octets_max);
        const std::size_t size = relay.accept(leg, port, from, octets, now);
        if (size == 0) return std::nullopt;
        const Datagram before(octets.begin(), octets.begin() + static_cast<std::ptrdiff_t>(size));
        octets.resize(size + srtp_overhead_octets_max);
        RelayTarget target;
        const std::size_t sent = relay.forward(leg, octets, size, target);
        octets.resize(sent);
        passed = octets;
        if (sent == 0) return std::nullopt;
        return target;
    }
    [[nodiscard]] std::uint64_t dropped(RelayDrop reason, unsigned leg = 0) const {
        return relay.counts(leg).dropped[static_cast<std::size_t>(reason)];
    }

    Relay relay;
    Time now{1h};
    Datagram passed;
};

TEST_CASE("RTP of the announced source passes unchanged to the other end", "[engine][relay]") {
    Bench b;
    b.describe_phone();
    const auto target = b.give(phone, rtp(1));
    REQUIRE(target);
    CHECK(target->to == other_end);
    CHECK(target->port == RelayPort::rtp);
    CHECK(b.passed == rtp(1));
    CHECK(b.relay.counts(0).packets_in == 1);
    CHECK(b.relay.counts(0).octets_in == 172);
    CHECK(b.relay.counts(1).packets_out == 1);
    CHECK(b.relay.counts(1).octets_out == 172);
    const auto back = b.give(other_end, rtp(9), 1);
    REQUIRE(back);
    CHECK(back->to == phone);
}

TEST_CASE("nothing passes before the description of its end is known", "[engine][relay]") {
    Bench b;
    CHECK_FALSE(b.give(phone, rtp(1)));
    CHECK_FALSE(b.give(phone, rtcp(), 0, RelayPort::rtcp));
    CHECK(b.dropped(RelayDrop::not_described) == 2);
}

TEST_CASE("the other end must be known before anything is sent to it", "[engine][relay]") {
    Bench b;
    b.relay.start({});
    b.describe_phone();
    CHECK_FALSE(b.give(phone, rtp(1)));
    CHECK(b.dropped(RelayDrop::unknown_far_end) == 1);
    b.relay.set_remote(1, Peer{}, 0);  // on hold
    CHECK_FALSE(b.give(phone, rtp(2)));
    CHECK(b.dropped(RelayDrop::unknown_far_end) == 2);
}

TEST_CASE("a source behind a NAT is learned by four packets in a row", "[engine][relay]") {
    Bench b;
    b.describe_phone();
    for (std::uint16_t sequence = 65534; sequence != 1; ++sequence) {  // across the wrap
        CHECK_FALSE(b.give(nat, rtp(sequence)));
    }
    CHECK(b.dropped(RelayDrop::learning) == 3);
    CHECK(b.give(nat, rtp(1)));
    CHECK(b.relay.destination(0) == nat);
    CHECK(b.give(other_end, rtp(1), 1)->to == nat);
}

TEST_CASE("a gap or another SSRC begins the probation anew", "[engine][relay]") {
    Bench b;
    b.describe_phone();
    b.give(nat, rtp(1));
    b.give(nat, rtp(2));
    b.give(nat, rtp(4));
    b.give(nat, rtp(5));
    b.give(nat, rtp(6, 0x9999));
    b.give(nat, rtp(7, 0x9999));
    CHECK_FALSE(b.give(nat, rtp(8, 0x9999)));
    CHECK(b.give(nat, rtp(9, 0x9999)));
}

TEST_CASE("RTP bleed: who comes later neither hears nor disturbs", "[engine][relay]") {
    Bench b;
    b.describe_phone();
    const bool is_behind_nat = GENERATE(false, true);
    const Peer good = is_behind_nat ? nat : phone;
    for (std::uint16_t i = 0; i < 4; ++i) b.give(good, rtp(i));
    b.now += 10s;
    for (std::uint16_t i = 4; i < 1000; ++i) {
        CHECK_FALSE(b.give(attacker, rtp(i)));  // even with the SSRC and sequence of the call
        CHECK_FALSE(b.give(attacker, rtcp(), 0, RelayPort::rtcp));
        CHECK(b.give(good, rtp(i)));
    }
    CHECK(b.dropped(RelayDrop::foreign_source) == 2 * 996);
    CHECK(b.give(other_end, rtp(1), 1)->to == good);
}

TEST_CASE("RTP bleed: who comes first does not keep the announced end away", "[engine][relay]") {
    Bench b;
    b.describe_phone();
    for (std::uint16_t i = 0; i < 10; ++i) b.give(attacker, rtp(i, 0xbad));
    CHECK(b.relay.destination(0) == attacker);
    b.now += 2s;
    CHECK(b.give(phone, rtp(1)));
    CHECK(b.relay.destination(0) == phone);
    CHECK_FALSE(b.give(attacker, rtp(11, 0xbad)));
    // The announced source is believed for good: nobody takes the leg back again.
    for (std::uint16_t i = 0; i < 10; ++i) CHECK_FALSE(b.give(nat, rtp(i)));
}

TEST_CASE("the announced source may take a leg back for a while only", "[engine][relay]") {
    Bench b;
    b.describe_phone();
    for (std::uint16_t i = 0; i < 4; ++i) b.give(nat, rtp(i));
    b.now += 3s + 1ms;
    CHECK_FALSE(b.give(phone, rtp(1)));
    CHECK(b.relay.destination(0) == nat);
}

TEST_CASE("two sources that take turns do not pass the probation", "[engine][relay]") {
    Bench b;
    b.describe_phone();
    for (std::uint16_t i = 0; i < 100; ++i) {
        CHECK_FALSE(b.give(nat, rtp(i)));
        CHECK_FALSE(b.give(attacker, rtp(i)));
    }
    CHECK_FALSE(b.relay.is_locked(0));
    CHECK(b.give(phone, rtp(1)));
}

TEST_CASE("a new description makes a leg learn anew and the same one does not", "[engine][relay]") {
    Bench b;
    b.describe_phone();
    b.give(phone, rtp(1));
    b.describe_phone();
    CHECK(b.relay.is_locked(0));
    b.relay.set_remote(0, source(1, 5010), 5011);
    CHECK_FALSE(b.relay.is_locked(0));
    CHECK(b.give(source(1, 5010), rtp(2)));
    CHECK_FALSE(b.give(phone, rtp(3)));
}

TEST_CASE("RTCP comes from the address of RTP and goes to its port", "[engine][relay]") {
    Bench b;
    b.describe_phone();
    b.give(phone, rtp(1));
    CHECK_FALSE(b.give(attacker, rtcp(), 0, RelayPort::rtcp));
    const auto target = b.give(source(1, 5001), rtcp(), 0, RelayPort::rtcp);
    REQUIRE(target);
    CHECK(target->port == RelayPort::rtcp);
    CHECK(target->to == source(2, 6001));
    CHECK_FALSE(b.give(source(1, 5003), rtcp(), 0, RelayPort::rtcp));  // another port of it
    CHECK(b.relay.counts(0).rtcp_in == 1);
    // What the other end sends from is where it hears.
    CHECK(b.give(source(2, 6009), rtcp(), 1, RelayPort::rtcp));
    CHECK(b.give(source(1, 5001), rtcp(), 0, RelayPort::rtcp)->to == source(2, 6009));
}

TEST_CASE("who guesses a port while the call rings is not believed", "[engine][relay]") {
    Bench b;
    b.relay.start({});
    b.describe_phone();
    for (std::uint16_t i = 0; i < 100; ++i) CHECK_FALSE(b.give(attacker, rtp(i, 0xbad)));
    CHECK_FALSE(b.relay.is_locked(0));
    CHECK(b.dropped(RelayDrop::learning) == 100);
    b.now += 10s;  // answered
    b.relay.set_remote(1, other_end, 6001);
    CHECK_FALSE(b.give(attacker, rtp(100, 0xbad)));
    CHECK(b.give(phone, rtp(1)));
    CHECK(b.give(other_end, rtp(1), 1)->to == phone);
}

TEST_CASE("the announced port of RTCP takes the place of another port", "[engine][relay]") {
    Bench b;
    b.describe_phone();
    b.give(phone, rtp(1));
    CHECK(b.give(source(1, 7777), rtcp(), 0, RelayPort::rtcp));  // behind the same address
    CHECK(b.give(source(1, 5001), rtcp(), 0, RelayPort::rtcp));
    CHECK(b.give(other_end, rtcp(), 1, RelayPort::rtcp)->to == source(1, 5001));
    CHECK_FALSE(b.give(source(1, 7777), rtcp(), 0, RelayPort::rtcp));
    CHECK_FALSE(b.give(source(66, 5001), rtcp(), 0, RelayPort::rtcp));
}

TEST_CASE("forged SRTCP does not keep the phone's own away", "[engine][relay]") {
    Bench b;
    b.describe_phone();
    const auto keys_of = [](std::uint8_t octet) {
        SrtpParameters keys;
        keys.key.master_key.octets.fill(octet);
        return keys;
    };
    const auto protected_report = [](const SrtpParameters& keys) {
        Datagram report = rtcp();
        const std::size_t size = report.size();
        report.resize(size + srtp_overhead_octets_max);
        report.resize(SrtpSender::make(keys)->protect_rtcp(report, size).size);
        return report;
    };
    b.relay.set_keys(0, SrtpReceiver::make(keys_of(1)), std::nullopt);
    const Datagram forged = protected_report(keys_of(2));
    CHECK_FALSE(b.give(source(1, 7777), forged, 0, RelayPort::rtcp));
    CHECK(b.dropped(RelayDrop::not_authentic) == 1);
    CHECK(b.give(source(1, 5003), protected_report(keys_of(1)), 0, RelayPort::rtcp));
    CHECK(b.relay.counts(0).rtcp_in == 1);
    CHECK(b.give(other_end, rtcp(), 1, RelayPort::rtcp)->to == source(1, 5003));
}

TEST_CASE("RTCP shares the port of RTP where both ends want that", "[engine][relay]") {
    Bench b;
    b.relay.set_remote(0, phone, 5000);
    b.relay.set_remote(1, other_end, 6000);
    b.give(phone, rtp(1));
    CHECK_FALSE(b.give(attacker, rtcp()));
    const auto target = b.give(phone, rtcp());
    REQUIRE(target);
    CHECK(target->port == RelayPort::rtp);
    CHECK(target->to == other_end);
}

TEST_CASE("what is no media is dropped", "[engine][relay]") {
    Bench b;
    b.describe_phone();
    b.give(phone, rtp(1));
    Datagram truncated = rtp(2);
    truncated.resize(11);
    Datagram stun(20, 0);
    Datagram version1 = rtp(3);
    version1[0] = 0x40;
    Datagram short_rtcp = rtcp();
    short_rtcp.resize(7);
    CHECK_FALSE(b.give(phone, truncated));
    CHECK_FALSE(b.give(phone, stun));
    CHECK_FALSE(b.give(phone, version1));
    CHECK_FALSE(b.give(phone, short_rtcp));
    CHECK_FALSE(b.give(phone, Datagram{}));
    CHECK_FALSE(b.give(phone, rtp(4), 0, RelayPort::rtcp));
    CHECK(b.dropped(RelayDrop::not_media) == 6);
    CHECK(b.relay.counts(1).packets_out == 1);
}

TEST_CASE("a handshake of the ends passes from a known source only", "[engine][relay]") {
    Bench b;
    b.describe_phone();
    const Datagram hello(100, 22);
    CHECK(b.give(phone, hello)->to == other_end);
    CHECK_FALSE(b.relay.is_locked(0));
    CHECK_FALSE(b.give(attacker, hello));
}

TEST_CASE("another SSRC of the same source passes and is counted", "[engine][relay]") {
    Bench b;
    b.describe_phone();
    CHECK(b.give(phone, rtp(1, 1)));
    CHECK(b.give(phone, rtp(2, 2)));
    CHECK(b.relay.counts(0).ssrc_changes == 1);
}

}  // namespace
}  // namespace busyhour::engine::rtp
