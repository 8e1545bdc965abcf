#include "engine/sip/stream_framer.h"

#include "engine/sip/message.h"
#include "engine/sip/parts.h"
#include "engine/sip/scan.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

namespace busyhour::engine::sip {

namespace {

constexpr std::string_view header_end = "\r\n\r\n";

/// Where the first CRLFCRLF at or behind `from` begins; `npos` where there is none.
std::size_t find_header_end(std::string_view octets, std::size_t from) noexcept {
    const char* const end = octets.data() + octets.size();
    const char* at = octets.data() + from + 3;  // where the last LF of the four may stand first
    while (at < end) {
        const void* found = std::memchr(at, '\n', static_cast<std::size_t>(end - at));
        if (found == nullptr) break;
        at = static_cast<const char*>(found);
        if (at[-1] == '\r' && at[-2] == '\n' && at[-3] == '\r') {
            return static_cast<std::size_t>(at - octets.data()) - 3;
        }
        ++at;
    }
    return std::string_view::npos;
}

/// The value of a Content-Length line, long or compact, that begins at `line`; empty for another.
std::string_view content_length_value(std::string_view line) noexcept {
    const char first = to_lower(line.empty() ? ' ' : line.front());
    if (first != 'c' && first != 'l') return {};
    const std::size_t colon = line.find(':');
    if (colon == line.npos) return {};
    if (field_of(trimmed(line.substr(0, colon))) != Field::content_length) return {};
    return line.substr(colon);
}

struct Length {
    bool is_malformed = false;
    std::optional<std::uint32_t> octets;
};

/// The Content-Length among the lines of a header.
Length read_content_length(std::string_view header) noexcept {
    Length length;
    while (!header.empty()) {
        std::size_t size = std::min(header.find('\n'), header.size() - 1) + 1;
        std::string_view value = content_length_value(header.substr(0, size));
        if (!value.empty()) {
            while (size < header.size() && (header[size] == ' ' || header[size] == '\t')) {
                size =
                    size + std::min(header.substr(size).find('\n'), header.size() - size - 1) + 1;
            }
            value = between(value.data() + 1, header.data() + size);
            Cursor cursor(trimmed(value));
            const auto octets = cursor.take_number();
            const bool is_other = length.octets.has_value() && length.octets != octets;
            if (!octets || !cursor.is_at_end() || is_other) return {true, std::nullopt};
            length.octets = octets;
        }
        header.remove_prefix(size);
    }
    return length;
}

/// CRs and LFs at the front.
Frame blank_frame(std::string_view octets) noexcept {
    constexpr std::string_view ping = header_end;
    const std::string_view front = octets.substr(0, ping.size());
    if (front == ping) return {FrameKind::ping, ping.size()};
    if (front == ping.substr(0, front.size())) return {FrameKind::incomplete, 0};
    if (front.substr(0, 2) == "\r\n") return {FrameKind::blank, 2};
    return {FrameKind::malformed, 0};
}

/// Whether a start line with SIP's name in it is at the front of a whole header.
bool is_sip(std::string_view header) noexcept {
    const std::string_view line = header.substr(0, header.find('\r'));
    if (equal_without_case(line.substr(0, 4), "SIP/")) return true;
    const std::string_view request = trimmed(line);
    const std::size_t space = request.rfind(' ');
    return space != line.npos && equal_without_case(request.substr(space + 1).substr(0, 4), "SIP/");
}

}  // namespace

Frame next_frame(std::string_view octets, std::size_t& searched) noexcept {
    constexpr Frame malformed{FrameKind::malformed, 0};
    if (octets.empty()) return {};
    if (octets.front() == '\r') return blank_frame(octets);
    if (!is_of(octets.front(), token_character)) return malformed;

    const std::size_t from = std::min(searched, octets.size());
    const std::size_t end = find_header_end(octets, from);
    if (end == octets.npos) {
        searched = octets.size() < 3 ? 0 : octets.size() - 3;
        return octets.size() > Message::octets_max ? malformed : Frame{};
    }
    searched = end;
    const std::size_t header_size = end + header_end.size();
    if (header_size > Message::octets_max) return malformed;
    const std::string_view header = octets.substr(0, end + 2);
    const Length length = read_content_length(header);
    if (length.is_malformed || !length.octets || !is_sip(header)) return malformed;
    if (*length.octets > Message::octets_max - header_size) return malformed;
    const std::size_t size = header_size + *length.octets;
    if (size > octets.size()) return {};
    return {FrameKind::message, size};
}

}  // namespace busyhour::engine::sip
