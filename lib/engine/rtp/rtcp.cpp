#include "engine/rtp/rtcp.h"

#include <algorithm>

namespace busyhour::engine::rtp {
namespace {

constexpr std::uint8_t cname_item = 1;  // rfc3550 12.2

/// Text in the octets of a packet.
std::string_view text_of(Octets octets) noexcept {
    return {reinterpret_cast<const char*>(octets.data()), octets.size()};
}

constexpr std::size_t rtcp_packet_octets(Octets compound) noexcept {
    return std::size_t{4} * (std::size_t{read16(compound, 2)} + 1);
}

constexpr bool is_report(unsigned type) noexcept {
    return type == static_cast<unsigned>(RtcpType::sender_report) ||
           type == static_cast<unsigned>(RtcpType::receiver_report);
}

/// The padding's octets by its last one: whole words, the header left.
constexpr bool is_valid_padding(Octets packet) noexcept {
    const std::size_t padding = packet.back();
    return padding != 0 && padding % 4 == 0 && padding + rtcp_header_octets <= packet.size();
}

/// A number of 24 bits with its sign.
constexpr std::int32_t signed24(std::uint32_t value) noexcept {
    const auto number = static_cast<std::int32_t>(value & 0xffffffU);
    return number >= 0x800000 ? number - 0x1000000 : number;
}

void write_block(const ReportBlock& block, OctetRoom out) noexcept {
    const std::int32_t lost = std::clamp(block.cumulative_lost, -0x800000, 0x7fffff);
    const std::uint32_t lost24 = static_cast<std::uint32_t>(lost) & 0xffffffU;
    write32(out, 0, block.ssrc);
    write32(out, 4, std::uint32_t{block.fraction_lost} << 24U | lost24);
    write32(out, 8, block.highest_sequence);
    write32(out, 12, block.jitter);
    write32(out, 16, block.last_sr);
    write32(out, 20, block.delay_since_last_sr);
}

void write_blocks(std::span<const ReportBlock> blocks, OctetRoom out) noexcept {
    std::size_t offset = 0;
    for (const ReportBlock& block : blocks) {
        write_block(block, out.subspan(offset, report_block_octets));
        offset += report_block_octets;
    }
}

/// Length octet, text, null octets to the end of `out`.
void write_text(std::string_view text, OctetRoom out) noexcept {
    out[0] = static_cast<std::uint8_t>(text.size());
    const auto end = std::transform(text.begin(), text.end(), out.subspan(1).begin(),
                                    [](char c) { return static_cast<std::uint8_t>(c); });
    std::fill(end, out.end(), std::uint8_t{0});
}

}  // namespace

bool is_valid_rtcp(Octets datagram) noexcept {
    if (datagram.size() < 2 * rtcp_header_octets || datagram.size() % 4 != 0) return false;
    if ((datagram[0] & 0xe0U) != 0x80U || !is_report(datagram[1])) return false;
    while (!datagram.empty()) {
        if (datagram[0] >> 6U != 2U) return false;
        const std::size_t octets = rtcp_packet_octets(datagram);
        if (octets > datagram.size()) return false;
        const bool has_padding = (datagram[0] & 0x20U) != 0;
        const bool is_last = octets == datagram.size();
        if (has_padding && (!is_last || !is_valid_padding(datagram))) return false;
        datagram = datagram.subspan(octets);
    }
    return true;
}

std::optional<RtcpPacket> next_rtcp(Octets& compound) noexcept {
    if (compound.size() < rtcp_header_octets) return std::nullopt;
    const std::size_t octets = rtcp_packet_octets(compound);
    if (octets > compound.size()) return std::nullopt;
    const Octets whole = compound.first(octets);
    compound = compound.subspan(octets);
    const bool has_padding = (whole[0] & 0x20U) != 0;
    if (has_padding && !is_valid_padding(whole)) return std::nullopt;
    const std::size_t padding = has_padding ? whole.back() : 0U;
    return RtcpPacket{.type = whole[1],
                      .count = static_cast<std::uint8_t>(whole[0] & 0x1fU),
                      .body = whole.first(octets - padding).subspan(rtcp_header_octets)};
}

ReportBlock Report::block(std::size_t index) const noexcept {
    const Octets octets = blocks.subspan(index * report_block_octets, report_block_octets);
    return {.ssrc = read32(octets, 0),
            .fraction_lost = octets[4],
            .cumulative_lost = signed24(read32(octets, 4)),
            .highest_sequence = read32(octets, 8),
            .jitter = read32(octets, 12),
            .last_sr = read32(octets, 16),
            .delay_since_last_sr = read32(octets, 20)};
}

std::optional<Report> parse_report(const RtcpPacket& packet) noexcept {
    if (!is_report(packet.type)) return std::nullopt;
    const bool is_sender = packet.type == static_cast<unsigned>(RtcpType::sender_report);
    const std::size_t begin = 4 + (is_sender ? sender_info_octets : 0U);
    const std::size_t blocks_octets = packet.count * report_block_octets;
    if (packet.body.size() < begin + blocks_octets) return std::nullopt;
    Report report;
    report.ssrc = read32(packet.body, 0);
    if (is_sender) {
        const Octets info = packet.body.subspan(4, sender_info_octets);
        report.sender =
            SenderInfo{.ntp_timestamp = std::uint64_t{read32(info, 0)} << 32U | read32(info, 4),
                       .rtp_timestamp = read32(info, 8),
                       .packets = read32(info, 12),
                       .payload_octets = read32(info, 16)};
    }
    report.blocks = packet.body.subspan(begin, blocks_octets);
    return report;
}

std::optional<SourceDescription> next_source_description(Octets& body) noexcept {
    if (body.size() < 8) return std::nullopt;  // an SSRC and a word with a null at least
    SourceDescription description;
    description.ssrc = read32(body, 0);
    std::size_t at = 4;
    while (body[at] != 0) {
        if (at + 2 > body.size()) return std::nullopt;
        const std::size_t octets = body[at + 1];
        if (at + 2 + octets >= body.size()) return std::nullopt;  // no room for the ending null
        if (body[at] == cname_item) description.cname = text_of(body.subspan(at + 2, octets));
        at += 2 + octets;
    }
    const std::size_t end = at / 4 * 4 + 4;
    if (end > body.size()) return std::nullopt;
    body = body.subspan(end);
    return description;
}

std::optional<Bye> parse_bye(const RtcpPacket& packet) noexcept {
    const std::size_t ssrcs_octets = std::size_t{4} * packet.count;
    if (packet.type != static_cast<unsigned>(RtcpType::bye)) return std::nullopt;
    if (packet.body.size() < ssrcs_octets) return std::nullopt;
    Bye bye{.ssrcs = packet.body.first(ssrcs_octets), .reason = {}};
    const Octets rest = packet.body.subspan(ssrcs_octets);
    if (rest.empty()) return bye;
    if (std::size_t{1} + rest[0] > rest.size()) return std::nullopt;
    bye.reason = text_of(rest.subspan(1, rest[0]));
    return bye;
}

OctetRoom RtcpWriter::packet(RtcpType type, std::size_t count, std::size_t octets) noexcept {
    if (count > report_blocks_max || out_.size() - size_ < octets) return {};
    const OctetRoom packet = out_.subspan(size_, octets);
    packet[0] = static_cast<std::uint8_t>(0x80U | count);
    packet[1] = static_cast<std::uint8_t>(type);
    write16(packet, 2, static_cast<std::uint16_t>(octets / 4 - 1));
    size_ += octets;
    return packet;
}

bool RtcpWriter::sender_report(std::uint32_t ssrc, const SenderInfo& info,
                               std::span<const ReportBlock> blocks) noexcept {
    constexpr std::size_t begin = rtcp_header_octets + 4 + sender_info_octets;
    const OctetRoom out =
        packet(RtcpType::sender_report, blocks.size(), begin + blocks.size() * report_block_octets);
    if (out.empty()) return false;
    write32(out, 4, ssrc);
    write32(out, 8, static_cast<std::uint32_t>(info.ntp_timestamp >> 32U));
    write32(out, 12, static_cast<std::uint32_t>(info.ntp_timestamp));
    write32(out, 16, info.rtp_timestamp);
    write32(out, 20, info.packets);
    write32(out, 24, info.payload_octets);
    write_blocks(blocks, out.subspan(begin));
    return true;
}

bool RtcpWriter::receiver_report(std::uint32_t ssrc, std::span<const ReportBlock> blocks) noexcept {
    constexpr std::size_t begin = rtcp_header_octets + 4;
    const OctetRoom out = packet(RtcpType::receiver_report, blocks.size(),
                                 begin + blocks.size() * report_block_octets);
    if (out.empty()) return false;
    write32(out, 4, ssrc);
    write_blocks(blocks, out.subspan(begin));
    return true;
}

bool RtcpWriter::source_description(std::uint32_t ssrc, std::string_view cname) noexcept {
    if (cname.size() > sdes_text_octets_max) return false;
    const OctetRoom out =
        packet(RtcpType::source_description, 1, source_description_octets(cname.size()));
    if (out.empty()) return false;
    write32(out, 4, ssrc);
    out[8] = cname_item;
    write_text(cname, out.subspan(9));
    return true;
}

bool RtcpWriter::bye(std::uint32_t ssrc, std::string_view reason) noexcept {
    if (reason.size() > sdes_text_octets_max) return false;
    const OctetRoom out = packet(RtcpType::bye, 1, bye_octets(reason.size()));
    if (out.empty()) return false;
    write32(out, 4, ssrc);
    if (!reason.empty()) write_text(reason, out.subspan(8));
    return true;
}

}  // namespace busyhour::engine::rtp
