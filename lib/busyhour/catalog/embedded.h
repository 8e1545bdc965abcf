#pragma once

#include <span>
#include <string_view>

namespace busyhour {

/// One file of the source tree, compiled in.
struct EmbeddedFile {
    std::string_view name;  ///< path below the embedded folder, e.g. "codecs/pcmu.json"
    std::span<const unsigned char> bytes;
};

/// Every models/**/*.json, by name.
std::span<const EmbeddedFile> embedded_models();

/// Every lib/busyhour/catalog/schemas/*.json, by name.
std::span<const EmbeddedFile> embedded_schemas();

}  // namespace busyhour
