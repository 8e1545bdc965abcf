#include "engine/media_relay.h"

#include "engine/io/address.h"
#include "engine/io/event_loop.h"
#include "engine/io/media_socket.h"
#include "engine/relay_worker.h"
#include "engine/rtp/packet.h"
#include "support/own_loopback.h"

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <functional>
#include <malloc.h>
#include <poll.h>
#include <set>
#include <unistd.h>
#include <vector>

namespace busyhour::engine {
namespace {

using Datagram = std::vector<std::uint8_t>;

Peer at(const std::string& host, std::uint16_t port) {
    Peer peer = *io::parse_address("udp:" + host + ":0");
    peer.port = port;
    return peer;
}

Datagram packet(std::uint16_t sequence, std::size_t octets = 172) {
    Datagram datagram(octets, 0x55);
    rtp::write_rtp_header({.sequence = sequence, .ssrc = 7}, datagram);
    return datagram;
}

/// A party of a call: a port of its own, which is closed with it.
struct Party {
    explicit Party(const std::string& host) {
        // An even port with the next one free, which RTCP would take.
        for (std::uint16_t port = 61'000; port < 65'000 && !socket; port += 2) {
            local = at(host, port);
            socket = io::MediaSocket::open(local);
        }
        REQUIRE(socket);
    }
    void send(const Peer& to, const Datagram& datagram) const {
        REQUIRE(socket->send(to, datagram));
    }

    /// The next datagram, or nothing where none comes in `patience_ms`.
    [[nodiscard]] Datagram receive(int patience_ms = 5000) const {
        pollfd ready{.fd = socket->descriptor(), .events = POLLIN, .revents = 0};
        if (poll(&ready, 1, patience_ms) != 1) return {};
        Datagram room(4096);
        Peer from;
        room.resize(socket->receive(room, from).size);
        return room;
    }

    Peer local;
    std::optional<io::MediaSocket> socket;
};

RelayRemote remote_of(const Party& party) {
    return {.rtp = party.local, .rtcp_port = static_cast<std::uint16_t>(party.local.port + 1)};
}

MediaRelayOptions options_at(const std::string& host) {
    return {.address = at(host, 0), .port_first = 20'000, .port_last = 29'999, .media_max = 2000};
}

rtp::SrtpParameters relay_key(std::uint8_t octet = 1) {
    rtp::SrtpParameters parameters;
    parameters.key.master_key.octets.fill(octet);
    return parameters;
}

std::size_t open_files() {
    const std::filesystem::directory_iterator files("/proc/self/fd");
    return static_cast<std::size_t>(std::distance(begin(files), end(files)));
}

/// Until `condition` holds; the relay's threads need a moment for what they are told.
bool becomes(const std::function<bool()>& condition) {
    const Time patience = io::clock_now() + std::chrono::seconds(30);
    while (!condition()) {
        if (io::clock_now() > patience) return false;
        poll(nullptr, 0, 1);
    }
    return true;
}

TEST_CASE("packets of both ends of a call pass the relay", "[engine][relay][io]") {
    const std::string host = GENERATE(own_loopback(), std::string("[::1]"));
    MediaRelay relay(options_at(host));
    relay.start();
    const Party alice(host);
    const Party bob(host);
    const auto medium = relay.open({});
    REQUIRE(medium);
    CHECK(medium->ports[0] % 2 == 0);
    CHECK(medium->ports[1] % 2 == 0);
    relay.set_remote(medium->id, 0, remote_of(alice));
    relay.set_remote(medium->id, 1, remote_of(bob));
    alice.send(at(host, medium->ports[0]), packet(1));
    CHECK(bob.receive() == packet(1));
    bob.send(at(host, medium->ports[1]), packet(9, 60));
    CHECK(alice.receive() == packet(9, 60));
    relay.stop();
    const MediaRelayCounts counts = relay.counts();
    CHECK(counts.opened == 1);
    CHECK(counts.legs.packets_in == 2);
    CHECK(counts.legs.octets_in == 232);
    CHECK(counts.legs.packets_out == 2);
    CHECK(counts.legs.octets_out == 232);
}

TEST_CASE("what is too long or from elsewhere does not pass the relay", "[engine][relay][io]") {
    MediaRelay relay(options_at(own_loopback()));
    relay.start();
    const Party alice(own_loopback());
    const Party bob(own_loopback());
    const Party mallory(own_loopback());
    const auto medium = relay.open({});
    REQUIRE(medium);
    relay.set_remote(medium->id, 0, remote_of(alice));
    relay.set_remote(medium->id, 1, remote_of(bob));
    const Peer to = at(own_loopback(), medium->ports[0]);
    alice.send(to, packet(1));
    CHECK(bob.receive() == packet(1));
    for (std::uint16_t i = 0; i < 50; ++i) mallory.send(to, packet(i));
    mallory.send(to, Datagram(1, 0x80));
    alice.send(to, packet(2, 3000));
    alice.send(to, packet(3));
    CHECK(bob.receive() == packet(3));
    relay.stop();
    const auto& dropped = relay.counts().legs.dropped;
    CHECK(dropped[static_cast<std::size_t>(rtp::RelayDrop::foreign_source)] == 50);
    CHECK(dropped[static_cast<std::size_t>(rtp::RelayDrop::oversized)] == 1);
    CHECK(dropped[static_cast<std::size_t>(rtp::RelayDrop::not_media)] == 1);
}

TEST_CASE("a recorder gets both directions of a call", "[engine][relay][io]") {
    const Party recorder(own_loopback());
    MediaRelayOptions options = options_at(own_loopback());
    options.recorder = recorder.local;
    MediaRelay relay(options);
    relay.start();
    const Party alice(own_loopback());
    const Party bob(own_loopback());
    const auto medium = relay.open({});
    REQUIRE(medium);
    relay.set_remote(medium->id, 0, remote_of(alice));
    relay.set_remote(medium->id, 1, remote_of(bob));
    alice.send(at(own_loopback(), medium->ports[0]), packet(1));
    CHECK(bob.receive() == packet(1));
    bob.send(at(own_loopback(), medium->ports[1]), packet(2));
    CHECK(alice.receive() == packet(2));
    CHECK(recorder.receive() == packet(1));
    CHECK(recorder.receive() == packet(2));
    relay.stop();
    CHECK(relay.counts().recorded == 2);
}

TEST_CASE("an end that changes its key is sent with ours as before", "[engine][relay][io]") {
    MediaRelay relay(options_at(own_loopback()));
    relay.start();
    const Party alice(own_loopback());
    const Party bob(own_loopback());
    const auto medium = relay.open({});
    REQUIRE(medium);
    relay.set_remote(medium->id, 0, remote_of(alice));
    relay.set_remote(medium->id, 1, remote_of(bob));
    const Peer to = at(own_loopback(), medium->ports[0]);
    REQUIRE(relay.set_keys(medium->id, 1, relay_key(2), relay_key(1)));
    alice.send(to, packet(1));
    const Datagram first = bob.receive();
    REQUIRE(relay.set_keys(medium->id, 1, relay_key(3), relay_key(1)));
    // A second packet of that number would repeat the keystream: rfc3711 9.1.
    Datagram another = packet(1);
    another.back() ^= 0xffU;
    alice.send(to, another);
    alice.send(to, packet(2));
    auto receiver = rtp::SrtpReceiver::make(relay_key(1));
    Datagram second = bob.receive();
    REQUIRE(receiver->unprotect(second).is_done());
    CHECK(rtp::parse_rtp_header(second)->sequence == 2);
    CHECK(first.size() == 182);
    // Another key of ours begins anew.
    REQUIRE(relay.set_keys(medium->id, 1, relay_key(3), relay_key(4)));
    alice.send(to, packet(2));
    receiver = rtp::SrtpReceiver::make(relay_key(4));
    second = bob.receive();
    CHECK(receiver->unprotect(second).is_done());
    relay.stop();
}

// A sanitizer makes each round many times as long, and its heap is not the one that grows.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int rounds = 4;
std::size_t heap_octets() {
    return 0;
}
#else
constexpr int rounds = 50;
std::size_t heap_octets() {
    const auto info = mallinfo2();
    return info.uordblks + info.hblkhd;
}
#endif

/// 2,000 calls set up and torn down, each described, and some with keys.
void set_up_and_tear_down(MediaRelay& relay) {
    constexpr std::size_t calls_number = 2000;
    std::vector<std::uint64_t> ids;
    std::set<std::uint16_t> ports;
    for (std::size_t call = 0; call < calls_number; ++call) {
        const auto medium = relay.open({});
        REQUIRE(medium);
        ids.push_back(medium->id);
        ports.insert(medium->ports.begin(), medium->ports.end());
        relay.set_remote(medium->id, 0, {.rtp = at(own_loopback(), 9), .rtcp_port = 10});
        if (call % 10 == 0) CHECK(relay.set_keys(medium->id, 1, relay_key(), relay_key()));
    }
    CHECK(ports.size() == 2 * calls_number);
    CHECK(relay.media() == calls_number);
    CHECK_FALSE(relay.open({}));  // media_max
    for (const std::uint64_t id : ids) relay.close(id);
    REQUIRE(becomes([&relay] { return relay.media() == 0; }));
    CHECK_FALSE(relay.is_open(ids.front()));
}

TEST_CASE("2000 calls set up and torn down 50 times leave nothing behind", "[engine][relay][io]") {
    // 5,000 pairs where 4,000 are in use: 20 that are lost in each round would be missed.
    MediaRelay relay(options_at(own_loopback()));
    relay.start();
    std::size_t heap_before = 0;
    std::size_t files_before = 0;
    for (int round = 0; round < rounds; ++round) {
        set_up_and_tear_down(relay);
        if (round != 1) continue;
        heap_before = heap_octets();
        files_before = open_files();
    }
    CHECK(open_files() == files_before);
    // Less than one octet a call; what the allocator keeps for each thread goes up and down.
    CHECK(heap_octets() < heap_before + 2000U * (rounds - 2));
    relay.stop();
    const MediaRelayCounts counts = relay.counts();
    CHECK(counts.opened == 2000U * rounds);
    CHECK(counts.closed == 2000U * rounds);
    CHECK(counts.refused == rounds);  // by media_max, never for want of ports
    CHECK(counts.orders_lost == 0);
}

TEST_CASE("ports that somebody else uses are passed over", "[engine][relay][io]") {
    MediaRelayOptions options = options_at(own_loopback());
    options.port_first = 20'001;
    options.port_last = 20'007;  // pairs 20002 and 20004, and 20006
    const auto taken = io::MediaSocket::open(at(own_loopback(), 20'003));
    REQUIRE(taken);
    MediaRelay relay(options);
    relay.start();
    const auto medium = relay.open({});
    REQUIRE(medium);
    CHECK(medium->ports == std::array<std::uint16_t, 2>{20'004, 20'006});
    CHECK_FALSE(relay.open({}));
    relay.close(medium->id);
    REQUIRE(becomes([&relay] { return relay.media() == 0; }));
    CHECK(relay.open({}));
    CHECK(relay.counts().refused == 1);
}

TEST_CASE("ports without two pairs are refused", "[engine][relay][io]") {
    MediaRelayOptions options = options_at(own_loopback());
    options.port_last = 20'002;
    CHECK_THROWS_AS(MediaRelay(options), std::runtime_error);
}

TEST_CASE("orders for a medium that is gone do nothing", "[engine][relay][io]") {
    MediaRelay relay(options_at(own_loopback()));
    const auto medium = relay.open({});
    REQUIRE(medium);
    relay.close(medium->id);
    relay.close(medium->id);
    relay.set_remote(medium->id, 0, {});
    CHECK_FALSE(relay.set_keys(medium->id, 0, std::nullopt, std::nullopt));
    relay.set_remote(0, 0, {});
    relay.set_remote(~std::uint64_t{0}, 0, {});
    CHECK_FALSE(relay.is_open(~std::uint64_t{0}));
}

TEST_CASE("what has arrived before the order to close is relayed", "[engine][relay][io]") {
    const std::string host = own_loopback();
    const Party alice(host);
    const Party bob(host);
    RelayWorker worker({.rows = 1, .silence = std::chrono::seconds(60)});
    RelayOrder open{.kind = RelayOrder::Kind::open, .id = 5};
    Peer entrance;
    for (std::size_t i = 0; i < open.sockets.size(); ++i) {
        Peer local = at(host, 0);
        auto socket = io::MediaSocket::open(local);
        REQUIRE(socket);
        if (i == 0) entrance = io::local_address(socket->descriptor(), Transport::udp);
        open.sockets.at(i) = std::move(*socket);
    }
    REQUIRE(worker.give(std::move(open)));
    REQUIRE(worker.give(
        {.kind = RelayOrder::Kind::remote, .id = 5, .leg = 0, .remote = remote_of(alice)}));
    REQUIRE(worker.give(
        {.kind = RelayOrder::Kind::remote, .id = 5, .leg = 1, .remote = remote_of(bob)}));
    constexpr std::uint16_t packets = 50;
    for (std::uint16_t i = 0; i < packets; ++i) alice.send(entrance, packet(i));
    REQUIRE(worker.give({.kind = RelayOrder::Kind::close, .id = 5}));
    worker.run(std::atomic<bool>(true));  // carries out what it was given, and no more
    for (std::uint16_t i = 0; i < packets; ++i) CHECK(bob.receive() == packet(i));
    CHECK(worker.counts().legs.packets_out == packets);
}

}  // namespace
}  // namespace busyhour::engine
