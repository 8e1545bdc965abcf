#pragma once

#include "engine/clock.h"
#include "engine/rtp/members.h"
#include "engine/rtp/packet.h"
#include "engine/rtp/rtcp.h"
#include "engine/rtp/rtcp_schedule.h"
#include "engine/rtp/sink.h"
#include "engine/rtp/source.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace busyhour::engine::rtp {

struct SessionOptions {
    SourceOptions source;
    SinkOptions sink;
    RtcpOptions rtcp;
    std::string_view cname;  ///< 1 to 255 octets, copied
    Duration ntp_offset{0};  ///< from the moments handed in to NTP's 1900; 0: NTP from any start
    bool is_sending = true;  ///< false: receives and reports only
};

/// A packet that `Session::timeout` wrote.
struct Written {
    DatagramKind kind = DatagramKind::unknown;  ///< rtp, rtcp; unknown: nothing was due
    std::size_t octets = 0;
};

/// What became of a datagram.
struct Received {
    DatagramKind kind = DatagramKind::unknown;
    bool is_valid = false;                   ///< false: malformed, counted, ignored
    Arrival arrival = Arrival::unvalidated;  ///< of RTP
};

struct SessionCounts {
    std::uint64_t rtcp_sent = 0;  ///< compounds
    std::uint64_t rtcp_sent_octets = 0;
    std::uint64_t rtcp_received = 0;
    std::uint64_t rtcp_received_octets = 0;
    std::uint64_t malformed_rtp = 0;
    std::uint64_t malformed_rtcp = 0;
    std::uint64_t foreign = 0;     ///< neither RTP nor RTCP
    std::uint64_t collisions = 0;  ///< our SSRC came from elsewhere, so we took another
    std::uint64_t looped = 0;      ///< so did the other one: our own packets come back; ignored
};

/// One participant of a unicast session: a source, a sink and its RTCP. Which port a written packet
/// leaves by (rtcp-mux or a pair) is the caller's choice. Nothing is allocated after construction,
/// and `start` may be called again for the next call.
class Session {
public:
    explicit Session(std::size_t members_max = 4);

    /// Joins at `now`; `payload` must outlive the call.
    void start(const SessionOptions& options, const Payload& payload, Time now) noexcept;

    /// Stops sending RTP; a BYE is due if anything was ever sent.
    void leave(std::string_view reason, Time now) noexcept;

    [[nodiscard]] Time next_timeout() const noexcept;

    /// Writes one packet that is due at `now`; call it until it writes none. `out` needs
    /// `packet_octets_max()`.
    Written timeout(Time now, OctetRoom out) noexcept;
    [[nodiscard]] std::size_t packet_octets_max() const noexcept;

    /// A datagram of either kind (rtcp-mux, RFC 5761), or of one kind.
    Received receive(Octets datagram, Time now) noexcept;
    Received receive_rtp(Octets datagram, Time now) noexcept;
    Received receive_rtcp(Octets datagram, Time now) noexcept;

    /// A packet that the caller has parsed already.
    Received receive_rtp(const RtpPacket& packet, Time now) noexcept;

    [[nodiscard]] Source& source() noexcept { return source_; }
    [[nodiscard]] const Source& source() const noexcept { return source_; }
    [[nodiscard]] const Sink& sink() const noexcept { return sink_; }
    [[nodiscard]] const SessionCounts& counts() const noexcept { return counts_; }
    [[nodiscard]] Population population() const noexcept;

    /// What the far end reported last of our stream.
    [[nodiscard]] const std::optional<ReportBlock>& reported() const noexcept { return reported_; }

    /// From LSR and DLSR of the far end's last report. Source: rfc3550 6.4.1.
    [[nodiscard]] std::optional<Duration> round_trip() const noexcept { return round_trip_; }

    /// The far end has said goodbye.
    [[nodiscard]] bool is_left() const noexcept { return is_left_; }

private:
    [[nodiscard]] std::uint64_t ntp_at(Time now) const noexcept;
    [[nodiscard]] bool has_sent() const noexcept;
    [[nodiscard]] std::string_view cname() const noexcept { return {cname_.data(), cname_octets_}; }
    Written write_compound(bool is_bye, Time now, OctetRoom out) noexcept;
    Written write_rtcp(Time now, OctetRoom out) noexcept;
    Written write_abandoned_bye(OctetRoom out) noexcept;
    Written count_sent(std::size_t octets) noexcept;
    void expire(Time now) noexcept;
    bool is_collision(std::uint32_t ssrc, Time now) noexcept;
    bool receive_control(const RtcpPacket& packet, Time now) noexcept;
    void receive_report(const Report& report, Time now) noexcept;
    void receive_bye(const Bye& bye, Time now) noexcept;

    Source source_;
    Sink sink_;
    RtcpSchedule schedule_;
    Members members_;
    SessionCounts counts_;
    Duration ntp_offset_{0};
    Time last_rtp_sent_{};
    bool we_sent_ = false;
    bool has_rtcp_ = false;
    bool is_left_ = false;     ///< the far end said goodbye
    bool is_leaving_ = false;  ///< we do
    std::uint32_t last_sr_sent_ = 0;
    std::optional<std::uint32_t> abandoned_ssrc_;  ///< its BYE is due
    Time abandoned_at_{};
    std::optional<ReportBlock> reported_;
    std::optional<Duration> round_trip_;
    std::uint8_t cname_octets_ = 0;
    std::uint8_t reason_octets_ = 0;
    std::array<char, sdes_text_octets_max> cname_{};
    std::array<char, sdes_text_octets_max> reason_{};
};

}  // namespace busyhour::engine::rtp
