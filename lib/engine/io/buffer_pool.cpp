#include "engine/io/buffer_pool.h"

#include <algorithm>

namespace busyhour::engine::io {
namespace {

std::vector<std::uint32_t> all_of(std::size_t number) {
    std::vector<std::uint32_t> indices(number);
    for (std::size_t i = 0; i < number; ++i) {
        indices[i] = static_cast<std::uint32_t>(number - 1 - i);  // the last one is taken first
    }
    return indices;
}

}  // namespace

BufferPool::BufferPool(std::size_t small_max, std::size_t large_max)
    : free_small_(all_of(small_max)),
      free_large_(all_of(large_max)),
      large_begin_(small_max * small_octets) {
    octets_ = std::make_unique_for_overwrite<std::uint8_t[]>(  // NOLINT
        large_begin_ + large_max * large_octets);
}

std::span<std::uint8_t> BufferPool::small(std::uint32_t index) noexcept {
    return {octets_.get() + index * small_octets, small_octets};
}

std::span<std::uint8_t> BufferPool::large(std::uint32_t index) noexcept {
    return {octets_.get() + large_begin_ + index * large_octets, large_octets};
}

std::span<std::uint8_t> BufferPool::take(std::size_t octets) noexcept {
    const bool is_small = octets <= small_octets && !free_small_.empty();
    std::vector<std::uint32_t>& free = is_small ? free_small_ : free_large_;
    if (octets > large_octets || free.empty()) return {};
    const std::uint32_t index = free.back();
    free.pop_back();
    borrowed_max_ = std::max(borrowed_max_, ++borrowed_);
    return is_small ? small(index) : large(index);
}

void BufferPool::give_back(std::span<std::uint8_t> buffer) noexcept {
    if (buffer.empty()) return;
    const auto begin = static_cast<std::size_t>(buffer.data() - octets_.get());
    if (begin < large_begin_) {
        free_small_.push_back(static_cast<std::uint32_t>(begin / small_octets));
    } else {
        free_large_.push_back(static_cast<std::uint32_t>((begin - large_begin_) / large_octets));
    }
    --borrowed_;
}

}  // namespace busyhour::engine::io
