#include "busyhour/report/visible.h"

#include <fmt/format.h>

#include <cstdint>

namespace busyhour {
namespace {

/// A character that is not shown but obeyed: how many octets of UTF-8 it has, and its number.
struct Control {
    std::size_t length_bytes = 0;  ///< 0: an ordinary character
    unsigned code = 0;
};

unsigned octet(std::string_view text, std::size_t at) {
    return at < text.size() ? static_cast<std::uint8_t>(text[at]) : 0U;
}

/// Separators (U+2028, U+2029), and the marks that reorder a line (U+202A..2E, U+2066..69).
bool is_obeyed(unsigned code) {
    return (code >= 0x2028 && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
}

Control control_at(std::string_view text, std::size_t at) {
    const unsigned first = octet(text, at);
    const unsigned second = octet(text, at + 1);
    if (first < 0x20 || first == 0x7F) return {1, first};
    if (first == 0xC2 && second >= 0x80 && second < 0xA0) return {2, second};
    const bool is_general_punctuation = first == 0xE2 && (second == 0x80 || second == 0x81);
    if (!is_general_punctuation) return {};
    const unsigned code = 0x2000U + ((second & 0x3FU) << 6U) + (octet(text, at + 2) & 0x3FU);
    return is_obeyed(code) ? Control{3, code} : Control{};
}

}  // namespace

std::string visible(std::string_view text) {
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
        const Control control = control_at(text, at);
        if (control.length_bytes == 0) {
            out += text[at++];
            continue;
        }
        out += control.code > 0xFF ? fmt::format("\\u{:04x}", control.code)
                                   : fmt::format("\\x{:02x}", control.code);
        at += control.length_bytes;
    }
    return out;
}

}  // namespace busyhour
