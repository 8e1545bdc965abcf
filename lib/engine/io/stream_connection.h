#pragma once

#include "engine/io/address.h"
#include "engine/io/buffer_pool.h"
#include "engine/io/descriptor.h"
#include "engine/io/tls_context.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace busyhour::engine::io {

/// What connections have done since the start.
struct StreamCounts {
    std::uint64_t accepted = 0;
    std::uint64_t connected = 0;        ///< outgoing ones that came about
    std::uint64_t failed = 0;           ///< outgoing ones that did not
    std::uint64_t handshakes_full = 0;  ///< TLS
    std::uint64_t handshakes_resumed = 0;
    std::uint64_t handshakes_failed = 0;
    std::uint64_t octets_received = 0;  ///< of the application, within TLS
    std::uint64_t octets_sent = 0;
    std::uint64_t backlog_overflows = 0;  ///< messages refused: the far end does not read
    std::uint64_t buffers_missing = 0;    ///< refused or ended because the pool was empty
};

/// What all connections of one thread share.
struct StreamShared {
    BufferPool& pool;
    StreamCounts& counts;
};

enum class StreamState : std::uint8_t { closed, connecting, handshaking, open };

/// What one reading brought: `octets` are valid until the room is used again.
struct Arrival {
    std::span<const std::uint8_t> octets;  ///< what was kept before, and what is new
    bool has_more = false;                 ///< read again before waiting
    bool has_ended = false;                ///< the far end is done, or the connection broke
};

/// One TCP or TLS connection that never blocks, accepted or connecting. The owner waits for the
/// descriptor, calls `advance` when it is ready, `read` while it is open, and cuts messages itself.
class StreamConnection {
public:
    /// Octets that `read` needs room for: a whole kept message and a TLS record.
    static constexpr std::size_t room_octets = BufferPool::large_octets + 32768;

    StreamConnection() noexcept;
    StreamConnection(StreamConnection&& other) noexcept;
    StreamConnection& operator=(StreamConnection&& other) noexcept;
    ~StreamConnection();

    /// Takes over a socket that was accepted; `tls` is null for plain TCP.
    bool accept(Descriptor socket, const TlsContext* tls, StreamShared shared) noexcept;

    /// Begins to connect from any free port of `local` (null: any address); false where the system
    /// refused. A session is resumed if it can be.
    bool connect(const Peer& to, const Peer* local, const TlsContext* tls,
                 const TlsSession* session = nullptr) noexcept;

    /// Goes on with connecting, the handshake and what waits to be sent; false where the
    /// connection has broken.
    bool advance(StreamShared shared) noexcept;

    Arrival read(std::span<std::uint8_t> room, StreamShared shared) noexcept;

    /// Keeps octets of the last reading for the next; false where the pool is empty.
    bool keep(std::span<const std::uint8_t> rest, StreamShared shared) noexcept;

    /// Sends, or queues what the system does not take yet, up to BufferPool::large_octets; false
    /// where it fits no more or the connection has broken.
    bool write(std::span<const std::uint8_t> octets, StreamShared shared) noexcept;

    /// Ends the connection, in order or (`is_abrupt`) with a reset.
    void close(StreamShared shared, bool is_abrupt = false) noexcept;

    /// What a later connection to the same server may resume; empty where it sent none (yet).
    [[nodiscard]] TlsSession session() const;

    [[nodiscard]] StreamState state() const noexcept { return state_; }
    [[nodiscard]] int descriptor() const noexcept { return socket_.number(); }
    /// Whether octets wait here that the event loop knows nothing of.
    [[nodiscard]] bool has_pending() const noexcept;
    [[nodiscard]] bool wants_write() const noexcept;  ///< else waiting to read is enough
    [[nodiscard]] bool is_resumed() const noexcept { return is_resumed_; }
    [[nodiscard]] std::size_t kept_octets() const noexcept { return kept_size_; }
    [[nodiscard]] std::size_t backlog_octets() const noexcept {
        return backlog_end_ - backlog_begin_;
    }

private:
    struct FreeTls {
        void operator()(ssl_st* tls) const noexcept;
    };

    bool start_tls(const TlsContext& context, bool is_server) noexcept;
    bool finish_connect(StreamShared shared) noexcept;
    bool finish_handshake(StreamShared shared) noexcept;
    bool flush(StreamShared shared) noexcept;
    bool queue(std::span<const std::uint8_t> octets, StreamShared shared) noexcept;
    /// Octets that the system took; -1 where the connection has broken.
    std::ptrdiff_t send_some(std::span<const std::uint8_t> octets) noexcept;
    std::ptrdiff_t receive_some(std::span<std::uint8_t> room, Arrival& arrival) noexcept;

    Descriptor socket_;
    std::unique_ptr<ssl_st, FreeTls> tls_;
    std::span<std::uint8_t> kept_;
    std::span<std::uint8_t> backlog_;
    std::uint32_t kept_size_ = 0;
    std::uint32_t backlog_begin_ = 0;
    std::uint32_t backlog_end_ = 0;
    StreamState state_ = StreamState::closed;
    bool is_resumed_ = false;
    bool is_broken_ = false;  ///< TLS may not be used further, not even to say goodbye
    bool handshake_wants_write_ = false;
};

}  // namespace busyhour::engine::io
