#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace busyhour::engine {

/// The far end of an exchange. A protocol core copies and compares it; engine/io knows what it
/// means.
struct Peer {
    std::array<std::uint8_t, 16>
        address{};  ///< IPv6, or IPv4 as ::ffff:a.b.c.d (RFC 4291, 2.5.5.2)
    std::uint16_t port = 0;
    std::uint32_t connection = 0;  ///< 0 for a datagram, else which TCP or TLS connection

    bool operator==(const Peer&) const = default;
};

/// A message on its way out; `bytes` stay valid until the outbox is cleared.
struct OutgoingMessage {
    Peer to;
    std::span<const std::uint8_t> bytes;
};

/// What a protocol core wants sent: it writes here, engine/io sends it and clears the box.
///
/// All memory is taken at the start. A message that does not fit is dropped and counted.
class Outbox {
public:
    Outbox(std::size_t messages_max, std::size_t octets_max);

    /// Copies `message` in; false where it did not fit.
    bool add(const Peer& to, std::span<const std::uint8_t> message) noexcept;

    [[nodiscard]] std::size_t size() const noexcept { return slots_.size(); }
    [[nodiscard]] bool is_empty() const noexcept { return slots_.empty(); }
    [[nodiscard]] OutgoingMessage operator[](std::size_t index) const noexcept;

    /// Messages that did not fit, since the start.
    [[nodiscard]] std::uint64_t dropped() const noexcept { return dropped_; }

    void clear() noexcept;

private:
    struct Slot {
        Peer to;
        std::size_t begin = 0;
        std::size_t size = 0;
    };

    std::vector<Slot> slots_;
    std::vector<std::uint8_t> octets_;
    std::uint64_t dropped_ = 0;
};

}  // namespace busyhour::engine
