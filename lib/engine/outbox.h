#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace busyhour::engine {

enum class Transport : std::uint8_t { udp, tcp, tls };

/// The far end of an exchange. A protocol core copies and compares it; engine/io knows what it
/// means.
struct Peer {
    std::array<std::uint8_t, 16>
        address{};  ///< IPv6, or IPv4 as ::ffff:a.b.c.d (RFC 4291, 2.5.5.2)
    std::uint16_t port = 0;
    Transport transport = Transport::udp;
    std::uint8_t listener = 0;     ///< which of the server's `--listen` it came in by or leaves by
    std::uint32_t connection = 0;  ///< which TCP or TLS connection; 0 for a datagram, and for
                                   ///< "the open connection to that address, or a new one"

    bool operator==(const Peer&) const = default;
};

/// A message on its way out; `bytes` stay valid until the outbox is cleared.
struct OutgoingMessage {
    Peer to;
    std::span<const std::uint8_t> bytes;
};

/// A message that another worker must work on, as if it had come in there (a response whose
/// transaction lives there).
struct HandedMessage {
    unsigned worker = 0;
    Peer from;
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

    /// Copies in a message that `worker` must work on as if it had come in there from `from`; false
    /// where it did not fit.
    bool hand_over(unsigned worker, const Peer& from,
                   std::span<const std::uint8_t> message) noexcept;

    [[nodiscard]] std::size_t size() const noexcept { return slots_.size(); }
    [[nodiscard]] bool is_empty() const noexcept { return slots_.empty() && handed_.empty(); }
    [[nodiscard]] OutgoingMessage operator[](std::size_t index) const noexcept;

    [[nodiscard]] std::size_t handed_size() const noexcept { return handed_.size(); }
    [[nodiscard]] HandedMessage handed(std::size_t index) const noexcept;

    /// Whether half of the room is used: time to send.
    [[nodiscard]] bool is_half_full() const noexcept;

    /// Messages that did not fit, since the start.
    [[nodiscard]] std::uint64_t dropped() const noexcept { return dropped_; }

    void clear() noexcept;

private:
    struct Slot {
        Peer to;
        std::size_t begin = 0;
        std::size_t size = 0;
        unsigned worker = 0;  ///< of a handed message
    };

    bool put(std::vector<Slot>& slots, const Slot& slot,
             std::span<const std::uint8_t> message) noexcept;

    std::vector<Slot> slots_;
    std::vector<Slot> handed_;
    std::vector<std::uint8_t> octets_;
    std::uint64_t dropped_ = 0;
};

}  // namespace busyhour::engine
