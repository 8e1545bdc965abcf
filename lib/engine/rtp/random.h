#pragma once

#include <cstdint>

namespace busyhour::engine::rtp {

/// A small generator of random numbers that repeats with its seed; not for secrets.
/// Source: splitmix64.
class Random {
public:
    explicit Random(std::uint64_t seed = 0) noexcept : state_(seed) {}

    std::uint64_t next() noexcept {
        state_ += 0x9e3779b97f4a7c15U;
        std::uint64_t word = state_;
        word = (word ^ word >> 30U) * 0xbf58476d1ce4e5b9U;
        word = (word ^ word >> 27U) * 0x94d049bb133111ebU;
        return word ^ word >> 31U;
    }
    std::uint32_t next32() noexcept { return static_cast<std::uint32_t>(next() >> 32U); }

    /// Evenly spread over 0 to below 1.
    double fraction() noexcept { return static_cast<double>(next() >> 11U) * 0x1p-53; }

private:
    std::uint64_t state_;
};

}  // namespace busyhour::engine::rtp
