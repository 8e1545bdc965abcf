#pragma once

#include "engine/sip/characters.h"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

namespace busyhour::engine::sip {

/// The view between two places of one text.
constexpr std::string_view between(const char* begin, const char* end) noexcept {
    return {begin, static_cast<std::size_t>(end - begin)};
}

constexpr std::string_view trimmed(std::string_view text) noexcept {
    while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
    return text;
}

/// A place in a text that is read from front to back.
struct Cursor {
    const char* at = nullptr;
    const char* end = nullptr;

    explicit constexpr Cursor(std::string_view text) noexcept
        : at(text.data()), end(text.data() + text.size()) {}

    [[nodiscard]] constexpr bool is_at_end() const noexcept { return at == end; }
    [[nodiscard]] constexpr bool sees(char c) const noexcept { return at != end && *at == c; }

    // The loops run on a local place: `at` might be among the octets, for all the compiler knows.

    constexpr void skip_space() noexcept {
        const char* place = at;
        while (place != end && is_space(*place)) ++place;
        at = place;
    }

    constexpr bool take(char c) noexcept {
        if (!sees(c)) return false;
        ++at;
        return true;
    }

    /// `c` with white space on both sides of it, as EQUAL, SLASH, COLON, SEMI (rfc3261 25.1).
    constexpr bool take_spaced(char c) noexcept {
        skip_space();
        if (!take(c)) return false;
        skip_space();
        return true;
    }

    /// The longest run of characters of `classes`, maybe empty.
    constexpr std::string_view take_all(unsigned classes) noexcept {
        const char* begin = at;
        const char* const last = end;
        const char* place = begin;
        while (place != last && is_of(*place, classes)) ++place;
        at = place;
        return between(begin, place);
    }

    /// A quoted string that begins here, with its quotes; empty, and nothing taken, where its end
    /// is missing.
    constexpr std::string_view take_quoted() noexcept {
        const char* place = at + 1;
        while (place != end && *place != '"') {
            if (*place == '\\' && place + 1 != end) ++place;
            ++place;
        }
        if (place == end) return between(at, at);
        const char* begin = at;
        at = place + 1;
        return between(begin, at);
    }

    /// 1*DIGIT up to `most`; nothing for no digit and for more.
    constexpr std::optional<std::uint32_t> take_number(
        std::uint32_t most = std::numeric_limits<std::uint32_t>::max()) noexcept {
        const char* place = at;
        std::uint64_t number = 0;
        for (; place != end && is_digit(*place); ++place) {
            number = number * 10 + static_cast<std::uint64_t>(*place - '0');
            if (number > most) return std::nullopt;
        }
        if (place == at) return std::nullopt;
        at = place;
        return static_cast<std::uint32_t>(number);
    }
};

}  // namespace busyhour::engine::sip
