#include "engine/rtp/dtls_context.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <algorithm>
#include <cstring>
#include <string>

namespace busyhour::engine::rtp {
namespace {

/// Of a far end's certificate chain: no more is read.
constexpr long dtls_chain_octets_max = 16384;

/// Name for OpenSSL and number on the wire. Source: rfc5764 4.1.2, rfc7714 14.2.
struct DtlsProfile {
    SrtpSuite suite;
    const char* name;
    unsigned long id;
    std::uint64_t lifetime_packets;
};
constexpr std::array<DtlsProfile, srtp_suites_number> dtls_profiles{
    DtlsProfile{SrtpSuite::aes_cm_128_hmac_sha1_80, "SRTP_AES128_CM_SHA1_80", 1,
                std::uint64_t{1} << 31U},
    DtlsProfile{SrtpSuite::aes_cm_128_hmac_sha1_32, "SRTP_AES128_CM_SHA1_32", 2,
                std::uint64_t{1} << 31U},
    DtlsProfile{SrtpSuite::aead_aes_128_gcm, "SRTP_AEAD_AES_128_GCM", 7,
                srtp_lifetime_packets_max}};

std::optional<Fingerprint> fingerprint_of(const X509* certificate) noexcept {
    Fingerprint fingerprint;
    unsigned size = 0;
    if (certificate == nullptr ||
        X509_digest(certificate, EVP_sha256(), fingerprint.octets.data(), &size) != 1 ||
        size != fingerprint.octets.size()) {
        return std::nullopt;
    }
    return fingerprint;
}

int read_datagram(BIO* bio, char* into, int room) {
    auto& port = *static_cast<DtlsPort*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    if (port.incoming.empty()) {
        BIO_set_retry_read(bio);
        return -1;
    }
    const std::size_t size = std::min(port.incoming.size(), static_cast<std::size_t>(room));
    std::memcpy(into, port.incoming.data(), size);
    port.incoming = {};
    return static_cast<int>(size);
}

int write_datagram(BIO* bio, const char* from, int size) {
    auto& port = *static_cast<DtlsPort*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    const void* const octets = from;
    const Octets datagram(static_cast<const std::uint8_t*>(octets), static_cast<std::size_t>(size));
    if (port.outgoing != nullptr && port.outgoing->add(datagram)) ++port.sent;
    return size;  // what had no room is lost, as on a network
}

long control_datagrams(BIO* /*bio*/, int command, long /*number*/, void* /*pointer*/) {
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

int check_certificate(X509_STORE_CTX* store, void* /*argument*/) {
    const void* const session =
        X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    auto& port = *static_cast<DtlsPort*>(SSL_get_ex_data(static_cast<const SSL*>(session), 0));
    port.remote = fingerprint_of(X509_STORE_CTX_get0_cert(store));
    const bool is_wrong = port.expected && port.expected != port.remote;
    if (is_wrong) X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED);
    return is_wrong ? 0 : 1;
}

}  // namespace

bool DtlsDatagrams::add(Octets datagram) noexcept {
    if (size_ == datagrams_max || datagram.size() > dtls_datagram_octets_max) {
        ++dropped_;
        return false;
    }
    Slot& slot = slots_[size_++];
    std::copy(datagram.begin(), datagram.end(), slot.octets.begin());
    slot.size = datagram.size();
    return true;
}

void DtlsContext::FreeContext::operator()(ssl_ctx_st* context) const noexcept {
    SSL_CTX_free(context);
}

void DtlsContext::FreeMethod::operator()(bio_method_st* method) const noexcept {
    BIO_meth_free(method);
}

DtlsContext::DtlsContext(KeyKind kind, std::span<const SrtpSuite> suites)
    : context_(SSL_CTX_new(DTLS_method())),
      method_(BIO_meth_new(BIO_TYPE_SOURCE_SINK, "datagrams in memory")) {
    if (!context_ || !method_) throw_openssl_error("cannot start DTLS");
    BIO_meth_set_read(method_.get(), read_datagram);
    BIO_meth_set_write(method_.get(), write_datagram);
    BIO_meth_set_ctrl(method_.get(), control_datagrams);

    SSL_CTX* const context = context_.get();
    SSL_CTX_set_options(context,
                        SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_max_cert_list(context, dtls_chain_octets_max);
    SSL_CTX_set_cert_verify_callback(context, check_certificate, nullptr);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    std::string profiles;
    for (const SrtpSuite suite : suites) {
        if (!profiles.empty()) profiles += ':';
        profiles += dtls_profiles[static_cast<std::size_t>(suite)].name;
    }
    const Certificate made = make_self_signed_certificate(kind);
    const auto digest = fingerprint_of(made.certificate.get());
    if (SSL_CTX_set_min_proto_version(context, DTLS1_2_VERSION) != 1 ||
        SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AES") != 1 ||
        SSL_CTX_set_tlsext_use_srtp(context, profiles.c_str()) != 0 ||  // 0 where it succeeds
        SSL_CTX_use_certificate(context, made.certificate.get()) != 1 ||
        SSL_CTX_use_PrivateKey(context, made.key.get()) != 1 || !digest) {
        throw_openssl_error("cannot set up DTLS");
    }
    fingerprint_ = *digest;
}

ssl_st* DtlsContext::make_session(DtlsRole role, DtlsPort& port) const noexcept {
    SSL* const session = SSL_new(context_.get());
    BIO* const bio = BIO_new(method_.get());
    if (session == nullptr || bio == nullptr) {
        SSL_free(session);
        BIO_free(bio);
        return nullptr;
    }
    BIO_set_data(bio, &port);
    BIO_set_init(bio, 1);
    SSL_set_bio(session, bio, bio);
    SSL_set_ex_data(session, 0, &port);
    SSL_set_options(session, SSL_OP_NO_QUERY_MTU);
    SSL_ctrl(session, SSL_CTRL_SET_MTU, static_cast<long>(dtls_datagram_octets_max), nullptr);
    if (role == DtlsRole::active) {
        SSL_set_connect_state(session);
    } else {
        SSL_set_accept_state(session);
    }
    return session;
}

std::optional<SrtpParameters> agreed_parameters(ssl_st& session) noexcept {
    const SRTP_PROTECTION_PROFILE* chosen = SSL_get_selected_srtp_profile(&session);
    for (const DtlsProfile& profile : dtls_profiles) {
        if (chosen == nullptr || chosen->id != profile.id) continue;
        SrtpParameters parameters;
        parameters.suite = profile.suite;
        parameters.lifetime_packets = profile.lifetime_packets;
        return parameters;
    }
    return std::nullopt;
}

}  // namespace busyhour::engine::rtp
