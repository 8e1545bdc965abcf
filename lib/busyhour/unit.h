#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace busyhour {

/// One way to write a quantity: the ending of its name, and how to get from there to base units.
struct UnitEnding {
    std::string_view ending;
    double multiply_factor = 1;
    double divide_factor = 1;  // 20 ms / 1000 is the double nearest to 0.02; 20 x 0.001 need not be
};

/// The endings that measure the same kind of quantity; the first is the base unit.
using UnitFamily = std::vector<UnitEnding>;

/// A name taken apart: "expires_min" is the stem "expires" and the ending "_min" of the time
/// family.
struct UnitName {
    std::string_view stem;
    const UnitFamily* family = nullptr;
    const UnitEnding* ending = nullptr;
};

/// The parts of `name`, or nothing where it ends in no known unit.
std::optional<UnitName> parse_unit_name(std::string_view name);

/// The same quantity's name in base units: "expires_min" to "expires_s"; other names stay.
std::string to_base_name(std::string_view name);

/// A number written under the ending `from`, in the unit of the ending `to`.
double convert_unit(double value_number, const UnitEnding& from, const UnitEnding& to);

}  // namespace busyhour
