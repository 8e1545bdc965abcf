#include "busyhour/plan/media.h"

#include "busyhour/catalog/nearest.h"
#include "busyhour/model/calls.h"
#include "busyhour/plan/media_leg.h"

namespace busyhour {
namespace {

/// One direction of a leg as traffic in or out of an element, for one call.
Traffic one_way(const MediaLeg& leg, bool is_in) {
    Traffic traffic;
    const double packets_per_s = leg.rtp_packets_per_s + leg.rtcp_packets_per_s;
    const double bytes_per_s = leg.rtp_packets_per_s * leg.rtp_packet_bytes +
                               leg.rtcp_packets_per_s * leg.rtcp_packet_bytes;
    (is_in ? traffic.packets_in_number : traffic.packets_out_number) = packets_per_s;
    (is_in ? traffic.in_bytes : traffic.out_bytes) = bytes_per_s;
    return traffic;
}

/// Both directions of a leg, for one call.
Traffic both_ways(const MediaLeg& leg) {
    Traffic traffic = one_way(leg, true);
    traffic += one_way(leg, false);
    return traffic;
}

/// The part of a leg that silence suppression can take away: RTP, not RTCP.
MediaLeg speech_of(MediaLeg leg) {
    leg.rtcp_packets_per_s = 0;
    return leg;
}

Driver transcode_driver(const std::string& codec) {
    const std::string name = to_lower(codec);
    if (name == "g722") return Driver::transcoded_packets_g722;
    if (name == "opus") return Driver::transcoded_packets_opus;
    return Driver::transcoded_packets_g711;
}

MediaLeg far_leg(const Deployment& deployment, const Catalog& catalog, const Media& media,
                 const std::string& encryption) {
    LegChoice choice{media.packets, encryption, media.srtp_suite, media.rtcp};
    if (media.transcode_to) {
        const Codec& codec = codec_named(catalog, *media.transcode_to, "transcode_to");
        choice.packets = packetise(codec, {});
    }
    return media_leg(catalog, deployment.network, choice);
}

/// UDP ports of a relayed call: RTP and RTCP on each leg.
double ports_of_call(const Media& media) {
    return media.muxes_rtcp ? 2 : 4;
}

/// What the relay does for one call between a near and a far leg.
Work relay_work(const Media& media, const MediaLeg& near, const MediaLeg& far) {
    Work work;
    work.traffic = both_ways(near);
    work.traffic += both_ways(far);
    work.demand[Driver::relayed_packets] = work.traffic.packets_in_number;
    for (const MediaLeg& leg : {near, far}) {
        if (!leg.is_encrypted) continue;
        work.demand[Driver::srtp_packets] += both_ways(leg).packets_in_number * 2;
    }
    if (media.transcode_to) {
        work.demand[transcode_driver(*media.transcode_to)] += far.rtp_packets_per_s;
        work.demand[transcode_driver(media.codec)] += near.rtp_packets_per_s;
    }
    work.demand[Driver::media_sessions] = 1;
    work.demand[Driver::relay_ports] = ports_of_call(media);
    return work;
}

void add_relay(const Population& population, double calls_erlang, Work work, Work speech,
               Load& relay) {
    relay[Process::media] += work * calls_erlang;
    speech.demand[Driver::media_sessions] = 0;
    speech.demand[Driver::relay_ports] = 0;
    relay.silenced += speech * (calls_erlang * (1 - population.media.voice_activity_fraction));
    relay.arrive(Process::media, calls_erlang);
}

}  // namespace

void add_media(const Deployment& deployment, const Catalog& catalog, const Population& population,
               BusyHour& hour, InternalMedia& internal) {
    const Media& media = population.media;
    const CallPattern& calls = population.calls;
    const double answered_per_s =
        call_attempts_per_s(population.endpoints_number, calls.busy_hour_attempts_number) *
        calls.answered_fraction;
    const double talking_erlang = offered_erlang(answered_per_s, calls.holding_time_s);
    const MediaLeg near =
        media_leg(catalog, deployment.network,
                  {media.packets, media.encryption, media.srtp_suite, media.rtcp});

    Totals& totals = hour.totals;
    constexpr double directions = 2;
    const double talking_packets_per_s = talking_erlang * directions * near.rtp_packets_per_s;
    totals.rtp_packets_talking_per_s += talking_packets_per_s;
    totals.rtp_packets_per_s += talking_packets_per_s * media.voice_activity_fraction;
    totals.rtcp_packets_per_s += talking_erlang * directions * near.rtcp_packets_per_s;
    totals.rtcp_rfc3550_packets_per_s +=
        talking_erlang * directions * near.rtcp_rfc3550_packets_per_s;
    totals.rtcp_share5_packets_per_s +=
        talking_erlang * directions * near.rtcp_share5_packets_per_s;

    const MediaLeg far_inside = far_leg(deployment, catalog, media, media.encryption);
    const MediaLeg far_outside = far_leg(deployment, catalog, media, "none");
    const double relayed_erlang = talking_erlang * media.relayed_fraction;
    const double inside_erlang = relayed_erlang * calls.internal_fraction;
    Load& relay = hour.roles.at(index_of(RoleKind::media_relay));
    const auto add_calls = [&](double calls_erlang, const MediaLeg& far) {
        add_relay(population, calls_erlang, relay_work(media, near, far),
                  relay_work(media, speech_of(near), speech_of(far)), relay);
    };
    add_calls(inside_erlang, far_inside);
    add_calls(relayed_erlang - inside_erlang, far_outside);
    const double relayed_per_s = answered_per_s * media.relayed_fraction;
    relay[Process::calls].demand[Driver::media_sessions_opened] += relayed_per_s;
    // With those in progress, calls that just ended are a Poisson number, not a rate of a second.
    relay[Process::media].demand[Driver::relay_ports_opened] +=
        relayed_per_s * ports_of_call(media);
    relay.arrive(Process::calls, relayed_per_s);

    // The caller's leg crosses its site's links, unless both ends of a direct call are there.
    SiteLoad& site = hour.sites[population.site];
    const double direct_erlang = (talking_erlang - relayed_erlang) * calls.internal_fraction;
    const double crossing_erlang = talking_erlang - direct_erlang;
    const double silent_fraction = 1 - media.voice_activity_fraction;
    const auto add_leg = [&](Load& load, const MediaLeg& leg, double legs_erlang) {
        Work work;
        work.traffic = both_ways(leg);
        load[Process::media] += work * legs_erlang;
        work.traffic = both_ways(speech_of(leg));
        load.silenced += work * (legs_erlang * silent_fraction);
        load.arrive(Process::media, legs_erlang);
    };
    add_leg(site.load, near, crossing_erlang);
    add_leg(internal.relayed, far_inside, inside_erlang);
    DirectMedia& direct = internal.direct[population.site];
    add_leg(direct.load, near, direct_erlang);
    const double flows_per_leg = media.muxes_rtcp ? 1 : 2;
    const double crossing_fraction = talking_erlang > 0 ? crossing_erlang / talking_erlang : 0;
    site.media_flows_number += crossing_erlang * flows_per_leg;
    site.media_flows_opened_per_s += answered_per_s * crossing_fraction * flows_per_leg;
    direct.flows_number += direct_erlang * flows_per_leg;
    direct.flows_opened_per_s += answered_per_s * (1 - crossing_fraction) * flows_per_leg;
    internal.relayed_flows_number += inside_erlang * flows_per_leg;
    internal.relayed_flows_opened_per_s += relayed_per_s * calls.internal_fraction * flows_per_leg;
}

}  // namespace busyhour
