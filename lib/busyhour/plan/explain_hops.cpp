#include "busyhour/plan/explain_place.h"
#include "busyhour/plan/explain_rerun.h"
#include "busyhour/plan/explain_terms.h"
#include "busyhour/plan/hops.h"
#include "busyhour/plan/multiples.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace busyhour {
namespace {

// Hops

/// What most of a population's packets depend on.
Inputs event_inputs(const Scene& scene) {
    Inputs inputs = endpoint_inputs(scene);
    for (std::size_t p = 0; p < scene.deployment().populations.size(); ++p) {
        const std::string of = " of " + scene.population(p).name;
        const std::string pointer = pointer_of_population(p);
        inputs.push_back({"expiry" + of, pointer + "/registration/expires_s",
                          [p](Deployment& d) -> double& { return d.populations.at(p).expires_s; }});
        inputs.push_back({"call attempts" + of, pointer + "/calls/busy_hour_attempts_per_endpoint",
                          [p](Deployment& d) -> double& {
                              return d.populations.at(p).calls.busy_hour_attempts_number;
                          }});
        inputs.push_back(
            {"holding time" + of, pointer + "/calls/holding_time_s",
             [p](Deployment& d) -> double& { return d.populations.at(p).calls.holding_time_s; }});
    }
    return inputs;
}

double traffic_number(const Traffic& traffic, bool is_in, bool is_bits) {
    if (is_bits) return (is_in ? traffic.in_bytes : traffic.out_bytes) * 8;
    return is_in ? traffic.packets_in_number : traffic.packets_out_number;
}

template <bool is_in, bool is_bits, bool is_peak>
Explained hop_traffic_of(const Scene& scene, const Match& match) {
    const HopUse& wanted = scene.plan.hops.at(std::stoul(match.at(0)));
    Rerun rerun{.name = wanted.part + " of the " + wanted.element,
                .formula =
                    "messages and packets of each event (flows, headers, codecs) times the"
                    " events of all populations in the busy hour",
                .deployment = scene.deployment(),
                .inputs = event_inputs(scene),
                .more = {}};
    if (is_peak) {
        rerun.formula += ", each process at its Poisson quantile";
        rerun.inputs.insert(rerun.inputs.begin(), policy_inputs().front());
    }
    const Scene* all = &scene;
    return explained(scene, std::move(rerun),
                     [all, wanted](const Deployment& deployment, const std::vector<double>&) {
                         const BusyHour hour = busy_hour_of(deployment, all->input.catalog);
                         for (const HopUse& hop : hop_uses(deployment, hour)) {
                             const bool is_same = hop.element == wanted.element &&
                                                  hop.name == wanted.name &&
                                                  hop.part == wanted.part;
                             if (!is_same) continue;
                             return traffic_number(is_peak ? hop.peak : hop.mean, is_in, is_bits);
                         }
                         return std::nan("");
                     });
}

// One packet flow

const MediaFlow& flow_of(const Scene& scene, const Match& match) {
    return scene.plan.media_flows.at(std::stoul(match.at(0)));
}

std::string flow_pointer(const Match& match) {
    return "/media_flows/" + match.at(0);
}

std::string layer_pointer(const Match& match, std::size_t layer) {
    return flow_pointer(match) + "/layers/" + std::to_string(layer);
}

Explained flow_packets(const Scene& scene, const Match& match) {
    const MediaFlow& flow = flow_of(scene, match);
    return computed("RTP packets/s", "1 / {ptime}",
                    {scene.modelled("ptime", "codecs", flow.codec, 1 / flow.rtp_packets_per_s)},
                    [](const std::vector<double>& v) { return 1 / v.at(0); });
}

Explained flow_rtcp_packets(const Scene& scene, const Match& match) {
    return same_as("RTCP packets/s", constant("of one party, by media.rtcp",
                                              flow_of(scene, match).rtcp_packets_per_s, "rfc3550"));
}

Explained flow_rtcp_bytes(const Scene& scene, const Match& match) {
    return same_as("octets of an RTCP packet",
                   constant("compound packet with all layers",
                            flow_of(scene, match).rtcp_packet_bytes, "rfc3550"));
}

Explained flow_packet_bytes(const Scene& scene, const Match& match) {
    const std::size_t last = flow_of(scene, match).layers.size() - 1;
    return same_as("octets of an RTP packet",
                   scene.reported("with all layers", layer_pointer(match, last) + "/total_bytes"));
}

Explained layer_bytes(const Scene& scene, const Match& match) {
    const MediaFlow& flow = flow_of(scene, match);
    const FlowLayer& layer = flow.layers.at(std::stoul(match.at(1)));
    if (match.at(1) == "0") {
        return same_as("octets",
                       scene.modelled("payload of one packet", "codecs", flow.codec, layer.bytes));
    }
    return same_as("octets of " + layer.name,
                   scene.modelled("as it surrounds these", "headers", layer.name, layer.bytes));
}

Explained layer_total(const Scene& scene, const Match& match) {
    const std::size_t layer = std::stoul(match.at(1));
    Explained own = scene.reported("this layer", layer_pointer(match, layer) + "/bytes");
    if (layer == 0) return same_as("octets", std::move(own));
    return sum_of("octets", {scene.reported("what it carries",
                                            layer_pointer(match, layer - 1) + "/total_bytes"),
                             std::move(own)});
}

Explained layer_bits(const Scene& scene, const Match& match) {
    return product_of(
        "bit/s",
        {scene.reported("octets", layer_pointer(match, std::stoul(match.at(1))) + "/total_bytes"),
         constant("bits in an octet", 8),
         scene.reported("RTP packets/s", flow_pointer(match) + "/rtp_packets_per_s")});
}

// Delay that servers add

double ResponseTimes::*time_named(const std::string& key) {
    if (key == "utilisation_fraction") return &ResponseTimes::utilisation_fraction;
    if (key == "service_s") return &ResponseTimes::service_s;
    if (key == "mean_s") return &ResponseTimes::mean_s;
    return key == "p95_s" ? &ResponseTimes::p95_s : &ResponseTimes::p99_s;
}

constexpr std::array<std::string_view, 5> time_keys{"utilisation_fraction", "service_s", "mean_s",
                                                    "p95_s", "p99_s"};

template <std::size_t which>
Explained response_time(const Scene& scene, const Match& match) {
    const Place place(scene, match);
    Rerun rerun{.name = std::string(time_keys.at(which)),
                .formula =
                    "wait in one queue for all cores (M/G/c at the peak of the busy hour,"
                    " spare nodes of {nodes} lost) and processing by the server model",
                .deployment = scene.deployment(),
                .inputs = joined({policy_inputs().front()}, core_inputs(scene, place.kind())),
                .more = {nodes_of(place), growth_of(scene, place.year)}};
    const Scene* all = &scene;
    return explained(
        scene, std::move(rerun),
        [all, kind = place.kind()](const Deployment& deployment, const std::vector<double>& more) {
            const RoleSetup setup = role_setup(deployment, all->input.catalog, kind);
            const Work peak =
                peak_work(all->hour.roles.at(index_of(kind)), more.at(1), setup.peak_probability);
            const int nodes = std::max(1, static_cast<int>(more.at(0)));
            const auto times = response_of(setup, peak, nodes);
            return times ? (*times).*time_named(std::string(time_keys.at(which))) : std::nan("");
        });
}

Explained response_target(const Scene& scene, const Match& match) {
    const Place place(scene, match);
    const bool is_registrar = place.kind() == RoleKind::registrar;
    const Policy& policy = scene.deployment().policy;
    const std::string key =
        is_registrar ? "registration_request_delay_s" : "session_request_delay_s";
    const std::optional<double>& target =
        is_registrar ? policy.registration_request_delay_s : policy.session_request_delay_s;
    return same_as("delay allowed",
                   scene.given("of the policy", "/policy/" + key, target.value_or(0)));
}

// What a limit carries

Explained limit_multiple(const Scene& scene, const Match& match) {
    const Constraint limit = scene.plan.constraints.at(std::stoul(match.at(0)));
    Rerun rerun{.name = "multiple of the demand that " + limit.resource + " of the " + limit.kind +
                        " " + limit.name + " carries",
                .formula =
                    "largest multiple at which the peak fills no more than the policy's part"
                    " of it, the start year's nodes as they are",
                .deployment = scene.deployment(),
                .inputs = joined(policy_inputs(), {{"blocking", "/policy/blocking_probability",
                                                    [](Deployment& d) -> double& {
                                                        return d.policy.blocking_probability;
                                                    }}}),
                .more = {}};
    const Scene* all = &scene;
    return explained(
        scene, std::move(rerun),
        [all, limit](const Deployment& deployment, const std::vector<double>&) {
            std::vector<RoleSetup> setups;
            for (const RoleKind kind : roles_of(deployment)) {
                setups.push_back(role_setup(deployment, all->input.catalog, kind));
            }
            const StartYear start{deployment, setups, all->plan.years.front().roles, all->hour};
            return largest_multiple(limit, start).value_or(std::nan(""));
        });
}

}  // namespace

const std::vector<Rule>& hop_rules() {
    static const std::vector<Rule> rules{
        {"/hops/*/in/packets_per_s", hop_traffic_of<true, false, false>},
        {"/hops/*/in/bits_per_s", hop_traffic_of<true, true, false>},
        {"/hops/*/in/packets_peak_per_s", hop_traffic_of<true, false, true>},
        {"/hops/*/in/bits_peak_per_s", hop_traffic_of<true, true, true>},
        {"/hops/*/out/packets_per_s", hop_traffic_of<false, false, false>},
        {"/hops/*/out/bits_per_s", hop_traffic_of<false, true, false>},
        {"/hops/*/out/packets_peak_per_s", hop_traffic_of<false, false, true>},
        {"/hops/*/out/bits_peak_per_s", hop_traffic_of<false, true, true>},
        {"/media_flows/*/rtp_packets_per_s", flow_packets},
        {"/media_flows/*/rtcp_packets_per_s", flow_rtcp_packets},
        {"/media_flows/*/rtp_packet_bytes", flow_packet_bytes},
        {"/media_flows/*/rtcp_packet_bytes", flow_rtcp_bytes},
        {"/media_flows/*/layers/*/bytes", layer_bytes},
        {"/media_flows/*/layers/*/total_bytes", layer_total},
        {"/media_flows/*/layers/*/bits_per_s", layer_bits},
        {"/years/*/roles/*/response/utilisation_fraction", response_time<0>},
        {"/years/*/roles/*/response/service_s", response_time<1>},
        {"/years/*/roles/*/response/mean_s", response_time<2>},
        {"/years/*/roles/*/response/p95_s", response_time<3>},
        {"/years/*/roles/*/response/p99_s", response_time<4>},
        {"/years/*/roles/*/response/target_s", response_target},
        {"/constraints/*/largest_multiple", limit_multiple},
    };
    return rules;
}

}  // namespace busyhour
