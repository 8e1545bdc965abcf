#include "engine/sip/transactions.h"

#include <algorithm>
#include <bit>

namespace busyhour::engine::sip {

namespace {

constexpr std::size_t chunk_octets = 512;
constexpr std::size_t chunks_per_transaction = 10;  // requests in and out, responses

void fill_free(std::vector<std::uint32_t>& free, std::size_t number) {
    free.reserve(number);
    for (std::size_t i = number; i-- > 0;) free.push_back(static_cast<std::uint32_t>(i));
}

}  // namespace

Transactions::Transactions(std::size_t transactions_max)
    : servers_(transactions_max),
      clients_(transactions_max),
      buckets_(std::bit_ceil(transactions_max + 1), no_transaction),
      peer_buckets_(buckets_.size(), no_transaction),
      pool_(chunk_octets, std::max<std::size_t>(transactions_max * chunks_per_transaction, 1024)) {
    fill_free(free_s_, transactions_max);
    fill_free(free_c_, transactions_max);
}

double Transactions::fill_fraction() const noexcept {
    const std::size_t used = std::max(servers(), clients());
    const double slots =
        servers_.empty() ? 1.0 : static_cast<double>(used) / static_cast<double>(servers_.size());
    return std::max(slots,
                    static_cast<double>(pool_.used()) / static_cast<double>(pool_.capacity()));
}

std::uint32_t Transactions::find(const Hash128& key) const noexcept {
    std::uint32_t index = buckets_[key.low & (buckets_.size() - 1)];
    while (index != no_transaction && servers_[index].key != key) {
        index = servers_[index].next_in_bucket;
    }
    return index;
}

std::uint32_t Transactions::open_server(const Hash128& key) noexcept {
    if (free_s_.empty()) return no_transaction;
    const std::uint32_t index = free_s_.back();
    free_s_.pop_back();
    std::uint32_t& bucket = buckets_[key.low & (buckets_.size() - 1)];
    servers_[index] = ServerTransaction{};
    servers_[index].key = key;
    servers_[index].next_in_bucket = bucket;
    bucket = index;
    return index;
}

void Transactions::close_server(std::uint32_t index) noexcept {
    ServerTransaction& server = servers_[index];
    std::uint32_t* link = &buckets_[server.key.low & (buckets_.size() - 1)];
    while (*link != index) link = &servers_[*link].next_in_bucket;
    *link = server.next_in_bucket;
    std::uint32_t branch = server.first_branch;
    while (branch != no_transaction) {
        const std::uint32_t next = clients_[branch].next_branch;
        clients_[branch].server = no_transaction;
        clients_[branch].next_branch = no_transaction;
        branch = next;
    }
    forget(server.request);
    forget(server.response);
    forget(server.best);
    server.state = TransactionState::idle;
    free_s_.push_back(index);
}

/// The table is the attacker's to fill anyway, and no longer than the transactions there are: an
/// unkeyed hash will do.
std::size_t Transactions::peer_bucket(const Peer& to, bool by_connection) const noexcept {
    std::uint64_t word = to.connection;
    if (!by_connection) {
        word = to.port;
        for (const std::uint8_t octet : to.address) word = word * 31 + octet;
    }
    constexpr std::uint64_t golden = 0x9e3779b97f4a7c15ULL;
    return word * golden >> 32U & (peer_buckets_.size() - 1);
}

std::uint32_t Transactions::open_client(std::uint32_t generation, const Peer& to) noexcept {
    if (free_c_.empty()) return no_transaction;
    const std::uint32_t index = free_c_.back();
    free_c_.pop_back();
    ClientTransaction& client = clients_[index];
    client = ClientTransaction{};
    client.generation = generation;
    client.to = to;
    client.is_reliable = to.transport != Transport::udp;
    if (!client.is_reliable) return index;
    std::uint32_t& bucket = peer_buckets_[peer_bucket(to, to.connection != 0)];
    client.next_to_peer = bucket;
    if (bucket != no_transaction) clients_[bucket].last_to_peer = index;
    bucket = index;
    return index;
}

std::uint32_t Transactions::find_waiting(const Peer& peer) const noexcept {
    for (const bool by_connection : {true, false}) {
        std::uint32_t index = peer_buckets_[peer_bucket(peer, by_connection)];
        for (; index != no_transaction; index = clients_[index].next_to_peer) {
            const ClientTransaction& client = clients_[index];
            const bool waits = client.state == TransactionState::trying ||
                               client.state == TransactionState::proceeding;
            if (!waits || client.to.transport != peer.transport) continue;
            const bool is_it = client.to.connection != 0 ? client.to.connection == peer.connection
                                                         : client.to.address == peer.address &&
                                                               client.to.port == peer.port;
            if (is_it) return index;
        }
    }
    return no_transaction;
}

void Transactions::close_client(std::uint32_t index) noexcept {
    ClientTransaction& client = clients_[index];
    if (client.server != no_transaction) {
        std::uint32_t* link = &servers_[client.server].first_branch;
        while (*link != no_transaction && *link != index) link = &clients_[*link].next_branch;
        if (*link == index) *link = client.next_branch;
    }
    if (client.is_reliable) {
        const std::uint32_t next = client.next_to_peer;
        if (next != no_transaction) clients_[next].last_to_peer = client.last_to_peer;
        (client.last_to_peer != no_transaction
             ? clients_[client.last_to_peer].next_to_peer
             : peer_buckets_[peer_bucket(client.to, client.to.connection != 0)]) = next;
    }
    forget(client.request);
    client.state = TransactionState::idle;
    client.server = no_transaction;
    free_c_.push_back(index);
}

bool Transactions::keep(KeptMessage& message, std::string_view octets) noexcept {
    forget(message);
    message.handle = pool_.store(octets);
    if (message.handle == ChunkPool::none) return false;
    message.octets = static_cast<std::uint32_t>(octets.size());
    return true;
}

void Transactions::forget(KeptMessage& message) noexcept {
    pool_.release(message.handle);
    message = {};
}

std::string_view Transactions::read(const KeptMessage& message, std::span<char> to) const noexcept {
    const std::size_t octets = std::min<std::size_t>(message.octets, to.size());
    pool_.read(message.handle, to.first(octets));
    return {to.data(), octets};
}

}  // namespace busyhour::engine::sip
