#pragma once

#include "engine/clock.h"
#include "engine/io/descriptor.h"

#include <array>
#include <cstdint>
#include <span>
#include <sys/epoll.h>

namespace busyhour::engine::io {

/// The monotonic clock.
Time clock_now() noexcept;

/// What a descriptor is ready for; `token` is what it was added with.
struct Event {
    std::uint64_t token = 0;
    bool can_read = false;   ///< or has ended, or failed: reading tells
    bool can_write = false;  ///< or has failed
};

/// Waits for many descriptors at once, level-triggered: a descriptor is told again as long as it is
/// ready.
class EventLoop {
public:
    static constexpr std::size_t events_max = 128;

    EventLoop();

    void add(int descriptor, std::uint64_t token, bool wants_write = false);  ///< throws

    /// The same where failing is no surprise; false where the system refused.
    bool try_add(int descriptor, std::uint64_t token, bool wants_write) noexcept;
    void change(int descriptor, std::uint64_t token, bool wants_write) noexcept;

    /// Waits until something is ready, at most until `until`; `never` waits for ever. The events
    /// are valid until the next wait. A closed descriptor leaves by itself.
    std::span<const Event> wait(Time now, Time until) noexcept;

private:
    Descriptor epoll_;
    std::array<epoll_event, events_max> raw_{};
    std::array<Event, events_max> events_{};
};

/// A descriptor by which one thread wakes another's event loop.
class Waker {
public:
    Waker();
    [[nodiscard]] int descriptor() const noexcept { return descriptor_.number(); }
    void wake() const noexcept;   ///< safe in any thread
    void sleep() const noexcept;  ///< takes back all wakes so far

private:
    Descriptor descriptor_;
};

}  // namespace busyhour::engine::io
