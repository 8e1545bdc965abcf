#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace busyhour::engine::io {

/// What stands at the front of a stream's octets.
enum class CutKind : std::uint8_t {
    incomplete,  ///< wait for more
    message,     ///< `size` octets are one message
    ping,        ///< `size` octets ask for a CRLF as an answer
    blank,       ///< skip `size` octets
    malformed    ///< the connection cannot be used further
};

struct Cut {
    CutKind kind = CutKind::incomplete;
    std::size_t size = 0;
};

/// Cuts the front of a stream. `searched` is the function's own: 0 for a new front, kept from call
/// to call while the same front grows.
using Framing = Cut (*)(std::string_view octets, std::size_t& searched) noexcept;

}  // namespace busyhour::engine::io
