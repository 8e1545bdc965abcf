#pragma once

#include "engine/io/address.h"
#include "engine/io/descriptor.h"
#include "engine/outbox.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

namespace busyhour::engine::io {

struct UdpOptions {
    Peer local;                          ///< port 0: any
    bool shares_port = false;            ///< SO_REUSEPORT
    int buffer_bytes = 4 * 1024 * 1024;  ///< wanted of the system each way; it may give less
};

/// A UDP socket that never blocks.
class UdpSocket {
public:
    explicit UdpSocket(const UdpOptions& options);  ///< throws std::system_error

    [[nodiscard]] int descriptor() const noexcept { return descriptor_.number(); }
    [[nodiscard]] const Peer& local() const noexcept { return local_; }

    /// Sends to and receives from this peer only from now on. Throws std::system_error.
    void connect(const Peer& peer);
    [[nodiscard]] bool is_connected() const noexcept { return is_connected_; }

    /// What waits in the system's receive buffer, as the system counts it.
    [[nodiscard]] double receive_buffer_bytes() const noexcept;

private:
    Descriptor descriptor_;
    Peer local_;
    bool is_connected_ = false;
};

/// The address that leads to the target, with port 0; nothing is sent. Throws std::system_error.
Peer local_address_towards(const Peer& target);

struct Datagram {
    Peer from;  ///< its `listener` and `connection` are 0
    std::span<const std::uint8_t> bytes;
    bool is_truncated = false;  ///< longer than the batch's room
};

/// Receives many datagrams with one call into room taken at the start; serves any number of
/// sockets, one after the other.
class ReceiveBatch {
public:
    explicit ReceiveBatch(std::size_t datagrams_max = 64, std::size_t octets_max = 65535);
    ReceiveBatch(const ReceiveBatch&) = delete;
    ReceiveBatch& operator=(const ReceiveBatch&) = delete;
    ~ReceiveBatch();

    /// Takes what waits at the socket, as far as it fits; the number of datagrams, 0 where none
    /// waits. Errors that the network reported for earlier datagrams are counted and passed over.
    std::size_t receive(const UdpSocket& socket) noexcept;

    /// Valid until the next `receive`.
    [[nodiscard]] Datagram operator[](std::size_t index) const noexcept;
    [[nodiscard]] std::size_t size_max() const noexcept;

    /// What the system has dropped at the socket received from last because its buffer was full
    /// (SO_RXQ_OVFL), since it was `before`; sets `before` to what it is now.
    std::uint32_t dropped_since(std::uint32_t& before) const noexcept;
    [[nodiscard]] std::uint64_t errors() const noexcept { return errors_; }

private:
    struct Room;
    void prepare() noexcept;

    std::unique_ptr<std::uint8_t[]> octets_;  // NOLINT: untouched pages cost nothing
    std::size_t stride_ = 0;
    std::unique_ptr<Room> room_;
    std::size_t used_ = 0;
    std::optional<std::uint32_t> dropped_;  ///< the system's count, where it told
    std::uint64_t errors_ = 0;
};

/// What became of the datagrams of a batch.
struct SendCounts {
    std::uint64_t datagrams = 0;
    std::uint64_t octets = 0;
    std::uint64_t blocked = 0;  ///< the system's buffer was full: dropped, as a network would
    std::uint64_t failed = 0;   ///< the system refused this one
};

/// Sends many datagrams with one call; the octets are not copied and must live until `send`.
///
/// With `merges`, neighbours of one destination and size pass through the system as one buffer that
/// is cut into datagrams at the end (UDP_SEGMENT): cheaper, but what captures packets on this host
/// sees the buffer.
class SendBatch {
public:
    explicit SendBatch(std::size_t datagrams_max = 64, bool merges = false);
    SendBatch(const SendBatch&) = delete;
    SendBatch& operator=(const SendBatch&) = delete;
    ~SendBatch();

    void add(const Peer& to, std::span<const std::uint8_t> bytes) noexcept;  ///< must not be full
    [[nodiscard]] bool is_full() const noexcept;
    [[nodiscard]] bool is_empty() const noexcept { return used_ == 0; }

    /// Sends all that was added, and empties the batch.
    void send(const UdpSocket& socket, SendCounts& counts) noexcept;

private:
    struct Room;
    [[nodiscard]] std::size_t neighbours(std::size_t first) const noexcept;
    std::size_t write_headers(std::size_t first, bool is_connected) noexcept;

    std::unique_ptr<Room> room_;
    std::size_t used_ = 0;
    bool merges_ = false;
};

}  // namespace busyhour::engine::io
