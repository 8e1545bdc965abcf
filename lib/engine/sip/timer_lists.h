#pragma once

#include "engine/clock.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace busyhour::engine::sip {

/// Timers of a few durations: those of one duration end in the order in which they were started,
/// so that each duration is a queue, and starting, stopping and finding the next take no search.
/// `now` must not go backwards.
class TimerLists {
public:
    TimerLists(std::span<const Duration> durations, std::size_t timers);

    /// Starts `timer` anew, to end after the duration of that number.
    void start(std::uint32_t timer, std::size_t duration, Time now) noexcept;
    void stop(std::uint32_t timer) noexcept;
    [[nodiscard]] bool is_running(std::uint32_t timer) const noexcept {
        return rows_[timer].list != idle;
    }

    /// Stops and returns a timer that has ended; nothing where there is none.
    std::optional<std::uint32_t> take_ended(Time now) noexcept;
    [[nodiscard]] Time next() const noexcept;

private:
    static constexpr std::uint32_t none = 0xffffffffU;
    static constexpr std::uint32_t idle = 0xffffffffU;

    struct Row {
        Time due = never;
        std::uint32_t earlier = none;
        std::uint32_t later = none;
        std::uint32_t list = idle;
    };
    struct List {
        Duration duration{};
        std::uint32_t first = none;
        std::uint32_t last = none;
    };

    std::vector<Row> rows_;
    std::vector<List> lists_;
};

}  // namespace busyhour::engine::sip
