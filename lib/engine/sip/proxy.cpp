#include "engine/sip/proxy.h"

#include "engine/sip/characters.h"
#include "engine/sip/rewrite.h"

#include <algorithm>
#include <chrono>

namespace busyhour::engine::sip {

namespace {

using std::chrono::milliseconds;

constexpr std::string_view magic_cookie = "z9hG4bK";  // rfc3261 8.1.1.7
constexpr std::size_t branch_octets = 7 + 2 + 8 + 8 + 8;
constexpr std::size_t texts_octets = 32768;

constexpr std::array<Duration, 9> proxy_durations{
    milliseconds(500),   milliseconds(1000), milliseconds(2000),
    milliseconds(4000),  milliseconds(8000), milliseconds(16000),
    milliseconds(32000), milliseconds(5000), milliseconds(181000),  // C: more than 3 min
};

constexpr std::array<std::string_view, 3> via_transports{"SIP/2.0/UDP ", "SIP/2.0/TCP ",
                                                         "SIP/2.0/TLS "};

bool forms_dialog(const Message& request) noexcept {
    return request.to_tag.empty() &&
           (request.method == Method::invite || request.method == Method::subscribe ||
            request.method == Method::refer);
}

}  // namespace

void write_branch_name(Writer& writer, const BranchName& name) noexcept {
    writer.text(magic_cookie).hex(name.worker, 2).hex(name.slot, 8).hex(name.generation, 8);
    writer.hex(name.loop_mark, 8);
}

std::optional<BranchName> parse_branch_name(std::string_view branch) noexcept {
    if (branch.size() != branch_octets || !branch.starts_with(magic_cookie)) return std::nullopt;
    const auto worker = parse_hexadecimal(branch.substr(7, 2));
    const auto slot = parse_hexadecimal(branch.substr(9, 8));
    const auto generation = parse_hexadecimal(branch.substr(17, 8));
    const auto loop_mark = parse_hexadecimal(branch.substr(25, 8));
    if (!worker || !slot || !generation || !loop_mark) return std::nullopt;
    const auto narrow = [](std::uint64_t digits) { return static_cast<std::uint32_t>(digits); };
    return BranchName{narrow(*worker), narrow(*slot), narrow(*generation), narrow(*loop_mark)};
}

Proxy::Proxy(const ServerOptions& options, Location& location, const Registrar& registrar,
             Authenticator& authenticator, Responder& responder, MediaControl* media)
    : options_(options),
      location_(location),
      registrar_(registrar),
      authenticator_(authenticator),
      responder_(responder),
      router_(options),
      transactions_(options.capacities.transactions),
      timers_(proxy_durations, options.capacities.transactions * 4),
      texts_(texts_octets),
      media_(media),
      body_text_(media == nullptr ? 0 : Message::octets_max),
      kept_text_(Message::octets_max) {}

/// Source: rfc3261 17.2.3; without the cookie in the branch what rfc2543 compares.
Hash128 Proxy::key_of(const Message& request) const noexcept {
    KeyedHash hash = responder_.hash();
    const bool is_invite = request.method == Method::invite || request.method == Method::ack ||
                           request.method == Method::cancel;
    hash.add(is_invite ? std::string_view("INVITE") : request.method_text);
    hash.add_without_case(request.via.host).add(std::uint64_t{request.via.port});
    if (request.via.branch.starts_with(magic_cookie)) {
        return hash.add(request.via.branch).value128();
    }
    hash.add(request.call_id).add(request.from_tag).add(std::uint64_t{request.cseq.number});
    return hash.add(request.request_uri).add(request.via.branch).value128();
}

std::uint32_t Proxy::loop_mark(const Message& request) const noexcept {
    const std::uint64_t value = responder_.hash()
                                    .add(request.request_uri)
                                    .add(request.first(Field::route).value_or(""))
                                    .add(request.to_tag)
                                    .add(request.call_id)
                                    .value();
    return static_cast<std::uint32_t>(value);
}

/// Whether the request went through here before with the same fields. Source: rfc3261 16.3 step 4.
bool Proxy::is_loop(const Message& request) const noexcept {
    for (const HeaderField& field : request.fields()) {
        if (field.field != Field::via) continue;
        std::string_view rest = field.value;
        while (const auto value = next_value(rest)) {
            const auto via = parse_via(*value);
            const auto name = via ? parse_branch_name(via->branch) : std::nullopt;
            if (name && name->loop_mark == loop_mark(request)) return true;
        }
    }
    return false;
}

bool Proxy::is_authentic(const Arrival& arrival) noexcept {
    const auto verdict = authenticator_.check(arrival.message, Field::proxy_authorization,
                                              arrival.message.from.uri, arrival.now);
    if (verdict == Authenticator::Verdict::accepted) return true;
    if (verdict == Authenticator::Verdict::forbidden) {
        responder_.answer(arrival, 403);
        return false;
    }
    std::array<char, 1024> lines{};
    Writer writer(lines);
    authenticator_.write_challenge(writer, "Proxy-Authenticate",
                                   verdict == Authenticator::Verdict::stale, arrival.now);
    responder_.answer(arrival, 407, writer.written());
    return false;
}

void Proxy::find_contacts(const Hash128& aor, std::uint32_t q_below, const Peer& from, Time now,
                          Plan& plan) noexcept {
    std::array<Target, targets_max> targets;
    const std::size_t found = location_.find(aor, q_below, now, targets, texts_);
    plan.number = 0;
    plan.has_aor = true;
    plan.aor = aor;
    plan.q = found == 0 ? 0 : targets[0].q_thousandths;
    for (std::size_t i = 0; i < found; ++i) {
        const Target& target = targets[i];
        Destination destination{target.uri, target.path, target.flow};
        std::string_view hop = target.uri;
        if (!target.path.empty()) {
            std::string_view rest = target.path;
            const auto first = next_value(rest);
            const auto name = first ? parse_name_address(*first) : std::nullopt;
            if (name) hop = name->uri;
        }
        // A connection is the way back to whoever made it; a datagram goes to what Contact says.
        if (target.flow.transport == Transport::udp) {
            const auto uri = parse_uri(hop);
            if (const auto peer = uri ? router_.resolve(*uri, from) : std::nullopt) {
                destination.to = *peer;
            }
        }
        plan.destinations[plan.number++] = destination;
    }
}

void Proxy::plan_route(const Arrival& arrival, Plan& plan) noexcept {
    const auto top = parse_name_address(plan.routes.values[plan.routes.begin]);
    const auto uri = top ? parse_uri(top->uri) : std::nullopt;
    if (!uri) {
        plan.status_code = 400;
        return;
    }
    const auto peer = router_.resolve(*uri, arrival.from);
    if (!plan.routes.is_ours && !options_.relays_foreign_domains) {
        plan.status_code = 403;
        return;
    }
    if (!peer) {
        plan.status_code = 500;
        return;
    }
    plan.destinations[0] = {plan.routes.request_uri, {}, *peer};
    plan.number = 1;
}

void Proxy::plan_uri(const Uri& uri, const Arrival& arrival, Plan& plan) noexcept {
    const bool is_listener = router_.is_listener(uri);
    const auto aor = registrar_.key(uri);
    const bool may_leave = plan.routes.is_ours || (!aor && options_.relays_foreign_domains);
    if (may_leave && !is_listener) {
        auto peer = router_.resolve(uri, arrival.from);
        const auto other = Router::other_side(plan.routes.flows, arrival.from);
        if (other && other->connection != 0) {
            const Peer address = peer.value_or(Peer{});
            peer = *other;
            peer->address = address.address;
            peer->port = address.port;
        }
        if (!peer) {
            plan.status_code = 500;
            return;
        }
        plan.destinations[0] = {plan.routes.request_uri, {}, *peer};
        plan.number = 1;
        return;
    }
    if (!aor) {
        plan.status_code = 403;
        return;
    }
    find_contacts(*aor, 1001, arrival.from, arrival.now, plan);
    if (plan.number == 0) plan.status_code = authenticator_.knows(uri.user) ? 480 : 404;
}

void Proxy::plan(const Arrival& arrival, Plan& plan) noexcept {
    plan.status_code = 0;
    plan.number = 0;
    plan.has_aor = false;
    plan.routes = router_.routes(arrival.message);
    if (plan.routes.is_too_long) {
        plan.status_code = 400;
        return;
    }
    if (!plan.routes.is_empty()) return plan_route(arrival, plan);
    const auto uri = parse_uri(plan.routes.request_uri);
    if (!uri) {
        plan.status_code = 416;
        return;
    }
    plan_uri(*uri, arrival, plan);
}

/// The body that the other end is to see; nothing where the media relay has no room for the call.
std::optional<std::string_view> Proxy::relayed_body(const Message& message, Time now) noexcept {
    if (media_ == nullptr || message.body.empty()) return message.body;
    const std::string_view type = message.first(Field::content_type).value_or("");
    const std::string_view plain = type.substr(0, type.find_first_of("; \t"));
    if (!equal_without_case(plain, "application/sdp")) return message.body;
    Writer writer(body_text_);
    const MediaVerdict verdict =
        media_->rewrite({.call_id = message.call_id,
                         .sender_tag = message.is_request ? message.from_tag : message.to_tag,
                         .body = message.body,
                         .accepts_call = !message.is_request && message.method == Method::invite &&
                                         message.status_code / 100 == 2},
                        now, writer);
    if (verdict == MediaVerdict::unchanged) return message.body;
    if (verdict == MediaVerdict::rewritten && !writer.is_full()) return writer.written();
    responder_.statistics().count(Counter::refused_media);
    return std::nullopt;
}

std::string_view Proxy::write_branch(const Arrival& arrival, const Destination& destination,
                                     const Plan& plan, std::string_view branch) noexcept {
    const Message& request = arrival.message;
    const ViaRepair repair(request, arrival.from);
    std::array<char, 320> via{};
    Writer via_writer(via);
    const Peer& to = destination.to;
    if (to.listener >= options_.listeners.size()) return {};
    const ServerListener& listener = options_.listeners[to.listener];
    via_writer.text(via_transports[static_cast<std::size_t>(to.transport)]).text(listener.host);
    via_writer.text(":").number(listener.port).text(";branch=").text(branch);
    std::array<char, 1024> record{};
    Writer record_writer(record);
    if (forms_dialog(request)) {
        router_.write_record_routes(record_writer, request.call_id, arrival.from, to);
    }
    Forwarding forwarding{.request_uri = destination.request_uri,
                          .via = via_writer.written(),
                          .record_routes = record_writer.written(),
                          .routes = plan.routes.left(),
                          .received = repair.received(),
                          .rport = repair.rport(),
                          .body = relayed_body(request, arrival.now)};
    std::array<std::string_view, RouteSet::routes_max + 1> routes{};
    std::array<char, 2048> last{};
    Writer last_writer(last);
    if (!destination.path.empty()) {
        routes[0] = destination.path;
        forwarding.routes = std::span(routes).first(1);
    } else if (!plan.routes.is_empty()) {
        // A strict router wants to see itself in the Request-URI (16.6 step 6).
        const auto top = parse_name_address(plan.routes.values[plan.routes.begin]);
        const auto uri = top ? parse_uri(top->uri) : std::nullopt;
        if (uri && !parameter(uri->parameters, "lr")) {
            const auto left = plan.routes.left();
            std::copy(left.begin() + 1, left.end(), routes.begin());
            last_writer.text("<").text(destination.request_uri).text(">");
            routes[left.size() - 1] = last_writer.written();
            forwarding.routes = std::span(routes).first(left.size());
            forwarding.request_uri = top->uri;
        }
    }
    if (!forwarding.body) return {};
    Writer writer(responder_.buffer());
    write_forwarded_request(writer, request, forwarding);
    const bool is_full = writer.is_full() || via_writer.is_full() || record_writer.is_full() ||
                         last_writer.is_full();
    return is_full ? std::string_view() : writer.written();
}

bool Proxy::open_branch(std::uint32_t server, const Message& request,
                        const Destination& destination, const Plan& plan,
                        const Moment& moment) noexcept {
    const auto generation =
        static_cast<std::uint32_t>(responder_.hash().add("branch").add(++branches_).value());
    const std::uint32_t index = transactions_.open_client(generation, destination.to);
    if (index == no_transaction) return false;
    ClientTransaction& client = transactions_.client(index);
    std::array<char, 64> branch{};
    Writer branch_writer(branch);
    write_branch_name(branch_writer, {options_.worker, index, generation, loop_mark(request)});
    const std::string_view octets =
        write_branch({request, {}, transactions_.server(server).from, moment.now, moment.out},
                     destination, plan, branch_writer.written());
    client.state = TransactionState::trying;
    if (octets.empty() || !transactions_.keep(client.request, octets)) {
        transactions_.close_client(index);
        return false;
    }
    ServerTransaction& owner = transactions_.server(server);
    client.method = request.method;
    client.server = server;
    client.next_branch = owner.first_branch;
    owner.first_branch = index;
    ++owner.pending;
    if (!client.is_reliable) timers_.start(client_repeat_timer(index), timer::t1, moment.now);
    timers_.start(client_end_timer(index), timer::sixty_four_t1, moment.now);
    responder_.send(moment.out, client.to, octets, request, 0);
    return true;
}

std::size_t Proxy::open_branches(std::uint32_t server, const Message& request, const Plan& plan,
                                 const Moment& moment) noexcept {
    std::size_t opened = 0;
    for (std::size_t i = 0; i < plan.number; ++i) {
        if (open_branch(server, request, plan.destinations[i], plan, moment)) ++opened;
    }
    return opened;
}

void Proxy::refuse_full(const Arrival& arrival) noexcept {
    responder_.statistics().count(Counter::refused_full);
    std::array<char, 48> line{};
    Writer writer(line);
    writer.text("Retry-After: ");
    writer.number(static_cast<std::uint64_t>(options_.overload.retry_after.count())).text("\r\n");
    responder_.answer(arrival, 503, writer.written());
}

void Proxy::forward(const Arrival& arrival) noexcept {
    const Message& request = arrival.message;
    if (is_loop(request)) {
        responder_.statistics().count(Counter::loops);
        return responder_.answer(arrival, 482);
    }
    plan(arrival, plan_);
    const bool is_checked = options_.invite_authentication == Authentication::digest;
    if (is_checked && !plan_.routes.is_ours && !is_authentic(arrival)) return;
    if (plan_.status_code != 0) {
        if (plan_.status_code == 403) responder_.statistics().count(Counter::refused_relay);
        return responder_.answer(arrival, plan_.status_code);
    }
    const std::uint32_t index = transactions_.open_server(key_of(request));
    if (index == no_transaction) return refuse_full(arrival);
    ServerTransaction& server = transactions_.server(index);
    server.from = arrival.from;
    server.method = request.method;
    server.is_reliable = arrival.from.transport != Transport::udp;
    server.state = TransactionState::trying;
    server.has_aor = plan_.has_aor;
    server.aor = plan_.aor;
    server.q_tried = plan_.q;
    if (!transactions_.keep(server.request, arrival.octets)) {
        close_server(index);
        return refuse_full(arrival);
    }
    const Moment moment{arrival.now, arrival.out};
    if (request.method == Method::invite) {
        server.state = TransactionState::proceeding;
        server.sent_status = 100;
        responder_.answer(arrival, 100);
    }
    if (open_branches(index, request, plan_, moment) != 0) {
        if (media_ != nullptr && request.method == Method::bye) {
            media_->end(request.call_id, arrival.now);
        }
        return;
    }
    close_server(index);
    refuse_full(arrival);
}

void Proxy::forward_ack(const Arrival& arrival) noexcept {
    const Message& request = arrival.message;
    Statistics& statistics = responder_.statistics();
    if (request.max_forwards == 0 || !request.target || is_loop(request)) {
        statistics.count(Counter::dropped);
        return;
    }
    plan(arrival, plan_);
    if (plan_.status_code != 0) {
        statistics.count(Counter::dropped);
        return;
    }
    // No response will come: the branch need only be the same for the same ACK (16.11).
    const Hash128 key = key_of(request);
    std::array<char, 64> branch{};
    Writer branch_writer(branch);
    write_branch_name(branch_writer, {options_.worker, no_transaction,
                                      static_cast<std::uint32_t>(key.high), loop_mark(request)});
    const std::string_view octets =
        write_branch(arrival, plan_.destinations[0], plan_, branch_writer.written());
    if (octets.empty()) {
        statistics.count(Counter::dropped);
        return;
    }
    responder_.send(arrival.out, plan_.destinations[0].to, octets, request, 0);
}

void Proxy::absorb_ack(std::uint32_t index, const Arrival& arrival) noexcept {
    ServerTransaction& server = transactions_.server(index);
    if (server.state != TransactionState::completed) return;
    timers_.stop(repeat_timer(index));
    if (server.is_reliable) return close_server(index);  // timer I is 0
    server.state = TransactionState::confirmed;
    timers_.start(end_timer(index), timer::t4, arrival.now);
}

void Proxy::repeat_response(std::uint32_t index, Outbox& out) noexcept {
    ServerTransaction& server = transactions_.server(index);
    if (server.sent_status == 0) return;
    const int status_code = server.sent_status;
    std::string_view octets;
    const Peer to = reply_to(server);  // leaves the request in kept_
    if (server.response.handle != ChunkPool::none) {
        octets = transactions_.read(server.response, responder_.buffer());
    } else {
        octets = responder_.write(kept_, server.from, status_code);
    }
    responder_.statistics().count(Counter::retransmissions_sent);
    responder_.send(out, to, octets, server.method, status_code);
}

bool Proxy::absorb(const Arrival& arrival) noexcept {
    const Message& request = arrival.message;
    const std::uint32_t index = transactions_.find(key_of(request));
    if (index == no_transaction) return false;
    ServerTransaction& server = transactions_.server(index);
    if (request.method == Method::cancel) {
        responder_.answer(arrival, 200);
        const bool is_open = server.state == TransactionState::proceeding;
        if (is_open && !server.is_cancelled) {
            server.is_cancelled = true;
            cancel_branches(index, {arrival.now, arrival.out});
        }
        return true;
    }
    if (request.method == Method::ack) {
        if (server.state == TransactionState::accepted) return false;
        absorb_ack(index, arrival);
        return true;
    }
    responder_.statistics().count(Counter::retransmissions_absorbed);
    const bool is_silent =
        server.state == TransactionState::accepted || server.state == TransactionState::confirmed;
    if (!is_silent) repeat_response(index, arrival.out);
    return true;
}

}  // namespace busyhour::engine::sip
