// internal: not installed
#pragma once

#include "busyhour/plan/busy_hour.h"

#include <deque>
#include <string_view>

namespace busyhour {

/// One kind of event on one hop: the flow, and between whom.
struct Hop {
    const Flow* flow = nullptr;
    std::string_view server;
    std::string_view peer;
};

/// What differs between the wires of one deployment.
struct HopWire {
    Transport transport = Transport::udp;
    double record_bytes = 0;     ///< what a TLS record adds
    double sdp_extra_bytes = 0;  ///< what the media encryption adds to each SDP

    bool operator==(const HopWire&) const = default;
};

/// What one event asks of one hop, as the server sees it.
struct HopWork {
    Work work;
    Traffic capture;  ///< the same messages once more, to a capture server
    double messages_number = 0;
    double transactions_number = 0;        ///< those that endpoints begin
    double largest_udp_request_bytes = 0;  ///< 0 over TCP and TLS
    bool is_sip = true;
};

/// What opening one connection moves.
struct Opening {
    Traffic full;
    Traffic resumed;
};

/// The work of each kind of event, computed once: populations differ in rates more than in kinds.
class HopWorks {
public:
    HopWorks(const Catalog& catalog, const HeaderStack& network, double mtu_bytes)
        : catalog_(catalog), network_(network), mtu_bytes_(mtu_bytes) {}

    /// A flow of the catalogue; the name must outlive this.
    const Flow& flow(std::string_view name);

    const HopWork& of(const Hop& hop, const HopWire& wire);

    /// What a connection of these endpoints moves when it is opened and closed.
    const Opening& opening(const Population& population);

    /// The wire under SIP between these endpoints and the servers.
    HopWire wire_of(const Population& population);

private:
    struct NamedFlow {
        std::string_view name;
        const Flow* flow = nullptr;
    };
    struct Known {
        Hop hop;
        HopWire wire;
        HopWork work;
    };
    struct KnownProfile {
        Transport transport = Transport::udp;
        std::string key;
        std::string version;
        bool is_mutual = false;
        double record_bytes = 0;
        Opening opening;
    };

    const KnownProfile& profile_of(const Population& population);
    [[nodiscard]] SipWire sip_wire(const HopWire& wire) const;

    const Catalog& catalog_;
    const HeaderStack& network_;
    double mtu_bytes_;
    std::deque<NamedFlow> flows_;
    std::deque<Known> known_;
    std::deque<KnownProfile> profiles_;
};

}  // namespace busyhour
