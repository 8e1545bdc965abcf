#include "engine/load/scripted_proxy.h"

#include "engine/load/octets.h"
#include "engine/sip/writer.h"

namespace busyhour::engine::load {
namespace {

using sip::Message;
using sip::Method;

constexpr const char* own_branch = "z9hG4bKproxy-";

void send(const std::string& text, const Peer& to, Outbox& out) {
    out.add(to, as_octets(text));
}

/// `text` with its first line for `uri`, without Route, with our Via on top.
std::string forwarded_text(const std::string& text, const Message& message,
                           const std::string& uri) {
    std::string copy = std::string(message.method_text) + " " + uri + " SIP/2.0\r\n" +
                       "Via: SIP/2.0/UDP 10.0.0.1:5060;branch=" + own_branch +
                       std::string(message.via.branch) + "\r\n";
    if (message.method == Method::invite) copy += "Record-Route: <sip:10.0.0.1:5060;lr>\r\n";
    std::string rest = text.substr(text.find("\r\n") + 2);
    if (const std::size_t route = rest.find("Route: <sip:10.0.0.1"); route != std::string::npos) {
        rest.erase(route, rest.find("\r\n", route) + 2 - route);
    }
    return copy + rest;
}

std::string user_of(std::string_view uri) {
    const auto parts = sip::parse_uri(uri);
    return parts ? std::string(parts->user) : "";
}

}  // namespace

void ScriptedProxy::receive(std::span<const std::uint8_t> octets, const Peer& from, Time /*now*/,
                            Outbox& out) noexcept {
    const std::string text(as_text(octets));
    Message message;
    if (script_.is_silent || parse_message(text, message) != sip::Fault::none) return;
    if (message.is_request) {
        request(message, text, from, out);
    } else {
        response(message, text, out);
    }
}

void ScriptedProxy::answer(const Message& message, int status_code, const std::string& lines,
                           const Peer& to, Outbox& out) {
    std::array<char, 4096> octets{};
    sip::Writer writer(octets);
    write_response(writer, message, status_code,
                   {.to_tag = status_code == 100 ? "" : "proxy", .header_fields = lines});
    out.add(to, as_octets(writer.written()));
}

void ScriptedProxy::request(const Message& message, const std::string& text, const Peer& from,
                            Outbox& out) {
    const bool is_register = message.method == Method::register_;
    const sip::Field credentials =
        is_register ? sip::Field::authorization : sip::Field::proxy_authorization;
    const bool challenges = is_register
                                ? script_.challenges_registers
                                : script_.challenges_invites && message.method == Method::invite;
    if (challenges && !message.has(credentials)) {
        answer(message, is_register ? 401 : 407,
               std::string(is_register ? "WWW" : "Proxy") +
                   "-Authenticate: Digest realm=\"test\", nonce=\"abc\", qop=\"auth\", algorithm=" +
                   script_.algorithm + "\r\n",
               from, out);
    } else if (is_register) {
        last_authorization_ = message.first(sip::Field::authorization).value_or("");
        const auto contact = sip::parse_name_address(*message.first(sip::Field::contact));
        bindings_[user_of(message.to.uri)] = from;
        contacts_[user_of(message.to.uri)] = std::string(contact->uri);
        const bool is_taken = script_.register_status_code == 200;
        answer(message, script_.register_status_code, is_taken ? "" : "Retry-After: 7\r\n", from,
               out);
    } else if (message.method == Method::options) {
        answer(message, 200, "", from, out);
    } else if (message.method == Method::cancel) {
        Forwarded& invite = forwarded_[std::string(message.via.branch)];
        answer(message, 200, "", from, out);
        send(forwarded_text(text, message, invite.uri), invite.callee, out);
    } else if (message.method == Method::ack && !message.has(sip::Field::route)) {
        return;  // of a failure: it ends here
    } else {
        forward(message, text, from, out);
    }
}

void ScriptedProxy::forward(const Message& message, const std::string& text, const Peer& from,
                            Outbox& out) {
    const std::string user = user_of(message.request_uri);
    if (bindings_.count(user) == 0) {
        answer(message, 404, "", from, out);
        return;
    }
    if (message.method == Method::invite) answer(message, 100, "", from, out);
    Forwarded& kept = forwarded_[std::string(message.via.branch)];
    kept = {from, text, bindings_[user], contacts_[user], false};
    send(forwarded_text(text, message, kept.uri), kept.callee, out);
}

void ScriptedProxy::response(const Message& message, const std::string& text, Outbox& out) {
    const std::string branch(message.via.branch.substr(std::string_view(own_branch).size()));
    Forwarded& kept = forwarded_[branch];
    if (message.method == Method::cancel) return;
    if (message.method == Method::invite && message.status_code >= 300) {
        std::string ack = "ACK " + kept.uri + " SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.1:5060;branch=" +
                          std::string(message.via.branch) +
                          "\r\nFrom: " + std::string(*message.first(sip::Field::from)) +
                          "\r\nTo: " + std::string(*message.first(sip::Field::to)) +
                          "\r\nCall-ID: " + std::string(message.call_id) +
                          "\r\nCSeq: " + std::to_string(message.cseq.number) +
                          " ACK\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n";
        send(ack, kept.callee, out);
    }
    const std::size_t via = text.find("Via: ");
    std::string upstream = text;
    upstream.erase(via, upstream.find("\r\n", via) + 2 - via);
    send(upstream, kept.caller, out);
}

}  // namespace busyhour::engine::load
