#include "engine/rtp/payload.h"

#include "engine/rtp/random.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numbers>
#include <stdexcept>

namespace busyhour::engine::rtp {
namespace {

constexpr std::uint32_t tone_period = 8;  // 1 kHz at 8000 samples/s
constexpr std::uint32_t beginnings = 1024;

/// Full scale over 0 dBm0, by which a sine of 0 dBm0 stays below it. Source: itu-g711 5.
constexpr double pcmu_overload_db = 3.17;
constexpr double pcma_overload_db = 3.14;
constexpr double pcmu_full_scale = 8159.0 * 4;  // of 14 bits, as one of 16
constexpr double pcma_full_scale = 4096.0 * 8;  // of 13 bits

/// Bits of the magnitude, one's complement for a negative sample as G.711 encoders do.
unsigned magnitude_of(std::int16_t sample) noexcept {
    return static_cast<unsigned>(sample < 0 ? ~sample : sample);
}

std::int16_t tone_sample(std::uint32_t place, double amplitude) noexcept {
    const double phase = 2 * std::numbers::pi * (place + 0.5) / tone_period;
    return static_cast<std::int16_t>(std::lround(-amplitude * std::sin(phase)));
}

std::uint8_t tone_octet(Content content, std::uint32_t place) noexcept {
    if (content == Content::pcma_tone) {
        const double amplitude = pcma_full_scale * std::pow(10.0, -pcma_overload_db / 20);
        return pcma_of(tone_sample(place, amplitude));
    }
    const double amplitude = pcmu_full_scale * std::pow(10.0, -pcmu_overload_db / 20);
    return pcmu_of(tone_sample(place, amplitude));
}

void check_format(const Format& format) {
    constexpr std::int64_t ns_per_s = 1'000'000'000;
    const std::uint32_t step = timestamp_step(format);
    const std::int64_t exact = std::int64_t{format.clock_rate_hz} * format.ptime.count();
    if (step == 0 || exact % ns_per_s != 0) {
        throw std::invalid_argument("an RTP format needs a ptime of whole timestamp units");
    }
    if (format.payload_type > 127 || format.payload_octets == 0) {
        throw std::invalid_argument("an RTP format needs a payload and a payload type below 128");
    }
    if (format.content != Content::synthetic && step != format.payload_octets) {
        throw std::invalid_argument("G.711 has one octet for each timestamp unit");
    }
}

}  // namespace

std::uint8_t pcmu_of(std::int16_t sample) noexcept {
    const unsigned magnitude = std::min((magnitude_of(sample) >> 2U) + 33U, 0x1fffU);
    const auto segment = static_cast<unsigned>(std::bit_width(magnitude >> 6U));
    const unsigned step = (magnitude >> (segment + 1)) & 0xfU;
    const unsigned code = ~(segment << 4U | step) & 0x7fU;
    return static_cast<std::uint8_t>(code | (sample < 0 ? 0U : 0x80U));
}

std::uint8_t pcma_of(std::int16_t sample) noexcept {
    const unsigned magnitude = magnitude_of(sample) >> 4U;
    const auto segment = static_cast<unsigned>(std::bit_width(magnitude >> 4U));
    const unsigned step = (segment > 1 ? magnitude >> (segment - 1) : magnitude) & 0xfU;
    const unsigned code = segment << 4U | step | (sample < 0 ? 0U : 0x80U);
    return static_cast<std::uint8_t>(code ^ 0x55U);  // every second bit is turned, itu-g711 3
}

Payload::Payload(const Format& format) : format_(format) {
    check_format(format);
    const bool is_tone = format.content != Content::synthetic;
    period_ = is_tone ? tone_period : beginnings;
    ring_.reserve(std::size_t{format.payload_octets} + period_);
    Random random(format.payload_octets);
    for (std::uint32_t i = 0; i < format.payload_octets + period_; ++i) {
        ring_.push_back(is_tone ? tone_octet(format.content, i % tone_period)
                                : static_cast<std::uint8_t>(random.next()));
    }
}

Octets Payload::of(const RtpHeader& header) const noexcept {
    std::uint64_t place = header.timestamp;
    if (format_.content == Content::synthetic) {
        constexpr std::uint64_t spread = 0x9e3779b97f4a7c15U;  // 2^64 over the golden ratio
        place = (std::uint64_t{header.ssrc} << 16U | header.sequence) * spread >> 32U;
    }
    return Octets(ring_).subspan(place % period_, format_.payload_octets);
}

bool Payload::is_intact(const RtpHeader& header, Octets payload) const noexcept {
    if (header.payload_type != format_.payload_type) return true;
    const Octets sent = of(header);
    return std::equal(sent.begin(), sent.end(), payload.begin(), payload.end());
}

std::size_t write_comfort_noise(std::uint8_t level_minus_dbov, std::size_t coefficients_number,
                                OctetRoom out) noexcept {
    constexpr std::uint8_t zero_coefficient = 127;  // rfc3389 3.2: 258 (N - 127) / 32768
    if (out.size() < 1 + coefficients_number) return 0;
    out[0] = level_minus_dbov & 0x7fU;
    std::fill_n(out.subspan(1).begin(), coefficients_number, zero_coefficient);
    return 1 + coefficients_number;
}

}  // namespace busyhour::engine::rtp
