#include "engine/rtp/relay.h"

#include <utility>

namespace busyhour::engine::rtp {
namespace {

constexpr std::size_t rtcp_start_octets = 8;  // with the sender's SSRC; rfc3550 6.4

/// By address and port; the rest of a Peer says which socket it was.
bool is_same_source(const Peer& one, const Peer& other) noexcept {
    return one.port == other.port && one.address == other.address;
}

}  // namespace

RelayLegCounts& RelayLegCounts::operator+=(const RelayLegCounts& other) noexcept {
    packets_in += other.packets_in;
    octets_in += other.octets_in;
    packets_out += other.packets_out;
    octets_out += other.octets_out;
    rtcp_in += other.rtcp_in;
    ssrc_changes += other.ssrc_changes;
    for (std::size_t i = 0; i < dropped.size(); ++i) dropped[i] += other.dropped[i];
    return *this;
}

void Relay::start(const RelayRules& rules) noexcept {
    rules_ = rules;
    legs_ = {};
}

void Relay::set_remote(unsigned leg, const Peer& remote, std::uint16_t rtcp_port) noexcept {
    Leg& own = legs_[leg];
    const bool is_same = own.is_described && is_same_source(own.announced, remote) &&
                         own.announced_rtcp_port == rtcp_port;
    if (is_same) return;
    own.announced = remote;
    own.announced_rtcp_port = rtcp_port;
    own.is_described = true;
    own.is_locked = false;
    own.has_rtcp_source = false;
    own.candidate_packets = 0;
}

void Relay::set_keys(unsigned leg, std::optional<SrtpReceiver> receiver,
                     std::optional<SrtpSender> sender) noexcept {
    legs_[leg].receiver = std::move(receiver);
    legs_[leg].sender = std::move(sender);
}

void Relay::set_receiver(unsigned leg, std::optional<SrtpReceiver> receiver) noexcept {
    legs_[leg].receiver = std::move(receiver);
}

std::size_t Relay::drop(unsigned leg, RelayDrop reason) noexcept {
    ++legs_[leg].counts.dropped[static_cast<std::size_t>(reason)];
    return 0;
}

bool Relay::is_announced(const Leg& leg, const Peer& from) const noexcept {
    return leg.announced.port != 0 && is_same_source(leg.announced, from);
}

void Relay::lock(Leg& leg, const Peer& from, Time now) noexcept {
    leg.is_locked = true;
    leg.is_announced_source = is_announced(leg, from);
    leg.source = from;
    leg.locked_at = now;
    leg.has_rtcp_source = false;
}

/// Locks the leg where the source has proved itself.
RelayDrop Relay::admit_rtp(unsigned number, const Peer& from, const RtpHeader& header,
                           Time now) noexcept {
    Leg& leg = legs_[number];
    const bool is_far_end_described = legs_[1 - number].is_described;
    if (!leg.is_described) return RelayDrop::not_described;
    if (leg.is_locked) {
        if (is_same_source(leg.source, from)) return RelayDrop::none;
        // An authentic source needs no second look, and this packet has not been checked.
        const bool takes_back = !leg.receiver && !leg.is_announced_source &&
                                is_announced(leg, from) && now - leg.locked_at <= rules_.grace;
        if (!takes_back) return RelayDrop::foreign_source;
        lock(leg, from, now);
        return RelayDrop::none;
    }
    // An authentic packet needs no further proof: `accept` checks it before it comes here.
    if (leg.receiver || is_announced(leg, from)) {
        lock(leg, from, now);
        return RelayDrop::none;
    }
    // While a call rings, who guesses a port has all the time to be believed, and to keep the leg.
    if (!is_far_end_described) return RelayDrop::learning;
    const bool goes_on = leg.candidate_packets != 0 && is_same_source(leg.candidate, from) &&
                         leg.candidate_ssrc == header.ssrc &&
                         leg.candidate_sequence == header.sequence;
    if (!goes_on) {
        leg.candidate = from;
        leg.candidate_ssrc = header.ssrc;
        leg.candidate_packets = 0;
    }
    leg.candidate_sequence = static_cast<std::uint16_t>(header.sequence + 1);
    if (++leg.candidate_packets < rules_.probation_packets) return RelayDrop::learning;
    lock(leg, from, now);
    return RelayDrop::none;
}

RelayDrop Relay::admit_rtcp(const Leg& leg, RelayPort port, const Peer& from) const noexcept {
    if (!leg.is_described) return RelayDrop::not_described;
    if (port == RelayPort::rtp) {  // rtcp-mux: from where RTP comes
        const bool is_known = leg.is_locked ? is_same_source(leg.source, from)
                                            : leg.receiver.has_value() || is_announced(leg, from);
        return is_known ? RelayDrop::none : RelayDrop::foreign_source;
    }
    const Peer& rtp = leg.is_locked ? leg.source : leg.announced;
    const bool is_here = rtp.port != 0 && rtp.address == from.address;
    // Behind one address there may be others, who must not keep the announced port away.
    const bool is_announced_port =
        rtp.address == leg.announced.address && from.port == leg.announced_rtcp_port;
    if (leg.has_rtcp_source && !(is_here && is_announced_port)) {
        return is_same_source(leg.rtcp_source, from) ? RelayDrop::none : RelayDrop::foreign_source;
    }
    return is_here ? RelayDrop::none : RelayDrop::foreign_source;
}

/// A handshake between the ends (DTLS-SRTP) passes where RTP would, but proves nothing here.
RelayDrop Relay::admit_dtls(const Leg& leg, const Peer& from) const noexcept {
    if (!leg.is_described) return RelayDrop::not_described;
    const bool is_known =
        leg.is_locked ? is_same_source(leg.source, from) : is_announced(leg, from);
    return is_known ? RelayDrop::none : RelayDrop::foreign_source;
}

RelayDrop Relay::reason_of(SrtpFailure failure) noexcept {
    switch (failure) {
        case SrtpFailure::none:
            return RelayDrop::none;
        case SrtpFailure::malformed:
            return RelayDrop::not_media;
        case SrtpFailure::no_room:
            return RelayDrop::oversized;
        case SrtpFailure::replayed:
        case SrtpFailure::too_old:
            return RelayDrop::replayed;
        case SrtpFailure::authentication:
            return RelayDrop::not_authentic;
        default:
            return RelayDrop::srtp_failure;
    }
}

RelayDrop Relay::accept_rtp(unsigned leg, const Peer& from, OctetRoom octets, std::size_t& size,
                            Time now) noexcept {
    Leg& own = legs_[leg];
    const auto header = parse_rtp_header(octets);
    if (!header) return RelayDrop::not_media;
    // Nothing but an authentic packet may lock, and only the locked source's is worth the work.
    const bool is_foreign = own.is_locked && !is_same_source(own.source, from);
    if (own.receiver && own.is_described && !is_foreign) {
        const SrtpResult result = own.receiver->unprotect(octets);
        if (!result.is_done()) return reason_of(result.failure);
        size = result.size;
    }
    const RelayDrop reason = admit_rtp(leg, from, *header, now);
    if (reason != RelayDrop::none) return reason;
    if (own.has_ssrc && own.ssrc != header->ssrc) ++own.counts.ssrc_changes;
    own.has_ssrc = true;
    own.ssrc = header->ssrc;
    return RelayDrop::none;
}

RelayDrop Relay::accept_rtcp(unsigned leg, RelayPort port, const Peer& from, OctetRoom octets,
                             std::size_t& size) noexcept {
    Leg& own = legs_[leg];
    const RelayDrop reason = admit_rtcp(own, port, from);
    if (reason != RelayDrop::none) return reason;
    if (own.receiver) {
        const SrtpResult result = own.receiver->unprotect_rtcp(octets);
        if (!result.is_done()) return reason_of(result.failure);
        size = result.size;
    }
    ++own.counts.rtcp_in;
    if (port == RelayPort::rtcp) {
        own.has_rtcp_source = true;
        own.rtcp_source = from;
    }
    return RelayDrop::none;
}

std::size_t Relay::accept(unsigned leg, RelayPort port, const Peer& from, OctetRoom octets,
                          Time now) noexcept {
    Leg& own = legs_[leg];
    const DatagramKind kind = kind_of(octets);
    std::size_t size = octets.size();
    RelayDrop reason = RelayDrop::not_media;
    if (kind == DatagramKind::rtp && port == RelayPort::rtp) {
        reason = accept_rtp(leg, from, octets, size, now);
    } else if (kind == DatagramKind::rtcp && size >= rtcp_start_octets) {
        reason = accept_rtcp(leg, port, from, octets, size);
    } else if (kind == DatagramKind::dtls && port == RelayPort::rtp && !own.receiver) {
        reason = admit_dtls(own, from);
    }
    if (reason != RelayDrop::none) return drop(leg, reason);
    ++own.counts.packets_in;
    own.counts.octets_in += octets.size();
    return size;
}

std::optional<Peer> Relay::destination(unsigned leg) const noexcept {
    const Leg& own = legs_[leg];
    if (own.is_locked) return own.source;
    if (own.announced.port != 0) return own.announced;
    return std::nullopt;
}

std::size_t Relay::forward(unsigned from_leg, OctetRoom room, std::size_t size,
                           RelayTarget& target) noexcept {
    Leg& other = legs_[1 - from_leg];
    const auto rtp = destination(1 - from_leg);
    if (!rtp) return drop(from_leg, RelayDrop::unknown_far_end);
    target = {.to = *rtp, .port = RelayPort::rtp};
    const DatagramKind kind = kind_of(room.first(size));
    const bool is_rtcp = kind == DatagramKind::rtcp;
    const bool is_muxed = other.announced_rtcp_port == other.announced.port;
    if (is_rtcp && !is_muxed) {
        target.port = RelayPort::rtcp;
        target.to.port = other.announced_rtcp_port;
        if (other.has_rtcp_source) target.to = other.rtcp_source;
    }
    if (other.sender && kind != DatagramKind::dtls) {
        const SrtpResult result =
            is_rtcp ? other.sender->protect_rtcp(room, size) : other.sender->protect(room, size);
        if (!result.is_done()) return drop(from_leg, reason_of(result.failure));
        size = result.size;
    }
    ++other.counts.packets_out;
    other.counts.octets_out += size;
    return size;
}

}  // namespace busyhour::engine::rtp
