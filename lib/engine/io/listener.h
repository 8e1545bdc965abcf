#pragma once

#include "engine/io/address.h"
#include "engine/io/descriptor.h"
#include "engine/io/udp_socket.h"

#include <cstdint>
#include <memory>

namespace busyhour::engine::io {

/// A TCP socket that takes connections and never blocks.
class StreamListener {
public:
    StreamListener(const Peer& local, bool shares_port);  ///< throws std::system_error

    [[nodiscard]] int descriptor() const noexcept { return socket_.number(); }
    [[nodiscard]] const Peer& local() const noexcept { return local_; }

    /// The next connection that waits; closed where there is none, and `errno` says why. `from`
    /// takes its address and port.
    Descriptor accept(Peer& from) const noexcept;

private:
    Descriptor socket_;
    Peer local_;
};

/// A socket of either kind that messages come in by.
struct Listening {
    Peer local;                              ///< with the real port
    std::unique_ptr<UdpSocket> udp;          ///< for Transport::udp
    std::unique_ptr<StreamListener> stream;  ///< for the others
    std::uint32_t missed = 0;                ///< datagrams that the system dropped so far

    [[nodiscard]] int descriptor() const noexcept;
};

/// Throws std::system_error.
Listening listen_on(const Peer& local, bool shares_port);

}  // namespace busyhour::engine::io
