#pragma once

#include "engine/io/event_loop.h"
#include "engine/outbox.h"

#include <cstdint>
#include <mutex>
#include <span>

namespace busyhour::engine::io {

/// What other workers want this one to send or to work on. Its room is taken at the start; what
/// does not fit is refused.
class Mailbox {
public:
    Mailbox(std::size_t messages_max, std::size_t octets_max);

    /// By any thread: send `bytes` to `to`, whose connection is this worker's.
    bool post(const Peer& to, std::span<const std::uint8_t> bytes) noexcept;
    /// By any thread: work on `bytes` as if they had come in here.
    bool post_handed(const Peer& from, std::span<const std::uint8_t> bytes) noexcept;

    /// Wakes the worker whatever the mailbox holds.
    void wake() const noexcept { waker_.wake(); }

    [[nodiscard]] int descriptor() const noexcept { return waker_.descriptor(); }

    /// By the worker: all that was posted, valid until the next call.
    const Outbox& collect() noexcept;

private:
    Waker waker_;
    std::mutex mutex_;
    Outbox filling_;
    Outbox reading_;
};

}  // namespace busyhour::engine::io
