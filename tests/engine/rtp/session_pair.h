#pragma once

#include "engine/rtp/session.h"
#include "engine/rtp/support.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace busyhour::engine::rtp {

/// Packets and octets of one kind that both ends of a call have sent.
struct SentCounts {
    std::uint64_t rtp = 0;
    std::uint64_t rtp_octets = 0;
    std::uint64_t rtcp = 0;
    std::uint64_t rtcp_octets = 0;

    void add(const SentCounts& other) {
        rtp += other.rtp;
        rtp_octets += other.rtp_octets;
        rtcp += other.rtcp;
        rtcp_octets += other.rtcp_octets;
    }

    void add(const Written& written) {
        if (written.kind == DatagramKind::rtp) {
            ++rtp;
            rtp_octets += written.octets;
        } else if (written.kind == DatagramKind::rtcp) {
            ++rtcp;
            rtcp_octets += written.octets;
        }
    }
};

/// Two participants with nothing between them.
class SessionPair {
public:
    SessionPair() = default;

    Session& caller() { return sessions_[0]; }
    Session& callee() { return sessions_[1]; }

    /// Lets both send and receive until `end`; what was sent before that.
    SentCounts run_until(Time end) {
        SentCounts counts;
        while (true) {
            const Time caller_due = caller().next_timeout();
            const Time callee_due = callee().next_timeout();
            const Time now = std::min(caller_due, callee_due);
            if (now >= end) return counts;
            const bool is_caller = caller_due <= callee_due;
            Session& sender = is_caller ? caller() : callee();
            Session& receiver = is_caller ? callee() : caller();
            const Written written = sender.timeout(now, room_);
            counts.add(written);
            if (written.octets == 0 || is_cut) continue;
            receiver.receive(Octets(room_).first(written.octets), now);
        }
    }

    bool is_cut = false;  ///< nothing arrives

private:
    std::array<Session, 2> sessions_;
    std::array<std::uint8_t, 2000> room_{};
};

/// G.711 both ways: 50 packets/s of 200 octets each, so 160 kbit/s with IP and UDP.
inline SessionOptions g711_session(std::uint64_t seed) {
    SessionOptions options;
    options.source.seed = seed;
    options.sink.payload_types.set(0).set(13).set(101);
    options.rtcp.session_bits_per_s = 160000;
    options.cname = "caller@host.example.";  // 20 octets
    return options;
}

}  // namespace busyhour::engine::rtp
