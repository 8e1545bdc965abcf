#pragma once

#include "engine/clock.h"
#include "engine/sip/message.h"
#include "engine/sip/nonce.h"
#include "engine/sip/server_options.h"
#include "engine/sip/statistics.h"
#include "engine/sip/users.h"
#include "engine/sip/writer.h"

#include <cstdint>
#include <string_view>

namespace busyhour::engine::sip {

/// Checks the digest credentials of requests and writes challenges. Source: rfc3261 22, rfc8760.
class Authenticator {
public:
    Authenticator(const ServerOptions& options, const Users& users, Statistics& statistics);

    enum class Verdict : std::uint8_t { accepted, challenged, stale, forbidden };

    /// Whether `request` carries valid credentials in `field` (Authorization or
    /// Proxy-Authorization) of the user that `uri` names; 403 for another user's.
    Verdict check(const Message& request, Field field, std::string_view uri, Time now) noexcept;

    /// A challenge for each algorithm offered; `name` is WWW-Authenticate or
    /// Proxy-Authenticate.
    void write_challenge(Writer& writer, std::string_view name, bool is_stale, Time now) noexcept;

    [[nodiscard]] bool knows(std::string_view username) const noexcept;

private:
    [[nodiscard]] bool offers(DigestAlgorithm algorithm) const noexcept;

    const ServerOptions& options_;
    const Users& users_;
    Statistics& statistics_;
    DigestCalculator calculator_;
    Nonces nonces_;
};

}  // namespace busyhour::engine::sip
