#include "busyhour/report/hosts_report.h"

#include "busyhour/report/format.h"

#include <fmt/format.h>

#include <algorithm>

namespace busyhour {
namespace {

/// "2-4 nodes, cpu 31 %", as short as a table needs it.
std::string cell(const Sizing& sizing) {
    if (sizing.nodes == 0) return "none suffices";
    return fmt::format("{} ({}-{}) {} {}", sizing.nodes, nodes_words(sizing.nodes_low),
                       nodes_words(sizing.nodes_high),
                       sizing.bottleneck ? short_name_of(*sizing.bottleneck) : "n/a",
                       to_percent(sizing.utilisation_fraction));
}

std::string label_of(const HostRow& row) {
    return fmt::format("{}{}", row.host, row.is_chosen ? " (chosen)" : "");
}

std::string oversubscription_words(const Oversubscription& cost) {
    const std::string same = cost.response_same_nodes_factor
                                 ? fmt::format("{:.1f} times", *cost.response_same_nodes_factor)
                                 : std::string("without end");
    return fmt::format(
        "{} of the {}: a core is worth {} of a whole one; {} nodes instead of {}. Against whole"
        " cores answers take {:.1f} times as long at the same utilisation, and {} on the nodes"
        " that whole cores need.",
        cost.is_shared ? "Oversubscription" : "Hardware threads", name_of(cost.kind),
        to_percent(cost.core_worth_fraction), nodes_words(cost.nodes),
        nodes_words(cost.nodes_without), cost.response_time_factor, same);
}

/// By how much yardsticks changed the servers' costs, where they did.
void add_carried(const Plan& plan, Section& section) {
    Table table{.columns = {{"role"}, {"CPU costs carried to"}}, .rows = {}};
    for (const YardstickLabel& label : yardstick_labels()) {
        table.columns.push_back({std::string(label.words), Align::right});
    }
    for (const HostRow& host : plan.hosts) {
        if (!host.cost_factors) continue;
        std::vector<std::string> row{std::string(name_of(host.kind)), label_of(host)};
        for (const double factor : *host.cost_factors)
            row.push_back(fmt::format("x {:.2f}", factor));
        table.rows.push_back(std::move(row));
    }
    if (table.rows.empty()) return;
    section.tables.push_back(std::move(table));
    section.notes.emplace_back(
        "Carried: each CPU cost of the role's server is multiplied by the speed of the core that it"
        " was measured on over the speed of the host's core, by the kind of work that it mostly is"
        " (yardsticks); core_speed_factor does not count there.");
}

}  // namespace

Section hosts_section(const Plan& plan) {
    Section section{.title = fmt::format("HOSTS in {}", plan.years.front().year),
                    .paragraphs = {},
                    .tables = {},
                    .notes = {}};
    for (const Oversubscription& cost : plan.oversubscription) {
        section.paragraphs.push_back(oversubscription_words(cost));
    }
    Table table{.columns = {{"role"},
                            {"host"},
                            {"cores", Align::right},
                            {"worth", Align::right},
                            {"nodes (band), bottleneck at the peak"}},
                .rows = {}};
    for (const HostRow& row : plan.hosts) {
        table.rows.push_back({std::string(name_of(row.kind)), label_of(row),
                              fmt::format("{:g}", row.cores_per_node_number),
                              fmt::format("{:.4g}", row.sizing.cores_effective_number),
                              cell(row.sizing)});
    }
    section.tables.push_back(std::move(table));
    section.notes.emplace_back(
        "Each role by itself on each host of the catalogue, spare nodes included; fixed nodes are"
        " ignored here. Worth: cores of a node in cores of the reference VM. Band: nodes with the"
        " costs of the server and the speed of the host at the ends of their bands.");
    add_carried(plan, section);
    return section;
}

Section settings_section(const Plan& plan) {
    Section section{.title = fmt::format("SETTINGS of a node in {}", plan.years.back().year),
                    .paragraphs = {},
                    .tables = {},
                    .notes = {}};
    Table table{.columns = {{"role"},
                            {"setting"},
                            {"value", Align::right},
                            {"default", Align::right},
                            {"needed", Align::right},
                            {"unit"}},
                .rows = {}};
    for (const Setting& setting : plan.settings) {
        table.rows.push_back(
            {std::string(name_of(setting.kind)), setting.name, whole_number(setting.value_number),
             setting.default_number ? whole_number(*setting.default_number) : "none",
             fmt::format("{}{}", whole_number(setting.needed_number),
                         setting.is_default_exceeded() ? " !" : ""),
             setting.unit});
    }
    section.tables.push_back(std::move(table));
    section.notes.emplace_back(
        "For the peak with the spare nodes lost. Value: needed with the reserve of the policy, "
        "never"
        " below the default. !: more than the default. How each follows: \"why\" in --format "
        "json.");
    return section;
}

void add_host_rows(const Plan& plan, Table& table) {
    const std::string first = std::to_string(plan.years.front().year);
    for (const HostRow& row : plan.hosts) {
        const std::string name = std::string(name_of(row.kind)) + " on " + label_of(row);
        table.rows.push_back({first, "host", name, "nodes", to_digits(row.sizing.nodes)});
        table.rows.push_back({first, "host", name, "utilisation_fraction",
                              to_digits(row.sizing.utilisation_fraction)});
    }
    const std::string last = std::to_string(plan.years.back().year);
    for (const Setting& setting : plan.settings) {
        const std::string name = std::string(name_of(setting.kind)) + " " + setting.software;
        table.rows.push_back(
            {last, "setting", name, setting.name, to_digits(setting.value_number)});
    }
}

}  // namespace busyhour
