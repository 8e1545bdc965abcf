#pragma once

#include "engine/clock.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace busyhour::engine::load {

/// A stretch of time in which the rate goes from one value to another in a straight line.
struct RateSegment {
    double begin_per_s = 0;
    double end_per_s = 0;
    double duration_s = 0;
};

enum class ArrivalKind : std::uint8_t {
    poisson,  ///< as a crowd of users who know nothing of each other
    regular,  ///< evenly spaced
};

/// When work is offered.
struct ArrivalPlan {
    std::vector<RateSegment> segments;
    ArrivalKind kind = ArrivalKind::poisson;
    std::uint64_t seed = 1;
    std::size_t arrivals_max = 100'000'000;
};

/// How many arrivals the plan has on average, 0 or more.
double expected_arrivals(const ArrivalPlan& plan);

/// The intended moments of all arrivals, counted from the start, in order. A Poisson process of a
/// varying rate is one of rate 1 on the scale of the arrivals expected so far. The same seed draws
/// the same.
std::vector<Duration> draw_arrivals(const ArrivalPlan& plan);

/// A random number of a seed and a place, evenly spread inside 0 to 1, never 0 or 1 itself.
double uniform_fraction(std::uint64_t seed, std::uint64_t place);

/// Scrambles 64 bits: nearby numbers become unlike each other. Source: splitmix64.
std::uint64_t scramble(std::uint64_t number);

}  // namespace busyhour::engine::load
