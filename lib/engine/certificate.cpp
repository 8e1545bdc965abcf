#include "engine/certificate.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/x509.h>

#include <array>
#include <stdexcept>
#include <string>

namespace busyhour::engine {

void Certificate::FreeKey::operator()(evp_pkey_st* key) const noexcept {
    EVP_PKEY_free(key);
}

void Certificate::FreeCertificate::operator()(x509_st* certificate) const noexcept {
    X509_free(certificate);
}

void throw_openssl_error(const char* what) {
    const unsigned long code = ERR_peek_last_error();
    const char* reason = ERR_reason_error_string(code);
    std::string text = what;
    if (reason != nullptr) text.append(": ").append(reason);
    ERR_clear_error();
    throw std::runtime_error(text);
}

Certificate make_self_signed_certificate(KeyKind kind) {
    constexpr long day_s = 86400;
    Certificate made;
    made.key.reset(kind == KeyKind::rsa_2048 ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256"));
    made.certificate.reset(X509_new());
    X509* certificate = made.certificate.get();
    if (!made.key || certificate == nullptr) throw_openssl_error("cannot make a TLS key");
    std::array<unsigned char, 4> random{};
    RAND_bytes(random.data(), random.size());
    std::uint32_t serial = 0;
    for (const unsigned octet : random) serial = serial << 8U | octet;
    X509_set_version(certificate, X509_VERSION_3);
    ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -day_s);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3650 * day_s);
    X509_set_pubkey(certificate, made.key.get());
    X509_NAME* name = X509_get_subject_name(certificate);
    constexpr unsigned char common_name[] = "busyhour";
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, common_name, -1, -1, 0);
    X509_set_issuer_name(certificate, name);
    if (X509_sign(certificate, made.key.get(), EVP_sha256()) == 0) {
        throw_openssl_error("cannot make a TLS certificate");
    }
    return made;
}

}  // namespace busyhour::engine
