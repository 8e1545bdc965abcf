#pragma once

#include "engine/clock.h"
#include "engine/rtp/octets.h"
#include "engine/rtp/payload.h"
#include "engine/rtp/random.h"
#include "engine/rtp/rtcp.h"
#include "engine/rtp/telephone_event.h"

#include <cstddef>
#include <cstdint>

namespace busyhour::engine::rtp {

/// Silence suppression: talkspurts and pauses whose lengths are drawn (exponential, in whole
/// packets). Source: rfc3551 4.1.
struct Discontinuous {
    Duration mean_talkspurt{0};  ///< 0: no silence suppression
    Duration mean_pause{0};
    std::uint8_t payload_type = 13;           ///< of the packets in a pause; Source: rfc3389 4
    std::uint8_t payload_octets = 1;          ///< 0: nothing is sent in a pause; at most 32
    std::uint8_t noise_level_minus_dbov = 0;  ///< 0 to 127
    Duration interval{0};  ///< between the packets of a pause; 0: only one, as it begins
};

struct SourceOptions {
    Discontinuous discontinuous;
    std::uint8_t telephone_event_payload_type = 101;
    std::uint64_t seed = 0;  ///< of SSRC, first sequence number and timestamp, talkspurts
};

/// Sends one stream: says when its next packet is due, and writes it.
class Source {
public:
    /// The first packet is due at `now`; `payload` must outlive the source.
    void start(const Payload& payload, const SourceOptions& options, Time now) noexcept;
    void stop() noexcept { is_stopped_ = true; }

    [[nodiscard]] Time next_timeout() const noexcept { return is_stopped_ ? never : due_; }

    /// Room that any packet of this source fits into.
    [[nodiscard]] std::size_t packet_octets_max() const noexcept;

    /// Writes the packet that was due, however late it is; its octets, or 0 where none is due or
    /// `out` is smaller than `packet_octets_max`.
    std::size_t timeout(Time now, OctetRoom out) noexcept;

    /// Reports a telephone event instead of the audio from the next packet on; false while another
    /// one is reported, and in a pause.
    bool press(std::uint8_t event, Duration length, std::uint8_t volume_minus_dbm0 = 0) noexcept;

    /// Goes on under another SSRC, chosen at random, with the counts at 0. Source: rfc3550 8.2.
    void change_ssrc() noexcept;

    [[nodiscard]] std::uint32_t ssrc() const noexcept { return ssrc_; }
    [[nodiscard]] std::uint64_t packets() const noexcept { return packets_; }
    [[nodiscard]] std::uint64_t payload_octets() const noexcept { return payload_octets_; }
    [[nodiscard]] std::uint64_t packets_of_all_ssrcs() const noexcept {
        return packets_before_ + packets_;
    }
    [[nodiscard]] bool is_talking() const noexcept { return is_talking_; }

    /// The timestamp that a sample taken at `time` would bear.
    [[nodiscard]] std::uint32_t timestamp_at(Time time) const noexcept;

    /// What a sender report says. Source: rfc3550 6.4.1.
    [[nodiscard]] SenderInfo info(Time now, std::uint64_t ntp_timestamp) const noexcept;

private:
    std::size_t write(const RtpHeader& header, Octets payload, OctetRoom out) noexcept;
    std::size_t write_event(OctetRoom out) noexcept;
    std::size_t write_pause(OctetRoom out) noexcept;
    void pass(std::uint32_t packet_times) noexcept;
    void begin_talkspurt() noexcept;
    void begin_pause() noexcept;
    std::uint32_t packet_times_drawn(Duration mean) noexcept;
    [[nodiscard]] RtpHeader header(std::uint8_t payload_type) const noexcept;

    const Payload* payload_ = nullptr;
    Time due_ = never;
    std::uint32_t ssrc_ = 0;
    std::uint32_t timestamp_ = 0;  ///< of the packet due
    std::uint32_t step_ = 0;
    std::uint16_t sequence_ = 0;
    bool marker_ = false;
    bool is_talking_ = true;
    bool is_stopped_ = true;
    std::uint32_t left_ = 0;  ///< packet times of the talkspurt or pause to come
    std::uint64_t packets_ = 0;
    std::uint64_t payload_octets_ = 0;

    std::uint64_t packets_before_ = 0;  ///< under other SSRCs
    SourceOptions options_;
    TelephoneEventSender event_;
    Random random_;
};

}  // namespace busyhour::engine::rtp
