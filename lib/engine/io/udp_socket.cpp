#include "engine/io/udp_socket.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <linux/sock_diag.h>
#include <netinet/udp.h>
#include <sys/socket.h>
#include <utility>
#include <vector>

namespace busyhour::engine::io {
namespace {

/// As large as allowed: beyond the system's limit with the right to, else up to the limit.
void set_buffers(int descriptor, int bytes) noexcept {
    for (const auto& [forced, plain] :
         {std::pair(SO_RCVBUFFORCE, SO_RCVBUF), std::pair(SO_SNDBUFFORCE, SO_SNDBUF)}) {
        if (setsockopt(descriptor, SOL_SOCKET, forced, &bytes, sizeof bytes) != 0) {
            set_option(descriptor, SOL_SOCKET, plain, bytes);
        }
    }
}

constexpr std::size_t control_octets = CMSG_SPACE(sizeof(std::uint32_t));

}  // namespace

/// Room for one option beside a datagram, of 4 octets or less.
struct ControlRoom {
    alignas(cmsghdr) std::array<std::uint8_t, control_octets> octets{};
};

UdpSocket::UdpSocket(const UdpOptions& options) {
    const std::string name = to_text(options.local);
    const int family = is_ipv4(options.local) ? AF_INET : AF_INET6;
    descriptor_ = Descriptor(socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!descriptor_.is_open()) refuse("cannot make a socket for", name.c_str());
    if (family == AF_INET6) set_option(descriptor(), IPPROTO_IPV6, IPV6_V6ONLY, 1);
    if (options.shares_port) set_option(descriptor(), SOL_SOCKET, SO_REUSEPORT, 1);
    set_option(descriptor(), SOL_SOCKET, SO_RXQ_OVFL, 1);
    set_buffers(descriptor(), options.buffer_bytes);
    SocketAddress address;
    to_socket_address(options.local, address);
    if (bind(descriptor(), address.data(), address.size) != 0) {
        refuse("cannot listen on", name.c_str());
    }
    local_ = local_address(descriptor(), Transport::udp);
}

void UdpSocket::connect(const Peer& peer) {
    SocketAddress address;
    to_socket_address(peer, address);
    if (::connect(descriptor(), address.data(), address.size) != 0) {
        refuse("cannot reach", to_text(peer).c_str());
    }
    is_connected_ = true;
    local_ = local_address(descriptor(), Transport::udp);
}

double UdpSocket::receive_buffer_bytes() const noexcept {
    std::array<std::uint32_t, SK_MEMINFO_VARS> memory{};
    socklen_t size = sizeof memory;
    if (getsockopt(descriptor(), SOL_SOCKET, SO_MEMINFO, memory.data(), &size) != 0) return 0;
    return memory[SK_MEMINFO_RMEM_ALLOC];
}

struct ReceiveBatch::Room {
    explicit Room(std::size_t size) : headers(size), parts(size), addresses(size), controls(size) {}

    std::vector<mmsghdr> headers;
    std::vector<iovec> parts;
    std::vector<SocketAddress> addresses;
    std::vector<ControlRoom> controls;
};

ReceiveBatch::ReceiveBatch(std::size_t datagrams_max, std::size_t octets_max)
    // An odd number of cache lines apart, so that the fronts of all fall into different sets.
    : stride_((octets_max / 128 + 1) * 128 + 64) {
    octets_ = std::make_unique_for_overwrite<std::uint8_t[]>(stride_ * datagrams_max);  // NOLINT
    auto room = std::make_unique<Room>(datagrams_max);
    for (std::size_t i = 0; i < datagrams_max; ++i) {
        room->parts[i] = {.iov_base = octets_.get() + i * stride_, .iov_len = octets_max};
        msghdr& header = room->headers[i].msg_hdr;
        header.msg_iov = &room->parts[i];
        header.msg_iovlen = 1;
        header.msg_name = &room->addresses[i].storage;
        header.msg_control = room->controls[i].octets.data();
    }
    room_ = std::move(room);
    used_ = datagrams_max;
}

ReceiveBatch::~ReceiveBatch() = default;

std::size_t ReceiveBatch::size_max() const noexcept {
    return room_->headers.size();
}

/// The system writes lengths into the headers: those used last time are set again.
void ReceiveBatch::prepare() noexcept {
    for (std::size_t i = 0; i < used_; ++i) {
        msghdr& header = room_->headers[i].msg_hdr;
        header.msg_namelen = sizeof(sockaddr_storage);
        header.msg_controllen = control_octets;
    }
}

std::size_t ReceiveBatch::receive(const UdpSocket& socket) noexcept {
    prepare();
    used_ = 0;
    dropped_.reset();
    int number = 0;
    for (int tries = 0; tries < 8; ++tries) {  // each error of the network is told once
        number = recvmmsg(socket.descriptor(), room_->headers.data(),
                          static_cast<unsigned>(room_->headers.size()), MSG_DONTWAIT, nullptr);
        if (number >= 0 || errno == EAGAIN) break;
        ++errors_;
    }
    if (number <= 0) return 0;
    used_ = static_cast<std::size_t>(number);
    msghdr& last = room_->headers[used_ - 1].msg_hdr;
    const cmsghdr* control = CMSG_FIRSTHDR(&last);
    if (control != nullptr && control->cmsg_type == SO_RXQ_OVFL) {
        std::uint32_t dropped = 0;
        std::memcpy(&dropped, CMSG_DATA(control), sizeof dropped);
        dropped_ = dropped;
    }
    return used_;
}

std::uint32_t ReceiveBatch::dropped_since(std::uint32_t& before) const noexcept {
    if (!dropped_) return 0;
    return *dropped_ - std::exchange(before, *dropped_);  // modulo 2^32, as the system counts
}

Datagram ReceiveBatch::operator[](std::size_t index) const noexcept {
    const mmsghdr& header = room_->headers[index];
    Datagram datagram{.from = {},
                      .bytes = {octets_.get() + index * stride_, header.msg_len},
                      .is_truncated = (header.msg_hdr.msg_flags & MSG_TRUNC) != 0};
    from_socket_address(room_->addresses[index], datagram.from);
    return datagram;
}

struct SendBatch::Room {
    explicit Room(std::size_t size)
        : headers(size),
          parts(size),
          peers(size),
          addresses(size),
          controls(size),
          segments(size) {}

    std::vector<mmsghdr> headers;
    std::vector<iovec> parts;
    std::vector<Peer> peers;
    std::vector<SocketAddress> addresses;
    std::vector<ControlRoom> controls;
    std::vector<std::size_t> segments;  ///< datagrams of each header
};

SendBatch::SendBatch(std::size_t datagrams_max, bool merges)
    : room_(std::make_unique<Room>(datagrams_max)), merges_(merges) {}

SendBatch::~SendBatch() = default;

bool SendBatch::is_full() const noexcept {
    return used_ == room_->headers.size();
}

void SendBatch::add(const Peer& to, std::span<const std::uint8_t> bytes) noexcept {
    // The system only reads what an iovec of a send points to.
    room_->parts[used_] = {.iov_base = const_cast<std::uint8_t*>(bytes.data()),  // NOLINT
                           .iov_len = bytes.size()};
    room_->peers[used_] = to;
    to_socket_address(to, room_->addresses[used_]);
    ++used_;
}

/// How many from `first` on the system may take as one buffer: one destination and size.
std::size_t SendBatch::neighbours(std::size_t first) const noexcept {
    constexpr std::size_t octets_max = 65000;
    constexpr std::size_t segments_max = 64;  // of the system
    const std::size_t size = room_->parts[first].iov_len;
    if (!merges_ || size == 0) return 1;
    const std::size_t limit = std::min({segments_max, octets_max / size, used_ - first});
    std::size_t number = 1;
    while (number < limit && room_->parts[first + number].iov_len == size &&
           room_->peers[first + number] == room_->peers[first]) {
        ++number;
    }
    return number;
}

/// Writes the headers of all from `first` on; how many they are.
std::size_t SendBatch::write_headers(std::size_t first, bool is_connected) noexcept {
    std::size_t headers = 0;
    for (std::size_t number = 0; first < used_; first += number, ++headers) {
        number = neighbours(first);
        room_->segments[headers] = number;
        msghdr& header = room_->headers[headers].msg_hdr;
        header = {};
        if (!is_connected) {
            header.msg_name = &room_->addresses[first].storage;
            header.msg_namelen = room_->addresses[first].size;
        }
        header.msg_iov = &room_->parts[first];
        header.msg_iovlen = number;
        if (number == 1) continue;
        header.msg_control = room_->controls[headers].octets.data();
        header.msg_controllen = CMSG_SPACE(sizeof(std::uint16_t));
        cmsghdr* control = CMSG_FIRSTHDR(&header);
        control->cmsg_level = SOL_UDP;
        control->cmsg_type = UDP_SEGMENT;
        control->cmsg_len = CMSG_LEN(sizeof(std::uint16_t));
        const auto segment_octets = static_cast<std::uint16_t>(room_->parts[first].iov_len);
        std::memcpy(CMSG_DATA(control), &segment_octets, sizeof segment_octets);
    }
    return headers;
}

void SendBatch::send(const UdpSocket& socket, SendCounts& counts) noexcept {
    std::size_t headers = write_headers(0, socket.is_connected());
    std::size_t sent = 0;
    bool has_retried = false;
    while (sent < headers) {
        const int number = sendmmsg(socket.descriptor(), room_->headers.data() + sent,
                                    static_cast<unsigned>(headers - sent), MSG_DONTWAIT);
        if (number < 0) {
            // An error that the network reported for an earlier datagram: this one may yet go.
            const bool is_earlier = errno == ECONNREFUSED && !has_retried;
            has_retried = is_earlier;
            if (is_earlier) continue;
            const bool is_full = errno == EAGAIN || errno == ENOBUFS;
            if (!is_full && room_->segments[sent] > 1) {
                // The system cuts only what fits the MTU, and not on every device: one by one then.
                merges_ = false;
                const iovec* part = room_->headers[sent].msg_hdr.msg_iov;
                headers = write_headers(static_cast<std::size_t>(part - room_->parts.data()),
                                        socket.is_connected());
                sent = 0;
                continue;
            }
            (is_full ? counts.blocked : counts.failed) += room_->segments[sent];
            ++sent;  // passed over
            continue;
        }
        has_retried = false;
        for (int i = 0; i < number; ++i) {
            counts.octets += room_->headers[sent].msg_len;
            counts.datagrams += room_->segments[sent++];
        }
    }
    used_ = 0;
}

Peer local_address_towards(const Peer& target) {
    Peer any;
    if (is_ipv4(target)) any.address[10] = any.address[11] = 0xff;
    UdpSocket socket({.local = any});
    Peer to = target;
    to.transport = Transport::udp;
    socket.connect(to);
    Peer local = socket.local();
    local.port = 0;
    return local;
}

}  // namespace busyhour::engine::io
