#pragma once

#include "engine/clock.h"
#include "engine/rtp/packet.h"
#include "engine/rtp/rtcp.h"

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>

namespace busyhour::engine::rtp {

struct SinkOptions {
    std::uint32_t clock_rate_hz = 8000;
    std::bitset<128> payload_types;   ///< that were agreed on; others are counted and ignored
    std::uint8_t sequential_min = 2;  ///< packets in a row that make a source valid; 1 to 255
    Duration playout_delay{0};        ///< later than the fastest packet by more: late; 0: never
};

/// What became of a packet.
enum class Arrival : std::uint8_t {
    in_order,
    after_gap,  ///< packets before it are missing
    reordered,  ///< fills such a gap, or stands before the first
    duplicate,
    restarted,     ///< begins a new sequence of the same source; loss counts from here
    unvalidated,   ///< its source has sent too few in a row; see `sequential_min`
    out_of_range,  ///< a sequence number far away; Source: rfc3550 A.1
    unknown_payload_type,
};

/// True for a packet of the valid source that came for the first time.
constexpr bool is_fresh(Arrival arrival) noexcept {
    return arrival == Arrival::in_order || arrival == Arrival::after_gap ||
           arrival == Arrival::reordered || arrival == Arrival::restarted;
}

/// Counts over the sink's life, whatever SSRCs and sequences there were.
struct Reception {
    std::uint64_t expected = 0;  ///< by sequence numbers
    std::uint64_t packets = 0;   ///< of the valid source, duplicates included
    std::uint64_t payload_octets = 0;
    std::uint64_t duplicates = 0;
    std::uint64_t reordered = 0;
    std::uint64_t late = 0;
    std::uint64_t unvalidated = 0;
    std::uint64_t out_of_range = 0;
    std::uint64_t unknown_payload_type = 0;
    std::uint64_t restarts = 0;
    std::uint64_t ssrc_changes = 0;
    Duration jitter{0};      ///< now; Source: rfc3550 6.4.1
    Duration jitter_max{0};  ///< the largest so far

    /// Packets that never came, none counted twice; below 0 where some came that were sent before
    /// the first that counts.
    [[nodiscard]] std::int64_t lost() const noexcept {
        return static_cast<std::int64_t>(expected) -
               static_cast<std::int64_t>(packets - duplicates);
    }
};

/// Receives one stream: validity, order, loss, duplicates, jitter; makes its report block.
///
/// One source is heard at a time. Another SSRC takes its place once it has sent `sequential_min`
/// packets in a row without one of the present source among them. Source: rfc3550 A.1, A.3, A.8.
class Sink {
public:
    void start(const SinkOptions& options) noexcept;

    Arrival receive(const RtpHeader& header, std::size_t payload_octets, Time now) noexcept;

    /// The source's sender report came. Source: rfc3550 6.4.1, LSR.
    void receive_sender_report(std::uint32_t ssrc, std::uint64_t ntp_timestamp, Time now) noexcept;

    [[nodiscard]] bool is_valid() const noexcept { return is_valid_; }
    [[nodiscard]] std::uint32_t ssrc() const noexcept { return ssrc_; }

    /// Whether packets came since the last report, so that this one has a block.
    [[nodiscard]] bool has_report() const noexcept;

    /// The report block; the next one's fraction lost counts from here. Source: rfc3550 A.3.
    ReportBlock report(Time now) noexcept;

    [[nodiscard]] Reception reception() const noexcept;

private:
    [[nodiscard]] bool take_over(const RtpHeader& header, std::size_t payload_octets) noexcept;
    void begin(std::uint32_t ssrc, std::uint16_t sequence, std::uint32_t packets) noexcept;
    void close() noexcept;
    Arrival place(std::uint16_t sequence) noexcept;
    Arrival advance(std::uint32_t steps) noexcept;
    Arrival fill(std::uint32_t behind) noexcept;
    void count(Arrival arrival, std::size_t payload_octets) noexcept;
    void measure_jitter(std::uint32_t timestamp, Time now) noexcept;
    [[nodiscard]] bool is_late(std::uint32_t timestamp, Time now) noexcept;
    [[nodiscard]] Duration duration_of(std::int32_t units) const noexcept;
    [[nodiscard]] std::uint64_t expected() const noexcept;

    // Of the present source.
    std::uint32_t ssrc_ = 0;
    bool is_valid_ = false;
    bool has_last_ = false;
    std::uint32_t base_ = 0;  ///< extended sequence numbers: the cycles above 16 bits
    std::uint32_t highest_ = 0;
    std::uint32_t bad_ = 0;  ///< the sequence number that would make a restart
    std::uint64_t received_ = 0;
    std::array<std::uint64_t, 2> window_{};  ///< bit n: the nth behind the highest has come
    std::uint32_t last_timestamp_ = 0;
    Time last_arrival_{};
    double jitter_ns_ = 0.0;
    std::uint32_t fastest_timestamp_ = 0;  ///< of the packet with the shortest transit
    Time fastest_arrival_{};

    // Of the next one, on probation.
    std::uint32_t candidate_ssrc_ = 0;
    std::uint16_t candidate_sequence_ = 0;
    std::uint8_t candidate_packets_ = 0;
    std::uint32_t candidate_octets_ = 0;

    std::uint64_t expected_prior_ = 0;
    std::uint64_t received_prior_ = 0;
    std::uint32_t sr_ssrc_ = 0;
    std::uint32_t last_sr_ = 0;
    Time last_sr_arrival_{};
    Reception total_;  ///< of all sources; `expected` only of those that are over
    SinkOptions options_;
};

}  // namespace busyhour::engine::rtp
