#pragma once

#include "engine/rtp/octets.h"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace busyhour::engine::rtp {

constexpr std::size_t telephone_event_octets = 4;        ///< Source: rfc4733 2.3
constexpr std::uint8_t telephone_event_ends_number = 3;  ///< Source: rfc4733 2.5.1.4

/// Source: rfc4733 2.3.
struct TelephoneEvent {
    std::uint8_t event = 0;  ///< 0 to 9, 10 is "*", 11 is "#", 12 to 15 are A to D
    bool is_end = false;
    std::uint8_t volume_minus_dbm0 = 0;  ///< 0 to 63
    std::uint16_t duration = 0;          ///< so far, in timestamp units

    bool operator==(const TelephoneEvent&) const = default;
};

std::optional<TelephoneEvent> parse_telephone_event(Octets payload) noexcept;
void write_telephone_event(const TelephoneEvent& event, OctetRoom out) noexcept;

/// The event code of "0" to "9", "*", "#", "A" to "D". Source: rfc4733 3.2.
std::optional<std::uint8_t> event_of_digit(char digit) noexcept;

/// Reports an event packet by packet: the duration grows, the last report comes three times, an
/// event longer than the field is cut into segments. Source: rfc4733 2.5.1.
class TelephoneEventSender {
public:
    struct Packet {
        TelephoneEvent event;
        std::uint32_t timestamp = 0;  ///< of the beginning of the event or segment
        bool marker = false;
    };

    /// `length` in timestamp units, above 0; `timestamp` is that of its first packet; `event` gives
    /// code and volume.
    void start(const TelephoneEvent& event, std::uint32_t length, std::uint32_t timestamp) noexcept;
    [[nodiscard]] bool is_active() const noexcept { return is_active_; }

    /// The report after a further `step` of timestamp units; only while active.
    Packet next(std::uint32_t step) noexcept;

private:
    TelephoneEvent event_;
    std::uint32_t timestamp_ = 0;
    std::uint32_t length_ = 0;   ///< left from the beginning of the segment on
    std::uint32_t elapsed_ = 0;  ///< since the beginning of the segment
    std::uint8_t ends_ = 0;      ///< last reports of the event or segment, sent
    bool is_active_ = false;
    bool is_first_ = false;
};

}  // namespace busyhour::engine::rtp
