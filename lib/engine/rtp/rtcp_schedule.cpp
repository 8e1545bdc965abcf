#include "engine/rtp/rtcp_schedule.h"

#include <algorithm>
#include <limits>

namespace busyhour::engine::rtp {
namespace {

// Source: rfc3550 6.2, 6.3.1, 6.3.5, 6.3.7, A.7.
constexpr double minimum_s = 5.0;
constexpr double reduced_minimum_kbits = 360.0;
constexpr double compensation = 2.71828 - 1.5;
constexpr int timeout_multiplier = 5;
constexpr std::uint32_t members_without_backoff = 50;
constexpr double average_gain = 1.0 / 16;

constexpr double interval_s_max = 1e6;  ///< where there is no bandwidth for a participant at all

Duration duration_of_seconds(double seconds) noexcept {
    return std::chrono::duration_cast<Duration>(
        std::chrono::duration<double>(std::min(seconds, interval_s_max)));
}

double shortest_s(const RtcpOptions& options, const RtcpInterval& interval) noexcept {
    double shortest = minimum_s;
    if (options.has_reduced_minimum && !interval.uses_fixed_minimum) {
        shortest = std::min(shortest, reduced_minimum_kbits * 1000 / options.session_bits_per_s);
    }
    return interval.is_initial ? shortest / 2 : shortest;
}

}  // namespace

double deterministic_interval_s(const RtcpOptions& options, const RtcpInterval& interval) noexcept {
    const Population& population = interval.population;
    const double fraction = options.sender_fraction + options.receiver_fraction;
    double bandwidth = fraction * options.session_bits_per_s / 8;  // octets/s
    double sharers = population.members;
    const double sender_share = fraction > 0 ? options.sender_fraction / fraction : 1.0;
    if (population.senders <= population.members * sender_share) {
        bandwidth *= population.we_sent ? sender_share : 1.0 - sender_share;
        sharers = population.we_sent
                      ? population.senders
                      : population.members - std::min(population.members, population.senders);
    }
    if (bandwidth <= 0) return std::numeric_limits<double>::infinity();
    const double wanted_s = sharers * interval.average_packet_octets / bandwidth;
    return std::max(shortest_s(options, interval), wanted_s);
}

void RtcpSchedule::start(const RtcpOptions& options, std::size_t packet_octets, std::uint64_t seed,
                         Time now) noexcept {
    *this = RtcpSchedule();
    options_ = options;
    random_ = Random(seed);
    average_octets_ = static_cast<double>(packet_octets + options.lower_layer_octets);
    last_ = now;
    due_ = now + draw({});
}

RtcpSchedule::Due RtcpSchedule::timeout(const Population& population, Time now) noexcept {
    if (now < due_) return Due::nothing;
    if (is_immediate_) return Due::bye;
    const Population counted = is_leaving_ ? Population{.members = byes_} : population;
    const Time earliest = last_ + draw(counted);
    if (!is_leaving_) members_before_ = population.members;
    if (earliest <= now) return is_leaving_ ? Due::bye : Due::report;
    due_ = earliest;
    return Due::nothing;
}

void RtcpSchedule::sent(std::size_t packet_octets, const Population& population,
                        Time now) noexcept {
    if (is_leaving_) {
        due_ = never;
        return;
    }
    average(packet_octets);
    last_ = now;
    due_ = now + draw(population);  // still as the initial one, where it was: A.7, OnExpire
    is_initial_ = false;
}

void RtcpSchedule::received(std::size_t packet_octets) noexcept {
    if (!is_leaving_) average(packet_octets);
}

void RtcpSchedule::reconsider(const Population& population, Time now) noexcept {
    if (is_leaving_ || due_ == never || population.members >= members_before_) return;
    const double ratio = static_cast<double>(population.members) / members_before_;
    due_ = now + std::chrono::duration_cast<Duration>(ratio * (due_ - now));
    last_ = now - std::chrono::duration_cast<Duration>(ratio * (now - last_));
    members_before_ = population.members;
}

void RtcpSchedule::leave(std::size_t bye_octets, const Population& population, Time now) noexcept {
    is_leaving_ = true;
    is_initial_ = true;
    is_immediate_ = population.members <= members_without_backoff;
    last_ = now;
    byes_ = members_before_ = 1;
    average_octets_ = static_cast<double>(bye_octets + options_.lower_layer_octets);
    due_ = is_immediate_ ? now : now + draw({.members = byes_});
}

void RtcpSchedule::received_bye(std::size_t packet_octets) noexcept {
    average(packet_octets);
    if (is_leaving_) ++byes_;
}

Duration RtcpSchedule::member_timeout(const Population& population) const noexcept {
    Population receiver = population;
    receiver.we_sent = false;
    const double interval_s =
        deterministic_interval_s(options_, {.population = receiver,
                                            .average_packet_octets = average_octets_,
                                            .is_initial = false,
                                            .uses_fixed_minimum = true});
    return timeout_multiplier * duration_of_seconds(interval_s);
}

/// The calculated interval T. Source: rfc3550 6.3.1.
Duration RtcpSchedule::draw(const Population& population) noexcept {
    const double interval_s =
        deterministic_interval_s(options_, {.population = population,
                                            .average_packet_octets = average_octets_,
                                            .is_initial = is_initial_});
    interval_ = duration_of_seconds(interval_s * (random_.fraction() + 0.5) / compensation);
    return interval_;
}

void RtcpSchedule::average(std::size_t packet_octets) noexcept {
    const auto octets = static_cast<double>(packet_octets + options_.lower_layer_octets);
    average_octets_ += average_gain * (octets - average_octets_);
}

}  // namespace busyhour::engine::rtp
