#pragma once

#include "busyhour/catalog/catalog.h"
#include "busyhour/plan/deployment.h"

#include <deque>

namespace busyhour {

/// What one endpoint of a call sends: one direction of one leg, at the outermost layer.
struct MediaLeg {
    double rtp_packets_per_s = 0;
    double rtp_packet_bytes = 0;
    double rtcp_rfc3550_packets_per_s = 0;
    double rtcp_share5_packets_per_s = 0;
    double rtcp_packets_per_s = 0;  ///< by the rule chosen
    double rtcp_packet_bytes = 0;
    bool is_encrypted = false;
};

/// What is needed to say how large a leg's packets are.
struct LegChoice {
    Packetisation packets;
    std::string encryption;  ///< "none", "sdes" or "dtls"
    std::string srtp_suite;
    RtcpRule rtcp = RtcpRule::rfc3550;
};

/// The leg's packets on that network. Sources: rfc3550, rfc3711, talk-posner-2025.
MediaLeg media_leg(const Catalog& catalog, const HeaderStack& network, const LegChoice& choice);

/// The legs of one network, each computed once.
class MediaLegs {
public:
    MediaLegs(const Catalog& catalog, const HeaderStack& network)
        : catalog_(catalog), network_(network) {}

    const MediaLeg& of(const LegChoice& choice);

    [[nodiscard]] const Catalog& catalog() const { return catalog_; }

private:
    struct Known {
        LegChoice choice;
        MediaLeg leg;
    };
    const Catalog& catalog_;
    const HeaderStack& network_;
    std::deque<Known> known_;
};

/// The headers of an RTP packet on that network, innermost first.
HeaderStack rtp_stack(const Catalog& catalog, const HeaderStack& network,
                      const std::string& encryption, const std::string& srtp_suite);

}  // namespace busyhour
