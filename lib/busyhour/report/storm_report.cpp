#include "busyhour/report/storm_report.h"

#include "busyhour/plan/storm_words.h"
#include "busyhour/report/format.h"

#include <fmt/format.h>

#include <cmath>

namespace busyhour {
namespace {

std::string seconds_words(std::optional<double> recovery_s) {
    return recovery_s ? fmt::format("{:.1f} s", *recovery_s) : "never";
}

std::vector<std::string> row_of(const StormScenario& scenario) {
    const StormOutcome& outcome = scenario.outcome;
    return {scenario.cause == StormCause::power ? "all return" : "one node dies",
            to_words(std::round(total_endpoints_number(scenario.storm))),
            std::to_string(scenario.nodes),
            seconds_words(outcome.recovery_s),
            scenario.is_met ? "yes" : "NO",
            to_words(outcome.peak_offered_per_s),
            to_words(std::round(outcome.transmissions_number)),
            to_words(std::round(outcome.gave_up_number)),
            to_percent(outcome.wasted_work_fraction)};
}

std::string bound_words(const Sizing& registrar) {
    if (!registrar.is_storm_bound) {
        return fmt::format(
            "The busy hour decides the registrar's nodes: its {} bear the storms too.",
            registrar.nodes);
    }
    if (registrar.steady_nodes != registrar.nodes) {
        return fmt::format(
            "Recovery from a storm decides the registrar's nodes: {}, where the busy hour alone "
            "needs"
            " {}.",
            registrar.nodes, registrar.steady_nodes);
    }
    return fmt::format("The {} nodes carry the busy hour, but do NOT recover in time.",
                       registrar.nodes);
}

bool is_same(const RefreshTimes& a, const RefreshTimes& b) {
    return a.expires_s == b.expires_s && a.refresh_fraction == b.refresh_fraction &&
           a.expires_range_fraction == b.expires_range_fraction;
}

/// Populations that share the wave, or all others: their names, endpoints and refreshes.
struct Refreshing {
    std::string names;
    double endpoints_number = 0;
    double refreshes_per_s = 0;

    void add(const Population& population, std::size_t shown) {
        const RefreshTimes times{.expires_s = population.expires_s,
                                 .refresh_fraction = population.refresh_fraction,
                                 .expires_range_fraction = population.expires_range_fraction};
        constexpr std::size_t shown_max = 4;
        if (shown < shown_max) {
            names += fmt::format("{}\"{}\" (expiry {:g} s)", names.empty() ? "" : ", ",
                                 population.name, population.expires_s);
        } else if (shown == shown_max) {
            names += ", ...";
        }
        endpoints_number += population.endpoints_number;
        refreshes_per_s += population.endpoints_number / mean_refresh_s(times);
    }
};

/// Which populations the wave covers, and what the others do; nothing where all are alike.
std::string covered_words(const Plan& plan) {
    Refreshing wave;
    Refreshing rest;
    std::size_t in_wave = 0;
    std::size_t left_out = 0;
    for (const Population& each : plan.deployment.populations) {
        const RefreshTimes times{.expires_s = each.expires_s,
                                 .refresh_fraction = each.refresh_fraction,
                                 .expires_range_fraction = each.expires_range_fraction};
        if (is_same(times, plan.storm->refresh_times)) {
            wave.add(each, in_wave++);
        } else {
            rest.add(each, left_out++);
        }
    }
    if (left_out == 0) return {};
    return fmt::format(
        "The wave is that of {}, {} endpoints. Left out of it, with other times: {}, {} endpoints;"
        " they refresh by themselves, {} on average.",
        wave.names, to_words(wave.endpoints_number), rest.names, to_words(rest.endpoints_number),
        rate_words(rest.refreshes_per_s));
}

}  // namespace

void add_storm_section(const Plan& plan, Report& report) {
    if (!plan.storm) return;
    const YearPlan& start = plan.years.front();
    const Policy& policy = plan.deployment.policy;
    Section section{.title = fmt::format("STORM: endpoints return within {:g} s in {}",
                                         policy.storm_window_s, start.year),
                    .paragraphs = {bound_words(start.roles.at(index_of(RoleKind::registrar)))},
                    .tables = {},
                    .notes = {}};
    Table table{.columns = {{"registrar"},
                            {"endpoints", Align::right},
                            {"nodes", Align::right},
                            {"recovery", Align::right},
                            {fmt::format("within {:g} s", policy.storm_recovery_s), Align::right},
                            {"peak/s", Align::right},
                            {"REGISTERs", Align::right},
                            {"gave up", Align::right},
                            {"in vain", Align::right}},
                .rows = {}};
    for (const StormScenario& scenario : plan.storm->scenarios) {
        table.rows.push_back(row_of(scenario));
    }
    section.tables.push_back(std::move(table));
    const bool is_empty = plan.storm->refresh.mean_per_s <= 0;
    if (!is_empty) {
        section.notes.push_back(refresh_words(plan.storm->refresh, plan.storm->refresh_times));
        const std::string covered = covered_words(plan);
        if (!covered.empty()) section.notes.push_back(covered);
    }
    section.notes.emplace_back(
        "All return: spare nodes lost. The CPU may be full in a storm; connections are opened anew."
        " Peak: REGISTERs sent in a second, repeated ones included. In vain: part of the server's"
        " work that registers nobody.");
    report.sections.push_back(std::move(section));
}

void add_storm_rows(const Plan& plan, Table& table) {
    if (!plan.storm) return;
    const std::string when = std::to_string(plan.years.front().year);
    const auto add = [&](const std::string& name, const std::string& metric, double value) {
        table.rows.push_back({when, "storm", name, metric, to_digits(value)});
    };
    for (const StormScenario& scenario : plan.storm->scenarios) {
        const std::string name(name_of(scenario.cause));
        const StormOutcome& outcome = scenario.outcome;
        add(name, "returning_endpoints", std::round(total_endpoints_number(scenario.storm)));
        add(name, "nodes", scenario.nodes);
        if (outcome.recovery_s) add(name, "recovery_s", *outcome.recovery_s);
        add(name, "peak_offered_per_s", outcome.peak_offered_per_s);
        add(name, "transmissions", std::round(outcome.transmissions_number));
        add(name, "gave_up", std::round(outcome.gave_up_number));
        add(name, "wasted_work_fraction", outcome.wasted_work_fraction);
    }
    add("refresh", "peak_per_s", plan.storm->refresh.peak_per_s);
    add("refresh", "mean_per_s", plan.storm->refresh.mean_per_s);
}

}  // namespace busyhour
