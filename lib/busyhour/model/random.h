#pragma once

#include <array>
#include <cstdint>

namespace busyhour {

/// Four random words of a counter and a key: the same everywhere, whatever was drawn before.
///
/// Source: philox, Philox4x32 with 10 rounds.
std::array<std::uint32_t, 4> philox4x32(std::array<std::uint32_t, 4> counter,
                                        std::array<std::uint32_t, 2> key);

/// Where a random number stands: two numbers of different places are independent.
struct RandomPlace {
    std::uint64_t seed = 0;
    std::uint64_t draw = 0;
    std::uint32_t input = 0;
};

/// A random number of that place, evenly spread inside 0 to 1, never 0 or 1 itself.
double uniform_fraction(const RandomPlace& place);

/// What is known of an uncertain quantity: its least, most likely and largest value.
struct Triangle {
    double low_number = 0;
    double likely_number = 0;
    double high_number = 0;
};

/// The value that the given part of all values stays below, 0 to 1. Source: triangular.
double triangular_quantile(const Triangle& triangle, double fraction);

}  // namespace busyhour
