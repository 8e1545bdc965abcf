#include "busyhour/report/plan_report.h"

#include "busyhour/plan/year_demand.h"
#include "busyhour/report/format.h"
#include "busyhour/report/hops_report.h"
#include "busyhour/report/hosts_report.h"
#include "busyhour/report/plan_json.h"
#include "busyhour/report/quality_report.h"
#include "busyhour/report/server_sections.h"
#include "busyhour/report/storm_report.h"
#include "busyhour/report/uncertainty_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace busyhour {
namespace {

constexpr std::size_t years_shown = 6;

/// The years that fit beside each other: the first, the last and evenly spaced ones between.
std::vector<const YearPlan*> shown_years(const Plan& plan) {
    const std::size_t all = plan.years.size();
    const std::size_t count = std::min(all, years_shown);
    std::vector<const YearPlan*> shown;
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t at = count == 1 ? 0 : i * (all - 1) / (count - 1);
        shown.push_back(&plan.years[at]);
    }
    return shown;
}

int all_nodes(const YearPlan& year) {
    int sum = 0;
    for (const Sizing& sizing : year.roles) sum += sizing.nodes;
    return sum;
}

std::string limit_words(const Constraint& limit) {
    const std::string what = fmt::format("{} of the {} {}", limit.resource, limit.kind, limit.name);
    if (limit.headroom_fraction < 0) {
        return fmt::format("{}: {} above what the policy allows already", what,
                           to_percent(-limit.headroom_fraction));
    }
    const std::string room = fmt::format("{}: {} of what the policy allows is free", what,
                                         to_percent(limit.headroom_fraction));
    if (!limit.exhausted_in) return room + ", enough for the horizon";
    return fmt::format("{}, exhausted in {}", room, *limit.exhausted_in);
}

std::string answer_sentence(const Plan& plan) {
    const YearPlan& start = plan.years.front();
    const YearPlan& last = plan.years.back();
    std::string text =
        fmt::format("{} endpoints {} {} nodes in {}", to_words(std::round(start.endpoints_number)),
                    plan.capacities.size() == start.roles.size() ? "have" : "need",
                    all_nodes(start), start.year);
    if (plan.years.size() > 1) {
        text += fmt::format(" and {} in {} ({} endpoints)", all_nodes(last), last.year,
                            to_words(std::round(last.endpoints_number)));
    }
    text += ", spare nodes included.";
    for (const Sizing& sizing : start.roles) {
        if (sizing.nodes > 0) continue;
        text += fmt::format(" The {} is not among them: no number of nodes suffices.",
                            name_of(sizing.kind));
    }
    return text;
}

/// The verdict of the draws, where there are any.
void add_risk(const Plan& plan, Section& section) {
    if (!plan.uncertainty || plan.uncertainty->risks.empty()) return;
    const std::vector<double>& any = plan.uncertainty->risks.front().probabilities;
    std::string text = fmt::format(
        "With the ranges given, these nodes exceed a limit in {} with a"
        " probability of {}",
        plan.years.front().year, to_percent(any.front()));
    if (any.size() > 1) {
        text += fmt::format(", in {} of {}", plan.years.back().year, to_percent(any.back()));
    }
    section.paragraphs.push_back(text + ".");
}

void add_fixed(const Plan& plan, Section& section) {
    for (const FixedCapacity& capacity : plan.capacities) {
        section.paragraphs.push_back(fmt::format(
            "{} fixed at {} nodes: carries {:.2f} times this demand ({} endpoints); {} binds.",
            capacity.role, capacity.nodes, capacity.largest_multiple_factor,
            to_words(
                std::floor(capacity.largest_multiple_factor * plan.years.front().endpoints_number)),
            capacity.binding_resource.empty() ? "no known limit" : capacity.binding_resource));
    }
}

/// What the start year's nodes carry, and what stops them first, second and third.
void add_multiples(const Plan& plan, Section& section) {
    std::vector<const Constraint*> limits;  // most pressing first, as the constraints are
    for (const Constraint& limit : plan.constraints) {
        if (limit.largest_multiple_factor) limits.push_back(&limit);
    }
    if (limits.empty()) return;
    const auto words = [](const Constraint& limit) {
        return fmt::format("{} of the {} {}", limit.resource, limit.kind, limit.name);
    };
    std::string text = fmt::format(
        "{}'s nodes carry {:.2f} times this demand, stopped by {}", plan.years.front().year,
        *limits.front()->largest_multiple_factor, words(*limits.front()));
    constexpr std::size_t most = 3;
    for (std::size_t i = 1; i < std::min(most, limits.size()); ++i) {
        text += fmt::format("{} at {:.2f} times by {}", i == 1 ? "; next" : ", then",
                            *limits[i]->largest_multiple_factor, words(*limits[i]));
    }
    section.paragraphs.push_back(text + ".");
}

Section answer_section(const Plan& plan) {
    Section section{.title = "ANSWER", .paragraphs = {}, .tables = {}, .notes = {}};
    if (!plan.is_met) {
        section.paragraphs.emplace_back(
            "The demand of the first year CANNOT be carried within the policy: see the findings.");
    }
    section.paragraphs.push_back(answer_sentence(plan));
    add_fixed(plan, section);
    if (!plan.constraints.empty()) {
        section.paragraphs.push_back(fmt::format("Binding constraint ({}'s nodes): {}.",
                                                 plan.years.front().year,
                                                 limit_words(plan.constraints.front())));
    }
    add_multiples(plan, section);
    add_risk(plan, section);
    const std::vector<const YearPlan*> years = shown_years(plan);
    Table table{.columns = {{"nodes"}, {"server"}}, .rows = {}};
    for (const YearPlan* year : years) {
        table.columns.push_back({std::to_string(year->year), Align::right});
    }
    table.columns.push_back({"band", Align::right});
    table.columns.push_back({"spare", Align::right});
    table.columns.push_back({"bottleneck"});
    table.columns.push_back({"at peak", Align::right});
    for (const RoleKind kind : roles_of(plan.deployment)) {
        const Sizing& start = plan.years.front().roles.at(index_of(kind));
        std::vector<std::string> row{std::string(name_of(kind)),
                                     plan.deployment.roles.at(index_of(kind)).server};
        for (const YearPlan* year : years) {
            row.push_back(nodes_words(year->roles.at(index_of(kind)).nodes));
        }
        row.push_back(
            fmt::format("{}-{}", nodes_words(start.nodes_low), nodes_words(start.nodes_high)));
        row.push_back(std::to_string(start.spare_nodes));
        row.emplace_back(start.is_storm_bound ? "storm"
                         : start.bottleneck   ? short_name_of(*start.bottleneck)
                                              : "n/a");
        row.push_back(to_percent(start.utilisation_fraction));
        table.rows.push_back(std::move(row));
    }
    section.tables.push_back(std::move(table));
    const Policy& policy = plan.deployment.policy;
    section.notes.push_back(fmt::format(
        "Sized so that at the peak ({:g} % of all seconds) and with the spare nodes lost no node is"
        " busier than {} (memory, ports and connections: {}). Band: {}'s nodes if costs are at the"
        " ends of the server model's error band. At peak: the bottleneck in {}, spare nodes lost.",
        policy.peak_probability * 100, to_percent(policy.target_utilisation_fraction),
        to_percent(policy.table_utilisation_fraction), plan.years.front().year,
        plan.years.front().year));
    return section;
}

Section constraints_section(const Plan& plan) {
    Section section{
        .title = "CONSTRAINTS, most pressing first", .paragraphs = {}, .tables = {}, .notes = {}};
    Table table{.columns = {{"of"},
                            {"name"},
                            {"resource"},
                            {"free", Align::right},
                            {"carries, times", Align::right},
                            {"exhausted in", Align::right}},
                .rows = {}};
    constexpr std::size_t most = 8;
    for (std::size_t i = 0; i < std::min(most, plan.constraints.size()); ++i) {
        const Constraint& limit = plan.constraints[i];
        table.rows.push_back(
            {limit.kind, limit.name, limit.resource, to_percent(limit.headroom_fraction),
             limit.largest_multiple_factor ? fmt::format("{:.2f}", *limit.largest_multiple_factor)
                                           : "n/a",
             limit.exhausted_in ? std::to_string(*limit.exhausted_in)
                                : fmt::format("after {}", plan.years.back().year)});
    }
    section.tables.push_back(std::move(table));
    section.notes.push_back(fmt::format(
        "Free: part of what the policy allows that {}'s nodes leave unused at the peak.{}",
        plan.years.front().year,
        plan.constraints.size() > most
            ? fmt::format(" {} more in --format json.", plan.constraints.size() - most)
            : ""));
    return section;
}

Section demand_section(const Plan& plan) {
    Section section{
        .title = "DEMAND in the busy hour", .paragraphs = {}, .tables = {}, .notes = {}};
    const std::vector<const YearPlan*> years = shown_years(plan);
    Table table{.columns = {{""}}, .rows = {}};
    std::vector<std::string> endpoints{"endpoints"};
    for (const YearPlan* year : years) {
        table.columns.push_back({std::to_string(year->year), Align::right});
        endpoints.push_back(to_words(std::round(year->endpoints_number)));
    }
    table.rows.push_back(std::move(endpoints));
    if (plan.years.back().endpoints_low_number) {
        std::vector<std::string> low{"  prediction interval, low"};
        std::vector<std::string> high{"  prediction interval, high"};
        for (const YearPlan* year : years) {
            low.push_back(to_words(year->endpoints_low_number));
            high.push_back(to_words(year->endpoints_high_number));
        }
        table.rows.push_back(std::move(low));
        table.rows.push_back(std::move(high));
    }
    for (const DemandField& demand : demand_fields()) {
        if (demand.value(years.back()->demand) == 0) continue;
        const double unit = demand.name.ends_with("bits_per_s") ? 1e6 : 1;  // shown in Mbit/s
        std::vector<std::string> row{std::string(demand.words)};
        for (const YearPlan* year : years) {
            row.push_back(to_words(demand.value(year->demand) / unit));
        }
        table.rows.push_back(std::move(row));
    }
    section.tables.push_back(std::move(table));
    return section;
}

std::string to_milliseconds(double value_s) {
    return fmt::format("{:.3g} ms", value_s * 1000);
}

Section roles_section(const Plan& plan) {
    const YearPlan& start = plan.years.front();
    Section section{.title = fmt::format("ROLES in {}", start.year),
                    .paragraphs = {},
                    .tables = {},
                    .notes = {}};
    Table traffic{.columns = {{"on its network"},
                              {"packets/s in", Align::right},
                              {"packets/s out", Align::right},
                              {"in", Align::right},
                              {"out", Align::right},
                              {"peak packets/s in + out", Align::right}},
                  .rows = {}};
    Table usage{.columns = {{"used at the peak"},
                            {"CPU cores", Align::right},
                            {"memory", Align::right},
                            {"connections", Align::right},
                            {"UDP ports", Align::right},
                            {"all nodes up", Align::right},
                            {"delay p95", Align::right},
                            {"p99", Align::right}},
                .rows = {}};
    for (const Sizing& sizing : start.roles) {
        const Traffic& mean = sizing.mean_traffic;
        const Traffic& peak = sizing.peak_traffic;
        traffic.rows.push_back({std::string(name_of(sizing.kind)), to_words(mean.packets_in_number),
                                to_words(mean.packets_out_number), to_bit_rate(mean.in_bytes * 8),
                                to_bit_rate(mean.out_bytes * 8),
                                to_words(peak.packets_in_number + peak.packets_out_number)});
        const auto used = [&](Resource resource) {
            return sizing.resources.at(index_of(resource)).usage_number;
        };
        usage.rows.push_back(
            {std::string(name_of(sizing.kind)), fmt::format("{:.2f}", used(Resource::cpu_cores)),
             to_octets(used(Resource::memory_bytes)), to_words(used(Resource::connections)),
             to_words(used(Resource::udp_ports)), to_percent(sizing.utilisation_all_nodes_fraction),
             sizing.response ? to_milliseconds(sizing.response->p95_s) : "n/a",
             sizing.response ? to_milliseconds(sizing.response->p99_s) : "n/a"});
    }
    section.tables.push_back(std::move(traffic));
    section.tables.push_back(std::move(usage));
    std::string layers;
    for (const std::string& layer : plan.deployment.layers) {
        layers += (layers.empty() ? "" : ", ") + layer;
    }
    section.notes.push_back(fmt::format(
        "Packets and bits: mean of the busy hour, whole role, every leg, layers {}. A relayed "
        "packet"
        " counts once in and once out. All nodes up: the bottleneck while no node is lost. Delay: "
        "what"
        " the servers themselves add to a registration (registrar) or to the ringing (proxy) at the"
        " peak, spare nodes lost (RFC 6076 RRD and SRD without the network).",
        layers));
    return section;
}

Table fills_table(const std::vector<std::pair<std::string, const std::vector<Fill>*>>& named) {
    Table table{.columns = {{"name"},
                            {"resource"},
                            {"at peak", Align::right},
                            {"limit", Align::right},
                            {"of the limit", Align::right}},
                .rows = {}};
    for (const auto& [name, fills] : named) {
        for (const Fill& fill : *fills) {
            const bool is_rate = fill.resource == "bits_per_s";
            table.rows.push_back(
                {name, fill.resource,
                 is_rate ? to_bit_rate(fill.usage_number) : to_words(fill.usage_number),
                 !fill.limit_number ? "n/a"
                 : is_rate          ? to_bit_rate(*fill.limit_number)
                                    : to_words(*fill.limit_number),
                 fill.limit_number ? to_percent(fill.usage_number / *fill.limit_number) : "n/a"});
        }
    }
    return table;
}

void add_network_section(const Plan& plan, Report& report) {
    const YearPlan& start = plan.years.front();
    std::vector<std::pair<std::string, const std::vector<Fill>*>> named;
    for (const LinkUse& link : start.links) named.emplace_back("link " + link.name, &link.fills);
    for (const FirewallUse& wall : start.firewalls) {
        named.emplace_back("firewall " + wall.name, &wall.fills);
    }
    for (const TrunkUse& trunk : start.trunks) {
        named.emplace_back("trunk " + trunk.name, &trunk.fills);
    }
    if (named.empty()) return;
    Section section{.title = fmt::format("NETWORK AND TRUNKS in {}", start.year),
                    .paragraphs = {},
                    .tables = {fills_table(named)},
                    .notes = {}};
    section.notes.emplace_back(
        "Link: the larger of both directions. Firewall: both directions together. Trunk channels:"
        " Erlang B at the policy's blocking probability.");
    report.sections.push_back(std::move(section));
}

Section transports_section(const Plan& plan) {
    Section section{.title = "TRANSPORTS: the same demand, all endpoints on one transport",
                    .paragraphs = {},
                    .tables = {},
                    .notes = {}};
    Table table{.columns = {{"transport"},
                            {"signalling nodes", Align::right},
                            {"capacity, UDP = 1", Align::right},
                            {"CPU cores at peak", Align::right},
                            {"signalling in + out", Align::right}},
                .rows = {}};
    for (const TransportRow& row : plan.transports) {
        table.rows.push_back({row.transport, nodes_words(row.nodes),
                              fmt::format("{:.3f}", row.capacity_relative_factor),
                              fmt::format("{:.2f}", row.cpu_cores), to_bit_rate(row.bits_per_s)});
    }
    section.tables.push_back(std::move(table));
    section.notes.emplace_back(
        "Registrar and proxy together, in the first year. Connections for each registration or"
        " transaction pay the handshake; persistent ones pay only records.");
    return section;
}

Section findings_section(const Plan& plan) {
    constexpr std::array<const char*, 3> marks{"info", "WARNING", "ERROR"};
    Section section{.title = "FINDINGS", .paragraphs = {}, .tables = {}, .notes = {}};
    Table table{.columns = {{"severity"}, {"what, and what to do"}, {"source"}}, .rows = {}};
    for (const Finding& finding : plan.findings) {
        table.rows.push_back(
            {marks.at(static_cast<std::size_t>(finding.severity)),
             fmt::format("{} {} [{}]", finding.message, finding.remedy, finding.id),
             finding.source});
    }
    section.tables.push_back(std::move(table));
    return section;
}

/// "/populations/3/media/codec" to "/populations/*/media/codec".
std::string general_path(std::string_view path) {
    std::string general;
    general.reserve(path.size());
    for (std::size_t at = 0; at < path.size();) {
        const std::size_t end = std::min(path.find('/', at + 1), path.size());
        const std::string_view token = path.substr(at + 1, end - at - 1);
        const bool is_index =
            !token.empty() && token.find_first_not_of("0123456789") == std::string_view::npos;
        general += '/';
        general += is_index ? "*" : token;
        at = end;
    }
    return general;
}

Section assumptions_section(const Plan& plan) {
    Section section{.title = "ASSUMPTIONS: every default that was used",
                    .paragraphs = {},
                    .tables = {},
                    .notes = {}};
    Table table{.columns = {{"key"}, {"value"}, {"source"}}, .rows = {}};
    struct Group {
        std::string path, value;
        const Assumption* first;
        int times;
    };
    std::vector<Group> groups;
    std::unordered_map<std::string, std::size_t> places;  // 10,000 populations have 300,000
    for (const Assumption& assumption : plan.deployment.assumptions) {
        const std::string* text = assumption.value.text();
        std::string path = general_path(assumption.path);
        std::string value = text != nullptr ? *text : to_json_text(assumption.value);
        std::string key = path;
        key.append("\n").append(value).append("\n").append(source_words(assumption));
        const auto [place, is_new] = places.emplace(std::move(key), groups.size());
        if (is_new) groups.push_back({std::move(path), std::move(value), &assumption, 0});
        ++groups[place->second].times;
    }
    for (const Group& group : groups) {
        table.rows.push_back(
            {group.path, group.value + (group.times > 1 ? fmt::format(" x{}", group.times) : ""),
             source_words(*group.first)});
    }
    section.tables.push_back(std::move(table));
    section.notes.emplace_back(
        "x3: assumed in three places, each with its own path in --format json. Sources are "
        "explained in docs/references.md.");
    return section;
}

Section models_section(const Plan& plan) {
    Section section{.title = "MODELS", .paragraphs = {}, .tables = {}, .notes = {}};
    Table table{.columns = {{"model"}, {"status"}, {"measured on"}, {"source"}}, .rows = {}};
    for (const UsedModel& model : plan.models) {
        std::string where = model.measured_on;
        if (!model.host.empty()) where += (where.empty() ? "host " : ", host ") + model.host;
        if (!model.date.empty()) where += (where.empty() ? "" : ", ") + model.date;
        const std::string source = model.changed_by.empty()
                                       ? model.source
                                       : model.source + ", changed by " + model.changed_by;
        table.rows.push_back(
            {model.name, model.status.empty() ? "standard" : model.status, where, source});
    }
    section.tables.push_back(std::move(table));
    return section;
}

}  // namespace

Report to_report(const Plan& plan) {
    Report report{
        .title = fmt::format("{}: sizing report, busyhour {}", plan.deployment.name, version()),
        .sections = {}};
    report.sections.push_back(answer_section(plan));
    report.sections.push_back(constraints_section(plan));
    report.sections.push_back(demand_section(plan));
    report.sections.push_back(roles_section(plan));
    report.sections.push_back(hops_section(plan));
    add_replication_sections(plan, report);
    add_unwanted_section(plan, report);
    add_network_section(plan, report);
    if (plan.uncertainty) report.sections.push_back(uncertainty_section(plan));
    add_storm_section(plan, report);
    report.sections.push_back(transports_section(plan));
    add_quality_section(plan, report);
    report.sections.push_back(hosts_section(plan));
    report.sections.push_back(settings_section(plan));
    report.sections.push_back(findings_section(plan));
    report.sections.push_back(assumptions_section(plan));
    report.sections.push_back(models_section(plan));
    return report;
}

}  // namespace busyhour
