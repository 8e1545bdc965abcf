#pragma once

#include "engine/call_media.h"
#include "engine/io/event_loop.h"
#include "engine/io/udp_socket.h"

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <thread>

namespace busyhour::engine {

struct NgServerCounts {
    std::uint64_t requests = 0;
    std::uint64_t refused = 0;    ///< answered by an error
    std::uint64_t malformed = 0;  ///< no request; not answered
};

/// What one request says is to be done, and what is answered. `request` is "COOKIE bencode"; the
/// answer has the same cookie, and is empty where there is nothing to answer.
/// Source: rtpengine-ng.
std::string answer_ng(std::string_view request, CallMedia& media, Time now, NgServerCounts& counts);

/// Serves ping, offer, answer and delete of rtpengine's control protocol over UDP, so that what
/// drives an rtpengine (a SIP proxy's module, `busyhour load rtp`) can drive this relay. Of the
/// options it knows `transport-protocol`; it always does what ICE=remove asks for.
class NgServer {
public:
    /// Throws std::system_error.
    NgServer(const Peer& listen, CallMedia& media);
    NgServer(const NgServer&) = delete;
    NgServer& operator=(const NgServer&) = delete;
    ~NgServer() { stop(); }

    [[nodiscard]] const Peer& listening() const noexcept { return socket_.local(); }
    void start();
    void stop();
    /// After `stop`.
    [[nodiscard]] const NgServerCounts& counts() const noexcept { return counts_; }

private:
    void run();

    CallMedia& media_;
    io::UdpSocket socket_;
    io::EventLoop loop_;
    io::Waker waker_;
    io::ReceiveBatch received_;
    io::SendBatch to_send_;
    NgServerCounts counts_;
    std::atomic<bool> is_stopping_ = false;
    std::thread thread_;
};

}  // namespace busyhour::engine
