#include "engine/load/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace busyhour::engine::load {
namespace {

constexpr unsigned sub_bits = 7;  // 128 buckets for each power of two
constexpr unsigned exact_bits = sub_bits + 1;
constexpr unsigned largest_bits = 42;
constexpr std::uint64_t largest_value = (std::uint64_t{1} << largest_bits) - 1;

std::size_t bucket_of(std::uint64_t value) noexcept {
    const auto width = static_cast<unsigned>(std::bit_width(value));
    if (width <= exact_bits) return value;
    const unsigned shift = width - exact_bits;
    return (std::size_t{shift} << sub_bits) + (value >> shift);
}

/// The largest value of a bucket.
std::uint64_t upper_end(std::size_t bucket) noexcept {
    if (bucket < (std::size_t{1} << exact_bits)) return bucket;
    const std::size_t shift = (bucket >> sub_bits) - 1;
    const std::uint64_t mantissa = bucket - (shift << sub_bits);
    return ((mantissa + 1) << shift) - 1;
}

}  // namespace

double to_seconds(Duration value) noexcept {
    return std::chrono::duration<double>(value).count();
}

Histogram::Histogram() : buckets_(bucket_of(largest_value) + 1) {}

void Histogram::record(Duration value) noexcept {
    const auto ns = static_cast<std::uint64_t>(std::max<Duration::rep>(value.count(), 0));
    ++buckets_[bucket_of(std::min(ns, largest_value))];
    ++count_;
    sum_ns_ += ns;
    largest_ = std::max(largest_, value);
}

void Histogram::add(const Histogram& other) noexcept {
    for (std::size_t i = 0; i < buckets_.size(); ++i) buckets_[i] += other.buckets_[i];
    count_ += other.count_;
    sum_ns_ += other.sum_ns_;
    largest_ = std::max(largest_, other.largest_);
}

double Histogram::mean_s() const noexcept {
    return count_ == 0 ? 0 : static_cast<double>(sum_ns_) / static_cast<double>(count_) * 1e-9;
}

Duration Histogram::quantile(double fraction) const noexcept {
    if (count_ == 0) return Duration{0};
    const double wanted = std::ceil(std::clamp(fraction, 0.0, 1.0) * static_cast<double>(count_));
    const auto rank = std::max<std::uint64_t>(static_cast<std::uint64_t>(wanted), 1);
    std::uint64_t seen = 0;
    for (std::size_t bucket = 0; bucket < buckets_.size(); ++bucket) {
        seen += buckets_[bucket];
        if (seen >= rank) {
            return std::min(Duration(static_cast<Duration::rep>(upper_end(bucket))), largest_);
        }
    }
    return largest_;
}

}  // namespace busyhour::engine::load
