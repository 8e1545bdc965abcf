#include "busyhour/model/random.h"

#include <cmath>

namespace busyhour {
namespace {

// The constants of Philox4x32. Source: philox.
constexpr std::uint64_t multiplier_0 = 0xD2511F53;
constexpr std::uint64_t multiplier_1 = 0xCD9E8D57;
constexpr std::uint32_t weyl_0 = 0x9E3779B9;
constexpr std::uint32_t weyl_1 = 0xBB67AE85;
constexpr int rounds = 10;

constexpr std::uint32_t low_half(std::uint64_t word) {
    return static_cast<std::uint32_t>(word);
}
constexpr std::uint32_t high_half(std::uint64_t word) {
    return static_cast<std::uint32_t>(word >> 32U);
}

}  // namespace

std::array<std::uint32_t, 4> philox4x32(std::array<std::uint32_t, 4> counter,
                                        std::array<std::uint32_t, 2> key) {
    for (int round = 0; round < rounds; ++round) {
        const std::uint64_t product_0 = multiplier_0 * counter[0];
        const std::uint64_t product_1 = multiplier_1 * counter[2];
        counter = {high_half(product_1) ^ counter[1] ^ key[0], low_half(product_1),
                   high_half(product_0) ^ counter[3] ^ key[1], low_half(product_0)};
        key[0] += weyl_0;
        key[1] += weyl_1;
    }
    return counter;
}

double uniform_fraction(const RandomPlace& place) {
    const auto words = philox4x32({low_half(place.draw), high_half(place.draw), place.input, 0},
                                  {low_half(place.seed), high_half(place.seed)});
    const std::uint64_t bits = (std::uint64_t{words[0]} << 32U) | words[1];
    constexpr unsigned unused_bits = 12;  // 52 bits and a half: both ends stay open
    return (static_cast<double>(bits >> unused_bits) + 0.5) * 0x1p-52;
}

double triangular_quantile(const Triangle& triangle, double fraction) {
    const double width = triangle.high_number - triangle.low_number;
    if (!(width > 0)) return triangle.likely_number;
    const double rising = triangle.likely_number - triangle.low_number;
    const double falling = triangle.high_number - triangle.likely_number;
    if (fraction * width <= rising)
        return triangle.low_number + std::sqrt(fraction * width * rising);
    return triangle.high_number - std::sqrt((1 - fraction) * width * falling);
}

}  // namespace busyhour
