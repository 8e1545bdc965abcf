#pragma once

#include "engine/clock.h"
#include "engine/outbox.h"
#include "engine/rtp/octets.h"
#include "engine/rtp/packet.h"
#include "engine/rtp/srtp.h"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace busyhour::engine::rtp {

/// Which of a leg's two ports.
enum class RelayPort : std::uint8_t { rtp, rtcp };

/// Why a datagram was not passed on.
enum class RelayDrop : std::uint8_t {
    none,
    not_media,        ///< neither RTP nor RTCP nor DTLS, or too short for what it claims to be
    oversized,        ///< longer than the relay has room for
    not_described,    ///< before the far end's session description was known
    learning,         ///< of a source that must first send some packets in a row
    foreign_source,   ///< not from the source that the leg is locked to
    unknown_far_end,  ///< nobody knows yet where the other end receives
    not_authentic,    ///< SRTP: forged, damaged or of another key
    replayed,         ///< SRTP: came before, or too late to know
    srtp_failure,     ///< SRTP: too many SSRCs, or a key used up
    count
};

/// What one leg took from its far end, and sent to it.
struct RelayLegCounts {
    std::uint64_t packets_in = 0;  ///< RTP, RTCP and DTLS of the source that the leg believes
    std::uint64_t octets_in = 0;   ///< UDP payloads of those
    std::uint64_t packets_out = 0;
    std::uint64_t octets_out = 0;
    std::uint64_t rtcp_in = 0;  ///< of packets_in
    std::uint64_t ssrc_changes = 0;
    std::array<std::uint64_t, static_cast<std::size_t>(RelayDrop::count)> dropped{};

    RelayLegCounts& operator+=(const RelayLegCounts& other) noexcept;
};

struct RelayRules {
    /// Packets in a row, of one SSRC, after which a source is believed that is not the one that the
    /// session description announced (symmetric RTP behind a NAT), as Asterisk's strictrtp asks
    /// for. Source: rfc4961.
    std::uint8_t probation_packets = 4;
    /// So long after that the announced source may still take the leg back.
    Duration grace = std::chrono::seconds(3);
};

/// Where a datagram goes.
struct RelayTarget {
    Peer to;
    RelayPort port = RelayPort::rtp;  ///< of the other leg, by which it leaves
};

/// Two legs of one medium, without a socket or a clock: who may send, where it goes, how it is
/// enciphered on each leg.
///
/// A leg is locked to the first source that proves itself: the announced one by one packet, any by
/// an authentic SRTP packet, another by `probation_packets` in a row. What comes from elsewhere
/// afterwards is dropped, so that whoever guesses a port neither hears nor disturbs the call (RTP
/// bleed). RTCP on a port of its own must come from the address that RTP comes from.
class Relay {
public:
    /// Begins anew: nothing is known, all counts are 0.
    void start(const RelayRules& rules) noexcept;

    /// What the far end of a leg announced; `remote.port` 0: it did not say. The same again changes
    /// nothing; something else makes the leg learn anew.
    void set_remote(unsigned leg, const Peer& remote, std::uint16_t rtcp_port) noexcept;

    /// What a leg's far end sends with (`receiver`) and is sent with; nothing: plain RTP.
    void set_keys(unsigned leg, std::optional<SrtpReceiver> receiver,
                  std::optional<SrtpSender> sender) noexcept;
    /// The same where its far end is sent with what it was: the stream out goes on.
    void set_receiver(unsigned leg, std::optional<SrtpReceiver> receiver) noexcept;

    /// A datagram that came from `from` to a port of `leg`: the size of what is passed on, which is
    /// plain then, or 0 where it is dropped. `octets` may be changed; they must begin at a multiple
    /// of 4.
    std::size_t accept(unsigned leg, RelayPort port, const Peer& from, OctetRoom octets,
                       Time now) noexcept;

    /// Makes what `accept` left in the first `size` octets of `room` ready for the other leg, and
    /// says where it goes; the new size, 0 where it is dropped.
    std::size_t forward(unsigned from_leg, OctetRoom room, std::size_t size,
                        RelayTarget& target) noexcept;

    /// A datagram that was longer than the room for it.
    void count_oversized(unsigned leg) noexcept { drop(leg, RelayDrop::oversized); }

    [[nodiscard]] const RelayLegCounts& counts(unsigned leg) const noexcept {
        return legs_[leg].counts;
    }
    [[nodiscard]] bool is_locked(unsigned leg) const noexcept { return legs_[leg].is_locked; }
    /// Where RTP to a leg's far end goes, as far as is known.
    [[nodiscard]] std::optional<Peer> destination(unsigned leg) const noexcept;

private:
    struct Leg {
        Peer announced;
        std::uint16_t announced_rtcp_port = 0;
        bool is_described = false;

        bool is_locked = false;
        bool is_announced_source = false;  ///< what it is locked to was announced
        Peer source;
        Time locked_at;
        bool has_rtcp_source = false;
        Peer rtcp_source;

        Peer candidate;  ///< a source on probation
        std::uint32_t candidate_ssrc = 0;
        std::uint16_t candidate_sequence = 0;
        std::uint8_t candidate_packets = 0;

        std::uint32_t ssrc = 0;
        bool has_ssrc = false;
        std::optional<SrtpReceiver> receiver;
        std::optional<SrtpSender> sender;
        RelayLegCounts counts;
    };

    std::size_t drop(unsigned leg, RelayDrop reason) noexcept;
    [[nodiscard]] bool is_announced(const Leg& leg, const Peer& from) const noexcept;
    /// What is left of the packet without SRTP goes to `size`.
    RelayDrop accept_rtp(unsigned leg, const Peer& from, OctetRoom octets, std::size_t& size,
                         Time now) noexcept;
    RelayDrop accept_rtcp(unsigned leg, RelayPort port, const Peer& from, OctetRoom octets,
                          std::size_t& size) noexcept;
    RelayDrop admit_rtp(unsigned number, const Peer& from, const RtpHeader& header,
                        Time now) noexcept;
    [[nodiscard]] RelayDrop admit_rtcp(const Leg& leg, RelayPort port,
                                       const Peer& from) const noexcept;
    [[nodiscard]] RelayDrop admit_dtls(const Leg& leg, const Peer& from) const noexcept;
    void lock(Leg& leg, const Peer& from, Time now) noexcept;
    [[nodiscard]] static RelayDrop reason_of(SrtpFailure failure) noexcept;

    RelayRules rules_;
    std::array<Leg, 2> legs_;
};

}  // namespace busyhour::engine::rtp
