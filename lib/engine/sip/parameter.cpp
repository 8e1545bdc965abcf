#include "engine/sip/message.h"
#include "engine/sip/parts.h"

#include <optional>
#include <string_view>

namespace busyhour::engine::sip {

std::optional<std::string_view> parameter(std::string_view parameters,
                                          std::string_view name) noexcept {
    Cursor cursor(parameters);
    Parameter next;
    while (take_parameter(cursor, next, value_character) == Step::taken) {
        if (next.name.size() == name.size() && equal_without_case(next.name, name)) {
            return next.value;
        }
    }
    return std::nullopt;
}

std::optional<std::string_view> next_value(std::string_view& rest) noexcept {
    rest = trimmed(rest);
    if (rest.empty()) return std::nullopt;
    Cursor cursor(rest);
    const char* begin = cursor.at;
    bool is_in_brackets = false;
    for (; !cursor.is_at_end(); ++cursor.at) {
        const char c = *cursor.at;
        if (c == ',' && !is_in_brackets) break;
        if (c == '<') is_in_brackets = true;
        if (c == '>') is_in_brackets = false;
        if (c != '"' || is_in_brackets) continue;
        const std::string_view quoted = cursor.take_quoted();
        cursor.at = quoted.empty() ? cursor.end : cursor.at;
        if (cursor.is_at_end()) break;
        --cursor.at;
    }
    const std::string_view value = trimmed(between(begin, cursor.at));
    if (!cursor.is_at_end()) ++cursor.at;
    rest = between(cursor.at, cursor.end);
    return value;
}

}  // namespace busyhour::engine::sip
