#include "engine/load/generator.h"
#include "engine/load/octets.h"

#include <algorithm>
#include <charconv>

namespace busyhour::engine::load {
namespace {

using sip::Field;
using sip::Message;
using sip::Method;
using sip::Writer;

constexpr std::string_view answer_description =
    "v=0\r\n"
    "o=- 2 1 IN IP4 127.0.0.1\r\n"
    "s=-\r\n"
    "c=IN IP4 127.0.0.1\r\n"
    "t=0 0\r\n"
    "m=audio 40002 RTP/AVP 0 101\r\n"
    "a=rtpmap:0 PCMU/8000\r\n"
    "a=rtpmap:101 telephone-event/8000\r\n"
    "a=sendrecv\r\n";

/// Another tag than the caller's, which has a letter in front. Source: rfc3261 19.3.
std::string_view callee_tag(std::string_view call_id) noexcept {
    return call_id.substr(std::min<std::size_t>(1, call_id.size()), 12);
}

/// What a response to an INVITE carries so that the dialog passes the same proxies. Source:
/// rfc3261 12.1.1.
void write_dialog_lines(Writer& writer, const Message& invite,
                        std::string_view more_lines) noexcept {
    for (const sip::HeaderField& field : invite.fields()) {
        if (field.field == Field::record_route) writer.field("Record-Route", field.value);
    }
    writer.text("Contact: <").text(invite.request_uri).text(">\r\n").text(more_lines);
}

}  // namespace

/// The slot of a call that this generator began, by its Call-ID.
Generator::Slot Generator::slot_of_call(std::string_view call_id) const noexcept {
    if (call_id.size() != 14 + seed_text_.size() || call_id.front() != 'c') return no_slot;
    if (call_id.substr(14) != seed_text_) return no_slot;
    Slot slot = no_slot;
    std::from_chars(call_id.data() + 1, call_id.data() + 7, slot, 16);
    return slot < called_.size() ? slot : no_slot;
}

void Generator::transmit_response(std::string_view octets, int status_code, Method method,
                                  const Peer& to, Outbox& out) noexcept {
    if (octets.empty()) return;
    out.add(to, as_octets(octets));
    counters_.of(method).responses_sent.count(octets.size());
    ++counters_.sent_by_status[static_cast<std::size_t>(status_code)];
}

void Generator::respond(const Message& request, int status_code, const Peer& to,
                        Outbox& out) noexcept {
    std::array<char, CalledSide::response_octets_max> octets{};
    std::array<char, 1024> lines{};
    Writer line_writer(lines);
    if (request.method == Method::invite) write_dialog_lines(line_writer, request, {});
    Writer writer(octets);
    sip::write_response(writer, request, status_code,
                        {.to_tag = callee_tag(request.call_id),
                         .header_fields = line_writer.is_full() ? "" : line_writer.written()});
    if (writer.is_full()) return;
    transmit_response(writer.written(), status_code, request.method, to, out);
}

void Generator::receive_request(const Message& message, const Peer& from, Time now,
                                Outbox& out) noexcept {
    switch (message.method) {
        case Method::invite:
            receive_invite(message, from, now, out);
            break;
        case Method::cancel:
            receive_cancel(message, from, now, out);
            break;
        case Method::ack: {
            const Slot slot = slot_of_call(message.call_id);
            if (slot == no_slot) {
                ++counters_.unexpected;
                return;
            }
            called_[slot].is_acknowledged = true;
            deadlines_.drop(static_cast<Deadlines::Id>(sessions_.size() + slot));
            break;
        }
        case Method::bye:
        case Method::message:
        case Method::options:
        case Method::notify:
        case Method::info:
            respond(message, 200, from, out);
            break;
        default:
            respond(message, 501, from, out);
            break;
    }
}

/// Source: rfc3261 13.3.1.
void Generator::receive_invite(const Message& message, const Peer& from, Time now,
                               Outbox& out) noexcept {
    const Slot slot = slot_of_call(message.call_id);
    if (slot == no_slot || !message.to_tag.empty()) {
        ++counters_.unexpected;
        respond(message, slot == no_slot ? 480 : 488, from, out);
        return;
    }
    std::uint32_t generation = 0;
    std::from_chars(message.call_id.data() + 7, message.call_id.data() + 13, generation, 16);
    CalledSide& side = called_[slot];
    if (side.status_code != 0 && side.generation == generation) {
        ++counters_.retransmissions;  // our answer to an INVITE that came again
        if (!side.is_final_sent) {
            respond(message, 180, from, out);
        } else {
            transmit_response({side.response.data(), side.response_octets}, side.status_code,
                              Method::invite, side.caller, out);
        }
        return;
    }
    if (talk_ != nullptr) talk_->described(slot, 1, message.body);
    side.caller = from;
    side.generation = generation;
    side.is_final_sent = false;
    side.is_acknowledged = false;
    side.interval = scenario_.timers.t1;
    side.status_code = scenario_.flow.expected_status_code;
    prepare_final(slot, message, callee_tag(message.call_id),
                  side.status_code == 200 ? "Content-Type: application/sdp\r\n" : "");
    if (side.status_code == 486) {
        send_final(slot, now, out);
        return;
    }
    respond(message, 180, from, out);
    if (scenario_.flow.cancels) return;
    if (scenario_.ring == Duration{0}) {
        send_final(slot, now, out);
    } else {
        deadlines_.set(static_cast<Deadlines::Id>(sessions_.size() + slot), now + scenario_.ring);
    }
}

void Generator::prepare_final(Slot slot, const Message& invite, std::string_view to_tag,
                              std::string_view more_lines) noexcept {
    CalledSide& side = called_[slot];
    const std::string_view body =
        talk_ != nullptr ? talk_->description(slot, 1) : answer_description;
    std::array<char, 1024> lines{};
    Writer line_writer(lines);
    const bool is_answer = side.status_code == 200;
    if (is_answer) write_dialog_lines(line_writer, invite, more_lines);
    Writer writer(side.response);
    sip::write_response(
        writer, invite, side.status_code,
        {.to_tag = to_tag, .header_fields = line_writer.written(), .body = is_answer ? body : ""});
    const bool is_whole = !writer.is_full() && !line_writer.is_full();
    side.response_octets = is_whole ? static_cast<std::uint32_t>(writer.size()) : 0;
}

/// A final response is sent again until its ACK comes: a 2xx by the user agent over any transport
/// (rfc3261 13.3.1.4), another one by the transaction over UDP (timer G, 17.2.1).
void Generator::send_final(Slot slot, Time now, Outbox& out) noexcept {
    CalledSide& side = called_[slot];
    side.is_final_sent = true;
    side.end = now + scenario_.timers.limit();
    transmit_response({side.response.data(), side.response_octets}, side.status_code,
                      Method::invite, side.caller, out);
    if (scenario_.is_reliable() && side.status_code != 200) return;
    deadlines_.set(static_cast<Deadlines::Id>(sessions_.size() + slot), now + side.interval);
}

void Generator::called_timeout(Slot slot, Time now, Outbox& out) noexcept {
    CalledSide& side = called_[slot];
    if (!side.is_final_sent) {
        send_final(slot, now, out);
        return;
    }
    if (side.is_acknowledged || now >= side.end) return;
    ++counters_.retransmissions;
    transmit_response({side.response.data(), side.response_octets}, side.status_code,
                      Method::invite, side.caller, out);
    side.interval = std::min(2 * side.interval, scenario_.timers.t2);
    deadlines_.set(static_cast<Deadlines::Id>(sessions_.size() + slot),
                   std::min(now + side.interval, side.end));
}

/// The CANCEL has its own 200, and the INVITE its 487. Source: rfc3261 9.2.
void Generator::receive_cancel(const Message& message, const Peer& from, Time now,
                               Outbox& out) noexcept {
    const Slot slot = slot_of_call(message.call_id);
    const bool is_known = slot != no_slot && called_[slot].status_code != 0;
    respond(message, is_known ? 200 : 481, from, out);
    if (!is_known || called_[slot].is_final_sent || !scenario_.flow.cancels) return;
    send_final(slot, now, out);
}

}  // namespace busyhour::engine::load
