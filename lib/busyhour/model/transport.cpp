#include "busyhour/model/transport.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace busyhour {
namespace {

constexpr double udp_header_bytes = 8;          // rfc768
constexpr double tcp_header_bytes = 20 + 12;    // rfc9293 with the timestamps option of rfc7323
constexpr double fragment_unit_bytes = 8;       // rfc791: fragment offsets count 8 octets
constexpr double record_max_bytes = 16384;      // rfc8446 section 5.1
constexpr double websocket_mask_bytes = 4;      // rfc6455 section 5.2: client to server only
constexpr double udp_request_max_bytes = 1300;  // rfc3261 section 18.1.1

struct Packets {
    double number = 0;
    double bytes = 0;
};

double ip_header_bytes(const HeaderStack& network) {
    for (const Header& layer : network.layers) {
        if (layer.position == Position::network) return layer.header_bytes;
    }
    return 0;
}

Packets udp_packets(const SipWire& wire, double message_bytes) {
    const double room_bytes = wire.mtu_bytes - ip_header_bytes(wire.network);
    double left_bytes = message_bytes + udp_header_bytes;
    if (left_bytes <= room_bytes) return {1, packet_bytes(wire.network, left_bytes)};
    const double fragment_bytes =
        std::floor(room_bytes / fragment_unit_bytes) * fragment_unit_bytes;
    Packets packets;
    for (; left_bytes > 0; left_bytes -= fragment_bytes) {
        packets.number += 1;
        packets.bytes += packet_bytes(wire.network, std::min(left_bytes, fragment_bytes));
    }
    return packets;
}

Packets tcp_segments(const SipWire& wire, double stream_bytes) {
    const double segment_max_bytes =
        wire.mtu_bytes - ip_header_bytes(wire.network) - tcp_header_bytes;
    Packets packets;
    for (double left_bytes = stream_bytes; left_bytes > 0; left_bytes -= segment_max_bytes) {
        packets.number += 1;
        packets.bytes +=
            packet_bytes(wire.network, tcp_header_bytes + std::min(left_bytes, segment_max_bytes));
    }
    return packets;
}

Packets empty_segments(const SipWire& wire, double number) {
    return {number, number * packet_bytes(wire.network, tcp_header_bytes)};
}

/// Octets that were written in more pieces than they need: each piece has headers of its own.
Packets at_least(const SipWire& wire, Packets packets, double segments_number) {
    const double more_number = segments_number - packets.number;
    if (more_number <= 0) return packets;
    const Packets headers = empty_segments(wire, more_number);
    return {packets.number + headers.number, packets.bytes + headers.bytes};
}

double websocket_header_bytes(double message_bytes, bool is_from_client) {
    const double length_bytes = message_bytes < 126 ? 2 : (message_bytes < 65536 ? 4 : 10);
    return length_bytes + (is_from_client ? websocket_mask_bytes : 0);
}

double stream_bytes(const SipWire& wire, double message_bytes, bool is_from_client) {
    double bytes = message_bytes;
    if (wire.transport == Transport::wss) {
        bytes += websocket_header_bytes(message_bytes, is_from_client);
    }
    if (wire.transport == Transport::tcp) return bytes;
    return bytes + wire.record_bytes * std::ceil(bytes / record_max_bytes);
}

void add(Traffic& traffic, const Packets& packets, bool is_in) {
    (is_in ? traffic.packets_in_number : traffic.packets_out_number) += packets.number;
    (is_in ? traffic.in_bytes : traffic.out_bytes) += packets.bytes;
}

}  // namespace

Traffic& Traffic::operator+=(const Traffic& other) {
    packets_in_number += other.packets_in_number;
    packets_out_number += other.packets_out_number;
    in_bytes += other.in_bytes;
    out_bytes += other.out_bytes;
    return *this;
}

Traffic operator*(Traffic traffic, double factor) {
    traffic.packets_in_number *= factor;
    traffic.packets_out_number *= factor;
    traffic.in_bytes *= factor;
    traffic.out_bytes *= factor;
    return traffic;
}

Traffic mirrored(Traffic traffic) {
    std::swap(traffic.packets_in_number, traffic.packets_out_number);
    std::swap(traffic.in_bytes, traffic.out_bytes);
    return traffic;
}

Traffic hop_traffic(const std::vector<FlowMessage>& messages, std::string_view element,
                    const SipWire& wire) {
    Traffic traffic;
    for (std::size_t i = 0; i < messages.size(); ++i) {
        const FlowMessage& message = messages[i];
        const bool is_in = message.to == element;
        if (wire.transport == Transport::udp) {
            add(traffic, udp_packets(wire, message.size_bytes), is_in);
            continue;
        }
        add(traffic,
            tcp_segments(wire, stream_bytes(wire, message.size_bytes, is_in != wire.is_client)),
            is_in);
        const bool reply_acknowledges =
            i + 1 < messages.size() && messages[i + 1].from == message.to;
        if (!reply_acknowledges) add(traffic, empty_segments(wire, 1), !is_in);
    }
    return traffic;
}

Traffic connection_traffic(const SipWire& wire, const HandshakeOctets& handshake) {
    Traffic traffic;
    if (wire.transport == Transport::udp) return traffic;
    // rfc9293: SYN, ACK, FIN, ACK from the client; SYN+ACK, ACK, FIN from the server
    add(traffic, empty_segments(wire, 4), true);
    add(traffic, empty_segments(wire, 3), false);
    add(traffic,
        at_least(wire, tcp_segments(wire, handshake.client_bytes),
                 handshake.client_segments_number),
        true);
    add(traffic,
        at_least(wire, tcp_segments(wire, handshake.server_bytes),
                 handshake.server_segments_number),
        false);
    return traffic;
}

double udp_packet_bytes(const SipWire& wire, double payload_bytes) {
    return packet_bytes(wire.network, payload_bytes + udp_header_bytes);
}

bool is_too_large_for_udp(double request_bytes) {
    return request_bytes > udp_request_max_bytes;
}

}  // namespace busyhour
