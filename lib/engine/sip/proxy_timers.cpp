#include "engine/sip/proxy.h"

#include <algorithm>

namespace busyhour::engine::sip {

std::uint32_t Proxy::repeat_timer(std::uint32_t server) const noexcept {
    return 2 * server;
}
std::uint32_t Proxy::end_timer(std::uint32_t server) const noexcept {
    return 2 * server + 1;
}
std::uint32_t Proxy::client_repeat_timer(std::uint32_t client) const noexcept {
    return 2 * (static_cast<std::uint32_t>(transactions_.capacity()) + client);
}
std::uint32_t Proxy::client_end_timer(std::uint32_t client) const noexcept {
    return client_repeat_timer(client) + 1;
}

void Proxy::close_server(std::uint32_t server) noexcept {
    timers_.stop(repeat_timer(server));
    timers_.stop(end_timer(server));
    transactions_.close_server(server);
}

void Proxy::close_client(std::uint32_t index) noexcept {
    ClientTransaction& client = transactions_.client(index);
    const std::uint32_t other = client.cancel;
    client.cancel = no_transaction;
    if (other != no_transaction) {
        transactions_.client(other).cancel = no_transaction;
        if (client.method == Method::invite) close_client(other);
    }
    timers_.stop(client_repeat_timer(index));
    timers_.stop(client_end_timer(index));
    transactions_.close_client(index);
}

/// G repeats a final response to INVITE; H, I, J and L end the transaction.
void Proxy::server_timer(std::uint32_t index, bool is_end, const Moment& moment) noexcept {
    ServerTransaction& server = transactions_.server(index);
    if (is_end) {
        const bool misses_ack =
            server.method == Method::invite && server.state == TransactionState::completed;
        if (misses_ack) responder_.statistics().count(Counter::timeouts);
        return close_server(index);
    }
    ++server.repeats;
    const std::size_t number = std::min<std::size_t>(server.repeats, timer::t2);
    timers_.start(repeat_timer(index), number, moment.now);
    repeat_response(index, moment.out);
}

void Proxy::fail(std::uint32_t index, int status_code, const Moment& moment) noexcept {
    const std::uint32_t server = transactions_.client(index).server;
    close_client(index);
    branch_ended(server, nullptr, status_code, moment);
}

/// A and E repeat the request; B, C, D, F, K and M end the transaction or what it waits for.
void Proxy::client_timer(std::uint32_t index, bool is_end, const Moment& moment) noexcept {
    ClientTransaction& client = transactions_.client(index);
    const bool is_invite = client.method == Method::invite;
    if (is_end) {
        const bool waits = client.state == TransactionState::trying ||
                           client.state == TransactionState::proceeding;
        if (!waits) return close_client(index);
        const bool is_timer_c = is_invite && client.state == TransactionState::proceeding &&
                                client.cancel == no_transaction && !client.is_cancel_wanted;
        responder_.statistics().count(Counter::timeouts);
        if (is_timer_c) {
            client.is_cancel_wanted = true;
            return send_cancel(index, moment);
        }
        return fail(index, 408, moment);
    }
    client.repeats = static_cast<std::uint8_t>(std::min(client.repeats + 1, 6));
    std::size_t number = client.repeats;
    if (!is_invite) {
        const bool is_slow = client.state == TransactionState::proceeding;
        number = is_slow ? timer::t2 : std::min(number, timer::t2);
    }
    timers_.start(client_repeat_timer(index), number, moment.now);
    const std::string_view octets = transactions_.read(client.request, responder_.buffer());
    responder_.statistics().count(Counter::retransmissions_sent);
    responder_.send(moment.out, client.to, octets, client.method, 0);
}

void Proxy::timeout(Time now, Outbox& out) noexcept {
    const auto servers_timers = static_cast<std::uint32_t>(2 * transactions_.capacity());
    const Moment moment{now, out};
    while (const auto ended = timers_.take_ended(now)) {
        const bool is_end = *ended % 2 == 1;
        if (*ended < servers_timers) {
            server_timer(*ended / 2, is_end, moment);
        } else {
            client_timer((*ended - servers_timers) / 2, is_end, moment);
        }
    }
}

/// Source: rfc3261 17.1.4, 16.9: as if the next hop had answered 503.
void Proxy::closed(const Peer& peer, Time now, Outbox& out) noexcept {
    // Each turn ends one; another contact tried over the same connection is one more, at most as
    // often as there are contacts.
    for (std::uint32_t index = transactions_.find_waiting(peer); index != no_transaction;
         index = transactions_.find_waiting(peer)) {
        responder_.statistics().count(Counter::transport_failures);
        fail(index, 503, {now, out});
    }
}

}  // namespace busyhour::engine::sip
