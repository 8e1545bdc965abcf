#pragma once

#include "busyhour/catalog/catalog.h"
#include "busyhour/catalog/json.h"

#include <string>
#include <string_view>
#include <vector>

namespace busyhour {

/// What a calculator found: one flat object, and what a reader of it should know.
struct Answer {
    Json::Object values;
    std::vector<std::string> notes;
};

/// The quantities that `calculate` knows: "registrations", "rtp", ...
std::vector<std::string> calculator_names();

/// One formula. `options` carry the names that the calculator's schema has ("calc-" + quantity).
///
/// Throws InputError for an unknown quantity, and for options that are missing, unknown, of the
/// wrong type or out of range, all of them at once.
Answer calculate(std::string_view quantity, const Json& options, const Catalog& catalog);

}  // namespace busyhour
