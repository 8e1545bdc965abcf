#include "engine/rtp/source.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace busyhour::engine::rtp {
namespace {

constexpr std::int64_t source_ns_per_s = 1'000'000'000;
constexpr std::uint8_t comfort_noise_octets_max = 32;

/// Timestamp units of a time span, rounded down; no overflow for any span.
std::int64_t units_of(Duration span, std::uint32_t clock_rate_hz) noexcept {
    const std::int64_t seconds = span.count() / source_ns_per_s;
    const std::int64_t rest_ns = span.count() % source_ns_per_s;
    return seconds * clock_rate_hz + rest_ns * clock_rate_hz / source_ns_per_s;
}

}  // namespace

void Source::start(const Payload& payload, const SourceOptions& options, Time now) noexcept {
    payload_ = &payload;
    options_ = options;
    options_.discontinuous.payload_octets =
        std::min(options.discontinuous.payload_octets, comfort_noise_octets_max);
    random_ = Random(options.seed);
    ssrc_ = random_.next32();
    sequence_ = static_cast<std::uint16_t>(random_.next());
    timestamp_ = random_.next32();
    step_ = timestamp_step(payload.format());
    packets_ = packets_before_ = payload_octets_ = 0;
    event_ = {};
    due_ = now;
    is_stopped_ = false;
    begin_talkspurt();
}

std::size_t Source::packet_octets_max() const noexcept {
    const std::size_t payload_octets =
        std::max({std::size_t{payload_->format().payload_octets}, telephone_event_octets,
                  std::size_t{comfort_noise_octets_max}});
    return fixed_header_octets + payload_octets;
}

std::size_t Source::timeout(Time now, OctetRoom out) noexcept {
    if (next_timeout() > now || out.size() < packet_octets_max()) return 0;
    if (event_.is_active()) return write_event(out);
    if (!is_talking_) return write_pause(out);
    const RtpHeader audio = header(payload_->format().payload_type);
    const std::size_t octets = write(audio, payload_->of(audio), out);
    pass(1);
    if (options_.discontinuous.mean_talkspurt.count() > 0 && --left_ == 0) begin_pause();
    return octets;
}

bool Source::press(std::uint8_t event, Duration length, std::uint8_t volume_minus_dbm0) noexcept {
    const std::int64_t units = units_of(length, payload_->format().clock_rate_hz);
    if (event_.is_active() || !is_talking_ || units <= 0 || units > 0xffffffff) return false;
    event_.start({.event = event, .volume_minus_dbm0 = volume_minus_dbm0},
                 static_cast<std::uint32_t>(units), timestamp_);
    return true;
}

void Source::change_ssrc() noexcept {
    const std::uint32_t before = ssrc_;
    while (ssrc_ == before) ssrc_ = random_.next32();
    packets_before_ += packets_;
    packets_ = payload_octets_ = 0;
}

std::uint32_t Source::timestamp_at(Time time) const noexcept {
    const std::int64_t units = units_of(time - due_, payload_->format().clock_rate_hz);
    return timestamp_ + static_cast<std::uint32_t>(units);
}

SenderInfo Source::info(Time now, std::uint64_t ntp_timestamp) const noexcept {
    return {.ntp_timestamp = ntp_timestamp,
            .rtp_timestamp = timestamp_at(now),
            .packets = static_cast<std::uint32_t>(packets_),
            .payload_octets = static_cast<std::uint32_t>(payload_octets_)};
}

RtpHeader Source::header(std::uint8_t payload_type) const noexcept {
    return {.marker = marker_,
            .payload_type = payload_type,
            .sequence = sequence_,
            .timestamp = timestamp_,
            .ssrc = ssrc_};
}

std::size_t Source::write(const RtpHeader& header, Octets payload, OctetRoom out) noexcept {
    write_rtp_header(header, out);
    std::copy(payload.begin(), payload.end(), out.subspan(fixed_header_octets).begin());
    ++sequence_;
    ++packets_;
    payload_octets_ += payload.size();
    marker_ = false;
    return fixed_header_octets + payload.size();
}

std::size_t Source::write_event(OctetRoom out) noexcept {
    const TelephoneEventSender::Packet packet = event_.next(step_);
    RtpHeader report = header(options_.telephone_event_payload_type);
    report.timestamp = packet.timestamp;
    report.marker = packet.marker;
    std::array<std::uint8_t, telephone_event_octets> payload{};
    write_telephone_event(packet.event, payload);
    const std::size_t octets = write(report, payload, out);
    pass(1);
    return octets;
}

std::size_t Source::write_pause(OctetRoom out) noexcept {
    const Discontinuous& pause = options_.discontinuous;
    std::array<std::uint8_t, comfort_noise_octets_max> payload{};
    const std::size_t payload_octets =
        write_comfort_noise(pause.noise_level_minus_dbov, pause.payload_octets - 1U, payload);
    const std::size_t octets =
        write(header(pause.payload_type), Octets(payload).first(payload_octets), out);
    std::uint32_t passed = left_;
    if (pause.interval.count() > 0) {
        const std::int64_t wanted = pause.interval / payload_->format().ptime;
        passed = static_cast<std::uint32_t>(std::clamp<std::int64_t>(wanted, 1, left_));
    }
    pass(passed);
    left_ -= passed;
    if (left_ == 0) begin_talkspurt();
    return octets;
}

void Source::pass(std::uint32_t packet_times) noexcept {
    due_ += packet_times * payload_->format().ptime;
    timestamp_ += packet_times * step_;
}

void Source::begin_talkspurt() noexcept {
    is_talking_ = true;
    const bool has_pauses = options_.discontinuous.mean_talkspurt.count() > 0;
    marker_ = has_pauses;  // never without silence suppression: rfc3551 4.1
    if (has_pauses) left_ = packet_times_drawn(options_.discontinuous.mean_talkspurt);
}

void Source::begin_pause() noexcept {
    left_ = packet_times_drawn(options_.discontinuous.mean_pause);
    is_talking_ = false;
    if (options_.discontinuous.payload_octets > 0) return;
    pass(left_);
    begin_talkspurt();
}

std::uint32_t Source::packet_times_drawn(Duration mean) noexcept {
    constexpr double most = 1e6;
    const double mean_packet_times =
        static_cast<double>(mean.count()) / static_cast<double>(payload_->format().ptime.count());
    const double drawn = -mean_packet_times * std::log(1.0 - random_.fraction());
    return static_cast<std::uint32_t>(std::clamp(std::ceil(drawn), 1.0, most));
}

}  // namespace busyhour::engine::rtp
