#include "busyhour/unit.h"

#include <array>

namespace busyhour {
namespace {

const std::array<UnitFamily, 6>& families() {
    // Longer endings first where one family's ending is the tail of another's.
    static const std::array<UnitFamily, 6> all{{
        {{"_bits_per_s"}, {"_kbits_per_s", 1e3}, {"_mbits_per_s", 1e6}, {"_gbits_per_s", 1e9}},
        {{"_fraction_per_year"}, {"_percent_per_year", 1, 100}},
        {{"_per_s"}, {"_per_min", 1, 60}, {"_per_h", 1, 3600}},
        {{"_s"}, {"_ms", 1, 1000}, {"_min", 60}, {"_h", 3600}},
        {{"_fraction"}, {"_percent", 1, 100}},
        {{"_bytes"}, {"_kib", 1024}, {"_mib", 1048576}, {"_gib", 1073741824}},
    }};
    return all;
}

}  // namespace

std::optional<UnitName> parse_unit_name(std::string_view name) {
    for (const UnitFamily& family : families()) {
        for (const UnitEnding& ending : family) {
            if (name.size() > ending.ending.size() && name.ends_with(ending.ending)) {
                return UnitName{name.substr(0, name.size() - ending.ending.size()), &family,
                                &ending};
            }
        }
    }
    return std::nullopt;
}

std::string to_base_name(std::string_view name) {
    const std::optional<UnitName> parts = parse_unit_name(name);
    if (!parts) return std::string(name);
    return std::string(parts->stem) + std::string(parts->family->front().ending);
}

double convert_unit(double value_number, const UnitEnding& from, const UnitEnding& to) {
    if (&from == &to) return value_number;
    return value_number * from.multiply_factor / from.divide_factor * to.divide_factor /
           to.multiply_factor;
}

}  // namespace busyhour
