#pragma once

#include "engine/handler.h"
#include "engine/sip/location.h"
#include "engine/sip/media_control.h"
#include "engine/sip/server_options.h"
#include "engine/sip/statistics.h"
#include "engine/sip/users.h"

#include <cstdint>
#include <memory>
#include <span>

namespace busyhour::engine::sip {

/// One worker of a SIP server: registrar and stateful Record-Routing proxy without a socket or a
/// clock. Source: rfc3261 10, 16, 17; rfc6026.
class Server final : public Handler {
public:
    /// All memory is taken here. `location`, `users` and `media` (null: none is relayed) live
    /// longer and are shared by the workers.
    Server(const ServerOptions& options, Location& location, const Users& users,
           MediaControl* media = nullptr);
    ~Server() override;

    void receive(std::span<const std::uint8_t> message, const Peer& from, Time now,
                 Outbox& out) noexcept override;
    void timeout(Time now, Outbox& out) noexcept override;
    [[nodiscard]] Time next_timeout() const noexcept override;
    void closed(const Peer& peer, Time now, Outbox& out) noexcept override;

    /// How long the oldest message that waits to be received has waited: above
    /// `OverloadThresholds.queue_delay` new INVITE and REGISTER get 503. Call it with each batch.
    void set_pressure(Duration queue_delay) noexcept;
    void pressure(Duration queue_delay) noexcept override { set_pressure(queue_delay); }

    /// Of this worker; `bindings` and `bytes_per_binding` only of worker 0, so that a sum is right.
    [[nodiscard]] Statistics statistics() const;

private:
    struct Core;
    std::unique_ptr<Core> core_;
};

}  // namespace busyhour::engine::sip
