#include "busyhour/report/format.h"

#include "busyhour/plan/deployment.h"

#include <fmt/format.h>

#include <array>
#include <cmath>

namespace busyhour {
namespace {

std::string grouped(std::string digits) {
    const std::size_t start = digits.front() == '-' ? 1 : 0;
    for (std::size_t at = digits.size(); at > start + 3;) {
        at -= 3;
        digits.insert(at, ",");
    }
    return digits;
}

struct Prefix {
    double factor = 1;
    const char* letter = "";
};
constexpr std::array<Prefix, 5> prefixes{
    {{1e12, "T"}, {1e9, "G"}, {1e6, "M"}, {1e3, "k"}, {1, ""}}};

std::string with_prefix(double value, const char* unit) {
    for (const Prefix& prefix : prefixes) {
        if (std::abs(value) < prefix.factor && prefix.factor > 1) continue;
        const double scaled = value / prefix.factor;
        const int decimals = std::abs(scaled) >= 100 || prefix.factor == 1 ? 0
                             : std::abs(scaled) >= 10                      ? 1
                                                                           : 2;
        return fmt::format("{:.{}f} {}{}", scaled, decimals, prefix.letter, unit);
    }
    return fmt::format("0 {}", unit);
}

}  // namespace

std::string to_words(std::optional<double> value_number) {
    if (!value_number || !std::isfinite(*value_number)) return "n/a";
    const double size = std::abs(*value_number);
    if (size == std::floor(size) || size >= 1000)
        return grouped(fmt::format("{:.0f}", std::round(*value_number)));  // 0.5 away from 0
    if (size >= 100) return fmt::format("{:.1f}", *value_number);
    if (size >= 1) return fmt::format("{:.2f}", *value_number);
    return fmt::format("{:.3g}", *value_number);
}

std::string to_percent(double value_fraction) {
    const double percent = value_fraction * 100;
    return fmt::format("{:.{}f} %", percent, std::abs(percent) < 9.95 && percent != 0 ? 1 : 0);
}

std::string to_bit_rate(double value_bits_per_s) {
    return with_prefix(value_bits_per_s, "bit/s");
}

std::string to_octets(double value_bytes) {
    return with_prefix(value_bytes, "B");
}

std::string nodes_words(int nodes) {
    return nodes > 0 ? std::to_string(nodes) : "none";
}

std::string limit_name(const std::string& kind, const std::string& name,
                       const std::string& resource) {
    return fmt::format("{} {}: {}", kind, name, resource);
}

std::string source_words(const Assumption& assumption) {
    if (assumption.origin == "default") return assumption.source;
    return assumption.origin + ", " + assumption.source;
}

std::string whole_number(double value_number) {
    return fmt::format("{:.0f}", value_number);
}

std::string to_digits(double value_number) {
    return std::isfinite(value_number) ? fmt::format("{}", value_number) : std::string{};
}

}  // namespace busyhour
