#include "engine/io/media_socket.h"

#include "engine/io/address.h"

#include <algorithm>
#include <cerrno>
#include <sys/socket.h>

namespace busyhour::engine::io {

std::optional<MediaSocket> MediaSocket::open(const Peer& local) noexcept {
    const int family = is_ipv4(local) ? AF_INET : AF_INET6;
    Descriptor descriptor(socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!descriptor.is_open()) return std::nullopt;
    if (family == AF_INET6) set_option(descriptor.number(), IPPROTO_IPV6, IPV6_V6ONLY, 1);
    SocketAddress address;
    to_socket_address(local, address);
    if (bind(descriptor.number(), address.data(), address.size) != 0) return std::nullopt;
    return MediaSocket(std::move(descriptor));
}

MediaSocket::Received MediaSocket::receive(std::span<std::uint8_t> room,
                                           Peer& from) const noexcept {
    SocketAddress address;
    for (int tries = 0; tries < 4; ++tries) {
        const ssize_t size = recvfrom(descriptor(), room.data(), room.size(),
                                      MSG_DONTWAIT | MSG_TRUNC, address.data(), &address.size);
        if (size < 0) {
            if (errno == EAGAIN) return {};
            continue;  // an error of the network is told once
        }
        from_socket_address(address, from);
        const auto whole = static_cast<std::size_t>(size);
        return {.has_datagram = true,
                .is_truncated = whole > room.size(),
                .size = std::min(whole, room.size())};
    }
    return {};
}

bool MediaSocket::send(const Peer& to, std::span<const std::uint8_t> bytes) const noexcept {
    SocketAddress address;
    to_socket_address(to, address);
    const auto try_once = [&] {
        return sendto(descriptor(), bytes.data(), bytes.size(), MSG_DONTWAIT, address.data(),
                      address.size) >= 0;
    };
    // An error that the network reported of an earlier datagram: this one may yet go.
    return try_once() || (errno == ECONNREFUSED && try_once());
}

}  // namespace busyhour::engine::io
