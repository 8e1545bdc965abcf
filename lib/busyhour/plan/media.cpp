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

/// The legs of one population's calls, and how many calls there are of each kind.
class PopulationMedia {
public:
    PopulationMedia(const Population& population, MediaLegs& legs, BusyHour& hour,
                    InternalMedia& internal)
        : media_(population.media),
          calls_(population.calls),
          hour_(hour),
          site_(hour.sites[population.site]),
          internal_(internal),
          direct_(internal.direct[population.site]),
          near_(leg(legs, media_.encryption, false)),
          far_inside_(leg(legs, media_.encryption, true)),
          far_outside_(leg(legs, "none", true)),
          near_plain_(leg(legs, "none", false)),
          answered_per_s_(
              call_attempts_per_s(population.endpoints_number, calls_.busy_hour_attempts_number) *
              calls_.answered_fraction),
          talking_erlang_(offered_erlang(answered_per_s_, calls_.holding_time_s)),
          relayed_erlang_(talking_erlang_ * media_.relayed_fraction),
          inside_erlang_(relayed_erlang_ * calls_.internal_fraction) {}

    void add() {
        count_packets();
        add_relayed(inside_erlang_, far_inside_);
        add_relayed(relayed_erlang_ - inside_erlang_, far_outside_);
        add_sessions();
        add_recording();
        add_legs();
        add_flows();
    }

private:
    const MediaLeg& leg(MediaLegs& legs, const std::string& encryption, bool is_far) const {
        LegChoice choice{media_.packets, encryption, media_.srtp_suite, media_.rtcp};
        if (is_far && media_.transcode_to) {
            choice.packets =
                packetise(codec_named(legs.catalog(), *media_.transcode_to, "transcode_to"), {});
        }
        return legs.of(choice);
    }

    Load& relay() { return hour_.roles.at(index_of(RoleKind::media_relay)); }

    [[nodiscard]] double silent_fraction() const { return 1 - media_.voice_activity_fraction; }

    void count_packets() {
        constexpr double directions = 2;
        const double streams = talking_erlang_ * directions;
        Totals& totals = hour_.totals;
        totals.rtp_packets_talking_per_s += streams * near_.rtp_packets_per_s;
        totals.rtp_packets_per_s +=
            streams * near_.rtp_packets_per_s * media_.voice_activity_fraction;
        totals.rtcp_packets_per_s += streams * near_.rtcp_packets_per_s;
        totals.rtcp_rfc3550_packets_per_s += streams * near_.rtcp_rfc3550_packets_per_s;
        totals.rtcp_share5_packets_per_s += streams * near_.rtcp_share5_packets_per_s;
    }

    /// Calls that the relay carries between two legs.
    void add_relayed(double calls_erlang, const MediaLeg& far) {
        relay()[Process::media].add(relay_work(media_, near_, far), calls_erlang);
        Work speech = relay_work(media_, speech_of(near_), speech_of(far));
        speech.demand[Driver::media_sessions] = 0;
        speech.demand[Driver::relay_ports] = 0;
        relay().silenced.add(speech, calls_erlang * silent_fraction());
        relay().arrive(Process::media, calls_erlang);
    }

    void add_sessions() {
        const double relayed_per_s = answered_per_s_ * media_.relayed_fraction;
        relay()[Process::calls].demand[Driver::media_sessions_opened] += relayed_per_s;
        // With those in progress, calls that just ended are a Poisson number, not a rate of a
        // second.
        relay()[Process::media].demand[Driver::relay_ports_opened] +=
            relayed_per_s * ports_of_call(media_);
        relay().arrive(Process::calls, relayed_per_s);
    }

    /// What both parties send, once more and in the clear, to the recorder. A copy costs the relay
    /// at most what a relayed packet does. Source: rfc7866.
    void add_recording() {
        const double recorded_erlang = relayed_erlang_ * media_.recorded_fraction;
        if (recorded_erlang <= 0) return;
        const auto copies_of = [](const MediaLeg& leg, bool is_in) {
            return one_way(leg, is_in) * 2;  // of either party
        };
        Work work;
        work.traffic = copies_of(near_plain_, false);
        work.demand[Driver::relayed_packets] = work.traffic.packets_out_number;
        work.demand[Driver::relay_ports] = ports_of_call(media_);
        relay()[Process::media] += work * recorded_erlang;
        Work speech;
        speech.traffic = copies_of(speech_of(near_plain_), false);
        speech.demand[Driver::relayed_packets] = speech.traffic.packets_out_number;
        relay().silenced += speech * (recorded_erlang * silent_fraction());
        Work received;
        received.traffic = copies_of(near_plain_, true);
        hour_.recorders[Process::media] += received * recorded_erlang;
        received.traffic = copies_of(speech_of(near_plain_), true);
        hour_.recorders.silenced += received * (recorded_erlang * silent_fraction());
        hour_.recorders.arrive(Process::media, recorded_erlang);
    }

    void add_leg(Load& load, const MediaLeg& leg, double legs_erlang) const {
        Work work;
        work.traffic = both_ways(leg);
        load[Process::media].add(work, legs_erlang);
        work.traffic = both_ways(speech_of(leg));
        load.silenced.add(work, legs_erlang * silent_fraction());
        load.arrive(Process::media, legs_erlang);
    }

    /// Media of a call between two endpoints that no relay carries.
    [[nodiscard]] double direct_erlang() const {
        return (talking_erlang_ - relayed_erlang_) * calls_.internal_fraction;
    }

    /// The caller's leg crosses its site's links, unless both ends of a direct call are there.
    void add_legs() {
        const double crossing_erlang = talking_erlang_ - direct_erlang();
        add_leg(site_.load, near_, crossing_erlang);
        add_leg(internal_.relayed, far_inside_, inside_erlang_);
        add_leg(direct_.load, near_, direct_erlang());
        add_leg(hour_.endpoint_media, near_, talking_erlang_);
        add_leg(hour_.endpoint_media, far_inside_, inside_erlang_);
        add_leg(hour_.endpoint_media, near_, direct_erlang());
        add_leg(hour_.trunks, far_outside_, talking_erlang_ * (1 - calls_.internal_fraction));
    }

    void add_flows() {
        const double flows_per_leg = media_.muxes_rtcp ? 1 : 2;
        const double crossing_erlang = talking_erlang_ - direct_erlang();
        const double crossing_fraction =
            talking_erlang_ > 0 ? crossing_erlang / talking_erlang_ : 0;
        const double relayed_per_s = answered_per_s_ * media_.relayed_fraction;
        site_.media_flows_number += crossing_erlang * flows_per_leg;
        site_.media_flows_opened_per_s += answered_per_s_ * crossing_fraction * flows_per_leg;
        direct_.flows_number += direct_erlang() * flows_per_leg;
        direct_.flows_opened_per_s += answered_per_s_ * (1 - crossing_fraction) * flows_per_leg;
        internal_.relayed_flows_number += inside_erlang_ * flows_per_leg;
        internal_.relayed_flows_opened_per_s +=
            relayed_per_s * calls_.internal_fraction * flows_per_leg;
    }

    const Media& media_;
    const CallPattern& calls_;
    BusyHour& hour_;
    SiteLoad& site_;
    InternalMedia& internal_;
    DirectMedia& direct_;
    const MediaLeg& near_;
    const MediaLeg& far_inside_;
    const MediaLeg& far_outside_;
    const MediaLeg& near_plain_;
    double answered_per_s_;
    double talking_erlang_;
    double relayed_erlang_;
    double inside_erlang_;
};

}  // namespace

void add_media(const Population& population, MediaLegs& legs, BusyHour& hour,
               InternalMedia& internal) {
    PopulationMedia(population, legs, hour, internal).add();
}

}  // namespace busyhour
