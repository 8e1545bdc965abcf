#pragma once

#include "engine/clock.h"
#include "engine/rtp/random.h"

#include <cstddef>
#include <cstdint>

namespace busyhour::engine::rtp {

struct RtcpOptions {
    double session_bits_per_s = 0.0;  ///< of all senders, UDP and IP included; 0: no RTCP at all
    double sender_fraction = 0.0125;  ///< S and R of rfc3550 6.2: parts of the session bandwidth
    double receiver_fraction = 0.0375;
    bool has_reduced_minimum = false;       ///< 360 s / (kbit/s) where that is below 5 s
    std::uint16_t lower_layer_octets = 28;  ///< UDP and IPv4 (48: IPv6; SRTCP's more) of a packet
};

/// Who is in the session, by what one participant has heard.
struct Population {
    std::uint32_t members = 1;  ///< itself included
    std::uint32_t senders = 0;
    bool we_sent = false;
};

/// What the interval between the reports of one participant depends on.
struct RtcpInterval {
    Population population;
    double average_packet_octets = 0.0;  ///< lower layers included
    bool is_initial = false;             ///< it has sent no report yet
    bool uses_fixed_minimum = false;     ///< as time-outs do, rfc3550 6.2
};

/// The deterministic interval Td. Source: rfc3550 6.3.1, A.7.
double deterministic_interval_s(const RtcpOptions& options, const RtcpInterval& interval) noexcept;

/// When one participant sends its reports and its BYE: the rules of rfc3550 6.3 and A.7 with timer
/// reconsideration, reverse reconsideration and the back-off of BYE.
class RtcpSchedule {
public:
    enum class Due : std::uint8_t { nothing, report, bye };

    /// Joins the session; `packet_octets` is the probable size of its first report without lower
    /// layers. Source: rfc3550 6.3.2.
    void start(const RtcpOptions& options, std::size_t packet_octets, std::uint64_t seed,
               Time now) noexcept;

    [[nodiscard]] Time next_timeout() const noexcept { return due_; }

    /// At `next_timeout()` or later: what is to be sent now. The caller sends it, then calls
    /// `sent`. Source: rfc3550 6.3.6.
    Due timeout(const Population& population, Time now) noexcept;
    void sent(std::size_t packet_octets, const Population& population, Time now) noexcept;

    /// A compound came, from anyone. Source: rfc3550 6.3.3.
    void received(std::size_t packet_octets) noexcept;

    /// Members left or timed out, or we became a sender: the next report may come earlier.
    /// Source: rfc3550 6.3.4, 6.3.8.
    void reconsider(const Population& population, Time now) noexcept;

    /// Leaves: the BYE (of that size) is due at once or, among more than 50 members, after a
    /// back-off during which only others' BYEs are counted. Source: rfc3550 6.3.7.
    void leave(std::size_t bye_octets, const Population& population, Time now) noexcept;
    void received_bye(std::size_t packet_octets) noexcept;
    void stop() noexcept { due_ = never; }

    [[nodiscard]] bool is_leaving() const noexcept { return is_leaving_; }
    [[nodiscard]] bool is_initial() const noexcept { return is_initial_; }
    [[nodiscard]] double average_packet_octets() const noexcept { return average_octets_; }

    /// A member unheard for longer is timed out. Source: rfc3550 6.3.5.
    [[nodiscard]] Duration member_timeout(const Population& population) const noexcept;

    /// A sender that sent nothing for longer is none any more: two of the intervals last drawn.
    /// Source: rfc3550 6.3.5.
    [[nodiscard]] Duration sender_timeout() const noexcept { return 2 * interval_; }

private:
    Duration draw(const Population& population) noexcept;
    void average(std::size_t packet_octets) noexcept;

    RtcpOptions options_;
    Random random_;
    Time last_{};       ///< tp
    Time due_ = never;  ///< tn
    Duration interval_{0};
    std::uint32_t members_before_ = 1;  ///< pmembers
    std::uint32_t byes_ = 0;            ///< counted in the back-off, our own included
    double average_octets_ = 0.0;
    bool is_initial_ = true;
    bool is_leaving_ = false;
    bool is_immediate_ = false;  ///< the BYE needs no back-off
};

}  // namespace busyhour::engine::rtp
