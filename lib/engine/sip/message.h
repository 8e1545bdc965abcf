#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace busyhour::engine::sip {

/// A request method. Source: rfc3261 7.1 and the IANA registry of SIP methods.
enum class Method : std::uint8_t {
    invite,
    ack,
    bye,
    cancel,
    register_,  // NOLINT(readability-identifier-naming): a keyword without the underscore
    options,
    message,
    subscribe,
    notify,
    publish,
    prack,
    update,
    info,
    refer,
    other
};

/// A header field this engine reads; compact forms are the same field. Source: rfc3261 20.
enum class Field : std::uint8_t {
    via,
    from,
    to,
    call_id,
    cseq,
    contact,
    max_forwards,
    route,
    record_route,
    content_length,
    content_type,
    content_encoding,
    expires,
    min_expires,
    require,
    proxy_require,
    supported,
    unsupported,
    allow,
    accept,
    authorization,
    proxy_authorization,
    www_authenticate,
    proxy_authenticate,
    path,
    event,
    retry_after,
    timestamp,
    rack,
    rseq,
    session_expires,
    min_se,
    other
};

constexpr std::size_t fields_known = static_cast<std::size_t>(Field::other);

/// The field of a header field name, long or compact, without regard to case.
Field field_of(std::string_view name) noexcept;

/// One header field line: `value` without the white space around it, folds kept as they came.
struct HeaderField {
    Field field = Field::other;
    std::string_view name;
    std::string_view value;
};

/// What is wrong with a message.
enum class Fault : std::uint8_t {
    none,
    not_sip,          ///< no start line of SIP: dropped without an answer
    start_line,       ///< e.g. white space where none may be, an unescaped character
    version,          ///< a version other than SIP/2.0: 505
    header_field,     ///< a line that is no header field
    missing_field,    ///< one of Via, From, To, Call-ID, CSeq
    repeated_field,   ///< one that may stand once only, with unequal values
    bad_value,        ///< of Via, From, To, CSeq, Max-Forwards, Content-Length, Expires, ...
    method_mismatch,  ///< CSeq names another method than the request line
    too_many_fields,
    too_large,
    truncated,  ///< Content-Length says more than came
};

/// `name-addr` or `addr-spec` with what follows it. Source: rfc3261 25.1.
struct NameAddress {
    std::string_view display_name;  ///< as written, with its quotes
    std::string_view uri;           ///< without the angle brackets
    std::string_view parameters;    ///< ";tag=...;q=..." or empty
};

/// One `via-parm`. Source: rfc3261 20.42.
struct Via {
    std::string_view transport;   ///< as written: "UDP", "TCP", "TLS", ...
    std::string_view host;        ///< an IPv6 reference keeps its brackets
    std::uint16_t port = 0;       ///< 0 where none was given
    std::string_view parameters;  ///< ";branch=...", or empty behind host and port
    std::string_view branch;
};

struct CommandSequence {
    std::uint32_t number = 0;
    Method method = Method::other;
    std::string_view method_text;
};

/// A SIP or SIPS URI. Source: rfc3261 19.1.
struct Uri {
    bool is_sips = false;
    std::string_view user;  ///< escapes kept as written
    std::string_view password;
    std::string_view host;  ///< an IPv6 reference keeps its brackets
    std::uint16_t port = 0;
    std::string_view parameters;  ///< ";transport=tcp;lr" or empty
    std::string_view headers;     ///< after '?'
};

/// A message taken apart: everything is a view of the octets it was parsed from.
class Message {
public:
    static constexpr std::size_t fields_max = 96;
    static constexpr std::size_t octets_max = 65535;

    bool is_request = false;
    Method method = Method::other;  ///< of a response: that of its CSeq
    std::string_view method_text;
    std::string_view request_uri;
    std::optional<Uri> target;  ///< `request_uri` taken apart; nothing where no sip or sips URI
    int status_code = 0;
    std::string_view reason_phrase;
    std::string_view body;

    // Those that every message has, taken apart once.
    Via via;  ///< the topmost
    NameAddress from;
    NameAddress to;
    std::string_view from_tag;
    std::string_view to_tag;
    std::string_view call_id;
    CommandSequence cseq;
    int max_forwards = -1;  ///< -1 where absent

    [[nodiscard]] std::span<const HeaderField> fields() const noexcept;

    /// The value of the first `field`; nothing where there is none.
    [[nodiscard]] std::optional<std::string_view> first(Field field) const noexcept;
    [[nodiscard]] bool has(Field field) const noexcept;

private:
    friend class MessageParser;
    friend Fault parse_message(std::string_view octets, Message& message) noexcept;

    std::array<HeaderField, fields_max> fields_;
    std::size_t fields_number_ = 0;
    std::uint64_t known_ = 0;  ///< a bit for each Field that is there, `other` left out
    std::array<std::uint8_t, fields_known> first_{};  ///< valid where its bit is set
};

/// Takes apart one whole message (a datagram, or what StreamFramer cut from a stream). Never
/// allocates. After a fault other than `not_sip`, what a 400 needs (Via, From, To, Call-ID, CSeq)
/// is there as far as it could be read. Source: rfc3261 7, rfc4475.
Fault parse_message(std::string_view octets, Message& message) noexcept;

/// The next value of a comma-separated list, taken off the front of `rest`; quotes and angle
/// brackets hold commas. Nothing at the end.
std::optional<std::string_view> next_value(std::string_view& rest) noexcept;

std::optional<NameAddress> parse_name_address(std::string_view value) noexcept;
std::optional<Via> parse_via(std::string_view value) noexcept;

/// The value of `;name=value` in `parameters`, compared without case; empty for a bare `;name`,
/// nothing where absent. A quoted string keeps its quotes.
std::optional<std::string_view> parameter(std::string_view parameters,
                                          std::string_view name) noexcept;

/// Nothing for another scheme and for what is no URI.
std::optional<Uri> parse_uri(std::string_view text) noexcept;

/// Whether two URIs are equal. Source: rfc3261 19.1.4.
bool equal_uris(const Uri& one, const Uri& other) noexcept;

Method method_of(std::string_view text) noexcept;
std::string_view method_name(Method method) noexcept;  ///< "" for `other`

/// Equality without regard to case, of ASCII letters. Source: rfc3261 7.3.1.
bool equal_without_case(std::string_view one, std::string_view other) noexcept;

}  // namespace busyhour::engine::sip
