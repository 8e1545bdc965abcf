#pragma once

#include "engine/clock.h"
#include "engine/rtp/octets.h"
#include "engine/rtp/packet.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace busyhour::engine::rtp {

/// What stands in a payload: octets that a receiver can foretell from the header, or a tone.
enum class Content : std::uint8_t {
    synthetic,
    pcmu_tone,  ///< 1 kHz at 0 dBm0, mu-law; Source: itu-g711
    pcma_tone,  ///< the same, A-law
};

/// How a codec is sent: what the caller takes from its catalog.
struct Format {
    std::uint8_t payload_type = 0;  ///< static by rfc3551 6, or dynamic: 96 to 127
    std::uint32_t clock_rate_hz = 8000;
    Duration ptime = std::chrono::milliseconds(20);  ///< a whole number of timestamp units
    std::uint16_t payload_octets = 160;              ///< of one packet
    Content content = Content::pcmu_tone;

    bool operator==(const Format&) const = default;
};

/// Timestamp units of one packet; 0 for a format without clock or ptime.
constexpr std::uint32_t timestamp_step(const Format& format) noexcept {
    constexpr std::int64_t ns_per_s = 1'000'000'000;
    const std::int64_t units = format.ptime.count() * std::int64_t{format.clock_rate_hz};
    return units <= 0 ? 0U : static_cast<std::uint32_t>(units / ns_per_s);
}

/// G.711 of a linear 16-bit sample. Source: itu-g711.
std::uint8_t pcmu_of(std::int16_t sample) noexcept;
std::uint8_t pcma_of(std::int16_t sample) noexcept;

/// The payloads of all packets of a format, made at the start: any number of sources share one.
class Payload {
public:
    explicit Payload(const Format& format);  ///< throws std::invalid_argument

    [[nodiscard]] const Format& format() const noexcept { return format_; }

    /// What the packet with this header carries: a tone goes on with the timestamp, other octets
    /// tell one source and sequence number from another.
    [[nodiscard]] Octets of(const RtpHeader& header) const noexcept;

    /// Whether a packet that came in carries what was sent with that header; of other payload types
    /// nothing is known, and that passes.
    [[nodiscard]] bool is_intact(const RtpHeader& header, Octets payload) const noexcept;

private:
    Format format_;
    std::uint32_t period_ = 1;  ///< of the tone in timestamp units, or the number of beginnings
    std::vector<std::uint8_t> ring_;
};

/// Writes a comfort noise payload: the level and `coefficients_number` flat reflection
/// coefficients; the octets written. Source: rfc3389 3.
std::size_t write_comfort_noise(std::uint8_t level_minus_dbov, std::size_t coefficients_number,
                                OctetRoom out) noexcept;

}  // namespace busyhour::engine::rtp
