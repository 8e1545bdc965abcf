// A datagram from a stranger at an RTP port: what was read lies inside of it, what is written again
// reads the same, and a session lives through it.

#include "engine/rtp/packet.h"
#include "engine/rtp/session.h"
#include "engine/rtp/telephone_event.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <vector>

namespace rtp = busyhour::engine::rtp;

namespace {

void check(bool holds) {
    if (!holds) std::abort();
}

bool is_inside(rtp::Octets part, rtp::Octets whole) {
    if (part.empty()) return true;
    return part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size();
}

bool is_same(rtp::Octets one, rtp::Octets other) {
    return std::vector<std::uint8_t>(one.begin(), one.end()) ==
           std::vector<std::uint8_t>(other.begin(), other.end());
}

void check_packet(const rtp::RtpPacket& packet, rtp::Octets datagram) {
    check(is_inside(packet.csrcs, datagram) && is_inside(packet.extension, datagram));
    check(is_inside(packet.payload, datagram));
    const std::optional<std::size_t> header_octets =
        rtp::rtp_header_octets(datagram, packet.header);
    check(header_octets &&
          *header_octets + packet.payload.size() + packet.padding_octets == datagram.size());
    std::vector<std::uint8_t> written(datagram.size());
    check(rtp::write_rtp(packet, written) == datagram.size());
    const std::optional<rtp::RtpPacket> again = rtp::parse_rtp(written);
    check(again && again->header == packet.header && is_same(again->payload, packet.payload));
    check(is_same(again->csrcs, packet.csrcs) && is_same(again->extension, packet.extension));
    (void)rtp::parse_telephone_event(packet.payload);
}

/// The datagram with the sequence numbers that follow, so that its source becomes valid.
void receive_all(std::vector<std::uint8_t> datagram) {
    static const rtp::Payload payload{rtp::Format()};
    static rtp::Session session;
    rtp::SessionOptions options;
    options.sink.payload_types.set();
    options.sink.playout_delay = std::chrono::milliseconds(60);
    options.is_sending = false;
    options.rtcp.session_bits_per_s = 160000;
    busyhour::engine::Time now{};
    session.start(options, payload, now);
    std::vector<std::uint8_t> out(session.packet_octets_max());
    for (unsigned i = 0; i < 8; ++i) {
        (void)session.receive(datagram, now);
        if (datagram.size() > 3) ++datagram[3];
        now += std::chrono::seconds(2);
        while (session.timeout(now, out).octets > 0) {
        }
    }
    check(session.population().members <= 6);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::vector<std::uint8_t> datagram(data, data + size);
    const std::optional<rtp::RtpPacket> packet = rtp::parse_rtp(datagram);
    if (packet) check_packet(*packet, datagram);
    if (packet) check(rtp::parse_rtp_header(datagram) == packet->header);
    receive_all(datagram);
    return 0;
}
