#include "busyhour/report/quality_report.h"

#include "busyhour/report/format.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <tuple>
#include <type_traits>

namespace busyhour {
namespace {

constexpr std::size_t calls_shown = 12;

/// Column headers of the budget, in the order of budget_parts().
constexpr std::array<const char*, 8> part_headers{
    "packet", "look-ahead", "ends", "links", "network", "firewall", "jitter buffer", "trunk"};
static_assert(part_headers.size() == std::tuple_size_v<std::decay_t<decltype(budget_parts())>>);

std::string call_word(const CallQuality& call) {
    return call.is_internal ? "internal" : "external";
}

std::string codec_words(const CallQuality& call) {
    return call.transcoded_to ? call.codec + " to " + *call.transcoded_to : call.codec;
}

std::string ms_words(std::optional<double> value_s) {
    return value_s ? fmt::format("{:.0f}", *value_s * 1000) : "none";
}

/// The calls with the lowest R, unrated ones last; in the deployment's order where all fit.
std::vector<const CallQuality*> shown_calls(const Plan& plan) {
    std::vector<const CallQuality*> shown;
    for (const CallQuality& call : plan.quality) shown.push_back(&call);
    if (shown.size() <= calls_shown) return shown;
    const auto rank = [](const CallQuality* call) {
        const bool is_rated = call->rating && std::isfinite(call->rating->r_factor);
        return is_rated ? call->rating->r_factor : 1e3;
    };
    std::stable_sort(shown.begin(), shown.end(),
                     [&](const CallQuality* a, const CallQuality* b) { return rank(a) < rank(b); });
    shown.resize(calls_shown);
    return shown;
}

Table rating_table(const std::vector<const CallQuality*>& calls) {
    Table table{.columns = {{"population"},
                            {"call"},
                            {"codec"},
                            {"ms", Align::right},
                            {"loss", Align::right},
                            {"R", Align::right},
                            {"MOS", Align::right},
                            {"category"},
                            {"to 150 ms", Align::right},
                            {"to R 80", Align::right},
                            {"to R 70", Align::right}},
                .rows = {}};
    for (const CallQuality* call : calls) {
        std::vector<std::string> row{call->population, call_word(*call), codec_words(*call),
                                     ms_words(call->one_way_delay_s),
                                     fmt::format("{:.2g} %", call->loss_fraction * 100)};
        if (call->rating) {
            const double r_factor = call->rating->r_factor;
            row.push_back(fmt::format("{:.1f}", r_factor));
            row.push_back(fmt::format("{:.2f}", call->rating->mos_score));
            row.emplace_back(quality_category(r_factor).name);
        } else {
            row.insert(row.end(), {"n/a", "n/a", "n/a"});
        }
        row.push_back(ms_words(fine_delay_s - call->one_way_delay_s));
        row.push_back(call->rating ? ms_words(call->delay_left_r80_s) : "n/a");
        row.push_back(call->rating ? ms_words(call->delay_left_r70_s) : "n/a");
        table.rows.push_back(std::move(row));
    }
    return table;
}

Table budget_table(const std::vector<const CallQuality*>& calls) {
    Table table{.columns = {{"ms of it"}, {"call"}}, .rows = {}};
    std::vector<const BudgetPart*> parts;
    for (std::size_t i = 0; i < part_headers.size(); ++i) {
        const BudgetPart& part = budget_parts().at(i);
        const bool is_used = std::any_of(calls.begin(), calls.end(), [&](const CallQuality* call) {
            return call->budget.*part.value > 0;
        });
        if (!is_used) continue;
        parts.push_back(&part);
        table.columns.push_back({part_headers.at(i), Align::right});
    }
    for (const CallQuality* call : calls) {
        std::vector<std::string> row{call->population, call_word(*call)};
        for (const BudgetPart* part : parts) {
            const bool is_known =
                part->value != &DelayBudget::look_ahead_s || call->is_look_ahead_known;
            row.push_back(is_known ? fmt::format("{:.1f}", call->budget.*part->value * 1000)
                                   : "n/a");
        }
        table.rows.push_back(std::move(row));
    }
    return table;
}

bool is_perfect(const NetworkPath& path) {
    return path.one_way_delay_s == 0 && path.loss_fraction == 0 && path.jitter_s == 0 &&
           !path.jitter_buffer_s;
}

}  // namespace

void add_quality_section(const Plan& plan, Report& report) {
    if (plan.quality.empty()) return;
    const std::vector<const CallQuality*> calls = shown_calls(plan);
    Section section{.title = "QUALITY of one call, from mouth to ear",
                    .paragraphs = {},
                    .tables = {rating_table(calls), budget_table(calls)},
                    .notes = {}};
    const auto& populations = plan.deployment.populations;
    const auto perfect =
        std::count_if(populations.begin(), populations.end(),
                      [](const Population& population) { return is_perfect(population.path); });
    if (perfect > 0) {
        section.paragraphs.push_back(fmt::format(
            "Upper bound: {} of {} populations say nothing of their network (\"path\"), so it is"
            " taken as perfect: 0 ms, no jitter, no loss. Real calls are worse.",
            perfect, populations.size()));
    }
    if (plan.quality.size() > calls.size()) {
        section.notes.push_back(fmt::format("The {} lowest of {}; all in --format json.",
                                            calls.size(), plan.quality.size()));
    }
    std::set<std::string> reasons;
    for (const CallQuality* call : calls) {
        if (!call->rating) reasons.insert(call->not_rated);
    }
    for (const std::string& reason : reasons) section.notes.push_back("n/a: " + reason + ".");
    section.notes.emplace_back(
        "ms: delay of one direction. R, MOS: E-model, ITU-T G.107, narrowband, T = Ta, Tr = 2T."
        " Internal: both ends on this population's path. To 150 ms (ITU-T G.114), R 80, R 70: ms"
        " that may be added until then; none: 0 ms is too much already. Category (ITU-T G.109):"
        " best, very satisfied users; high, satisfied; medium, some dissatisfied; low, many; poor,"
        " nearly all. Look-ahead n/a: not published, counted as 0.");
    report.sections.push_back(std::move(section));
}

void add_quality_rows(const Plan& plan, Table& table) {
    const std::string year = std::to_string(plan.years.front().year);
    for (const CallQuality& call : plan.quality) {
        const std::string name = call.population + " " + call_word(call);
        const auto add = [&](const std::string& metric, double value) {
            table.rows.push_back({year, "quality", name, metric, to_digits(value)});
        };
        add("one_way_delay_s", call.one_way_delay_s);
        add("loss_fraction", call.loss_fraction);
        if (call.rating) {
            add("r_factor", call.rating->r_factor);
            add("mos", call.rating->mos_score);
        }
        for (const BudgetPart& part : budget_parts()) {
            if (part.value == &DelayBudget::look_ahead_s && !call.is_look_ahead_known) continue;
            add(std::string(part.name) + "_s", call.budget.*part.value);
        }
    }
}

}  // namespace busyhour
