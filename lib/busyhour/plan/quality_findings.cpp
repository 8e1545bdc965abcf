#include "busyhour/plan/quality_findings.h"

#include <fmt/format.h>

namespace busyhour {
namespace {

/// The worst of the calls that a finding is about, and how many there are.
struct WorstPath {
    const CallQuality* call = nullptr;
    double badness_number = 0;
    int calls = 0;

    void add(const CallQuality& quality, double badness) {
        ++calls;
        if (call != nullptr && badness <= badness_number) return;
        call = &quality;
        badness_number = badness;
    }

    [[nodiscard]] std::string words() const {
        return fmt::format("\"{}\", {} calls", call->population,
                           call->is_internal ? "internal" : "external");
    }
    [[nodiscard]] std::string others() const {
        return calls == 1 ? std::string{}
                          : fmt::format(" It is the worst of {} kinds of calls like this.", calls);
    }
};

double in_ms(double value_s) {
    return value_s * 1000;
}

void delay_budget_broken(const Plan& plan, std::vector<Finding>& found) {
    constexpr double rounding_s = 1e-9;
    WorstPath worst;
    for (const CallQuality& quality : plan.quality) {
        if (quality.one_way_delay_s <= fine_delay_s + rounding_s) continue;
        worst.add(quality, quality.one_way_delay_s);
    }
    if (worst.call == nullptr) return;
    const CallQuality& call = *worst.call;
    const BudgetPart& largest = largest_part(call.budget);
    const bool is_unacceptable = call.one_way_delay_s > unacceptable_delay_s;
    Finding finding{
        .id = "delay-budget-broken",
        .severity = Severity::warning,
        .message = fmt::format(
            "{}: {:.0f} ms from mouth to ear, {:.0f} ms above the {:.0f} ms up to which most"
            " conversations are fine{}. The largest part is {} with {:.0f} ms.{}",
            worst.words(), in_ms(call.one_way_delay_s), in_ms(call.one_way_delay_s - fine_delay_s),
            in_ms(fine_delay_s),
            is_unacceptable ? fmt::format(", and above the {:.0f} ms that no network should be"
                                          " planned for",
                                          in_ms(unacceptable_delay_s))
                            : std::string{},
            largest.words, in_ms(call.budget.*largest.value), worst.others()),
        .remedy = std::string(largest.remedy),
        .evidence = {{"one_way_delay_s", call.one_way_delay_s},
                     {"limit_s", fine_delay_s},
                     {"largest_part_s", call.budget.*largest.value},
                     {"calls_above", worst.calls}},
        .source = "itu-g114"};
    if (call.rating) finding.evidence.emplace_back("r_factor", call.rating->r_factor);
    found.push_back(std::move(finding));
}

void loss_hurts_codec(const Plan& plan, std::vector<Finding>& found) {
    constexpr double noticed_factor = 5;  // half a category of ITU-T G.109
    WorstPath worst;
    for (const CallQuality& quality : plan.quality) {
        if (!quality.rating || !quality.lossless_r_factor) continue;
        const double cost_factor = *quality.lossless_r_factor - quality.rating->r_factor;
        if (cost_factor >= noticed_factor) worst.add(quality, cost_factor);
    }
    if (worst.call == nullptr) return;
    const CallQuality& call = *worst.call;
    const double without_factor = call.lossless_r_factor.value_or(0);
    found.push_back(
        {.id = "loss-hurts-codec",
         .severity = Severity::warning,
         .message = fmt::format("{}: {:.2g} % packet loss takes {} from R {:.1f} ({}) to {:.1f}"
                                " ({}).{}",
                                worst.words(), call.loss_fraction * 100, call.codec, without_factor,
                                quality_category(without_factor).users, call.rating->r_factor,
                                quality_category(call.rating->r_factor).users, worst.others()),
         .remedy = "Queue voice before other traffic and mend the lossy link; use a codec, or"
                   " endpoints, that conceal loss better.",
         .evidence = {{"loss_fraction", call.loss_fraction},
                      {"r_factor", call.rating->r_factor},
                      {"r_without_loss_factor", without_factor},
                      {"calls_hurt", worst.calls}},
         .source = "itu-g113"});
}

void quality_not_rated(const Plan& plan, std::vector<Finding>& found) {
    WorstPath worst;
    for (const CallQuality& quality : plan.quality) {
        if (!quality.rating) worst.add(quality, 0);
    }
    if (worst.call == nullptr) return;
    found.push_back({.id = "quality-not-rated",
                     .severity = Severity::info,
                     .message = fmt::format("{}: R and MOS are not known: {}.", worst.words(),
                                            worst.call->not_rated),
                     .remedy = "Give equipment_impairment and loss_robustness of the codec, with"
                               " their source, under \"models\": {\"emodel\": {...}}.",
                     .evidence = {{"calls_not_rated", worst.calls}},
                     .source = "itu-g113"});
}

}  // namespace

void find_quality(const Plan& plan, std::vector<Finding>& found) {
    delay_budget_broken(plan, found);
    loss_hurts_codec(plan, found);
    quality_not_rated(plan, found);
}

}  // namespace busyhour
