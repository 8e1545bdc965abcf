#include "engine/sip/chunk_pool.h"

#include <algorithm>
#include <cstring>

namespace busyhour::engine::sip {

namespace {

constexpr std::size_t link_octets = sizeof(std::uint32_t);

}  // namespace

ChunkPool::ChunkPool(std::size_t chunk_octets, std::size_t chunks)
    : chunk_octets_(std::max(chunk_octets, link_octets + 1)),
      chunks_(chunks),
      octets_(std::make_unique_for_overwrite<char[]>(chunk_octets_ * (chunks + 1))) {}

char* ChunkPool::text(std::uint32_t chunk) const noexcept {
    return octets_.get() + chunk * chunk_octets_ + link_octets;
}

std::uint32_t ChunkPool::next(std::uint32_t chunk) const noexcept {
    std::uint32_t value = none;
    std::memcpy(&value, octets_.get() + chunk * chunk_octets_, link_octets);
    return value;
}

void ChunkPool::link(std::uint32_t chunk, std::uint32_t next) noexcept {
    std::memcpy(octets_.get() + chunk * chunk_octets_, &next, link_octets);
}

std::uint32_t ChunkPool::take() noexcept {
    std::uint32_t chunk = free_;
    if (chunk != none) {
        free_ = next(chunk);
    } else if (fresh_ <= chunks_) {
        chunk = fresh_++;
    } else {
        return none;
    }
    ++used_;
    link(chunk, none);
    return chunk;
}

std::uint32_t ChunkPool::store(std::span<const std::string_view> texts) noexcept {
    const std::size_t room = chunk_octets_ - link_octets;
    std::uint32_t first = none;
    std::uint32_t last = none;
    std::size_t filled = room;
    for (std::string_view rest : texts) {
        while (!rest.empty()) {
            if (filled == room) {
                const std::uint32_t chunk = take();
                if (chunk == none) {
                    release(first);
                    return none;
                }
                if (first == none) first = chunk;
                if (last != none) link(last, chunk);
                last = chunk;
                filled = 0;
            }
            const std::size_t part = std::min(rest.size(), room - filled);
            std::memcpy(text(last) + filled, rest.data(), part);
            filled += part;
            rest.remove_prefix(part);
        }
    }
    return first;
}

std::size_t ChunkPool::chunks_for(std::size_t octets) const noexcept {
    const std::size_t room = chunk_octets_ - link_octets;
    return (octets + room - 1) / room;
}

void ChunkPool::read(std::uint32_t handle, std::span<char> to) const noexcept {
    const std::size_t room = chunk_octets_ - link_octets;
    while (!to.empty() && handle != none) {
        const std::size_t part = std::min(to.size(), room);
        std::memcpy(to.data(), text(handle), part);
        to = to.subspan(part);
        handle = next(handle);
    }
}

void ChunkPool::release(std::uint32_t handle) noexcept {
    while (handle != none) {
        const std::uint32_t after = next(handle);
        link(handle, free_);
        free_ = handle;
        --used_;
        handle = after;
    }
}

}  // namespace busyhour::engine::sip
