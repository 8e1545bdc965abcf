#pragma once

#include "engine/clock.h"

#include <cstddef>
#include <cstdint>

namespace busyhour::engine::load {

/// When each sender's packets are due: one after the other through a packet time, evenly spread,
/// and again in the next one. A moment depends on nothing that happened before (open loop).
class MediaPlan {
public:
    MediaPlan() = default;

    /// `senders` and `rounds` are at least 1; a round lasts one `ptime`.
    MediaPlan(Time begin, Duration ptime, std::size_t senders, std::uint64_t rounds) noexcept
        : begin_(begin), ptime_(ptime), senders_(senders), rounds_(rounds) {}

    [[nodiscard]] bool is_over() const noexcept { return round_ >= rounds_; }
    [[nodiscard]] std::size_t sender() const noexcept { return sender_; }
    [[nodiscard]] std::uint64_t round() const noexcept { return round_; }

    /// Of the present sender in the present round; `never` at the end.
    [[nodiscard]] Time due() const noexcept {
        if (is_over()) return never;
        return begin_ + ptime_ * static_cast<Duration::rep>(round_) + phase(sender_);
    }
    /// How far into each round that sender's moment lies: 0 to below the packet time.
    [[nodiscard]] Duration phase(std::size_t sender) const noexcept {
        return ptime_ * static_cast<Duration::rep>(sender) / static_cast<Duration::rep>(senders_);
    }
    [[nodiscard]] Time begin() const noexcept { return begin_; }

    /// On to the next moment.
    void advance() noexcept {
        if (++sender_ < senders_) return;
        sender_ = 0;
        ++round_;
    }

private:
    Time begin_{};
    Duration ptime_{1};
    std::size_t senders_ = 1;
    std::uint64_t rounds_ = 0;
    std::size_t sender_ = 0;
    std::uint64_t round_ = 0;
};

}  // namespace busyhour::engine::load
