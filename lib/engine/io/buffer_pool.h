#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace busyhour::engine::io {

/// Buffers of two sizes, all taken at the start: connections borrow one while octets wait for the
/// rest of their message, or for the far end to read.
class BufferPool {
public:
    static constexpr std::size_t small_octets = 4096;
    static constexpr std::size_t large_octets = 65536;  ///< holds every message

    BufferPool(std::size_t small_max, std::size_t large_max);

    /// A buffer of at least `octets`; an empty one where none is left, or none is so large.
    std::span<std::uint8_t> take(std::size_t octets) noexcept;
    void give_back(std::span<std::uint8_t> buffer) noexcept;

    [[nodiscard]] std::size_t borrowed() const noexcept { return borrowed_; }
    [[nodiscard]] std::size_t borrowed_max() const noexcept { return borrowed_max_; }

private:
    std::span<std::uint8_t> small(std::uint32_t index) noexcept;
    std::span<std::uint8_t> large(std::uint32_t index) noexcept;

    std::unique_ptr<std::uint8_t[]> octets_;  // NOLINT: untouched pages cost nothing
    std::vector<std::uint32_t> free_small_;
    std::vector<std::uint32_t> free_large_;
    std::size_t large_begin_ = 0;
    std::size_t borrowed_ = 0;
    std::size_t borrowed_max_ = 0;  ///< the most at any time
};

}  // namespace busyhour::engine::io
