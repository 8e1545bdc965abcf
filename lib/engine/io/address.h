#pragma once

#include "engine/outbox.h"

#include <netinet/in.h>
#include <optional>
#include <string>
#include <string_view>
#include <sys/socket.h>

namespace busyhour::engine::io {

/// "udp:127.0.0.1:5060", "tcp:[::1]:5060", "tls:[::]:0": nothing for what is no such text.
std::optional<Peer> parse_address(std::string_view text);

/// The same text again.
std::string to_text(const Peer& peer);

/// The address alone; IPv6 in brackets.
std::string host_text(const Peer& peer);

/// `local`, or where it is "any" address, the first one of this host that others can reach, or else
/// the loopback one.
Peer reachable_address(const Peer& local);

/// Whether this is an IPv4 address, as ::ffff:a.b.c.d.
bool is_ipv4(const Peer& peer) noexcept;

/// An address as the system's calls want it: AF_INET for IPv4, AF_INET6 else.
struct SocketAddress {
    sockaddr_storage storage{};
    socklen_t size = sizeof(sockaddr_storage);

    [[nodiscard]] sockaddr* data() noexcept;
    [[nodiscard]] const sockaddr* data() const noexcept;
};

void to_socket_address(const Peer& peer, SocketAddress& address) noexcept;

/// Sets address and port of `peer`, and nothing else.
void from_socket_address(const SocketAddress& address, Peer& peer) noexcept;

/// The address that a socket is bound to.
Peer local_address(int descriptor, Transport transport);

}  // namespace busyhour::engine::io
