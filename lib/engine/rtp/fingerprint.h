#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace busyhour::engine::rtp {

/// SHA-256 of a certificate in DER, by which SDP vouches for it. Source: rfc8122 5.
struct Fingerprint {
    std::array<std::uint8_t, 32> octets{};
    bool operator==(const Fingerprint&) const = default;
};

/// Reads what follows `a=fingerprint:`; empty for another hash function than sha-256, which every
/// end tells (rfc8122 5.1), and for what is not of the grammar. Case does not count.
std::optional<Fingerprint> parse_fingerprint(std::string_view value) noexcept;

/// What follows `a=fingerprint:`, "sha-256 12:AB:...".
std::string to_text(const Fingerprint& fingerprint);

/// What `a=setup` says. Source: rfc4145 4.
enum class Setup : std::uint8_t { active, passive, actpass, holdconn };

std::optional<Setup> parse_setup(std::string_view value) noexcept;
std::string_view name_of(Setup setup) noexcept;

/// What is answered to an offered `a=setup`: active where that is left to the answerer, so that the
/// handshake need not wait for the answer. Source: rfc4145 4.1, rfc5763 5.
constexpr Setup answer_to(Setup offered) noexcept {
    switch (offered) {
        case Setup::active:
            return Setup::passive;
        case Setup::holdconn:
            return Setup::holdconn;
        case Setup::passive:
        case Setup::actpass:
            break;
    }
    return Setup::active;
}

}  // namespace busyhour::engine::rtp
