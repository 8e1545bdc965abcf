#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace busyhour {

/// The known name that `word` was probably meant to be, or "" where none is close.
std::string nearest_name(std::string_view word, const std::vector<std::string>& known);

/// "did you mean X?" where a known name is close, else "known: A, B, C".
std::string suggestion(std::string_view word, const std::vector<std::string>& known);

/// `words` with ", " between them.
std::string join(const std::vector<std::string>& words, std::string_view separator = ", ");

/// `text` in ASCII lower case.
std::string to_lower(std::string_view text);

}  // namespace busyhour
