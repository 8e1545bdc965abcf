// What SRTP costs a packet, suite by suite, for 1, 100 and 1,000 streams, and beside it libsrtp2
// with the primitives it was built with (NSS on Debian), which the engine puts others in place of.

#include "engine/rtp/srtp.h"

#include "support/srtp_cost.h"

#include <fmt/core.h>
#include <srtp2/srtp.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace rtp = busyhour::engine::rtp;

namespace {

constexpr int packet_octets = 172;

void set_policy(rtp::SrtpSuite suite, srtp_crypto_policy_t& policy) {
    switch (suite) {
        case rtp::SrtpSuite::aes_cm_128_hmac_sha1_80:
            return srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy);
        case rtp::SrtpSuite::aes_cm_128_hmac_sha1_32:
            return srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32(&policy);
        case rtp::SrtpSuite::aead_aes_128_gcm:
            return srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy);
    }
}

/// Seconds for each packet that one stream of the library as it is protects.
std::optional<double> stock_protect_s(rtp::SrtpSuite suite) {
    std::array<std::uint8_t, 30> key{};
    srtp_policy_t policy{};
    set_policy(suite, policy.rtp);
    set_policy(suite, policy.rtcp);
    policy.ssrc.type = ssrc_any_outbound;
    policy.key = key.data();
    srtp_t session = nullptr;
    if (srtp_create(&session, &policy) != srtp_err_status_ok) return std::nullopt;
    alignas(4) std::array<std::uint8_t, packet_octets + SRTP_MAX_TRAILER_LEN> room{};
    room[0] = 0x80;
    constexpr unsigned packets = 20000;
    bool is_right = true;
    const auto begin = std::chrono::steady_clock::now();
    for (unsigned sequence = 0; sequence < packets; ++sequence) {
        room[2] = static_cast<std::uint8_t>(sequence >> 8U);
        room[3] = static_cast<std::uint8_t>(sequence);
        int size = packet_octets;
        is_right &= srtp_protect(session, room.data(), &size) == srtp_err_status_ok;
    }
    const std::chrono::duration<double> time = std::chrono::steady_clock::now() - begin;
    srtp_dealloc(session);
    if (!is_right) return std::nullopt;
    return time.count() / packets;
}

}  // namespace

int main() {
    srtp_init();
    std::array<std::optional<double>, rtp::srtp_suites_number> stock_s;  // before the engine starts
    for (std::size_t i = 0; i < stock_s.size(); ++i) {
        stock_s[i] = stock_protect_s(static_cast<rtp::SrtpSuite>(i));
    }
    fmt::print("{:<24} {:>8} {:>11} {:>13} {:>17}\n", "suite, 172 octets", "streams", "protect ns",
               "unprotect ns", "stock protect ns");
    for (std::size_t i = 0; i < rtp::srtp_suites_number; ++i) {
        for (const std::size_t streams : {1U, 100U, 1000U}) {
            const auto suite = static_cast<rtp::SrtpSuite>(i);
            const unsigned rounds = streams == 1 ? 30000 : 300;
            const auto cost = busyhour::bench::measure_srtp(suite, streams, rounds);
            if (!cost || !stock_s[i]) {
                fmt::print(stderr, "SRTP does not work\n");
                return 1;
            }
            fmt::print("{:<24} {:>8} {:>11.0f} {:>13.0f} {:>17.0f}\n", rtp::sizes_of(suite).name,
                       streams, cost->protect_s * 1e9, cost->unprotect_s * 1e9, *stock_s[i] * 1e9);
        }
    }
    return 0;
}
