#include "engine/rtp/sink.h"

#include <algorithm>
#include <cmath>

namespace busyhour::engine::rtp {
namespace {

// Source: rfc3550 A.1.
constexpr std::uint32_t dropout_max = 3000;
constexpr std::uint32_t misorder_max = 100;
constexpr std::uint32_t sequence_modulus = 0x10000;

constexpr std::int64_t sink_ns_per_s = 1'000'000'000;

/// Bits 0 to 127.
using Window = std::array<std::uint64_t, 2>;

bool has_bit(const Window& window, std::uint32_t bit) noexcept {
    return (window[bit / 64] >> bit % 64 & 1U) != 0;
}

void set_bit(Window& window, std::uint32_t bit) noexcept {
    window[bit / 64] |= std::uint64_t{1} << bit % 64;
}

Window shifted(const Window& window, std::uint32_t bits) noexcept {
    if (bits >= 128) return {};
    if (bits >= 64) return {0, window[0] << (bits - 64)};
    if (bits == 0) return window;
    return {window[0] << bits, window[1] << bits | window[0] >> (64 - bits)};
}

}  // namespace

void Sink::start(const SinkOptions& options) noexcept {
    *this = Sink();
    options_ = options;
    options_.sequential_min = std::max<std::uint8_t>(options.sequential_min, 1);
    options_.clock_rate_hz = std::max(options.clock_rate_hz, 1U);
}

Arrival Sink::receive(const RtpHeader& header, std::size_t payload_octets, Time now) noexcept {
    if (!options_.payload_types[header.payload_type & 0x7fU]) {
        ++total_.unknown_payload_type;
        return Arrival::unknown_payload_type;
    }
    Arrival arrival = Arrival::in_order;
    if (is_valid_ && header.ssrc == ssrc_) {
        candidate_packets_ = 0;
        arrival = place(header.sequence);
    } else if (!take_over(header, payload_octets)) {
        ++total_.unvalidated;
        return Arrival::unvalidated;
    }
    count(arrival, payload_octets);
    if (arrival == Arrival::out_of_range) return arrival;
    if (is_fresh(arrival) && is_late(header.timestamp, now)) ++total_.late;
    measure_jitter(header.timestamp, now);
    return arrival;
}

void Sink::receive_sender_report(std::uint32_t ssrc, std::uint64_t ntp_timestamp,
                                 Time now) noexcept {
    if (is_valid_ && ssrc != ssrc_) return;  // a stranger's
    sr_ssrc_ = ssrc;
    last_sr_ = middle_of(ntp_timestamp);
    last_sr_arrival_ = now;
}

bool Sink::has_report() const noexcept {
    return is_valid_ && received_ > received_prior_;
}

ReportBlock Sink::report(Time now) noexcept {
    const std::uint64_t expected_now = expected();
    const auto expected_interval = static_cast<std::int64_t>(expected_now - expected_prior_);
    const auto received_interval = static_cast<std::int64_t>(received_ - received_prior_);
    const std::int64_t lost_interval = expected_interval - received_interval;
    expected_prior_ = expected_now;
    received_prior_ = received_;

    ReportBlock block;
    block.ssrc = ssrc_;
    if (expected_interval > 0 && lost_interval > 0) {
        const std::int64_t fraction = lost_interval * 256 / expected_interval;
        block.fraction_lost = static_cast<std::uint8_t>(std::min<std::int64_t>(fraction, 255));
    }
    const auto lost = static_cast<std::int64_t>(expected_now - received_);
    block.cumulative_lost =
        static_cast<std::int32_t>(std::clamp<std::int64_t>(lost, -0x800000, 0x7fffff));
    block.highest_sequence = highest_;
    constexpr double most = 0xffffffff;
    const double jitter = jitter_ns_ * options_.clock_rate_hz / sink_ns_per_s;
    block.jitter = static_cast<std::uint32_t>(std::min(jitter, most));
    if (last_sr_ != 0 && sr_ssrc_ == ssrc_) {
        const auto delay_s = std::chrono::duration<double>(now - last_sr_arrival_);
        block.last_sr = last_sr_;
        block.delay_since_last_sr =
            static_cast<std::uint32_t>(std::clamp(delay_s.count(), 0.0, 65535.0) * 65536);
    }
    return block;
}

Reception Sink::reception() const noexcept {
    Reception all = total_;
    if (is_valid_) all.expected += expected();
    all.jitter = Duration(std::llround(jitter_ns_));
    return all;
}

/// Counts the packets in a row of a source that is not the present one; true once it takes over.
bool Sink::take_over(const RtpHeader& header, std::size_t payload_octets) noexcept {
    const bool is_next = candidate_packets_ > 0 && header.ssrc == candidate_ssrc_ &&
                         header.sequence == candidate_sequence_;
    const auto before = is_next ? candidate_packets_ : std::uint8_t{0};
    const std::uint32_t octets_before = is_next ? candidate_octets_ : 0;
    candidate_ssrc_ = header.ssrc;
    candidate_sequence_ = static_cast<std::uint16_t>(header.sequence + 1);
    candidate_packets_ = static_cast<std::uint8_t>(before + 1);
    candidate_octets_ = octets_before + static_cast<std::uint32_t>(payload_octets);
    if (candidate_packets_ < options_.sequential_min) return false;

    // Those before it are valid too, now (rfc3550 A.1: stored and delivered).
    if (is_valid_) ++total_.ssrc_changes;
    const auto first = static_cast<std::uint16_t>(header.sequence - before);
    begin(header.ssrc, first, candidate_packets_);
    total_.unvalidated -= before;
    total_.packets += before;
    total_.payload_octets += octets_before;
    candidate_packets_ = 0;
    return true;
}

void Sink::begin(std::uint32_t ssrc, std::uint16_t sequence, std::uint32_t packets) noexcept {
    close();
    ssrc_ = ssrc;
    is_valid_ = true;
    has_last_ = false;
    base_ = sequence;
    highest_ = base_ + packets - 1;
    bad_ = sequence_modulus + 1;  // no sequence number
    received_ = packets;
    window_ = {};
    for (std::uint32_t i = 0; i < std::min(packets, misorder_max); ++i) set_bit(window_, i);
    jitter_ns_ = 0.0;
    expected_prior_ = received_prior_ = 0;
}

void Sink::close() noexcept {
    if (is_valid_) total_.expected += expected();
}

/// The checks of rfc3550 A.1 for a valid source.
Arrival Sink::place(std::uint16_t sequence) noexcept {
    const auto ahead = static_cast<std::uint16_t>(sequence - highest_);
    if (ahead < dropout_max) return advance(ahead);
    if (ahead > sequence_modulus - misorder_max) return fill(sequence_modulus - ahead);
    if (sequence == bad_) {
        begin(ssrc_, sequence, 1);
        return Arrival::restarted;
    }
    bad_ = static_cast<std::uint16_t>(sequence + 1);
    return Arrival::out_of_range;
}

Arrival Sink::advance(std::uint32_t steps) noexcept {
    ++received_;
    if (steps == 0) return Arrival::duplicate;
    highest_ += steps;
    window_ = shifted(window_, steps);
    set_bit(window_, 0);
    return steps == 1 ? Arrival::in_order : Arrival::after_gap;
}

Arrival Sink::fill(std::uint32_t behind) noexcept {
    ++received_;
    if (has_bit(window_, behind)) return Arrival::duplicate;
    set_bit(window_, behind);
    return Arrival::reordered;
}

void Sink::count(Arrival arrival, std::size_t payload_octets) noexcept {
    if (arrival == Arrival::out_of_range) {
        ++total_.out_of_range;
        return;
    }
    ++total_.packets;
    total_.payload_octets += payload_octets;
    if (arrival == Arrival::restarted) ++total_.restarts;
    if (arrival == Arrival::duplicate) ++total_.duplicates;
    if (arrival == Arrival::reordered) ++total_.reordered;
}

void Sink::measure_jitter(std::uint32_t timestamp, Time now) noexcept {
    if (has_last_) {
        const auto units = static_cast<std::int32_t>(timestamp - last_timestamp_);
        const Duration difference = (now - last_arrival_) - duration_of(units);
        jitter_ns_ += (std::abs(static_cast<double>(difference.count())) - jitter_ns_) / 16;
        total_.jitter_max = std::max(total_.jitter_max, Duration(std::llround(jitter_ns_)));
    }
    has_last_ = true;
    last_timestamp_ = timestamp;
    last_arrival_ = now;
}

/// Whether it came after its turn to be played; a packet that repeats the timestamp before it, as
/// telephone events do, has no turn of its own.
bool Sink::is_late(std::uint32_t timestamp, Time now) noexcept {
    if (!has_last_) {
        fastest_timestamp_ = timestamp;
        fastest_arrival_ = now;
        return false;
    }
    if (timestamp == last_timestamp_) return false;
    const auto units = static_cast<std::int32_t>(timestamp - fastest_timestamp_);
    const Duration lateness = (now - fastest_arrival_) - duration_of(units);
    if (lateness.count() < 0 || std::abs(units) > 1 << 30) {  // the other: before it wraps around
        fastest_timestamp_ = timestamp;
        fastest_arrival_ = now - std::max(lateness, Duration{0});
    }
    return options_.playout_delay.count() > 0 && lateness > options_.playout_delay;
}

Duration Sink::duration_of(std::int32_t units) const noexcept {
    return Duration(std::int64_t{units} * sink_ns_per_s / options_.clock_rate_hz);
}

std::uint64_t Sink::expected() const noexcept {
    return std::uint64_t{highest_} - base_ + 1;
}

}  // namespace busyhour::engine::rtp
