#include "engine/sip/message.h"
#include "engine/sip/parts.h"

#include <cstring>
#include <optional>
#include <string_view>

namespace busyhour::engine::sip {

namespace {

/// `protocol-name SLASH protocol-version SLASH transport`.
bool take_sent_protocol(Cursor& cursor, std::string_view& transport) noexcept {
    constexpr std::string_view usual = "SIP/2.0/";
    const auto left = static_cast<std::size_t>(cursor.end - cursor.at);
    if (left > usual.size() && std::memcmp(cursor.at, usual.data(), usual.size()) == 0) {
        cursor.at += usual.size();
        cursor.skip_space();
    } else {
        if (!equal_without_case(cursor.take_all(token_character), "SIP")) return false;
        if (!cursor.take_spaced('/')) return false;
        if (cursor.take_all(token_character).empty()) return false;
        if (!cursor.take_spaced('/')) return false;
    }
    transport = cursor.take_all(token_character);
    return !transport.empty();
}

}  // namespace

bool take_via(Cursor& cursor, Via& via) noexcept {
    via = {};
    cursor.skip_space();
    if (!take_sent_protocol(cursor, via.transport)) return false;
    const char* transport_end = cursor.at;
    cursor.skip_space();
    if (cursor.at == transport_end) return false;
    if (!take_host_port(cursor, via.host, via.port, true)) return false;
    const char* begin = cursor.at;
    const char* end = begin;
    Parameter parameter;
    for (;;) {
        const Step step = take_parameter(cursor, parameter, token_character);
        if (step == Step::malformed) return false;
        if (step == Step::end) break;
        end = parameter.value.empty() ? parameter.name.data() + parameter.name.size()
                                      : parameter.value.data() + parameter.value.size();
        if (parameter.name.size() == 6 && equal_without_case(parameter.name, "branch")) {
            via.branch = parameter.value;
        }
    }
    via.parameters = between(begin, end);
    return cursor.is_at_end() || cursor.sees(',');
}

std::optional<Via> parse_via(std::string_view value) noexcept {
    Cursor cursor(value);
    Via via;
    if (!take_via(cursor, via) || !cursor.is_at_end()) return std::nullopt;
    return via;
}

}  // namespace busyhour::engine::sip
