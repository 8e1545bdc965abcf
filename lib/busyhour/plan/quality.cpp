#include "busyhour/plan/quality.h"

#include "busyhour/plan/media_leg.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace busyhour {
namespace {

/// The codecs of a call: the endpoint's, and the far side's where the relay transcodes.
struct CodecUse {
    const Codec* codec = nullptr;
    Packetisation packets;
};

std::vector<CodecUse> codecs_of(const Media& media, const Catalog& catalog) {
    std::vector<CodecUse> uses{{&codec_named(catalog, media.codec, "codec"), media.packets}};
    if (media.transcode_to) {
        const Codec& far = codec_named(catalog, *media.transcode_to, "transcode_to");
        uses.push_back({&far, packetise(far, {})});
    }
    return uses;
}

/// Time to put one packet onto each link that a population's endpoints use.
double serialisation_s(const Deployment& deployment, const Population& population,
                       double packet_bytes) {
    double sum_s = 0;
    for (const Link& link : deployment.links) {
        const bool is_used = !link.site || *link.site == population.site;
        if (is_used && link.rate_bits_per_s) sum_s += packet_bytes * 8 / *link.rate_bits_per_s;
    }
    return sum_s;
}

DelayBudget budget_of(const Deployment& deployment, const Catalog& catalog,
                      const Population& population, bool is_internal) {
    const NetworkPath& path = population.path;
    const Media& media = population.media;
    const double crossings = is_internal ? 2 : 1;
    DelayBudget budget;
    for (const CodecUse& use : codecs_of(media, catalog)) {
        budget.packetisation_s += use.packets.ptime_s;
        budget.look_ahead_s += use.codec->look_ahead_s.value_or(0);
    }
    const MediaLeg leg = media_leg(catalog, deployment.network,
                                   {media.packets, media.encryption, media.srtp_suite, media.rtcp});
    budget.processing_s = path.processing_delay_s;
    budget.serialisation_s =
        crossings * serialisation_s(deployment, population, leg.rtp_packet_bytes);
    budget.network_s = crossings * path.one_way_delay_s;
    budget.firewall_s = crossings * path.firewall_delay_s;
    budget.jitter_buffer_s = path.jitter_buffer_s.value_or(2 * crossings * path.jitter_s);
    budget.beyond_trunk_s = is_internal ? 0 : path.beyond_trunk_delay_s;
    return budget;
}

/// The E-model's input for a call, or why it cannot be given.
struct Rateable {
    std::optional<VoicePath> path;
    std::vector<std::string> emodel_names;
    std::string why_not;
};

/// Codecs in a row add their Ie (de-vleeschauwer); the least robust one decides on loss.
Rateable rateable(const Population& population, const Catalog& catalog, double loss_fraction) {
    VoicePath path;
    path.talker_echo_loss_db = population.path.echo_loss_db;
    path.loss = {loss_fraction, population.path.burst_ratio_factor};
    std::optional<double> robustness_factor;
    std::vector<std::string> names;
    for (const CodecUse& use : codecs_of(population.media, catalog)) {
        const std::string& name = use.codec->name;
        const EmodelValues* values =
            emodel_values(catalog, {.codec = name,
                                    .bit_rate_bits_per_s = use.packets.bit_rate_bits_per_s,
                                    .is_concealed = population.path.is_concealed});
        if (values == nullptr) {
            return {{},
                    {},
                    fmt::format("no published Ie of {} at {:g} bit/s{}", name,
                                use.packets.bit_rate_bits_per_s,
                                population.path.is_concealed ? "" : " without concealment")};
        }
        names.push_back(values->key);
        path.codec.equipment_impairment_factor += values->equipment_impairment_factor;
        if (values->loss_robustness_factor) {
            robustness_factor =
                std::min(robustness_factor.value_or(*values->loss_robustness_factor),
                         *values->loss_robustness_factor);
        } else if (loss_fraction > 0) {
            return {{}, {}, fmt::format("no published Bpl of {}, so loss cannot be rated", name)};
        }
    }
    if (robustness_factor) path.codec.loss_robustness_factor = *robustness_factor;
    return {path, names, {}};
}

/// The longest delays that keep R at 80 and at 70.
struct DelayRoom {
    std::optional<double> r80_s;
    std::optional<double> r70_s;
};

/// Finds delay rooms; populations with the same codec, loss and echo share one.
class DelayRooms {
public:
    const DelayRoom& of(const VoicePath& path) {
        const std::array<double, 5> key{path.codec.equipment_impairment_factor,
                                        path.codec.loss_robustness_factor, path.loss.loss_fraction,
                                        path.loss.burst_ratio_factor, path.talker_echo_loss_db};
        const auto [room, is_new] = rooms_.try_emplace(key);
        if (is_new) room->second = {longest_delay_s(path, 80), longest_delay_s(path, 70)};
        return room->second;
    }

private:
    std::map<std::array<double, 5>, DelayRoom> rooms_;
};

void rate(const VoicePath& path, DelayRooms& rooms, CallQuality& quality) {
    VoicePath delayed = with_delay(path, quality.one_way_delay_s);
    quality.rating = rate_narrowband(delayed);
    delayed.loss.loss_fraction = 0;
    quality.lossless_r_factor = rate_narrowband(delayed).r_factor;
    const DelayRoom& room = rooms.of(path);
    if (room.r80_s) quality.delay_left_r80_s = *room.r80_s - quality.one_way_delay_s;
    if (room.r70_s) quality.delay_left_r70_s = *room.r70_s - quality.one_way_delay_s;
}

CallQuality quality_of(const Deployment& deployment, const Catalog& catalog,
                       const Population& population, bool is_internal, DelayRooms& rooms) {
    CallQuality quality;
    quality.population = population.name;
    quality.is_internal = is_internal;
    quality.codec = population.media.codec;
    quality.transcoded_to = population.media.transcode_to;
    for (const CodecUse& use : codecs_of(population.media, catalog)) {
        if (!use.codec->look_ahead_s) quality.is_look_ahead_known = false;
    }
    quality.budget = budget_of(deployment, catalog, population, is_internal);
    quality.one_way_delay_s = total_s(quality.budget);
    const double kept_fraction = 1 - population.path.loss_fraction;
    quality.loss_fraction = is_internal ? 1 - kept_fraction * kept_fraction : 1 - kept_fraction;
    const Rateable input = rateable(population, catalog, quality.loss_fraction);
    quality.emodel_names = input.emodel_names;
    quality.not_rated = input.why_not;
    if (input.path) rate(*input.path, rooms, quality);
    return quality;
}

}  // namespace

const std::array<BudgetPart, 8>& budget_parts() {
    static constexpr std::array<BudgetPart, 8> parts{{
        {"packetisation", "packetisation", "Shorten the ptime.", &DelayBudget::packetisation_s},
        {"look_ahead", "look-ahead of the codec", "Choose a codec that looks less far ahead.",
         &DelayBudget::look_ahead_s},
        {"processing", "processing in the endpoints", "Choose endpoints that process faster.",
         &DelayBudget::processing_s},
        {"serialisation", "serialisation onto the links",
         "Shorten the packets, or use faster links.", &DelayBudget::serialisation_s},
        {"network", "the network", "Keep media local: relay it near the endpoints.",
         &DelayBudget::network_s},
        {"firewall", "firewalls and gateways", "Take voice past them, or use faster ones.",
         &DelayBudget::firewall_s},
        {"jitter_buffer", "the jitter buffer",
         "Queue voice before other traffic, so that a shorter buffer does.",
         &DelayBudget::jitter_buffer_s},
        {"beyond_trunk", "the far side of the trunk", "Take a trunk nearer to the far ends.",
         &DelayBudget::beyond_trunk_s},
    }};
    return parts;
}

double total_s(const DelayBudget& budget) {
    double sum_s = 0;
    for (const BudgetPart& part : budget_parts()) sum_s += budget.*part.value;
    return sum_s;
}

const BudgetPart& largest_part(const DelayBudget& budget) {
    return *std::max_element(budget_parts().begin(), budget_parts().end(),
                             [&](const BudgetPart& a, const BudgetPart& b) {
                                 return budget.*a.value < budget.*b.value;
                             });
}

std::vector<CallQuality> call_qualities(const Deployment& deployment, const Catalog& catalog) {
    std::vector<CallQuality> qualities;
    DelayRooms rooms;
    for (const Population& population : deployment.populations) {
        const CallPattern& calls = population.calls;
        if (population.endpoints_number <= 0 || calls.busy_hour_attempts_number <= 0) continue;
        if (calls.internal_fraction > 0) {
            qualities.push_back(quality_of(deployment, catalog, population, true, rooms));
        }
        if (calls.internal_fraction < 1) {
            qualities.push_back(quality_of(deployment, catalog, population, false, rooms));
        }
    }
    return qualities;
}

}  // namespace busyhour
