#include "engine/load/generator.h"

#include <algorithm>
#include <charconv>

namespace busyhour::engine::load {
namespace {

using sip::Field;
using sip::Message;
using sip::Method;

constexpr std::string_view branch_cookie = "z9hG4bK";

std::optional<std::uint32_t> hexadecimal(std::string_view text) noexcept {
    std::uint32_t number = 0;
    const char* const end = text.data() + text.size();
    const auto [last, error] = std::from_chars(text.data(), end, number, 16);
    if (error != std::errc{} || last != end) return std::nullopt;
    return number;
}

/// Retry-After in seconds, at most a day; 0 where there is none. Source: rfc3261 20.33.
std::uint32_t retry_after_s(const Message& message) noexcept {
    const std::string_view value = message.first(Field::retry_after).value_or("");
    std::uint32_t wait_s = 0;
    std::from_chars(value.data(), value.data() + value.size(), wait_s);
    return std::min<std::uint32_t>(wait_s, 86400);
}

/// Source: rfc6076 4.7.
bool is_established_effectively(int status_code) noexcept {
    return status_code / 100 == 2 || status_code == 480 || status_code == 486 ||
           status_code == 600 || status_code == 603;
}

/// Source: rfc6076 4.8.
bool is_ineffective(int status_code) noexcept {
    return status_code == 408 || status_code == 500 || status_code == 503 || status_code == 504;
}

/// The Route lines of a dialog: the Record-Route values from last to first. Source: rfc3261 12.1.2.
void write_routes(sip::Writer& writer, const Message& message) noexcept {
    std::array<std::string_view, 16> values;
    std::size_t number = 0;
    for (const sip::HeaderField& field : message.fields()) {
        if (field.field != Field::record_route) continue;
        std::string_view rest = field.value;
        while (const auto value = sip::next_value(rest)) {
            if (number < values.size()) values[number++] = *value;
        }
    }
    while (number > 0) writer.field("Route", values[--number]);
}

}  // namespace

std::optional<Generator::Place> Generator::place_of_branch(std::string_view branch) const noexcept {
    const std::size_t prefix = branch_cookie.size() + seed_text_.size();
    if (branch.size() < prefix + 14) return std::nullopt;
    if (branch.substr(branch_cookie.size(), seed_text_.size()) != seed_text_) return std::nullopt;
    const auto slot = hexadecimal(branch.substr(prefix, 6));
    const auto generation = hexadecimal(branch.substr(prefix + 6, 6));
    const auto transaction = hexadecimal(branch.substr(prefix + 12, 2));
    if (!slot || !generation || !transaction || *slot >= sessions_.size()) return std::nullopt;
    return Place{*slot, *generation, static_cast<std::uint8_t>(*transaction)};
}

void Generator::receive_response(const Message& message, const Peer& from, Time now,
                                 Outbox& out) noexcept {
    const std::optional<Place> place = place_of_branch(message.via.branch);
    if (!place) {
        ++counters_.unexpected;
        return;
    }
    const Session& session = sessions_[place->slot];
    const bool is_live =
        session.state != SessionState::free && session.generation == place->generation;
    const bool is_of_invite = message.method == Method::invite;
    if (!is_live || (is_of_invite && place->transaction != session.invite_transaction)) {
        ++counters_.late_responses;
        // A server that did not get the ACK sends its final response again.
        if (is_of_invite && message.status_code >= 300) send_ack_of_failure(message, from, out);
        return;
    }
    if (!is_of_invite &&
        (message.method != session.method || session.state != SessionState::waiting ||
         (message.method != Method::cancel && place->transaction != session.transaction))) {
        ++counters_.late_responses;
        return;
    }
    if (message.status_code < 200) {
        provisional(place->slot, message, now, out);
    } else if (is_of_invite) {
        final_of_invite(place->slot, message, now, out);
    } else {
        final_response(place->slot, message, now, out);
    }
}

void Generator::provisional(Slot slot, const Message& message, Time now, Outbox& out) noexcept {
    Session& session = sessions_[slot];
    if (message.method != Method::invite) {
        session.interval = scenario_.timers.t2;
        return;
    }
    if (session.is_invite_answered || session.is_canceling) return;
    session.is_proceeding = true;
    session.transaction_end = now + scenario_.timers.limit() + scenario_.ring;
    deadlines_.set(slot, session.transaction_end);
    if (message.status_code == 100) return;
    if (!session.is_ringing) {
        session.is_ringing = true;
        counters_.request_delay.record(now - session.first_sent);
    }
    if (scenario_.flow.cancels) send_cancel(slot, now, out);
}

void Generator::final_response(Slot slot, const Message& message, Time now, Outbox& out) noexcept {
    Session& session = sessions_[slot];
    const bool is_success = message.status_code / 100 == 2;
    if (message.method == Method::cancel) {
        session.is_cancel_answered = true;
        if (session.is_invite_answered) {
            finish(slot, Ending::succeeded, now);
        } else {  // the INVITE's own answer is still to come
            session.transaction_end = now + scenario_.timers.limit();
            session.method = Method::invite;
            deadlines_.set(slot, session.transaction_end);
        }
        return;
    }
    if (message.method == Method::bye) {
        if (is_success) counters_.disconnect_delay.record(now - session.request_sent);
        finish(slot, is_success ? Ending::succeeded : Ending::refused, now);
        return;
    }
    if (authorize(slot, message, now, out)) return;
    if (!is_success) {
        give_up_or_back_off(slot, Ending::refused, retry_after_s(message), now);
        return;
    }
    count_answer(session, now);
    finish(slot, Ending::succeeded, now);
}

void Generator::final_of_invite(Slot slot, const Message& message, Time now, Outbox& out) noexcept {
    Session& session = sessions_[slot];
    const int status_code = message.status_code;
    const bool is_again = session.is_invite_answered;
    if (status_code / 100 == 2) {
        if (is_again) {
            ++counters_.retransmissions;
            send_ack(slot, now, out);
        } else {
            answered(slot, message, now, out);
        }
        return;
    }
    send_ack_of_failure(message, peer_of(slot), out);
    if (is_again) {
        ++counters_.retransmissions;
        return;
    }
    if (authorize(slot, message, now, out)) return;
    session.is_invite_answered = true;
    count_answer(session, now);
    if (is_established_effectively(status_code)) ++counters_.invite_effective;
    if (is_ineffective(status_code)) ++counters_.invite_ineffective;
    if (status_code / 100 == 3) ++counters_.invite_redirected;
    const bool is_expected = status_code == scenario_.flow.expected_status_code;
    if (is_expected && session.is_canceling && !session.is_cancel_answered) return;
    finish(slot, is_expected ? Ending::succeeded : Ending::refused, now);
}

/// The call is up: it is acknowledged, held and ended.
void Generator::answered(Slot slot, const Message& message, Time now, Outbox& out) noexcept {
    Session& session = sessions_[slot];
    session.is_invite_answered = true;
    session.is_failing = scenario_.flow.expected_status_code != 200;
    count_answer(session, now);
    ++counters_.invite_answered;
    ++counters_.invite_effective;
    remember_dialog(slot, message);
    if (talk_ != nullptr) {
        talk_->described(slot, 0, message.body);
        talk_->begin(slot);
    }
    send_ack(slot, now, out);
    session.state = SessionState::holding;
    deadlines_.set(slot, now + scenario_.hold);
    if (scenario_.hold == Duration{0}) send_request(slot, Method::bye, {}, now, out);
}

void Generator::count_answer(const Session& session, Time now) noexcept {
    last_answer_ = now;
    counters_.latency.record(now - session.intended);
    if (!session.is_ringing) counters_.request_delay.record(now - session.first_sent);
}

/// Source: rfc3261 12.1.2.
void Generator::remember_dialog(Slot slot, const Message& message) noexcept {
    Dialog& dialog = dialogs_[slot];
    std::array<char, 768> octets{};
    sip::Writer tag(octets);
    dialog.to_tag_parameter.assign(tag.text(";tag=").text(message.to_tag).written());
    std::string_view contacts = message.first(Field::contact).value_or("");
    const auto first = sip::next_value(contacts);
    const auto contact = first ? sip::parse_name_address(*first) : std::nullopt;
    dialog.remote_target.assign(contact ? contact->uri : message.to.uri);
    sip::Writer routes(octets);
    write_routes(routes, message);
    dialog.routes.assign(routes.is_full() ? "" : routes.written());
}

/// Answers a challenge: the same request with credentials and the next CSeq. False where that is
/// not for this flow, or was tried. Source: rfc3261 22.2.
bool Generator::authorize(Slot slot, const Message& message, Time now, Outbox& out) noexcept {
    const bool is_proxy = message.status_code == 407;
    if (message.status_code != 401 && !is_proxy) return false;
    Session& session = sessions_[slot];
    constexpr int tries_max = 2;  // a nonce may be stale
    if (!scenario_.flow.answers_challenges || session.authorizations >= tries_max) return false;
    const Field wanted = is_proxy ? Field::proxy_authenticate : Field::www_authenticate;
    std::array<char, 1024> line{};
    for (const sip::HeaderField& field : message.fields()) {
        if (field.field != wanted) continue;
        users_[session.user].nonce_count = 0;
        const std::size_t size =
            write_authorization(slot, message.method, field.value, is_proxy, line);
        if (size == 0) continue;
        if (!challenges_.empty()) challenges_[session.user].assign(field.value);
        ++session.authorizations;
        send_request(slot, message.method, {line.data(), size}, now, out);
        return true;
    }
    return false;
}

}  // namespace busyhour::engine::load
