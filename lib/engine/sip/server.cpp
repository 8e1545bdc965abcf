#include "engine/sip/server.h"

#include "engine/sip/authenticator.h"
#include "engine/sip/proxy.h"
#include "engine/sip/registrar.h"
#include "engine/sip/responder.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <string_view>

namespace busyhour::engine::sip {

namespace {

constexpr Duration sweep_interval = std::chrono::seconds(1);

std::string_view text_of(std::span<const std::uint8_t> octets) noexcept {
    const void* begin = octets.data();
    return {static_cast<const char*>(begin), octets.size()};
}

/// What a request with `fault` is answered. Source: rfc3261 8.2, 21.4, 21.5; rfc4475.
int status_of(Fault fault) noexcept {
    switch (fault) {
        case Fault::version:
            return 505;
        case Fault::too_large:
        case Fault::too_many_fields:
            return 513;
        default:
            return 400;
    }
}

/// Whether enough could be read for an answer that finds its way.
bool is_answerable(const Message& request) noexcept {
    return request.is_request && request.method != Method::ack && !request.via.host.empty() &&
           request.has(Field::from) && request.has(Field::to) && request.has(Field::call_id) &&
           request.has(Field::cseq);
}

constexpr std::string_view allow_line =
    "Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, REGISTER, MESSAGE, SUBSCRIBE, NOTIFY, PUBLISH, "
    "PRACK, UPDATE, INFO, REFER\r\n"
    "Accept: application/sdp\r\n"
    "Supported: path, outbound\r\n";

}  // namespace

struct Server::Core {
    Core(const ServerOptions& given, Location& shared_location, const Users& users,
         MediaControl* media)
        : options(given),
          location(shared_location),
          responder(options, statistics),
          authenticator(options, users, statistics),
          registrar(options, location, authenticator, responder),
          proxy(options, location, registrar, authenticator, responder, media) {}

    void receive_request(const Arrival& arrival) noexcept;
    void receive_malformed(const Arrival& arrival, Fault fault) noexcept;
    [[nodiscard]] bool is_overloaded() const noexcept;
    [[nodiscard]] bool refuses_overload(const Arrival& arrival) noexcept;
    void answer_self(const Arrival& arrival) noexcept;

    ServerOptions options;
    Location& location;
    Statistics statistics;
    Responder responder;
    Authenticator authenticator;
    Registrar registrar;
    Proxy proxy;
    Message message;
    Duration queue_delay{};
    Time next_sweep{};
};

void Server::Core::receive_malformed(const Arrival& arrival, Fault fault) noexcept {
    statistics.count_fault(fault);
    if (fault == Fault::not_sip || !is_answerable(arrival.message)) {
        statistics.count(Counter::dropped);
        return;
    }
    responder.answer(arrival, status_of(fault));
}

bool Server::Core::is_overloaded() const noexcept {
    return queue_delay > options.overload.queue_delay ||
           proxy.fill_fraction() >= options.overload.transactions_fraction;
}

/// New work is refused before the tables are full; what belongs to a dialog is still served.
bool Server::Core::refuses_overload(const Arrival& arrival) noexcept {
    const Message& request = arrival.message;
    const bool is_new =
        request.to_tag.empty() && request.method != Method::cancel && request.method != Method::ack;
    if (!is_new || !is_overloaded()) return false;
    statistics.count(Counter::refused_overload);
    std::array<char, 48> line{};
    Writer writer(line);
    writer.text("Retry-After: ");
    writer.number(static_cast<std::uint64_t>(options.overload.retry_after.count())).text("\r\n");
    responder.answer(arrival, 503, writer.written());
    return true;
}

/// A request to the server itself, not to one of its users. Source: rfc3261 11.2, 8.2.1.
void Server::Core::answer_self(const Arrival& arrival) noexcept {
    const Method method = arrival.message.method;
    if (method == Method::options) return responder.answer(arrival, 200, allow_line);
    if (method == Method::other) return responder.answer(arrival, 405, allow_line);
    responder.answer(arrival, 404);
}

void Server::Core::receive_request(const Arrival& arrival) noexcept {
    const Message& request = arrival.message;
    // A REGISTER never has a transaction: its copies are answered as it was.
    if (request.method != Method::register_ && proxy.absorb(arrival)) return;
    if (request.method == Method::ack) {
        if (!responder.refused(request)) proxy.forward_ack(arrival);
        return;
    }
    if (request.method == Method::cancel) return responder.answer(arrival, 481);
    if (!request.target) return responder.answer(arrival, 416);
    if (request.max_forwards == 0 && request.method != Method::register_) {
        return responder.answer(arrival, 483);
    }
    if (const auto required = request.first(Field::proxy_require)) {
        std::array<char, 256> line{};
        Writer writer(line);
        writer.field("Unsupported", *required);
        return responder.answer(arrival, 420, writer.is_full() ? "" : writer.written());
    }
    if (refuses_overload(arrival)) return;
    const bool is_self = request.target->user.empty() && !request.has(Field::route) &&
                         registrar.serves(request.target->host);
    if (request.method == Method::register_) {
        if (registrar.serves(request.target->host)) return registrar.receive(arrival);
        return responder.answer(arrival, 404);
    }
    if (is_self) return answer_self(arrival);
    proxy.forward(arrival);
}

Server::Server(const ServerOptions& options, Location& location, const Users& users,
               MediaControl* media)
    : core_(std::make_unique<Core>(options, location, users, media)) {}

Server::~Server() = default;

void Server::receive(std::span<const std::uint8_t> message, const Peer& from, Time now,
                     Outbox& out) noexcept {
    Core& core = *core_;
    const std::string_view octets = text_of(message);
    const Fault fault = parse_message(octets, core.message);
    if (fault == Fault::too_large || fault == Fault::not_sip) {
        core.statistics.count_fault(fault);
        core.statistics.count(Counter::dropped);
        return;
    }
    const Arrival arrival{core.message, octets, from, now, out};
    core.statistics.count_message(Direction::in, from.transport, core.message.method,
                                  core.message.status_code, octets.size());
    if (fault != Fault::none) return core.receive_malformed(arrival, fault);
    if (core.message.is_request) return core.receive_request(arrival);
    core.proxy.receive_response(arrival);
}

void Server::timeout(Time now, Outbox& out) noexcept {
    core_->proxy.timeout(now, out);
    if (now < core_->next_sweep) return;
    core_->location.expire(core_->options.worker, core_->options.workers, now);
    core_->next_sweep = now + sweep_interval;
}

Time Server::next_timeout() const noexcept {
    const Time timer = core_->proxy.next_timeout();
    if (core_->location.bindings() == 0) return timer;
    return std::min(core_->next_sweep, timer);
}

void Server::closed(const Peer& peer, Time now, Outbox& out) noexcept {
    core_->proxy.closed(peer, now, out);
}

void Server::set_pressure(Duration queue_delay) noexcept {
    core_->queue_delay = queue_delay;
}

Statistics Server::statistics() const {
    Statistics sum = core_->statistics;
    sum.set(Counter::server_transactions, core_->proxy.server_transactions());
    sum.set(Counter::client_transactions, core_->proxy.client_transactions());
    if (core_->options.worker == 0) {
        sum.set(Counter::bindings, core_->location.bindings());
        sum.set(Counter::bytes_per_binding, core_->location.bytes_per_binding());
    }
    return sum;
}

}  // namespace busyhour::engine::sip
