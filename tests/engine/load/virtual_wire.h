#pragma once

#include "engine/load/generator.h"

#include <functional>

namespace busyhour::engine::load {

/// A generator and the server it talks to, in virtual time, over a wire that takes no time and
/// loses what it is told to.
class VirtualWire {
public:
    VirtualWire(Generator& generator, Handler& server, Time begin = Time(std::chrono::hours(1)))
        : generator_(generator), server_(server), now_(begin) {
        for (std::size_t i = 0; i < generator.local_addresses_number(); ++i) {
            generator.set_local_address(i, {"127.0.0.1:" + std::to_string(first_port + i)});
        }
    }

    static constexpr std::size_t first_port = 40000;

    std::function<bool(std::string_view)> loses;  ///< true: the message is lost

    [[nodiscard]] Time now() const { return now_; }

    bool start() {
        const bool is_started = generator_.start(now_, now_, to_server_);
        settle();
        return is_started;
    }

    /// Lets time pass; every timer of both sides expires when it is due.
    void run_for(Duration duration) {
        const Time end = now_ + duration;
        for (;;) {
            settle();
            const Time next = std::min(generator_.next_timeout(), server_.next_timeout());
            if (next > end) break;
            now_ = std::max(now_, next);
            generator_.timeout(now_, to_server_);
            server_.timeout(now_, to_generator_);
        }
        now_ = end;
    }

    /// Until no session is under way, at most this long.
    void finish(Duration at_most = std::chrono::minutes(10)) {
        const Time end = now_ + at_most;
        while (generator_.sessions() > 0 && now_ < end) run_for(std::chrono::milliseconds(100));
        run_for(std::chrono::milliseconds(1));
    }

private:
    /// Carries messages until neither side has one.
    void settle() {
        while (!to_server_.is_empty() || !to_generator_.is_empty()) {
            carry(to_server_, [&](const OutgoingMessage& message) {
                server_.receive(message.bytes, seen_by_server(message.to), now_, to_generator_);
            });
            carry(to_generator_, [&](const OutgoingMessage& message) {
                generator_.receive(message.bytes, seen_by_generator(message.to), now_, to_server_);
            });
        }
    }

    template <typename Deliver>
    void carry(Outbox& box, Deliver deliver) {
        std::vector<std::pair<Peer, std::vector<std::uint8_t>>> messages;
        for (std::size_t i = 0; i < box.size(); ++i) {
            const OutgoingMessage message = box[i];
            messages.push_back({message.to, {message.bytes.begin(), message.bytes.end()}});
        }
        box.clear();
        for (const auto& [to, bytes] : messages) {
            const std::string text(bytes.begin(), bytes.end());
            if (!loses || !loses(text)) deliver(OutgoingMessage{to, bytes});
        }
        generator_.clear_closing();
    }

    /// The server sees the address of the generator's socket, or its connection.
    [[nodiscard]] Peer seen_by_server(const Peer& to) const {
        Peer from = generator_.scenario().target;
        from.port = static_cast<std::uint16_t>(
            first_port + (to.connection > 0 ? to.connection - 1U : to.listener));
        from.connection = to.connection;
        return from;
    }
    [[nodiscard]] Peer seen_by_generator(const Peer& to) const {
        Peer from = generator_.scenario().target;
        const bool is_stream = from.transport != Transport::udp;
        const auto index = static_cast<std::uint32_t>(to.port - first_port);
        from.listener = is_stream ? std::uint8_t{0} : static_cast<std::uint8_t>(index);
        from.connection = is_stream ? index + 1 : 0;
        return from;
    }

    Generator& generator_;
    Handler& server_;
    Time now_;
    Outbox to_server_{4096, 4 * 1024 * 1024};
    Outbox to_generator_{4096, 4 * 1024 * 1024};
};

}  // namespace busyhour::engine::load
