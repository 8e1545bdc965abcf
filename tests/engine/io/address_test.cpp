#include "engine/io/address.h"

#include <catch2/catch.hpp>

namespace busyhour::engine::io {
namespace {

TEST_CASE("an address is written as it was read", "[engine][io]") {
    for (const std::string text : {"udp:127.0.0.1:5060", "tcp:0.0.0.0:0", "tls:[::1]:5061",
                                   "udp:[2001:db8::7]:65535", "tcp:[::]:1"}) {
        const auto peer = parse_address(text);
        REQUIRE(peer);
        CHECK(to_text(*peer) == text);
        SocketAddress address;
        to_socket_address(*peer, address);
        CHECK(address.storage.ss_family == (is_ipv4(*peer) ? AF_INET : AF_INET6));
        Peer back{.transport = peer->transport};
        from_socket_address(address, back);
        CHECK(back == *peer);
    }
}

TEST_CASE("a text that is no address is none", "[engine][io]") {
    for (const std::string text :
         {"", "udp", "udp:", "udp:127.0.0.1", "udp:127.0.0.1:", "udp:127.0.0.1:65536",
          "udp:127.0.0.1:-1", "udp:127.0.0.1:5060x", "sctp:127.0.0.1:5060", "udp:localhost:5060",
          "udp:::1:5060", "udp:[::1:5060", "udp:[127.0.0.1]:5060", "udp: 127.0.0.1:5060",
          "127.0.0.1:5060", "udp:[]:1"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_address(text));
    }
}

}  // namespace
}  // namespace busyhour::engine::io
