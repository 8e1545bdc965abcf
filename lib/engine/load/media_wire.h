#pragma once

#include "engine/io/event_loop.h"
#include "engine/io/udp_socket.h"
#include "engine/load/media_generator.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace busyhour::engine::load {

/// Where the ends of the calls send from.
struct MediaWireOptions {
    std::vector<Peer> sources;       ///< addresses, in turn; their ports are 0
    std::size_t sockets_number = 8;  ///< for RTP on each side of the calls; 0: one for each end
    bool is_muxed = false;           ///< RTCP has no sockets of its own
};

/// What the sockets saw.
struct MediaWireCounts {
    io::SendCounts sent;
    std::uint64_t socket_drops = 0;  ///< datagrams that our own sockets had no room for
    std::uint64_t truncated = 0;
    std::uint64_t errors = 0;  ///< that the network reported for what was sent
};

/// The UDP sockets of a media generator. Ends may share a socket: what comes in says by its SSRC
/// whose it is.
class MediaWire {
public:
    /// Makes the sockets and tells each end its local addresses. Throws std::system_error.
    MediaWire(const MediaWireOptions& options, MediaGenerator& generator);
    MediaWire(const MediaWire&) = delete;
    MediaWire& operator=(const MediaWire&) = delete;
    ~MediaWire();

    /// Takes the ends' remote addresses for what is sent from now on.
    void learn_remotes();

    /// Sends the batch, tells the generator when each part left, and empties it.
    void send(MediaBatch& batch) noexcept;

    /// Waits until `until` and hands what has come in to the generator.
    void wait(Time until) noexcept;

    /// Hands what has come in to the generator, without waiting; how many datagrams.
    std::size_t receive() noexcept;

    [[nodiscard]] const MediaWireCounts& counts() const noexcept { return counts_; }
    [[nodiscard]] std::size_t sockets_number() const noexcept { return sockets_.size(); }

private:
    struct Room;
    struct Destination;

    void make_sockets(const MediaWireOptions& options, std::size_t pairs);
    void add_pair(const Peer& source, bool is_muxed);
    void send_by(std::size_t socket, MediaBatch& batch, std::size_t begin,
                 std::size_t end) noexcept;
    std::size_t receive_from(std::size_t socket) noexcept;
    [[nodiscard]] std::size_t socket_of(const MediaPacket& packet) const noexcept;
    void take(std::size_t socket, std::size_t index, Duration realtime_offset) noexcept;

    MediaGenerator& generator_;
    std::vector<io::UdpSocket> sockets_;
    std::vector<std::uint32_t> dropped_;  ///< the system's counts, by socket
    std::vector<std::uint32_t> pair_of_;  ///< by end: its first socket
    std::size_t rtcp_step_ = 1;           ///< from an end's RTP socket to its RTCP socket
    std::unique_ptr<Room> room_;
    io::EventLoop loop_;
    MediaWireCounts counts_;
};

}  // namespace busyhour::engine::load
