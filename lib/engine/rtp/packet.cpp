#include "engine/rtp/packet.h"

#include <algorithm>

namespace busyhour::engine::rtp {
namespace {

constexpr std::size_t extension_header_octets = 4;

/// Those that are RTCP's SR to APP without the marker bit. Source: rfc3550 A.1, rfc3551 6.
constexpr bool is_reserved_for_rtcp(std::uint8_t payload_type) noexcept {
    return payload_type >= 72 && payload_type <= 76;
}

std::size_t extension_octets(Octets datagram, std::size_t offset) noexcept {
    return std::size_t{4} * read16(datagram, offset + 2);
}

}  // namespace

std::optional<RtpHeader> parse_rtp_header(Octets datagram) noexcept {
    if (datagram.size() < fixed_header_octets) return std::nullopt;
    const unsigned first = datagram[0];
    const unsigned second = datagram[1];
    if (first >> 6U != 2U) return std::nullopt;
    RtpHeader header;
    header.has_padding = (first & 0x20U) != 0;
    header.has_extension = (first & 0x10U) != 0;
    header.csrcs_number = static_cast<std::uint8_t>(first & 0x0fU);
    header.marker = (second & 0x80U) != 0;
    header.payload_type = static_cast<std::uint8_t>(second & 0x7fU);
    if (is_reserved_for_rtcp(header.payload_type)) return std::nullopt;
    header.sequence = read16(datagram, 2);
    header.timestamp = read32(datagram, 4);
    header.ssrc = read32(datagram, 8);
    return header;
}

std::optional<std::size_t> rtp_header_octets(Octets datagram, const RtpHeader& header) noexcept {
    std::size_t octets = fixed_header_octets + std::size_t{4} * header.csrcs_number;
    if (header.has_extension) {
        if (datagram.size() < octets + extension_header_octets) return std::nullopt;
        octets += extension_header_octets + extension_octets(datagram, octets);
    }
    if (datagram.size() < octets) return std::nullopt;
    return octets;
}

std::optional<RtpPacket> parse_rtp(Octets datagram) noexcept {
    const std::optional<RtpHeader> header = parse_rtp_header(datagram);
    if (!header) return std::nullopt;
    const std::optional<std::size_t> header_octets = rtp_header_octets(datagram, *header);
    if (!header_octets) return std::nullopt;
    RtpPacket packet;
    packet.header = *header;
    packet.csrcs = datagram.subspan(fixed_header_octets, std::size_t{4} * header->csrcs_number);
    if (header->has_extension) {
        const std::size_t begin = fixed_header_octets + packet.csrcs.size();
        packet.extension_profile = read16(datagram, begin);
        packet.extension =
            datagram.subspan(begin + extension_header_octets, extension_octets(datagram, begin));
    }
    packet.payload = datagram.subspan(*header_octets);
    if (!header->has_padding) return packet;
    if (packet.payload.empty()) return std::nullopt;
    packet.padding_octets = packet.payload.back();
    if (packet.padding_octets == 0 || packet.padding_octets >= packet.payload.size()) {
        return std::nullopt;
    }
    packet.payload = packet.payload.first(packet.payload.size() - packet.padding_octets);
    return packet;
}

void write_rtp_header(const RtpHeader& header, OctetRoom out) noexcept {
    const unsigned first = 0x80U | (header.has_padding ? 0x20U : 0U) |
                           (header.has_extension ? 0x10U : 0U) | (header.csrcs_number & 0x0fU);
    const unsigned second = (header.marker ? 0x80U : 0U) | (header.payload_type & 0x7fU);
    out[0] = static_cast<std::uint8_t>(first);
    out[1] = static_cast<std::uint8_t>(second);
    write16(out, 2, header.sequence);
    write32(out, 4, header.timestamp);
    write32(out, 8, header.ssrc);
}

std::size_t write_rtp(const RtpPacket& packet, OctetRoom out) noexcept {
    const std::size_t csrcs_number = packet.csrcs.size() / 4;
    const std::size_t words = packet.extension.size() / 4;
    if (packet.csrcs.size() % 4 != 0 || csrcs_number > csrcs_max) return 0;
    if (packet.extension.size() % 4 != 0 || words > 0xffff) return 0;
    RtpHeader header = packet.header;
    header.csrcs_number = static_cast<std::uint8_t>(csrcs_number);
    header.has_padding = packet.padding_octets > 0;
    const std::size_t extension_room =
        header.has_extension ? extension_header_octets + packet.extension.size() : 0;
    const std::size_t octets = fixed_header_octets + packet.csrcs.size() + extension_room +
                               packet.payload.size() + packet.padding_octets;
    if (out.size() < octets) return 0;
    write_rtp_header(header, out);
    auto end = std::copy(packet.csrcs.begin(), packet.csrcs.end(),
                         out.subspan(fixed_header_octets).begin());
    if (header.has_extension) {
        const OctetRoom extension = out.subspan(fixed_header_octets + packet.csrcs.size());
        write16(extension, 0, packet.extension_profile);
        write16(extension, 2, static_cast<std::uint16_t>(words));
        end = std::copy(packet.extension.begin(), packet.extension.end(),
                        extension.subspan(extension_header_octets).begin());
    }
    end = std::copy(packet.payload.begin(), packet.payload.end(), end);
    if (packet.padding_octets > 0) {
        end = std::fill_n(end, packet.padding_octets - 1, std::uint8_t{0});
        *end = packet.padding_octets;
    }
    return octets;
}

}  // namespace busyhour::engine::rtp
