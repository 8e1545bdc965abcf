#include "busyhour/plan/hops.h"

#include "busyhour/plan/media_leg.h"
#include "busyhour/plan/network_use.h"

#include <utility>

namespace busyhour {
namespace {

enum class HopPart { signalling, media };

/// The processes of that part alone.
Load part_of(Load load, HopPart part) {
    for (std::size_t i = 0; i < process_count; ++i) {
        const bool is_media = i == index_of(Process::media);
        if (is_media == (part == HopPart::media)) continue;
        load.work.at(i) = {};
    }
    if (part == HopPart::signalling) load.silenced = {};
    if (part == HopPart::media) load.unwanted = {};
    return load;
}

bool is_silent(const Traffic& traffic) {
    return traffic.packets_in_number == 0 && traffic.packets_out_number == 0;
}

/// Gathers the rows of the elements.
class Hops {
public:
    explicit Hops(const Deployment& deployment)
        : peak_(poisson_peak(deployment.policy.peak_probability)) {}

    /// Both parts of what an element sees, as it sees it.
    void add(const std::string& element, const std::string& name, const Load& load) {
        for (const HopPart part : {HopPart::signalling, HopPart::media})
            add_part(element, name, load, part);
    }

    void add_part(const std::string& element, const std::string& name, const Load& load,
                  HopPart part) {
        const Load own = part_of(load, part);
        HopUse use{.element = element,
                   .name = name,
                   .part = part == HopPart::media ? "media" : "signalling",
                   .mean = mean_traffic(own, 1),
                   .peak = peak_traffic(own, 1, peak_)};
        if (!is_silent(use.mean)) uses_.push_back(std::move(use));
    }

    /// The endpoints' own view of what their sites send and receive, and a share of it.
    void add_endpoints(const Load& load, double endpoints_number, HopPart part) {
        const Load own = part_of(load, part);
        HopUse all{.element = "endpoints",
                   .name = {},
                   .part = part == HopPart::media ? "media" : "signalling",
                   .mean = mirrored(mean_traffic(own, 1)),
                   .peak = mirrored(peak_traffic(own, 1, peak_))};
        if (is_silent(all.mean)) return;
        HopUse one = all;
        one.element = "endpoint";
        one.mean = one.mean * (1 / endpoints_number);
        one.peak = one.peak * (1 / endpoints_number);
        uses_.push_back(std::move(one));
        uses_.push_back(std::move(all));
    }

    std::vector<HopUse> take() { return std::move(uses_); }

private:
    PeakQuantile peak_;
    std::vector<HopUse> uses_;
};

}  // namespace

std::vector<HopUse> hop_uses(const Deployment& deployment, const BusyHour& hour) {
    Hops hops(deployment);
    SiteLoad all = load_between(hour, std::nullopt);
    all.load.unwanted = {};  // strangers are no endpoints
    hops.add_endpoints(all.load, hour.totals.endpoints_number, HopPart::signalling);
    hops.add_endpoints(hour.endpoint_media, hour.totals.endpoints_number, HopPart::media);
    for (const Link& link : deployment.links) {
        hops.add("link", link.name, load_between(hour, link.site).load);
    }
    for (const Firewall& wall : deployment.firewalls) {
        hops.add("firewall", wall.name, load_between(hour, wall.site).load);
    }
    for (const RoleKind kind :
         {RoleKind::edge_proxy, RoleKind::registrar, RoleKind::proxy, RoleKind::media_relay}) {
        if (!deployment.roles.at(index_of(kind)).is_present) continue;
        hops.add(std::string(name_of(kind)), {}, hour.roles.at(index_of(kind)));
    }
    hops.add("trunk", {}, hour.trunks);
    hops.add("recorder", {}, hour.recorders);
    hops.add("capture_server", {}, hour.captured);
    return hops.take();
}

std::vector<MediaFlow> media_flows(const Deployment& deployment, const Catalog& catalog) {
    std::vector<MediaFlow> flows;
    const auto add = [&](const Population& population, const std::string& leg,
                         const std::string& codec, const LegChoice& choice) {
        const MediaLeg packets = media_leg(catalog, deployment.network, choice);
        for (MediaFlow& known : flows) {
            const bool is_same = known.leg == leg && known.codec == codec &&
                                 known.encryption == choice.encryption &&
                                 known.rtp_packet_bytes == packets.rtp_packet_bytes &&
                                 known.rtp_packets_per_s == packets.rtp_packets_per_s &&
                                 known.rtcp_packets_per_s == packets.rtcp_packets_per_s;
            if (!is_same) continue;
            known.populations.push_back(population.name);
            return;
        }
        MediaFlow flow{.populations = {population.name},
                       .leg = leg,
                       .codec = codec,
                       .encryption = choice.encryption,
                       .rtp_packets_per_s = packets.rtp_packets_per_s,
                       .rtcp_packets_per_s = packets.rtcp_packets_per_s,
                       .rtp_packet_bytes = packets.rtp_packet_bytes,
                       .rtcp_packet_bytes = packets.rtcp_packet_bytes,
                       .layers = {{.name = "payload",
                                   .bytes = choice.packets.payload_bytes,
                                   .total_bytes = choice.packets.payload_bytes,
                                   .bits_per_s = choice.packets.payload_bytes * 8 *
                                                 packets.rtp_packets_per_s}}};
        const HeaderStack stack =
            rtp_stack(catalog, deployment.network, choice.encryption, choice.srtp_suite);
        for (const LayerOctets& layer : octets_by_layer(stack, choice.packets.payload_bytes)) {
            flow.layers.push_back({layer.name, layer.added_bytes, layer.total_bytes,
                                   layer.total_bytes * 8 * packets.rtp_packets_per_s});
        }
        flows.push_back(std::move(flow));
    };
    for (const Population& population : deployment.populations) {
        const Media& media = population.media;
        const LegChoice near{media.packets, media.encryption, media.srtp_suite, media.rtcp};
        LegChoice far = near;
        std::string far_codec = media.codec;
        if (media.transcode_to) {
            far_codec = *media.transcode_to;
            far.packets = packetise(codec_named(catalog, far_codec, "transcode_to"), {});
        }
        add(population, "endpoint", media.codec, near);
        if (population.calls.internal_fraction > 0)
            add(population, "other endpoint", far_codec, far);
        if (population.calls.internal_fraction < 1) {
            far.encryption = "none";
            add(population, "trunk", far_codec, far);
        }
    }
    return flows;
}

}  // namespace busyhour
