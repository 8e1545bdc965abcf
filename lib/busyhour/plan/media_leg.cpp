#include "busyhour/plan/media_leg.h"

#include "busyhour/model/rtcp.h"

namespace busyhour {
namespace {

HeaderStack with_headers(const HeaderStack& network, std::vector<Header> headers) {
    headers.insert(headers.end(), network.layers.rbegin(), network.layers.rend());
    return stack_headers(std::move(headers));
}

}  // namespace

HeaderStack rtp_stack(const Catalog& catalog, const HeaderStack& network,
                      const std::string& encryption, const std::string& srtp_suite) {
    std::vector<Header> headers{header_named(catalog, "rtp", "layers"),
                                header_named(catalog, "udp", "layers")};
    if (encryption != "none") {
        headers.push_back(srtp_suite_named(catalog, srtp_suite, "srtp_suite"));
    }
    return with_headers(network, std::move(headers));
}

const MediaLeg& MediaLegs::of(const LegChoice& choice) {
    for (const Known& known : known_) {
        const bool is_same = known.choice.packets.payload_bytes == choice.packets.payload_bytes &&
                             known.choice.packets.packets_per_s == choice.packets.packets_per_s &&
                             known.choice.rtcp == choice.rtcp &&
                             known.choice.encryption == choice.encryption &&
                             known.choice.srtp_suite == choice.srtp_suite;
        if (is_same) return known.leg;
    }
    known_.push_back({choice, media_leg(catalog_, network_, choice)});
    return known_.back().leg;
}

MediaLeg media_leg(const Catalog& catalog, const HeaderStack& network, const LegChoice& choice) {
    const HeaderStack rtp = rtp_stack(catalog, network, choice.encryption, choice.srtp_suite);
    const HeaderStack rtcp = with_headers(network, {header_named(catalog, "udp", "layers")});
    MediaLeg leg;
    leg.is_encrypted = choice.encryption != "none";
    leg.rtp_packets_per_s = choice.packets.packets_per_s;
    leg.rtp_packet_bytes = packet_bytes(rtp, choice.packets.payload_bytes);
    const double srtcp_bytes =
        leg.is_encrypted
            ? srtp_suite_named(catalog, choice.srtp_suite, "srtp_suite").rtcp_trailer_bytes
            : 0;
    const double report_bytes = rtcp_compound_bytes({}) + srtcp_bytes;
    leg.rtcp_packet_bytes = packet_bytes(rtcp, report_bytes);
    constexpr double parties = 2;  // both may talk, and both report
    const double one_way_bits_per_s =
        ip_packet_bytes(rtp, choice.packets.payload_bytes) * 8 * leg.rtp_packets_per_s;
    const RtcpSession session{.members_number = parties,
                              .senders_number = parties,
                              .average_rtcp_bytes = ip_packet_bytes(rtcp, report_bytes),
                              .session_bits_per_s = parties * one_way_bits_per_s};
    leg.rtcp_rfc3550_packets_per_s = packets_per_s(session) / parties;
    leg.rtcp_share5_packets_per_s = share_rule_packets_per_s(leg.rtp_packets_per_s);
    if (choice.rtcp == RtcpRule::rfc3550) leg.rtcp_packets_per_s = leg.rtcp_rfc3550_packets_per_s;
    if (choice.rtcp == RtcpRule::share5) leg.rtcp_packets_per_s = leg.rtcp_share5_packets_per_s;
    return leg;
}

}  // namespace busyhour
