#include "engine/outbox.h"

namespace busyhour::engine {

Outbox::Outbox(std::size_t messages_max, std::size_t octets_max) {
    slots_.reserve(messages_max);
    octets_.reserve(octets_max);
}

bool Outbox::add(const Peer& to, std::span<const std::uint8_t> message) noexcept {
    // Never beyond what was reserved: growing would allocate, and move the bytes already promised.
    if (slots_.size() == slots_.capacity() ||
        octets_.capacity() - octets_.size() < message.size()) {
        ++dropped_;
        return false;
    }
    slots_.push_back({to, octets_.size(), message.size()});
    octets_.insert(octets_.end(), message.begin(), message.end());
    return true;
}

OutgoingMessage Outbox::operator[](std::size_t index) const noexcept {
    const Slot& slot = slots_[index];
    return {slot.to, std::span(octets_).subspan(slot.begin, slot.size)};
}

void Outbox::clear() noexcept {
    slots_.clear();
    octets_.clear();
}

}  // namespace busyhour::engine
