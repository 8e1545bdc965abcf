#include "engine/io/stream_table.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace busyhour::engine::io {
namespace {

std::size_t place(Waiting waiting) noexcept {
    return static_cast<std::size_t>(waiting);
}

bool is_same_address(const Peer& one, const Peer& other) noexcept {
    return one.port == other.port && one.transport == other.transport &&
           one.address == other.address;
}

}  // namespace

StreamTable::StreamTable(unsigned worker, std::size_t connections_max)
    : slots_(connections_max),
      by_address_(std::bit_ceil(2 * connections_max), none),
      worker_bits_(worker << worker_shift),
      generation_bits_(worker_shift - static_cast<int>(std::bit_width(connections_max - 1))) {
    for (std::uint32_t i = 0; i < slots_.size(); ++i) append(lists_[place(Waiting::nothing)], i);
}

void StreamTable::append(List& list, std::uint32_t index) noexcept {
    slots_[index].before = list.last;
    slots_[index].after = none;
    (list.last == none ? list.first : slots_[list.last].after) = index;
    list.last = index;
}

void StreamTable::unlink(List& list, std::uint32_t index) noexcept {
    const StreamSlot& slot = slots_[index];
    (slot.before == none ? list.first : slots_[slot.before].after) = slot.after;
    (slot.after == none ? list.last : slots_[slot.after].before) = slot.before;
}

std::uint32_t StreamTable::take(const Peer& peer, Waiting waiting, Time now) noexcept {
    const std::uint32_t index = lists_[place(Waiting::nothing)].first;
    if (index == none) return none;
    StreamSlot& slot = slots_[index];
    const std::uint32_t generation_mask = (1U << generation_bits_) - 1;
    slot.generation = (slot.generation + 1) & generation_mask;
    if (slot.generation == 0) slot.generation = 1;
    slot.peer = peer;
    slot.peer.connection = worker_bits_ | index << generation_bits_ | slot.generation;
    slot.searched = 0;
    slot.has_spoken = false;
    slot.watches_write = false;
    wait_for(index, waiting, now);
    index_address(index);
    used_max_ = std::max(used_max_, ++used_);
    return index;
}

void StreamTable::release(std::uint32_t index) noexcept {
    forget_address(index);
    wait_for(index, Waiting::nothing, Time{});
    --used_;
}

std::uint32_t StreamTable::find(std::uint32_t connection) const noexcept {
    const std::uint32_t rest = connection & ((1U << worker_shift) - 1);
    const std::uint32_t index = rest >> generation_bits_;
    if (index >= slots_.size()) return none;
    const StreamSlot& slot = slots_[index];
    const bool is_it = slot.waiting != Waiting::nothing && slot.peer.connection == connection;
    return is_it ? index : none;
}

void StreamTable::wait_for(std::uint32_t index, Waiting waiting, Time now) noexcept {
    StreamSlot& slot = slots_[index];
    slot.since = now;
    unlink(lists_[place(slot.waiting)], index);
    slot.waiting = waiting;
    append(lists_[place(waiting)], index);
}

std::uint32_t StreamTable::longest(Waiting waiting) const noexcept {
    return lists_[place(waiting)].first;
}

std::size_t StreamTable::home(const Peer& peer) const noexcept {
    std::array<std::uint64_t, 2> halves{};
    std::memcpy(halves.data(), peer.address.data(), sizeof halves);
    std::uint64_t hash =
        halves[0] ^ (std::uint64_t{peer.port} << 3) ^ static_cast<std::uint64_t>(peer.transport);
    hash = (hash ^ hash >> 32) * 0x9e3779b97f4a7c15;  // Fibonacci hashing, twice
    hash = (hash ^ halves[1] ^ hash >> 29) * 0x9e3779b97f4a7c15;
    return (hash >> 32) & (by_address_.size() - 1);
}

std::uint32_t StreamTable::find_address(const Peer& peer) const noexcept {
    const std::size_t mask = by_address_.size() - 1;
    for (std::size_t at = home(peer); by_address_[at] != none; at = (at + 1) & mask) {
        if (is_same_address(slots_[by_address_[at]].peer, peer)) return by_address_[at];
    }
    return none;
}

void StreamTable::index_address(std::uint32_t index) noexcept {
    const std::size_t mask = by_address_.size() - 1;
    std::size_t at = home(slots_[index].peer);
    while (by_address_[at] != none) at = (at + 1) & mask;
    by_address_[at] = index;
}

/// Later entries move up into the gap, so that each is still found from its home on.
void StreamTable::forget_address(std::uint32_t index) noexcept {
    const std::size_t mask = by_address_.size() - 1;
    std::size_t gap = home(slots_[index].peer);
    while (by_address_[gap] != index) gap = (gap + 1) & mask;
    by_address_[gap] = none;
    for (std::size_t at = (gap + 1) & mask; by_address_[at] != none; at = (at + 1) & mask) {
        const std::size_t distance = (at - home(slots_[by_address_[at]].peer)) & mask;
        if (distance >= ((at - gap) & mask)) {
            by_address_[gap] = by_address_[at];
            by_address_[at] = none;
            gap = at;
        }
    }
}

std::size_t StreamTable::memory_bytes() const noexcept {
    return slots_.size() * sizeof(StreamSlot) + by_address_.size() * sizeof(std::uint32_t);
}

}  // namespace busyhour::engine::io
