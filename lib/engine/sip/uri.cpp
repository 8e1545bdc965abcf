#include "engine/sip/message.h"
#include "engine/sip/parts.h"

#include <cstring>
#include <optional>
#include <string_view>

namespace busyhour::engine::sip {

namespace {

/// The longest run of characters of `classes` and of whole escapes.
std::string_view take_escaped(Cursor& cursor, unsigned classes) noexcept {
    const char* begin = cursor.at;
    for (;;) {
        cursor.take_all(classes);
        if (cursor.end - cursor.at < 3 || *cursor.at != '%') break;
        if (hexadecimal_value(cursor.at[1]) < 0 || hexadecimal_value(cursor.at[2]) < 0) break;
        cursor.at += 3;
    }
    return between(begin, cursor.at);
}

/// An IPv6 reference in its brackets; only its characters are looked at.
std::string_view take_ipv6_reference(Cursor& cursor) noexcept {
    const char* begin = cursor.at;
    const char* place = begin + 1;
    while (place != cursor.end &&
           (hexadecimal_value(*place) >= 0 || *place == ':' || *place == '.')) {
        ++place;
    }
    if (place == cursor.end || *place != ']' || place - begin < 3) return {};
    cursor.at = place + 1;
    return between(begin, cursor.at);
}

/// `userinfo "@"`: nothing is taken where there is none; false for one that is malformed.
bool take_user(Cursor& cursor, Uri& uri) noexcept {
    const auto left = static_cast<std::size_t>(cursor.end - cursor.at);
    if (left == 0 || std::memchr(cursor.at, '@', left) == nullptr) return true;
    uri.user = take_escaped(cursor, user_character);
    if (uri.user.empty()) return false;
    if (cursor.take(':')) uri.password = take_escaped(cursor, user_character);
    return cursor.take('@');
}

/// Puts "sip:" or "sips:" behind the cursor.
bool take_scheme(Cursor& cursor, bool& is_sips) noexcept {
    if (cursor.end - cursor.at < 5) return false;
    const bool is_sip = to_lower(cursor.at[0]) == 's' && to_lower(cursor.at[1]) == 'i' &&
                        to_lower(cursor.at[2]) == 'p';
    if (!is_sip) return false;
    cursor.at += 3;
    is_sips = to_lower(*cursor.at) == 's';
    if (is_sips) ++cursor.at;
    return cursor.take(':');
}

}  // namespace

bool take_host_port(Cursor& cursor, std::string_view& host, std::uint16_t& port,
                    bool spaced) noexcept {
    host = cursor.sees('[') ? take_ipv6_reference(cursor) : cursor.take_all(host_character);
    port = 0;
    if (host.empty()) return false;
    const char* host_end = cursor.at;
    if (spaced) cursor.skip_space();
    if (!cursor.take(':')) {
        cursor.at = host_end;
        return true;
    }
    if (spaced) cursor.skip_space();
    const auto number = cursor.take_number(65535);
    if (!number || *number == 0) return false;
    port = static_cast<std::uint16_t>(*number);
    return true;
}

bool is_absolute_uri(std::string_view uri) noexcept {
    Cursor cursor(uri);
    if (cursor.is_at_end() || !is_letter(*cursor.at)) return false;
    while (!cursor.is_at_end() && (is_of(*cursor.at, host_character) || *cursor.at == '+')) {
        if (*cursor.at == '_') return false;
        ++cursor.at;
    }
    if (!cursor.take(':') || cursor.is_at_end()) return false;
    cursor.take_all(uri_character);
    return cursor.is_at_end();
}

bool are_escapes_whole(std::string_view text) noexcept {
    Cursor cursor(text);
    while (!cursor.is_at_end()) {
        if (*cursor.at++ != '%') continue;
        if (cursor.end - cursor.at < 2) return false;
        if (hexadecimal_value(cursor.at[0]) < 0 || hexadecimal_value(cursor.at[1]) < 0)
            return false;
    }
    return true;
}

std::optional<Uri> parse_uri(std::string_view text) noexcept {
    Cursor cursor(text);
    Uri uri;
    if (!take_scheme(cursor, uri.is_sips) || !take_user(cursor, uri)) return std::nullopt;
    if (!take_host_port(cursor, uri.host, uri.port, false)) return std::nullopt;
    if (cursor.sees(';')) uri.parameters = take_escaped(cursor, parameter_character);
    if (cursor.take('?')) uri.headers = take_escaped(cursor, header_character);
    if (!cursor.is_at_end()) return std::nullopt;
    return uri;
}

}  // namespace busyhour::engine::sip
