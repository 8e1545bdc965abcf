#pragma once

#include "engine/io/event_loop.h"
#include "engine/io/stream_connection.h"
#include "engine/io/udp_socket.h"
#include "engine/load/generator.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace busyhour::engine::load {

/// How the generator reaches its target.
struct WireOptions {
    std::vector<Peer> sources;  ///< addresses to send from, in turn; their ports are 0
    io::TlsOptions tls;
    bool resumes = false;  ///< TLS sessions, where the server allows it
    bool merges = false;   ///< datagrams, as io::SendBatch says
};

/// What the sockets saw.
struct WireCounts {
    io::SendCounts sent;
    io::StreamCounts streams;
    std::uint64_t socket_drops = 0;  ///< datagrams that our own sockets had no room for
};

/// The sockets and connections of a generator.
class Wire {
public:
    /// Makes the UDP sockets and tells the generator their addresses. Throws std::system_error.
    Wire(const WireOptions& options, Generator& generator);

    /// Sends what the outbox holds, empties it, and closes what the generator is done with.
    void flush(Outbox& out) noexcept;

    /// Waits until something arrives, at most until `until`, and hands it to the generator.
    void wait(Time until, Outbox& out) noexcept;

    /// Opens the connection of each user, some at a time; how many came about until `deadline`, or
    /// until `is_interrupted` says so.
    std::size_t connect_users(Time deadline, const std::function<bool()>& is_interrupted);

    [[nodiscard]] WireCounts counts() const noexcept;
    [[nodiscard]] const Histogram& connect_delay() const noexcept { return connect_delay_; }
    void clear_counts() noexcept;

private:
    struct Link {
        io::StreamConnection stream;
        Time begun;
        std::size_t searched = 0;  ///< of the frame that is coming in
        bool wants_write = false;
    };

    void flush_datagrams(const Outbox& out) noexcept;
    void flush_streams(const Outbox& out) noexcept;
    bool open(std::uint32_t connection, Time now) noexcept;
    void receive_datagrams(std::size_t socket, Outbox& out) noexcept;
    void link_event(std::uint32_t connection, Time now, Outbox& out) noexcept;
    bool read_link(std::uint32_t connection, Time now, Outbox& out) noexcept;
    bool take_frames(std::uint32_t connection, io::Arrival& arrival, Time now,
                     Outbox& out) noexcept;
    void close(std::uint32_t connection) noexcept;
    void wait_for_write(std::uint32_t connection) noexcept;
    [[nodiscard]] Peer peer_of(std::uint32_t connection) const noexcept;
    [[nodiscard]] io::StreamShared shared() noexcept { return {pool_, counts_.streams}; }

    Generator& generator_;
    std::vector<Peer> sources_;
    std::vector<io::UdpSocket> sockets_;
    std::vector<std::uint32_t> dropped_;  ///< the system's counts, by socket
    std::vector<Link> links_;             ///< by `Peer::connection`
    std::optional<io::TlsContext> tls_;
    io::TlsSession session_;
    bool resumes_ = false;
    io::EventLoop loop_;
    io::ReceiveBatch received_;
    io::SendBatch to_send_;
    io::BufferPool pool_;
    std::vector<std::uint8_t> room_;
    WireCounts counts_;
    Histogram connect_delay_;
};

}  // namespace busyhour::engine::load
