#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace busyhour::engine::sip {

/// Texts of any length in chained chunks of one size, all taken at the start; memory that was never
/// used is never touched.
class ChunkPool {
public:
    static constexpr std::uint32_t none = 0;

    ChunkPool(std::size_t chunk_octets, std::size_t chunks);

    /// The handle of a copy of the texts, one behind the other; `none` where the pool is full (and
    /// for no text at all).
    std::uint32_t store(std::span<const std::string_view> texts) noexcept;
    std::uint32_t store(std::string_view text) noexcept { return store(std::span(&text, 1)); }

    /// Copies the first `to.size()` octets back.
    void read(std::uint32_t handle, std::span<char> to) const noexcept;
    void release(std::uint32_t handle) noexcept;

    /// How many chunks a text of `octets` takes.
    [[nodiscard]] std::size_t chunks_for(std::size_t octets) const noexcept;
    [[nodiscard]] std::size_t used() const noexcept { return used_; }
    [[nodiscard]] std::size_t capacity() const noexcept { return chunks_; }
    [[nodiscard]] std::size_t chunk_octets() const noexcept { return chunk_octets_; }

private:
    [[nodiscard]] std::uint32_t take() noexcept;
    [[nodiscard]] std::uint32_t next(std::uint32_t chunk) const noexcept;
    void link(std::uint32_t chunk, std::uint32_t next) noexcept;
    [[nodiscard]] char* text(std::uint32_t chunk) const noexcept;

    std::size_t chunk_octets_;
    std::size_t chunks_;
    std::unique_ptr<char[]> octets_;
    std::uint32_t free_ = none;
    std::uint32_t fresh_ = 1;  ///< the first chunk that was never used
    std::size_t used_ = 0;
};

}  // namespace busyhour::engine::sip
