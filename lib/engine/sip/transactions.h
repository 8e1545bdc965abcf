#pragma once

#include "engine/outbox.h"
#include "engine/sip/chunk_pool.h"
#include "engine/sip/hash.h"
#include "engine/sip/message.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace busyhour::engine::sip {

constexpr std::uint32_t no_transaction = 0xffffffffU;

/// States of rfc3261 17.1 and 17.2, with `accepted` of rfc6026.
enum class TransactionState : std::uint8_t {
    idle,
    trying,  ///< "calling" of an INVITE client transaction
    proceeding,
    completed,
    confirmed,
    accepted,
};

/// A message kept in the pool.
struct KeptMessage {
    std::uint32_t handle = ChunkPool::none;
    std::uint32_t octets = 0;
};

/// A request that came, with its response context. Source: rfc3261 16.2, 17.2.
struct ServerTransaction {
    Hash128 key;
    Peer from;
    Hash128 aor;                ///< whose contacts are tried, where `has_aor`
    std::uint32_t q_tried = 0;  ///< contacts of lower q are still untried
    std::uint32_t next_in_bucket = no_transaction;
    std::uint32_t first_branch = no_transaction;
    std::uint32_t pending = 0;  ///< branches without a final response
    KeptMessage request;
    KeptMessage response;  ///< the last that was sent, where it must be repeated
    KeptMessage best;      ///< the best final response of the branches so far
    std::int16_t best_status = 0;
    std::int16_t sent_status = 0;
    Method method = Method::other;
    TransactionState state = TransactionState::idle;
    std::uint8_t repeats = 0;
    bool is_reliable = false;
    bool is_cancelled = false;
    bool has_aor = false;
};

/// A request that was sent on. Source: rfc3261 17.1.
struct ClientTransaction {
    Peer to;
    std::uint32_t generation = 0;
    std::uint32_t server = no_transaction;
    std::uint32_t next_branch = no_transaction;
    std::uint32_t cancel = no_transaction;  ///< the client transaction of its CANCEL
    std::uint32_t next_to_peer = no_transaction;
    std::uint32_t last_to_peer = no_transaction;  ///< the one before it
    KeptMessage request;
    Method method = Method::other;
    TransactionState state = TransactionState::idle;
    std::uint8_t repeats = 0;
    bool is_reliable = false;
    bool is_cancel_wanted = false;  ///< CANCEL waits for a provisional response (9.1)
};

/// The transactions of one worker, their messages included: a fixed number of each.
class Transactions {
public:
    explicit Transactions(std::size_t transactions_max);

    std::uint32_t find(const Hash128& key) const noexcept;
    /// `no_transaction` where the table is full.
    std::uint32_t open_server(const Hash128& key) noexcept;
    void close_server(std::uint32_t index) noexcept;
    std::uint32_t open_client(std::uint32_t generation, const Peer& to) noexcept;
    void close_client(std::uint32_t index) noexcept;
    /// A client transaction over the connection that `peer` is, with no final response yet.
    [[nodiscard]] std::uint32_t find_waiting(const Peer& peer) const noexcept;

    [[nodiscard]] ServerTransaction& server(std::uint32_t index) noexcept {
        return servers_[index];
    }
    [[nodiscard]] ClientTransaction& client(std::uint32_t index) noexcept {
        return clients_[index];
    }
    [[nodiscard]] std::size_t servers() const noexcept { return servers_.size() - free_s_.size(); }
    [[nodiscard]] std::size_t clients() const noexcept { return clients_.size() - free_c_.size(); }
    [[nodiscard]] std::size_t capacity() const noexcept { return servers_.size(); }
    [[nodiscard]] double fill_fraction() const noexcept;

    bool keep(KeptMessage& message, std::string_view octets) noexcept;
    void forget(KeptMessage& message) noexcept;
    /// The octets of a kept message, copied to the front of `to`.
    std::string_view read(const KeptMessage& message, std::span<char> to) const noexcept;

private:
    std::vector<ServerTransaction> servers_;
    std::vector<ClientTransaction> clients_;
    std::vector<std::uint32_t> free_s_;
    std::vector<std::uint32_t> free_c_;
    [[nodiscard]] std::size_t peer_bucket(const Peer& to, bool by_connection) const noexcept;

    std::vector<std::uint32_t> buckets_;
    std::vector<std::uint32_t> peer_buckets_;  ///< of what went over TCP and TLS
    ChunkPool pool_;
};

}  // namespace busyhour::engine::sip
