#include "engine/sip/rewrite.h"

namespace busyhour::engine::sip {

namespace {

constexpr std::uint64_t max_forwards_default = 70;  // rfc3261 8.1.1.6

/// The topmost Via as it came, with `received` and `rport` filled in. What the sender wrote as
/// `received` itself is kept: only the first is read.
void write_sender_via(Writer& writer, const Message& request, std::string_view value,
                      const Forwarding& forwarding) noexcept {
    writer.text("Via: ");
    const bool changes = !forwarding.received.empty() || forwarding.rport != 0;
    const std::string_view parameters = request.via.parameters;
    if (!changes || parameters.data() == nullptr) {
        writer.text(value).text("\r\n");
        return;
    }
    const char* end = parameters.data() + parameters.size();
    const auto front = static_cast<std::size_t>(parameters.data() - value.data());
    writer.text(value.substr(0, front));
    if (!forwarding.received.empty()) writer.text(";received=").text(forwarding.received);
    std::string_view rest = parameters;
    while (!rest.empty()) {
        const std::size_t next = rest.find(';', 1);
        const std::string_view one = rest.substr(0, next);
        const bool is_empty_rport =
            forwarding.rport != 0 && one.size() == 6 && equal_without_case(one, ";rport");
        if (is_empty_rport) {
            writer.text(";rport=").number(forwarding.rport);
        } else {
            writer.text(one);
        }
        rest = next == rest.npos ? std::string_view() : rest.substr(next);
    }
    writer.text(value.substr(static_cast<std::size_t>(end - value.data()))).text("\r\n");
}

}  // namespace

void write_forwarded_request(Writer& writer, const Message& request,
                             const Forwarding& forwarding) noexcept {
    writer.text(request.method_text).text(" ").text(forwarding.request_uri).text(" SIP/2.0\r\n");
    writer.field("Via", forwarding.via);
    bool is_top = true;
    for (const HeaderField& field : request.fields()) {
        if (field.field != Field::via) continue;
        if (is_top) {
            write_sender_via(writer, request, field.value, forwarding);
        } else {
            writer.field("Via", field.value);
        }
        is_top = false;
    }
    writer.text(forwarding.record_routes);
    for (const std::string_view route : forwarding.routes) writer.field("Route", route);
    const auto left = request.max_forwards < 0 ? max_forwards_default
                                               : static_cast<std::uint64_t>(request.max_forwards);
    writer.text("Max-Forwards: ").number(left == 0 ? 0 : left - 1).text("\r\n");
    for (const HeaderField& field : request.fields()) {
        const bool is_written = field.field == Field::via || field.field == Field::route ||
                                field.field == Field::max_forwards ||
                                field.field == Field::content_length;
        if (!is_written) writer.field(field.name, field.value);
    }
    const std::string_view body = forwarding.body.value_or(request.body);
    writer.text("Content-Length: ").number(body.size()).text("\r\n\r\n").text(body);
}

void write_forwarded_response(Writer& writer, const Message& response,
                              std::string_view body) noexcept {
    writer.text("SIP/2.0 ").number(static_cast<std::uint64_t>(response.status_code)).text(" ");
    writer.text(response.reason_phrase).text("\r\n");
    bool is_top = true;
    for (const HeaderField& field : response.fields()) {
        if (field.field == Field::content_length) continue;
        if (field.field == Field::via && is_top) {
            is_top = false;
            std::string_view rest = field.value;
            next_value(rest);
            const std::size_t begin = rest.find_first_not_of(", \t\r\n");
            if (begin != rest.npos) writer.field("Via", rest.substr(begin));
            continue;
        }
        writer.field(field.name, field.value);
    }
    writer.text("Content-Length: ").number(body.size()).text("\r\n\r\n").text(body);
}

void write_companion(Writer& writer, const Message& request, std::string_view method,
                     std::string_view to) noexcept {
    writer.text(method).text(" ").text(request.request_uri).text(" SIP/2.0\r\n");
    if (const auto via = request.first(Field::via)) writer.field("Via", *via);
    for (const HeaderField& field : request.fields()) {
        if (field.field == Field::route) writer.field("Route", field.value);
    }
    writer.text("Max-Forwards: ").number(max_forwards_default).text("\r\n");
    if (const auto from = request.first(Field::from)) writer.field("From", *from);
    writer.field("To", to);
    writer.field("Call-ID", request.call_id);
    writer.text("CSeq: ").number(request.cseq.number).text(" ").text(method);
    writer.text("\r\nContent-Length: 0\r\n\r\n");
}

}  // namespace busyhour::engine::sip
