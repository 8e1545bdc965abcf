#include "engine/io/listener.h"

#include <netinet/tcp.h>
#include <sys/socket.h>

namespace busyhour::engine::io {
namespace {

constexpr int backlog_max = 4096;

/// What the system may hold of what a far end does not read. By itself it takes up to 4 MiB for
/// each connection, and it lasts seconds until that is full.
constexpr int unread_octets_max = 128 * 1024;

}  // namespace

StreamListener::StreamListener(const Peer& local, bool shares_port) {
    const std::string name = to_text(local);
    const int family = is_ipv4(local) ? AF_INET : AF_INET6;
    socket_ = Descriptor(socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!socket_.is_open()) refuse("cannot make a socket for", name.c_str());
    if (family == AF_INET6) set_option(descriptor(), IPPROTO_IPV6, IPV6_V6ONLY, 1);
    if (shares_port) set_option(descriptor(), SOL_SOCKET, SO_REUSEPORT, 1);
    set_option(descriptor(), SOL_SOCKET, SO_REUSEADDR,
               1);  // connections of an earlier run may still linger
    set_option(descriptor(), IPPROTO_TCP, TCP_NODELAY, 1);  // accepted sockets inherit it
    set_option(descriptor(), SOL_SOCKET, SO_SNDBUF, unread_octets_max);  // and this
    SocketAddress address;
    to_socket_address(local, address);
    if (bind(descriptor(), address.data(), address.size) != 0 ||
        listen(descriptor(), backlog_max) != 0) {
        refuse("cannot listen on", name.c_str());
    }
    local_ = local_address(descriptor(), local.transport);
}

Descriptor StreamListener::accept(Peer& from) const noexcept {
    SocketAddress address;
    Descriptor socket(
        accept4(descriptor(), address.data(), &address.size, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (socket.is_open()) from_socket_address(address, from);
    return socket;
}

int Listening::descriptor() const noexcept {
    return udp ? udp->descriptor() : stream->descriptor();
}

Listening listen_on(const Peer& local, bool shares_port) {
    Listening listening;
    if (local.transport == Transport::udp) {
        listening.udp =
            std::make_unique<UdpSocket>(UdpOptions{.local = local, .shares_port = shares_port});
        listening.local = listening.udp->local();
    } else {
        listening.stream = std::make_unique<StreamListener>(local, shares_port);
        listening.local = listening.stream->local();
    }
    return listening;
}

}  // namespace busyhour::engine::io
