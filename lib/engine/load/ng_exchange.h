#pragma once

#include "engine/io/event_loop.h"
#include "engine/io/udp_socket.h"
#include "engine/load/ng_calls.h"

#include <atomic>
#include <functional>

namespace busyhour::engine::load {

/// The socket over which an rtpengine is told what to do.
class NgExchange {
public:
    explicit NgExchange(const NgOptions& options);  ///< throws std::system_error

    /// Throws std::runtime_error where nothing answers, or something that is no rtpengine.
    void ping();

    /// Until all calls have been set up, or ended; for a bounded time.
    void work(NgCalls& calls, const std::atomic<int>* interrupts,
              const std::function<void(double elapsed_s)>& on_progress);

private:
    /// Sends what the box holds, and waits.
    std::size_t turn(Time until);

    NgOptions options_;
    io::UdpSocket socket_;
    io::EventLoop loop_;
    io::ReceiveBatch received_;
    io::SendBatch to_send_;
    Outbox out_;
};

}  // namespace busyhour::engine::load
