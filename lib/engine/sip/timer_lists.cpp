#include "engine/sip/timer_lists.h"

#include <algorithm>

namespace busyhour::engine::sip {

TimerLists::TimerLists(std::span<const Duration> durations, std::size_t timers) : rows_(timers) {
    for (const Duration duration : durations) lists_.push_back({.duration = duration});
}

void TimerLists::start(std::uint32_t timer, std::size_t duration, Time now) noexcept {
    stop(timer);
    List& list = lists_[duration];
    Row& row = rows_[timer];
    row = {.due = now + list.duration,
           .earlier = list.last,
           .later = none,
           .list = static_cast<std::uint32_t>(duration)};
    (list.last == none ? list.first : rows_[list.last].later) = timer;
    list.last = timer;
}

void TimerLists::stop(std::uint32_t timer) noexcept {
    Row& row = rows_[timer];
    if (row.list == idle) return;
    List& list = lists_[row.list];
    (row.earlier == none ? list.first : rows_[row.earlier].later) = row.later;
    (row.later == none ? list.last : rows_[row.later].earlier) = row.earlier;
    row.list = idle;
}

std::optional<std::uint32_t> TimerLists::take_ended(Time now) noexcept {
    for (const List& list : lists_) {
        if (list.first == none || rows_[list.first].due > now) continue;
        const std::uint32_t timer = list.first;
        stop(timer);
        return timer;
    }
    return std::nullopt;
}

Time TimerLists::next() const noexcept {
    Time soonest = never;
    for (const List& list : lists_) {
        if (list.first != none) soonest = std::min(soonest, rows_[list.first].due);
    }
    return soonest;
}

}  // namespace busyhour::engine::sip
