#pragma once

#include "engine/load/histogram.h"
#include "engine/sip/message.h"

#include <array>
#include <cstddef>
#include <cstdint>

namespace busyhour::engine::load {

/// Messages and their octets, without transport headers.
struct Tally {
    std::uint64_t messages_number = 0;
    std::uint64_t octets = 0;

    void count(std::size_t message_octets) noexcept {
        ++messages_number;
        octets += message_octets;
    }
    bool operator==(const Tally&) const = default;
};

constexpr std::size_t methods_number = static_cast<std::size_t>(sip::Method::other) + 1;

/// What crossed the generator's sockets, requests by their method and responses by the method they
/// answer. Retransmissions are messages too.
struct MethodTally {
    Tally requests_sent;
    Tally requests_received;
    Tally responses_sent;
    Tally responses_received;

    MethodTally& operator+=(const MethodTally& other) noexcept;
};

/// Everything that a run counts.
struct Counters {
    std::array<MethodTally, methods_number> methods{};
    std::array<std::uint64_t, 700> received_by_status{};
    std::array<std::uint64_t, 700> sent_by_status{};

    std::uint64_t offered = 0;  ///< sessions that the arrivals asked for
    std::uint64_t started = 0;  ///< of them, those that the generator had a user and a place for
    std::uint64_t succeeded = 0;
    std::uint64_t failed = 0;
    std::uint64_t timeouts = 0;         ///< of the failed: no final response (timers B and F)
    std::uint64_t refused = 0;          ///< of the failed: another final response than expected
    std::uint64_t disconnected = 0;     ///< of the failed: its connection ended
    std::uint64_t without_place = 0;    ///< offered and not started
    std::uint64_t retransmissions = 0;  ///< requests and responses that were sent again
    std::uint64_t back_offs = 0;        ///< attempts of a storm that will be tried again
    std::uint64_t unexpected = 0;       ///< messages that belong to no session, or are none
    std::uint64_t late_responses = 0;   ///< for sessions that have ended

    // rfc6076: attempts are sessions of that kind that have ended.
    std::uint64_t invite_answered = 0;     ///< with 200
    std::uint64_t invite_effective = 0;    ///< with 200, 480, 486, 600 or 603
    std::uint64_t invite_redirected = 0;   ///< with 3xx
    std::uint64_t invite_ineffective = 0;  ///< with 408, 500, 503 or 504, or without an answer
    std::uint64_t invites_ended = 0;

    Histogram latency;           ///< from the intended moment to the final response
    Histogram request_delay;     ///< registration or session request delay: from the send
    Histogram disconnect_delay;  ///< session disconnect delay: BYE to its 200
    Histogram send_lateness;     ///< of the first request, after the intended moment

    [[nodiscard]] MethodTally& of(sip::Method method) noexcept {
        return methods[static_cast<std::size_t>(method)];
    }
    [[nodiscard]] const MethodTally& of(sip::Method method) const noexcept {
        return methods[static_cast<std::size_t>(method)];
    }
    /// Of all methods together.
    [[nodiscard]] MethodTally total() const noexcept;
};

}  // namespace busyhour::engine::load
