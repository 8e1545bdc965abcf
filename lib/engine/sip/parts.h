#pragma once

#include "engine/sip/cursor.h"
#include "engine/sip/message.h"

#include <optional>
#include <string_view>

namespace busyhour::engine::sip {

/// One `name` or `name=value` that follows a ';'.
struct Parameter {
    std::string_view name;
    std::string_view value;  ///< a quoted string keeps its quotes
};

enum class Step : std::uint8_t { taken, end, malformed };

/// Takes `;name[=value]`, and the white space behind it; `end`, and nothing but white space taken,
/// where no ';' follows.
inline Step take_parameter(Cursor& cursor, Parameter& parameter, unsigned name_classes) noexcept {
    cursor.skip_space();
    if (!cursor.take(';')) return Step::end;
    cursor.skip_space();
    parameter.name = cursor.take_all(name_classes);
    parameter.value = {};
    if (parameter.name.empty()) return Step::malformed;
    cursor.skip_space();
    if (!cursor.take('=')) return Step::taken;
    cursor.skip_space();
    parameter.value = cursor.sees('"') ? cursor.take_quoted() : cursor.take_all(value_character);
    if (parameter.value.empty()) return Step::malformed;
    cursor.skip_space();
    return Step::taken;
}

/// Takes `host [COLON port]`; false for none. White space is taken around the colon only where
/// `spaced`.
bool take_host_port(Cursor& cursor, std::string_view& host, std::uint16_t& port,
                    bool spaced) noexcept;

/// Takes one `via-parm` off the front; what follows it is at its end or at a comma.
bool take_via(Cursor& cursor, Via& via) noexcept;

/// Reads a whole From, To, Contact or Route value; `tag` is that of its parameters.
bool read_name_address(std::string_view value, NameAddress& address,
                       std::string_view& tag) noexcept;

/// `scheme ":"` and at least one character of a URI, all of them allowed in one.
bool is_absolute_uri(std::string_view uri) noexcept;

/// Whether each '%' stands before two hexadecimal digits.
bool are_escapes_whole(std::string_view text) noexcept;

}  // namespace busyhour::engine::sip
