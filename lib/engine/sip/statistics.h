#pragma once

#include "engine/outbox.h"
#include "engine/sip/message.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace busyhour::engine::sip {

enum class Direction : std::uint8_t { in, out };

/// What is counted beside messages. The names stand in statistics.cpp, in this order.
enum class Counter : std::uint8_t {
    bindings,
    bytes_per_binding,
    registrations_refreshed,
    registrations_added,
    registrations_removed,
    registrations_out_of_order,
    server_transactions,
    client_transactions,
    retransmissions_absorbed,
    retransmissions_sent,
    timeouts,
    stray_responses,
    handed_over,
    transport_failures,
    malformed,
    dropped,
    refused_overload,
    refused_full,
    refused_relay,
    refused_media,
    challenges,
    stale_nonces,
    authentications_failed,
    loops,
    count
};

/// Counts of one worker; those of all workers are their sum.
class Statistics {
public:
    static constexpr std::size_t transports = 3;
    static constexpr std::size_t methods = static_cast<std::size_t>(Method::other) + 1;
    static constexpr std::size_t kinds = 7;  ///< request, then 1xx to 6xx
    static constexpr std::size_t faults = static_cast<std::size_t>(Fault::truncated) + 1;

    /// `status_code` 0: a request.
    void count_message(Direction direction, Transport transport, Method method, int status_code,
                       std::size_t octets) noexcept {
        Cell& cell = cell_of(direction, transport, method, status_code);
        ++cell.messages;
        cell.octets += octets;
    }
    /// Another worker counts it.
    void uncount_message(Direction direction, Transport transport, Method method, int status_code,
                         std::size_t octets) noexcept {
        Cell& cell = cell_of(direction, transport, method, status_code);
        --cell.messages;
        cell.octets -= octets;
    }
    void count(Counter counter, std::uint64_t number = 1) noexcept {
        counters_[static_cast<std::size_t>(counter)] += number;
    }
    void set(Counter counter, std::uint64_t value) noexcept {
        counters_[static_cast<std::size_t>(counter)] = value;
    }
    void count_fault(Fault fault) noexcept {
        ++faults_[static_cast<std::size_t>(fault)];
        count(Counter::malformed);
    }

    [[nodiscard]] std::uint64_t value(Counter counter) const noexcept {
        return counters_[static_cast<std::size_t>(counter)];
    }
    /// `status_class` 0: requests; 1 to 6.
    [[nodiscard]] std::uint64_t messages(Direction direction, Transport transport, Method method,
                                         std::size_t status_class) const noexcept;
    [[nodiscard]] std::uint64_t octets(Direction direction, Transport transport) const noexcept;

    Statistics& operator+=(const Statistics& other) noexcept;

    /// Every counter, and each kind of message that was seen: "in.udp.register.request",
    /// "out.udp.register.2xx", with ".octets" behind for its octets, "malformed.version", ...
    [[nodiscard]] std::vector<std::pair<std::string, std::uint64_t>> rows() const;

private:
    struct Cell {
        std::uint64_t messages = 0;
        std::uint64_t octets = 0;
    };
    using Kinds = std::array<Cell, kinds>;

    Cell& cell_of(Direction direction, Transport transport, Method method,
                  int status_code) noexcept {
        return messages_[static_cast<std::size_t>(direction)][static_cast<std::size_t>(transport)]
                        [static_cast<std::size_t>(method)]
                        [static_cast<std::size_t>(status_code) / 100 % kinds];
    }

    std::array<std::array<std::array<Kinds, methods>, transports>, 2> messages_{};
    std::array<std::uint64_t, static_cast<std::size_t>(Counter::count)> counters_{};
    std::array<std::uint64_t, faults> faults_{};
};

}  // namespace busyhour::engine::sip
