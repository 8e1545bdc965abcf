#include "engine/rtp/sdes.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <limits>

namespace busyhour::engine::rtp {
namespace {

constexpr std::string_view base64_alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Source: rfc4568 9.1.
constexpr std::size_t tag_digits_max = 9;

constexpr std::size_t key_and_salt_octets_max = 16 + 14;

bool is_space(char c) noexcept {
    return c == ' ' || c == '\t';
}

char to_lower_letter(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

/// As the ABNF of RFCs compares its literals.
bool is_same_word(std::string_view a, std::string_view b) noexcept {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](char x, char y) { return to_lower_letter(x) == to_lower_letter(y); });
}

/// The next word of `rest`, which goes on behind it; empty at the end.
std::string_view next_word(std::string_view& rest) noexcept {
    while (!rest.empty() && is_space(rest.front())) rest.remove_prefix(1);
    std::size_t size = 0;
    while (size < rest.size() && !is_space(rest[size])) ++size;
    const std::string_view word = rest.substr(0, size);
    rest.remove_prefix(size);
    return word;
}

/// What stands before `mark`, or all; `rest` goes on behind the mark.
std::string_view until(std::string_view& rest, char mark) noexcept {
    const std::size_t size = std::min(rest.find(mark), rest.size());
    const std::string_view part = rest.substr(0, size);
    rest.remove_prefix(std::min(size + 1, rest.size()));
    return part;
}

/// Digits and nothing else, without a leading zero.
std::optional<std::uint64_t> positive_number(std::string_view digits) noexcept {
    std::uint64_t number = 0;
    if (digits.empty() || digits.front() == '0') return std::nullopt;
    const char* const end = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(digits.data(), end, number);
    if (error != std::errc() || stop != end) return std::nullopt;
    return number;
}

std::optional<SrtpSuite> suite_of(std::string_view name) noexcept {
    for (std::size_t i = 0; i < srtp_suites_number; ++i) {
        if (is_same_word(srtp_suite_sizes[i].name, name)) return static_cast<SrtpSuite>(i);
    }
    return std::nullopt;
}

/// Source: rfc4568 6.1: padding is discarded.
bool decode_base64(std::string_view text, std::span<std::uint8_t> octets) noexcept {
    for (int i = 0; i < 2 && !text.empty() && text.back() == '='; ++i) text.remove_suffix(1);
    if (text.size() != (octets.size() * 8 + 5) / 6) return false;
    std::uint32_t bits = 0;
    unsigned bits_number = 0;
    std::size_t decoded = 0;
    for (const char c : text) {
        const std::size_t value = base64_alphabet.find(c);
        if (value == std::string_view::npos) return false;
        bits = bits << 6U | static_cast<std::uint32_t>(value);
        bits_number += 6;
        if (bits_number < 8) continue;
        bits_number -= 8;
        octets[decoded++] = static_cast<std::uint8_t>(bits >> bits_number);
    }
    return decoded == octets.size();
}

SdesFailure parse_key(std::string_view text, SrtpParameters& parameters) noexcept {
    const SrtpSuiteSizes& sizes = sizes_of(parameters.suite);
    SrtpSecret<key_and_salt_octets_max> both;
    const std::span<std::uint8_t> octets(both.octets.data(), sizes.key_octets + sizes.salt_octets);
    if (!decode_base64(text, octets)) return SdesFailure::key;
    const auto salt = octets.begin() + static_cast<std::ptrdiff_t>(sizes.key_octets);
    std::copy(octets.begin(), salt, parameters.key.master_key.octets.begin());
    std::copy(salt, octets.end(), parameters.key.master_salt.octets.begin());
    return SdesFailure::none;
}

SdesFailure parse_lifetime(std::string_view text, SrtpParameters& parameters) noexcept {
    const bool is_power = text.starts_with("2^");
    const auto number = positive_number(is_power ? text.substr(2) : text);
    constexpr auto exponent_max =
        static_cast<unsigned>(std::countr_zero(srtp_lifetime_packets_max));
    if (!number || (is_power && *number > exponent_max)) return SdesFailure::lifetime;
    parameters.lifetime_packets = is_power ? std::uint64_t{1} << *number : *number;
    return parameters.lifetime_packets > srtp_lifetime_packets_max ? SdesFailure::lifetime
                                                                   : SdesFailure::none;
}

/// The value as a big-endian number of the length given. Source: rfc4568 6.1.
SdesFailure parse_mki(std::string_view text, SrtpMki& mki) noexcept {
    const auto value = positive_number(until(text, ':'));
    const auto length = positive_number(text);
    if (!value || !length || *length > SrtpMki::octets_max) return SdesFailure::mki;
    mki.size = static_cast<std::uint8_t>(*length);
    std::uint64_t rest = *value;
    for (std::size_t at = mki.size; at != 0; --at, rest >>= 8U) {
        mki.octets[at - 1] = static_cast<std::uint8_t>(rest);
    }
    return rest == 0 ? SdesFailure::none : SdesFailure::mki;
}

/// "inline:" key and salt ["|" lifetime] ["|" MKI ":" length]
SdesFailure parse_key_parameters(std::string_view text, SrtpParameters& parameters) noexcept {
    if (text.find(':') == std::string_view::npos) return SdesFailure::malformed;
    if (!is_same_word(until(text, ':'), "inline")) return SdesFailure::key_method;
    if (text.ends_with('|')) return SdesFailure::malformed;
    if (text.find(';') != std::string_view::npos) return SdesFailure::several_keys;
    SdesFailure failure = parse_key(until(text, '|'), parameters);
    if (failure != SdesFailure::none || text.empty()) return failure;
    std::string_view field = until(text, '|');
    if (field.find(':') == std::string_view::npos) {  // only the MKI has a colon
        failure = parse_lifetime(field, parameters);
        if (failure != SdesFailure::none || text.empty()) return failure;
        field = until(text, '|');
    }
    if (!text.empty()) return SdesFailure::malformed;
    return parse_mki(field, parameters.mki);
}

bool may_pass_over(std::string_view session_parameter) noexcept {
    return session_parameter.starts_with('-') ||
           is_same_word(session_parameter.substr(0, 4), "WSH=");
}

/// Appends to a span until something does not fit.
class SdesWriter {
public:
    explicit SdesWriter(std::span<char> out) : out_(out) {}

    SdesWriter& text(std::string_view text) noexcept {
        fits_ = fits_ && text.size() <= out_.size() - size_;
        if (!fits_) return *this;
        std::copy(text.begin(), text.end(), out_.begin() + static_cast<std::ptrdiff_t>(size_));
        size_ += text.size();
        return *this;
    }
    SdesWriter& number(std::uint64_t number) noexcept {
        std::array<char, 20> digits{};
        const char* const end =
            std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
        return text({digits.data(), static_cast<std::size_t>(end - digits.data())});
    }
    SdesWriter& base64(std::span<const std::uint8_t> octets) noexcept {
        std::size_t i = 0;
        for (; i < octets.size(); i += 3) {
            const std::size_t number = std::min<std::size_t>(3, octets.size() - i);
            std::uint32_t bits = 0;
            for (std::size_t k = 0; k < 3; ++k) {
                bits = bits << 8U | (k < number ? octets[i + k] : std::uint8_t{0});
            }
            for (std::size_t k = 0; k < 4; ++k) {
                const char digit = base64_alphabet[bits >> (18 - 6 * k) & 63U];
                text(k <= number ? std::string_view(&digit, 1) : "=");
            }
        }
        return *this;
    }
    [[nodiscard]] std::size_t size() const noexcept { return fits_ ? size_ : 0; }

private:
    std::span<char> out_;
    std::size_t size_ = 0;
    bool fits_ = true;
};

}  // namespace

std::string_view describe(SdesFailure failure) noexcept {
    switch (failure) {
        case SdesFailure::none:
            return "the crypto attribute is valid";
        case SdesFailure::malformed:
            return "the crypto attribute does not follow the grammar";
        case SdesFailure::suite:
            return "the crypto-suite is not supported";
        case SdesFailure::key_method:
            return "the key method is not inline";
        case SdesFailure::key:
            return "the key is not base64 of the length the suite needs";
        case SdesFailure::several_keys:
            return "more than one master key is not supported";
        case SdesFailure::lifetime:
            return "the lifetime is no number the suite allows";
        case SdesFailure::mki:
            return "the MKI and its length do not fit or are not supported";
        case SdesFailure::session_parameter:
            return "a session parameter is not supported";
    }
    return "";
}

SdesParsed parse_sdes(std::string_view value) noexcept {
    SdesParsed parsed;
    const auto refused = [&parsed](SdesFailure failure) {
        parsed = {SdesCrypto{}, failure};
        return parsed;
    };
    const std::string_view tag = next_word(value);
    const char* const tag_end = tag.data() + tag.size();
    const auto [stop, error] = std::from_chars(tag.data(), tag_end, parsed.crypto.tag);
    if (tag.empty() || tag.size() > tag_digits_max || error != std::errc() || stop != tag_end) {
        return refused(SdesFailure::malformed);
    }
    const std::string_view suite_name = next_word(value);
    const std::string_view key_parameters = next_word(value);
    if (key_parameters.empty()) return refused(SdesFailure::malformed);
    const auto suite = suite_of(suite_name);
    if (!suite) return refused(SdesFailure::suite);
    parsed.crypto.parameters.suite = *suite;
    const SdesFailure failure = parse_key_parameters(key_parameters, parsed.crypto.parameters);
    if (failure != SdesFailure::none) return refused(failure);
    for (std::string_view word = next_word(value); !word.empty(); word = next_word(value)) {
        if (!may_pass_over(word)) return refused(SdesFailure::session_parameter);
    }
    return parsed;
}

std::size_t write_sdes(const SdesCrypto& crypto, std::span<char> out) noexcept {
    const SrtpParameters& parameters = crypto.parameters;
    const SrtpSuiteSizes& sizes = sizes_of(parameters.suite);
    SrtpSecret<key_and_salt_octets_max> both;
    const auto behind_key = std::copy_n(parameters.key.master_key.octets.begin(), sizes.key_octets,
                                        both.octets.begin());
    std::copy_n(parameters.key.master_salt.octets.begin(), sizes.salt_octets, behind_key);

    SdesWriter writer(out);
    writer.number(crypto.tag).text(" ").text(sizes.name).text(" inline:");
    writer.base64({both.octets.data(), sizes.key_octets + sizes.salt_octets});
    const std::uint64_t lifetime_packets = parameters.lifetime_packets;
    if (lifetime_packets != srtp_lifetime_packets_max) {
        const bool is_power = lifetime_packets > 1 && std::has_single_bit(lifetime_packets);
        writer.text(is_power ? "|2^" : "|");
        writer.number(is_power ? static_cast<std::uint64_t>(std::countr_zero(lifetime_packets))
                               : lifetime_packets);
    }
    const SrtpMki& mki = parameters.mki;
    if (mki.size != 0) {
        std::uint64_t value = 0;
        for (std::size_t i = 0; i < std::min<std::size_t>(mki.size, SrtpMki::octets_max); ++i) {
            value = value << 8U | mki.octets[i];
        }
        writer.text("|").number(value).text(":").number(mki.size);
    }
    return writer.size();
}

std::optional<SdesCrypto> choose_sdes(std::span<const std::string_view> offered,
                                      std::span<const SrtpSuite> allowed) noexcept {
    for (const std::string_view value : offered) {
        const SdesParsed parsed = parse_sdes(value);
        if (!parsed.is_done()) continue;
        const SrtpSuite suite = parsed.crypto.parameters.suite;
        if (std::find(allowed.begin(), allowed.end(), suite) == allowed.end()) continue;
        return parsed.crypto;
    }
    return std::nullopt;
}

bool is_answer_to(const SdesCrypto& offered, const SdesCrypto& answer) noexcept {
    return offered.tag == answer.tag && offered.parameters.suite == answer.parameters.suite &&
           offered.parameters.key != answer.parameters.key;
}

}  // namespace busyhour::engine::rtp
