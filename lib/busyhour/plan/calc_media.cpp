#include "busyhour/catalog/fields.h"
#include "busyhour/catalog/nearest.h"
#include "busyhour/error.h"
#include "busyhour/model/rtcp.h"
#include "busyhour/plan/calculator.h"
#include "busyhour/plan/media_leg.h"

#include <fmt/format.h>

#include <cmath>

namespace busyhour::calc {
namespace {

RtcpRule rtcp_rule(const std::string& word) {
    if (word == "share5") return RtcpRule::share5;
    return word == "none" ? RtcpRule::none : RtcpRule::rfc3550;
}

/// Where the user names no transport or session layer, RTP over UDP is meant.
HeaderStack overhead_stack(const Json& options, const Catalog& catalog) {
    std::vector<std::string> names = layer_names(options);
    bool names_upper = false;
    for (const std::string& name : names) {
        const auto header = catalog.headers.find(to_lower(name));
        if (header == catalog.headers.end()) continue;
        names_upper = names_upper || header->second.position >= Position::transport;
    }
    const std::string suite = text_at(options, "srtp_suite");
    const Header& srtp = srtp_suite_named(catalog, suite, "/srtp_suite");
    if (text_at(options, "encryption") != "none") names.push_back(srtp.name);
    if (!names_upper) {
        names.emplace_back("udp");
        names.emplace_back("rtp");
    }
    return stack_named(catalog, names, "/layers");
}

}  // namespace

Answer rtp(const Json& options, const Catalog& catalog) {
    const Codec& codec = codec_named(catalog, text_at(options, "codec"), "/codec");
    const Packetisation packets =
        packetise(codec, {.ptime_s = number_if(options, "ptime_s"),
                          .bit_rate_bits_per_s = number_if(options, "bit_rate_bits_per_s"),
                          .is_octet_aligned = truth_at(options, "octet_aligned")});
    const std::string encryption = text_at(options, "encryption");
    const std::string suite = text_at(options, "srtp_suite");
    const Header& srtp = srtp_suite_named(catalog, suite, "/srtp_suite");
    const HeaderStack network = network_of(options, catalog);
    const MediaLeg leg = media_leg(
        catalog, network, {packets, encryption, srtp.suite, rtcp_rule(text_at(options, "rtcp"))});
    const double calls = number_at(options, "calls");
    const double streams = calls * 2;  // both directions of one leg
    const double rtp_per_s = streams * leg.rtp_packets_per_s;
    const double all_per_s = rtp_per_s + streams * leg.rtcp_packets_per_s;
    Answer answer;
    set_text(answer, "codec", codec.name);
    set(answer, "ptime_ms", std::round(packets.ptime_s * 1e6) / 1e3);
    set(answer, "bit_rate_bits_per_s", packets.bit_rate_bits_per_s);
    set(answer, "calls", calls);
    if (packets.frames_number > 0) set(answer, "frames_per_packet", packets.frames_number);
    set(answer, "payload_bytes", packets.payload_bytes);
    set(answer, "packets_per_s_per_stream", packets.packets_per_s);
    set(answer, "rtp_packets_per_s", rtp_per_s);
    set(answer, "rtcp_packets_per_s", streams * leg.rtcp_packets_per_s);
    set(answer, "packets_per_s", all_per_s);
    set(answer, "packets_per_s_rfc3550", rtp_per_s + streams * leg.rtcp_rfc3550_packets_per_s);
    set(answer, "packets_per_s_share5", rtp_per_s + streams * leg.rtcp_share5_packets_per_s);
    set(answer, "relay_packets_in_per_s", all_per_s);
    set(answer, "relay_packets_out_per_s", all_per_s);
    set(answer, "packet_bytes", leg.rtp_packet_bytes);
    const HeaderStack stack = rtp_stack(catalog, network, encryption, srtp.suite);
    set(answer, "ip_packet_bytes", ip_packet_bytes(stack, packets.payload_bytes));
    set(answer, "rtcp_packet_bytes", leg.rtcp_packet_bytes);
    set(answer, "bits_per_s_per_direction",
        calls * leg.rtp_packets_per_s * leg.rtp_packet_bytes * 8);
    set(answer, "rtcp_bits_per_s_per_direction",
        calls * leg.rtcp_packets_per_s * leg.rtcp_packet_bytes * 8);
    for (const LayerOctets& layer : octets_by_layer(stack, packets.payload_bytes)) {
        set(answer, layer.name + "_bits_per_s_per_direction",
            calls * packets.packets_per_s * layer.total_bytes * 8);
    }
    set_text(answer, "layers", order_of(stack));
    answer.notes = {
        "rtp, rtcp and packets_per_s: both directions of one leg. relay_*: both legs through a "
        "media"
        " relay, each packet once in and once out, RTCP included.",
        "packets_per_s_rfc3550 has RTCP at the standard's interval; packets_per_s_share5 the rule "
        "of"
        " thumb, RTCP 5 % of RTP. bits_per_s_per_direction: RTP at the outermost layer, one"
        " direction, all calls; NAME_bits_per_s_per_direction: the same up to that layer."};
    return answer;
}

Answer rtcp(const Json& options, const Catalog& /*catalog*/) {
    const double members = number_at(options, "members");
    const double senders = number_if(options, "senders").value_or(members);
    if (senders > members) {
        throw InputError("/senders", "must be at most the members", "senders are members too");
    }
    const RtcpSession session{.members_number = members,
                              .senders_number = senders,
                              .average_rtcp_bytes = number_at(options, "average_rtcp_bytes"),
                              .session_bits_per_s = number_at(options, "session_bits_per_s"),
                              .initial = truth_at(options, "initial"),
                              .reduced_minimum = truth_at(options, "reduced_minimum")};
    const RtcpRole own = senders > 0 ? RtcpRole::sender : RtcpRole::receiver;
    Answer answer;
    set(answer, "interval_s", deterministic_interval_s(session, own));
    if (senders < members) {
        set(answer, "receiver_interval_s", deterministic_interval_s(session, RtcpRole::receiver));
    }
    set(answer, "mean_interval_without_reconsideration_s",
        mean_interval_without_reconsideration_s(session, own));
    set(answer, "packets_per_s", packets_per_s(session));
    set(answer, "members", members);
    set(answer, "senders", senders);
    set(answer, "session_bits_per_s", session.session_bits_per_s);
    set(answer, "average_rtcp_bytes", session.average_rtcp_bytes);
    answer.notes = {
        "interval_s: of a sender (RFC 3550 6.3.1), which with timer reconsideration is"
        " also the mean gap; packets_per_s: all members together."};
    return answer;
}

Answer overhead(const Json& options, const Catalog& catalog) {
    const HeaderStack stack = overhead_stack(options, catalog);
    const double payload_bytes = number_at(options, "payload_bytes");
    const double total_bytes = packet_bytes(stack, payload_bytes);
    Answer answer;
    set(answer, "payload_bytes", payload_bytes);
    for (const LayerOctets& layer : octets_by_layer(stack, payload_bytes)) {
        set(answer, layer.name + "_bytes", layer.added_bytes);
    }
    set(answer, "overhead_bytes", total_bytes - payload_bytes);
    set(answer, "total_bytes", total_bytes);
    set(answer, "ip_packet_bytes", ip_packet_bytes(stack, payload_bytes));
    if (const auto rate_per_s = number_if(options, "packets_per_s")) {
        set(answer, "bits_per_s", *rate_per_s * total_bytes * 8);
    }
    set_text(answer, "layers", order_of(stack));
    answer.notes = {
        "NAME_bytes: what the layer adds, padding and outer IP header included;"
        " outermost layer first in \"layers\"."};
    return answer;
}

}  // namespace busyhour::calc
