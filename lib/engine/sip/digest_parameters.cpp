#include "engine/sip/digest.h"
#include "engine/sip/message.h"
#include "engine/sip/parts.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace busyhour::engine::sip {

namespace {

struct AlgorithmName {
    DigestAlgorithm algorithm;
    std::string_view name;
};

constexpr std::array algorithm_names = {
    AlgorithmName{DigestAlgorithm::md5, "MD5"},
    AlgorithmName{DigestAlgorithm::md5_sess, "MD5-sess"},
    AlgorithmName{DigestAlgorithm::sha256, "SHA-256"},
    AlgorithmName{DigestAlgorithm::sha256_sess, "SHA-256-sess"},
};

/// Where the value of a parameter goes.
struct ParameterPlace {
    std::string_view name;
    std::string_view* value;
};

/// Takes `name EQUAL value`; the value of a quoted string stands without its quotes.
bool take_pair(Cursor& cursor, std::string_view& name, std::string_view& value) noexcept {
    name = cursor.take_all(token_character);
    if (name.empty() || !cursor.take_spaced('=')) return false;
    if (!cursor.sees('"')) {
        // The base64 of other schemes and unquoted URIs have '=' and '/' in them.
        const char* begin = cursor.at;
        while (!cursor.is_at_end() && (is_of(*cursor.at, value_character) || *cursor.at == '=')) {
            ++cursor.at;
        }
        value = between(begin, cursor.at);
        return !value.empty();
    }
    const std::string_view quoted = cursor.take_quoted();
    if (quoted.empty()) return false;
    value = quoted.substr(1, quoted.size() - 2);
    return true;
}

/// Reads `Digest name=value, ...`; unknown names are skipped, one of `targets` stands once at most.
template <std::size_t size>
bool read_pairs(std::string_view text, const std::array<ParameterPlace, size>& targets) noexcept {
    Cursor cursor(trimmed(text));
    if (!equal_without_case(cursor.take_all(token_character), "Digest")) return false;
    const char* scheme_end = cursor.at;
    cursor.skip_space();
    if (cursor.at == scheme_end) return false;
    std::uint32_t seen = 0;
    for (;;) {
        std::string_view name;
        std::string_view value;
        if (!take_pair(cursor, name, value)) return false;
        for (std::size_t row = 0; row < size; ++row) {
            if (!equal_without_case(name, targets[row].name)) continue;
            const std::uint32_t bit = 1U << row;
            if ((seen & bit) != 0) return false;
            seen |= bit;
            *targets[row].value = value;
        }
        cursor.skip_space();
        if (cursor.is_at_end()) return true;
        if (!cursor.take_spaced(',')) return false;
    }
}

/// Eight hexadecimal digits. Source: rfc7616 3.4.
std::optional<std::uint32_t> parse_nonce_count(std::string_view text) noexcept {
    if (text.size() != 8) return std::nullopt;
    std::uint32_t count = 0;
    for (const char c : text) {
        const char lower = to_lower(c);
        const bool is_letter = lower >= 'a' && lower <= 'f';
        if (!is_digit(c) && !is_letter) return std::nullopt;
        count = count * 16 + static_cast<std::uint32_t>(is_letter ? lower - 'a' + 10 : c - '0');
    }
    return count;
}

bool list_has(std::string_view list, std::string_view word) noexcept {
    while (const auto value = next_value(list)) {
        if (equal_without_case(*value, word)) return true;
    }
    return false;
}

}  // namespace

std::string_view algorithm_name(DigestAlgorithm algorithm) noexcept {
    for (const AlgorithmName& row : algorithm_names) {
        if (row.algorithm == algorithm) return row.name;
    }
    return "";
}

DigestAlgorithm algorithm_of(std::string_view name) noexcept {
    for (const AlgorithmName& row : algorithm_names) {
        if (equal_without_case(row.name, name)) return row.algorithm;
    }
    return DigestAlgorithm::other;
}

std::optional<DigestChallenge> parse_challenge(std::string_view text) noexcept {
    DigestChallenge challenge;
    std::string_view algorithm = "MD5";
    std::string_view stale;
    const std::array<ParameterPlace, 6> targets = {{{"realm", &challenge.realm},
                                                    {"nonce", &challenge.nonce},
                                                    {"opaque", &challenge.opaque},
                                                    {"qop", &challenge.qop},
                                                    {"algorithm", &algorithm},
                                                    {"stale", &stale}}};
    if (!read_pairs(text, targets) || challenge.nonce.empty()) return std::nullopt;
    if (challenge.realm.data() == nullptr) return std::nullopt;
    challenge.algorithm = algorithm_of(algorithm);
    challenge.is_stale = equal_without_case(stale, "true");
    challenge.offers_auth = list_has(challenge.qop, "auth");
    return challenge;
}

std::optional<DigestCredentials> parse_credentials(std::string_view text) noexcept {
    DigestCredentials credentials;
    std::string_view algorithm = "MD5";
    const std::array<ParameterPlace, 10> targets = {{{"username", &credentials.username},
                                                     {"realm", &credentials.realm},
                                                     {"nonce", &credentials.nonce},
                                                     {"uri", &credentials.uri},
                                                     {"response", &credentials.response},
                                                     {"cnonce", &credentials.cnonce},
                                                     {"opaque", &credentials.opaque},
                                                     {"qop", &credentials.qop},
                                                     {"nc", &credentials.nonce_count_text},
                                                     {"algorithm", &algorithm}}};
    if (!read_pairs(text, targets)) return std::nullopt;
    for (const auto* needed : {&credentials.username, &credentials.realm, &credentials.nonce,
                               &credentials.uri, &credentials.response}) {
        if (needed->data() == nullptr) return std::nullopt;
    }
    credentials.algorithm = algorithm_of(algorithm);
    if (credentials.qop.empty()) return credentials;
    const auto count = parse_nonce_count(credentials.nonce_count_text);
    if (!count || credentials.cnonce.empty()) return std::nullopt;
    credentials.nonce_count = *count;
    return credentials;
}

}  // namespace busyhour::engine::sip
