#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace busyhour::engine::sip {

/// What an octet may be part of. Source: rfc3261 25.1.
enum CharacterClass : std::uint8_t {
    token_character = 1,
    value_character = 2,  ///< of an unquoted parameter value: token, host, IPv6 reference and more
    user_character = 4,   ///< of a URI's user or password, '%' left out
    parameter_character = 8,  ///< of a URI's parameters, '%' left out
    header_character = 16,    ///< of a URI's headers, '%' left out
    host_character = 32,      ///< of a host name or an IPv4 address
    space_character = 64,     ///< SP, HT, and CR and LF where a value is folded
    uri_character = 128,      ///< of a URI of any scheme
};

constexpr bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

constexpr bool is_letter(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// 0 to 15; -1 where it is no hexadecimal digit.
constexpr int hexadecimal_value(char c) noexcept {
    if (is_digit(c)) return c - '0';
    const int letter = (c | 0x20) - 'a';
    return letter >= 0 && letter < 6 ? letter + 10 : -1;
}

/// One to sixteen hexadecimal digits, and nothing else.
constexpr std::optional<std::uint64_t> parse_hexadecimal(std::string_view text) noexcept {
    if (text.empty() || text.size() > 16) return std::nullopt;
    std::uint64_t value = 0;
    for (const char c : text) {
        const int digit = hexadecimal_value(c);
        if (digit < 0) return std::nullopt;
        value = value << 4U | static_cast<unsigned>(digit);
    }
    return value;
}

constexpr char to_lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

constexpr std::array<std::uint8_t, 256> character_classes = [] {
    std::array<std::uint8_t, 256> classes{};
    const auto mark = [&classes](std::string_view characters, unsigned bits) {
        for (const char c : characters) {
            auto& entry = classes.at(static_cast<unsigned char>(c));
            entry = static_cast<std::uint8_t>(entry | bits);
        }
    };
    const unsigned uri_parts = user_character | parameter_character | header_character;
    const unsigned everywhere =
        token_character | value_character | uri_parts | host_character | uri_character;
    mark("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", everywhere);
    mark("-.!%*_+`'~", token_character | value_character);
    mark("()&$[]/:@", value_character);
    mark("-_.!~*'()", uri_parts);  // `unreserved`
    mark("&=+$,;?/", user_character);
    mark("[]/:&+$;=", parameter_character);
    mark("[]/?:+$&=", header_character);
    mark("-._", host_character);
    mark("-_.!~*'();/?:@&=+$,[]%", uri_character);
    mark(" \t\r\n", space_character);
    return classes;
}();

constexpr bool is_of(char c, unsigned classes) noexcept {
    return (character_classes[static_cast<unsigned char>(c)] & classes) != 0;
}

constexpr bool is_space(char c) noexcept {
    return is_of(c, space_character);
}

}  // namespace busyhour::engine::sip
