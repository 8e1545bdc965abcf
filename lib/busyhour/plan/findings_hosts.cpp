#include "busyhour/plan/findings_hosts.h"

#include <fmt/format.h>

namespace busyhour {
namespace {

std::string so_many_nodes(int nodes) {
    return nodes > 0 ? fmt::format("{} nodes", nodes) : std::string("no number of nodes suffices");
}

/// As slow as this is worth a warning, also where it costs no node: planning-default.
constexpr double slow_factor = 2;

bool costs_nodes(const Oversubscription& cost) {
    return cost.nodes_without > 0 && (cost.nodes <= 0 || cost.nodes > cost.nodes_without);
}

/// What no host is without is not worth a finding: planning-default, as in `busyhour host`.
constexpr double lost_fraction = 0.02;

bool slows(const Oversubscription& cost) {
    return cost.response_time_factor >= slow_factor || !cost.response_same_nodes_factor ||
           *cost.response_same_nodes_factor >= slow_factor;
}

bool is_material_loss(const Oversubscription& cost) {
    return costs_nodes(cost) || slows(cost);
}

std::string answers_words(const Oversubscription& cost) {
    const std::string same = cost.response_same_nodes_factor
                                 ? fmt::format("{:.1f} times", *cost.response_same_nodes_factor)
                                 : std::string("without end");
    return fmt::format(
        "Against whole cores answers take {:.1f} times as long at the same utilisation, and {} on"
        " the nodes that whole cores need",
        cost.response_time_factor, same);
}

std::string node_cost_words(const Oversubscription& cost) {
    if (!costs_nodes(cost)) return "it costs no node";
    return fmt::format("{} instead of {}", so_many_nodes(cost.nodes), cost.nodes_without);
}

Finding oversubscribed(const Oversubscription& cost) {
    const bool is_material = is_material_loss(cost);
    Finding finding{
        .id = "host-oversubscribed",
        .severity = is_material ? Severity::warning : Severity::info,
        .message = fmt::format(
            "The {}'s {} worth {:.0f} % of a whole one: {}. {}{}.", name_of(cost.kind),
            cost.is_shared ? "cores are each" : "cores are hardware threads, two to a core, each",
            cost.core_worth_fraction * 100, node_cost_words(cost), answers_words(cost),
            is_material ? "" : fmt::format("; from {:g} times it is a warning", slow_factor)),
        .remedy = cost.is_shared
                      ? "Reserve whole physical cores for voice nodes: no overcommit, no neighbours"
                        " on their cores."
                      : "Give each node whole physical cores, both threads of each, so that no"
                        " other machine's thread shares them.",
        .evidence = {{"nodes", cost.nodes},
                     {"nodes_without", cost.nodes_without},
                     {"core_worth_fraction", cost.core_worth_fraction},
                     {"response_time_factor", cost.response_time_factor}},
        .source = "cisco-uc"};
    if (cost.response_same_nodes_factor) {
        finding.evidence.emplace_back("response_time_factor_same_nodes",
                                      *cost.response_same_nodes_factor);
    }
    return finding;
}

void add_exceeded(const Plan& plan, RoleKind kind, std::vector<Finding>& found) {
    std::string names;
    Finding finding{.id = "defaults-exceeded",
                    .severity = Severity::warning,
                    .message = {},
                    .remedy = "Set them as the settings section says, before the load comes.",
                    .evidence = {},
                    .source = {}};
    for (const Setting& setting : plan.settings) {
        if (setting.kind != kind || !setting.is_default_exceeded()) continue;
        names += fmt::format("{}{} ({:.0f} needed, {:.0f} by default)", names.empty() ? "" : ", ",
                             setting.name, setting.needed_number, *setting.default_number);
        finding.evidence.emplace_back(setting.name, setting.needed_number);
        if (finding.source.empty()) finding.source = setting.source;
    }
    if (names.empty()) return;
    finding.message =
        fmt::format("A node of the {} as installed does not carry the peak of {}: {}.",
                    name_of(kind), plan.years.back().year, names);
    found.push_back(std::move(finding));
}

}  // namespace

void add_host_findings(const Plan& plan, std::vector<Finding>& found) {
    for (const Oversubscription& cost : plan.oversubscription) {
        const bool is_told = cost.core_worth_fraction < 1 - lost_fraction || is_material_loss(cost);
        if (is_told) found.push_back(oversubscribed(cost));
    }
    for (const RoleKind kind : all_roles) add_exceeded(plan, kind, found);
}

}  // namespace busyhour
