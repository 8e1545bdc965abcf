#pragma once

#include "engine/sip/digest.h"
#include "engine/sip/server.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace busyhour::engine::sip::testing {

using namespace std::chrono_literals;

inline Peer udp_peer(std::uint16_t port, std::uint8_t last = 1) {
    Peer peer;
    peer.address[10] = peer.address[11] = 255;
    peer.address[12] = 192;
    peer.address[14] = 2;
    peer.address[15] = last;
    peer.port = port;
    return peer;
}

inline Peer tcp_peer(std::uint16_t port, std::uint32_t connection) {
    Peer peer = udp_peer(port);
    peer.transport = Transport::tcp;
    peer.listener = 1;
    peer.connection = connection;
    return peer;
}

struct Sent {
    Peer to;
    std::string text;

    [[nodiscard]] int status() const {
        return text.starts_with("SIP/2.0 ") ? std::stoi(text.substr(8, 3)) : 0;
    }
    [[nodiscard]] std::string method() const { return text.substr(0, text.find(' ')); }
    [[nodiscard]] bool has(std::string_view part) const {
        return text.find(part) != std::string::npos;
    }
    /// The value of the first line that begins with `name`.
    [[nodiscard]] std::string field(const std::string& name) const {
        const auto at = text.find("\r\n" + name + ": ");
        if (at == std::string::npos) return {};
        const auto begin = at + name.size() + 4;
        return text.substr(begin, text.find("\r\n", begin) - begin);
    }
};

inline ServerOptions small_options() {
    ServerOptions options;
    options.listeners = {{Transport::udp, "198.51.100.1", 5060},
                         {Transport::tcp, "198.51.100.1", 5060}};
    options.capacities = {
        .bindings = 1000, .contacts_per_aor = 4, .transactions = 64, .nonces = 64};
    options.secret = {1, 2, 3};
    return options;
}

/// A server of one worker, fed by hand on a clock of its own.
class Harness {
public:
    explicit Harness(ServerOptions options = small_options(), MediaControl* media = nullptr)
        : options_(std::move(options)),
          location_(options_.capacities.bindings, options_.capacities.contacts_per_aor,
                    options_.secret),
          users_(options_.realm),
          out_(256, 1U << 20U) {
        users_.add_password("alice", "secret");
        server_.emplace_back(std::make_unique<Server>(options_, location_, users_, media));
    }

    std::vector<Sent> give(std::string_view text, const Peer& from = udp_peer(5070)) {
        const void* begin = text.data();
        server().receive({static_cast<const std::uint8_t*>(begin), text.size()}, from, now, out_);
        return take();
    }
    /// Lets time pass, timer after timer.
    std::vector<Sent> pass(Duration duration) {
        const Time end = now + duration;
        while (server().next_timeout() <= end) {
            now = std::max(now, server().next_timeout());
            server().timeout(now, out_);
        }
        now = end;
        return take();
    }
    std::vector<Sent> close(const Peer& peer) {
        server().closed(peer, now, out_);
        return take();
    }
    [[nodiscard]] Server& server() { return *server_.front(); }
    [[nodiscard]] std::uint64_t count(Counter counter) {
        return server().statistics().value(counter);
    }
    [[nodiscard]] Location& location() { return location_; }
    [[nodiscard]] Outbox& outbox() { return out_; }

    Time now{std::chrono::hours(1)};

private:
    std::vector<Sent> take() {
        std::vector<Sent> sent;
        for (std::size_t i = 0; i < out_.size(); ++i) {
            const auto bytes = out_[i].bytes;
            sent.push_back({out_[i].to, std::string(bytes.begin(), bytes.end())});
        }
        out_.clear();
        return sent;
    }

    ServerOptions options_;
    Location location_;
    Users users_;
    Outbox out_;
    std::vector<std::unique_ptr<Server>> server_;
};

/// A request from `user`; `fields` are whole lines.
inline std::string request(const std::string& method, const std::string& uri,
                           const std::string& fields = "", const std::string& sequence = "1",
                           const std::string& branch = "z9hG4bKa1",
                           const std::string& via = "UDP 192.0.2.1:5070") {
    const auto sent_by = via.find(' ');
    return method + " " + uri + " SIP/2.0\r\nVia: SIP/2.0/" + via.substr(0, sent_by) +
           via.substr(sent_by) + ";branch=" + branch +
           "\r\nFrom: <sip:alice@example.com>;tag=f1\r\n" +
           (fields.find("To: ") == std::string::npos ? "To: <sip:alice@example.com>\r\n" : "") +
           (fields.find("Call-ID: ") == std::string::npos ? "Call-ID: c1\r\n" : "") +
           "CSeq: " + sequence + " " + method + "\r\n" +
           (fields.find("Max-Forwards: ") == std::string::npos ? "Max-Forwards: 70\r\n" : "") +
           fields + "Content-Length: 0\r\n\r\n";
}

inline std::string registration(const std::string& fields, const std::string& sequence = "1") {
    return request("REGISTER", "sip:example.com", fields, sequence, "z9hG4bKr" + sequence);
}

}  // namespace busyhour::engine::sip::testing
