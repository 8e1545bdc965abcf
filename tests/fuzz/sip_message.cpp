// A datagram from a stranger: what was read lies inside of it, and a response to what was accepted
// parses again.

#include "engine/sip/message.h"
#include "engine/sip/writer.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace sip = busyhour::engine::sip;

namespace {

constexpr std::size_t response_octets_max = 140000;

void check(bool holds) {
    if (!holds) std::abort();
}

/// Whether `part` is a view of `whole`.
bool is_inside(std::string_view part, std::string_view whole) {
    if (part.empty()) return true;
    return part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size();
}

void check_views(const sip::Message& m, std::string_view octets) {
    for (const std::string_view part :
         {m.method_text, m.request_uri, m.reason_phrase, m.body, m.via.host, m.via.transport,
          m.via.parameters, m.via.branch, m.from.uri, m.from.display_name, m.from.parameters,
          m.to.uri, m.to.display_name, m.to.parameters, m.from_tag, m.to_tag, m.call_id,
          m.cseq.method_text}) {
        check(is_inside(part, octets));
    }
    for (const sip::HeaderField& field : m.fields()) {
        check(is_inside(field.name, octets) && is_inside(field.value, octets));
    }
}

/// Reads the lists that the upper layers read.
void check_lists(const sip::Message& m) {
    for (const sip::HeaderField& field : m.fields()) {
        std::string_view rest = field.value;
        std::size_t number = 0;
        while (const auto value = sip::next_value(rest)) {
            check(is_inside(*value, field.value) && ++number <= field.value.size() + 1);
            if (const auto via = sip::parse_via(*value)) check(is_inside(via->host, *value));
            const auto address = sip::parse_name_address(*value);
            if (!address) continue;
            check(is_inside(address->uri, *value) && is_inside(address->parameters, *value));
            (void)sip::parameter(address->parameters, "expires");
            const auto uri = sip::parse_uri(address->uri);
            if (uri) check(sip::equal_uris(*uri, *uri));
        }
    }
}

void check_response(const sip::Message& request) {
    static std::string octets(response_octets_max, '\0');
    sip::Writer writer(octets);
    sip::write_response(writer, request, 200,
                        {.to_tag = "fuzz", .received = "192.0.2.1", .rport = 5060});
    check(!writer.is_full());
    static sip::Message response;
    if (writer.size() > sip::Message::octets_max) return;
    check(sip::parse_message(writer.written(), response) == sip::Fault::none);
    check(response.status_code == 200 && response.method == request.method);
    check(response.from_tag == request.from_tag && response.call_id == request.call_id);
    check(response.cseq.number == request.cseq.number && response.via.host == request.via.host);
    check(!response.to_tag.empty());
    check(sip::parameter(response.via.parameters, "received") == "192.0.2.1");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string octets(data, data + size);
    static sip::Message message;
    const sip::Fault fault = sip::parse_message(octets, message);
    if (fault == sip::Fault::too_large) return 0;
    check_views(message, octets);
    check_lists(message);
    if (fault == sip::Fault::none && message.is_request) check_response(message);
    return 0;
}
