#include "engine/rtp/telephone_event.h"

#include <algorithm>
#include <string_view>

namespace busyhour::engine::rtp {
namespace {

constexpr std::uint32_t duration_max = 0xffff;  // rfc4733 2.5.1.3

}  // namespace

std::optional<TelephoneEvent> parse_telephone_event(Octets payload) noexcept {
    if (payload.size() < telephone_event_octets) return std::nullopt;
    return TelephoneEvent{.event = payload[0],
                          .is_end = (payload[1] & 0x80U) != 0,
                          .volume_minus_dbm0 = static_cast<std::uint8_t>(payload[1] & 0x3fU),
                          .duration = read16(payload, 2)};
}

void write_telephone_event(const TelephoneEvent& event, OctetRoom out) noexcept {
    out[0] = event.event;
    out[1] =
        static_cast<std::uint8_t>((event.is_end ? 0x80U : 0U) | (event.volume_minus_dbm0 & 0x3fU));
    write16(out, 2, event.duration);
}

std::optional<std::uint8_t> event_of_digit(char digit) noexcept {
    constexpr std::string_view digits = "0123456789*#ABCD";
    const std::size_t event = digits.find(digit);
    if (event == std::string_view::npos) return std::nullopt;
    return static_cast<std::uint8_t>(event);
}

void TelephoneEventSender::start(const TelephoneEvent& event, std::uint32_t length,
                                 std::uint32_t timestamp) noexcept {
    event_ = event;
    event_.is_end = false;
    length_ = length;
    timestamp_ = timestamp;
    elapsed_ = 0;
    ends_ = 0;
    is_active_ = length > 0;
    is_first_ = true;
}

TelephoneEventSender::Packet TelephoneEventSender::next(std::uint32_t step) noexcept {
    elapsed_ += step;
    const std::uint32_t segment = std::min(length_, duration_max);
    event_.duration = static_cast<std::uint16_t>(std::min(elapsed_, segment));
    const bool is_over = elapsed_ >= segment;
    event_.is_end = is_over && length_ <= duration_max;
    const Packet packet{.event = event_, .timestamp = timestamp_, .marker = is_first_};
    is_first_ = false;
    if (!is_over || ++ends_ < telephone_event_ends_number) return packet;
    is_active_ = length_ > duration_max;
    length_ -= segment;
    elapsed_ -= segment;  // the next segment goes on since then
    timestamp_ += segment;
    ends_ = 0;
    return packet;
}

}  // namespace busyhour::engine::rtp
