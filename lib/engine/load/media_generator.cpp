#include "engine/load/media_generator.h"

#include "engine/rtp/random.h"

#include <algorithm>
#include <bit>
#include <charconv>

namespace busyhour::engine::load {
namespace {

constexpr std::size_t cname_octets = 20;  ///< as the model's reports have it: rtcp.h

constexpr std::size_t encryption_octets_max = 64;  ///< more than any transform adds

/// "busyhour-00000000042": a name for each end.
std::array<char, cname_octets> cname_of(std::size_t end) noexcept {
    std::array<char, cname_octets> name{};
    constexpr std::string_view prefix = "busyhour-";
    name.fill('0');
    std::copy(prefix.begin(), prefix.end(), name.begin());
    std::array<char, 20> digits{};
    const auto [last, error] = std::to_chars(digits.data(), digits.data() + digits.size(), end);
    const auto size = static_cast<std::size_t>(last - digits.data());
    if (error == std::errc{} && size <= cname_octets - prefix.size()) {
        std::copy_n(digits.data(), size, name.end() - static_cast<std::ptrdiff_t>(size));
    }
    return name;
}

std::uint64_t packets_in(Duration duration, Duration ptime) noexcept {
    return static_cast<std::uint64_t>((duration + ptime - Duration{1}) / ptime);
}

}  // namespace

MediaGenerator::MediaGenerator(const MediaOptions& options)
    : options_(options),
      payload_(options.format),
      ends_(2 * options.calls_number),
      is_talking_(options.calls_number, true),
      owners_(std::bit_ceil(4 * ends_.size())) {
    if (options.suite) make_keys();
    rtp::Session session;
    session.start({}, payload_, Time{});
    packet_octets_max_ = session.packet_octets_max() + encryption_octets_max;
}

/// Keys that repeat with the seed: what they protect is no secret. Ends that no relay stands
/// between know each other's.
void MediaGenerator::make_keys() {
    rtp::Random random(~options_.seed);
    const std::size_t step = options_.are_callees_plain ? 2 : 1;
    for (std::size_t i = 0; i < ends_.size(); i += step) {
        rtp::SdesCrypto crypto;
        crypto.parameters.suite = *options_.suite;
        rtp::SrtpKey& key = crypto.parameters.key;
        for (std::uint8_t& octet : key.master_key.octets) {
            octet = static_cast<std::uint8_t>(random.next());
        }
        for (std::uint8_t& octet : key.master_salt.octets) {
            octet = static_cast<std::uint8_t>(random.next());
        }
        send_with(ends_[i], crypto);
    }
    if (options_.are_callees_plain) return;
    for (std::size_t i = 0; i < ends_.size(); ++i) {
        receive_with(ends_[i], ends_[i ^ 1U].crypto->parameters);
    }
}

std::size_t MediaGenerator::calls_number() const noexcept {
    return static_cast<std::size_t>(std::count(is_talking_.begin(), is_talking_.end(), true));
}

/// Both ends of a one-way call share the moments of its caller.
Duration MediaGenerator::phase_of(std::size_t index) const noexcept {
    if (options_.is_one_way) return plan_.phase(index / 2);
    const std::size_t calls = options_.calls_number;
    return plan_.phase(index % 2 == 0 ? index / 2 : calls + index / 2);
}

void MediaGenerator::start(Time begin) {
    const std::size_t senders = options_.is_one_way ? options_.calls_number : ends_.size();
    const std::uint64_t packets = packets_in(options_.duration, options_.format.ptime);
    plan_ = MediaPlan(begin, options_.format.ptime, senders, packets + 1);  // the last: goodbye
    std::uint64_t seed = options_.seed;
    for (std::size_t i = 0; i < ends_.size(); ++i) {
        if (is_talking_[i / 2]) start_end(i, seed);
    }
}

void MediaGenerator::start_end(std::size_t index, std::uint64_t& seed) {
    MediaEnd& end = ends_[index];
    const std::array<char, cname_octets> cname = cname_of(index);
    rtp::SessionOptions session;
    session.source.discontinuous = options_.discontinuous;
    session.sink.clock_rate_hz = options_.format.clock_rate_hz;
    session.sink.payload_types.set(options_.format.payload_type);
    if (options_.discontinuous.mean_talkspurt > Duration{0}) {
        session.sink.payload_types.set(options_.discontinuous.payload_type);
    }
    session.sink.sequential_min = 1;  // every packet counts: both ends are ours
    session.rtcp = options_.rtcp;
    session.cname = {cname.data(), cname.size()};
    session.is_sending = !options_.is_one_way || index % 2 == 0;
    do {
        session.source.seed = rtp::Random(seed++).next();
        end.session.start(session, payload_, plan_.begin() + phase_of(index));
    } while (!own(end.session.source().ssrc(), index));
}

/// False where another end has that SSRC.
bool MediaGenerator::own(std::uint32_t ssrc, std::size_t end) noexcept {
    if (owner_of(ssrc) != none) return false;
    std::size_t place = ssrc % owners_.size();
    while (owners_[place].end != none) place = (place + 1) % owners_.size();
    owners_[place] = {.ssrc = ssrc, .end = static_cast<std::uint32_t>(end)};
    return true;
}

std::uint32_t MediaGenerator::owner_of(std::uint32_t ssrc) const noexcept {
    const std::size_t mask = owners_.size() - 1;  // a power of two
    std::size_t place = ssrc & mask;
    while (owners_[place].end != none && owners_[place].ssrc != ssrc) place = (place + 1) & mask;
    return owners_[place].end;
}

void MediaGenerator::timeout(Time now, MediaBatch& out) noexcept {
    const std::uint64_t packets = packets_in(options_.duration, options_.format.ptime);
    // Sessions live by the plan, so that what they send does not depend on how late they are.
    for (Time due = plan_.due(); due <= now; due = plan_.due()) {
        const std::size_t sender = plan_.sender();
        const std::size_t calls = options_.calls_number;
        const std::size_t index = sender < calls ? 2 * sender : 2 * (sender - calls) + 1;
        const bool is_last = plan_.round() >= packets;
        if (is_talking_[index / 2]) {
            if (is_last) ends_[index].session.leave({}, due);
            if (!poll(index, due, out)) return;
        }
        if (options_.is_one_way && is_talking_[index / 2]) {
            if (is_last) ends_[index + 1].session.leave({}, due);
            if (!poll(index + 1, due, out)) return;
        }
        plan_.advance();
    }
}

/// False where the batch has no room for what is due.
bool MediaGenerator::poll(std::size_t index, Time now, MediaBatch& out) noexcept {
    MediaEnd& end = ends_[index];
    while (end.session.next_timeout() <= now) {
        if (out.is_full()) return false;
        const Time before = end.session.next_timeout();
        const Time rtp_due = end.session.source().next_timeout();
        const rtp::Written written = end.session.timeout(now, out.room());
        if (written.octets == 0) {  // a pause, or a report that was put off
            if (end.session.next_timeout() == before) return true;
            continue;
        }
        const Time due = written.kind == rtp::DatagramKind::rtp ? rtp_due : before;
        const std::size_t octets = protect(end, written, out.room());
        if (octets == 0) continue;
        out.add(index, written.kind, octets, due);
        (written.kind == rtp::DatagramKind::rtp ? end.sent_octets : end.sent_rtcp_octets) += octets;
    }
    return true;
}

/// The octets that the packet has then; 0 where it cannot be sent.
std::size_t MediaGenerator::protect(MediaEnd& end, const rtp::Written& written,
                                    rtp::OctetRoom room) noexcept {
    if (!end.protects) return written.octets;
    const rtp::SrtpResult result = written.kind == rtp::DatagramKind::rtp
                                       ? end.protects->protect(room, written.octets)
                                       : end.protects->protect_rtcp(room, written.octets);
    if (result.is_done()) return result.size;
    ++end.not_protected;
    return 0;
}

/// The plain packet; empty where it is not authentic.
rtp::Octets MediaGenerator::unprotect(MediaEnd& end, bool is_rtcp,
                                      rtp::OctetRoom datagram) noexcept {
    if (!end.unprotects) return datagram;
    const rtp::SrtpResult result =
        is_rtcp ? end.unprotects->unprotect_rtcp(datagram) : end.unprotects->unprotect(datagram);
    if (result.is_done()) return datagram.first(result.size);
    const bool is_replayed = result.failure == rtp::SrtpFailure::replayed;
    ++(is_replayed ? end.replayed : end.unauthentic);
    return {};
}

void MediaGenerator::sent(const MediaBatch& batch, std::size_t begin, std::size_t end,
                          Time now) noexcept {
    for (std::size_t i = begin; i < end; ++i) {
        const MediaPacket& packet = batch[i];
        if (packet.kind != rtp::DatagramKind::rtp) continue;
        const Duration lateness = now - packet.due;
        send_lateness_.record(lateness);
        if (lateness > late_limit) ++late_;
        ends_[packet.end].send_times.put(rtp::read16(packet.octets, 2), now);
    }
}

bool MediaGenerator::is_at_home(const MediaEnd& end, bool is_rtcp, const Peer& local,
                                const Peer& from) const noexcept {
    if (!options_.comes_from_remote) return true;
    return is_rtcp ? local == end.local.rtcp && from == end.remote.rtcp
                   : local == end.local.rtp && from == end.remote.rtp;
}

void MediaGenerator::receive(rtp::OctetRoom datagram, const Peer& local, const Peer& from,
                             Time arrival) noexcept {
    const rtp::DatagramKind kind = rtp::kind_of(datagram);
    const bool is_rtcp = kind == rtp::DatagramKind::rtcp;
    const std::size_t ssrc_offset = is_rtcp ? 4 : 8;  // rfc3550 5.1, 6.4.1
    const bool is_media = is_rtcp || kind == rtp::DatagramKind::rtp;
    const bool has_ssrc = is_media && datagram.size() >= ssrc_offset + 4;
    const std::uint32_t owner = has_ssrc ? owner_of(rtp::read32(datagram, ssrc_offset)) : none;
    if (owner == none) {
        ++strays_.foreign;
        return;
    }
    MediaEnd& receiver = ends_[owner ^ 1U];
    if (!is_at_home(receiver, is_rtcp, local, from)) {
        ++strays_.misdelivered;
        return;
    }
    const rtp::Octets plain = unprotect(receiver, is_rtcp, datagram);
    if (plain.empty()) return;
    if (is_rtcp) {
        receiver.received_rtcp_octets += datagram.size();
        receiver.session.receive_rtcp(plain, arrival);
        return;
    }
    receive_rtp(receiver, ends_[owner], plain, datagram.size(), arrival);
}

void MediaGenerator::receive_rtp(MediaEnd& receiver, const MediaEnd& sender, rtp::Octets datagram,
                                 std::size_t udp_octets, Time arrival) noexcept {
    const std::optional<rtp::RtpPacket> packet = rtp::parse_rtp(datagram);
    if (!packet) {
        ++receiver.corrupt;
        return;
    }
    const rtp::Received received = receiver.session.receive_rtp(*packet, arrival);
    if (!received.is_valid || !rtp::is_fresh(received.arrival)) return;
    ++received_;
    receiver.received_octets += udp_octets;
    if (!payload_.is_intact(packet->header, packet->payload)) ++receiver.corrupt;
    const Time sent = sender.send_times.of(packet->header.sequence);
    if (sent == never) return;
    const Duration delay = std::max(arrival - sent, Duration{0});
    one_way_delay_.record(delay);
    receiver.delay_sum += delay;
    ++receiver.delays;
}

void MediaGenerator::stop(Time now) noexcept {
    for (MediaEnd& end : ends_) end.session.leave({}, now);
    plan_ = {};
}

}  // namespace busyhour::engine::load
