#include "engine/rtp/fingerprint.h"

#include <algorithm>

namespace busyhour::engine::rtp {
namespace {

constexpr std::string_view fingerprint_function = "sha-256";
constexpr std::string_view fingerprint_digits = "0123456789ABCDEF";

/// By `Setup`.
constexpr std::array<std::string_view, 4> setup_names{"active", "passive", "actpass", "holdconn"};

bool is_same_letter(char a, char b) noexcept {
    const auto lower = [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
    };
    return lower(a) == lower(b);
}

bool is_same_token(std::string_view a, std::string_view b) noexcept {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), is_same_letter);
}

std::optional<std::uint8_t> hexadecimal_digit(char c) noexcept {
    for (std::uint8_t value = 0; value < 16; ++value) {
        if (is_same_letter(fingerprint_digits[value], c)) return value;
    }
    return std::nullopt;
}

}  // namespace

std::optional<Fingerprint> parse_fingerprint(std::string_view value) noexcept {
    while (!value.empty() && value.back() == ' ') value.remove_suffix(1);
    const std::size_t space = std::min(value.find(' '), value.size());
    if (!is_same_token(value.substr(0, space), fingerprint_function)) return std::nullopt;
    value.remove_prefix(space);
    while (!value.empty() && value.front() == ' ') value.remove_prefix(1);

    Fingerprint fingerprint;
    constexpr std::size_t digits = 3;  // with the colon before the next
    if (value.size() != digits * fingerprint.octets.size() - 1) return std::nullopt;
    for (std::size_t i = 0; i < fingerprint.octets.size(); ++i) {
        const auto high = hexadecimal_digit(value[digits * i]);
        const auto low = hexadecimal_digit(value[digits * i + 1]);
        const bool is_last = i + 1 == fingerprint.octets.size();
        if (!high || !low || (!is_last && value[digits * i + 2] != ':')) return std::nullopt;
        fingerprint.octets[i] = static_cast<std::uint8_t>(*high << 4U | *low);
    }
    return fingerprint;
}

std::string to_text(const Fingerprint& fingerprint) {
    std::string text(fingerprint_function);
    char before = ' ';
    for (const unsigned octet : fingerprint.octets) {
        text += before;
        text += fingerprint_digits[octet >> 4U];
        text += fingerprint_digits[octet & 15U];
        before = ':';
    }
    return text;
}

std::optional<Setup> parse_setup(std::string_view value) noexcept {
    for (std::size_t i = 0; i < setup_names.size(); ++i) {
        if (is_same_token(value, setup_names[i])) return static_cast<Setup>(i);
    }
    return std::nullopt;
}

std::string_view name_of(Setup setup) noexcept {
    return setup_names[static_cast<std::size_t>(setup)];
}

}  // namespace busyhour::engine::rtp
