// Datagrams of strangers and of the ends themselves at both legs of a relayed medium. The first
// octet says which legs have SRTP; then each datagram stands behind an octet that says who sends
// it, where and when, and one of length. Whatever comes: each is counted, nobody passes before a
// description, and the ends of SRTP hear nothing that is not authentic.

#include "engine/rtp/relay.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <numeric>
#include <optional>
#include <vector>

namespace engine = busyhour::engine;
namespace rtp = busyhour::engine::rtp;

namespace {

void check(bool holds) {
    if (!holds) std::abort();
}

engine::Peer peer_of(unsigned host, unsigned port) {
    engine::Peer peer;
    peer.address = {0, 0, 0,    0,    0,   0, 0, 0,
                    0, 0, 0xff, 0xff, 192, 0, 2, static_cast<std::uint8_t>(host)};
    peer.port = static_cast<std::uint16_t>(port);
    return peer;
}

/// 0: as announced, 1: its RTCP port, 2: another port of that host, 3: another host.
engine::Peer source_of(unsigned leg, unsigned which) {
    constexpr std::array<unsigned, 4> ports{4000, 4001, 4002, 4000};
    return peer_of(which == 3 ? 66 : leg + 1, ports[which]);
}

rtp::SrtpParameters key_of(std::uint8_t octet) {
    rtp::SrtpParameters parameters;
    parameters.suite = rtp::SrtpSuite::aes_cm_128_hmac_sha1_80;
    parameters.key.master_key.octets.fill(octet);
    return parameters;
}

/// The relay between two ends, and what must come of it.
struct Line {
    explicit Line(unsigned keys) {
        relay.start({});
        for (unsigned leg = 0; leg < 2; ++leg) {
            if ((keys >> leg & 1U) == 0) continue;
            const rtp::SrtpParameters key = key_of(static_cast<std::uint8_t>(leg + 1));
            ends[leg] = rtp::SrtpSender::make(key);
            relay.set_keys(leg, rtp::SrtpReceiver::make(key), rtp::SrtpSender::make(key_of(9)));
        }
    }

    void describe(unsigned leg, bool is_muxed) {
        relay.set_remote(leg, source_of(leg, 0), is_muxed ? 4000 : 4001);
        is_described[leg] = true;
    }

    void send(unsigned control, rtp::Octets octets) {
        const unsigned leg = control & 1U;
        const auto port = (control & 2U) != 0 ? rtp::RelayPort::rtcp : rtp::RelayPort::rtp;
        const engine::Peer from = source_of(leg, control >> 2U & 3U);
        const bool is_authentic = (control & 0x40U) != 0 && ends[leg];
        alignas(8) std::array<std::uint8_t, 512> room{};
        std::copy(octets.begin(), octets.end(), room.begin());
        std::size_t size = octets.size();
        if (is_authentic) {
            const bool is_rtcp = rtp::kind_of(octets) == rtp::DatagramKind::rtcp;
            const rtp::SrtpResult sent =
                is_rtcp ? ends[leg]->protect_rtcp(room, size) : ends[leg]->protect(room, size);
            if (!sent.is_done()) return;
            size = sent.size;
        }
        ++datagrams[leg];
        const std::size_t plain = relay.accept(leg, port, from, std::span(room).first(size), now);
        check(plain <= size);
        if (plain == 0) return;
        check(is_described[leg]);
        check(!ends[leg] || is_authentic);
        const rtp::DatagramKind kind = rtp::kind_of(std::span(room).first(plain));
        if (kind == rtp::DatagramKind::rtp) {
            check(relay.is_locked(leg) && relay.destination(leg) == from);
        }
        rtp::RelayTarget target;
        const std::size_t out = relay.forward(leg, room, plain, target);
        check(out <= plain + rtp::srtp_overhead_octets_max);
        if (out == 0) {
            ++stopped[leg];
            return;
        }
        check(target.to.port != 0 && is_described[1 - leg]);
        check(target.to.address == relay.destination(1 - leg)->address);
    }

    void check_counts() const {
        std::uint64_t in = 0;
        std::uint64_t out = 0;
        for (unsigned leg = 0; leg < 2; ++leg) {
            const rtp::RelayLegCounts& counts = relay.counts(leg);
            const std::uint64_t dropped =
                std::accumulate(counts.dropped.begin(), counts.dropped.end(), std::uint64_t{0});
            check(counts.packets_in + dropped == datagrams[leg] + stopped[leg]);
            in += counts.packets_in - stopped[leg];
            out += counts.packets_out;
        }
        check(in == out);
    }

    rtp::Relay relay;
    std::array<std::optional<rtp::SrtpSender>, 2> ends;
    std::array<bool, 2> is_described{};
    std::array<std::uint64_t, 2> datagrams{};
    std::array<std::uint64_t, 2> stopped{};  ///< taken, but not passed on
    engine::Time now = engine::Time(std::chrono::hours(1));
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    Line line(data[0]);
    if ((data[0] & 4U) != 0) line.describe(0, (data[0] & 8U) != 0);
    if ((data[0] & 16U) != 0) line.describe(1, (data[0] & 32U) != 0);
    rtp::Octets rest(data + 1, size - 1);
    while (rest.size() >= 2) {
        const unsigned control = rest[0];
        const std::size_t length = std::min<std::size_t>(rest[1], rest.size() - 2);
        if ((control & 0x80U) != 0) line.describe(control & 1U, (control & 2U) != 0);
        if ((control & 0x10U) != 0) line.now += std::chrono::milliseconds(20);
        if ((control & 0x20U) != 0) line.now += std::chrono::seconds(2);
        line.send(control, rest.subspan(2, length));
        rest = rest.subspan(2 + length);
    }
    line.check_counts();
    return 0;
}
