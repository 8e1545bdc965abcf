// internal: not installed
#pragma once

#include "busyhour/catalog/json.h"

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace busyhour {

/// One limit of a schema: its keyword, and the words for it.
struct Limit {
    std::string_view keyword;
    std::string_view words;
};

constexpr std::array<Limit, 4> limits{{{"minimum", "at least"},
                                       {"exclusiveMinimum", "more than"},
                                       {"maximum", "at most"},
                                       {"exclusiveMaximum", "less than"}}};

/// Whether a number keeps a bound under that keyword.
bool keeps(const Limit& limit, double value_number, double bound_number);

/// The texts of a member that is one text or an array of them.
std::vector<std::string> texts_of(const Json* value);

std::string text_or(const Json& schema, std::string_view key, std::string_view otherwise);

bool says_true(const Json& schema, std::string_view key);

/// The built-in schema of that name. Throws InputError for an unknown one.
const Json& schema_named(std::string_view name);

}  // namespace busyhour
