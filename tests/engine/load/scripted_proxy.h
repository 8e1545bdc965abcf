#pragma once

#include "engine/handler.h"
#include "engine/sip/message.h"

#include <map>
#include <string>

namespace busyhour::engine::load {

/// What the peer of a test does amiss or asks for.
struct ProxyScript {
    bool challenges_registers = false;
    bool challenges_invites = false;
    int register_status_code = 200;  ///< e.g. 503, with a Retry-After of 7
    bool is_silent = false;
    std::string algorithm = "MD5";
};

/// A registrar and Record-Routing proxy for one message at a time, just enough for a generator: no
/// timers, no retransmissions. It is simple on purpose and shares no code with sip::Server.
class ScriptedProxy : public Handler {
public:
    explicit ScriptedProxy(ProxyScript script) : script_(std::move(script)) {}

    void receive(std::span<const std::uint8_t> octets, const Peer& from, Time now,
                 Outbox& out) noexcept override;
    void timeout(Time /*now*/, Outbox& /*out*/) noexcept override {}
    [[nodiscard]] Time next_timeout() const noexcept override { return never; }
    void closed(const Peer& /*peer*/, Time /*now*/, Outbox& /*out*/) noexcept override {}

    ProxyScript script_;
    std::map<std::string, Peer> bindings_;         ///< by user
    std::map<std::string, std::string> contacts_;  ///< by user
    std::string last_authorization_;

private:
    struct Forwarded {
        Peer caller;
        std::string request;  ///< as it came
        Peer callee;
        std::string uri;  ///< as it left
        bool is_over = false;
    };

    void request(const sip::Message& message, const std::string& text, const Peer& from,
                 Outbox& out);
    void response(const sip::Message& message, const std::string& text, Outbox& out);
    void forward(const sip::Message& message, const std::string& text, const Peer& from,
                 Outbox& out);
    void answer(const sip::Message& message, int status_code, const std::string& lines,
                const Peer& to, Outbox& out);

    std::map<std::string, Forwarded> forwarded_;  ///< by the branch of the caller
};

}  // namespace busyhour::engine::load
