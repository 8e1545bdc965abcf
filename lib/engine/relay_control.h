#pragma once

#include "engine/clock.h"
#include "engine/outbox.h"
#include "engine/rtp/srtp.h"

#include <array>
#include <cstdint>
#include <optional>

namespace busyhour::engine {

/// Where the far end of a leg says that it receives; port 0: it did not say.
struct RelayRemote {
    Peer rtp;
    std::uint16_t rtcp_port = 0;  ///< the port of RTP where both share one

    bool operator==(const RelayRemote&) const = default;
};

/// One medium of one call at the relay.
struct RelayedMedium {
    std::uint64_t id = 0;                  ///< of no other medium, ever
    std::array<std::uint16_t, 2> ports{};  ///< of RTP of each leg; RTCP comes to the next one
};

/// How signalling drives a media relay. Called by the signalling workers, whichever threads they
/// are; never waits for a packet.
class RelayControl {
public:
    virtual ~RelayControl() = default;

    /// Takes ports for two legs; nothing where none are left.
    virtual std::optional<RelayedMedium> open(Time now) noexcept = 0;
    /// What the far end of `leg` (0 or 1) said; learning begins anew where that is something else
    /// than before.
    virtual void set_remote(std::uint64_t id, unsigned leg, const RelayRemote& remote) noexcept = 0;
    /// How SRTP of `leg` is keyed: what its far end sends with, and what it is sent with; nothing:
    /// plain RTP. False where the keys cannot be used.
    virtual bool set_keys(std::uint64_t id, unsigned leg,
                          const std::optional<rtp::SrtpParameters>& received,
                          const std::optional<rtp::SrtpParameters>& sent) noexcept = 0;
    /// False once it was closed, or silent for too long.
    [[nodiscard]] virtual bool is_open(std::uint64_t id) const noexcept = 0;
    virtual void close(std::uint64_t id) noexcept = 0;
};

}  // namespace busyhour::engine
