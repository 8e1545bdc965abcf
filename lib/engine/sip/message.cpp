#include "engine/sip/message.h"

#include "engine/sip/parts.h"
#include "engine/sip/scan.h"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>

namespace busyhour::engine::sip {

namespace {

constexpr std::uint64_t bit_of(Field field) noexcept {
    return std::uint64_t{1} << static_cast<unsigned>(field);
}

/// Fields that stand once in a message.
constexpr std::uint64_t single_fields =
    bit_of(Field::from) | bit_of(Field::to) | bit_of(Field::call_id) | bit_of(Field::cseq) |
    bit_of(Field::max_forwards) | bit_of(Field::content_length) | bit_of(Field::content_type) |
    bit_of(Field::expires) | bit_of(Field::min_expires) | bit_of(Field::event) |
    bit_of(Field::retry_after) | bit_of(Field::timestamp) | bit_of(Field::rack) |
    bit_of(Field::rseq) | bit_of(Field::session_expires) | bit_of(Field::min_se);

constexpr std::uint64_t needed_fields = bit_of(Field::via) | bit_of(Field::from) |
                                        bit_of(Field::to) | bit_of(Field::call_id) |
                                        bit_of(Field::cseq);

constexpr std::uint32_t max_forwards_max = 255;         // rfc3261 20.22
constexpr std::uint32_t sequence_max = (1U << 31) - 1;  // rfc3261 8.1.1.5
constexpr std::string_view sip_version = "SIP/2.0";

bool begins_with_sip(std::string_view text) noexcept {
    return text.size() >= 4 && equal_without_case(text.substr(0, 4), "SIP/");
}

Fault version_fault(std::string_view version) noexcept {
    if (version == sip_version || equal_without_case(version, sip_version)) return Fault::none;
    Cursor cursor(version.substr(4));
    const bool is_number = !cursor.take_all(token_character).empty() && cursor.is_at_end();
    return is_number ? Fault::version : Fault::start_line;
}

}  // namespace

/// Fills a Message in one pass; the first fault is kept, and reading goes on for what a 400 needs.
class MessageParser {
public:
    MessageParser(std::string_view octets, Message& message) noexcept
        : at_(octets.data()), end_(octets.data() + octets.size()), message_(message) {}

    Fault parse() noexcept {
        reset();
        if (!read_start_line()) return Fault::not_sip;
        while (!is_at_blank_line()) {
            if (!read_field()) return fault_;
        }
        check_needed();
        read_body();
        return fault_;
    }

private:
    void reset() noexcept;
    bool read_start_line() noexcept;
    bool read_request_line(std::string_view line) noexcept;
    void read_target() noexcept;
    void read_status_line(std::string_view line) noexcept;
    [[nodiscard]] bool is_at_blank_line() const noexcept {
        return end_ - at_ >= 2 && at_[0] == '\r' && at_[1] == '\n';
    }
    bool read_field() noexcept;
    bool take_line(const char*& line_end) noexcept;
    void add_field(Field field, std::string_view name, std::string_view value) noexcept;
    void read_value(Field field, std::string_view value) noexcept;
    void read_sequence(std::string_view value) noexcept;
    void read_max_forwards(std::string_view value) noexcept;
    void read_content_length(std::string_view value) noexcept;
    void check_needed() noexcept;
    void read_body() noexcept;

    void note(Fault fault) noexcept {
        if (fault_ == Fault::none) fault_ = fault;
    }
    void expect(bool holds, Fault fault) noexcept {
        if (!holds) note(fault);
    }

    const char* at_;
    const char* end_;
    Message& message_;
    Fault fault_ = Fault::none;
    std::optional<std::uint32_t> content_octets_;
};

void MessageParser::reset() noexcept {
    Message& m = message_;
    m.is_request = false;
    m.target.reset();
    m.method = Method::other;
    m.status_code = 0;
    m.max_forwards = -1;
    m.method_text = m.request_uri = m.reason_phrase = m.body = {};
    m.via = {};
    m.from = m.to = {};
    m.from_tag = m.to_tag = m.call_id = {};
    m.cseq = {};
    m.fields_number_ = 0;
    m.known_ = 0;
}

/// False for what is not SIP at all.
bool MessageParser::read_start_line() noexcept {
    const LineEnd line_end = find_line_end(at_, end_);
    if (!line_end.is_whole) return false;
    const std::string_view line = between(at_, line_end.at);
    at_ = line_end.at + 2;
    if (begins_with_sip(line)) {
        read_status_line(line);
        return true;
    }
    return read_request_line(line);
}

bool MessageParser::read_request_line(std::string_view line) noexcept {
    const std::string_view text = trimmed(line);
    const std::size_t last_space = text.rfind(' ');
    if (last_space == text.npos) return false;
    const std::string_view version = text.substr(last_space + 1);
    if (!begins_with_sip(version)) return false;
    message_.is_request = true;

    Cursor cursor(text.substr(0, last_space));
    message_.method_text = cursor.take_all(token_character);
    message_.method = method_of(message_.method_text);
    expect(text.size() == line.size() && !message_.method_text.empty(), Fault::start_line);
    if (!cursor.take(' ')) {
        note(Fault::start_line);
        return true;
    }
    message_.request_uri = between(cursor.at, cursor.end);
    read_target();
    note(version_fault(version));
    return true;
}

/// A SIP URI has no headers here (rfc3261 19.1.1, Table 1); one of another scheme is not read.
void MessageParser::read_target() noexcept {
    const std::string_view text = message_.request_uri;
    message_.target = parse_uri(text);
    if (message_.target) return expect(message_.target->headers.empty(), Fault::start_line);
    expect(is_absolute_uri(text) && are_escapes_whole(text), Fault::start_line);
    const std::string_view scheme = text.substr(0, text.find(':'));
    const bool is_sip = equal_without_case(scheme, "sip") || equal_without_case(scheme, "sips");
    expect(!is_sip, Fault::start_line);
}

void MessageParser::read_status_line(std::string_view line) noexcept {
    Cursor cursor(line);
    while (!cursor.is_at_end() && *cursor.at != ' ') ++cursor.at;
    const std::string_view version = between(line.data(), cursor.at);
    note(version_fault(version));
    if (!cursor.take(' ')) return note(Fault::start_line);
    const char* digits = cursor.at;
    const auto code = cursor.take_number(699);
    const bool is_code = code && *code >= 100 && cursor.at - digits == 3;
    if (!is_code || !cursor.take(' ')) return note(Fault::start_line);
    message_.status_code = static_cast<int>(*code);
    message_.reason_phrase = between(cursor.at, cursor.end);
}

/// Goes behind the CRLF of the line, its folds included; false where the octets end before.
bool MessageParser::take_line(const char*& line_end) noexcept {
    for (;;) {
        const LineEnd found = find_line_end(at_, end_);
        line_end = found.at;
        if (found.is_whole) {
            at_ = found.at + 2;
            if (at_ == end_ || (*at_ != ' ' && *at_ != '\t')) return true;
            continue;
        }
        if (found.at == end_ || (*found.at == '\r' && end_ - found.at < 2)) {
            note(Fault::truncated);
            return false;
        }
        note(Fault::header_field);
        at_ = found.at + 1;
    }
}

/// False where nothing can be read any more.
[[gnu::flatten]] bool MessageParser::read_field() noexcept {
    const char* begin = at_;
    if (at_ == end_) {
        note(Fault::truncated);
        return false;
    }
    const char* colon = find_colon(at_, end_);
    const char* value_end = nullptr;
    if (colon == end_) {
        note(Fault::header_field);
        return take_line(value_end);
    }
    const char* value_begin = colon + 1;
    while (value_begin != end_ && (*value_begin == ' ' || *value_begin == '\t')) ++value_begin;
    at_ = value_begin;
    if (!take_line(value_end)) return false;
    if (*value_begin == '\r') {
        while (value_begin != value_end && is_space(*value_begin)) ++value_begin;
    }
    while (value_end != value_begin && is_space(value_end[-1])) --value_end;
    const char* name_end = colon;
    while (name_end != begin && (name_end[-1] == ' ' || name_end[-1] == '\t')) --name_end;
    const std::string_view name = between(begin, name_end);
    const Field field = field_of(name);
    if (field == Field::other) {
        Cursor cursor(name);
        if (cursor.take_all(token_character).empty() || !cursor.is_at_end()) {
            note(Fault::header_field);
            return true;
        }
    }
    add_field(field, name, between(value_begin, value_end));
    return fault_ != Fault::too_many_fields;
}

void MessageParser::add_field(Field field, std::string_view name, std::string_view value) noexcept {
    Message& m = message_;
    if (m.fields_number_ == Message::fields_max) {
        // Whatever stood first: no more can be read, so this is what is wrong.
        fault_ = Fault::too_many_fields;
        return;
    }
    const auto row = static_cast<std::uint8_t>(m.fields_number_++);
    m.fields_[row] = {field, name, value};
    if (field == Field::other) return;
    const std::uint64_t bit = bit_of(field);
    const std::size_t place = static_cast<std::size_t>(field);
    if ((m.known_ & bit) == 0) {
        m.known_ |= bit;
        m.first_[place] = row;
        read_value(field, value);
        return;
    }
    if ((single_fields & bit) == 0) return;
    expect(m.fields_[m.first_[place]].value == value, Fault::repeated_field);
}

void MessageParser::read_value(Field field, std::string_view value) noexcept {
    Message& m = message_;
    switch (field) {
        case Field::via: {
            Cursor cursor(value);
            expect(take_via(cursor, m.via), Fault::bad_value);
            break;
        }
        case Field::from:
            expect(read_name_address(value, m.from, m.from_tag), Fault::bad_value);
            break;
        case Field::to:
            expect(read_name_address(value, m.to, m.to_tag), Fault::bad_value);
            break;
        case Field::call_id:
            m.call_id = value;
            expect(!value.empty(), Fault::bad_value);
            break;
        case Field::cseq:
            read_sequence(value);
            break;
        case Field::max_forwards:
            read_max_forwards(value);
            break;
        case Field::content_length:
            read_content_length(value);
            break;
        default:
            break;
    }
}

void MessageParser::read_sequence(std::string_view value) noexcept {
    CommandSequence& cseq = message_.cseq;
    Cursor cursor(value);
    const auto number = cursor.take_number(sequence_max);
    if (!number) return note(Fault::bad_value);
    const char* number_end = cursor.at;
    cursor.skip_space();
    cseq.method_text = cursor.take_all(token_character);
    if (cursor.at == number_end || cseq.method_text.empty() || !cursor.is_at_end()) {
        return note(Fault::bad_value);
    }
    cseq.number = *number;
    if (!message_.is_request) {
        message_.method_text = cseq.method_text;
        message_.method = cseq.method = method_of(cseq.method_text);
        return;
    }
    if (cseq.method_text == message_.method_text) {
        cseq.method = message_.method;
        return;
    }
    cseq.method = method_of(cseq.method_text);
    note(Fault::method_mismatch);
}

void MessageParser::read_max_forwards(std::string_view value) noexcept {
    Cursor cursor(value);
    const auto number = cursor.take_number(max_forwards_max);
    if (!number || !cursor.is_at_end()) return note(Fault::bad_value);
    message_.max_forwards = static_cast<int>(*number);
}

void MessageParser::read_content_length(std::string_view value) noexcept {
    Cursor cursor(value);
    content_octets_ = cursor.take_number();
    expect(content_octets_.has_value() && cursor.is_at_end(), Fault::bad_value);
}

void MessageParser::check_needed() noexcept {
    expect((message_.known_ & needed_fields) == needed_fields, Fault::missing_field);
}

void MessageParser::read_body() noexcept {
    message_.body = between(at_ + 2, end_);
    if (!content_octets_) return;
    expect(*content_octets_ <= message_.body.size(), Fault::truncated);
    message_.body = message_.body.substr(0, *content_octets_);
}

Fault parse_message(std::string_view octets, Message& message) noexcept {
    if (octets.size() > Message::octets_max) return Fault::too_large;
    return MessageParser(octets, message).parse();
}

std::span<const HeaderField> Message::fields() const noexcept {
    return {fields_.data(), fields_number_};
}

std::optional<std::string_view> Message::first(Field field) const noexcept {
    if (!has(field)) return std::nullopt;
    return fields_[first_[static_cast<std::size_t>(field)]].value;
}

bool Message::has(Field field) const noexcept {
    return field != Field::other && (known_ & bit_of(field)) != 0;
}

}  // namespace busyhour::engine::sip
