#pragma once

#include "engine/sip/writer.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace busyhour::engine::sip {

using HostAddress = std::array<std::uint8_t, 16>;

/// The address that `host` writes out: IPv4, or IPv6 with or without brackets; nothing for a name.
std::optional<HostAddress> parse_host_address(std::string_view host) noexcept;

/// IPv4 dotted; IPv6 in groups without brackets (as `received` has it).
void write_host_address(Writer& writer, const HostAddress& address) noexcept;

bool is_ipv4(const HostAddress& address) noexcept;

}  // namespace busyhour::engine::sip
