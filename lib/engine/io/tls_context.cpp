#include "engine/io/tls_context.h"

#include <openssl/ssl.h>

#include <csignal>

namespace busyhour::engine::io {
namespace {

[[noreturn]] void fail(const std::string& what) {
    throw_openssl_error(what.c_str());
}

void use_self_made(SSL_CTX* context, KeyKind kind) {
    const Certificate made = make_self_signed_certificate(kind);
    if (SSL_CTX_use_certificate(context, made.certificate.get()) != 1 ||
        SSL_CTX_use_PrivateKey(context, made.key.get()) != 1) {
        fail("cannot use the TLS certificate");
    }
}

void use_files(SSL_CTX* context, const TlsOptions& options) {
    const std::string& key = options.key_file.empty() ? options.certificate_file : options.key_file;
    if (SSL_CTX_use_certificate_chain_file(context, options.certificate_file.c_str()) != 1) {
        fail("cannot use the certificate " + options.certificate_file);
    }
    if (SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(context) != 1) {
        fail("cannot use the key " + key);
    }
}

SSL_CTX* make(const SSL_METHOD* method, const TlsOptions& options) {
    SSL_CTX* context = SSL_CTX_new(method);
    if (context == nullptr) fail("cannot start TLS");
    const bool is_old = options.version == TlsVersion::v1_2;
    const bool is_new = options.version == TlsVersion::v1_3;
    SSL_CTX_set_min_proto_version(context, is_new ? TLS1_3_VERSION : TLS1_2_VERSION);
    SSL_CTX_set_max_proto_version(context, is_old ? TLS1_2_VERSION : TLS1_3_VERSION);
    // Idle connections hold no buffers; one call of the system reads as much as there is.
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_read_ahead(context, 1);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    return context;
}

}  // namespace

void TlsContext::Free::operator()(ssl_ctx_st* context) const noexcept {
    SSL_CTX_free(context);
}

void TlsSession::Free::operator()(ssl_session_st* session) const noexcept {
    SSL_SESSION_free(session);
}

TlsContext TlsContext::server(const TlsOptions& options) {
    TlsContext context(make(TLS_server_method(), options));
    SSL_CTX* raw = context.get();
    if (options.certificate_file.empty()) {
        use_self_made(raw, options.self_made);
    } else {
        use_files(raw, options);
    }
    // Tickets hold the session: nothing is kept here for it, so memory stays bounded.
    SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(raw, options.has_tickets ? 1 : 0);
    if (!options.has_tickets) SSL_CTX_set_options(raw, SSL_OP_NO_TICKET);
    constexpr unsigned char session_context[] = "busyhour";
    SSL_CTX_set_session_id_context(raw, session_context, sizeof session_context - 1);
    if (!options.authority_file.empty()) {
        if (SSL_CTX_load_verify_locations(raw, options.authority_file.c_str(), nullptr) != 1) {
            fail("cannot use the authority " + options.authority_file);
        }
        SSL_CTX_set_client_CA_list(raw, SSL_load_client_CA_file(options.authority_file.c_str()));
        SSL_CTX_set_verify(raw, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    }
    return context;
}

TlsContext TlsContext::client(const TlsOptions& options) {
    TlsContext context(make(TLS_client_method(), options));
    SSL_CTX* raw = context.get();
    if (!options.certificate_file.empty()) use_files(raw, options);
    SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);
    if (!options.has_tickets) SSL_CTX_set_options(raw, SSL_OP_NO_TICKET);
    if (!options.authority_file.empty()) {
        if (SSL_CTX_load_verify_locations(raw, options.authority_file.c_str(), nullptr) != 1) {
            fail("cannot use the authority " + options.authority_file);
        }
        SSL_CTX_set_verify(raw, SSL_VERIFY_PEER, nullptr);
    }
    return context;
}

void ignore_broken_pipes() noexcept {
    sigset_t pipes{};
    sigemptyset(&pipes);
    sigaddset(&pipes, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipes, nullptr);
}

}  // namespace busyhour::engine::io
