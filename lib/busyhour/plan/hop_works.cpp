#include "busyhour/plan/hop_works.h"

#include <algorithm>

namespace busyhour {
namespace {

/// Each message once more in a datagram to the capture server, with the headers of the capture
/// protocol. Source: hep3.
Traffic capture_of(const std::vector<FlowMessage>& messages, SipWire wire, double header_bytes) {
    wire.transport = Transport::udp;
    std::vector<FlowMessage> copies = messages;
    for (FlowMessage& copy : copies) {
        copy.from = "server";
        copy.to = "capture";
        copy.size_bytes += header_bytes;
    }
    return hop_traffic(copies, "server", wire);
}

double largest_request_bytes(const std::vector<FlowMessage>& messages) {
    double largest_bytes = 0;
    for (const FlowMessage& message : messages) {
        if (is_request(message)) largest_bytes = std::max(largest_bytes, message.size_bytes);
    }
    return largest_bytes;
}

}  // namespace

const Flow& HopWorks::flow(std::string_view name) {
    for (const NamedFlow& known : flows_) {
        if (known.name == name) return *known.flow;
    }
    flows_.push_back({name, &flow_named(catalog_, name, "flows")});
    return *flows_.back().flow;
}

SipWire HopWorks::sip_wire(const HopWire& wire) const {
    return {.transport = wire.transport,
            .network = network_,
            .mtu_bytes = mtu_bytes_,
            .record_bytes = wire.record_bytes};
}

const HopWork& HopWorks::of(const Hop& hop, const HopWire& wire) {
    for (const Known& known : known_) {
        const bool is_same = known.hop.flow == hop.flow && known.hop.peer == hop.peer &&
                             known.hop.server == hop.server && known.wire == wire;
        if (is_same) return known.work;
    }
    std::vector<FlowMessage> messages = messages_between(*hop.flow, hop.server, hop.peer);
    for (FlowMessage& message : messages) {
        if (message.has_sdp) message.size_bytes += wire.sdp_extra_bytes;
    }
    const SipWire under = sip_wire(wire);
    HopWork result;
    result.work.traffic = hop_traffic(messages, hop.server, under);
    result.messages_number = static_cast<double>(messages.size());
    result.transactions_number = count_at(*hop.flow, hop.server).transactions_server;
    result.is_sip = hop.flow->protocol == "sip";
    if (wire.transport == Transport::udp && result.is_sip) {
        result.work.demand[Driver::udp_messages] = result.messages_number;
    }
    if (wire.transport == Transport::tcp) {
        result.work.demand[Driver::tcp_messages] = result.messages_number;
    }
    if (is_encrypted(wire.transport)) {
        result.work.demand[Driver::tls_messages] = result.messages_number;
    }
    if (wire.transport == Transport::udp) {
        result.largest_udp_request_bytes = largest_request_bytes(messages);
    }
    if (result.is_sip) {
        const double header_bytes = header_named(catalog_, "hep3", "capture").header_bytes;
        result.capture = capture_of(messages, under, header_bytes);
    }
    known_.push_back({hop, wire, result});
    return known_.back().work;
}

const HopWorks::KnownProfile& HopWorks::profile_of(const Population& population) {
    const TlsUse& tls = population.tls;
    for (const KnownProfile& known : profiles_) {
        const bool is_same = known.transport == population.transport && known.key == tls.key &&
                             known.version == tls.version && known.is_mutual == tls.is_mutual;
        if (is_same) return known;
    }
    KnownProfile found{.transport = population.transport,
                       .key = tls.key,
                       .version = tls.version,
                       .is_mutual = tls.is_mutual,
                       .record_bytes = 0,
                       .opening = {}};
    const TlsProfile& profile = tls_named(catalog_, tls.key, "tls");
    const auto record = profile.record_bytes.find(tls.version);
    if (record != profile.record_bytes.end()) found.record_bytes = record->second;
    const SipWire wire = sip_wire({population.transport, found.record_bytes, 0});
    const auto traffic_of = [&](bool is_resumed) {
        if (!is_encrypted(population.transport)) return connection_traffic(wire, {});
        return connection_traffic(
            wire, handshake_octets(profile, tls.version, is_resumed, tls.is_mutual));
    };
    found.opening = {.full = traffic_of(false), .resumed = traffic_of(true)};
    profiles_.push_back(std::move(found));
    return profiles_.back();
}

const Opening& HopWorks::opening(const Population& population) {
    return profile_of(population).opening;
}

HopWire HopWorks::wire_of(const Population& population) {
    HopWire wire{.transport = population.transport,
                 .record_bytes = profile_of(population).record_bytes,
                 .sdp_extra_bytes = 0};
    const auto& extras = catalog_.messages.sdp_extra_bytes;
    const auto extra = extras.find(population.media.encryption);
    if (extra != extras.end()) wire.sdp_extra_bytes = extra->second;
    return wire;
}

}  // namespace busyhour
