#pragma once

#include "engine/sip/writer.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace busyhour::engine::sip {

/// Where a SIP URI or a Via names no port. Source: rfc3261 19.1.2, 18.2.2.
constexpr std::uint16_t sip_port = 5060;
constexpr std::uint16_t sips_port = 5061;

using HostAddress = std::array<std::uint8_t, 16>;

/// The address that `host` writes out: IPv4, or IPv6 with or without brackets; nothing for a name.
std::optional<HostAddress> parse_host_address(std::string_view host) noexcept;

/// IPv4 dotted; IPv6 in groups without brackets (as `received` has it).
void write_host_address(Writer& writer, const HostAddress& address) noexcept;

bool is_ipv4(const HostAddress& address) noexcept;

}  // namespace busyhour::engine::sip
