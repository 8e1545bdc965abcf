#pragma once

#include "engine/clock.h"
#include "engine/outbox.h"

#include <cstdint>
#include <span>

namespace busyhour::engine {

/// What an event loop of engine/io drives: a protocol core without a socket or a clock. One for
/// each worker; only that worker's thread calls it.
class Handler {
public:
    virtual ~Handler() = default;

    /// One datagram, or one message cut from a stream.
    virtual void receive(std::span<const std::uint8_t> message, const Peer& from, Time now,
                         Outbox& out) noexcept = 0;

    /// Called once `next_timeout()` has passed.
    virtual void timeout(Time now, Outbox& out) noexcept = 0;
    [[nodiscard]] virtual Time next_timeout() const noexcept = 0;

    /// A TCP or TLS connection has ended, or one that was wanted could not be made (`connection`
    /// is then 0 where there was no room for it; what waited for it asked for its address).
    virtual void closed(const Peer& peer, Time now, Outbox& out) noexcept = 0;

    /// How long what comes in next has waited already, as far as the event loop can tell: a core
    /// that sheds load does so by this.
    virtual void pressure(Duration /*queue_delay*/) noexcept {}
};

}  // namespace busyhour::engine
