#pragma once

#include <chrono>

namespace busyhour::engine {

using Duration = std::chrono::nanoseconds;

/// A moment of the monotonic clock, handed in by whoever read it; a test makes it up.
using Time = std::chrono::time_point<std::chrono::steady_clock, Duration>;

/// Later than every moment: what `next_timeout()` says when no timer runs.
constexpr Time never = Time::max();

}  // namespace busyhour::engine
