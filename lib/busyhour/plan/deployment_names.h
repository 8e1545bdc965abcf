// internal: not installed
#pragma once

#include "busyhour/catalog/json.h"
#include "busyhour/error.h"

#include <string>
#include <vector>

namespace busyhour {

/// A fault for each row whose name an earlier row of the list has; rows without a name have none.
std::vector<Problem> repeated_names(const Json::Array& rows, const std::string& path);

/// The name of each row; those without one are numbered, and never called as another row is.
std::vector<std::string> row_names(const Json::Array& rows, const std::string& noun);

}  // namespace busyhour
