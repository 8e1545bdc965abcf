#pragma once

#include "engine/sip/message.h"
#include "engine/sip/writer.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace busyhour::engine::sip {

/// What a proxy changes of a request that it sends on. Source: rfc3261 16.6.
struct Forwarding {
    std::string_view request_uri;
    std::string_view via;            ///< value of the Via put on top
    std::string_view record_routes;  ///< whole lines
    std::span<const std::string_view> routes;
    std::string_view received;  ///< for the Via of the one who sent it
    std::uint16_t rport = 0;
    std::optional<std::string_view> body;  ///< in place of its own
};

void write_forwarded_request(Writer& writer, const Message& request,
                             const Forwarding& forwarding) noexcept;

/// The response without its topmost Via; `body` in place of its own. Source: rfc3261 16.7 step 3.
void write_forwarded_response(Writer& writer, const Message& response,
                              std::string_view body) noexcept;

/// CANCEL of, or ACK (to a non-2xx response) for, a request that was sent: same Request-URI, Via,
/// Call-ID and Route. `to` is the value of To. Source: rfc3261 9.1, 17.1.1.3.
void write_companion(Writer& writer, const Message& request, std::string_view method,
                     std::string_view to) noexcept;

}  // namespace busyhour::engine::sip
