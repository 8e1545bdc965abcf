// internal: not installed
#pragma once

#include "busyhour/catalog/json.h"
#include "busyhour/error.h"

#include <string>
#include <string_view>
#include <vector>

namespace busyhour {

/// A JSON text that could be read, and what is wrong with it all the same.
struct JsonReading {
    Json value;                     ///< of two equal keys, the first
    std::vector<Problem> problems;  ///< keys that stand twice, integers that lose digits
};

/// As `parse_json`, but a fault that leaves the rest readable is noted, not thrown, so that the
/// faults of the rest can be told with it.
JsonReading read_json(std::string_view text, const std::string& file);

}  // namespace busyhour
