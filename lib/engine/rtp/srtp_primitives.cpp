#include "engine/rtp/srtp_primitives.h"

// The HMAC of OpenSSL 3.0 allocates for each message; the SHA-1 below it, which it calls
// deprecated, does not.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <srtp2/auth.h>
#include <srtp2/cipher.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <new>
#include <utility>

namespace busyhour::engine::rtp {
namespace {

constexpr int aes_key_octets = 16;
constexpr int cm_salt_octets = 14;
constexpr int gcm_iv_octets = 12;

extern const srtp_cipher_type_t counter_mode;
extern const srtp_cipher_type_t galois_mode;
extern const srtp_auth_type_t hmac_sha1;

/// What both ciphers keep for a key.
struct CipherState {
    EVP_CIPHER_CTX* context = nullptr;
    std::array<std::uint8_t, 16> salt{};  ///< of counter mode, followed by two zero octets
    int tag_octets = 0;                   ///< of Galois mode
    bool is_decrypting = false;
};

CipherState& cipher_state(void* state) noexcept {
    return *static_cast<CipherState*>(state);
}

srtp_err_status_t done_if(bool is_done) noexcept {
    return is_done ? srtp_err_status_ok : srtp_err_status_cipher_fail;
}

srtp_err_status_t make_cipher(srtp_cipher_t** cipher, const srtp_cipher_type_t& type,
                              int key_octets, int tag_octets) noexcept {
    auto* made = new (std::nothrow) srtp_cipher_t{};
    auto* state = new (std::nothrow) CipherState{};
    EVP_CIPHER_CTX* context = EVP_CIPHER_CTX_new();
    if (made == nullptr || state == nullptr || context == nullptr) {
        delete made;
        delete state;
        EVP_CIPHER_CTX_free(context);
        return srtp_err_status_alloc_fail;
    }
    state->context = context;
    state->tag_octets = tag_octets;
    *made = {&type, state, key_octets, static_cast<int>(type.id)};
    *cipher = made;
    return srtp_err_status_ok;
}

srtp_err_status_t free_cipher(srtp_cipher_t* cipher) {
    if (cipher == nullptr) return srtp_err_status_bad_param;
    CipherState& state = cipher_state(cipher->state);
    EVP_CIPHER_CTX_free(state.context);  // wipes its key
    OPENSSL_cleanse(&state, sizeof state);
    delete &state;
    delete cipher;
    return srtp_err_status_ok;
}

// The library fixes the signatures below, non-const pointers and all.
// NOLINTBEGIN(readability-non-const-parameter)

// Counter mode: the initial counter is the salt, exclusive-or what libsrtp2 makes of SSRC and
// index. Source: rfc3711 4.1.1.

srtp_err_status_t make_counter_mode(srtp_cipher_t** cipher, int key_octets, int tag_octets) {
    if (key_octets != aes_key_octets + cm_salt_octets) return srtp_err_status_bad_param;
    return make_cipher(cipher, counter_mode, key_octets, tag_octets);
}

srtp_err_status_t key_counter_mode(void* cipher, const std::uint8_t* key) {
    CipherState& state = cipher_state(cipher);
    std::copy_n(key + aes_key_octets, cm_salt_octets, state.salt.begin());
    return done_if(EVP_EncryptInit_ex(state.context, EVP_aes_128_ctr(), nullptr, key, nullptr) ==
                   1);
}

srtp_err_status_t start_counter_mode(void* cipher, std::uint8_t* iv, srtp_cipher_direction_t) {
    CipherState& state = cipher_state(cipher);
    std::array<std::uint8_t, 16> counter = state.salt;
    for (std::size_t i = 0; i < counter.size(); ++i) counter[i] ^= iv[i];
    return done_if(EVP_EncryptInit_ex(state.context, nullptr, nullptr, nullptr, counter.data()) ==
                   1);
}

srtp_err_status_t apply_counter_mode(void* cipher, std::uint8_t* octets, unsigned* size) {
    int written = 0;
    return done_if(EVP_EncryptUpdate(cipher_state(cipher).context, octets, &written, octets,
                                     static_cast<int>(*size)) == 1);
}

// Galois/counter mode. Source: rfc7714 5.

srtp_err_status_t make_galois_mode(srtp_cipher_t** cipher, int key_octets, int tag_octets) {
    if (key_octets != aes_key_octets + gcm_iv_octets) return srtp_err_status_bad_param;
    return make_cipher(cipher, galois_mode, key_octets, tag_octets);
}

srtp_err_status_t key_galois_mode(void* cipher, const std::uint8_t* key) {
    // The context expands the key once for both directions; its IV is of 12 octets.
    return done_if(EVP_EncryptInit_ex(cipher_state(cipher).context, EVP_aes_128_gcm(), nullptr, key,
                                      nullptr) == 1);
}

srtp_err_status_t start_galois_mode(void* cipher, std::uint8_t* iv,
                                    srtp_cipher_direction_t direction) {
    CipherState& state = cipher_state(cipher);
    state.is_decrypting = direction == srtp_direction_decrypt;
    return done_if(EVP_CipherInit_ex(state.context, nullptr, nullptr, nullptr, iv,
                                     state.is_decrypting ? 0 : 1) == 1);
}

srtp_err_status_t add_associated_data(void* cipher, const std::uint8_t* octets,
                                      std::uint32_t size) {
    int written = 0;
    return done_if(EVP_CipherUpdate(cipher_state(cipher).context, nullptr, &written, octets,
                                    static_cast<int>(size)) == 1);
}

srtp_err_status_t encrypt_galois_mode(void* cipher, std::uint8_t* octets, unsigned* size) {
    int written = 0;
    return done_if(EVP_EncryptUpdate(cipher_state(cipher).context, octets, &written, octets,
                                     static_cast<int>(*size)) == 1);
}

srtp_err_status_t take_tag(void* cipher, std::uint8_t* tag, std::uint32_t* tag_octets) {
    const CipherState& state = cipher_state(cipher);
    int written = 0;
    *tag_octets = static_cast<std::uint32_t>(state.tag_octets);
    return done_if(
        EVP_EncryptFinal_ex(state.context, tag, &written) == 1 &&
        EVP_CIPHER_CTX_ctrl(state.context, EVP_CTRL_AEAD_GET_TAG, state.tag_octets, tag) == 1);
}

/// The tag stands behind the `*size` octets less its own.
srtp_err_status_t decrypt_galois_mode(void* cipher, std::uint8_t* octets, unsigned* size) {
    const CipherState& state = cipher_state(cipher);
    const auto tag_octets = static_cast<unsigned>(state.tag_octets);
    if (*size < tag_octets) return srtp_err_status_auth_fail;
    const unsigned text_octets = *size - tag_octets;
    std::uint8_t* const tag = octets + text_octets;
    int written = 0;
    if (EVP_CIPHER_CTX_ctrl(state.context, EVP_CTRL_AEAD_SET_TAG, state.tag_octets, tag) != 1 ||
        EVP_DecryptUpdate(state.context, octets, &written, octets, static_cast<int>(text_octets)) !=
            1 ||
        EVP_DecryptFinal_ex(state.context, tag, &written) != 1) {
        return srtp_err_status_auth_fail;
    }
    *size = text_octets;
    return srtp_err_status_ok;
}

// NOLINTEND(readability-non-const-parameter)

/// HMAC-SHA-1 (RFC 2104) with both of its keyed blocks hashed beforehand.
struct HmacState {
    SHA_CTX inner{};
    SHA_CTX outer{};
    SHA_CTX running{};
};

HmacState& hmac_state(void* state) noexcept {
    return *static_cast<HmacState*>(state);
}

srtp_err_status_t make_hmac(srtp_auth_t** hmac, int key_octets, int tag_octets) {
    if (key_octets > SHA_CBLOCK || tag_octets > SHA_DIGEST_LENGTH) return srtp_err_status_bad_param;
    auto* made = new (std::nothrow) srtp_auth_t{};
    auto* state = new (std::nothrow) HmacState{};
    if (made == nullptr || state == nullptr) {
        delete made;
        delete state;
        return srtp_err_status_alloc_fail;
    }
    *made = {&hmac_sha1, state, tag_octets, key_octets, 0};
    *hmac = made;
    return srtp_err_status_ok;
}

srtp_err_status_t free_hmac(srtp_auth_t* hmac) {
    HmacState& state = hmac_state(hmac->state);
    OPENSSL_cleanse(&state, sizeof state);
    delete &state;
    delete hmac;
    return srtp_err_status_ok;
}

srtp_err_status_t key_hmac(void* hmac, const std::uint8_t* key, int key_octets) {
    HmacState& state = hmac_state(hmac);
    std::array<std::uint8_t, SHA_CBLOCK> block{};
    for (const auto& [pad, hash] : {std::pair{0x36, &state.inner}, {0x5c, &state.outer}}) {
        block.fill(static_cast<std::uint8_t>(pad));
        for (int i = 0; i < key_octets; ++i) block[static_cast<std::size_t>(i)] ^= key[i];
        SHA1_Init(hash);
        SHA1_Update(hash, block.data(), block.size());
    }
    OPENSSL_cleanse(block.data(), block.size());
    return srtp_err_status_ok;
}

srtp_err_status_t start_hmac(void* hmac) {
    hmac_state(hmac).running = hmac_state(hmac).inner;
    return srtp_err_status_ok;
}

srtp_err_status_t update_hmac(void* hmac, const std::uint8_t* octets, int size) {
    SHA1_Update(&hmac_state(hmac).running, octets, static_cast<std::size_t>(size));
    return srtp_err_status_ok;
}

srtp_err_status_t finish_hmac(void* hmac, const std::uint8_t* octets, int size, int tag_octets,
                              std::uint8_t* tag) {
    HmacState& state = hmac_state(hmac);
    std::array<std::uint8_t, SHA_DIGEST_LENGTH> digest{};
    SHA1_Update(&state.running, octets, static_cast<std::size_t>(size));
    SHA1_Final(digest.data(), &state.running);
    state.running = state.outer;
    SHA1_Update(&state.running, digest.data(), digest.size());
    SHA1_Final(digest.data(), &state.running);
    std::copy_n(digest.begin(), tag_octets, tag);
    return srtp_err_status_ok;
}

// libsrtp2 takes a primitive only with a case that it passes, and tries its own cases as well.

/// Source: rfc3711 B.2.
constexpr std::array<std::uint8_t, 30> counter_mode_key{
    0x2b, 0x7e, 0x15, 0x16, 0x28, 0xae, 0xd2, 0xa6, 0xab, 0xf7, 0x15, 0x88, 0x09, 0xcf, 0x4f,
    0x3c, 0xf0, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7, 0xf8, 0xf9, 0xfa, 0xfb, 0xfc, 0xfd};
std::array<std::uint8_t, 16> counter_mode_iv{};  // libsrtp2 has it writable
constexpr std::array<std::uint8_t, 16> counter_mode_text{};
constexpr std::array<std::uint8_t, 16> counter_mode_keystream{
    0xe0, 0x3e, 0xad, 0x09, 0x35, 0xc9, 0x5e, 0x80, 0xe1, 0x66, 0xb1, 0x6d, 0xd9, 0x2b, 0x4e, 0xb4};
constexpr srtp_cipher_test_case_t counter_mode_case{static_cast<int>(counter_mode_key.size()),
                                                    counter_mode_key.data(),
                                                    counter_mode_iv.data(),
                                                    counter_mode_text.size(),
                                                    counter_mode_text.data(),
                                                    counter_mode_keystream.size(),
                                                    counter_mode_keystream.data(),
                                                    0,
                                                    nullptr,
                                                    0,
                                                    nullptr};

/// Source: rfc7714 16.1.1; the salt, which stands behind the key, takes no part here.
constexpr std::array<std::uint8_t, 28> galois_mode_key{
    0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d,
    0x0e, 0x0f, 0x51, 0x75, 0x69, 0x64, 0x20, 0x70, 0x72, 0x6f, 0x20, 0x71, 0x75, 0x6f};
std::array<std::uint8_t, 12> galois_mode_iv{0x51, 0x75, 0x3c, 0x65, 0x80, 0xc2,
                                            0x72, 0x6f, 0x20, 0x71, 0x84, 0x14};
constexpr std::array<std::uint8_t, 12> galois_mode_header{0x80, 0x40, 0xf1, 0x7b, 0x80, 0x41,
                                                          0xf8, 0xd3, 0x55, 0x01, 0xa0, 0xb2};
constexpr std::array<std::uint8_t, 38> galois_mode_text{
    0x47, 0x61, 0x6c, 0x6c, 0x69, 0x61, 0x20, 0x65, 0x73, 0x74, 0x20, 0x6f, 0x6d,
    0x6e, 0x69, 0x73, 0x20, 0x64, 0x69, 0x76, 0x69, 0x73, 0x61, 0x20, 0x69, 0x6e,
    0x20, 0x70, 0x61, 0x72, 0x74, 0x65, 0x73, 0x20, 0x74, 0x72, 0x65, 0x73};
constexpr std::array<std::uint8_t, 54> galois_mode_sealed{
    0xf2, 0x4d, 0xe3, 0xa3, 0xfb, 0x34, 0xde, 0x6c, 0xac, 0xba, 0x86, 0x1c, 0x9d, 0x7e,
    0x4b, 0xca, 0xbe, 0x63, 0x3b, 0xd5, 0x0d, 0x29, 0x4e, 0x6f, 0x42, 0xa5, 0xf4, 0x7a,
    0x51, 0xc7, 0xd1, 0x9b, 0x36, 0xde, 0x3a, 0xdf, 0x88, 0x33, 0x89, 0x9d, 0x7f, 0x27,
    0xbe, 0xb1, 0x6a, 0x91, 0x52, 0xcf, 0x76, 0x5e, 0xe4, 0x39, 0x0c, 0xce};
constexpr srtp_cipher_test_case_t galois_mode_case{static_cast<int>(galois_mode_key.size()),
                                                   galois_mode_key.data(),
                                                   galois_mode_iv.data(),
                                                   galois_mode_text.size(),
                                                   galois_mode_text.data(),
                                                   galois_mode_sealed.size(),
                                                   galois_mode_sealed.data(),
                                                   static_cast<int>(galois_mode_header.size()),
                                                   galois_mode_header.data(),
                                                   16,
                                                   nullptr};

/// The first case of RFC 2202 for HMAC-SHA-1.
constexpr std::array<std::uint8_t, 20> hmac_key{0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b,
                                                0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b,
                                                0x0b, 0x0b, 0x0b, 0x0b, 0x0b, 0x0b};
constexpr std::array<std::uint8_t, 8> hmac_text{0x48, 0x69, 0x20, 0x54, 0x68, 0x65, 0x72, 0x65};
constexpr std::array<std::uint8_t, 20> hmac_tag{0xb6, 0x17, 0x31, 0x86, 0x55, 0x05, 0x72,
                                                0x64, 0xe2, 0x8b, 0xc0, 0xb6, 0xfb, 0x37,
                                                0x8c, 0x8e, 0xf1, 0x46, 0xbe, 0x00};
constexpr srtp_auth_test_case_t hmac_case{static_cast<int>(hmac_key.size()),
                                          hmac_key.data(),
                                          static_cast<int>(hmac_text.size()),
                                          hmac_text.data(),
                                          static_cast<int>(hmac_tag.size()),
                                          hmac_tag.data(),
                                          nullptr};

constexpr srtp_cipher_type_t counter_mode{
    make_counter_mode,      free_cipher,        key_counter_mode,   nullptr,
    apply_counter_mode,     apply_counter_mode, start_counter_mode, nullptr,
    "AES-128 counter mode", &counter_mode_case, SRTP_AES_ICM_128};
constexpr srtp_cipher_type_t galois_mode{
    make_galois_mode,    free_cipher,         key_galois_mode,   add_associated_data,
    encrypt_galois_mode, decrypt_galois_mode, start_galois_mode, take_tag,
    "AES-128 GCM",       &galois_mode_case,   SRTP_AES_GCM_128};
constexpr srtp_auth_type_t hmac_sha1{make_hmac,    free_hmac,   key_hmac,
                                     finish_hmac,  update_hmac, start_hmac,
                                     "HMAC-SHA-1", &hmac_case,  SRTP_HMAC_SHA1};

}  // namespace

bool install_srtp_primitives() noexcept {
    return srtp_replace_cipher_type(&counter_mode, SRTP_AES_ICM_128) == srtp_err_status_ok &&
           srtp_replace_cipher_type(&galois_mode, SRTP_AES_GCM_128) == srtp_err_status_ok &&
           srtp_replace_auth_type(&hmac_sha1, SRTP_HMAC_SHA1) == srtp_err_status_ok;
}

}  // namespace busyhour::engine::rtp
