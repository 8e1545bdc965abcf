#include "engine/sip/digest.h"

#include "engine/sip/message.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <array>
#include <cstddef>
#include <initializer_list>
#include <memory>
#include <new>
#include <string_view>

namespace busyhour::engine::sip {

namespace {

struct Free {
    void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
    void operator()(EVP_MD* digest) const noexcept { EVP_MD_free(digest); }
};

using Context = std::unique_ptr<EVP_MD_CTX, Free>;
using Digest = std::unique_ptr<EVP_MD, Free>;

constexpr std::size_t sha256_octets = 32;
constexpr std::size_t md5_octets = 16;

bool is_sha256(DigestAlgorithm algorithm) noexcept {
    return algorithm == DigestAlgorithm::sha256 || algorithm == DigestAlgorithm::sha256_sess;
}

bool is_session(DigestAlgorithm algorithm) noexcept {
    return algorithm == DigestAlgorithm::md5_sess || algorithm == DigestAlgorithm::sha256_sess;
}

char to_lower_hexadecimal(unsigned digit) noexcept {
    constexpr std::string_view alphabet = "0123456789abcdef";
    return alphabet[digit & 15U];
}

}  // namespace

struct DigestCalculator::Contexts {
    Digest md5{EVP_MD_fetch(nullptr, "MD5", nullptr)};
    Digest sha256{EVP_MD_fetch(nullptr, "SHA256", nullptr)};
    Context md5_context{EVP_MD_CTX_new()};
    Context sha256_context{EVP_MD_CTX_new()};

    /// H(parts joined with ':').
    DigestText hash(DigestAlgorithm algorithm,
                    std::initializer_list<std::string_view> parts) const noexcept {
        const bool is_long = is_sha256(algorithm);
        EVP_MD_CTX* context = (is_long ? sha256_context : md5_context).get();
        const EVP_MD* digest = (is_long ? sha256 : md5).get();
        if (digest == nullptr || EVP_DigestInit_ex2(context, digest, nullptr) != 1) return {};
        bool is_first = true;
        for (const std::string_view part : parts) {
            if (!is_first) EVP_DigestUpdate(context, ":", 1);
            if (!part.empty()) EVP_DigestUpdate(context, part.data(), part.size());
            is_first = false;
        }
        std::array<unsigned char, EVP_MAX_MD_SIZE> octets{};
        if (EVP_DigestFinal_ex(context, octets.data(), nullptr) != 1) return {};
        DigestText text;
        for (std::size_t place = 0; place < (is_long ? sha256_octets : md5_octets); ++place) {
            text.digits[text.size++] = to_lower_hexadecimal(octets[place] / 16U);
            text.digits[text.size++] = to_lower_hexadecimal(octets[place]);
        }
        return text;
    }
};

DigestCalculator::DigestCalculator() : contexts_(std::make_unique<Contexts>()) {
    if (!contexts_->md5_context || !contexts_->sha256_context) throw std::bad_alloc();
}

DigestCalculator::~DigestCalculator() = default;
DigestCalculator::DigestCalculator(DigestCalculator&&) noexcept = default;
DigestCalculator& DigestCalculator::operator=(DigestCalculator&&) noexcept = default;

DigestText DigestCalculator::secret(DigestAlgorithm algorithm, std::string_view username,
                                    std::string_view realm, std::string_view password) noexcept {
    return contexts_->hash(algorithm, {username, realm, password});
}

DigestText DigestCalculator::response(const DigestCredentials& credentials, std::string_view secret,
                                      std::string_view method) noexcept {
    const DigestCredentials& c = credentials;
    if (c.algorithm == DigestAlgorithm::other) return {};
    DigestText session;
    if (is_session(c.algorithm)) {
        session = contexts_->hash(c.algorithm, {secret, c.nonce, c.cnonce});
        secret = session.view();
    }
    const DigestText request = contexts_->hash(c.algorithm, {method, c.uri});
    if (request.size == 0) return {};
    if (c.qop.empty()) return contexts_->hash(c.algorithm, {secret, c.nonce, request.view()});
    if (!equal_without_case(c.qop, "auth")) return {};
    return contexts_->hash(c.algorithm,
                           {secret, c.nonce, c.nonce_count_text, c.cnonce, c.qop, request.view()});
}

bool DigestCalculator::check(const DigestCredentials& credentials, std::string_view secret,
                             std::string_view method) noexcept {
    const DigestText right = response(credentials, secret, method);
    if (right.size == 0 || right.size != credentials.response.size()) return false;
    return CRYPTO_memcmp(right.digits.data(), credentials.response.data(), right.size) == 0;
}

}  // namespace busyhour::engine::sip
