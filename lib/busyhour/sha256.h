#pragma once

#include <string>
#include <string_view>

namespace busyhour {

/// SHA-256 of a text as 64 hexadecimal digits. Source: fips-180-4.
std::string sha256_hex(std::string_view text);

}  // namespace busyhour
