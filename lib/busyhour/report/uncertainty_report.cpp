#include "busyhour/report/uncertainty_report.h"

#include "busyhour/report/format.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace busyhour {
namespace {

constexpr std::size_t rows_shown = 8;

Table risk_table(const Plan& plan) {
    Table table{.columns = {{"probability that a limit is exceeded"}}, .rows = {}};
    for (const YearPlan& year : plan.years) {
        table.columns.push_back({std::to_string(year.year), Align::right});
    }
    const std::vector<Risk>& risks = plan.uncertainty->risks;
    for (std::size_t i = 0; i < std::min(rows_shown, risks.size()); ++i) {
        const Risk& risk = risks[i];
        std::vector<std::string> row{
            risk.kind == "any" ? "any of them" : limit_name(risk.kind, risk.name, risk.resource)};
        for (const double probability : risk.probabilities) row.push_back(to_percent(probability));
        table.rows.push_back(std::move(row));
    }
    return table;
}

const Band* band_of(const Uncertainty& uncertainty, const std::string& path) {
    for (const Band& band : uncertainty.bands) {
        if (band.path == path) return &band;
    }
    return nullptr;
}

std::string band_words(const Band* band) {
    if (band == nullptr) return "n/a";
    return fmt::format("{} - {} - {}", to_words(band->low_number), to_words(band->median_number),
                       to_words(band->high_number));
}

Table band_table(const Plan& plan) {
    const std::array<std::size_t, 2> shown{0, plan.years.size() - 1};
    Table table{.columns = {{"low - median - high"}}, .rows = {}};
    for (const std::size_t year : shown) {
        table.columns.push_back({std::to_string(plan.years[year].year), Align::right});
    }
    std::vector<std::pair<std::string, std::string>> wanted{
        {"endpoints", "endpoints"},
        {"registrations/s, peak", "demand/registration_attempts_peak_per_s"},
        {"call attempts/s, peak", "demand/call_attempts_peak_per_s"},
        {"calls in progress, peak", "demand/concurrent_calls_peak"},
        {"RTP packets/s at the peak of calls", "demand/rtp_packets_peak_per_s"}};
    const std::vector<Sizing>& roles = plan.years.front().roles;
    for (std::size_t i = 0; i < roles.size(); ++i) {
        wanted.emplace_back(fmt::format("nodes of the {}", name_of(roles[i].kind)),
                            fmt::format("roles/{}/nodes", i));
    }
    for (const auto& [words, path] : wanted) {
        std::vector<std::string> row{words};
        for (const std::size_t year : shown) {
            row.push_back(
                band_words(band_of(*plan.uncertainty, fmt::format("/years/{}/{}", year, path))));
        }
        table.rows.push_back(std::move(row));
    }
    return table;
}

Table tornado_table(const Plan& plan) {
    Table table{.columns = {{"what matters most, one at a time"},
                            {"low", Align::right},
                            {"high", Align::right},
                            {"fullest limit", Align::right},
                            {"nodes", Align::right}},
                .rows = {}};
    const Uncertainty& uncertainty = *plan.uncertainty;
    for (std::size_t i = 0; i < std::min(rows_shown, uncertainty.swings.size()); ++i) {
        const Swing& swing = uncertainty.swings[i];
        const auto input =
            std::find_if(uncertainty.inputs.begin(), uncertainty.inputs.end(),
                         [&](const UncertainInput& each) { return each.path == swing.path; });
        table.rows.push_back({swing.path, to_words(input->low_number), to_words(input->high_number),
                              fmt::format("{} - {}", to_percent(swing.fill_low_fraction),
                                          to_percent(swing.fill_high_fraction)),
                              fmt::format("{} - {}", swing.nodes_low, swing.nodes_high)});
    }
    return table;
}

}  // namespace

Section uncertainty_section(const Plan& plan) {
    const Uncertainty& uncertainty = *plan.uncertainty;
    const int last_year = plan.years.back().year;
    Section section{.title = "UNCERTAINTY",
                    .paragraphs = {},
                    .tables = {risk_table(plan), band_table(plan), tornado_table(plan)},
                    .notes = {}};
    section.notes.push_back(fmt::format(
        "{} draws, seed {}; each range is triangular between its ends, the inputs are independent,"
        " and each server model is off by a factor within its band. The middle {} of the draws lie"
        " between low and high. Limits: as the policy allows, with {}'s nodes. Fullest limit and"
        " nodes of the last table: in {}.",
        to_words(uncertainty.options.draws_number), uncertainty.options.seed,
        to_percent(uncertainty.options.interval_fraction), plan.years.front().year, last_year));
    return section;
}

}  // namespace busyhour
