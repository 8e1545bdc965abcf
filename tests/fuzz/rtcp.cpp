// A compound packet from a stranger: its packets are inside of it and add up to it, and a session
// lives through them.

#include "engine/rtp/rtcp.h"

#include "engine/rtp/session.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <vector>

namespace rtp = busyhour::engine::rtp;

namespace {

void check(bool holds) {
    if (!holds) std::abort();
}

bool is_inside(const void* begin, std::size_t size, rtp::Octets whole) {
    if (size == 0) return true;
    const auto* const octets = static_cast<const std::uint8_t*>(begin);
    return octets >= whole.data() && octets + size <= whole.data() + whole.size();
}

bool is_inside(std::string_view text, rtp::Octets whole) {
    return is_inside(text.data(), text.size(), whole);
}

void check_packet(const rtp::RtcpPacket& packet) {
    if (const std::optional<rtp::Report> report = rtp::parse_report(packet)) {
        check(is_inside(report->blocks.data(), report->blocks.size(), packet.body));
        check(report->blocks_number() == packet.count);
        for (std::size_t i = 0; i < report->blocks_number(); ++i) {
            const std::int32_t lost = report->block(i).cumulative_lost;
            check(lost >= -0x800000 && lost <= 0x7fffff);
        }
    }
    if (const std::optional<rtp::Bye> bye = rtp::parse_bye(packet)) {
        check(bye->ssrcs_number() == packet.count && is_inside(bye->reason, packet.body));
        for (std::size_t i = 0; i < bye->ssrcs_number(); ++i) (void)bye->ssrc(i);
    }
    rtp::Octets chunks = packet.body;
    while (const auto description = rtp::next_source_description(chunks)) {
        check(is_inside(description->cname, packet.body));
    }
}

void receive(rtp::Octets datagram) {
    static const rtp::Payload payload{rtp::Format()};
    static rtp::Session session;
    rtp::SessionOptions options;
    options.sink.payload_types.set();
    options.rtcp.session_bits_per_s = 160000;
    const busyhour::engine::Time now{};
    session.start(options, payload, now);
    std::vector<std::uint8_t> out(session.packet_octets_max());
    check(session.timeout(now, out).kind == rtp::DatagramKind::rtp);
    check(session.receive_rtcp(datagram, now).is_valid == rtp::is_valid_rtcp(datagram));
    check(session.population().members <= 5);
    for (int i = 0; i < 4; ++i) (void)session.timeout(session.next_timeout(), out);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::vector<std::uint8_t> datagram(data, data + size);
    const bool is_valid = rtp::is_valid_rtcp(datagram);
    rtp::Octets rest = datagram;
    std::size_t packets = 0;
    while (const std::optional<rtp::RtcpPacket> packet = rtp::next_rtcp(rest)) {
        check(is_inside(packet->body.data(), packet->body.size(), datagram));
        check_packet(*packet);
        ++packets;
    }
    check(!is_valid || (rest.empty() && packets > 0));
    receive(datagram);
    return 0;
}
