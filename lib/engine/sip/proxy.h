#pragma once

#include "engine/sip/authenticator.h"
#include "engine/sip/location.h"
#include "engine/sip/registrar.h"
#include "engine/sip/responder.h"
#include "engine/sip/server_options.h"

#include <cstddef>

namespace busyhour::engine::sip {

/// A stateful, Record-Routing, forking proxy. Source: rfc3261 16, 17; rfc6026; rfc5658.
class Proxy {
public:
    Proxy(const ServerOptions& options, Location&, Registrar&, Authenticator&, Responder& responder)
        : options_(options), responder_(responder) {}

    bool absorb(const Arrival&) noexcept { return false; }
    void forward_ack(const Arrival&) noexcept {}
    void forward(const Arrival& arrival) noexcept { responder_.answer(arrival, 404); }
    void receive_response(const Arrival&) noexcept {}
    void timeout(Time, Outbox&) noexcept {}
    [[nodiscard]] Time next_timeout() const noexcept { return never; }
    void closed(const Peer&, Time, Outbox&) noexcept {}
    [[nodiscard]] double fill_fraction() const noexcept {
        return options_.listeners.empty() ? 1 : 0;
    }
    [[nodiscard]] std::size_t server_transactions() const noexcept { return 0; }
    [[nodiscard]] std::size_t client_transactions() const noexcept { return 0; }

private:
    const ServerOptions& options_;
    Responder& responder_;
};

}  // namespace busyhour::engine::sip
