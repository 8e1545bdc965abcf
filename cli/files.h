#pragma once

#include "busyhour/catalog/catalog.h"

#include <string>
#include <string_view>
#include <vector>

namespace busyhour::cli {

/// The whole file, or standard input for "-". Throws std::system_error, or InputError where it is
/// larger than any deployment.
std::string read_file(const std::string& path);

/// Writes the file by way of a temporary one, so that a failure leaves the old one whole.
void write_file(const std::string& path, std::string_view text);

/// The changes in a folder laid out as models/: KIND/NAME.json. Throws for a folder that is none.
std::vector<ModelPatch> read_models_folder(const std::string& folder);

}  // namespace busyhour::cli
