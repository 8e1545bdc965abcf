#pragma once

#include "engine/clock.h"
#include "engine/handler.h"
#include "engine/io/event_loop.h"
#include "engine/io/framing.h"
#include "engine/io/listener.h"
#include "engine/io/stream_table.h"
#include "engine/outbox.h"

#include <chrono>
#include <cstdint>
#include <span>
#include <vector>

namespace busyhour::engine::io {

/// Capacity and time limits of one worker's connections.
struct StreamLimits {
    std::size_t connections_max = 16384;
    std::size_t small_buffers = 4096;  ///< of BufferPool::small_octets
    std::size_t large_buffers = 256;   ///< of BufferPool::large_octets
    Duration handshake = std::chrono::seconds(10);
    Duration first_message = std::chrono::seconds(120);
    Duration rest_of_message = std::chrono::seconds(10);
    Duration idle = std::chrono::seconds(3900);
};

/// Why connections ended or were not taken.
struct StreamEnds {
    std::uint64_t refused_full = 0;         ///< no slot was free
    std::uint64_t refused_descriptors = 0;  ///< the limit of open files was reached
    std::uint64_t evicted = 0;              ///< never spoke, and made room for a newer one
    std::uint64_t timed_out = 0;
    std::uint64_t malformed = 0;  ///< what came was no message
    std::uint64_t broken = 0;     ///< could not be written to
};

/// What became of a connection that was ready.
enum class Ready : std::uint8_t {
    done,   ///< wait for it again
    again,  ///< it has more already
    ended   ///< send what is for it, then call `end`
};

/// All TCP and TLS connections of one worker: takes and makes them, cuts what comes into messages
/// for the handler, and ends those that waste time. Speaks to the handler only by the outbox.
class Streams {
public:
    struct Surroundings {
        EventLoop& loop;
        Handler& handler;
        Outbox& out;
    };

    Streams(unsigned worker, const StreamLimits& limits, Framing framing, Surroundings around);

    /// `token` plus a connection's number is the token of its events.
    static constexpr std::uint64_t token = std::uint64_t{1} << 32;

    /// Takes connections that wait at `listener`; `tls` is null for TCP; `number` is what peers
    /// have as `listener`.
    void accept(const StreamListener& listener, const TlsContext* tls, std::uint8_t number,
                Time now) noexcept;

    Ready ready(std::uint32_t connection, const Event& event, Time now) noexcept;

    /// Ends a connection and tells the handler.
    void end(std::uint32_t connection, Time now) noexcept;

    /// Sends to `to.connection`, or for 0 to the connection to that address, or a new one.
    /// `local` and `tls` are for a new one. False where there is no way.
    bool send(const Peer& to, std::span<const std::uint8_t> bytes, const TlsContext* tls,
              Time now) noexcept;

    /// Ends what has waited too long.
    void expire(Time now) noexcept;
    [[nodiscard]] Time next_timeout() noexcept;

    /// Ends all connections in order, without a word to the handler.
    void close_all() noexcept;

    [[nodiscard]] const StreamCounts& counts() const noexcept { return counts_; }
    [[nodiscard]] const StreamEnds& ends() const noexcept { return ends_; }
    [[nodiscard]] const StreamTable& table() const noexcept { return table_; }
    [[nodiscard]] const BufferPool& pool() const noexcept { return pool_; }

private:
    StreamShared shared() noexcept { return {pool_, counts_}; }
    bool make_room(Time now) noexcept;
    void refuse_connection(const StreamListener& listener) noexcept;
    void begin(Descriptor socket, const Peer& from, const TlsContext* tls, Time now) noexcept;
    std::uint32_t connect(const Peer& to, const TlsContext* tls, Time now) noexcept;
    Ready read(std::uint32_t index, Time now) noexcept;
    bool cut(std::uint32_t index, std::span<const std::uint8_t> octets, Time now) noexcept;
    void settle(std::uint32_t index, bool has_news, Time now) noexcept;
    void watch(std::uint32_t index) noexcept;
    [[nodiscard]] Duration limit(Waiting waiting) const noexcept;

    StreamLimits limits_;
    Framing framing_;
    Surroundings around_;
    StreamTable table_;
    BufferPool pool_;
    StreamCounts counts_;
    StreamEnds ends_;
    std::vector<std::uint8_t> room_;
    Descriptor spare_;  ///< given up for a moment to take and refuse what else would wait for ever
    int burst_ = 1;     ///< connections to take at once: grows while more wait
};

}  // namespace busyhour::engine::io
