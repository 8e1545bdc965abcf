#pragma once

#include "engine/load/histogram.h"
#include "engine/load/media_batch.h"
#include "engine/load/media_end.h"
#include "engine/load/media_plan.h"
#include "engine/rtp/payload.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace busyhour::engine::load {

struct MediaOptions {
    std::size_t calls_number = 1;
    rtp::Format format;
    rtp::Discontinuous discontinuous;     ///< silence suppression; none by default
    rtp::RtcpOptions rtcp;                ///< no RTCP by default
    std::optional<rtp::SrtpSuite> suite;  ///< nothing: plain RTP
    bool are_callees_plain = false;       ///< only the callers protect; a relay stands between
    Duration duration{0};                 ///< in which each end sends
    bool is_one_way = false;              ///< only the callers send RTP
    bool comes_from_remote = true;        ///< what does not, or goes elsewhere, is misdelivered
    std::uint64_t seed = 1;
};

/// A packet that leaves later than this after its moment is late: its listener's buffer is short.
constexpr Duration late_limit = std::chrono::milliseconds(1);

/// What belongs to no end of a call.
struct MediaStrays {
    std::uint64_t foreign = 0;       ///< no RTP or RTCP, or of a source that is not ours
    std::uint64_t misdelivered = 0;  ///< ours, at the wrong address or from the wrong one
};

/// Both ends of many calls, without a socket or a clock: ends 2n and 2n + 1 talk to each other.
/// After `start` nothing is allocated.
class MediaGenerator {
public:
    explicit MediaGenerator(const MediaOptions& options);  ///< throws std::invalid_argument

    [[nodiscard]] const MediaOptions& options() const noexcept { return options_; }
    [[nodiscard]] std::size_t ends_number() const noexcept { return ends_.size(); }
    [[nodiscard]] MediaEnd& end(std::size_t index) noexcept { return ends_[index]; }
    [[nodiscard]] const MediaEnd& end(std::size_t index) const noexcept { return ends_[index]; }
    [[nodiscard]] std::size_t packet_octets_max() const noexcept { return packet_octets_max_; }

    /// The calls that talk; the others stay silent. By default all of them do.
    void leave_out(std::size_t call) noexcept { is_talking_[call] = false; }

    [[nodiscard]] bool is_talking(std::size_t call) const noexcept { return is_talking_[call]; }
    [[nodiscard]] std::size_t calls_number() const noexcept;  ///< that talk

    /// The first packet is due at `begin`; the others' phases spread over the packet time.
    void start(Time begin);

    [[nodiscard]] Time next_timeout() const noexcept { return plan_.due(); }
    [[nodiscard]] bool is_over() const noexcept { return plan_.is_over(); }

    /// Writes the packets that are due, as far as the batch has room.
    void timeout(Time now, MediaBatch& out) noexcept;

    /// The batch's packets from `begin` to before `end` leave at `now`.
    void sent(const MediaBatch& batch, std::size_t begin, std::size_t end, Time now) noexcept;

    /// A datagram that came to a local address at `arrival`; SRTP is unprotected in its place.
    void receive(rtp::OctetRoom datagram, const Peer& local, const Peer& from,
                 Time arrival) noexcept;

    /// All ends stop where they are (interrupted).
    void stop(Time now) noexcept;

    [[nodiscard]] const MediaStrays& strays() const noexcept { return strays_; }
    [[nodiscard]] const Histogram& send_lateness() const noexcept { return send_lateness_; }
    /// RTP packets that left later than `late_limit` after their moment.
    [[nodiscard]] std::uint64_t late_packets() const noexcept { return late_; }
    [[nodiscard]] const Histogram& one_way_delay() const noexcept { return one_way_delay_; }
    [[nodiscard]] std::uint64_t sent_packets() const noexcept { return send_lateness_.count(); }
    [[nodiscard]] std::uint64_t received_packets() const noexcept { return received_; }

private:
    struct Owner {
        std::uint32_t ssrc = 0;
        std::uint32_t end = none;
    };
    static constexpr std::uint32_t none = 0xffffffff;

    void make_keys();
    void start_end(std::size_t index, std::uint64_t& seed);
    [[nodiscard]] Duration phase_of(std::size_t index) const noexcept;
    bool own(std::uint32_t ssrc, std::size_t end) noexcept;
    [[nodiscard]] std::uint32_t owner_of(std::uint32_t ssrc) const noexcept;
    bool poll(std::size_t index, Time now, MediaBatch& out) noexcept;
    [[nodiscard]] bool is_at_home(const MediaEnd& end, bool is_rtcp, const Peer& local,
                                  const Peer& from) const noexcept;
    static std::size_t protect(MediaEnd& end, const rtp::Written& written,
                               rtp::OctetRoom room) noexcept;
    static rtp::Octets unprotect(MediaEnd& end, bool is_rtcp, rtp::OctetRoom datagram) noexcept;
    void receive_rtp(MediaEnd& receiver, const MediaEnd& sender, rtp::Octets datagram,
                     std::size_t udp_octets, Time arrival) noexcept;

    MediaOptions options_;
    rtp::Payload payload_;
    std::vector<MediaEnd> ends_;
    std::vector<bool> is_talking_;
    std::vector<Owner> owners_;  ///< open addressing by SSRC
    MediaPlan plan_;
    MediaStrays strays_;
    Histogram send_lateness_;
    Histogram one_way_delay_;
    std::uint64_t received_ = 0;
    std::uint64_t late_ = 0;
    std::size_t packet_octets_max_ = 0;
};

}  // namespace busyhour::engine::load
