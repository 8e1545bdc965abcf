#include "busyhour/plan/explain_evidence.h"

#include "busyhour/plan/explain_place.h"
#include "busyhour/plan/findings_models.h"
#include "busyhour/plan/quality.h"

#include <cmath>

namespace busyhour {
namespace {

// Findings that repeat a section of the report

/// The finding's rank among rows of the section that `value` reproduces, to a number of the report.
Explained repeated(const Evidence& evidence, const std::string& pointer) {
    return same_as(evidence.key, evidence.scene.reported(evidence.key, pointer));
}

double evidence_number(const Evidence& evidence) {
    for (const auto& [name, value] : evidence.finding.evidence) {
        if (name == evidence.key) return value;
    }
    return std::nan("");
}

/// The first row of a section whose number at `key` is the finding's.
Explained row_with(const Evidence& evidence, const std::string& section, const std::string& key) {
    const Json* rows = evidence.scene.at(section);
    for (std::size_t i = 0; rows != nullptr && i < rows->items().size(); ++i) {
        const std::string pointer = pointer_to(section, i) + "/" + key;
        const Json* value = evidence.scene.at(pointer);
        if (value == nullptr || value->number() == nullptr) continue;
        if (std::abs(*value->number() - evidence_number(evidence)) > 0.5e-9) continue;
        return repeated(evidence, pointer);
    }
    return planned(evidence.key, std::nan(""), {});
}

Explained needed_setting(const Evidence& evidence) {
    for (std::size_t i = 0; i < evidence.scene.plan.settings.size(); ++i) {
        const Setting& setting = evidence.scene.plan.settings[i];
        if (setting.name != evidence.key || !setting.is_default_exceeded()) continue;
        if (setting.needed_number != evidence_number(evidence)) continue;
        return repeated(evidence, pointer_to("/settings", i) + "/needed");
    }
    return planned(evidence.key, std::nan(""), {});
}

Explained oversubscribed(const Evidence& evidence) {
    return row_with(evidence, "/oversubscription", evidence.key);
}

Explained unwanted_number(const Evidence& evidence) {
    return row_with(evidence, "/unwanted", evidence.key);
}

Explained quality_number(const Evidence& evidence) {
    if (evidence.key == "limit_s") {
        return same_as("limit", constant("delay that is fine", fine_delay_s, "itu-g114"));
    }
    if (evidence.key != "largest_part_s") return row_with(evidence, "/quality", evidence.key);
    for (const BudgetPart& part : budget_parts()) {
        Explained found = row_with(evidence, "/quality", "budget/" + std::string(part.name) + "_s");
        if (std::isfinite(found.value_number)) return found;
    }
    return planned(evidence.key, std::nan(""), {});
}

/// Calls of the section that a finding is about.
Explained calls_counted(const Evidence& evidence) {
    std::vector<Explained> operands;
    const std::vector<CallQuality>& calls = evidence.scene.plan.quality;
    for (std::size_t i = 0; i < calls.size(); ++i) {
        constexpr double rounding_s = 1e-9;
        constexpr double noticed_factor = 5;
        const bool is_late = calls[i].one_way_delay_s > fine_delay_s + rounding_s;
        const bool is_hurt =
            calls[i].rating && calls[i].lossless_r_factor &&
            *calls[i].lossless_r_factor - calls[i].rating->r_factor >= noticed_factor;
        const bool is_counted = evidence.key == "calls_above"  ? is_late
                                : evidence.key == "calls_hurt" ? is_hurt
                                                               : !calls[i].rating;
        if (!is_counted) continue;
        operands.push_back(evidence.scene.reported(calls[i].population,
                                                   pointer_to("/quality", i) + "/one_way_delay_s"));
    }
    return computed(evidence.key, "how many calls of the section quality these are",
                    std::move(operands),
                    [](const std::vector<double>& v) { return static_cast<double>(v.size()); });
}

Explained lossless(const Evidence& evidence) {
    const std::vector<CallQuality>& calls = evidence.scene.plan.quality;
    for (std::size_t i = 0; i < calls.size(); ++i) {
        if (calls[i].lossless_r_factor != evidence_number(evidence)) continue;
        const std::string row = pointer_to("/quality", i);
        return sum_of(
            "R without loss",
            {evidence.scene.reported("R", row + "/r_factor"),
             planned("cost of loss", evidence_number(evidence) - calls[i].rating->r_factor,
                     "Ie-eff of the loss less Ie, by the E-model")});
    }
    return planned(evidence.key, std::nan(""), {});
}

/// Storms are told in whole numbers, findings in parts of them.
Explained storm_number(const Evidence& evidence) {
    const Scene& scene = evidence.scene;
    if (evidence.key == "storm_recovery_s") return repeated(evidence, "/storm/recovery_max_s");
    if (evidence.key == "refresh_peak_per_s")
        return repeated(evidence, "/storm/refresh/peak_per_s");
    if (evidence.key == "refresh_mean_per_s")
        return repeated(evidence, "/storm/refresh/mean_per_s");
    for (std::size_t i = 0; i < scene.plan.storm->scenarios.size(); ++i) {
        const StormScenario& storm = scene.plan.storm->scenarios[i];
        const std::string pointer = pointer_to("/storm/scenarios", i) + "/" + evidence.key;
        const bool is_recovery = evidence.key == "recovery_s";
        const double exact_number =
            is_recovery                 ? storm.outcome.recovery_s.value_or(storm.storm.horizon_s)
            : evidence.key == "gave_up" ? storm.outcome.gave_up_number
                                        : storm.outcome.transmissions_number;
        if (exact_number != evidence_number(evidence)) continue;
        if (is_recovery && !storm.outcome.recovery_s) {
            return same_as("recovery",
                           planned("time followed", exact_number, "not all are back within it"));
        }
        if (is_recovery) return repeated(evidence, pointer);
        Explained rounded = scene.reported(evidence.key + ", rounded", pointer);
        const double rest = exact_number - rounded.value_number;
        return sum_of(evidence.key,
                      {std::move(rounded), planned("rounded off", rest, "means over endpoints")});
    }
    return planned(evidence.key, std::nan(""), {});
}

/// An end of the band of the rank-th server that is not calibrated.
Explained band(const Evidence& evidence) {
    const ServerModel& server = *not_calibrated(evidence.scene.input).at(evidence.rank);
    const double value_factor = evidence.key == "band_low_factor" ? server.cost.band_low_factor
                                                                  : server.cost.band_high_factor;
    return same_as("end of the band",
                   evidence.scene.modelled(evidence.key, "servers", server.name, value_factor));
}

/// What carries the rank-th foreign model to its role's host.
Explained carried_by(const Evidence& evidence) {
    const ServerOnHost pair = foreign_models(evidence.scene.input).at(evidence.rank);
    for (std::size_t i = 0; i < yardstick_count; ++i) {
        if (!evidence.key.starts_with(yardstick_labels().at(i).name)) continue;
        return carrying_factor(evidence.scene, pair.server->name, pair.host->name,
                               static_cast<Yardstick>(i));
    }
    return same_as("core speed", core_speed(evidence.scene, pair.server->name, pair.host->name));
}

/// How old the rank-th old model is.
Explained age(const Evidence& evidence) {
    const ServerModel& server = *old_models(evidence.scene.input).at(evidence.rank);
    const Month date = *month_of(server.date);
    const int start_year = evidence.scene.deployment().start_year;
    return computed(
        "months", "({start year} - {year of the model}) x 12 + 1 - {month of the model}",
        {evidence.scene.given("start year", "/start_year", start_year),
         evidence.scene.modelled("year of the model", "servers", server.name, date.year),
         evidence.scene.modelled("month of the model", "servers", server.name, date.month)},
        [](const std::vector<double>& v) {
            constexpr double months_of_year = 12;
            return (v.at(0) - v.at(1)) * months_of_year + 1 - v.at(2);
        });
}

/// The rank-th role whose full sync is told of.
Explained sync_number(const Evidence& evidence) {
    const std::vector<Sizing>& roles = evidence.scene.plan.years.front().roles;
    for (std::size_t i = 0; i < roles.size(); ++i) {
        if (!roles[i].replication || !roles[i].replication->join) continue;
        const std::string sync = pointer_to("/years/0/roles", i) + "/replication/full_sync/";
        if (evidence.key == "contacts") return repeated(evidence, sync + "contacts");
        return computed("messages", "{requests} / {peers} - 1",
                        {evidence.scene.reported("requests", sync + "requests"),
                         evidence.scene.reported("peers", sync + "peers")},
                        [](const std::vector<double>& v) { return v.at(0) / v.at(1) - 1; });
    }
    return planned(evidence.key, std::nan(""), {});
}

}  // namespace

const std::vector<EvidenceRule>& section_evidence_rules() {
    static const std::vector<EvidenceRule> rules{
        {"defaults-exceeded", "*", needed_setting},
        {"host-oversubscribed", "*", oversubscribed},
        {"model-not-calibrated", "*", band},
        {"model-foreign", "*", carried_by},
        {"model-old", "*", age},
        {"unwanted-traffic", "*", unwanted_number},
        {"delay-budget-broken", "calls_above", calls_counted},
        {"delay-budget-broken", "*", quality_number},
        {"loss-hurts-codec", "calls_hurt", calls_counted},
        {"loss-hurts-codec", "r_without_loss_factor", lossless},
        {"loss-hurts-codec", "*", quality_number},
        {"quality-not-rated", "calls_not_rated", calls_counted},
        {"registration-storm", "*", storm_number},
        {"refresh-stays-synchronised", "*", storm_number},
        {"sync-without-batches", "*", sync_number},
    };
    return rules;
}

}  // namespace busyhour
