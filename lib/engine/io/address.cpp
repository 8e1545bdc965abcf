#include "engine/io/address.h"

#include "engine/io/descriptor.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <charconv>
#include <cstring>
#include <ifaddrs.h>
#include <net/if.h>

namespace busyhour::engine::io {
namespace {

constexpr std::array<std::string_view, 3> transport_names{"udp", "tcp", "tls"};
constexpr std::array<std::uint8_t, 12> mapped_prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

bool parse_host(std::string_view text, Peer& peer) {
    const std::string host(text);
    if (inet_pton(AF_INET, host.c_str(), peer.address.data() + mapped_prefix.size()) == 1) {
        std::ranges::copy(mapped_prefix, peer.address.begin());
        return true;
    }
    if (host.size() < 2 || host.front() != '[' || host.back() != ']') return false;
    return inet_pton(AF_INET6, host.substr(1, host.size() - 2).c_str(), peer.address.data()) == 1;
}

}  // namespace

sockaddr* SocketAddress::data() noexcept {
    return static_cast<sockaddr*>(static_cast<void*>(&storage));
}

const sockaddr* SocketAddress::data() const noexcept {
    return static_cast<const sockaddr*>(static_cast<const void*>(&storage));
}

std::optional<Peer> parse_address(std::string_view text) {
    const std::size_t first = text.find(':');
    const std::size_t last = text.rfind(':');
    if (first == std::string_view::npos || last == first) return std::nullopt;
    const auto* name = std::ranges::find(transport_names, text.substr(0, first));
    if (name == transport_names.end()) return std::nullopt;
    Peer peer{.transport = static_cast<Transport>(name - transport_names.begin())};
    const std::string_view port = text.substr(last + 1);
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), peer.port);
    if (error != std::errc{} || end != port.data() + port.size()) return std::nullopt;
    if (!parse_host(text.substr(first + 1, last - first - 1), peer)) return std::nullopt;
    return peer;
}

std::string host_text(const Peer& peer) {
    std::array<char, INET6_ADDRSTRLEN> host{};
    if (is_ipv4(peer)) {
        inet_ntop(AF_INET, peer.address.data() + mapped_prefix.size(), host.data(), host.size());
        return host.data();
    }
    inet_ntop(AF_INET6, peer.address.data(), host.data(), host.size());
    return std::string("[").append(host.data()).append("]");
}

std::string to_text(const Peer& peer) {
    const std::string_view transport = transport_names[static_cast<std::size_t>(peer.transport)];
    return std::string(transport) + ":" + host_text(peer) + ":" + std::to_string(peer.port);
}

Peer reachable_address(const Peer& local) {
    const std::size_t begin = is_ipv4(local) ? mapped_prefix.size() : 0;
    const bool is_any =
        std::all_of(local.address.begin() + static_cast<std::ptrdiff_t>(begin), local.address.end(),
                    [](std::uint8_t octet) { return octet == 0; });
    if (!is_any) return local;
    Peer reachable = local;
    reachable.address.back() = 1;  // ::1
    if (is_ipv4(local)) reachable.address[mapped_prefix.size()] = 127;
    const int family = is_ipv4(local) ? AF_INET : AF_INET6;
    ifaddrs* first = nullptr;
    if (getifaddrs(&first) != 0) return reachable;
    for (const ifaddrs* at = first; at != nullptr; at = at->ifa_next) {
        const bool is_up = (at->ifa_flags & IFF_UP) != 0 && (at->ifa_flags & IFF_LOOPBACK) == 0;
        if (!is_up || at->ifa_addr == nullptr || at->ifa_addr->sa_family != family) continue;
        SocketAddress address;
        std::memcpy(&address.storage, at->ifa_addr,
                    family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6));
        Peer found = reachable;
        from_socket_address(address, found);
        const bool is_link_local = !is_ipv4(found) && found.address[0] == 0xfe;
        if (is_link_local) continue;
        reachable.address = found.address;
        break;
    }
    freeifaddrs(first);
    return reachable;
}

bool is_ipv4(const Peer& peer) noexcept {
    return std::equal(mapped_prefix.begin(), mapped_prefix.end(), peer.address.begin());
}

void to_socket_address(const Peer& peer, SocketAddress& address) noexcept {
    if (is_ipv4(peer)) {
        sockaddr_in in{};
        in.sin_family = AF_INET;
        in.sin_port = htons(peer.port);
        std::memcpy(&in.sin_addr, peer.address.data() + mapped_prefix.size(), sizeof in.sin_addr);
        std::memcpy(&address.storage, &in, sizeof in);
        address.size = sizeof in;
        return;
    }
    sockaddr_in6 in6{};
    in6.sin6_family = AF_INET6;
    in6.sin6_port = htons(peer.port);
    std::memcpy(&in6.sin6_addr, peer.address.data(), sizeof in6.sin6_addr);
    std::memcpy(&address.storage, &in6, sizeof in6);
    address.size = sizeof in6;
}

void from_socket_address(const SocketAddress& address, Peer& peer) noexcept {
    if (address.storage.ss_family == AF_INET) {
        sockaddr_in in{};
        std::memcpy(&in, &address.storage, sizeof in);
        std::ranges::copy(mapped_prefix, peer.address.begin());
        std::memcpy(peer.address.data() + mapped_prefix.size(), &in.sin_addr, sizeof in.sin_addr);
        peer.port = ntohs(in.sin_port);
        return;
    }
    sockaddr_in6 in6{};
    std::memcpy(&in6, &address.storage, sizeof in6);
    std::memcpy(peer.address.data(), &in6.sin6_addr, sizeof in6.sin6_addr);
    peer.port = ntohs(in6.sin6_port);
}

Peer local_address(int descriptor, Transport transport) {
    SocketAddress address;
    if (getsockname(descriptor, address.data(), &address.size) != 0) refuse("getsockname", "");
    Peer peer{.transport = transport};
    from_socket_address(address, peer);
    return peer;
}

}  // namespace busyhour::engine::io
