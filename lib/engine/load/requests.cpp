#include "engine/load/generator.h"
#include "engine/load/octets.h"

#include <algorithm>

namespace busyhour::engine::load {
namespace {

using sip::Method;
using sip::Writer;

constexpr std::string_view session_description =
    "v=0\r\n"
    "o=- 1 1 IN IP4 127.0.0.1\r\n"
    "s=-\r\n"
    "c=IN IP4 127.0.0.1\r\n"
    "t=0 0\r\n"
    "m=audio 40000 RTP/AVP 0 8 101\r\n"
    "a=rtpmap:0 PCMU/8000\r\n"
    "a=rtpmap:8 PCMA/8000\r\n"
    "a=rtpmap:101 telephone-event/8000\r\n"
    "a=sendrecv\r\n";

constexpr std::string_view short_text = "Busy hour, please hold the line.";

enum Template : std::uint8_t { registration, options, message, invite, ack, bye, cancel, clearing };

Template template_of(Method method) noexcept {
    switch (method) {
        case Method::register_:
            return registration;
        case Method::options:
            return options;
        case Method::message:
            return message;
        case Method::invite:
            return invite;
        case Method::ack:
            return ack;
        case Method::bye:
            return bye;
        case Method::cancel:
            return cancel;
        default:
            return options;
    }
}

/// The authentication parameters that answer a challenge. Source: rfc7616 3.4.
void write_credentials(Writer& writer, const sip::DigestCredentials& credentials,
                       bool is_proxy) noexcept {
    writer.text(is_proxy ? "Proxy-Authorization" : "Authorization");
    writer.text(": Digest username=\"").text(credentials.username);
    writer.text("\", realm=\"").text(credentials.realm);
    writer.text("\", nonce=\"").text(credentials.nonce);
    writer.text("\", uri=\"").text(credentials.uri);
    writer.text("\", response=\"").text(credentials.response);
    writer.text("\", algorithm=").text(sip::algorithm_name(credentials.algorithm));
    if (!credentials.opaque.empty()) {
        writer.text(", opaque=\"").text(credentials.opaque).text("\"");
    }
    if (!credentials.qop.empty()) {
        writer.text(", qop=auth, nc=").text(credentials.nonce_count_text);
        writer.text(", cnonce=\"").text(credentials.cnonce).text("\"");
    }
    writer.text("\r\n");
}

}  // namespace

/// The requests of user agents, as the examples of rfc3665 write them.
void Generator::make_templates() {
    const std::string via = "Via: SIP/2.0/" + transport_name_ + " {sent_by};branch={branch}" +
                            (scenario_.is_reliable() ? "" : ";rport") + "\r\n";
    const std::string head = " SIP/2.0\r\n" + via + "Max-Forwards: 70\r\n";
    const std::string from = "From: <sip:{user}@{domain}>;tag={from_tag}\r\n";
    const std::string to_callee = "To: <sip:{callee}>{to_tag}\r\n";
    const std::string call_id = "Call-ID: {call_id}\r\nCSeq: {cseq} ";
    const std::string contact = "Contact: <sip:{user}@{contact}" + contact_parameters_ + ">\r\n";
    const auto length = [](std::string_view body) {
        return "{lines}Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
               std::string(body);
    };
    const auto towards_callee = [&](const std::string& method, const std::string& more) {
        return method + " {request_uri}" + head + from + to_callee + call_id + method + "\r\n" +
               more;
    };
    templates_[registration] =
        MessageTemplate("REGISTER {request_uri}" + head + from + "To: <sip:{user}@{domain}>\r\n" +
                        call_id + "REGISTER\r\n" + contact +
                        "Expires: " + std::to_string(scenario_.expires_s) + "\r\n" + length(""));
    templates_[clearing] =
        MessageTemplate("REGISTER {request_uri}" + head + from + "To: <sip:{user}@{domain}>\r\n" +
                        call_id + "REGISTER\r\nContact: *\r\nExpires: 0\r\n" + length(""));
    templates_[options] = MessageTemplate("OPTIONS {request_uri}" + head + from +
                                          "To: <{request_uri}>\r\n" + call_id + "OPTIONS\r\n" +
                                          contact + "Accept: application/sdp\r\n" + length(""));
    templates_[message] = MessageTemplate(
        towards_callee("MESSAGE", "Content-Type: text/plain\r\n" + length(short_text)));
    templates_[invite] = MessageTemplate(
        towards_callee("INVITE", contact + "Content-Type: application/sdp\r\n{lines}"
                                           "Content-Length: {length}\r\n\r\n{body}"));
    templates_[ack] = MessageTemplate(towards_callee("ACK", length("")));
    templates_[bye] = MessageTemplate(towards_callee("BYE", length("")));
    templates_[cancel] = MessageTemplate(towards_callee("CANCEL", length("")));
}

std::span<char> Generator::request_buffer(Slot slot) noexcept {
    return std::span(requests_).subspan(slot * request_octets_max, request_octets_max);
}

std::string_view Generator::request_uri_of(Slot slot, Method method,
                                           std::span<char> octets) const noexcept {
    const Session& session = sessions_[slot];
    Writer writer(octets);
    writer.text("sip:");
    if (method == Method::register_) {
        writer.text(scenario_.users[session.user].domain);
    } else if (method == Method::options) {
        writer.text(scenario_.server);
    } else if (method == Method::ack || method == Method::bye) {
        return dialogs_[slot].remote_target.view();
    } else if (!scenario_.callee.empty()) {
        writer.text(scenario_.callee);
    } else {
        const User& callee = scenario_.users[session.callee];
        writer.text(callee.name).text("@").text(callee.domain);
    }
    return writer.written();
}

std::size_t Generator::write_request(Slot slot, Method method, std::string_view lines,
                                     std::span<char> octets) noexcept {
    const Session& session = sessions_[slot];
    const User& user = scenario_.users[session.user];
    std::array<char, 64> branch{};
    std::array<char, 64> call_id{};
    std::array<char, 320> callee{};
    std::array<char, 320> uri{};
    std::array<char, 12> cseq{};
    const bool is_of_invite = method == Method::cancel || method == Method::ack;
    const std::uint8_t transaction =
        method == Method::cancel ? session.invite_transaction : session.transaction;
    Writer branch_writer(branch);
    branch_writer.text("z9hG4bK").text(seed_text_).hex(slot, 6).hex(session.generation, 6);
    branch_writer.hex(transaction, 2);
    if (method == Method::ack) branch_writer.text("a");  // of a 2xx: a transaction of its own
    Writer call_id_writer(call_id);
    if (method == Method::register_) {  // the same for all of a user's (rfc3261 10.2.4)
        call_id_writer.text("r").hex(session.user, 8);
    } else {
        call_id_writer.text("c").hex(slot, 6).hex(session.generation, 6);
    }
    const std::string_view from_tag = call_id_writer.written();
    std::array<char, 16> tag{};
    std::copy(from_tag.begin(), from_tag.end(), tag.begin());
    const std::string_view tag_text(tag.data(), from_tag.size());
    call_id_writer.text("-").text(seed_text_);
    Writer cseq_writer(cseq);
    cseq_writer.number(is_of_invite ? session.invite_cseq : users_[session.user].cseq);
    Writer callee_writer(callee);
    if (!scenario_.callee.empty()) {
        callee_writer.text(scenario_.callee);
    } else {
        const User& other_user = scenario_.users[session.callee];
        callee_writer.text(other_user.name).text("@").text(other_user.domain);
    }
    const bool is_in_dialog = method == Method::ack || method == Method::bye;
    const std::string& local = locals_[local_of(session.user)].sent_by;
    Filling filling;
    filling[Blank::request_uri] = request_uri_of(slot, method, uri);
    filling[Blank::sent_by] = local;
    filling[Blank::branch] = branch_writer.written();
    filling[Blank::user] = user.name;
    filling[Blank::domain] = user.domain;
    filling[Blank::from_tag] = tag_text;
    filling[Blank::callee] = callee_writer.written();
    if (is_in_dialog) filling[Blank::to_tag] = dialogs_[slot].to_tag_parameter.view();
    filling[Blank::call_id] = call_id_writer.written();
    filling[Blank::cseq] = cseq_writer.written();
    filling[Blank::contact] = local;
    const std::string_view body =
        talk_ != nullptr ? talk_->description(slot, 0) : session_description;
    std::array<char, 12> length{};
    Writer length_writer(length);
    filling[Blank::length] = length_writer.number(body.size()).written();
    filling[Blank::body] = body;
    filling[Blank::lines] = is_in_dialog ? dialogs_[slot].routes.view() : lines;
    Writer writer(octets);
    const bool clears = method == Method::register_ && scenario_.flow.clears_bindings;
    templates_[clears ? clearing : template_of(method)].write(writer, filling);
    return writer.is_full() ? 0 : writer.size();
}

/// A new client transaction. Source: rfc3261 17.1.
void Generator::send_request(Slot slot, Method method, std::string_view lines, Time now,
                             Outbox& out) noexcept {
    Session& session = sessions_[slot];
    const bool changes_connection = scenario_.is_reliable() && session.transaction > 0 &&
                                    scenario_.connection_use == ConnectionUse::per_transaction;
    if (changes_connection) closing_.push_back(peer_of(slot).connection);
    ++session.transaction;
    ++users_[session.user].cseq;
    session.method = method;
    session.state = SessionState::waiting;
    session.is_proceeding = false;
    if (method == Method::invite) {
        session.invite_transaction = session.transaction;
        session.invite_cseq = users_[session.user].cseq;
    }
    session.request_sent = now;
    session.transaction_end = now + scenario_.timers.limit();
    session.interval = scenario_.timers.t1;
    session.request_octets =
        static_cast<std::uint16_t>(write_request(slot, method, lines, request_buffer(slot)));
    transmit_request(slot, out);
    deadlines_.set(slot,
                   scenario_.is_reliable() ? session.transaction_end : now + session.interval);
}

void Generator::transmit_request(Slot slot, Outbox& out) noexcept {
    const Session& session = sessions_[slot];
    const std::string_view text(request_buffer(slot).data(), session.request_octets);
    out.add(peer_of(slot), as_octets(text));
    counters_.of(session.method).requests_sent.count(text.size());
}

/// Timers A, B, E and F. Source: rfc3261 17.1.1.2, 17.1.2.2.
void Generator::request_timeout(Slot slot, Time now, Outbox& out) noexcept {
    Session& session = sessions_[slot];
    if (now >= session.transaction_end) {
        give_up_or_back_off(slot, Ending::timed_out, 0, now);
        return;
    }
    ++counters_.retransmissions;
    transmit_request(slot, out);
    session.interval *= 2;
    if (session.method != Method::invite) {
        session.interval = std::min(session.interval, scenario_.timers.t2);
    }
    deadlines_.set(slot, std::min(now + session.interval, session.transaction_end));
}

void Generator::send_ack(Slot slot, Time /*now*/, Outbox& out) noexcept {
    std::array<char, request_octets_max> octets{};
    const std::size_t size = write_request(slot, Method::ack, {}, octets);
    out.add(peer_of(slot), as_octets({octets.data(), size}));
    counters_.of(Method::ack).requests_sent.count(size);
}

/// The ACK of a final response other than 2xx belongs to the INVITE's transaction: everything it
/// needs stands in the response. Source: rfc3261 17.1.1.3.
void Generator::send_ack_of_failure(const sip::Message& response, const Peer& to,
                                    Outbox& out) noexcept {
    std::array<char, request_octets_max> octets{};
    Writer writer(octets);
    writer.text("ACK ").text(response.to.uri).text(" SIP/2.0\r\nVia: SIP/2.0/");
    writer.text(transport_name_).text(" ").text(response.via.host);
    if (response.via.port != 0) writer.text(":").number(response.via.port);
    writer.text(";branch=").text(response.via.branch);
    writer.text(scenario_.is_reliable() ? "\r\n" : ";rport\r\n").text("Max-Forwards: 70\r\n");
    writer.field("From", response.first(sip::Field::from).value_or(""));
    writer.field("To", response.first(sip::Field::to).value_or(""));
    writer.field("Call-ID", response.call_id);
    writer.text("CSeq: ").number(response.cseq.number);
    writer.text(" ACK\r\nContent-Length: 0\r\n\r\n");
    if (writer.is_full()) return;
    out.add(to, as_octets(writer.written()));
    counters_.of(Method::ack).requests_sent.count(writer.size());
}

/// CANCEL has the branch and the CSeq number of its INVITE. Source: rfc3261 9.1.
void Generator::send_cancel(Slot slot, Time now, Outbox& out) noexcept {
    Session& session = sessions_[slot];
    session.is_canceling = true;
    session.method = Method::cancel;
    session.request_octets =
        static_cast<std::uint16_t>(write_request(slot, Method::cancel, {}, request_buffer(slot)));
    session.transaction_end = now + scenario_.timers.limit();
    session.interval = scenario_.timers.t1;
    transmit_request(slot, out);
    deadlines_.set(slot,
                   scenario_.is_reliable() ? session.transaction_end : now + session.interval);
}

std::size_t Generator::write_authorization(Slot slot, Method method, std::string_view challenge,
                                           bool is_proxy, std::span<char> octets) noexcept {
    const Session& session = sessions_[slot];
    const auto asked = sip::parse_challenge(challenge);
    if (!asked || asked->algorithm == sip::DigestAlgorithm::other) return 0;
    const User& user = scenario_.users[session.user];
    UserState& state = users_[session.user];
    std::array<char, 320> uri{};
    std::array<char, 8> count{};
    std::array<char, 16> cnonce{};
    Writer count_writer(count);
    Writer cnonce_writer(cnonce);
    sip::DigestCredentials credentials;
    credentials.username = user.name;
    credentials.realm = asked->realm;
    credentials.nonce = asked->nonce;
    credentials.opaque = asked->opaque;
    credentials.algorithm = asked->algorithm;
    credentials.uri = request_uri_of(slot, method, uri);
    credentials.nonce_count = ++state.nonce_count;
    credentials.nonce_count_text = count_writer.hex(state.nonce_count, 8).written();
    credentials.cnonce = cnonce_writer.text(seed_text_).hex(session.user, 8).written();
    if (asked->offers_auth) credentials.qop = "auth";
    const sip::DigestText secret =
        digest_.secret(asked->algorithm, user.name, asked->realm, user.password);
    const sip::DigestText response =
        digest_.response(credentials, secret.view(), sip::method_name(method));
    credentials.response = response.view();
    Writer writer(octets);
    write_credentials(writer, credentials, is_proxy);
    return writer.is_full() ? 0 : writer.size();
}

}  // namespace busyhour::engine::load
