#pragma once

#include "busyhour/model/flow.h"
#include "busyhour/model/header.h"

#include <string_view>
#include <vector>

namespace busyhour {

/// What carries SIP messages.
enum class Transport { udp, tcp, tls, wss };

constexpr bool is_encrypted(Transport transport) {
    return transport == Transport::tls || transport == Transport::wss;
}

/// Packets and octets at one element, in and out, on the wire at the outermost layer.
struct Traffic {
    double packets_in_number = 0;
    double packets_out_number = 0;
    double in_bytes = 0;
    double out_bytes = 0;

    Traffic& operator+=(const Traffic& other);
    /// Adds `factor` times the other.
    Traffic& add(const Traffic& other, double factor) {
        packets_in_number += other.packets_in_number * factor;
        packets_out_number += other.packets_out_number * factor;
        in_bytes += other.in_bytes * factor;
        out_bytes += other.out_bytes * factor;
        return *this;
    }
};

Traffic operator*(Traffic traffic, double factor);

/// The same packets as the other end of the hop sees them.
Traffic mirrored(Traffic traffic);

/// The headers and limits under a SIP message.
struct SipWire {
    Transport transport = Transport::udp;
    HeaderStack network;       ///< the layers below UDP or TCP
    double mtu_bytes = 1500;   ///< largest IP packet of the path
    double record_bytes = 22;  ///< what one TLS record adds
    bool is_client = false;    ///< whether the element opened the connection
};

/// Octets that one TLS handshake moves each way, TCP payload only.
struct HandshakeOctets {
    double client_bytes = 0;
    double server_bytes = 0;
    double client_segments_number = 0;  ///< as measured; 0: as few as the octets need
    double server_segments_number = 0;
};

/// What `element` sees of these messages of one hop, in their order.
///
/// UDP: a datagram each, fragmented above the MTU. TCP: segments and the pure ACKs that no message
/// back carries. TLS: records; WSS: WebSocket frames in records. Sources: rfc791, rfc9293, rfc8446,
/// rfc6455.
Traffic hop_traffic(const std::vector<FlowMessage>& messages, std::string_view element,
                    const SipWire& wire);

/// What the server sees of opening and closing one connection; zero octets for plain TCP.
Traffic connection_traffic(const SipWire& wire, const HandshakeOctets& handshake);

/// The octets of a UDP datagram's IP packet with this payload. Source: rfc768.
double udp_packet_bytes(const SipWire& wire, double payload_bytes);

/// Whether a request of that size must leave UDP where the MTU is unknown. Source: rfc3261.
bool is_too_large_for_udp(double request_bytes);

}  // namespace busyhour
