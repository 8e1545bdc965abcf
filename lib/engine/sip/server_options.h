#pragma once

#include "engine/clock.h"
#include "engine/outbox.h"
#include "engine/sip/digest.h"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace busyhour::engine::sip {

/// Where the server is reached; `Peer.listener` is the index of one of these.
struct ServerListener {
    Transport transport = Transport::udp;
    std::string host;  ///< of Via and Record-Route; an IPv6 reference keeps its brackets
    std::uint16_t port = 5060;
};

enum class Authentication : std::uint8_t { none, digest };

/// How many of a thing one worker (bindings: all workers together) can hold; taken at the start.
struct ServerCapacities {
    std::size_t bindings = 1'000'000;
    std::size_t contacts_per_aor = 10;
    std::size_t transactions = 65'536;  ///< server transactions, and as many client transactions
    std::size_t nonces = 65'536;        ///< nonces whose nonce count is remembered
};

/// When new work is refused with 503. Source: rfc3261 21.5.4, rfc7339 (in-dialog requests last).
struct OverloadThresholds {
    double transactions_fraction = 0.9;              ///< of the transaction table
    Duration queue_delay = std::chrono::seconds(1);  ///< beside what `set_pressure` says
    std::chrono::seconds retry_after = std::chrono::seconds(5);
};

struct ServerOptions {
    std::vector<ServerListener> listeners;

    /// The domains served. Empty: one domain, whatever a request calls it.
    std::vector<std::string> domains;
    bool relays_foreign_domains = false;  ///< else 403 (an open relay serves strangers)

    Authentication register_authentication = Authentication::none;
    Authentication invite_authentication = Authentication::none;  ///< all that begins a dialog or
                                                                  ///< stands outside of one
    std::string realm = "busyhour";
    /// One challenge for each, in this order, and no other is accepted. MD5 first: clients that
    /// know nothing else often read the first challenge alone. Source: rfc8760 2.3.
    std::vector<DigestAlgorithm> digest_algorithms{DigestAlgorithm::md5, DigestAlgorithm::sha256};
    std::chrono::seconds nonce_lifetime = std::chrono::seconds(300);

    std::chrono::seconds expires_default = std::chrono::seconds(3600);
    std::chrono::seconds expires_min = std::chrono::seconds(60);
    std::chrono::seconds expires_max = std::chrono::seconds(7200);

    ServerCapacities capacities;
    OverloadThresholds overload;

    unsigned worker = 0;
    unsigned workers = 1;

    /// The key of hashes, nonces and dialog tokens: random, the same for all workers.
    std::array<std::uint8_t, 16> secret{};
};

}  // namespace busyhour::engine::sip
