#pragma once

#include "engine/rtp/srtp.h"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace busyhour::bench {

/// What one thread pays for a packet.
struct SrtpCost {
    engine::rtp::SrtpSuite suite = engine::rtp::SrtpSuite::aes_cm_128_hmac_sha1_80;
    double protect_s = 0.0;
    double unprotect_s = 0.0;
};

/// The cost of 172 octets of RTP (G.711, 20 ms), streams taken in turn as a relay's come: with many
/// of them keys and windows are seldom in the cache. Empty where the library refuses.
inline std::optional<SrtpCost> measure_srtp(engine::rtp::SrtpSuite suite,
                                            std::size_t streams_number, unsigned rounds = 200) {
    namespace rtp = engine::rtp;
    using Clock = std::chrono::steady_clock;
    constexpr std::size_t packet_octets = 172;
    struct Stream {
        rtp::SrtpSender sender;
        rtp::SrtpReceiver receiver;
        alignas(4) std::array<std::uint8_t, packet_octets + rtp::srtp_overhead_octets_max> room{};
    };
    std::vector<Stream> streams;
    streams.reserve(streams_number);
    rtp::SrtpParameters parameters;
    parameters.suite = suite;
    for (std::size_t i = 0; i < streams_number; ++i) {
        const auto key = rtp::make_srtp_key();
        if (!key) return std::nullopt;
        parameters.key = *key;
        auto sender = rtp::SrtpSender::make(parameters);
        auto receiver = rtp::SrtpReceiver::make(parameters);
        if (!sender || !receiver) return std::nullopt;
        streams.push_back({std::move(*sender), std::move(*receiver)});
        streams.back().room[0] = 0x80;
    }

    SrtpCost cost{.suite = suite};
    const auto timed = [&streams](auto work) {
        const Clock::time_point begin = Clock::now();
        for (Stream& stream : streams) work(stream);
        return std::chrono::duration<double>(Clock::now() - begin).count();
    };
    const std::size_t size = packet_octets + rtp::srtp_overhead_octets(parameters);
    bool is_right = true;
    for (unsigned sequence = 0; sequence <= rounds; ++sequence) {  // the first makes the streams
        const double protect_s = timed([&](Stream& stream) {
            stream.room[2] = static_cast<std::uint8_t>(sequence >> 8U);
            stream.room[3] = static_cast<std::uint8_t>(sequence);
            is_right &= stream.sender.protect(stream.room, packet_octets).size == size;
        });
        const double unprotect_s = timed([&](Stream& stream) {
            const std::span<std::uint8_t> packet(stream.room.data(), size);
            is_right &= stream.receiver.unprotect(packet).size == packet_octets;
        });
        if (sequence == 0) continue;
        cost.protect_s += protect_s;
        cost.unprotect_s += unprotect_s;
    }
    if (!is_right) return std::nullopt;
    const double packets = static_cast<double>(rounds) * static_cast<double>(streams_number);
    cost.protect_s /= packets;
    cost.unprotect_s /= packets;
    return cost;
}

}  // namespace busyhour::bench
