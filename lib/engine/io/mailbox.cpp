#include "engine/io/mailbox.h"

#include <utility>

namespace busyhour::engine::io {

Mailbox::Mailbox(std::size_t messages_max, std::size_t octets_max)
    : filling_(messages_max, octets_max), reading_(messages_max, octets_max) {}

bool Mailbox::post(const Peer& to, std::span<const std::uint8_t> bytes) noexcept {
    const std::scoped_lock lock(mutex_);
    const bool was_empty = filling_.is_empty();
    const bool is_posted = filling_.add(to, bytes);
    if (was_empty) waker_.wake();
    return is_posted;
}

bool Mailbox::post_handed(const Peer& from, std::span<const std::uint8_t> bytes) noexcept {
    const std::scoped_lock lock(mutex_);
    const bool was_empty = filling_.is_empty();
    const bool is_posted = filling_.hand_over(0, from, bytes);
    if (was_empty) waker_.wake();
    return is_posted;
}

const Outbox& Mailbox::collect() noexcept {
    waker_.sleep();
    reading_.clear();
    const std::scoped_lock lock(mutex_);
    std::swap(filling_, reading_);
    return reading_;
}

}  // namespace busyhour::engine::io
