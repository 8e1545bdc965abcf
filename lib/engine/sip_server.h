#pragma once

#include "engine/call_media.h"
#include "engine/io/stream_table.h"
#include "engine/io/tls_context.h"
#include "engine/io/worker_group.h"
#include "engine/media_relay.h"
#include "engine/ng_server.h"
#include "engine/sip/server_options.h"
#include "engine/sip/statistics.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace busyhour::engine {

/// A user name and its password.
using Credentials = std::pair<std::string, std::string>;

struct SipServerOptions {
    std::vector<Peer> listen;
    std::string host{};    ///< what others reach this host by; empty: the address listened on, and
                           ///< for "any" the first address of this host
    unsigned workers = 1;  ///< 1 to 256
    std::vector<int> cpus{};  ///< as io::GroupOptions
    io::TlsOptions tls{};     ///< of listeners
    io::StreamLimits streams{};
    std::vector<Credentials> users{};
    std::optional<MediaRelayOptions> media{};  ///< without: media go round the server
    sip::MediaProtection media_protection{};   ///< of what callees are offered
    std::optional<Peer> ng{};  ///< where rtpengine's control protocol is served; needs `media`
    sip::ServerOptions sip{};  ///< `listeners`, `worker`, `workers` and `secret` are set here
};

struct MediaSummary {
    CallMediaCounts calls;
    MediaRelayCounts relay;
    NgServerCounts ng;
    std::uint64_t bytes_per_medium = 0;  ///< without its sockets and SRTP
};

struct SipServerSummary {
    sip::Statistics sip;
    io::WorkerCounts io;
    std::optional<MediaSummary> media;
    double uptime_s = 0;
    std::uint64_t resident_most_bytes = 0;   ///< of the process, at any time
    std::uint64_t bytes_per_connection = 0;  ///< of those open at the end; 0: none was
    std::uint64_t descriptors_max = 0;       ///< the limit of open files
};

/// The SIP server: workers, listeners and what they share.
class SipServer {
public:
    /// Listens, and takes all memory. Throws std::system_error, and std::runtime_error for a
    /// certificate that cannot be used.
    explicit SipServer(const SipServerOptions& options);
    SipServer(const SipServer&) = delete;
    SipServer& operator=(const SipServer&) = delete;
    ~SipServer();

    /// In the order of `--listen`, with the real ports.
    [[nodiscard]] const std::vector<Peer>& listening() const noexcept;
    /// Of the control protocol of the media relay; nothing where it is not served.
    [[nodiscard]] std::optional<Peer> ng_listening() const noexcept;

    void start();

    /// Ends everything in order and tells what was.
    SipServerSummary stop();

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace busyhour::engine
