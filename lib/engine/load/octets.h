#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace busyhour::engine::load {

/// Octets as the text that they are.
inline std::string_view as_text(std::span<const std::uint8_t> octets) noexcept {
    return {reinterpret_cast<const char*>(octets.data()), octets.size()};
}

inline std::span<const std::uint8_t> as_octets(std::string_view text) noexcept {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

}  // namespace busyhour::engine::load
