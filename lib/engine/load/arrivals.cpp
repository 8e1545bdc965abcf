#include "engine/load/arrivals.h"

#include <algorithm>
#include <cmath>

namespace busyhour::engine::load {
namespace {

double expected_in(const RateSegment& segment) {
    return (segment.begin_per_s + segment.end_per_s) / 2 * segment.duration_s;
}

/// How far into the segment `expected` arrivals are expected: the inverse of a parabola, in the
/// form that loses no digits where the rate hardly changes.
double time_of(const RateSegment& segment, double expected) {
    const double slope = (segment.end_per_s - segment.begin_per_s) / segment.duration_s;
    const double root =
        std::sqrt(std::max(segment.begin_per_s * segment.begin_per_s + 2 * slope * expected, 0.0));
    const double rates = segment.begin_per_s + root;
    return rates > 0 ? std::min(2 * expected / rates, segment.duration_s) : 0;
}

Duration to_duration(double time_s) {
    return Duration(static_cast<Duration::rep>(std::llround(time_s * 1e9)));
}

}  // namespace

std::uint64_t scramble(std::uint64_t number) {
    number += 0x9e3779b97f4a7c15ULL;
    number = (number ^ (number >> 30U)) * 0xbf58476d1ce4e5b9ULL;
    number = (number ^ (number >> 27U)) * 0x94d049bb133111ebULL;
    return number ^ (number >> 31U);
}

double uniform_fraction(std::uint64_t seed, std::uint64_t place) {
    const std::uint64_t bits = scramble(scramble(seed) ^ place) >> 12U;
    return (static_cast<double>(bits) + 0.5) / 4503599627370496.0;  // 2^52 places
}

double expected_arrivals(const ArrivalPlan& plan) {
    double sum = 0;
    for (const RateSegment& segment : plan.segments) sum += expected_in(segment);
    return sum;
}

std::vector<Duration> draw_arrivals(const ArrivalPlan& plan) {
    std::vector<Duration> arrivals;
    arrivals.reserve(static_cast<std::size_t>(expected_arrivals(plan) * 1.01) + 16);
    double reached = 0;  // on the scale of arrivals expected since the start
    double segment_begin = 0;
    double begin_s = 0;
    const auto step = [&plan](std::size_t place) {
        return plan.kind == ArrivalKind::regular ? 1.0
                                                 : -std::log(uniform_fraction(plan.seed, place));
    };
    // A regular arrival stands in the middle of its interval.
    reached = plan.kind == ArrivalKind::regular ? 0.5 : step(0);
    for (const RateSegment& segment : plan.segments) {
        const double segment_end = segment_begin + expected_in(segment);
        while (reached < segment_end && arrivals.size() < plan.arrivals_max) {
            arrivals.push_back(to_duration(begin_s + time_of(segment, reached - segment_begin)));
            reached += step(arrivals.size());
        }
        segment_begin = segment_end;
        begin_s += segment.duration_s;
    }
    return arrivals;
}

}  // namespace busyhour::engine::load
