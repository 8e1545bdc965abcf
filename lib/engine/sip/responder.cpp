#include "engine/sip/responder.h"

#include "engine/sip/host_address.h"

namespace busyhour::engine::sip {

namespace {

constexpr std::size_t refusals_max = 1024;  // a power of two

}  // namespace

ViaRepair::ViaRepair(const Message& request, const Peer& from) noexcept {
    const auto rport = parameter(request.via.parameters, "rport");
    const bool asks = rport.has_value() && rport->empty();
    if (asks) rport_ = from.port;
    const auto sent_by = parse_host_address(request.via.host);
    if (!asks && sent_by && *sent_by == from.address) return;
    Writer writer(text_);
    write_host_address(writer, from.address);
    size_ = writer.size();
}

Responder::Responder(const ServerOptions& options, Statistics& statistics)
    : options_(options),
      statistics_(statistics),
      buffer_(Message::octets_max),
      refusals_(refusals_max) {}

void Responder::send(Outbox& out, const Peer& to, std::string_view octets, Method method,
                     int status_code) noexcept {
    if (!out.add(to, octets_of(octets))) {
        statistics_.count(Counter::dropped);
        return;
    }
    statistics_.count_message(Direction::out, to.transport, method, status_code, octets.size());
}

void Responder::send(Outbox& out, const Peer& to, std::string_view octets, const Message& about,
                     int status_code) noexcept {
    send(out, to, octets, about.method, status_code);
}

std::uint64_t Responder::tag_of(const Message& request) const noexcept {
    return hash().add(request.call_id).add(request.from_tag).add(request.via.branch).value();
}

bool Responder::refused(const Message& ack) const noexcept {
    const std::uint64_t value = tag_of(ack);
    if (refusals_[value % refusals_max] == value) return true;
    std::array<char, 16> tag{};
    Writer writer(tag);
    writer.hex(value, tag.size());
    return ack.to_tag == writer.written();
}

std::string_view Responder::write(const Message& request, const Peer& from, int status_code,
                                  std::string_view header_fields) noexcept {
    const ViaRepair repair(request, from);
    std::array<char, 16> tag{};
    Writer tag_writer(tag);
    if (status_code != 100 && request.to_tag.empty()) {
        tag_writer.hex(tag_of(request), 16);
    }
    Writer writer(buffer_);
    write_response(writer, request, status_code,
                   {.to_tag = tag_writer.written(),
                    .received = repair.received(),
                    .rport = repair.rport(),
                    .header_fields = header_fields});
    return writer.is_full() ? std::string_view() : writer.written();
}

void Responder::answer(const Arrival& arrival, int status_code,
                       std::string_view header_fields) noexcept {
    const std::string_view octets =
        write(arrival.message, arrival.from, status_code, header_fields);
    if (octets.empty()) {
        statistics_.count(Counter::dropped);
        return;
    }
    send(arrival.out, reply_to(arrival.message, arrival.from), octets, arrival.message,
         status_code);
    const Message& request = arrival.message;
    if (status_code < 300 || request.method != Method::invite || request.to_tag.empty()) return;
    const std::uint64_t value = tag_of(request);
    refusals_[value % refusals_max] = value;
}

Peer Responder::reply_to(const Message& request, const Peer& from) noexcept {
    Peer to = from;
    if (from.transport != Transport::udp) return to;
    if (!parameter(request.via.parameters, "rport").has_value()) {
        to.port = request.via.port != 0 ? request.via.port : sip_port;
    }
    return to;
}

}  // namespace busyhour::engine::sip
