#include "engine/sip/digest.h"

#include "engine/sip/message.h"

// EVP of OpenSSL 3.0 allocates for each digest, whatever is kept of its contexts (counted by
// valgrind); the functions below it, which it calls deprecated, do not.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/crypto.h>
#include <openssl/md5.h>
#include <openssl/sha.h>

#include <array>
#include <cstddef>
#include <initializer_list>
#include <string_view>

namespace busyhour::engine::sip {

namespace {

bool is_session(DigestAlgorithm algorithm) noexcept {
    return algorithm == DigestAlgorithm::md5_sess || algorithm == DigestAlgorithm::sha256_sess;
}

char to_lower_hexadecimal(unsigned digit) noexcept {
    constexpr std::string_view alphabet = "0123456789abcdef";
    return alphabet[digit & 15U];
}

template <std::size_t size>
DigestText hexadecimal(const std::array<unsigned char, size>& octets) noexcept {
    DigestText text;
    for (const unsigned octet : octets) {
        text.digits[text.size++] = to_lower_hexadecimal(octet / 16U);
        text.digits[text.size++] = to_lower_hexadecimal(octet);
    }
    return text;
}

using Parts = std::initializer_list<std::string_view>;

/// Feeds the parts joined with ':' to `update`.
template <typename Update>
void feed(Parts parts, Update update) noexcept {
    bool is_first = true;
    for (const std::string_view part : parts) {
        if (!is_first) update(":", 1);
        if (!part.empty()) update(part.data(), part.size());
        is_first = false;
    }
}

/// H(parts joined with ':').
DigestText hash(DigestAlgorithm algorithm, Parts parts) noexcept {
    if (is_sha256(algorithm)) {
        SHA256_CTX context;
        std::array<unsigned char, SHA256_DIGEST_LENGTH> octets{};
        SHA256_Init(&context);
        feed(parts,
             [&](const void* data, std::size_t size) { SHA256_Update(&context, data, size); });
        SHA256_Final(octets.data(), &context);
        return hexadecimal(octets);
    }
    MD5_CTX context;
    std::array<unsigned char, MD5_DIGEST_LENGTH> octets{};
    MD5_Init(&context);
    feed(parts, [&](const void* data, std::size_t size) { MD5_Update(&context, data, size); });
    MD5_Final(octets.data(), &context);
    return hexadecimal(octets);
}

}  // namespace

DigestText DigestCalculator::secret(DigestAlgorithm algorithm, std::string_view username,
                                    std::string_view realm,
                                    std::string_view password) const noexcept {
    if (algorithm == DigestAlgorithm::other) return {};
    return hash(algorithm, {username, realm, password});
}

DigestText DigestCalculator::response(const DigestCredentials& credentials, std::string_view secret,
                                      std::string_view method) const noexcept {
    const DigestCredentials& c = credentials;
    if (c.algorithm == DigestAlgorithm::other) return {};
    DigestText session;
    if (is_session(c.algorithm)) {
        session = hash(c.algorithm, {secret, c.nonce, c.cnonce});
        secret = session.view();
    }
    const DigestText request = hash(c.algorithm, {method, c.uri});
    if (request.size == 0) return {};
    if (c.qop.empty()) return hash(c.algorithm, {secret, c.nonce, request.view()});
    if (!equal_without_case(c.qop, "auth")) return {};
    return hash(c.algorithm,
                {secret, c.nonce, c.nonce_count_text, c.cnonce, c.qop, request.view()});
}

bool DigestCalculator::check(const DigestCredentials& credentials, std::string_view secret,
                             std::string_view method) const noexcept {
    const DigestText right = response(credentials, secret, method);
    if (right.size == 0 || right.size != credentials.response.size()) return false;
    return CRYPTO_memcmp(right.digits.data(), credentials.response.data(), right.size) == 0;
}

}  // namespace busyhour::engine::sip
