#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace busyhour {

struct Assumption;

/// A number for people: thousands grouped, about four digits that count. "n/a" where unknown.
std::string to_words(std::optional<double> value_number);

/// A fraction as percent: "31 %".
std::string to_percent(double value_fraction);

/// Bits per second with the prefix that fits: "87.2 Mbit/s".
std::string to_bit_rate(double value_bits_per_s);

/// Octets with the prefix that fits: "7.50 GB" (powers of ten).
std::string to_octets(double value_bytes);

/// A number of nodes; "none" where no number suffices (0).
std::string nodes_words(int nodes);

/// A limit in a row of a table: "trunk pstn: channels".
std::string limit_name(const std::string& kind, const std::string& name,
                       const std::string& resource);

/// Who stands behind an assumption; where it is no default, what chose it before that.
std::string source_words(const Assumption& assumption);

/// A number without its fraction, digits alone.
std::string whole_number(double value_number);

/// A number with all digits that tell it from its neighbours, for machines.
std::string to_digits(double value_number);

}  // namespace busyhour
