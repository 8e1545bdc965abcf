#pragma once

#include "engine/clock.h"
#include "engine/sip/hash.h"
#include "engine/sip/writer.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace busyhour::engine::sip {

/// Nonces that name their time and are signed, so that a challenge costs no memory; and the nonce
/// counts of those that were used, in a table of fixed size. A nonce of another worker, one too
/// old, and one whose count was forgotten are stale. Source: rfc7616 3.3, 5.4.
class Nonces {
public:
    static constexpr std::size_t nonce_octets = 8 + 2 + 8 + 16;

    struct Settings {
        std::array<std::uint8_t, 16> secret{};
        unsigned worker = 0;
        Duration lifetime{};
        std::size_t remembered = 0;
    };
    explicit Nonces(const Settings& settings);

    void write(Writer& writer, Time now) noexcept;

    enum class Age : std::uint8_t { fresh, stale, forged };
    struct Verdict {
        Age age = Age::forged;
        std::uint32_t serial = 0;
    };
    [[nodiscard]] Verdict check(std::string_view nonce, Time now) const noexcept;

    /// Takes note that `nonce_count` of a fresh nonce was used; false where that count or a later
    /// one was used before, or where the counts of this nonce are no longer known.
    bool use(std::uint32_t serial, std::uint32_t nonce_count) noexcept;

private:
    struct Used {
        std::uint32_t serial = 0;
        std::uint32_t nonce_count = 0;
    };
    [[nodiscard]] std::uint64_t sign(std::uint32_t time_s, std::uint32_t serial) const noexcept;

    Settings settings_;
    std::uint32_t serial_ = 0;
    std::vector<Used> used_;
};

}  // namespace busyhour::engine::sip
