#include "engine/sip/message.h"
#include "engine/sip/parts.h"

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace busyhour::engine::sip {

namespace {

constexpr std::size_t pairs_max = 32;  // of parameters or of headers that are compared

/// Parameters that make URIs unequal where one of them only has it (rfc3261 19.1.4).
constexpr std::array<std::string_view, 5> telling_parameters = {"user", "ttl", "method", "maddr",
                                                                "transport"};

/// Characters of the set "reserved" (rfc2396): an escape of one is not the character itself.
bool is_reserved(int octet) noexcept {
    constexpr std::string_view reserved = ";/?:@&=+$,";
    return octet < 0x80 && reserved.find(static_cast<char>(octet)) != reserved.npos;
}

/// The next character of `text`, an escape taken as what it stands for; beyond 255 for one that
/// stands for itself.
int take_character(std::string_view& text) noexcept {
    const char c = text.front();
    text.remove_prefix(1);
    const auto plain = static_cast<int>(static_cast<unsigned char>(c));
    if (c != '%' || text.size() < 2) return plain;
    const int high = hexadecimal_value(text[0]);
    const int low = hexadecimal_value(text[1]);
    if (high < 0 || low < 0) return plain;
    text.remove_prefix(2);
    const int octet = high * 16 + low;
    return is_reserved(octet) ? 256 + octet : octet;
}

int lower_of(int c) noexcept {
    return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
}

bool equal_unescaped(std::string_view one, std::string_view other, bool with_case) noexcept {
    while (!one.empty() && !other.empty()) {
        const int c = take_character(one);
        const int d = take_character(other);
        if (c != d && (with_case || lower_of(c) != lower_of(d))) return false;
    }
    return one.empty() && other.empty();
}

struct Pair {
    std::string_view name;
    std::string_view value;
};

struct Pairs {
    std::array<Pair, pairs_max> rows;
    std::size_t size = 0;
    bool is_whole = true;  ///< there were no more than fit

    [[nodiscard]] const Pair* find(std::string_view name) const noexcept {
        for (std::size_t row = 0; row < size; ++row) {
            if (equal_unescaped(rows[row].name, name, false)) return &rows[row];
        }
        return nullptr;
    }
};

/// `name=value` pairs between separators.
Pairs pairs_of(std::string_view text, char separator) noexcept {
    Pairs pairs;
    while (!text.empty()) {
        const std::string_view item = text.substr(0, text.find(separator));
        text.remove_prefix(item.size() == text.size() ? item.size() : item.size() + 1);
        if (item.empty()) continue;
        if (pairs.size == pairs_max) {
            pairs.is_whole = false;
            break;
        }
        const std::string_view name = item.substr(0, item.find('='));
        const std::size_t value = name.size() == item.size() ? name.size() : name.size() + 1;
        pairs.rows[pairs.size++] = {name, item.substr(value)};
    }
    return pairs;
}

bool equal_parameters(std::string_view one_text, std::string_view other_text) noexcept {
    if (one_text == other_text) return true;
    const Pairs one = pairs_of(one_text, ';');
    const Pairs other = pairs_of(other_text, ';');
    if (!one.is_whole || !other.is_whole) return false;
    for (std::size_t row = 0; row < one.size; ++row) {
        const Pair* found = other.find(one.rows[row].name);
        if (found && !equal_unescaped(found->value, one.rows[row].value, false)) return false;
    }
    for (const std::string_view name : telling_parameters) {
        if ((one.find(name) == nullptr) != (other.find(name) == nullptr)) return false;
    }
    return true;
}

bool equal_headers(std::string_view one_text, std::string_view other_text) noexcept {
    if (one_text == other_text) return true;
    const Pairs one = pairs_of(one_text, '&');
    const Pairs other = pairs_of(other_text, '&');
    if (!one.is_whole || !other.is_whole || one.size != other.size) return false;
    for (std::size_t row = 0; row < one.size; ++row) {
        const Pair* there = other.find(one.rows[row].name);
        const Pair* here = one.find(other.rows[row].name);
        if (!there || !here || !equal_unescaped(there->value, one.rows[row].value, true)) {
            return false;
        }
    }
    return true;
}

}  // namespace

bool equal_uris(const Uri& one, const Uri& other) noexcept {
    return one.is_sips == other.is_sips && one.port == other.port &&
           equal_without_case(one.host, other.host) &&
           equal_unescaped(one.user, other.user, true) &&
           equal_unescaped(one.password, other.password, true) &&
           equal_parameters(one.parameters, other.parameters) &&
           equal_headers(one.headers, other.headers);
}

}  // namespace busyhour::engine::sip
