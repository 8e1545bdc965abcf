#pragma once

#include <cstdint>
#include <memory>

struct evp_pkey_st;
struct x509_st;

namespace busyhour::engine {

enum class KeyKind : std::uint8_t { ecdsa_p256, rsa_2048 };

/// A key and a certificate of it.
struct Certificate {
    struct FreeKey {
        void operator()(evp_pkey_st* key) const noexcept;
    };
    struct FreeCertificate {
        void operator()(x509_st* certificate) const noexcept;
    };

    std::unique_ptr<evp_pkey_st, FreeKey> key;
    std::unique_ptr<x509_st, FreeCertificate> certificate;
};

/// A certificate for "busyhour" that is valid for ten years from yesterday, signed by itself: for
/// a TLS server without one, and for DTLS-SRTP, where the fingerprint in SDP vouches for it.
/// Throws std::runtime_error.
Certificate make_self_signed_certificate(KeyKind kind);

/// Throws std::runtime_error: what was tried, and the first of OpenSSL's errors, which are cleared.
[[noreturn]] void throw_openssl_error(const char* what);

}  // namespace busyhour::engine
