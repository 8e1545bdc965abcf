#include "engine/sip/proxy.h"
#include "engine/sip/rewrite.h"

#include <span>

namespace busyhour::engine::sip {

namespace {

/// The smaller, the better a final response to send upstream. Source: rfc3261 16.7 step 6.
int rank_of(int status_code) noexcept {
    if (status_code >= 600) return 0;
    switch (status_code) {
        case 401:
        case 407:
        case 415:
        case 420:
        case 484:
            return 1000 + status_code;  // they tell the caller what to do next
        case 408:
            return 1999;  // a response that came is better than none
        default:
            return status_code >= 500 ? 3000 + status_code : 1000 + status_code + 300;
    }
}
}  // namespace

const Message* Proxy::read_kept(const KeptMessage& message) noexcept {
    const std::string_view octets = transactions_.read(message, kept_text_);
    return parse_message(octets, kept_) == Fault::none ? &kept_ : nullptr;
}

/// Whither responses go; leaves the request in `kept_`.
Peer Proxy::reply_to(const ServerTransaction& server) noexcept {
    const Message* request = read_kept(server.request);
    return request == nullptr ? server.from : Responder::reply_to(*request, server.from);
}

void Proxy::receive_response(const Arrival& arrival) noexcept {
    Statistics& statistics = responder_.statistics();
    const auto name = parse_branch_name(arrival.message.via.branch);
    if (!name || name->worker >= options_.workers)
        return statistics.count(Counter::stray_responses);
    if (name->worker != options_.worker) {
        statistics.count(Counter::handed_over);
        statistics.uncount_message(Direction::in, arrival.from.transport, arrival.message.method,
                                   arrival.message.status_code, arrival.octets.size());
        arrival.out.hand_over(name->worker, arrival.from, octets_of(arrival.octets));
        return;
    }
    if (name->slot >= transactions_.capacity()) return statistics.count(Counter::stray_responses);
    const ClientTransaction& client = transactions_.client(name->slot);
    if (client.state == TransactionState::idle || client.generation != name->generation) {
        return statistics.count(Counter::stray_responses);
    }
    const Method method = arrival.message.method;
    if (method == Method::cancel && client.method == Method::invite) {
        if (arrival.message.status_code >= 200 && client.cancel != no_transaction) {
            // The transaction of the CANCEL ends; that it was sent is remembered.
            timers_.stop(client_repeat_timer(client.cancel));
        }
        return;
    }
    if (method != client.method) return statistics.count(Counter::stray_responses);
    if (method == Method::invite) return receive_invite_response(name->slot, arrival);
    receive_other_response(name->slot, arrival);
}

/// False where it is too long to be sent. A body that the media relay has no room for goes as it
/// is.
bool Proxy::write_response(Writer& writer, const Message& response, Time now) noexcept {
    write_forwarded_response(writer, response, relayed_body(response, now).value_or(response.body));
    return !writer.is_full();
}

void Proxy::pass_on(std::uint32_t index, const Arrival& arrival) noexcept {
    if (index == no_transaction) return;
    ServerTransaction& server = transactions_.server(index);
    const int status_code = arrival.message.status_code;
    const Peer to = reply_to(server);
    Writer writer(responder_.buffer());
    if (!write_response(writer, arrival.message, arrival.now)) return;
    if (status_code < 200 && transactions_.keep(server.response, writer.written())) {
        server.sent_status = static_cast<std::int16_t>(status_code);
        if (server.state == TransactionState::trying) server.state = TransactionState::proceeding;
    }
    responder_.send(arrival.out, to, writer.written(), server.method, status_code);
}

void Proxy::receive_late_response(std::uint32_t index, const Arrival& arrival) noexcept {
    const ClientTransaction& client = transactions_.client(index);
    const int status_code = arrival.message.status_code;
    if (client.state == TransactionState::accepted && status_code / 100 == 2) {
        return pass_on(client.server, arrival);  // rfc6026 7.2
    }
    responder_.statistics().count(Counter::retransmissions_absorbed);
    if (client.state == TransactionState::completed && status_code >= 300) {
        acknowledge(index, arrival);
    }
}

void Proxy::receive_invite_response(std::uint32_t index, const Arrival& arrival) noexcept {
    ClientTransaction& client = transactions_.client(index);
    const int status_code = arrival.message.status_code;
    const Moment moment{arrival.now, arrival.out};
    const bool waits =
        client.state == TransactionState::trying || client.state == TransactionState::proceeding;
    if (!waits) return receive_late_response(index, arrival);
    timers_.stop(client_repeat_timer(index));
    const std::uint32_t server = client.server;
    if (status_code < 200) {
        client.state = TransactionState::proceeding;
        const bool is_cancelling = client.cancel != no_transaction;
        if (!is_cancelling) timers_.start(client_end_timer(index), timer::c, arrival.now);
        const bool is_open = server != no_transaction &&
                             transactions_.server(server).state == TransactionState::proceeding;
        if (status_code > 100 && is_open) pass_on(server, arrival);
        if (client.is_cancel_wanted && !is_cancelling) send_cancel(index, moment);
        return;
    }
    if (status_code < 300) {
        client.state = TransactionState::accepted;
        timers_.start(client_end_timer(index), timer::sixty_four_t1, arrival.now);  // M
        return branch_ended(server, &arrival.message, status_code, moment);
    }
    acknowledge(index, arrival);
    if (client.is_reliable) {
        close_client(index);  // timer D is 0
    } else {
        client.state = TransactionState::completed;
        timers_.start(client_end_timer(index), timer::sixty_four_t1, arrival.now);  // D
    }
    branch_ended(server, &arrival.message, status_code, moment);
}

void Proxy::receive_other_response(std::uint32_t index, const Arrival& arrival) noexcept {
    ClientTransaction& client = transactions_.client(index);
    const int status_code = arrival.message.status_code;
    const bool waits =
        client.state == TransactionState::trying || client.state == TransactionState::proceeding;
    if (!waits) return responder_.statistics().count(Counter::retransmissions_absorbed);
    const std::uint32_t server = client.server;
    if (status_code < 200) {
        client.state = TransactionState::proceeding;
        if (status_code > 100) pass_on(server, arrival);
        return;
    }
    timers_.stop(client_repeat_timer(index));
    if (client.is_reliable) {
        close_client(index);  // timer K is 0
    } else {
        client.state = TransactionState::completed;
        timers_.start(client_end_timer(index), timer::t4, arrival.now);  // K
    }
    branch_ended(server, &arrival.message, status_code, {arrival.now, arrival.out});
}

/// Source: rfc3261 17.1.1.3.
void Proxy::acknowledge(std::uint32_t index, const Arrival& arrival) noexcept {
    const ClientTransaction& client = transactions_.client(index);
    const Message* request = read_kept(client.request);
    if (request == nullptr) return;
    Writer writer(responder_.buffer());
    write_companion(writer, *request, "ACK", arrival.message.first(Field::to).value_or(""));
    if (writer.is_full()) return;
    responder_.send(arrival.out, client.to, writer.written(), Method::ack, 0);
}

void Proxy::keep_best(std::uint32_t index, const Message* response, int status_code) noexcept {
    ServerTransaction& server = transactions_.server(index);
    // 503 is about this hop only: upstream it is a 500 (16.7 step 6).
    const int sent_status = status_code == 503 ? 500 : status_code;
    const bool is_better =
        server.best_status == 0 || rank_of(sent_status) < rank_of(server.best_status);
    if (!is_better) return;
    server.best_status = static_cast<std::int16_t>(sent_status);
    transactions_.forget(server.best);
    if (response == nullptr || status_code == 503) return;
    Writer writer(responder_.buffer());
    write_forwarded_response(writer, *response, response->body);
    if (!writer.is_full()) transactions_.keep(server.best, writer.written());
}

void Proxy::branch_ended(std::uint32_t index, const Message* response, int status_code,
                         const Moment& moment) noexcept {
    if (index == no_transaction) return;
    ServerTransaction& server = transactions_.server(index);
    if (server.pending != 0) --server.pending;
    const bool is_success = response != nullptr && status_code / 100 == 2;
    const bool is_open =
        server.state == TransactionState::trying || server.state == TransactionState::proceeding;
    if (is_success && (is_open || server.state == TransactionState::accepted)) {
        Writer writer(responder_.buffer());
        if (!write_response(writer, *response, moment.now)) return;
        if (is_open) return finish(index, writer.written(), status_code, moment);
        const Peer to = reply_to(server);
        return responder_.send(moment.out, to, writer.written(), server.method, status_code);
    }
    if (!is_open) return;
    keep_best(index, response, status_code);
    if (status_code >= 600) {
        server.has_aor = false;  // nobody else is asked
        cancel_branches(index, moment);
    }
    if (server.pending != 0) return;
    if (try_more_contacts(index, moment)) return;
    send_best(index, moment);
}

/// The contacts of the next lower q. Source: rfc3261 16.6 (serial forking by q).
bool Proxy::try_more_contacts(std::uint32_t index, const Moment& moment) noexcept {
    ServerTransaction& server = transactions_.server(index);
    if (!server.has_aor || server.is_cancelled || server.q_tried == 0) return false;
    find_contacts(server.aor, server.q_tried, server.from, moment.now, plan_);
    if (plan_.number == 0) return false;
    server.q_tried = plan_.q;
    plan_.routes = {};
    const Message* request = read_kept(server.request);
    return request != nullptr && open_branches(index, *request, plan_, moment) != 0;
}

void Proxy::send_best(std::uint32_t index, const Moment& moment) noexcept {
    ServerTransaction& server = transactions_.server(index);
    int status_code = server.best_status;
    if (status_code == 408 && server.method != Method::invite) {
        return close_server(index);  // it would come too late: the sender's timer F has ended
    }
    if (status_code == 408 && server.is_cancelled) status_code = 487;
    if (server.best.handle != ChunkPool::none) {
        const std::string_view octets = transactions_.read(server.best, responder_.buffer());
        return finish(index, octets, status_code, moment);
    }
    const Message* request = read_kept(server.request);
    if (request == nullptr) return close_server(index);
    finish(index, responder_.write(*request, server.from, status_code), status_code, moment);
}

/// Sends the final response, whose octets stand in the responder's buffer.
void Proxy::finish(std::uint32_t index, std::string_view octets, int status_code,
                   const Moment& moment) noexcept {
    ServerTransaction& server = transactions_.server(index);
    const Peer to = reply_to(server);
    responder_.send(moment.out, to, octets, server.method, status_code);
    server.sent_status = static_cast<std::int16_t>(status_code);
    const bool is_invite = server.method == Method::invite;
    const bool is_success = status_code / 100 == 2;
    // `reply_to` has left the request in `kept_`. A refused re-INVITE leaves its call as it was.
    const bool has_failed = is_invite && !is_success && kept_.to_tag.empty();
    if (media_ != nullptr && has_failed) media_->fail(kept_.call_id, moment.now);
    if (!is_invite && server.is_reliable) return close_server(index);   // timer J is 0
    timers_.start(end_timer(index), timer::sixty_four_t1, moment.now);  // H, J or L
    if (is_invite && is_success) {
        server.state = TransactionState::accepted;
        transactions_.forget(server.response);
        return cancel_branches(index, moment);
    }
    server.state = TransactionState::completed;
    transactions_.keep(server.response, octets);
    if (is_invite && !server.is_reliable) {
        timers_.start(repeat_timer(index), timer::t1, moment.now);  // G
    }
}

void Proxy::cancel_branches(std::uint32_t index, const Moment& moment) noexcept {
    for (std::uint32_t i = transactions_.server(index).first_branch; i != no_transaction;
         i = transactions_.client(i).next_branch) {
        ClientTransaction& client = transactions_.client(i);
        const bool waits = client.state == TransactionState::trying ||
                           client.state == TransactionState::proceeding;
        if (!waits || client.method != Method::invite || client.is_cancel_wanted) continue;
        client.is_cancel_wanted = true;
        if (client.state == TransactionState::proceeding) send_cancel(i, moment);
    }
}

/// Source: rfc3261 9.1: what gets no final response within 64 T1 counts as cancelled.
void Proxy::send_cancel(std::uint32_t index, const Moment& moment) noexcept {
    ClientTransaction& client = transactions_.client(index);
    timers_.start(client_end_timer(index), timer::sixty_four_t1, moment.now);
    const Message* request = read_kept(client.request);
    if (request == nullptr) return;
    Writer writer(responder_.buffer());
    write_companion(writer, *request, "CANCEL", request->first(Field::to).value_or(""));
    if (writer.is_full()) return;
    responder_.send(moment.out, client.to, writer.written(), Method::cancel, 0);
    const std::uint32_t own = transactions_.open_client(client.generation, client.to);
    if (own == no_transaction) return;
    ClientTransaction& cancel = transactions_.client(own);
    cancel.method = Method::cancel;
    cancel.state = TransactionState::trying;
    cancel.cancel = index;
    client.cancel = own;
    transactions_.keep(cancel.request, writer.written());
    if (client.to.transport == Transport::udp) {
        timers_.start(client_repeat_timer(own), timer::t1, moment.now);
    }
    timers_.start(client_end_timer(own), timer::sixty_four_t1, moment.now);
}

}  // namespace busyhour::engine::sip
