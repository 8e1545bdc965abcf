#include "busyhour/plan/finding_names.h"
#include "busyhour/plan/year_demand.h"
#include "busyhour/report/format.h"
#include "busyhour/report/hops_report.h"
#include "busyhour/report/hosts_report.h"
#include "busyhour/report/plan_report.h"
#include "busyhour/report/quality_report.h"
#include "busyhour/report/storm_report.h"

#include <cmath>
#include <utility>

namespace busyhour {
namespace {

/// Rows of one year and one section.
class Rows {
public:
    Rows(Table& table, int year, std::string section)
        : table_(table), year_(std::to_string(year)), section_(std::move(section)) {}

    void add(const std::string& name, const std::string& metric, double value_number) {
        say(name, metric, to_digits(value_number));
    }
    void add(const std::string& name, const std::string& metric,
             std::optional<double> value_number) {
        if (value_number) add(name, metric, *value_number);
    }
    void say(const std::string& name, const std::string& metric, const std::string& words) {
        table_.rows.push_back({year_, section_, name, metric, words});
    }

private:
    Table& table_;
    std::string year_;
    std::string section_;
};

void add_role(const Sizing& sizing, Rows& rows) {
    const std::string name(name_of(sizing.kind));
    rows.add(name, "nodes", sizing.nodes);
    rows.add(name, "spare_nodes", sizing.spare_nodes);
    rows.add(name, "utilisation_fraction", sizing.utilisation_fraction);
    for (const ResourceUse& use : sizing.resources) {
        rows.add(name, std::string(name_of(use.resource)), use.usage_number);
    }
    rows.add(name, "in_packets_per_s", sizing.mean_traffic.packets_in_number);
    rows.add(name, "out_packets_per_s", sizing.mean_traffic.packets_out_number);
    rows.add(name, "in_bits_per_s", sizing.mean_traffic.in_bytes * 8);
    rows.add(name, "out_bits_per_s", sizing.mean_traffic.out_bytes * 8);
}

void add_replication(const Sizing& sizing, Rows& rows) {
    if (!sizing.replication) return;
    const ReplicationUse& use = *sizing.replication;
    const std::string name(name_of(sizing.kind));
    for (const ReplicationRow& row : use.rows) {
        rows.add(name, row.kind + "_requests_per_s", row.requests_per_s);
    }
    rows.add(name, "messages_per_s", use.messages_per_s);
    rows.add(name, "packets_per_s", use.all.packets_out_number);
    rows.add(name, "bits_per_s", use.all.out_bytes * 8);
    rows.add(name, "per_peer_packets_per_s", use.peer_packets_per_s);
    rows.add(name, "per_peer_bits_per_s", use.peer_bytes_per_s * 8);
    if (use.join) {
        rows.add(name, "full_sync_requests", use.join->requests_number);
        rows.add(name, "full_sync_packets", use.join->packets_number);
    }
    for (const ReplicationScale& scale : use.by_nodes) {
        const std::string nodes = "with_" + std::to_string(scale.nodes) + "_nodes_";
        rows.add(name, nodes + "messages_per_s", scale.messages_per_s);
        rows.add(name, nodes + "packets_per_s", scale.all.packets_out_number);
    }
}

void add_fills(const std::string& name, const std::vector<Fill>& fills, Rows& rows) {
    for (const Fill& fill : fills) {
        rows.add(name, fill.resource + "_peak", fill.usage_number);
        rows.add(name, fill.resource + "_limit", fill.limit_number);
        if (const auto ratio = fill.ratio_fraction()) {
            rows.add(name, fill.resource + "_headroom_fraction", 1 - *ratio);
        }
    }
}

void add_year(const YearPlan& year, Table& table) {
    Rows demand(table, year.year, "demand");
    demand.add("", "endpoints", std::round(year.endpoints_number));
    for (const DemandField& field : demand_fields()) {
        demand.add("", std::string(field.name), field.value(year.demand));
    }
    Rows roles(table, year.year, "role");
    for (const Sizing& sizing : year.roles) add_role(sizing, roles);
    Rows replication(table, year.year, "replication");
    for (const Sizing& sizing : year.roles) add_replication(sizing, replication);
    Rows links(table, year.year, "link");
    for (const LinkUse& link : year.links) add_fills(link.name, link.fills, links);
    Rows firewalls(table, year.year, "firewall");
    for (const FirewallUse& wall : year.firewalls) add_fills(wall.name, wall.fills, firewalls);
    Rows trunks(table, year.year, "trunk");
    for (const TrunkUse& trunk : year.trunks) {
        add_fills(trunk.name, trunk.fills, trunks);
        trunks.add(trunk.name, "blocking_probability", trunk.blocking_probability);
    }
}

void add_constraints(const Plan& plan, int year, Table& table) {
    Rows rows(table, year, "constraint");
    for (const Constraint& limit : plan.constraints) {
        const std::string name = limit_name(limit.kind, limit.name, limit.resource);
        rows.add(name, "headroom_fraction", limit.headroom_fraction);
        rows.add(name, "largest_multiple", limit.largest_multiple_factor);
        if (limit.exhausted_in) rows.add(name, "exhausted_in", *limit.exhausted_in);
    }
    Rows capacities(table, year, "capacity");
    for (const FixedCapacity& capacity : plan.capacities) {
        capacities.add(capacity.role, "nodes", capacity.nodes);
        capacities.add(capacity.role, "largest_multiple", capacity.largest_multiple_factor);
        capacities.say(capacity.role, "bottleneck", capacity.binding_resource);
    }
}

void add_transports(const Plan& plan, int year, Table& table) {
    Rows rows(table, year, "transport");
    for (const TransportRow& row : plan.transports) {
        rows.add(row.transport, "capacity_relative_to_udp", row.capacity_relative_factor);
        if (row.nodes > 0) rows.add(row.transport, "nodes", row.nodes);
        rows.add(row.transport, "cpu_cores", row.cpu_cores);
        rows.add(row.transport, "bits_per_s", row.bits_per_s);
    }
}

void add_unwanted(const Plan& plan, int year, Table& table) {
    Rows rows(table, year, "unwanted");
    for (const UnwantedUse& use : plan.unwanted) {
        rows.say(use.name, "role", std::string(name_of(use.role)));
        rows.say(use.name, "handling", std::string(name_of(use.handling)));
        rows.add(use.name, "requests_per_s", use.requests_per_s);
        rows.add(use.name, "packets_in_per_s", use.at_role.packets_in_number);
        rows.add(use.name, "packets_out_per_s", use.at_role.packets_out_number);
        rows.add(use.name, "cpu_cores", use.cpu_cores);
        rows.add(use.name, "role_share_fraction", use.role_share_fraction);
        rows.add(use.name, "block_list_saves_cpu_cores", use.block_list_saves_cores);
    }
}

void add_oversubscription(const Plan& plan, int year, Table& table) {
    Rows rows(table, year, "oversubscription");
    for (const Oversubscription& cost : plan.oversubscription) {
        const std::string name(name_of(cost.kind));
        rows.add(name, "core_worth_fraction", cost.core_worth_fraction);
        if (cost.nodes > 0) rows.add(name, "nodes", cost.nodes);
        if (cost.nodes_without > 0) rows.add(name, "nodes_without", cost.nodes_without);
        rows.add(name, "response_time_factor", cost.response_time_factor);
    }
}

void add_uncertainty(const Plan& plan, Table& table) {
    if (!plan.uncertainty) return;
    const int start = plan.years.front().year;
    Rows bands(table, start, "uncertainty");
    for (const Band& band : plan.uncertainty->bands) {
        bands.add(band.path, "low", band.low_number);
        bands.add(band.path, "median", band.median_number);
        bands.add(band.path, "high", band.high_number);
    }
    for (const Swing& swing : plan.uncertainty->swings) {
        bands.add(swing.path, "fullest_limit_low_fraction", swing.fill_low_fraction);
        bands.add(swing.path, "fullest_limit_high_fraction", swing.fill_high_fraction);
    }
    for (const Risk& risk : plan.uncertainty->risks) {
        const std::string name =
            risk.kind == "any" ? "any" : limit_name(risk.kind, risk.name, risk.resource);
        for (std::size_t i = 0; i < plan.years.size(); ++i) {
            Rows rows(table, plan.years[i].year, "uncertainty");
            rows.add(name, "exceeded_probability", risk.probabilities.at(i));
        }
    }
}

void add_findings(const Plan& plan, int year, Table& table) {
    Rows rows(table, year, "finding");
    for (const Finding& finding : plan.findings) {
        rows.say(finding.id,
                 std::string(severity_names.at(static_cast<std::size_t>(finding.severity))),
                 finding.message + " " + finding.remedy);
    }
}

void add_assumptions(const Plan& plan, int year, Table& table) {
    Rows rows(table, year, "assumption");
    for (const Assumption& assumption : plan.deployment.assumptions) {
        const std::string* text = assumption.value.text();
        rows.say(assumption.path, source_words(assumption),
                 text != nullptr && !text->empty() ? *text : to_json_text(assumption.value));
    }
}

}  // namespace

Table to_rows(const Plan& plan) {
    Table table{.columns = {{"year"}, {"section"}, {"name"}, {"metric"}, {"value"}}, .rows = {}};
    const int start = plan.years.front().year;
    add_storm_rows(plan, table);
    for (const YearPlan& year : plan.years) add_year(year, table);
    add_constraints(plan, start, table);
    add_transports(plan, start, table);
    add_unwanted(plan, start, table);
    add_oversubscription(plan, start, table);
    add_quality_rows(plan, table);
    add_hop_rows(plan, table);
    add_host_rows(plan, table);
    add_uncertainty(plan, table);
    add_findings(plan, start, table);
    add_assumptions(plan, start, table);
    return table;
}

}  // namespace busyhour
