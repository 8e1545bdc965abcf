#include "busyhour/plan/findings_hosts.h"

#include <fmt/format.h>

namespace busyhour {
namespace {

std::string so_many_nodes(int nodes) {
    return nodes > 0 ? fmt::format("{} nodes", nodes) : std::string("no number of nodes suffices");
}

Finding oversubscribed(const Oversubscription& cost) {
    Finding finding{
        .id = "host-oversubscribed",
        .severity = Severity::warning,
        .message = fmt::format(
            "The {}'s cores are worth {:.0f} % of whole ones: {} instead of {}. {}",
            name_of(cost.kind), cost.core_worth_fraction * 100, so_many_nodes(cost.nodes),
            cost.nodes_without > 0 ? std::to_string(cost.nodes_without) : std::string("none"),
            cost.response_same_nodes_factor
                ? fmt::format("On the nodes of a whole host answers would take {:.1f} times as"
                              " long, and pauses grow besides.",
                              *cost.response_same_nodes_factor)
                : std::string("On the nodes of a whole host the work would queue without end.")),
        .remedy =
            "Reserve whole physical cores for voice nodes: no overcommit, no neighbours on"
            " their cores.",
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
        found.push_back(oversubscribed(cost));
    }
    for (const RoleKind kind : all_roles) add_exceeded(plan, kind, found);
}

}  // namespace busyhour
