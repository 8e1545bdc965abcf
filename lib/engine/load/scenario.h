#pragma once

#include "engine/clock.h"
#include "engine/load/flow.h"
#include "engine/load/users.h"
#include "engine/outbox.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace busyhour::engine::load {

/// How long a TCP or TLS connection is kept.
enum class ConnectionUse : std::uint8_t { persistent, per_registration, per_transaction };

/// Timers of client and server transactions. Source: rfc3261 17.1.1.1, Table 4.
struct TransactionTimers {
    Duration t1 = std::chrono::milliseconds(500);
    Duration t2 = std::chrono::seconds(4);
    /// Timers B, F and H.
    [[nodiscard]] Duration limit() const { return 64 * t1; }
};

/// How a storm tries again. Source: rfc5626 4.5.
struct BackOff {
    Duration base = std::chrono::seconds(30);
    Duration largest = std::chrono::seconds(1800);
};

/// What the users of a generator do, and with whom.
struct Scenario {
    Flow flow = flows.front();
    std::vector<User> users;
    std::string server;  ///< host:port of the target, as a URI says it
    std::string callee;  ///< address of record of a user agent elsewhere; empty: own users
    Peer target;
    ConnectionUse connection_use = ConnectionUse::persistent;
    std::size_t sockets_number = 1;    ///< of UDP, 1 to 256
    std::size_t sessions_max = 65536;  ///< under way at a time, below 2^24
    std::uint32_t seed = 1;
    std::uint32_t expires_s = 3600;
    bool clears_first = false;  ///< what an earlier run has left of the users' bindings
    Duration ring{0};           ///< from 180 to 200
    Duration hold{0};           ///< from ACK to BYE
    TransactionTimers timers;
    BackOff back_off;

    [[nodiscard]] bool is_reliable() const { return target.transport != Transport::udp; }
};

/// Where a socket or a connection of the generator is seen, e.g. "127.0.0.1:40001".
struct LocalAddress {
    std::string sent_by;
};

}  // namespace busyhour::engine::load
