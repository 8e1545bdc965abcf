#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace busyhour::engine::sip {

/// What stands at the front of a stream's octets.
enum class FrameKind : std::uint8_t {
    incomplete,  ///< wait for more
    message,     ///< `size` octets are one message
    ping,        ///< CRLFCRLF: answer CRLF (rfc5626 4.4.1)
    blank,       ///< a CRLF before a message, or a pong: skip `size` octets
    malformed,   ///< the connection cannot be used further (no Content-Length, too large, no SIP)
};

struct Frame {
    FrameKind kind = FrameKind::incomplete;
    std::size_t size = 0;
};

/// Cuts the front of a TCP or TLS stream into messages by Content-Length. `searched` is how far
/// earlier calls looked for the end of the header, so that octets that trickle in are looked at
/// once; the caller keeps it and sets it to 0 after each frame. Source: rfc3261 18.3,
/// rfc5626 3.5.1.
Frame next_frame(std::string_view octets, std::size_t& searched) noexcept;

}  // namespace busyhour::engine::sip
