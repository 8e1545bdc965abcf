#pragma once

#include <string>
#include <vector>

namespace busyhour {

/// Where a header stands in a packet, outermost first.
enum class Position {
    wire,            ///< preamble and inter-frame gap
    link,            ///< Ethernet
    tag,             ///< 802.1Q
    label,           ///< MPLS, PPPoE
    tunnel,          ///< GRE, ESP, WireGuard: with an outer IP header of its own
    network,         ///< IPv4, IPv6
    ip_security,     ///< ESP in transport mode
    transport,       ///< UDP, TCP
    relay,           ///< TURN
    media_security,  ///< SRTP
    session,         ///< RTP
};

/// What one protocol layer adds to a packet.
struct Header {
    std::string name;
    std::string title;
    std::string source;
    Position position = Position::network;
    double header_bytes = 0;
    double trailer_bytes = 0;
    double rtcp_trailer_bytes = 0;     ///< SRTCP instead of SRTP
    double pad_block_bytes = 0;        ///< 0: no padding
    double pad_trailer_bytes = 0;      ///< ESP: pad length and next header, inside the block
    double minimum_payload_bytes = 0;  ///< Ethernet: 46
    bool has_outer_ip = false;
    std::string suite;  ///< SRTP: name of the protection profile
};

/// Headers in packet order, innermost first.
struct HeaderStack {
    std::vector<Header> layers;
    double outer_ip_bytes = 20;  ///< 20 for IPv4 inside, 40 for IPv6
};

/// What a layer adds, and how large the packet is with it.
struct LayerOctets {
    std::string name;
    double added_bytes = 0;
    double total_bytes = 0;
};

/// The headers ordered as in a packet, whatever their order was; tunnels keep theirs, outermost
/// first.
///
/// Throws InputError where a layer stands twice, or IPv4 and IPv6 both do.
HeaderStack stack_headers(std::vector<Header> headers);

/// The octets each layer adds around a payload, innermost first.
std::vector<LayerOctets> octets_by_layer(const HeaderStack& stack, double payload_bytes);

/// The octets of the whole packet around a payload.
double packet_bytes(const HeaderStack& stack, double payload_bytes);

/// The octets of the IP packet (the innermost IP header and what it carries).
double ip_packet_bytes(const HeaderStack& stack, double payload_bytes);

}  // namespace busyhour
