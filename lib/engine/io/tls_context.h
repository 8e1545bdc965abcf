#pragma once

#include "engine/certificate.h"
#include "engine/outbox.h"

#include <cstdint>
#include <memory>
#include <string>

struct ssl_ctx_st;
struct ssl_session_st;
struct ssl_st;

namespace busyhour::engine::io {

enum class TlsVersion : std::uint8_t { any, v1_2, v1_3 };  ///< any: 1.2 or 1.3
using engine::KeyKind;

struct TlsOptions {
    std::string certificate_file{};  ///< PEM, with its chain; empty: a server makes its own,
                                     ///< a client shows none
    std::string key_file{};          ///< PEM; empty: the key is in the certificate's file
    std::string authority_file{};    ///< PEM: the far end must show a certificate signed by one of
                                     ///< these; empty: it is not asked for or not looked at
    TlsVersion version = TlsVersion::any;
    KeyKind self_made = KeyKind::ecdsa_p256;
    bool has_tickets = true;  ///< session resumption (rfc5077, rfc8446 4.6.1)
};

/// A TLS configuration that connections are made from; threads may share it.
class TlsContext {
public:
    static TlsContext server(const TlsOptions& options);  ///< throws std::runtime_error
    static TlsContext client(const TlsOptions& options);  ///< throws std::runtime_error

    [[nodiscard]] ssl_ctx_st* get() const noexcept { return context_.get(); }

private:
    struct Free {
        void operator()(ssl_ctx_st* context) const noexcept;
    };
    explicit TlsContext(ssl_ctx_st* context) : context_(context) {}

    std::unique_ptr<ssl_ctx_st, Free> context_;
};

/// A session that a client may resume; empty where there is none.
class TlsSession {
public:
    TlsSession() = default;
    explicit TlsSession(ssl_session_st* session) : session_(session) {}
    [[nodiscard]] ssl_session_st* get() const noexcept { return session_.get(); }

private:
    struct Free {
        void operator()(ssl_session_st* session) const noexcept;
    };
    std::unique_ptr<ssl_session_st, Free> session_;
};

/// Keeps this thread alive when it writes to a connection that the far end has closed (SIGPIPE):
/// every thread that drives TLS connections calls it once.
void ignore_broken_pipes() noexcept;

}  // namespace busyhour::engine::io
