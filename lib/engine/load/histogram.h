#pragma once

#include "engine/clock.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace busyhour::engine::load {

/// Counts durations in buckets whose width grows with the duration: exact below 256 ns, then 128
/// buckets for each power of two, so that a quantile is at most 1/128 too large. Two histograms add
/// up exactly. Durations from 0 to 2^42 ns (73 min); longer ones count as that.
class Histogram {
public:
    Histogram();

    void record(Duration value) noexcept;
    void add(const Histogram& other) noexcept;

    [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
    [[nodiscard]] Duration largest() const noexcept { return largest_; }
    [[nodiscard]] double mean_s() const noexcept;

    /// The least duration that this part of all, 0 to 1, does not exceed (its bucket's upper end,
    /// and never more than the largest); 0 where nothing was recorded.
    [[nodiscard]] Duration quantile(double fraction) const noexcept;

    bool operator==(const Histogram&) const = default;

private:
    std::vector<std::uint64_t> buckets_;
    std::uint64_t count_ = 0;
    std::uint64_t sum_ns_ = 0;
    Duration largest_{0};
};

/// In seconds.
double to_seconds(Duration value) noexcept;

}  // namespace busyhour::engine::load
