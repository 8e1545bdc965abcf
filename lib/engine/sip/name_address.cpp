#include "engine/sip/message.h"
#include "engine/sip/parts.h"

#include <cstring>
#include <optional>
#include <string_view>

namespace busyhour::engine::sip {

namespace {

/// Takes `;name[=value]`... up to the end; `tag` is the value of the first `tag`.
bool read_parameters(Cursor& cursor, NameAddress& address, std::string_view& tag) noexcept {
    const char* begin = cursor.at;
    tag = {};
    Parameter parameter;
    for (;;) {
        const Step step = take_parameter(cursor, parameter, token_character);
        if (step == Step::malformed) return false;
        if (step == Step::end) break;
        if (parameter.name.size() == 3 && tag.empty() &&
            equal_without_case(parameter.name, "tag")) {
            tag = parameter.value;
        }
    }
    address.parameters = between(begin, cursor.end);
    return cursor.is_at_end();
}

/// `*(token LWS)`: a display name without quotes.
bool is_display_name(std::string_view text) noexcept {
    for (const char c : text) {
        // Octets of UTF-8 are no token, but name people of all countries.
        if (!is_of(c, token_character | space_character) && static_cast<unsigned char>(c) < 0x80) {
            return false;
        }
    }
    return true;
}

/// `<uri>` that begins here, and its parameters.
bool read_bracketed(Cursor& cursor, NameAddress& address, std::string_view& tag) noexcept {
    ++cursor.at;
    const auto left = static_cast<std::size_t>(cursor.end - cursor.at);
    const void* found = std::memchr(cursor.at, '>', left);
    if (found == nullptr) return false;
    const char* close = static_cast<const char*>(found);
    address.uri = between(cursor.at, close);
    cursor.at = close + 1;
    return is_absolute_uri(address.uri) && read_parameters(cursor, address, tag);
}

/// A URI without brackets: what follows its first ';' are parameters of the header field, and '?'
/// and ',' may not be in it (rfc3261 20).
bool read_bare(Cursor& cursor, NameAddress& address, std::string_view& tag) noexcept {
    const char* begin = cursor.at;
    const char* place = begin;
    for (; place != cursor.end && *place != ';' && !is_space(*place); ++place) {
        if (*place == '?' || *place == ',') return false;
    }
    cursor.at = place;
    address.uri = between(begin, place);
    return is_absolute_uri(address.uri) && read_parameters(cursor, address, tag);
}

}  // namespace

bool read_name_address(std::string_view value, NameAddress& address,
                       std::string_view& tag) noexcept {
    Cursor cursor(trimmed(value));
    address = {};
    tag = {};
    if (cursor.sees('<')) return read_bracketed(cursor, address, tag);
    if (cursor.sees('"')) {
        address.display_name = cursor.take_quoted();
        cursor.skip_space();
        return !address.display_name.empty() && cursor.sees('<') &&
               read_bracketed(cursor, address, tag);
    }
    const char* begin = cursor.at;
    const auto left = static_cast<std::size_t>(cursor.end - cursor.at);
    const void* open = left == 0 ? nullptr : std::memchr(begin, '<', left);
    if (open == nullptr) return read_bare(cursor, address, tag);
    cursor.at = static_cast<const char*>(open);
    address.display_name = trimmed(between(begin, cursor.at));
    return is_display_name(address.display_name) && read_bracketed(cursor, address, tag);
}

std::optional<NameAddress> parse_name_address(std::string_view value) noexcept {
    NameAddress address;
    std::string_view tag;
    if (!read_name_address(value, address, tag)) return std::nullopt;
    return address;
}

}  // namespace busyhour::engine::sip
