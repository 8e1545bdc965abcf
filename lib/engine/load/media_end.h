#pragma once

#include "engine/outbox.h"
#include "engine/rtp/sdes.h"
#include "engine/rtp/session.h"
#include "engine/rtp/srtp.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace busyhour::engine::load {

/// Where the RTP of one end of a call is, and its RTCP; the same where they are multiplexed.
struct MediaAddresses {
    Peer rtp{};
    Peer rtcp{};

    bool operator==(const MediaAddresses&) const = default;
};

/// When the packets sent last left, by their sequence numbers.
class SendTimes {
public:
    void put(std::uint16_t sequence, Time sent) noexcept {
        slots_[sequence % slots_.size()] = {.sequence = sequence, .sent = sent};
    }
    /// `never` where it was too long ago.
    [[nodiscard]] Time of(std::uint16_t sequence) const noexcept {
        const Slot& slot = slots_[sequence % slots_.size()];
        return slot.sequence == sequence ? slot.sent : never;
    }

private:
    struct Slot {
        std::uint16_t sequence = 0;
        Time sent = never;
    };
    std::array<Slot, 32> slots_{};
};

/// One end of a call: what it sends and what it has received, and from whom it may come.
struct MediaEnd {
    rtp::Session session;
    MediaAddresses local;
    MediaAddresses remote;
    SendTimes send_times;
    std::optional<rtp::SdesCrypto> crypto;        ///< it sends with; nothing: plain RTP
    std::optional<rtp::SrtpSender> protects;      ///< with that
    std::optional<rtp::SrtpReceiver> unprotects;  ///< with the far end's key
    std::uint64_t sent_octets = 0;                ///< RTP as UDP carries it
    std::uint64_t received_octets = 0;            ///< the same
    std::uint64_t sent_rtcp_octets = 0;
    std::uint64_t received_rtcp_octets = 0;
    std::uint64_t corrupt = 0;        ///< payloads that are not what was sent
    std::uint64_t unauthentic = 0;    ///< SRTP that is forged, damaged or of another key
    std::uint64_t replayed = 0;       ///< SRTP that came before
    std::uint64_t not_protected = 0;  ///< packets that SRTP refused to send
    Duration delay_sum{0};
    std::uint64_t delays = 0;
};

/// Gives the end a key of its own to send with. Throws std::runtime_error where the library
/// refuses.
void send_with(MediaEnd& end, const rtp::SdesCrypto& crypto);

/// What comes is protected by the far end's key.
void receive_with(MediaEnd& end, const rtp::SrtpParameters& parameters);

}  // namespace busyhour::engine::load
