#include "busyhour/model/emodel.h"
#include "busyhour/plan/explain_rerun.h"
#include "busyhour/plan/explain_terms.h"
#include "busyhour/plan/quality.h"
#include "busyhour/plan/unwanted.h"

#include <array>
#include <cmath>

namespace busyhour {
namespace {

/// A number of a population's network.
struct PathNumber {
    const char* name;
    const char* key;
    double NetworkPath::*member;
};
constexpr std::array<PathNumber, 8> path_numbers{{
    {"one-way delay", "one_way_delay_s", &NetworkPath::one_way_delay_s},
    {"jitter", "jitter_s", &NetworkPath::jitter_s},
    {"loss", "loss_fraction", &NetworkPath::loss_fraction},
    {"burst ratio", "burst_ratio", &NetworkPath::burst_ratio_factor},
    {"delay of firewalls", "firewall_delay_s", &NetworkPath::firewall_delay_s},
    {"delay of the endpoints", "processing_delay_s", &NetworkPath::processing_delay_s},
    {"delay beyond the trunk", "beyond_trunk_delay_s", &NetworkPath::beyond_trunk_delay_s},
    {"echo loss", "echo_loss_db", &NetworkPath::echo_loss_db},
}};

/// The population of a row, which has no index of its own: rows come in the populations' order.
std::size_t population_of(const Scene& scene, std::size_t row) {
    const std::vector<Population>& populations = scene.deployment().populations;
    std::size_t rows = 0;
    for (std::size_t p = 0; p < populations.size(); ++p) {
        const CallPattern& calls = populations[p].calls;
        if (populations[p].endpoints_number <= 0 || calls.busy_hour_attempts_number <= 0) continue;
        if (calls.internal_fraction > 0) ++rows;
        if (calls.internal_fraction < 1) ++rows;
        if (row < rows) return p;
    }
    return populations.size();
}

double known(const std::optional<double>& number) {
    return number.value_or(std::nan(""));
}

double impairment_of(const Rating& rating, const std::string& key) {
    if (key == "ro") return rating.basic_signal_to_noise_factor;
    if (key == "is") return rating.simultaneous_impairment_factor;
    if (key == "idte") return rating.talker_echo_impairment_factor;
    if (key == "idle") return rating.listener_echo_impairment_factor;
    if (key == "idd") return rating.delay_impairment_factor;
    return key == "ie_eff" ? rating.effective_equipment_factor : std::nan("");
}

/// A number of a call by the end of its path in the report.
double number_of(const CallQuality& call, const std::string& key) {
    if (key == "r_factor" && call.rating) return call.rating->r_factor;
    if (key == "to_r80_s") return known(call.delay_left_r80_s);
    if (key == "to_r70_s") return known(call.delay_left_r70_s);
    for (const BudgetPart& part : budget_parts()) {
        if (key == std::string(part.name) + "_s") return call.budget.*part.value;
    }
    return call.rating ? impairment_of(*call.rating, key) : std::nan("");
}

/// The call rated anew on its population's network.
Explained rated(const Scene& scene, const Match& match) {
    const std::size_t row = std::stoul(match.at(0));
    const CallQuality& call = scene.plan.quality.at(row);
    const std::size_t index = population_of(scene, row);
    Deployment alone = scene.deployment();
    alone.populations = {scene.population(index)};
    Inputs inputs;
    const std::string place = pointer_of_population(index);
    for (const PathNumber& number : path_numbers) {
        inputs.push_back(
            {number.name, place + "/path/" + number.key, [number](Deployment& d) -> double& {
                 return d.populations.front().path.*number.member;
             }});
    }
    if (scene.population(index).path.jitter_buffer_s) {
        inputs.push_back(
            {"jitter buffer", place + "/path/jitter_buffer_s",
             [](Deployment& d) -> double& { return *d.populations.front().path.jitter_buffer_s; }});
    }
    inputs.push_back({"ptime", place + "/media/ptime_s", [](Deployment& d) -> double& {
                          return d.populations.front().media.packets.ptime_s;
                      }});
    const Catalog* catalog = &scene.input.catalog;
    Explained node = explained(
        scene,
        {.name = match.back(),
         .formula = "E-model and delay budget of " + call.codec + " over the population's network",
         .deployment = std::move(alone),
         .inputs = std::move(inputs),
         .more = {}},
        [catalog, is_internal = call.is_internal, key = match.back()](
            const Deployment& deployment, const std::vector<double>& /*values*/) {
            for (const CallQuality& each : call_qualities(deployment, *catalog)) {
                if (each.is_internal == is_internal) return number_of(each, key);
            }
            return std::nan("");
        });
    node.source = "itu-g107";
    return node;
}

std::string row_pointer(const Match& match, const std::string& key) {
    return "/quality/" + match.at(0) + "/" + key;
}

Explained delay(const Scene& scene, const Match& match) {
    std::vector<Explained> parts;
    for (const BudgetPart& part : budget_parts()) {
        const std::string pointer = row_pointer(match, "budget/" + std::string(part.name) + "_s");
        if (scene.at(pointer) == nullptr) continue;
        parts.push_back(scene.reported(std::string(part.words), pointer));
    }
    return sum_of("one-way delay", std::move(parts));
}

Explained loss(const Scene& scene, const Match& match) {
    const std::size_t row = std::stoul(match.at(0));
    const std::size_t index = population_of(scene, row);
    const double crossings = scene.plan.quality.at(row).is_internal ? 2 : 1;
    return computed(
        "loss", "1 - (1 - {loss of the network}) ^ {crossings}",
        {scene.given("loss of the network", pointer_of_population(index) + "/path/loss_fraction",
                     scene.population(index).path.loss_fraction),
         constant("crossings", crossings)},
        [](const std::vector<double>& v) { return 1 - std::pow(1 - v.at(0), v.at(1)); });
}

Explained mos(const Scene& scene, const Match& match) {
    Explained node = computed("MOS", "MOS of {R} by Annex B",
                              {scene.reported("R", row_pointer(match, "r_factor"))},
                              [](const std::vector<double>& v) { return mos_score(v.at(0)); });
    node.source = "itu-g107";
    return node;
}

Explained left_to_g114(const Scene& scene, const Match& match) {
    return computed("delay left", "{delay that is fine} - {one-way delay}",
                    {constant("delay that is fine", fine_delay_s, "itu-g114"),
                     scene.reported("one-way delay", row_pointer(match, "one_way_delay_s"))},
                    [](const std::vector<double>& v) { return v.at(0) - v.at(1); });
}

// Unwanted traffic

double number_of(const UnwantedUse& use, const std::string& key) {
    if (key == "packets_in_per_s") return use.at_role.packets_in_number;
    if (key == "packets_out_per_s") return use.at_role.packets_out_number;
    if (key == "cpu_cores") return use.cpu_cores;
    if (key == "role_share_fraction") return use.role_share_fraction;
    if (key == "block_list_saves_cpu_cores") return use.block_list_saves_cores;
    for (std::size_t i = 0; i < handling_count; ++i) {
        if (key == name_of(static_cast<Handling>(i))) return use.by_handling.at(i);
    }
    return key == "requests_per_s" ? use.requests_per_s : std::nan("");
}

Explained unwanted(const Scene& scene, const Match& match) {
    const std::size_t index = std::stoul(match.at(0));
    const UnwantedUse& use = scene.plan.unwanted.at(index);
    const std::string& server = scene.deployment().roles.at(index_of(use.role)).server;
    Rerun rerun{.name = match.back(),
                .formula = "{requests/s}, repeated where nobody answers, by " + use.method +
                           " and handling " + std::string(name_of(use.handling)),
                .deployment = scene.deployment(),
                .inputs = {{"requests/s", pointer_to("/unwanted", index) + "/requests_per_s",
                            [index](Deployment& d) -> double& {
                                return d.unwanted.at(index).requests_per_s;
                            }}},
                .more = {}};
    const Scene* all = &scene;
    Explained node =
        explained(scene, std::move(rerun),
                  [all, index, key = match.back()](const Deployment& deployment,
                                                   const std::vector<double>& /*values*/) {
                      return number_of(
                          unwanted_uses(deployment, all->input.catalog, all->hour).at(index), key);
                  });
    node.source = "rfc3261";
    node.detail = "costs by servers/" + server;
    return node;
}

}  // namespace

const std::vector<Rule>& quality_rules() {
    static const std::vector<Rule> rules{
        {"/quality/*/one_way_delay_s", delay},
        {"/quality/*/loss_fraction", loss},
        {"/quality/*/mos", mos},
        {"/quality/*/delay_left/to_g114_s", left_to_g114},
        {"/quality/*/**", rated},
        {"/unwanted/*/**", unwanted},
    };
    return rules;
}

}  // namespace busyhour
