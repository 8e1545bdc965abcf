#pragma once

#include <string>
#include <string_view>

namespace busyhour {

/// Text of the user's that a terminal, a spreadsheet or a browser would obey, made visible: control
/// characters (C0, DEL, C1) as "\x1b", line separators and direction marks as "\u2028".
std::string visible(std::string_view text);

}  // namespace busyhour
