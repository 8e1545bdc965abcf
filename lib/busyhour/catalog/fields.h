// internal: not installed
#pragma once

#include "busyhour/catalog/json.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace busyhour {

// Access to documents that read_by_schema has made complete: what the schema promises is there.

/// The member as a number; 0 where it is absent.
double number_at(const Json& object, std::string_view key);
std::optional<double> number_if(const Json& object, std::string_view key);
std::string text_at(const Json& object, std::string_view key);
std::optional<std::string> text_if(const Json& object, std::string_view key);
bool truth_at(const Json& object, std::string_view key);
/// The member's items; none where it is absent.
const Json::Array& items_at(const Json& object, std::string_view key);
const Json::Object& members_at(const Json& object, std::string_view key);
std::vector<std::string> texts_at(const Json& object, std::string_view key);
/// The member, or null where it is absent.
const Json& child_at(const Json& object, std::string_view key);

}  // namespace busyhour
