#include "engine/sip/routing.h"

#include "engine/sip/characters.h"
#include "engine/sip/host_address.h"

namespace busyhour::engine::sip {

namespace {

constexpr std::size_t token_digits = 16;
constexpr std::size_t flow_octets = 11;  // "u" 2 digits 8 digits

void write_flow(Writer& writer, const Peer& peer) noexcept {
    writer.hex(static_cast<unsigned>(peer.transport), 1).hex(peer.listener, 2);
    writer.hex(peer.connection, 8);
}

std::optional<Peer> read_flow(std::string_view text) noexcept {
    const auto transport = parse_hexadecimal(text.substr(0, 1));
    const auto listener = parse_hexadecimal(text.substr(1, 2));
    const auto connection = parse_hexadecimal(text.substr(3));
    if (!transport || !listener || !connection || *transport > 2) return std::nullopt;
    Peer peer;
    peer.transport = static_cast<Transport>(*transport);
    peer.listener = static_cast<std::uint8_t>(*listener);
    peer.connection = static_cast<std::uint32_t>(*connection);
    return peer;
}

}  // namespace

Transport transport_of(const Uri& uri) noexcept {
    if (uri.is_sips) return Transport::tls;
    const auto transport = parameter(uri.parameters, "transport");
    if (!transport) return Transport::udp;
    if (equal_without_case(*transport, "tcp")) return Transport::tcp;
    if (equal_without_case(*transport, "tls")) return Transport::tls;
    return Transport::udp;
}

std::uint64_t Router::token(std::string_view call_id, std::string_view flows) const noexcept {
    return KeyedHash(options_.secret).add("dialog").add(call_id).add(flows).value();
}

bool Router::is_listener(const Uri& uri) const noexcept {
    for (const ServerListener& listener : options_.listeners) {
        const std::uint16_t standard = listener.transport == Transport::tls ? sips_port : sip_port;
        const std::uint16_t port = uri.port != 0 ? uri.port : standard;
        if (port == listener.port && equal_without_case(uri.host, listener.host)) return true;
    }
    return false;
}

bool Router::is_own(const Uri& uri, std::string_view call_id, RouteSet& set) const noexcept {
    if (const auto shown = parameter(uri.parameters, "d")) {
        const std::string_view flows = parameter(uri.parameters, "f").value_or("");
        const auto value = shown->size() == token_digits ? parse_hexadecimal(*shown) : std::nullopt;
        if (value && *value == token(call_id, flows)) {
            set.is_ours = true;
            set.flows = flows;
            return true;
        }
    }
    return is_listener(uri);
}

RouteSet Router::routes(const Message& request) const noexcept {
    RouteSet set;
    set.request_uri = request.request_uri;
    if (!request.has(Field::route)) return set;
    for (const HeaderField& field : request.fields()) {
        if (field.field != Field::route) continue;
        std::string_view rest = field.value;
        while (const auto value = next_value(rest)) {
            if (set.end == RouteSet::routes_max) {
                set.is_too_long = true;
                return set;
            }
            set.values[set.end++] = *value;
        }
    }
    // A strict router put our URI into the Request-URI, and the target at the end (16.4).
    if (request.target && parameter(request.target->parameters, "lr") && !set.is_empty() &&
        is_own(*request.target, request.call_id, set)) {
        if (const auto last = parse_name_address(set.values[set.end - 1])) {
            set.request_uri = last->uri;
            --set.end;
        }
    }
    while (!set.is_empty()) {
        const auto top = parse_name_address(set.values[set.begin]);
        const auto uri = top ? parse_uri(top->uri) : std::nullopt;
        if (!uri || !is_own(*uri, request.call_id, set)) break;
        ++set.begin;
    }
    return set;
}

std::optional<Peer> Router::resolve(const Uri& uri, const Peer& like) const noexcept {
    const auto address = parse_host_address(uri.host);
    if (!address) return std::nullopt;
    Peer peer;
    peer.address = *address;
    peer.transport = transport_of(uri);
    const std::uint16_t standard = peer.transport == Transport::tls ? sips_port : sip_port;
    peer.port = uri.port != 0 ? uri.port : standard;
    const auto fits = [&](const ServerListener& listener) {
        const auto own = parse_host_address(listener.host);
        return listener.transport == peer.transport &&
               (!own || is_ipv4(*own) == is_ipv4(peer.address));
    };
    const std::vector<ServerListener>& listeners = options_.listeners;
    if (like.listener < listeners.size() && fits(listeners[like.listener])) {
        peer.listener = like.listener;
        return peer;
    }
    for (std::size_t i = 0; i < listeners.size(); ++i) {
        if (!fits(listeners[i])) continue;
        peer.listener = static_cast<std::uint8_t>(i);
        return peer;
    }
    return std::nullopt;
}

void Router::write_record_routes(Writer& writer, std::string_view call_id, const Peer& from,
                                 const Peer& to) const noexcept {
    std::array<char, 2 * flow_octets> text{};
    Writer flows(text);
    if (from.connection != 0 || to.connection != 0) {
        write_flow(flows, from);
        write_flow(flows, to);
    }
    const auto write = [&](std::size_t listener_index) {
        if (listener_index >= options_.listeners.size()) return;
        const ServerListener& listener = options_.listeners[listener_index];
        writer.text("Record-Route: <sip:").text(listener.host).text(":").number(listener.port);
        if (listener.transport == Transport::tcp) writer.text(";transport=tcp");
        if (listener.transport == Transport::tls) writer.text(";transport=tls");
        writer.text(";lr;d=").hex(token(call_id, flows.written()), token_digits);
        if (flows.size() != 0) writer.text(";f=").text(flows.written());
        writer.text(">\r\n");
    };
    write(to.listener);
    if (to.listener != from.listener) write(from.listener);
}

std::optional<Peer> Router::other_side(std::string_view flows, const Peer& from) noexcept {
    if (flows.size() != 2 * flow_octets) return std::nullopt;
    const auto one = read_flow(flows.substr(0, flow_octets));
    const auto other = read_flow(flows.substr(flow_octets));
    if (!one || !other) return std::nullopt;
    const auto is_from = [&](const Peer& peer) {
        return peer.transport == from.transport && peer.listener == from.listener &&
               peer.connection == from.connection;
    };
    if (is_from(*one)) return other;
    if (is_from(*other)) return one;
    return std::nullopt;
}

}  // namespace busyhour::engine::sip
