#pragma once

#include "engine/rtp/octets.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace busyhour::engine::rtp {

/// Source: rfc3550 12.1; the types of other documents are skipped by their length.
enum class RtcpType : std::uint8_t {
    sender_report = 200,
    receiver_report = 201,
    source_description = 202,
    bye = 203,
    application = 204,
};

constexpr std::size_t rtcp_header_octets =
    4;  ///< of each packet of a compound; Source: rfc3550 6.4
constexpr std::size_t sender_info_octets = 20;   ///< Source: rfc3550 6.4.1
constexpr std::size_t report_block_octets = 24;  ///< Source: rfc3550 6.4.1
constexpr std::size_t report_blocks_max = 31;    ///< of one report
constexpr std::size_t sdes_text_octets_max = 255;

/// Source: rfc3550 6.4.1.
struct SenderInfo {
    std::uint64_t ntp_timestamp = 0;  ///< seconds since 1900, or since any start, times 2^32
    std::uint32_t rtp_timestamp = 0;
    std::uint32_t packets = 0;
    std::uint32_t payload_octets = 0;

    bool operator==(const SenderInfo&) const = default;
};

/// Source: rfc3550 6.4.1.
struct ReportBlock {
    std::uint32_t ssrc = 0;                 ///< of the source reported on
    std::uint8_t fraction_lost = 0;         ///< in 1/256, since the last report
    std::int32_t cumulative_lost = 0;       ///< -0x800000 to 0x7fffff
    std::uint32_t highest_sequence = 0;     ///< with the cycles in its upper half
    std::uint32_t jitter = 0;               ///< in units of the timestamp
    std::uint32_t last_sr = 0;              ///< middle 32 bits of its NTP timestamp; 0: none came
    std::uint32_t delay_since_last_sr = 0;  ///< in 1/65536 s

    bool operator==(const ReportBlock&) const = default;
};

/// One packet of a compound.
struct RtcpPacket {
    std::uint8_t type = 0;   ///< RtcpType, or another
    std::uint8_t count = 0;  ///< the five bits of its header: blocks, chunks, sources
    Octets body;             ///< behind the first 4 octets, without padding
};

/// Whether the datagram is a compound packet by the checks of A.2: version 2 throughout, a report
/// without padding first, lengths that add up, padding in the last alone. Source: rfc3550 A.2.
bool is_valid_rtcp(Octets datagram) noexcept;

/// The next packet of a compound that `is_valid_rtcp`, which goes on behind it.
std::optional<RtcpPacket> next_rtcp(Octets& compound) noexcept;

/// A sender or receiver report. Source: rfc3550 6.4.1, 6.4.2.
struct Report {
    std::uint32_t ssrc = 0;
    std::optional<SenderInfo> sender;
    Octets blocks;  ///< without the profile's extensions

    [[nodiscard]] std::size_t blocks_number() const noexcept {
        return blocks.size() / report_block_octets;
    }
    [[nodiscard]] ReportBlock block(std::size_t index) const noexcept;
};

/// Nothing where the packet is no report or too short for its blocks.
std::optional<Report> parse_report(const RtcpPacket& packet) noexcept;

/// What a source says of itself. Source: rfc3550 6.5.
struct SourceDescription {
    std::uint32_t ssrc = 0;
    std::string_view cname;  ///< empty where the chunk has none
};

/// The next chunk of a source description's `body`, which goes on behind it.
std::optional<SourceDescription> next_source_description(Octets& body) noexcept;

/// Source: rfc3550 6.6.
struct Bye {
    Octets ssrcs;  ///< 4 octets each
    std::string_view reason;

    [[nodiscard]] std::size_t ssrcs_number() const noexcept { return ssrcs.size() / 4; }
    [[nodiscard]] std::uint32_t ssrc(std::size_t index) const noexcept {
        return read32(ssrcs, 4 * index);
    }
};

std::optional<Bye> parse_bye(const RtcpPacket& packet) noexcept;

/// Octets of a BYE of one source. Source: rfc3550 6.6.
constexpr std::size_t bye_octets(std::size_t reason_octets) noexcept {
    const std::size_t words = reason_octets == 0 ? 0 : (1 + reason_octets + 3) / 4;
    return rtcp_header_octets + 4 + 4 * words;
}

/// Octets of a source description of one source with that CNAME alone. Source: rfc3550 6.5.
constexpr std::size_t source_description_octets(std::size_t cname_octets) noexcept {
    const std::size_t items = 2 + cname_octets + 1;  // type, length, text; the ending null
    return rtcp_header_octets + 4 + (items + 3) / 4 * 4;
}

/// Writes a compound into the caller's room, packet after packet. What does not fit is refused
/// whole: false, and nothing is written.
class RtcpWriter {
public:
    explicit RtcpWriter(OctetRoom out) noexcept : out_(out) {}

    bool sender_report(std::uint32_t ssrc, const SenderInfo& info,
                       std::span<const ReportBlock> blocks) noexcept;
    bool receiver_report(std::uint32_t ssrc, std::span<const ReportBlock> blocks) noexcept;
    bool source_description(std::uint32_t ssrc, std::string_view cname) noexcept;
    bool bye(std::uint32_t ssrc, std::string_view reason = {}) noexcept;

    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] Octets compound() const noexcept { return out_.first(size_); }

private:
    /// Room for a packet of that many octets, its header written; empty where it does not fit.
    OctetRoom packet(RtcpType type, std::size_t count, std::size_t octets) noexcept;

    OctetRoom out_;
    std::size_t size_ = 0;
};

/// The middle 32 bits of an NTP timestamp: seconds in 1/65536. Source: rfc3550 4.
constexpr std::uint32_t middle_of(std::uint64_t ntp_timestamp) noexcept {
    return static_cast<std::uint32_t>(ntp_timestamp >> 16U);
}

}  // namespace busyhour::engine::rtp
