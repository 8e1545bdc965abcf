#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

/// SRTP written a second time, straight from RFC 3711 and RFC 7714 over OpenSSL's EVP: it takes
/// session keys, as the vectors of the RFCs do, and shares no line with what it checks.
namespace srtp_reference {

using Octets = std::vector<std::uint8_t>;

/// Octets from hexadecimal digits; spaces between them do not count.
Octets octets(std::string_view digits);

/// AES-128 in counter mode over zeros. Source: rfc3711 4.1.1.
Octets keystream(const Octets& key, const Octets& initial_counter, std::size_t size);

/// The key that a label stands for, key derivation rate 0; a salt shorter than 14 octets is filled
/// with zeros behind. Source: rfc3711 4.3.1, 4.3.3; rfc7714 11.
Octets derive(const Octets& master_key, const Octets& master_salt, std::uint8_t label,
              std::size_t size);

struct SessionKeys {
    Octets cipher_key;
    Octets cipher_salt;
    Octets authentication_key;
};
SessionKeys rtp_keys(const Octets& master_key, const Octets& master_salt, std::size_t salt_octets);
SessionKeys rtcp_keys(const Octets& master_key, const Octets& master_salt, std::size_t salt_octets);

/// Counter mode and HMAC-SHA-1. Source: rfc3711 3.1, 3.4, 4.1.1, 4.2.
Octets protect_cm(const Octets& packet, std::size_t header_octets, const SessionKeys& keys,
                  std::uint32_t rollover_counter, std::size_t tag_octets);
Octets protect_rtcp_cm(const Octets& packet, const SessionKeys& keys, std::uint32_t index);

/// Source: rfc7714 8, 9.
Octets protect_gcm(const Octets& packet, std::size_t header_octets, const SessionKeys& keys,
                   std::uint32_t rollover_counter);
Octets protect_rtcp_gcm(const Octets& packet, const SessionKeys& keys, std::uint32_t index);

}  // namespace srtp_reference
