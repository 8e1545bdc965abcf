#include "engine/sip/sdp_rewrite.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace busyhour::engine::sip {
namespace {

/// Takes the line at the front of `text`, without its end.
std::string_view take_sdp_line(std::string_view& text) noexcept {
    const std::size_t feed = text.find('\n');
    std::string_view line = text.substr(0, feed);
    text.remove_prefix(feed == text.npos ? text.size() : feed + 1);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    return line;
}

/// `a=name` or `a=name:value`?
bool is_attribute(std::string_view line, std::string_view name) noexcept {
    if (!line.starts_with("a=")) return false;
    const std::string_view rest = line.substr(2);
    return rest.starts_with(name) && (rest.size() == name.size() || rest[name.size()] == ':');
}

bool is_of_ice(std::string_view line) noexcept {
    constexpr std::array names = {"candidate", "remote-candidates", "end-of-candidates",
                                  "ice-ufrag", "ice-pwd",           "ice-options",
                                  "ice-lite",  "ice-mismatch",      "ice-pacing"};
    return std::any_of(names.begin(), names.end(),
                       [line](std::string_view name) { return is_attribute(line, name); });
}

void write_line(Writer& writer, std::string_view line) noexcept {
    writer.text(line).text("\r\n");
}

void write_connection(Writer& writer, std::string_view type, std::string_view address) noexcept {
    writer.text("c=IN ").text(type).text(" ").text(address).text("\r\n");
}

void write_session_lines(Writer& writer, std::string_view lines,
                         const SdpMediaChange* relayed) noexcept {
    while (!lines.empty()) {
        const std::string_view line = take_sdp_line(lines);
        // a=rtcp does not belong here (rfc3605 2.1), but where it is it names a port of the end.
        if (relayed != nullptr && (is_of_ice(line) || is_attribute(line, "rtcp"))) continue;
        if (relayed != nullptr && line.starts_with("c=")) {
            write_connection(writer, relayed->address_type, relayed->address);
        } else {
            write_line(writer, line);
        }
    }
}

/// `m=` and what the relay puts right behind it.
void write_medium(Writer& writer, const SdpMedia& media, const SdpMediaChange& change) noexcept {
    writer.text("m=").text(media.media).text(" ").number(change.port).text(" ");
    writer.text(change.protocol.empty() ? media.protocol : change.protocol).text(" ");
    write_line(writer, media.formats);
    std::string_view lines = media.lines;
    // Titles (i=) stand before the connection.
    while (lines.starts_with("i=")) write_line(writer, take_sdp_line(lines));
    write_connection(writer, change.address_type, change.address);
    while (!lines.empty()) {
        const std::string_view line = take_sdp_line(lines);
        const bool is_replaced = line.starts_with("c=") || is_attribute(line, "rtcp") ||
                                 is_of_ice(line) ||
                                 (change.drops_crypto && is_attribute(line, "crypto"));
        if (!is_replaced) write_line(writer, line);
    }
    std::string_view values = change.crypto_values;
    while (!values.empty()) {
        writer.text("a=crypto:");
        write_line(writer, take_sdp_line(values));
    }
}

/// A medium that goes round the relay keeps its address, also where that of the session has
/// changed.
void write_kept_medium(Writer& writer, const SdpMedia& media, bool session_changed) noexcept {
    writer.text("m=").text(media.media).text(" ").text(media.port_text);
    if (media.ports_number != 1) writer.text("/").number(media.ports_number);
    writer.text(" ").text(media.protocol).text(" ");
    write_line(writer, media.formats);
    std::string_view lines = media.lines;
    while (lines.starts_with("i=")) write_line(writer, take_sdp_line(lines));
    if (session_changed && !media.has_own_connection && media.connection) {
        write_connection(writer, media.connection->address_type, media.connection->address);
    }
    while (!lines.empty()) write_line(writer, take_sdp_line(lines));
}

}  // namespace

void write_relayed_sdp(Writer& writer, std::string_view body, const SessionDescription& description,
                       std::span<const SdpMediaChange> changes) noexcept {
    const auto relayed = std::find_if(changes.begin(), changes.end(),
                                      [](const SdpMediaChange& one) { return one.is_relayed; });
    const bool is_relayed = relayed != changes.end();
    const std::string_view session = description.session_lines;
    // v=, o= and s=, as they came.
    std::string_view head = body.substr(0, static_cast<std::size_t>(session.data() - body.data()));
    while (!head.empty()) write_line(writer, take_sdp_line(head));
    write_session_lines(writer, session, is_relayed ? &*relayed : nullptr);
    const std::span<const SdpMedia> media = description.media();
    for (std::size_t i = 0; i < media.size(); ++i) {
        if (i < changes.size() && changes[i].is_relayed) {
            write_medium(writer, media[i], changes[i]);
        } else {
            write_kept_medium(writer, media[i], is_relayed);
        }
    }
}

}  // namespace busyhour::engine::sip
