#pragma once

#include "engine/io/mailbox.h"
#include "engine/io/worker.h"

#include <cstdint>
#include <memory>
#include <poll.h>
#include <span>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <vector>

namespace busyhour::engine::io {

constexpr int patience_ms = 10'000;  ///< more than any step of a test takes

inline std::span<const std::uint8_t> octets_of(std::string_view text) {
    return {static_cast<const std::uint8_t*>(static_cast<const void*>(text.data())), text.size()};
}

inline std::string text_of(std::span<const std::uint8_t> octets) {
    return {octets.begin(), octets.end()};
}

/// A message is a line; "." asks for a CRLF, "!" is no message.
inline Cut cut_line(std::string_view octets, std::size_t& searched) noexcept {
    const std::size_t end = octets.find('\n', searched);
    searched = octets.size();
    if (octets.starts_with('!')) return {.kind = CutKind::malformed};
    if (end == std::string_view::npos) return {};
    if (octets.starts_with('.')) return {.kind = CutKind::ping, .size = end + 1};
    return {.kind = CutKind::message, .size = end + 1};
}

/// Answers each message with itself, and keeps what it was told.
class Echo : public Handler {
public:
    void receive(std::span<const std::uint8_t> message, const Peer& from, Time /*now*/,
                 Outbox& out) noexcept override {
        received.push_back(text_of(message));
        from_peers.push_back(from);
        if (hands_to >= 0 && message[0] == 'h') {
            out.hand_over(static_cast<unsigned>(hands_to), from, message);
        } else {
            out.add(forward ? *forward : from, message);
        }
    }
    void timeout(Time now, Outbox& /*out*/) noexcept override {
        timeouts.push_back(now);
        next = never;
    }
    [[nodiscard]] Time next_timeout() const noexcept override { return next; }
    void closed(const Peer& peer, Time /*now*/, Outbox& /*out*/) noexcept override {
        closed_peers.push_back(peer);
    }

    void pressure(Duration queue_delay) noexcept override { delays.push_back(queue_delay); }

    std::vector<Duration> delays;
    std::vector<std::string> received;
    std::vector<Peer> from_peers;
    std::vector<Peer> closed_peers;
    std::vector<Time> timeouts;
    Time next = never;
    int hands_to = -1;
    std::unique_ptr<Peer> forward;
};

inline std::vector<std::unique_ptr<Mailbox>> mailboxes_of(std::size_t workers) {
    std::vector<std::unique_ptr<Mailbox>> boxes;
    for (std::size_t i = 0; i < workers; ++i) boxes.push_back(std::make_unique<Mailbox>(64, 65536));
    return boxes;
}

/// One worker with an echo, driven by the test's own thread.
struct Bench {
    explicit Bench(const WorkerOptions& options, std::size_t workers = 1)
        : mailboxes(mailboxes_of(workers)), worker(options, echo, mailboxes) {}

    /// Turns until `is_done`; false where nothing more happens for too long.
    template <typename Done>
    bool turn_until(Done is_done) {
        const Time end = clock_now() + std::chrono::milliseconds(patience_ms);
        while (!is_done()) {
            if (clock_now() > end) return false;
            worker.turn(clock_now() + std::chrono::milliseconds(1));
        }
        return true;
    }

    std::vector<std::unique_ptr<Mailbox>> mailboxes;
    Echo echo;
    Worker worker;
};

inline Peer loopback(Transport transport, std::uint16_t port = 0) {
    Peer peer = *parse_address("udp:127.0.0.1:0");
    peer.transport = transport;
    peer.port = port;
    return peer;
}

/// The far end of a worker under test: one connection, stepped by the test.
struct FarEnd {
    FarEnd() : pool(4, 4) {}
    ~FarEnd() { stream.close(shared()); }
    FarEnd(const FarEnd&) = delete;
    FarEnd& operator=(const FarEnd&) = delete;

    StreamShared shared() { return {pool, counts}; }

    /// Does whatever it can without waiting; false once the connection has ended.
    bool step() {
        if (has_ended) return false;
        pollfd ready{.fd = stream.descriptor(), .events = POLLIN | POLLOUT, .revents = 0};
        poll(&ready, 1, 0);
        const bool can_advance = stream.state() != StreamState::connecting || ready.revents != 0;
        if (can_advance && !stream.advance(shared())) has_ended = true;
        while (!has_ended && stream.state() == StreamState::open) {
            const Arrival arrival = stream.read(room, shared());
            received += text_of(arrival.octets);
            has_ended = arrival.has_ended;
            if (arrival.octets.empty()) break;
        }
        return !has_ended;
    }

    BufferPool pool;
    StreamCounts counts;
    StreamConnection stream;
    std::string received;
    bool has_ended = false;
    std::vector<std::uint8_t> room = std::vector<std::uint8_t>(StreamConnection::room_octets);
};

}  // namespace busyhour::engine::io
