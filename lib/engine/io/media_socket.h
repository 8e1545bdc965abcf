#pragma once

#include "engine/io/descriptor.h"
#include "engine/outbox.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>

namespace busyhour::engine::io {

/// One of many UDP sockets that seldom hold more than one datagram each: RTP or RTCP of one leg.
/// Never blocks. Its buffers are the system's default, which holds seconds of one stream.
class MediaSocket {
public:
    MediaSocket() = default;

    /// Nothing where the port is in use or the system refuses; errno says why.
    static std::optional<MediaSocket> open(const Peer& local) noexcept;

    [[nodiscard]] int descriptor() const noexcept { return descriptor_.number(); }
    void close() noexcept { descriptor_.close(); }

    struct Received {
        bool has_datagram = false;
        bool is_truncated = false;  ///< longer than the room
        std::size_t size = 0;       ///< in the room
    };
    /// One datagram, or none; errors that the network reported of earlier ones are passed over.
    Received receive(std::span<std::uint8_t> room, Peer& from) const noexcept;

    /// False where the system did not take it.
    bool send(const Peer& to, std::span<const std::uint8_t> bytes) const noexcept;

private:
    explicit MediaSocket(Descriptor descriptor) noexcept : descriptor_(std::move(descriptor)) {}

    Descriptor descriptor_;
};

}  // namespace busyhour::engine::io
