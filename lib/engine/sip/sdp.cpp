#include "engine/sip/sdp.h"

#include "engine/sip/cursor.h"
#include "engine/sip/message.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace busyhour::engine::sip {

namespace {

constexpr std::uint32_t port_max = 65535;
constexpr std::uint32_t ptime_digits_max = 6;

/// One `type=value` line, without its end.
struct Line {
    char type = 0;
    std::string_view value;
    const char* end = nullptr;  ///< behind its CRLF or LF
};

/// Takes the line at the front of `text`; nothing for one that is no `type=value`.
std::optional<Line> take_line(std::string_view& text) noexcept {
    const std::size_t feed = text.find('\n');
    std::string_view line = text.substr(0, feed);
    text.remove_prefix(feed == text.npos ? text.size() : feed + 1);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (line.size() < 2 || line[1] != '=' || line.find('\0') != line.npos) return std::nullopt;
    return Line{line[0], line.substr(2), text.data()};
}

/// The next of the words that single spaces part; empty for none.
std::string_view take_word(std::string_view& text) noexcept {
    const std::size_t space = text.find(' ');
    const std::string_view word = text.substr(0, space);
    text.remove_prefix(space == text.npos ? text.size() : space + 1);
    return word;
}

std::optional<std::uint32_t> parse_number(std::string_view text, std::uint32_t most) noexcept {
    Cursor cursor(text);
    const auto number = cursor.take_number(most);
    return number && cursor.is_at_end() ? number : std::nullopt;
}

bool is_address_type(std::string_view text) noexcept {
    return text == "IP4" || text == "IP6";
}

/// `IN IP4 address`.
std::optional<SdpConnection> parse_connection(std::string_view text) noexcept {
    SdpConnection connection;
    if (take_word(text) != "IN") return std::nullopt;
    connection.address_type = take_word(text);
    connection.address = take_word(text);
    const bool is_whole = !connection.address.empty() && text.empty();
    if (!is_whole || !is_address_type(connection.address_type)) return std::nullopt;
    return connection;
}

bool parse_origin(std::string_view text, SdpOrigin& origin) noexcept {
    origin.username = take_word(text);
    origin.session_id = take_word(text);
    origin.session_version = take_word(text);
    const auto connection = parse_connection(text);
    if (!connection || origin.username.empty()) return false;
    if (origin.session_id.empty() || origin.session_version.empty()) return false;
    origin.address_type = connection->address_type;
    origin.address = connection->address;
    return true;
}

/// `media port ["/" number] proto fmt...`.
bool parse_media(std::string_view text, SdpMedia& media) noexcept {
    media.media = take_word(text);
    const std::string_view ports = take_word(text);
    media.port_text = ports.substr(0, ports.find('/'));
    media.protocol = take_word(text);
    media.formats = text;
    const auto port = parse_number(media.port_text, port_max);
    if (!port || media.media.empty() || media.protocol.empty() || text.empty()) return false;
    media.port = static_cast<std::uint16_t>(*port);
    if (media.port_text.size() == ports.size()) return true;
    const auto number = parse_number(ports.substr(media.port_text.size() + 1), port_max);
    if (!number || *number == 0) return false;
    media.ports_number = *number;
    return true;
}

/// `port [IN IP4 address]`.
std::optional<SdpRtcp> parse_rtcp(std::string_view text) noexcept {
    SdpRtcp rtcp;
    rtcp.port_text = take_word(text);
    const auto port = parse_number(rtcp.port_text, port_max);
    if (!port) return std::nullopt;
    rtcp.port = static_cast<std::uint16_t>(*port);
    if (text.empty()) return rtcp;
    const auto connection = parse_connection(text);
    if (!connection) return std::nullopt;
    rtcp.address = connection->address;
    return rtcp;
}

/// Milliseconds, maybe with a fraction; 0 for what is no number.
double parse_ptime_ms(std::string_view text) noexcept {
    const std::string_view whole = text.substr(0, text.find('.'));
    if (whole.size() > ptime_digits_max || text.size() > whole.size() + ptime_digits_max) return 0;
    const auto number = parse_number(whole, UINT32_MAX);
    if (!number) return 0;
    double ptime_ms = *number;
    double unit = 1.0;
    for (const char c :
         text.substr(whole.size() == text.size() ? whole.size() : whole.size() + 1)) {
        if (!is_digit(c)) return 0;
        unit /= 10.0;
        ptime_ms += unit * (c - '0');
    }
    return ptime_ms;
}

struct DirectionName {
    std::string_view name;
    SdpDirection direction;
};

constexpr std::array stream_direction_names = {
    DirectionName{"sendrecv", SdpDirection::sendrecv},
    DirectionName{"sendonly", SdpDirection::sendonly},
    DirectionName{"recvonly", SdpDirection::recvonly},
    DirectionName{"inactive", SdpDirection::inactive},
};

}  // namespace

/// Reads line by line; what stands before the first `m=` is what a medium begins with.
class SdpParser {
public:
    explicit SdpParser(SessionDescription& description) noexcept : description_(description) {}

    bool parse(std::string_view body) noexcept {
        SessionDescription& d = description_;
        d.origin = {};
        d.session_name = {};
        d.connection.reset();
        d.media_number_ = 0;
        d.session_lines = body;
        std::string_view rest = body;
        if (!read_head(rest)) return false;
        while (!rest.empty()) {
            const char* begin = rest.data();
            const auto line = take_line(rest);
            if (!line || !read_line(*line, begin)) return false;
        }
        close_section(body.data() + body.size());
        for (std::size_t row = 0; row < d.media_number_; ++row) {
            SdpMedia& media = d.media_[row];
            if (!media.has_own_connection) media.connection = d.connection;
        }
        return true;
    }

private:
    /// `v=0`, `o=` and `s=`.
    bool read_head(std::string_view& rest) noexcept {
        const auto version = take_line(rest);
        if (!version || version->type != 'v' || version->value != "0") return false;
        const auto origin = take_line(rest);
        if (!origin || origin->type != 'o') return false;
        if (!parse_origin(origin->value, description_.origin)) return false;
        const auto name = take_line(rest);
        if (!name || name->type != 's') return false;
        description_.session_name = name->value;
        section_begin_ = description_.session_lines.data();
        return true;
    }

    bool read_line(const Line& line, const char* begin) noexcept {
        if (line.type == 'm') return open_media(line, begin);
        if (line.type == 'c') return read_connection(line.value);
        if (line.type == 'a') return read_attribute(line.value);
        return true;
    }

    bool open_media(const Line& line, const char* begin) noexcept {
        SessionDescription& d = description_;
        if (d.media_number_ == SessionDescription::media_max) return false;
        close_section(begin);
        section_begin_ = line.end;
        current_ = &d.media_[d.media_number_++];
        *current_ = session_;
        return parse_media(line.value, *current_);
    }

    void close_section(const char* end) noexcept {
        const std::string_view lines = between(section_begin_, end);
        (current_ == &session_ ? description_.session_lines : current_->lines) = lines;
    }

    bool read_connection(std::string_view value) noexcept {
        const auto connection = parse_connection(value);
        if (!connection) return false;
        if (current_ == &session_) {
            description_.connection = connection;
        } else if (!current_->has_own_connection) {
            current_->connection = connection;
            current_->has_own_connection = true;
        }
        return true;
    }

    bool read_attribute(std::string_view text) noexcept {
        const std::string_view name = text.substr(0, text.find(':'));
        const std::string_view value =
            text.substr(name.size() == text.size() ? name.size() : name.size() + 1);
        if (name == "rtcp") {
            current_->rtcp = parse_rtcp(value);
            return current_->rtcp.has_value();
        }
        if (name == "rtcp-mux") current_->has_rtcp_mux = true;
        if (name == "crypto" && current_->crypto.empty()) current_->crypto = value;
        if (name == "fingerprint") current_->fingerprint = value;
        if (name == "setup") current_->setup = value;
        if (name == "ptime") current_->ptime_ms = parse_ptime_ms(value);
        for (const DirectionName& row : stream_direction_names) {
            if (text == row.name) current_->direction = row.direction;
        }
        return true;
    }

    SessionDescription& description_;
    SdpMedia session_;
    SdpMedia* current_ = &session_;
    const char* section_begin_ = nullptr;
};

bool parse_sdp(std::string_view body, SessionDescription& description) noexcept {
    return SdpParser(description).parse(body);
}

std::optional<std::string_view> next_attribute(std::string_view& lines,
                                               std::string_view name) noexcept {
    while (!lines.empty()) {
        const auto line = take_line(lines);
        if (!line || line->type != 'a') continue;
        const std::string_view found = line->value.substr(0, line->value.find(':'));
        if (found != name) continue;
        return line->value.substr(found.size() == line->value.size() ? found.size()
                                                                     : found.size() + 1);
    }
    return std::nullopt;
}

std::optional<RtpMap> rtpmap_of(const SdpMedia& media, unsigned payload_type) noexcept {
    std::string_view lines = media.lines;
    while (auto value = next_attribute(lines, "rtpmap")) {
        const auto number = parse_number(take_word(*value), 127);
        if (!number || *number != payload_type) continue;
        RtpMap map;
        map.encoding = value->substr(0, value->find('/'));
        Cursor cursor(value->substr(map.encoding.size()));
        if (map.encoding.empty() || !cursor.take('/')) return std::nullopt;
        const auto clock_rate_hz = cursor.take_number();
        if (!clock_rate_hz) return std::nullopt;
        map.clock_rate_hz = *clock_rate_hz;
        if (cursor.take('/')) map.channels = cursor.take_number().value_or(1);
        return map;
    }
    return std::nullopt;
}

}  // namespace busyhour::engine::sip
