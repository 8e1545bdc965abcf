#include "engine/sip/writer.h"

#include "engine/sip/parts.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace busyhour::engine::sip {

namespace {

constexpr std::size_t digits_max = 20;  // of a 64-bit number

/// The octets of `parameters` with its `received` left out, `;received=` and the value of an empty
/// `rport` added. Source: rfc3261 18.2.1, rfc3581 4.
void write_via_parameters(Writer& writer, std::string_view parameters,
                          const ResponseExtras& extras) noexcept {
    Cursor cursor(parameters);
    Parameter parameter;
    const char* begin = cursor.at;
    while (take_parameter(cursor, parameter, token_character) == Step::taken) {
        const bool is_received =
            !extras.received.empty() && equal_without_case(parameter.name, "received");
        const bool is_rport = extras.rport != 0 && parameter.value.empty() &&
                              equal_without_case(parameter.name, "rport");
        if (is_rport) {
            writer.text(";rport=").number(extras.rport);
        } else if (!is_received) {
            writer.text(between(begin, cursor.at));
        }
        begin = cursor.at;
    }
    if (!extras.received.empty()) writer.text(";received=").text(extras.received);
}

/// The topmost Via's line, the first of `via`'s values changed.
void write_top_via(Writer& writer, const Via& via, const HeaderField& field,
                   const ResponseExtras& extras) noexcept {
    writer.text("Via: ");
    const char* end = field.value.data() + field.value.size();
    if (via.parameters.data() == nullptr) {
        writer.text(field.value);
    } else {
        const char* parameters_end = via.parameters.data() + via.parameters.size();
        writer.text(between(field.value.data(), via.parameters.data()));
        write_via_parameters(writer, via.parameters, extras);
        writer.text(between(parameters_end, end));
    }
    writer.text("\r\n");
}

void write_vias(Writer& writer, const Message& request, const ResponseExtras& extras) noexcept {
    bool is_top = true;
    for (const HeaderField& field : request.fields()) {
        if (field.field != Field::via) continue;
        if (is_top && (!extras.received.empty() || extras.rport != 0)) {
            write_top_via(writer, request.via, field, extras);
        } else {
            writer.field("Via", field.value);
        }
        is_top = false;
    }
}

void copy_first(Writer& writer, const Message& request, Field field,
                std::string_view name) noexcept {
    if (const auto value = request.first(field)) writer.field(name, *value);
}

}  // namespace

Writer& Writer::number(std::uint64_t number) noexcept {
    if (number < 10) {
        const char digit = static_cast<char>('0' + number);
        return text({&digit, 1});
    }
    std::array<char, digits_max> digits;  // NOLINT: written below as far as it is read
    std::size_t begin = digits.size();
    do {
        digits[--begin] = static_cast<char>('0' + number % 10);
        number /= 10;
    } while (number != 0);
    return text({digits.data() + begin, digits.size() - begin});
}

Writer& Writer::hex(std::uint64_t number, int digits) noexcept {
    constexpr std::string_view alphabet = "0123456789abcdef";
    std::array<char, 16> written;  // NOLINT: written below as far as it is read
    const auto size = static_cast<std::size_t>(std::clamp(digits, 0, 16));
    for (std::size_t place = size; place-- > 0; number >>= 4U) {
        written[place] = alphabet[number & 15U];
    }
    return text({written.data(), size});
}

Writer& Writer::field(std::string_view name, std::string_view value) noexcept {
    return text(name).text(": ").text(value).text("\r\n");
}

void write_response(Writer& writer, const Message& request, int status_code,
                    const ResponseExtras& extras) noexcept {
    writer.text("SIP/2.0 ").number(static_cast<std::uint64_t>(status_code)).text(" ");
    writer.text(reason_phrase(status_code)).text("\r\n");
    write_vias(writer, request, extras);
    copy_first(writer, request, Field::from, "From");
    if (const auto to = request.first(Field::to)) {
        writer.text("To: ").text(*to);
        const bool adds_tag = request.to_tag.empty() && !extras.to_tag.empty();
        if (adds_tag) writer.text(";tag=").text(extras.to_tag);
        writer.text("\r\n");
    }
    copy_first(writer, request, Field::call_id, "Call-ID");
    copy_first(writer, request, Field::cseq, "CSeq");
    if (status_code == 100) copy_first(writer, request, Field::timestamp, "Timestamp");
    writer.text(extras.header_fields);
    writer.text("Content-Length: ").number(extras.body.size()).text("\r\n\r\n");
    writer.text(extras.body);
}

}  // namespace busyhour::engine::sip
