#pragma once

#include "engine/clock.h"
#include "engine/io/stream_connection.h"
#include "engine/outbox.h"

#include <array>
#include <cstdint>
#include <vector>

namespace busyhour::engine::io {

/// What a connection waits for; each has its own time limit.
enum class Waiting : std::uint8_t {
    handshake,  ///< of TCP or TLS
    first,      ///< the first message ever
    rest,       ///< the rest of a message, or the far end to read what waits for it
    next,       ///< the next message
    nothing     ///< the slot is free
};
constexpr std::size_t waitings_number = 4;

/// Of a `Peer.connection`: the bits above it are the worker.
constexpr int worker_shift = 24;

struct StreamSlot {
    StreamConnection connection;
    Peer peer;                 ///< its `connection` is this connection's number
    Time since{};              ///< when it began to wait
    std::size_t searched = 0;  ///< for the framing function
    std::uint32_t generation = 0;
    std::uint32_t before = 0;  ///< neighbours in the list of what it waits for
    std::uint32_t after = 0;
    Waiting waiting = Waiting::nothing;
    bool has_spoken = false;     ///< a whole message has come
    bool watches_write = false;  ///< the event loop waits for room to write
};

/// The connections of one worker, in slots taken at the start. A connection's number holds the
/// worker in its top 8 bits, then its slot, then how often the slot was used, which is never 0.
class StreamTable {
public:
    static constexpr std::uint32_t none = 0xffffffff;
    static constexpr std::size_t size_max = std::size_t{1} << 20;

    /// `connections_max` is 1 to `size_max`, `worker` 0 to 255.
    StreamTable(unsigned worker, std::size_t connections_max);

    /// Takes the slot that has been free longest for a connection to `peer`; `none` where all are
    /// taken.
    std::uint32_t take(const Peer& peer, Waiting waiting, Time now) noexcept;

    /// The connection must be closed.
    void release(std::uint32_t index) noexcept;

    [[nodiscard]] StreamSlot& operator[](std::uint32_t index) noexcept { return slots_[index]; }

    /// The slot of this connection number; `none` where it is no longer there.
    [[nodiscard]] std::uint32_t find(std::uint32_t connection) const noexcept;

    /// The slot of a connection to this transport, address and port.
    [[nodiscard]] std::uint32_t find_address(const Peer& peer) const noexcept;

    /// Lets the slot wait for something, from `now` on.
    void wait_for(std::uint32_t index, Waiting waiting, Time now) noexcept;

    /// The slot that has waited longest for this.
    [[nodiscard]] std::uint32_t longest(Waiting waiting) const noexcept;

    [[nodiscard]] std::size_t size() const noexcept { return used_; }
    [[nodiscard]] std::size_t used_max() const noexcept { return used_max_; }
    [[nodiscard]] std::size_t memory_bytes() const noexcept;

private:
    struct List {
        std::uint32_t first = none;
        std::uint32_t last = none;
    };

    void append(List& list, std::uint32_t index) noexcept;
    void unlink(List& list, std::uint32_t index) noexcept;
    [[nodiscard]] std::size_t home(const Peer& peer) const noexcept;
    void index_address(std::uint32_t index) noexcept;
    void forget_address(std::uint32_t index) noexcept;

    std::vector<StreamSlot> slots_;
    std::vector<std::uint32_t> by_address_;  ///< open addressing, at most half full
    std::array<List, waitings_number + 1> lists_{};
    std::uint32_t worker_bits_ = 0;
    int generation_bits_ = 0;
    std::size_t used_ = 0;
    std::size_t used_max_ = 0;
};

}  // namespace busyhour::engine::io
