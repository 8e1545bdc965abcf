#include "engine/load/media_wire.h"

#include "engine/io/address.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <stdexcept>
#include <sys/socket.h>
#include <system_error>

namespace busyhour::engine::load {
namespace {

constexpr std::size_t receive_max = 64;
constexpr std::size_t call_max = 16;        ///< packets sent by a call, whose moment is one for all
constexpr std::size_t datagram_max = 2048;  ///< octets that are taken of one
constexpr std::size_t stamp_octets = CMSG_SPACE(sizeof(timespec)) + CMSG_SPACE(sizeof(int));

Time moment_of(const timespec& time) noexcept {
    return Time(std::chrono::seconds(time.tv_sec) + Duration(time.tv_nsec));
}

/// The wall clock, by which the kernel stamps what comes in, less the monotonic one.
Duration realtime_offset() noexcept {
    timespec wall{};
    clock_gettime(CLOCK_REALTIME, &wall);
    return moment_of(wall) - io::clock_now();
}

void sleep_until(Time until) noexcept {
    const std::int64_t ns = until.time_since_epoch().count();
    const timespec wanted{.tv_sec = ns / 1'000'000'000, .tv_nsec = ns % 1'000'000'000};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &wanted, nullptr);
}

/// What the system says beside a datagram.
struct Stamp {
    std::optional<Time> wall;
    std::optional<std::uint32_t> dropped;
};

Stamp stamp_of(msghdr& header) noexcept {
    Stamp stamp;
    for (cmsghdr* part = CMSG_FIRSTHDR(&header); part != nullptr;
         part = CMSG_NXTHDR(&header, part)) {
        if (part->cmsg_level != SOL_SOCKET) continue;
        if (part->cmsg_type == SCM_TIMESTAMPNS) {
            timespec time{};
            std::memcpy(&time, CMSG_DATA(part), sizeof time);
            stamp.wall = moment_of(time);
        } else if (part->cmsg_type == SO_RXQ_OVFL) {
            std::uint32_t dropped = 0;
            std::memcpy(&dropped, CMSG_DATA(part), sizeof dropped);
            stamp.dropped = dropped;
        }
    }
    return stamp;
}

}  // namespace

/// An address as the system wants it, small enough that thousands stay in the cache.
struct MediaWire::Destination {
    std::array<std::uint8_t, sizeof(sockaddr_in6)> octets{};
    socklen_t size = 0;

    void set(const Peer& peer) noexcept {
        io::SocketAddress address;
        io::to_socket_address(peer, address);
        size = static_cast<socklen_t>(std::min<std::size_t>(address.size, octets.size()));
        std::memcpy(octets.data(), &address.storage, size);
    }
};

struct MediaWire::Room {
    struct Control {
        alignas(cmsghdr) std::array<std::uint8_t, stamp_octets> octets{};
    };

    alignas(64) std::array<std::array<std::uint8_t, datagram_max>, receive_max> octets{};

    std::vector<Destination> rtp;  ///< by end
    std::vector<Destination> rtcp;
    std::array<mmsghdr, MediaBatch::packets_max> out{};
    std::array<iovec, MediaBatch::packets_max> out_parts{};

    std::array<mmsghdr, receive_max> in{};
    std::array<iovec, receive_max> in_parts{};
    std::array<io::SocketAddress, receive_max> from{};
    std::array<Control, receive_max> controls{};

    std::size_t used = 0;  ///< of `in`, last time

    Room() {
        for (std::size_t i = 0; i < receive_max; ++i) {
            in_parts[i] = {.iov_base = octets[i].data(), .iov_len = datagram_max};
            msghdr& header = in[i].msg_hdr;
            header.msg_iov = &in_parts[i];
            header.msg_iovlen = 1;
            header.msg_name = &from[i].storage;
            header.msg_control = controls[i].octets.data();
        }
        used = receive_max;
    }

    /// The system writes lengths into the headers: those used last time are set again.
    void prepare_receive() noexcept {
        for (std::size_t i = 0; i < used; ++i) {
            in[i].msg_hdr.msg_namelen = sizeof(sockaddr_storage);
            in[i].msg_hdr.msg_controllen = stamp_octets;
        }
        used = 0;
    }
};

MediaWire::MediaWire(const MediaWireOptions& options, MediaGenerator& generator)
    : generator_(generator), room_(std::make_unique<Room>()) {
    const std::size_t calls = generator.ends_number() / 2;
    const std::size_t wanted = options.sockets_number == 0 ? calls : options.sockets_number;
    const std::size_t pairs = std::min(wanted, calls);  // on each side
    io::raise_descriptors_max();
    rtcp_step_ = options.is_muxed ? 0 : 1;
    make_sockets(options, 2 * pairs);
    pair_of_.resize(generator.ends_number());
    room_->rtp.resize(generator.ends_number());
    room_->rtcp.resize(generator.ends_number());
    // Calls that send one after the other share a socket: one system call for many packets.
    for (std::size_t i = 0; i < generator.ends_number(); ++i) {
        const std::size_t side = i % 2;
        const std::size_t pair = side * pairs + (i / 2) * pairs / calls;
        pair_of_[i] = static_cast<std::uint32_t>(pair * (1 + rtcp_step_));
        generator.end(i).local = {.rtp = sockets_[pair_of_[i]].local(),
                                  .rtcp = sockets_[pair_of_[i] + rtcp_step_].local()};
    }
    dropped_.resize(sockets_.size());
    for (std::size_t i = 0; i < sockets_.size(); ++i) {
        io::set_option(sockets_[i].descriptor(), SOL_SOCKET, SO_TIMESTAMPNS, 1);
        loop_.add(sockets_[i].descriptor(), i);
    }
}

MediaWire::~MediaWire() = default;

void MediaWire::make_sockets(const MediaWireOptions& options, std::size_t pairs) {
    sockets_.reserve(pairs * (1 + rtcp_step_));
    for (std::size_t i = 0; i < pairs; ++i) {
        add_pair(options.sources[i % options.sources.size()], options.is_muxed);
    }
}

/// RTP at an even port, RTCP at the next. Source: rfc3550 11.
void MediaWire::add_pair(const Peer& source, bool is_muxed) {
    constexpr int buffer_bytes = 4 * 1024 * 1024;
    constexpr int tries_max = 1000;
    for (int tries = 0; tries < tries_max; ++tries) {
        io::UdpSocket rtp({.local = source, .buffer_bytes = buffer_bytes});
        Peer next = rtp.local();
        if (is_muxed) {
            sockets_.push_back(std::move(rtp));
            return;
        }
        if (next.port % 2 != 0) continue;
        ++next.port;
        try {
            sockets_.push_back(std::move(rtp));
            sockets_.emplace_back(io::UdpOptions{.local = next, .buffer_bytes = buffer_bytes});
            return;
        } catch (const std::system_error&) {  // somebody else's
            sockets_.pop_back();
        }
    }
    throw std::runtime_error("no two neighbouring UDP ports are free");
}

void MediaWire::learn_remotes() {
    for (std::size_t i = 0; i < generator_.ends_number(); ++i) {
        room_->rtp[i].set(generator_.end(i).remote.rtp);
        room_->rtcp[i].set(generator_.end(i).remote.rtcp);
    }
}

std::size_t MediaWire::socket_of(const MediaPacket& packet) const noexcept {
    const bool is_rtcp = packet.kind == rtp::DatagramKind::rtcp;
    return pair_of_[packet.end] + (is_rtcp ? rtcp_step_ : 0);
}

void MediaWire::send(MediaBatch& batch) noexcept {
    std::size_t begin = 0;
    while (begin < batch.size()) {
        const std::size_t socket = socket_of(batch[begin]);
        const std::size_t limit = std::min(batch.size(), begin + call_max);
        std::size_t end = begin + 1;
        while (end < limit && socket_of(batch[end]) == socket) ++end;
        generator_.sent(batch, begin, end, io::clock_now());
        send_by(socket, batch, begin, end);
        begin = end;
    }
    batch.clear();
}

void MediaWire::send_by(std::size_t socket, MediaBatch& batch, std::size_t begin,
                        std::size_t end) noexcept {
    for (std::size_t i = begin; i < end; ++i) {
        const MediaPacket& packet = batch[i];
        const bool is_rtcp = packet.kind == rtp::DatagramKind::rtcp;
        Destination& to = is_rtcp ? room_->rtcp[packet.end] : room_->rtp[packet.end];
        // The system only reads what an iovec of a send points to.
        room_->out_parts[i] = {
            .iov_base = const_cast<std::uint8_t*>(packet.octets.data()),  // NOLINT
            .iov_len = packet.octets.size()};
        msghdr& header = room_->out[i].msg_hdr;
        header.msg_name = to.octets.data();
        header.msg_namelen = to.size;
        header.msg_iov = &room_->out_parts[i];
        header.msg_iovlen = 1;
    }
    bool has_retried = false;
    while (begin < end) {
        const int number = sendmmsg(sockets_[socket].descriptor(), room_->out.data() + begin,
                                    static_cast<unsigned>(end - begin), MSG_DONTWAIT);
        if (number > 0) {
            for (int i = 0; i < number; ++i) counts_.sent.octets += room_->out[begin++].msg_len;
            counts_.sent.datagrams += static_cast<std::uint64_t>(number);
            has_retried = false;
            continue;
        }
        // An error that the network reported for an earlier datagram: this one may yet go.
        const bool is_earlier = errno == ECONNREFUSED && !has_retried;
        has_retried = is_earlier;
        if (is_earlier) continue;
        const bool is_full = errno == EAGAIN || errno == ENOBUFS;
        ++(is_full ? counts_.sent.blocked : counts_.sent.failed);
        ++begin;
    }
}

void MediaWire::wait(Time until) noexcept {
    sleep_until(until);
    receive();
}

std::size_t MediaWire::receive() noexcept {
    std::size_t received = 0;
    const Time now = io::clock_now();
    for (const io::Event& event : loop_.wait(now, now)) {
        received += receive_from(static_cast<std::size_t>(event.token));
    }
    return received;
}

std::size_t MediaWire::receive_from(std::size_t socket) noexcept {
    room_->prepare_receive();
    const int number = recvmmsg(sockets_[socket].descriptor(), room_->in.data(), receive_max,
                                MSG_DONTWAIT, nullptr);
    if (number <= 0) {
        if (number < 0 && errno != EAGAIN) ++counts_.errors;
        return 0;
    }
    const auto size = static_cast<std::size_t>(number);
    room_->used = size;
    const Duration offset = realtime_offset();
    for (std::size_t i = 0; i < size; ++i) take(socket, i, offset);
    return size;
}

void MediaWire::take(std::size_t socket, std::size_t index, Duration realtime_offset) noexcept {
    mmsghdr& message = room_->in[index];
    if ((message.msg_hdr.msg_flags & MSG_TRUNC) != 0) ++counts_.truncated;
    const Stamp stamp = stamp_of(message.msg_hdr);
    if (stamp.dropped) {  // modulo 2^32, as the system counts
        counts_.socket_drops += *stamp.dropped - std::exchange(dropped_[socket], *stamp.dropped);
    }
    Peer from;
    io::from_socket_address(room_->from[index], from);
    const Time arrival = stamp.wall ? *stamp.wall - realtime_offset : io::clock_now();
    generator_.receive({room_->octets[index].data(), message.msg_len}, sockets_[socket].local(),
                       from, arrival);
}

}  // namespace busyhour::engine::load
