#include "engine/sip/host_address.h"

#include "engine/sip/characters.h"

#include <cstddef>

namespace busyhour::engine::sip {

namespace {

constexpr std::size_t ipv4_offset = 12;

bool take_ipv4(std::string_view text, std::uint8_t* to) noexcept {
    std::size_t at = 0;
    for (int part = 0; part < 4; ++part) {
        if (part != 0 && (at == text.size() || text[at++] != '.')) return false;
        unsigned value = 0;
        std::size_t digits = 0;
        for (; at < text.size() && text[at] >= '0' && text[at] <= '9' && digits < 3; ++digits) {
            value = value * 10 + static_cast<unsigned>(text[at++] - '0');
        }
        if (digits == 0 || value > 255) return false;
        to[part] = static_cast<std::uint8_t>(value);
    }
    return at == text.size();
}

/// Up to eight groups of `text`, in which no "::" stands; false where it is none.
bool take_groups(std::string_view text, HostAddress& to, std::size_t& octets) noexcept {
    octets = 0;
    while (!text.empty()) {
        const std::size_t colon = text.find(':');
        const std::string_view group = text.substr(0, colon);
        if (group.find('.') != group.npos) {
            if (colon != text.npos || octets > ipv4_offset) return false;
            if (!take_ipv4(group, to.data() + octets)) return false;
            octets += 4;
            return true;
        }
        if (group.empty() || group.size() > 4 || octets > to.size() - 2) return false;
        const auto value = parse_hexadecimal(group);
        if (!value) return false;
        to[octets++] = static_cast<std::uint8_t>(*value >> 8U);
        to[octets++] = static_cast<std::uint8_t>(*value & 255U);
        if (colon == text.npos) return true;
        text.remove_prefix(colon + 1);
        if (text.empty()) return false;
    }
    return true;
}

std::optional<HostAddress> parse_ipv6(std::string_view text) noexcept {
    HostAddress address{};
    std::size_t front = 0;
    const std::size_t gap = text.find("::");
    if (gap == text.npos) {
        if (!take_groups(text, address, front) || front != address.size()) return std::nullopt;
        return address;
    }
    HostAddress tail{};
    std::size_t back = 0;
    if (!take_groups(text.substr(0, gap), address, front)) return std::nullopt;
    if (!take_groups(text.substr(gap + 2), tail, back)) return std::nullopt;
    if (front + back > address.size() - 2) return std::nullopt;
    for (std::size_t i = 0; i < back; ++i) address[address.size() - back + i] = tail[i];
    return address;
}

}  // namespace

std::optional<HostAddress> parse_host_address(std::string_view host) noexcept {
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
        return parse_ipv6(host.substr(1, host.size() - 2));
    }
    if (host.find(':') != host.npos) return parse_ipv6(host);
    HostAddress address{};
    address[10] = address[11] = 255;
    if (!take_ipv4(host, address.data() + ipv4_offset)) return std::nullopt;
    return address;
}

bool is_ipv4(const HostAddress& address) noexcept {
    for (std::size_t i = 0; i < 10; ++i) {
        if (address[i] != 0) return false;
    }
    return address[10] == 255 && address[11] == 255;
}

void write_host_address(Writer& writer, const HostAddress& address) noexcept {
    if (is_ipv4(address)) {
        for (std::size_t i = ipv4_offset; i < address.size(); ++i) {
            if (i != ipv4_offset) writer.text(".");
            writer.number(address[i]);
        }
        return;
    }
    for (std::size_t i = 0; i < address.size(); i += 2) {
        if (i != 0) writer.text(":");
        const unsigned group = static_cast<unsigned>(address[i]) << 8U | address[i + 1];
        writer.hex(group, group > 0xfff ? 4 : group > 0xff ? 3 : group > 0xf ? 2 : 1);
    }
}

}  // namespace busyhour::engine::sip
