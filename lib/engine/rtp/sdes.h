#pragma once

#include "engine/rtp/srtp.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace busyhour::engine::rtp {

/// What an `a=crypto` line of SDP says, of the suites in `SrtpSuite` and with one key.
/// Source: rfc4568 9, rfc7714 14.1.
struct SdesCrypto {
    std::uint32_t tag = 1;  ///< 0 to 999999999
    SrtpParameters parameters;
    bool operator==(const SdesCrypto&) const = default;
};

/// Why an `a=crypto` line is of no use.
enum class SdesFailure : std::uint8_t {
    none,
    malformed,          ///< not of the grammar
    suite,              ///< a crypto-suite other than those of `SrtpSuite`
    key_method,         ///< a key-method other than "inline"
    key,                ///< no base64, or not of the octets that the suite needs
    several_keys,       ///< more than one master key, which is not done here
    lifetime,           ///< 0, too many packets for the suite or no number
    mki,                ///< no number and length, or one that does not fit the other
    session_parameter,  ///< one that is unknown or not done here, without a "-" before it
};

/// One sentence for a log line.
std::string_view describe(SdesFailure failure) noexcept;

struct SdesParsed {
    SdesCrypto crypto;
    SdesFailure failure = SdesFailure::none;
    [[nodiscard]] bool is_done() const noexcept { return failure == SdesFailure::none; }
};

/// Reads what follows `a=crypto:`. Refused are, as session parameters, KDR, UNENCRYPTED_SRTP,
/// UNENCRYPTED_SRTCP, UNAUTHENTICATED_SRTP, FEC_ORDER, FEC_KEY and unknown ones; WSH, which is a
/// hint, and those with a "-" before them are passed over. Source: rfc4568 6.3.
SdesParsed parse_sdes(std::string_view value) noexcept;

/// Octets of the longest line that `write_sdes` makes.
constexpr std::size_t sdes_octets_max = 160;

/// Writes what follows `a=crypto:`, lifetime and MKI only where they are not the default; its
/// octets, or 0 where it does not fit.
std::size_t write_sdes(const SdesCrypto& crypto, std::span<char> out) noexcept;

/// The first of an offer's lines that is valid and of a suite in `allowed`; the answer repeats its
/// tag and suite with a key of its own. Source: rfc4568 5.1.2.
std::optional<SdesCrypto> choose_sdes(std::span<const std::string_view> offered,
                                      std::span<const SrtpSuite> allowed) noexcept;

/// Whether an answer accepts this line of the offer: the same tag and suite, but another key.
/// Source: rfc4568 5.1.3, 7.1.2.
bool is_answer_to(const SdesCrypto& offered, const SdesCrypto& answer) noexcept;

}  // namespace busyhour::engine::rtp
