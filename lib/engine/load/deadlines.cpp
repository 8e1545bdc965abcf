#include "engine/load/deadlines.h"

#include <algorithm>
#include <bit>

namespace busyhour::engine::load {
namespace {

constexpr std::int64_t tick_ns = 1'000'000;

/// The first tick at which the moment has passed.
std::int64_t tick_after(Time moment) noexcept {
    return (moment.time_since_epoch().count() + tick_ns - 1) / tick_ns;
}

}  // namespace

Deadlines::Deadlines(std::size_t things_max) : things_(things_max) {
    heads_.fill(none);
}

void Deadlines::link(Id id, std::int64_t tick) noexcept {
    const auto slot = static_cast<std::uint32_t>(static_cast<std::uint64_t>(tick) % slots_number);
    Thing& thing = things_[id];
    thing.slot = slot;
    thing.previous = none;
    thing.next = heads_[slot];
    if (thing.next != none) things_[thing.next].previous = id;
    heads_[slot] = id;
    used_[slot / 64] |= std::uint64_t{1} << (slot % 64);
    ++set_number_;
}

void Deadlines::set(Id id, Time due) noexcept {
    drop(id);
    if (due == never) return;
    things_[id].due = due;
    const std::int64_t wanted = tick_after(due);
    // What is more than a turn away waits in the last slot of this one, and is put back then.
    const auto turn = static_cast<std::int64_t>(slots_number);
    link(id, std::clamp(wanted, reached_, reached_ + turn - 1));
}

void Deadlines::drop(Id id) noexcept {
    Thing& thing = things_[id];
    if (thing.slot == none) return;
    if (thing.next != none) things_[thing.next].previous = thing.previous;
    if (thing.previous != none) {
        things_[thing.previous].next = thing.next;
    } else {
        heads_[thing.slot] = thing.next;
        if (thing.next == none) used_[thing.slot / 64] &= ~(std::uint64_t{1} << (thing.slot % 64));
    }
    thing = Thing{};
    --set_number_;
}

/// How many slots from `slot` on the first used one stands; the wheel's size where none is.
std::size_t Deadlines::first_used_from(std::size_t slot) const noexcept {
    for (std::size_t i = 0; i <= used_.size(); ++i) {
        const std::size_t word = (slot / 64 + i) % used_.size();
        std::uint64_t bits = used_[word];
        if (i == 0) bits &= ~std::uint64_t{0} << (slot % 64);
        if (bits == 0) continue;
        const std::size_t found = word * 64 + static_cast<std::size_t>(std::countr_zero(bits));
        return (found + slots_number - slot) % slots_number;
    }
    return slots_number;
}

Time Deadlines::next() const noexcept {
    if (set_number_ == 0) return never;
    const auto slot = static_cast<std::size_t>(static_cast<std::uint64_t>(reached_) % slots_number);
    const auto ahead = static_cast<std::int64_t>(first_used_from(slot));
    return Time(Duration((reached_ + ahead) * tick_ns));
}

Deadlines::Id Deadlines::take_expired(Time now) noexcept {
    const std::int64_t now_tick = now.time_since_epoch().count() / tick_ns;
    while (set_number_ > 0 && reached_ <= now_tick) {
        const auto slot =
            static_cast<std::size_t>(static_cast<std::uint64_t>(reached_) % slots_number);
        const Id id = heads_[slot];
        if (id == none) {
            const auto ahead = static_cast<std::int64_t>(first_used_from(slot));
            reached_ = std::min(reached_ + ahead, now_tick + 1);
            continue;
        }
        const Time due = things_[id].due;
        drop(id);
        if (due <= now) return id;
        const std::int64_t turn = static_cast<std::int64_t>(slots_number);
        things_[id].due = due;
        link(id, std::clamp(tick_after(due), reached_ + 1, reached_ + turn - 1));
    }
    reached_ = std::max(reached_, now_tick);
    return none;
}

}  // namespace busyhour::engine::load
