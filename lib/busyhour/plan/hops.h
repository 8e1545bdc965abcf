#pragma once

#include "busyhour/plan/busy_hour.h"

#include <string>
#include <vector>

namespace busyhour {

/// What one element on the path of calls sees, in and out.
struct HopUse {
    std::string element;  ///< "endpoint", "link", "firewall", "registrar", ..., "trunk"
    std::string name;     ///< of the link or firewall
    std::string part;     ///< "signalling" or "media"
    Traffic mean;         ///< busy hour
    Traffic peak;         ///< at the policy's percentile
};

/// The elements from the endpoint to the trunk, signalling and media apart; elements that see
/// nothing of a part are left out. `in` is what the element receives. One endpoint's row is the
/// mean over all of them. Sources: those of the flows, codecs and headers.
std::vector<HopUse> hop_uses(const Deployment& deployment, const BusyHour& hour);

/// One layer of a packet.
struct FlowLayer {
    std::string name;
    double bytes = 0;        ///< what it adds
    double total_bytes = 0;  ///< the packet with it
    double bits_per_s = 0;   ///< up to this layer
};

/// One direction of one leg of a call.
struct MediaFlow {
    std::vector<std::string> populations;  ///< whose calls look like this
    std::string leg;                       ///< "endpoint", "other endpoint" or "trunk"
    std::string codec;
    std::string encryption;
    double rtp_packets_per_s = 0;
    double rtcp_packets_per_s = 0;
    double rtp_packet_bytes = 0;
    double rtcp_packet_bytes = 0;
    std::vector<FlowLayer> layers;  ///< of an RTP packet, innermost first
};

/// The flows of one call of each population, equal ones together.
std::vector<MediaFlow> media_flows(const Deployment& deployment, const Catalog& catalog);

}  // namespace busyhour
