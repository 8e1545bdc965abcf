#pragma once

#include "engine/relay_control.h"
#include "engine/rtp/relay.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace busyhour::engine {

struct MediaRelayOptions {
    Peer address;  ///< of all ports; one address of this host, its port is not looked at
    std::uint16_t port_first = 10000;
    std::uint16_t port_last = 59999;
    std::size_t media_max = 10'000;
    unsigned workers = 1;
    std::vector<int> cpus{};  ///< worker n runs on processor n of these only; empty: any
    rtp::RelayRules rules{};
    Duration silence = std::chrono::seconds(60);  ///< without a packet a medium is closed
    std::optional<Peer> recorder{};               ///< RTP of all calls, plain, is sent there too
};

struct MediaRelayCounts {
    std::uint64_t opened = 0;
    std::uint64_t closed = 0;
    std::uint64_t silent = 0;         ///< closed, as nothing came for too long
    std::uint64_t refused = 0;        ///< no room, or no ports
    std::uint64_t send_failures = 0;  ///< the system did not take a datagram
    std::uint64_t recorded = 0;       ///< datagrams sent to the recorder
    std::uint64_t orders_lost = 0;    ///< of signalling: more waited than there is room for
    rtp::RelayLegCounts legs;         ///< of all legs
};

/// A relay of RTP and RTCP on many ports, each medium with two pairs of them, driven by whoever
/// holds a session description. Each worker has its media, its sockets and a thread; signalling
/// hands it orders. All memory but that of sockets and SRTP is taken at the start.
class MediaRelay final : public RelayControl {
public:
    /// Throws std::system_error, as for an address that is not this host's, and std::runtime_error
    /// for ports that make no two pairs.
    explicit MediaRelay(const MediaRelayOptions& options);
    MediaRelay(const MediaRelay&) = delete;
    MediaRelay& operator=(const MediaRelay&) = delete;
    ~MediaRelay() override;

    void start();
    /// Ends the threads; `counts` is final then.
    void stop();

    std::optional<RelayedMedium> open(Time now) noexcept override;
    void set_remote(std::uint64_t id, unsigned leg, const RelayRemote& remote) noexcept override;
    bool set_keys(std::uint64_t id, unsigned leg,
                  const std::optional<rtp::SrtpParameters>& received,
                  const std::optional<rtp::SrtpParameters>& sent) noexcept override;
    [[nodiscard]] bool is_open(std::uint64_t id) const noexcept override;
    void close(std::uint64_t id) noexcept override;

    /// Packets only after `stop`; media at any time.
    [[nodiscard]] MediaRelayCounts counts() const noexcept;
    [[nodiscard]] std::size_t media() const noexcept;
    [[nodiscard]] std::size_t bytes_per_medium() const noexcept;

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace busyhour::engine
