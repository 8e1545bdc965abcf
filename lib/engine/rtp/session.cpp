#include "engine/rtp/session.h"

#include <algorithm>
#include <span>

namespace busyhour::engine::rtp {
namespace {

/// A report with one block, a source description and a BYE, each text as long as it can be.
constexpr std::size_t compound_octets_max =
    rtcp_header_octets + 4 + sender_info_octets + report_block_octets +
    source_description_octets(sdes_text_octets_max) + bye_octets(sdes_text_octets_max);

/// Copies as much text as there is room for; how much.
std::uint8_t copy_text(std::string_view text, std::span<char> out) noexcept {
    const std::size_t octets = std::min(text.size(), out.size());
    std::copy_n(text.begin(), octets, out.begin());
    return static_cast<std::uint8_t>(octets);
}

}  // namespace

Session::Session(std::size_t members_max) : members_(members_max) {}

void Session::start(const SessionOptions& options, const Payload& payload, Time now) noexcept {
    source_.start(payload, options.source, now);
    if (!options.is_sending) source_.stop();
    sink_.start(options.sink);
    members_.clear();
    counts_ = {};
    ntp_offset_ = options.ntp_offset;
    last_rtp_sent_ = {};
    we_sent_ = is_left_ = is_leaving_ = false;
    abandoned_ssrc_.reset();
    reported_.reset();
    round_trip_.reset();
    last_sr_sent_ = 0;
    cname_octets_ = copy_text(options.cname, cname_);
    reason_octets_ = 0;

    has_rtcp_ = options.rtcp.session_bits_per_s > 0;
    const std::size_t report_octets = rtcp_header_octets + 4 + sender_info_octets +
                                      report_block_octets +
                                      source_description_octets(cname_octets_);
    schedule_.start(options.rtcp, report_octets, ~options.source.seed, now);
    if (!has_rtcp_) schedule_.stop();
}

void Session::leave(std::string_view reason, Time now) noexcept {
    if (is_leaving_) return;
    is_leaving_ = true;
    source_.stop();
    if (!has_rtcp_ || !has_sent()) {  // rfc3550 6.3.7: then no BYE
        schedule_.stop();
        return;
    }
    reason_octets_ = copy_text(reason, reason_);
    const std::size_t octets = rtcp_header_octets + 4 + (we_sent_ ? sender_info_octets : 0U) +
                               (sink_.has_report() ? report_block_octets : 0U) +
                               source_description_octets(cname_octets_) +
                               bye_octets(reason_octets_);
    schedule_.leave(octets, population(), now);
}

Time Session::next_timeout() const noexcept {
    if (abandoned_ssrc_) return abandoned_at_;
    return std::min(source_.next_timeout(), schedule_.next_timeout());
}

Written Session::timeout(Time now, OctetRoom out) noexcept {
    if (out.size() < packet_octets_max()) return {};
    if (abandoned_ssrc_) return write_abandoned_bye(out);
    if (source_.next_timeout() <= now) {
        const std::size_t octets = source_.timeout(now, out);
        last_rtp_sent_ = now;
        if (!we_sent_) {
            we_sent_ = true;
            schedule_.reconsider(population(), now);
        }
        return {.kind = DatagramKind::rtp, .octets = octets};
    }
    if (schedule_.next_timeout() <= now) return write_rtcp(now, out);
    return {};
}

std::size_t Session::packet_octets_max() const noexcept {
    return std::max(source_.packet_octets_max(), compound_octets_max);
}

Received Session::receive(Octets datagram, Time now) noexcept {
    const DatagramKind kind = kind_of(datagram);
    if (kind == DatagramKind::rtp) return receive_rtp(datagram, now);
    if (kind == DatagramKind::rtcp) return receive_rtcp(datagram, now);
    ++counts_.foreign;
    return {.kind = kind};
}

Received Session::receive_rtp(Octets datagram, Time now) noexcept {
    const std::optional<RtpPacket> packet = parse_rtp(datagram);
    if (packet) return receive_rtp(*packet, now);
    ++counts_.malformed_rtp;
    return {.kind = DatagramKind::rtp};
}

Received Session::receive_rtp(const RtpPacket& packet, Time now) noexcept {
    Received received{.kind = DatagramKind::rtp};
    if (is_collision(packet.header.ssrc, now)) return received;
    received.is_valid = true;
    received.arrival = sink_.receive(packet.header, packet.payload.size(), now);
    if (received.arrival == Arrival::duplicate || is_fresh(received.arrival)) {
        members_.heard_rtp(packet.header.ssrc, now);
        for (std::size_t i = 0; i < packet.header.csrcs_number; ++i) {
            members_.heard_rtcp(packet.csrc(i), true, now);  // a member, but none that sends here
        }
    }
    return received;
}

Received Session::receive_rtcp(Octets datagram, Time now) noexcept {
    Received received{.kind = DatagramKind::rtcp};
    if (!is_valid_rtcp(datagram)) {
        ++counts_.malformed_rtcp;
        return received;
    }
    received.is_valid = true;
    ++counts_.rtcp_received;
    counts_.rtcp_received_octets += datagram.size();
    bool has_bye = false;
    Octets rest = datagram;
    while (const std::optional<RtcpPacket> packet = next_rtcp(rest)) {
        if (!receive_control(*packet, now)) return received;  // our own, looped
        has_bye = has_bye || packet->type == static_cast<unsigned>(RtcpType::bye);
    }
    if (has_bye) {
        schedule_.received_bye(datagram.size());
    } else {
        schedule_.received(datagram.size());
    }
    return received;
}

Population Session::population() const noexcept {
    return {.members = members_.members() + 1,
            .senders = members_.senders() + (we_sent_ ? 1U : 0U),
            .we_sent = we_sent_};
}

std::uint64_t Session::ntp_at(Time now) const noexcept {
    constexpr std::int64_t ns_per_s = 1'000'000'000;
    const std::int64_t ns = (now.time_since_epoch() + ntp_offset_).count();
    const auto seconds = static_cast<std::uint64_t>(ns / ns_per_s);
    const auto rest = static_cast<std::uint64_t>(ns % ns_per_s);
    return seconds << 32U | (rest << 32U) / static_cast<std::uint64_t>(ns_per_s);
}

bool Session::has_sent() const noexcept {
    return source_.packets_of_all_ssrcs() > 0 || counts_.rtcp_sent > 0;
}

/// A report, a source description and perhaps a BYE.
Written Session::write_compound(bool is_bye, Time now, OctetRoom out) noexcept {
    RtcpWriter writer(out);
    ReportBlock block;
    std::span<const ReportBlock> blocks;
    if (sink_.has_report()) {
        block = sink_.report(now);
        blocks = {&block, 1};
    }
    const std::uint32_t ssrc = source_.ssrc();
    if (we_sent_) {
        const std::uint64_t ntp = ntp_at(now);
        writer.sender_report(ssrc, source_.info(now, ntp), blocks);
        last_sr_sent_ = middle_of(ntp);
    } else {
        writer.receiver_report(ssrc, blocks);
    }
    writer.source_description(ssrc, cname());
    if (is_bye) writer.bye(ssrc, {reason_.data(), reason_octets_});
    return count_sent(writer.size());
}

Written Session::write_rtcp(Time now, OctetRoom out) noexcept {
    expire(now);
    const RtcpSchedule::Due due = schedule_.timeout(population(), now);
    if (due == RtcpSchedule::Due::nothing) return {};
    const Written written = write_compound(due == RtcpSchedule::Due::bye, now, out);
    schedule_.sent(written.octets, population(), now);
    return written;
}

/// The BYE of the SSRC that another one has, too. Source: rfc3550 8.2.
Written Session::write_abandoned_bye(OctetRoom out) noexcept {
    RtcpWriter writer(out);
    writer.receiver_report(*abandoned_ssrc_, {});
    writer.source_description(*abandoned_ssrc_, cname());
    writer.bye(*abandoned_ssrc_);
    abandoned_ssrc_.reset();
    schedule_.received(writer.size());  // it counts into the average size
    return count_sent(writer.size());
}

Written Session::count_sent(std::size_t octets) noexcept {
    ++counts_.rtcp_sent;
    counts_.rtcp_sent_octets += octets;
    return {.kind = DatagramKind::rtcp, .octets = octets};
}

/// Times out members, senders and ourselves as a sender. Source: rfc3550 6.3.5, 6.3.8.
void Session::expire(Time now) noexcept {
    const Time senders_since = now - schedule_.sender_timeout();
    if (last_rtp_sent_ < senders_since) we_sent_ = false;
    const Time members_since = now - schedule_.member_timeout(population());
    if (members_.expire(members_since, senders_since)) schedule_.reconsider(population(), now);
}

/// Another source bears our SSRC. Once we take a new one; where that comes back as well, it is our
/// own packets that do. Source: rfc3550 8.2.
bool Session::is_collision(std::uint32_t ssrc, Time now) noexcept {
    if (ssrc != source_.ssrc()) return false;
    if (counts_.collisions > 0) {
        ++counts_.looped;
        return true;
    }
    ++counts_.collisions;
    if (has_rtcp_ && has_sent() && !is_leaving_) {
        abandoned_ssrc_ = ssrc;
        abandoned_at_ = now;
    }
    source_.change_ssrc();
    return true;
}

/// False where the packet bears our SSRC.
bool Session::receive_control(const RtcpPacket& packet, Time now) noexcept {
    if (const std::optional<Report> report = parse_report(packet)) {
        if (is_collision(report->ssrc, now)) return false;
        receive_report(*report, now);
    } else if (packet.type == static_cast<unsigned>(RtcpType::source_description)) {
        Octets chunks = packet.body;
        for (unsigned i = 0; i < packet.count; ++i) {
            const std::optional<SourceDescription> chunk = next_source_description(chunks);
            if (!chunk) break;
            if (is_collision(chunk->ssrc, now)) return false;
            members_.heard_rtcp(chunk->ssrc, !chunk->cname.empty(), now);
        }
    } else if (const std::optional<Bye> bye = parse_bye(packet)) {
        receive_bye(*bye, now);
    }
    return true;
}

void Session::receive_report(const Report& report, Time now) noexcept {
    members_.heard_rtcp(report.ssrc, false, now);
    if (report.sender) sink_.receive_sender_report(report.ssrc, report.sender->ntp_timestamp, now);
    for (std::size_t i = 0; i < report.blocks_number(); ++i) {
        const ReportBlock block = report.block(i);
        if (block.ssrc != source_.ssrc()) continue;
        reported_ = block;
        if (block.last_sr == 0 || block.last_sr != last_sr_sent_) continue;
        constexpr double units_per_s = 65536.0;
        const std::uint32_t units =
            middle_of(ntp_at(now)) - block.last_sr - block.delay_since_last_sr;
        const double seconds = static_cast<std::int32_t>(units) / units_per_s;
        round_trip_ = std::chrono::duration_cast<Duration>(
            std::chrono::duration<double>(std::max(seconds, 0.0)));
    }
}

void Session::receive_bye(const Bye& bye, Time now) noexcept {
    bool has_lost = false;
    for (std::size_t i = 0; i < bye.ssrcs_number(); ++i) {
        has_lost = members_.leave(bye.ssrc(i)) || has_lost;
        is_left_ = is_left_ || (sink_.is_valid() && bye.ssrc(i) == sink_.ssrc());
    }
    if (has_lost) schedule_.reconsider(population(), now);
}

}  // namespace busyhour::engine::rtp
