#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace busyhour::engine::rtp {

using Octets = std::span<const std::uint8_t>;
using OctetRoom = std::span<std::uint8_t>;

/// The 16-bit number at `offset`, which must lie inside, in network octet order.
constexpr std::uint16_t read16(Octets octets, std::size_t offset) noexcept {
    return static_cast<std::uint16_t>(unsigned{octets[offset]} << 8U | octets[offset + 1]);
}

/// The 32-bit number at `offset`, which must lie inside, in network octet order.
constexpr std::uint32_t read32(Octets octets, std::size_t offset) noexcept {
    return std::uint32_t{read16(octets, offset)} << 16U | read16(octets, offset + 2);
}

constexpr void write16(OctetRoom out, std::size_t offset, std::uint16_t value) noexcept {
    out[offset] = static_cast<std::uint8_t>(value >> 8U);
    out[offset + 1] = static_cast<std::uint8_t>(value);
}

constexpr void write32(OctetRoom out, std::size_t offset, std::uint32_t value) noexcept {
    write16(out, offset, static_cast<std::uint16_t>(value >> 16U));
    write16(out, offset + 2, static_cast<std::uint16_t>(value));
}

}  // namespace busyhour::engine::rtp
