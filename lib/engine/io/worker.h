#pragma once

#include "engine/handler.h"
#include "engine/io/event_loop.h"
#include "engine/io/mailbox.h"
#include "engine/io/streams.h"
#include "engine/io/udp_socket.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace busyhour::engine::io {

struct WorkerOptions {
    unsigned number = 0;  ///< 0 to 255; its place among the mailboxes
    StreamLimits streams;
    Framing framing = nullptr;
    const TlsContext* tls_server = nullptr;  ///< for listeners of Transport::tls
    const TlsContext* tls_client = nullptr;  ///< for outgoing connections
    std::size_t outbox_messages = 4096;
    std::size_t outbox_octets = 4 * 1024 * 1024;
    std::size_t batch_datagrams = 64;
};

/// What a worker has done since the start.
struct WorkerCounts {
    std::uint64_t datagrams_received = 0;
    std::uint64_t datagram_octets_received = 0;
    std::uint64_t datagrams_truncated = 0;
    std::uint64_t datagram_errors = 0;   ///< that the network reported for what was sent
    std::uint64_t datagrams_missed = 0;  ///< the system dropped them: its buffer was full
    SendCounts datagrams_sent;
    StreamCounts streams;
    StreamEnds stream_ends;
    std::uint64_t connections_open = 0;
    std::uint64_t connections_most = 0;
    std::uint64_t buffers_most = 0;
    std::uint64_t unroutable = 0;    ///< no socket or connection for it
    std::uint64_t outbox_full = 0;   ///< messages that did not fit the outbox
    std::uint64_t handed_over = 0;   ///< to other workers, both kinds
    std::uint64_t mailbox_full = 0;  ///< refused by another worker's mailbox
    std::uint64_t turns = 0;         ///< of the event loop

    WorkerCounts& operator+=(const WorkerCounts& other) noexcept;
};

/// One thread's event loop: brings a handler what comes in at its sockets, and sends what it wants
/// sent. All memory of the packet path is taken at the start.
class Worker {
public:
    using Mailboxes = std::span<const std::unique_ptr<Mailbox>>;

    /// `mailboxes` are those of all workers, in their order; they outlive the worker.
    Worker(const WorkerOptions& options, Handler& handler, Mailboxes mailboxes);

    /// Listens there; its number as `Peer.listener` is how many there were before, at most 255.
    /// Throws std::system_error.
    void listen(Listening listening);

    /// Works until `is_stopping`, which the mailbox's `wake` makes it look at.
    void run(const std::atomic<bool>& is_stopping) noexcept;

    /// Waits until something happens, at most until `until`, and works on it.
    void turn(Time until) noexcept;

    /// Does what is due at `now`.
    void expire(Time now) noexcept;

    /// Ends all connections in order.
    void close_connections() noexcept { streams_.close_all(); }

    [[nodiscard]] WorkerCounts counts() const noexcept;
    [[nodiscard]] std::size_t table_bytes() const noexcept {
        return streams_.table().memory_bytes();
    }

private:
    void dispatch(const Event& event, Time now) noexcept;
    void receive_datagrams(std::uint8_t number, Time now) noexcept;
    bool receive_batch(std::uint8_t number, Time now) noexcept;
    void tell_pressure(const UdpSocket& socket, std::size_t octets, Duration each) noexcept;
    void ready(const Event& event, Time now) noexcept;
    void read_mail(Time now) noexcept;
    void flush(Time now) noexcept;
    void flush_if_half_full(Time now) noexcept;
    void send_datagram(const OutgoingMessage& message) noexcept;
    void send_datagrams() noexcept;
    /// Sends message `index` with those behind it for the same connection; returns the next one.
    std::size_t send_stream(std::size_t index, Time now) noexcept;
    [[nodiscard]] const UdpSocket* socket_for(const Peer& to) const noexcept;

    WorkerOptions options_;
    Handler& handler_;
    Mailboxes mailboxes_;
    EventLoop loop_;
    Outbox out_;
    Streams streams_;
    std::vector<Listening> listening_;
    ReceiveBatch received_;
    SendBatch sending_;
    const UdpSocket* sending_socket_ = nullptr;
    std::vector<std::uint32_t> unfinished_;  ///< connections that have more to read already
    std::vector<std::uint32_t> resumed_;     ///< those of the turn before
    WorkerCounts counts_;
    Time now_;
    bool is_pressed_ = false;  ///< the handler was told of pressure
};

}  // namespace busyhour::engine::io
