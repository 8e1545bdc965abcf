#pragma once

#include "engine/outbox.h"
#include "engine/sip/hash.h"
#include "engine/sip/message.h"
#include "engine/sip/server_options.h"
#include "engine/sip/writer.h"

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace busyhour::engine::sip {

/// The Route set of a request after what was the server's own was taken off. Source: rfc3261 16.4.
struct RouteSet {
    static constexpr std::size_t routes_max = 32;
    std::array<std::string_view, routes_max> values;  ///< as written in Route
    std::size_t begin = 0;
    std::size_t end = 0;
    std::string_view request_uri;
    bool is_ours = false;  ///< a Route of this server with a valid token was on top
    bool is_too_long = false;
    std::string_view flows;  ///< of our Record-Route: the two connections of the dialog
    [[nodiscard]] bool is_empty() const noexcept { return begin == end; }
    [[nodiscard]] std::span<const std::string_view> left() const noexcept {
        return std::span(values).subspan(begin, end - begin);
    }
};

/// Finds the way of requests; names the server in Record-Route.
///
/// A Record-Route of this server carries a token, the keyed hash of the Call-ID and the flows: a
/// request that shows it belongs to a dialog that was set up through here and may go anywhere, any
/// other only to registered users.
class Router {
public:
    explicit Router(const ServerOptions& options) : options_(options) {}

    [[nodiscard]] RouteSet routes(const Message& request) const noexcept;

    /// Where a URI with an address leads, leaving as `like` came where it can; nothing for a name.
    [[nodiscard]] std::optional<Peer> resolve(const Uri& uri, const Peer& like) const noexcept;

    /// Record-Route lines for a request that came from `from` and goes to `to`. Source: rfc3261
    /// 16.6 step 4, rfc5658.
    void write_record_routes(Writer& writer, std::string_view call_id, const Peer& from,
                             const Peer& to) const noexcept;

    /// The connection of the other side of the dialog; 0 where it is none.
    [[nodiscard]] static std::optional<Peer> other_side(std::string_view flows,
                                                        const Peer& from) noexcept;

    [[nodiscard]] bool is_listener(const Uri& uri) const noexcept;

private:
    [[nodiscard]] std::uint64_t token(std::string_view call_id,
                                      std::string_view flows) const noexcept;
    [[nodiscard]] bool is_own(const Uri& uri, std::string_view call_id,
                              RouteSet& set) const noexcept;
    const ServerOptions& options_;
};

/// The next hop's transport of a URI. Source: rfc3263 4.1 (without DNS).
Transport transport_of(const Uri& uri) noexcept;

}  // namespace busyhour::engine::sip
