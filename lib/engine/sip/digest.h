#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace busyhour::engine::sip {

enum class DigestAlgorithm : std::uint8_t { md5, md5_sess, sha256, sha256_sess, other };

constexpr bool is_sha256(DigestAlgorithm algorithm) noexcept {
    return algorithm == DigestAlgorithm::sha256 || algorithm == DigestAlgorithm::sha256_sess;
}

/// "MD5", "SHA-256", ...; "" for `other`.
std::string_view algorithm_name(DigestAlgorithm algorithm) noexcept;
DigestAlgorithm algorithm_of(std::string_view name) noexcept;

/// What a WWW-Authenticate or Proxy-Authenticate field of the Digest scheme says. Quoted values
/// stand without their quotes, backslashes kept. Source: rfc3261 20.44, rfc7616 3.3.
struct DigestChallenge {
    std::string_view realm;
    std::string_view nonce;
    std::string_view opaque;
    std::string_view qop;  ///< the list as written, e.g. "auth,auth-int"; empty where absent
    DigestAlgorithm algorithm = DigestAlgorithm::md5;
    bool is_stale = false;
    bool offers_auth = false;  ///< `qop` has "auth"
};

/// What an Authorization or Proxy-Authorization field of the Digest scheme says. Source:
/// rfc3261 20.7, rfc7616 3.4.
struct DigestCredentials {
    std::string_view username;  ///< without its quotes, backslashes kept
    std::string_view realm;
    std::string_view nonce;
    std::string_view uri;
    std::string_view response;  ///< hexadecimal
    std::string_view cnonce;
    std::string_view opaque;
    std::string_view qop;  ///< "auth", or empty for the form of rfc2069
    std::string_view nonce_count_text;
    std::uint32_t nonce_count = 0;
    DigestAlgorithm algorithm = DigestAlgorithm::md5;
};

/// Nothing for another scheme, for a needed parameter that is missing and for a repeated one.
std::optional<DigestChallenge> parse_challenge(std::string_view text) noexcept;
std::optional<DigestCredentials> parse_credentials(std::string_view text) noexcept;

/// A digest as hexadecimal digits; empty for an unknown algorithm or qop.
struct DigestText {
    std::array<char, 64> digits{};
    std::size_t size = 0;
    [[nodiscard]] std::string_view view() const noexcept { return {digits.data(), size}; }
};

/// Computes digests of MD5 and of SHA-256; never allocates.
class DigestCalculator {
public:
    /// H(username:realm:password), which is what a server keeps of a password. Source: rfc7616
    /// 3.4.2.
    [[nodiscard]] DigestText secret(DigestAlgorithm algorithm, std::string_view username,
                                    std::string_view realm,
                                    std::string_view password) const noexcept;

    /// The `response` of credentials: their nonce, cnonce, nonce count, qop, uri and algorithm, for
    /// a user of this `secret`. Source: rfc7616 3.4.1, rfc2617 3.2.2.
    [[nodiscard]] DigestText response(const DigestCredentials& credentials, std::string_view secret,
                                      std::string_view method) const noexcept;

    /// Whether the credentials' response is the right one; takes the same time for each wrong one.
    [[nodiscard]] bool check(const DigestCredentials& credentials, std::string_view secret,
                             std::string_view method) const noexcept;
};

}  // namespace busyhour::engine::sip
