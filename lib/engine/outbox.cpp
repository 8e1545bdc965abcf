#include "engine/outbox.h"

namespace busyhour::engine {

Outbox::Outbox(std::size_t messages_max, std::size_t octets_max) {
    slots_.reserve(messages_max);
    handed_.reserve(messages_max);
    octets_.reserve(octets_max);
}

bool Outbox::put(std::vector<Slot>& slots, const Slot& slot,
                 std::span<const std::uint8_t> message) noexcept {
    // Never beyond what was reserved: growing would allocate, and move the bytes already promised.
    if (slots.size() == slots.capacity() || octets_.capacity() - octets_.size() < message.size()) {
        ++dropped_;
        return false;
    }
    slots.push_back(slot);
    octets_.insert(octets_.end(), message.begin(), message.end());
    return true;
}

bool Outbox::add(const Peer& to, std::span<const std::uint8_t> message) noexcept {
    return put(slots_, {.to = to, .begin = octets_.size(), .size = message.size()}, message);
}

bool Outbox::hand_over(unsigned worker, const Peer& from,
                       std::span<const std::uint8_t> message) noexcept {
    return put(handed_,
               {.to = from, .begin = octets_.size(), .size = message.size(), .worker = worker},
               message);
}

HandedMessage Outbox::handed(std::size_t index) const noexcept {
    const Slot& slot = handed_[index];
    return {slot.worker, slot.to, std::span(octets_).subspan(slot.begin, slot.size)};
}

OutgoingMessage Outbox::operator[](std::size_t index) const noexcept {
    const Slot& slot = slots_[index];
    return {slot.to, std::span(octets_).subspan(slot.begin, slot.size)};
}

bool Outbox::is_half_full() const noexcept {
    return 2 * slots_.size() >= slots_.capacity() || 2 * handed_.size() >= handed_.capacity() ||
           2 * octets_.size() >= octets_.capacity();
}

void Outbox::clear() noexcept {
    slots_.clear();
    handed_.clear();
    octets_.clear();
}

}  // namespace busyhour::engine
