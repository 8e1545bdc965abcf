#pragma once

#include "engine/clock.h"
#include "engine/load/ng_bencode.h"
#include "engine/outbox.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace busyhour::engine::load {

struct NgOptions {
    Peer relay{};               ///< where rtpengine listens for commands
    std::uint32_t cookies = 0;  ///< begins each cookie: another one for each run
    std::size_t open_max = 64;  ///< requests under way at a time
    Duration first_wait = std::chrono::milliseconds(500);  ///< until it is sent again; then doubled
    unsigned transmissions_max = 5;                        ///< of one request; then it has failed
};

/// What became of a request.
struct NgAnswer {
    std::uint32_t request = 0;     ///< the number it was sent with
    std::optional<Bencode> value;  ///< a dictionary; nothing where no answer came

    [[nodiscard]] bool is_ok() const noexcept;
    [[nodiscard]] std::string_view error() const noexcept;  ///< "" where it is ok
};

struct NgCounts {
    std::uint64_t requests = 0;
    std::uint64_t retransmissions = 0;
    std::uint64_t timeouts = 0;
    std::uint64_t unexpected = 0;  ///< datagrams that answer nothing that is open, or are none
};

/// Client side of rtpengine's control protocol over UDP: requests with cookies, each sent again
/// with the same cookie until it is answered. No socket, no clock. Source: rtpengine-ng.
class NgClient {
public:
    explicit NgClient(const NgOptions& options);

    [[nodiscard]] bool is_full() const noexcept { return open_ == slots_.size(); }
    [[nodiscard]] std::size_t open() const noexcept { return open_; }

    /// Sends a request, a bencoded dictionary, under a number of the caller's choice; false where
    /// too many are open.
    bool send(std::uint32_t request, std::string_view dictionary, Time now, Outbox& out);

    /// The answer that a datagram is, which it is a view of; nothing where it is none.
    std::optional<NgAnswer> receive(std::span<const std::uint8_t> datagram);

    [[nodiscard]] Time next_timeout() const noexcept;

    /// Sends again what is due; call it until it tells of no request that has failed.
    std::optional<NgAnswer> timeout(Time now, Outbox& out);

    [[nodiscard]] const NgCounts& counts() const noexcept { return counts_; }

private:
    struct Slot {
        bool is_open = false;
        std::uint32_t request = 0;
        unsigned transmissions = 0;
        Time due = never;
        std::string cookie;
        std::string datagram;
    };

    void transmit(Slot& slot, Time now, Outbox& out);
    void close(Slot& slot) noexcept;

    NgOptions options_;
    std::vector<Slot> slots_;
    std::size_t open_ = 0;
    std::uint64_t serial_ = 0;
    NgCounts counts_;
};

}  // namespace busyhour::engine::load
