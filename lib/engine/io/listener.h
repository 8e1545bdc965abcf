#pragma once

#include "engine/io/address.h"
#include "engine/io/descriptor.h"

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

}  // namespace busyhour::engine::io
