#pragma once

#include "busyhour/plan/deployment.h"
#include "busyhour/plan/load.h"

#include <array>
#include <map>
#include <string>
#include <vector>

namespace busyhour {

/// Endpoints whose signalling passes a firewall, and how often each of them is heard.
struct SignallingSessions {
    double endpoints_number = 0;
    double gap_s = 0;  ///< mean time between two packets of one endpoint; 0: a TCP connection
};

/// What passes between one site and the servers. `in` is towards the servers.
struct SiteLoad {
    Load load;
    double media_flows_number = 0;  ///< UDP flows of calls in progress
    double media_flows_opened_per_s = 0;
    std::vector<SignallingSessions> signalling;
};

/// Totals of the busy hour in the start year; every one of them grows with the endpoints.
struct Totals {
    double endpoints_number = 0;
    double registrations_per_s = 0;
    double register_messages_per_s = 0;
    double keepalives_per_s = 0;
    double keepalive_messages_per_s = 0;
    double call_attempts_per_s = 0;
    double busy_hour_call_attempts_number = 0;
    double offered_erlang = 0;
    double subscriptions_number = 0;
    double notifies_per_s = 0;  ///< NOTIFY requests, refreshes not counted
    double external_attempts_per_s = 0;
    double external_erlang = 0;
    double sip_messages_per_s = 0;
    double sip_bits_per_s = 0;     ///< both directions of every hop, with all network layers
    double rtp_packets_per_s = 0;  ///< mean: silence left out
    double rtp_packets_talking_per_s = 0;  ///< as if nobody was ever silent
    double rtcp_packets_per_s = 0;
    double rtcp_rfc3550_packets_per_s = 0;
    double rtcp_share5_packets_per_s = 0;
    double tls_full_handshakes_per_s = 0;
    double tls_resumed_handshakes_per_s = 0;
    double tls_connections_number = 0;
    double largest_udp_request_bytes = 0;  ///< does not grow
};

/// The busy hour of the start year: what is offered in all, to each role and through each site.
struct BusyHour {
    Totals totals;
    std::array<Load, role_count> roles;
    std::map<std::string, SiteLoad> sites;
    Load endpoint_media;  ///< of all endpoints, as their other ends see it
    Load trunks;          ///< between the servers and the trunks, as the trunks see it
    Load captured;        ///< copies of SIP messages, as the capture server sees them
    Load recorders;       ///< recorded calls, as the recorder sees them
};

/// The busy hour that the deployment offers.
BusyHour busy_hour_of(const Deployment& deployment, const Catalog& catalog);

}  // namespace busyhour
