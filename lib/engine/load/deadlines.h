#pragma once

#include "engine/clock.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace busyhour::engine::load {

/// One deadline for each of a fixed number of things, in a wheel of milliseconds: to set, to change
/// and to drop one costs the same, however many there are. Nothing is late by more than 1 ms, and
/// nothing early.
class Deadlines {
public:
    using Id = std::uint32_t;

    explicit Deadlines(std::size_t things_max);

    void set(Id id, Time due) noexcept;
    void drop(Id id) noexcept;
    [[nodiscard]] Time due(Id id) const noexcept { return things_[id].due; }

    /// Not later than the first deadline, and not earlier than it by more than the wheel's 4 s
    /// (a look at the wheel then costs little); `never` where there is none.
    [[nodiscard]] Time next() const noexcept;

    /// Calls `expired(id)` for each whose deadline has passed; it may set and drop any.
    template <typename Expired>
    void expire(Time now, Expired expired) noexcept {
        for (;;) {
            const Id id = take_expired(now);
            if (id == none) return;
            expired(id);
        }
    }

private:
    static constexpr Id none = 0xffffffff;
    static constexpr std::size_t slots_number = 4096;

    struct Thing {
        Time due = never;
        Id next = none;
        Id previous = none;
        std::uint32_t slot = none;
    };

    Id take_expired(Time now) noexcept;
    void link(Id id, std::int64_t tick) noexcept;
    [[nodiscard]] std::size_t first_used_from(std::size_t slot) const noexcept;

    std::vector<Thing> things_;
    std::array<Id, slots_number> heads_{};
    std::array<std::uint64_t, slots_number / 64> used_{};
    std::int64_t reached_ = 0;  ///< the tick that is being worked on
    std::size_t set_number_ = 0;
};

}  // namespace busyhour::engine::load
