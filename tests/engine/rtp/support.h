#pragma once

#include "engine/clock.h"
#include "engine/rtp/octets.h"
#include "engine/rtp/packet.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace busyhour::engine::rtp {

using OctetVector = std::vector<std::uint8_t>;

/// "80 64 00 12" as octets; white space between them as one likes.
inline OctetVector octets_of(std::string_view hex) {
    OctetVector octets;
    std::string digits;
    for (const char c : hex) {
        if (c == ' ' || c == '\n') continue;
        digits += c;
        if (digits.size() < 2) continue;
        octets.push_back(static_cast<std::uint8_t>(std::stoul(digits, nullptr, 16)));
        digits.clear();
    }
    if (!digits.empty()) throw std::runtime_error("half an octet");
    return octets;
}

/// A moment of the virtual clock.
inline Time at_ms(std::int64_t ms) {
    return Time(std::chrono::milliseconds(ms));
}
inline Time at_us(std::int64_t us) {
    return Time(std::chrono::microseconds(us));
}

inline double seconds_of(Duration span) {
    return std::chrono::duration<double>(span).count();
}

inline RtpHeader header_of(std::uint16_t sequence, std::uint32_t timestamp = 0,
                           std::uint32_t ssrc = 0x1234) {
    RtpHeader header;
    header.sequence = sequence;
    header.timestamp = timestamp;
    header.ssrc = ssrc;
    return header;
}

}  // namespace busyhour::engine::rtp
