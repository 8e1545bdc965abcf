#include "busyhour/model/transport.h"

#include "busyhour/catalog/catalog.h"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace busyhour;

namespace {

const Catalog& catalog() {
    static const Catalog built_in = load_catalog();
    return built_in;
}

SipWire wire_over(Transport transport, const std::vector<std::string>& layers = {"ipv4"}) {
    return {.transport = transport, .network = stack_named(catalog(), layers, "/layers")};
}

FlowMessage in(double size_bytes) {
    return {.from = "endpoint",
            .to = "server",
            .message = "X",
            .transaction = {},
            .size_bytes = size_bytes};
}

FlowMessage out(double size_bytes) {
    return {.from = "server",
            .to = "endpoint",
            .message = "X",
            .transaction = {},
            .size_bytes = size_bytes};
}

void check(const Traffic& actual, const Traffic& expected) {
    CHECK(actual.packets_in_number == expected.packets_in_number);
    CHECK(actual.packets_out_number == expected.packets_out_number);
    CHECK(actual.in_bytes == expected.in_bytes);
    CHECK(actual.out_bytes == expected.out_bytes);
}

}  // namespace

TEST_CASE("over UDP each message is a datagram", "[model][transport]") {
    // 700 + 8 + 20 in, 520 + 8 + 20 out; with Ethernet 18 more each.
    check(hop_traffic({in(700), out(520)}, "server", wire_over(Transport::udp)), {1, 1, 728, 548});
    check(
        hop_traffic({in(700), out(520)}, "server", wire_over(Transport::udp, {"ethernet", "ipv4"})),
        {1, 1, 746, 566});
    CHECK(udp_packet_bytes(wire_over(Transport::udp), 700) == 728);
}

TEST_CASE("a datagram above the MTU is fragmented as RFC 791 says", "[model][transport]") {
    const SipWire wire = wire_over(Transport::udp);
    // 1472 + 8 fill 1480, the room of one packet of 1500; one octet more makes a second fragment.
    check(hop_traffic({in(1472)}, "server", wire), {1, 0, 1500, 0});
    check(hop_traffic({in(1473)}, "server", wire), {2, 0, 1500 + 21, 0});
    // 2300 + 8 = 2308 = 1480 + 828: 1500 + 848.
    check(hop_traffic({in(2300)}, "server", wire), {2, 0, 2348, 0});
    // 2952 + 8 = 2 x 1480; 2953 + 8 needs a third.
    check(hop_traffic({in(2952)}, "server", wire), {2, 0, 3000, 0});
    check(hop_traffic({out(2953)}, "server", wire), {0, 3, 0, 3021});
}

TEST_CASE("fragments of a short MTU count in units of 8 octets", "[model][transport]") {
    // MTU 576: room 556, of which 552 is the largest multiple of 8. 1200 + 8 = 552 + 552 + 104.
    SipWire wire = wire_over(Transport::udp);
    wire.mtu_bytes = 576;
    check(hop_traffic({in(1200)}, "server", wire), {3, 0, 1208 + 3 * 20, 0});
}

TEST_CASE("each fragment has its own link header, and short ones are padded",
          "[model][transport]") {
    // 1500 + 18; the fragment of 1 octet is an IP packet of 21, padded to a frame of 64.
    check(hop_traffic({in(1473)}, "server", wire_over(Transport::udp, {"ethernet", "ipv4"})),
          {2, 0, 1518 + 64, 0});
}

TEST_CASE("over TCP a message that is answered needs no pure ACK", "[model][transport]") {
    // TCP with timestamps has 32 octets of header: 700 + 52 in, 520 + 52 out. The response
    // acknowledges the request; a pure ACK of 52 acknowledges the response.
    check(hop_traffic({in(700), out(520)}, "server", wire_over(Transport::tcp)),
          {2, 1, 752 + 52, 572});
}

TEST_CASE("over TCP two messages one way are acknowledged each", "[model][transport]") {
    // in, in, out: the first is acknowledged by a pure ACK, the second by the message back,
    // and that by a pure ACK: 3 packets in, 2 out.
    check(hop_traffic({in(100), in(200), out(300)}, "server", wire_over(Transport::tcp)),
          {3, 2, 152 + 252 + 52, 52 + 352});
}

TEST_CASE("a message above the segment size takes several segments", "[model][transport]") {
    // 1500 - 20 - 32 = 1448 in a segment. 1449 = 1448 + 1.
    const SipWire wire = wire_over(Transport::tcp);
    check(hop_traffic({in(1448)}, "server", wire), {1, 1, 1500, 52});
    check(hop_traffic({in(1449)}, "server", wire), {2, 1, 1500 + 53, 52});
}

TEST_CASE("TLS adds a record to each message", "[model][transport]") {
    // TLS 1.3: 5 + 1 + 16 = 22 (RFC 8446 5.2). 700 + 22 + 52 in, 520 + 22 + 52 out, one pure ACK.
    SipWire wire = wire_over(Transport::tls);
    check(hop_traffic({in(700), out(520)}, "server", wire), {2, 1, 774 + 52, 594});
    wire.record_bytes = 29;  // TLS 1.2 with AES-GCM: 5 + 8 + 16
    check(hop_traffic({in(700), out(520)}, "server", wire), {2, 1, 781 + 52, 601});
}

TEST_CASE("a message above 16384 octets takes two TLS records", "[model][transport]") {
    // 16384 + 22: 12 segments (11 x 1448 = 15928, rest 478); one octet more: a second record.
    const SipWire wire = wire_over(Transport::tls);
    check(hop_traffic({in(16384)}, "server", wire), {12, 1, 16406 + 12 * 52, 52});
    check(hop_traffic({in(16385)}, "server", wire), {12, 1, 16385 + 44 + 12 * 52, 52});
}

TEST_CASE("WSS adds a frame header, and a mask towards the server", "[model][transport]") {
    const SipWire wire = wire_over(Transport::wss);
    // RFC 6455 5.2: 2 octets of header up to 125, 4 up to 65535; 4 of mask from the client.
    check(hop_traffic({in(125), out(125)}, "server", wire),
          {2, 1, 125 + 2 + 4 + 22 + 52 + 52, 125 + 2 + 22 + 52});
    check(hop_traffic({in(126), out(126)}, "server", wire),
          {2, 1, 126 + 4 + 4 + 22 + 52 + 52, 126 + 4 + 22 + 52});
}

TEST_CASE("the client of a WSS connection masks what it sends", "[model][transport]") {
    SipWire wire = wire_over(Transport::wss);
    wire.is_client = true;  // "server" is the one that connected
    check(hop_traffic({in(125), out(125)}, "server", wire),
          {2, 1, 125 + 2 + 22 + 52 + 52, 125 + 2 + 4 + 22 + 52});
}

TEST_CASE("a handshake written in more pieces has more headers", "[model][transport]") {
    // As measured with OpenSSL 3.0: 401 octets in 2 segments, 1307 in 3.
    const HandshakeOctets handshake = {.client_bytes = 401,
                                       .server_bytes = 1307,
                                       .client_segments_number = 2,
                                       .server_segments_number = 3};
    check(connection_traffic(wire_over(Transport::tls), handshake),
          {6, 6, 6 * 52 + 401, 6 * 52 + 1307});
}

TEST_CASE("opening and closing a TCP connection takes seven segments without payload",
          "[model][transport]") {
    // SYN, ACK, FIN, ACK in; SYN+ACK, ACK, FIN out: 52 octets each.
    check(connection_traffic(wire_over(Transport::tcp), {}), {4, 3, 4 * 52, 3 * 52});
}

TEST_CASE("a TLS handshake adds its octets in segments", "[model][transport]") {
    // 401 in one segment, 1307 in one; 1449 in two.
    const SipWire wire = wire_over(Transport::tls);
    check(connection_traffic(wire, {.client_bytes = 401, .server_bytes = 1307}),
          {5, 4, 5 * 52 + 401, 4 * 52 + 1307});
    check(connection_traffic(wire, {.client_bytes = 401, .server_bytes = 1449}),
          {5, 5, 5 * 52 + 401, 5 * 52 + 1449});
}

TEST_CASE("UDP has no connections", "[model][transport]") {
    check(
        connection_traffic(wire_over(Transport::udp), {.client_bytes = 401, .server_bytes = 1307}),
        {});
}

TEST_CASE("what enters one end of a hop leaves the other", "[model][transport][identity]") {
    const std::vector<FlowMessage> messages = {in(1200), out(299), out(495), out(1000),
                                               in(500),  in(500),  out(500)};
    for (const Transport transport : {Transport::udp, Transport::tcp}) {
        const SipWire wire = wire_over(transport, {"ethernet", "ipv4"});
        const Traffic server = hop_traffic(messages, "server", wire);
        const Traffic endpoint = hop_traffic(messages, "endpoint", wire);
        check(server, {endpoint.packets_out_number, endpoint.packets_in_number, endpoint.out_bytes,
                       endpoint.in_bytes});
    }
}

TEST_CASE("a request above 1300 octets must leave UDP", "[model][transport]") {
    CHECK_FALSE(is_too_large_for_udp(1300));  // rfc3261 18.1.1: larger than 1300
    CHECK(is_too_large_for_udp(1301));
}

TEST_CASE("traffic adds and scales part by part", "[model][transport][identity]") {
    Traffic sum{1, 2, 3, 4};
    sum += {10, 20, 30, 40};
    check(sum, {11, 22, 33, 44});
    check(sum * 2, {22, 44, 66, 88});
}
