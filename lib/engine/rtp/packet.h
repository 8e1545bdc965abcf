#pragma once

#include "engine/rtp/octets.h"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace busyhour::engine::rtp {

/// What a datagram is by its first octets.
enum class DatagramKind : std::uint8_t { unknown, stun, zrtp, dtls, turn_channel, rtp, rtcp };

/// Looks at no more than two octets. Source: rfc7983 7; RTCP among RTP: rfc5761 4.
constexpr DatagramKind kind_of(Octets datagram) noexcept {
    if (datagram.empty()) return DatagramKind::unknown;
    const unsigned first = datagram[0];
    if (first >= 128 && first <= 191) {
        if (datagram.size() < 2) return DatagramKind::unknown;
        const bool is_rtcp = datagram[1] >= 192 && datagram[1] <= 223;
        return is_rtcp ? DatagramKind::rtcp : DatagramKind::rtp;
    }
    if (first <= 3) return DatagramKind::stun;
    if (first >= 20 && first <= 63) return DatagramKind::dtls;
    if (first >= 16 && first <= 19) return DatagramKind::zrtp;
    if (first >= 64 && first <= 79) return DatagramKind::turn_channel;
    return DatagramKind::unknown;
}

constexpr std::size_t fixed_header_octets = 12;  ///< Source: rfc3550 5.1
constexpr std::size_t csrcs_max = 15;            ///< Source: rfc3550 5.1

/// The fixed header. Source: rfc3550 5.1.
struct RtpHeader {
    bool has_padding = false;
    bool has_extension = false;
    std::uint8_t csrcs_number = 0;  ///< 0 to 15
    bool marker = false;
    std::uint8_t payload_type = 0;  ///< 0 to 127
    std::uint16_t sequence = 0;
    std::uint32_t timestamp = 0;
    std::uint32_t ssrc = 0;

    bool operator==(const RtpHeader&) const = default;
};

/// A packet taken apart: views of the octets it was parsed from.
struct RtpPacket {
    RtpHeader header;
    Octets csrcs;                         ///< 4 octets each
    std::uint16_t extension_profile = 0;  ///< 0xBEDE and 0x100x: the elements of RFC 8285
    Octets extension;                     ///< without its own 4 octets of header
    Octets payload;                       ///< without padding
    std::uint8_t padding_octets = 0;      ///< the count octet included

    [[nodiscard]] std::uint32_t csrc(std::size_t index) const noexcept {
        return read32(csrcs, 4 * index);
    }
};

/// The fixed header of a datagram that is long enough for it, of version 2 and with a payload type
/// that no RTCP packet could be mistaken for; looks at nothing behind it, so it serves SRTP too.
/// Source: rfc3550 A.1.
std::optional<RtpHeader> parse_rtp_header(Octets datagram) noexcept;

/// A plain packet, all lengths checked. Source: rfc3550 5.1, 5.3.1, A.1.
std::optional<RtpPacket> parse_rtp(Octets datagram) noexcept;

/// Octets of the whole header with CSRCs and extension, or nothing where they pass the end: where
/// the payload, plain or encrypted, begins.
std::optional<std::size_t> rtp_header_octets(Octets datagram, const RtpHeader& header) noexcept;

/// Writes the fixed header into room of at least `fixed_header_octets`.
void write_rtp_header(const RtpHeader& header, OctetRoom out) noexcept;

/// Writes the packet: `csrcs`, `extension` (with `header.has_extension`; whole words) and
/// `padding_octets` decide the bits of the header. The octets written, 0 where it does not fit.
std::size_t write_rtp(const RtpPacket& packet, OctetRoom out) noexcept;

}  // namespace busyhour::engine::rtp
