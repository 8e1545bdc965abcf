#include "busyhour/report/plan_json.h"

#include "busyhour/plan/finding_names.h"
#include "busyhour/plan/year_demand.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <string_view>

namespace busyhour {
namespace {

using Object = nlohmann::ordered_json;

/// Sets a number that is known and finite; what is unknown stays absent.
void set(Object& object, const char* key, std::optional<double> value) {
    if (!value || !std::isfinite(*value)) return;
    if (*value == std::floor(*value) && std::abs(*value) < 1e15) {
        object[key] = static_cast<std::int64_t>(*value);
    } else {
        object[key] = *value;
    }
}

void set_text(Object& object, const char* key, const std::string& text) {
    if (!text.empty()) object[key] = text;
}

Object traffic_json(const Traffic& mean, const Traffic& peak, bool is_in) {
    Object object = Object::object();
    const auto packets = is_in ? &Traffic::packets_in_number : &Traffic::packets_out_number;
    const auto bytes = is_in ? &Traffic::in_bytes : &Traffic::out_bytes;
    set(object, "packets_per_s", mean.*packets);
    set(object, "bits_per_s", mean.*bytes * 8);
    set(object, "packets_peak_per_s", peak.*packets);
    set(object, "bits_peak_per_s", peak.*bytes * 8);
    return object;
}

Object demand_json(const YearDemand& demand) {
    Object object;
    for (const DemandField& field : demand_fields()) {
        set(object, std::string(field.name).c_str(), field.value(demand));
    }
    return object;
}

Object replication_json(const ReplicationUse& use) {
    Object object;
    Object kinds = Object::array();
    for (const ReplicationRow& row : use.rows) {
        Object kind{{"kind", row.kind}};
        set(kind, "requests_per_s", row.requests_per_s);
        set(kind, "packets_per_s", row.sent.packets_in_number + row.sent.packets_out_number);
        set(kind, "bits_per_s", (row.sent.in_bytes + row.sent.out_bytes) * 8);
        kinds.push_back(std::move(kind));
    }
    object["kinds"] = std::move(kinds);
    set(object, "messages_per_s", use.messages_per_s);
    set(object, "packets_per_s", use.all.packets_out_number);
    set(object, "bits_per_s", use.all.out_bytes * 8);
    Object node;
    set(node, "packets_in_per_s", use.node.packets_in_number);
    set(node, "packets_out_per_s", use.node.packets_out_number);
    set(node, "bits_in_per_s", use.node.in_bytes * 8);
    set(node, "bits_out_per_s", use.node.out_bytes * 8);
    object["per_node"] = std::move(node);
    if (!use.rows.empty()) {
        set(object["per_peer"], "packets_per_s", use.peer_packets_per_s);
        set(object["per_peer"], "bits_per_s", use.peer_bytes_per_s * 8);
    }
    if (use.join) {
        Object& sync = object["full_sync"];
        set(sync, "contacts", use.join->contacts_number);
        set(sync, "peers", use.join->peers);
        set(sync, "requests", use.join->requests_number);
        set(sync, "contacts_per_message", use.join->from_each.contacts_per_message_number);
        set(sync, "message_bytes", use.join->from_each.message_bytes);
        set(sync, "packets", use.join->packets_number);
        set(sync, "bytes", use.join->bytes);
        set(sync, "pause_s", use.join->from_each.pause_s);
        set(sync, "sender_s", use.join->sender_s);
        set(sync, "receiver_cpu_s", use.join->receiver_cpu_s);
        set(sync, "contacts_per_s", use.join->contacts_per_s);
    }
    Object scales = Object::array();
    for (const ReplicationScale& scale : use.by_nodes) {
        Object row{{"nodes", scale.nodes}};
        set(row, "messages_per_s", scale.messages_per_s);
        set(row, "packets_per_s", scale.all.packets_out_number);
        set(row, "bits_per_s", scale.all.out_bytes * 8);
        set(row, "per_node_packets_per_s", scale.node_packets_per_s);
        set(row, "cpu_cores_per_node", scale.node_cpu_cores);
        scales.push_back(std::move(row));
    }
    object["by_nodes"] = std::move(scales);
    return object;
}

Object unwanted_json(const Plan& plan) {
    Object rows = Object::array();
    for (const UnwantedUse& use : plan.unwanted) {
        Object row{{"name", use.name},
                   {"role", name_of(use.role)},
                   {"method", use.method},
                   {"handling", name_of(use.handling)}};
        set(row, "requests_per_s", use.requests_per_s);
        set(row, "packets_in_per_s", use.at_role.packets_in_number);
        set(row, "packets_out_per_s", use.at_role.packets_out_number);
        set(row, "cpu_cores", use.cpu_cores);
        set(row, "role_share_fraction", use.role_share_fraction);
        for (std::size_t i = 0; i < handling_count; ++i) {
            const std::string name(name_of(static_cast<Handling>(i)));
            set(row["cpu_cores_by_handling"], name.c_str(), use.by_handling.at(i));
        }
        set(row, "block_list_saves_cpu_cores", use.block_list_saves_cores);
        rows.push_back(std::move(row));
    }
    return rows;
}

Object response_json(const ResponseTimes& times, const Policy& policy) {
    Object object{{"metric", times.metric}};
    set(object, "utilisation_fraction", times.utilisation_fraction);
    set(object, "service_s", times.service_s);
    set(object, "mean_s", times.mean_s);
    set(object, "p95_s", times.p95_s);
    set(object, "p99_s", times.p99_s);
    set(object, "target_s",
        times.metric == "session_request_delay" ? policy.session_request_delay_s
                                                : policy.registration_request_delay_s);
    return object;
}

Object role_json(const Sizing& sizing, const RoleChoice& choice, const Policy& policy) {
    Object object{{"role", name_of(sizing.kind)}, {"server", choice.server}, {"host", choice.host}};
    set(object, "cores_effective_per_node", sizing.cores_effective_number);
    if (sizing.nodes > 0) {
        object["nodes"] = sizing.nodes;
        object["spare_nodes"] = sizing.spare_nodes;
        object["nodes_band"] = {{"low", sizing.nodes_low}};
        if (sizing.nodes_high > 0) object["nodes_band"]["high"] = sizing.nodes_high;
    }
    object["is_met"] = sizing.is_met;
    if (sizing.steady_nodes > 0) object["steady_nodes"] = sizing.steady_nodes;
    object["bound_by"] = sizing.is_storm_bound ? "storm" : "steady";
    if (sizing.bottleneck) object["bottleneck"] = short_name_of(*sizing.bottleneck);
    set(object, "utilisation_fraction", sizing.utilisation_fraction);
    set(object, "utilisation_all_nodes_fraction", sizing.utilisation_all_nodes_fraction);
    Object usage = Object::object();
    Object resources = Object::array();
    for (const ResourceUse& use : sizing.resources) {
        const std::string name(name_of(use.resource));
        set(usage, name.c_str(), use.usage_number);
        if (!use.utilisation_fraction) continue;
        Object row{{"resource", name}};
        set(row, "capacity_per_node", use.capacity_number);
        set(row, "utilisation_fraction", use.utilisation_fraction);
        set(row, "target_fraction", use.target_fraction);
        resources.push_back(std::move(row));
    }
    object["usage"] = std::move(usage);
    object["resources"] = std::move(resources);
    if (sizing.response) object["response"] = response_json(*sizing.response, policy);
    object["in"] = traffic_json(sizing.mean_traffic, sizing.peak_traffic, true);
    object["out"] = traffic_json(sizing.mean_traffic, sizing.peak_traffic, false);
    if (sizing.replication) object["replication"] = replication_json(*sizing.replication);
    return object;
}

void set_fills(Object& object, const std::vector<Fill>& fills) {
    Object rows = Object::array();
    for (const Fill& fill : fills) {
        Object row{{"resource", fill.resource}};
        set(row, "peak", fill.usage_number);
        set(row, "limit", fill.limit_number);
        set(row, "target_fraction", fill.limit_fraction);
        const std::optional<double> ratio = fill.ratio_fraction();
        if (ratio) set(row, "headroom_fraction", 1 - *ratio);
        rows.push_back(std::move(row));
    }
    object["resources"] = std::move(rows);
}

Object links_json(const YearPlan& year) {
    Object rows = Object::array();
    for (const LinkUse& link : year.links) {
        Object row{{"name", link.name}};
        if (link.site) row["site"] = *link.site;
        row["in"] = traffic_json(link.mean, link.peak, true);
        row["out"] = traffic_json(link.mean, link.peak, false);
        set_fills(row, link.fills);
        rows.push_back(std::move(row));
    }
    return rows;
}

Object firewalls_json(const YearPlan& year) {
    Object rows = Object::array();
    for (const FirewallUse& wall : year.firewalls) {
        Object row{{"name", wall.name}};
        set(row, "packets_per_s", wall.packets_per_s);
        set(row, "packets_peak_per_s", wall.packets_peak_per_s);
        set(row, "sessions", wall.sessions_number);
        set(row, "sessions_memory_bytes", wall.sessions_memory_bytes);
        set(row, "sessions_opened_per_s", wall.sessions_opened_per_s);
        set(row, "sessions_opened_peak_per_s", wall.sessions_opened_peak_per_s);
        set_fills(row, wall.fills);
        rows.push_back(std::move(row));
    }
    return rows;
}

Object trunks_json(const YearPlan& year) {
    Object rows = Object::array();
    for (const TrunkUse& trunk : year.trunks) {
        Object row{{"name", trunk.name}};
        set(row, "offered_erlang", trunk.offered_erlang);
        set(row, "call_attempts_per_s", trunk.call_attempts_per_s);
        set(row, "call_attempts_peak_per_s", trunk.call_attempts_peak_per_s);
        set(row, "channels_needed", trunk.channels_needed);
        set(row, "blocking_probability", trunk.blocking_probability);
        set_fills(row, trunk.fills);
        rows.push_back(std::move(row));
    }
    return rows;
}

Object years_json(const Plan& plan) {
    Object years = Object::array();
    for (const YearPlan& year : plan.years) {
        Object object{{"year", year.year}};
        set(object, "endpoints", std::round(year.endpoints_number));
        if (year.endpoints_low_number) {
            set(object, "endpoints_low", std::round(*year.endpoints_low_number));
            set(object, "endpoints_high", std::round(year.endpoints_high_number.value_or(0)));
        }
        set(object, "growth_factor", year.growth_factor);
        object["demand"] = demand_json(year.demand);
        Object roles = Object::array();
        for (const Sizing& sizing : year.roles) {
            roles.push_back(role_json(sizing, plan.deployment.roles.at(index_of(sizing.kind)),
                                      plan.deployment.policy));
        }
        object["roles"] = std::move(roles);
        object["links"] = links_json(year);
        object["firewalls"] = firewalls_json(year);
        object["trunks"] = trunks_json(year);
        years.push_back(std::move(object));
    }
    return years;
}

Object constraints_json(const Plan& plan) {
    Object rows = Object::array();
    for (const Constraint& limit : plan.constraints) {
        Object row{{limit.kind, limit.name}, {"resource", limit.resource}};
        set(row, "headroom_fraction", limit.headroom_fraction);
        set(row, "largest_multiple", limit.largest_multiple_factor);
        row["exhausted_in"] = limit.exhausted_in ? Object(*limit.exhausted_in) : Object(nullptr);
        rows.push_back(std::move(row));
    }
    return rows;
}

Object hops_json(const Plan& plan) {
    Object rows = Object::array();
    for (const HopUse& hop : plan.hops) {
        Object row{{"element", hop.element}};
        set_text(row, "name", hop.name);
        row["part"] = hop.part;
        row["in"] = traffic_json(hop.mean, hop.peak, true);
        row["out"] = traffic_json(hop.mean, hop.peak, false);
        rows.push_back(std::move(row));
    }
    return rows;
}

Object media_flows_json(const Plan& plan) {
    Object rows = Object::array();
    for (const MediaFlow& flow : plan.media_flows) {
        Object row{{"leg", flow.leg},
                   {"codec", flow.codec},
                   {"encryption", flow.encryption},
                   {"populations", flow.populations}};
        set(row, "rtp_packets_per_s", flow.rtp_packets_per_s);
        set(row, "rtcp_packets_per_s", flow.rtcp_packets_per_s);
        set(row, "rtp_packet_bytes", flow.rtp_packet_bytes);
        set(row, "rtcp_packet_bytes", flow.rtcp_packet_bytes);
        Object layers = Object::array();
        for (const FlowLayer& layer : flow.layers) {
            Object object{{"layer", layer.name}};
            set(object, "bytes", layer.bytes);
            set(object, "total_bytes", layer.total_bytes);
            set(object, "bits_per_s", layer.bits_per_s);
            layers.push_back(std::move(object));
        }
        row["layers"] = std::move(layers);
        rows.push_back(std::move(row));
    }
    return rows;
}

Object transports_json(const Plan& plan) {
    Object rows = Object::array();
    for (const TransportRow& transport : plan.transports) {
        Object row{{"transport", transport.transport}};
        set(row, "capacity_relative_to_udp", transport.capacity_relative_factor);
        if (transport.nodes > 0) row["nodes"] = transport.nodes;
        set(row, "cpu_cores", transport.cpu_cores);
        set(row, "bits_per_s", transport.bits_per_s);
        rows.push_back(std::move(row));
    }
    return rows;
}

Object impairments_json(const Rating& rating) {
    Object object;
    set(object, "ro", rating.basic_signal_to_noise_factor);
    set(object, "is", rating.simultaneous_impairment_factor);
    set(object, "idte", rating.talker_echo_impairment_factor);
    set(object, "idle", rating.listener_echo_impairment_factor);
    set(object, "idd", rating.delay_impairment_factor);
    set(object, "ie_eff", rating.effective_equipment_factor);
    return object;
}

Object budget_json(const CallQuality& call) {
    Object object;
    for (const BudgetPart& part : budget_parts()) {
        if (part.value == &DelayBudget::look_ahead_s && !call.is_look_ahead_known) continue;
        set(object, (std::string(part.name) + "_s").c_str(), call.budget.*part.value);
    }
    return object;
}

Object quality_json(const Plan& plan) {
    Object rows = Object::array();
    for (const CallQuality& call : plan.quality) {
        Object row{{"population", call.population},
                   {"call", call.is_internal ? "internal" : "external"},
                   {"codec", call.codec}};
        if (call.transcoded_to) row["transcoded_to"] = *call.transcoded_to;
        set(row, "one_way_delay_s", call.one_way_delay_s);
        set(row, "loss_fraction", call.loss_fraction);
        if (call.rating) {
            const QualityCategory& category = quality_category(call.rating->r_factor);
            set(row, "r_factor", call.rating->r_factor);
            set(row, "mos", call.rating->mos_score);
            row["category"] = category.name;
            row["users"] = category.users;
            row["impairments"] = impairments_json(*call.rating);
        }
        set_text(row, "not_rated", call.not_rated);
        row["budget"] = budget_json(call);
        row["largest_part"] = largest_part(call.budget).name;
        Object left;
        set(left, "to_g114_s", fine_delay_s - call.one_way_delay_s);
        set(left, "to_r80_s", call.delay_left_r80_s);
        set(left, "to_r70_s", call.delay_left_r70_s);
        row["delay_left"] = std::move(left);
        rows.push_back(std::move(row));
    }
    return rows;
}

Object hosts_json(const Plan& plan) {
    Object rows = Object::array();
    for (const HostRow& host : plan.hosts) {
        const Sizing& sizing = host.sizing;
        Object row{
            {"role", name_of(host.kind)}, {"host", host.host}, {"is_chosen", host.is_chosen}};
        set(row, "cores_per_node", host.cores_per_node_number);
        set(row, "cores_effective_per_node", sizing.cores_effective_number);
        for (std::size_t i = 0; host.cost_factors && i < yardstick_count; ++i) {
            row["cost_factors"][std::string(yardstick_labels().at(i).name)] =
                host.cost_factors->at(i);
        }
        if (sizing.nodes > 0) {
            row["nodes"] = sizing.nodes;
            row["nodes_band"] = {{"low", sizing.nodes_low}};
            if (sizing.nodes_high > 0) row["nodes_band"]["high"] = sizing.nodes_high;
        }
        if (sizing.bottleneck) row["bottleneck"] = short_name_of(*sizing.bottleneck);
        set(row, "utilisation_fraction", sizing.utilisation_fraction);
        rows.push_back(std::move(row));
    }
    return rows;
}

Object oversubscription_json(const Plan& plan) {
    Object rows = Object::array();
    for (const Oversubscription& cost : plan.oversubscription) {
        Object row{{"role", name_of(cost.kind)}};
        set(row, "core_worth_fraction", cost.core_worth_fraction);
        if (cost.nodes > 0) row["nodes"] = cost.nodes;
        if (cost.nodes_without > 0) row["nodes_without"] = cost.nodes_without;
        set(row, "response_time_factor", cost.response_time_factor);
        set(row, "response_time_factor_same_nodes", cost.response_same_nodes_factor);
        rows.push_back(std::move(row));
    }
    return rows;
}

Object settings_json(const Plan& plan) {
    Object rows = Object::array();
    for (const Setting& setting : plan.settings) {
        Object row{{"role", name_of(setting.kind)},
                   {"software", setting.software},
                   {"setting", setting.name}};
        set(row, "value", setting.value_number);
        row["unit"] = setting.unit;
        set(row, "needed", setting.needed_number);
        set(row, "default", setting.default_number);
        row["is_default_exceeded"] = setting.is_default_exceeded();
        row["why"] = setting.why;
        row["source"] = setting.source;
        rows.push_back(std::move(row));
    }
    return rows;
}

Object scenario_json(const StormScenario& scenario) {
    const StormOutcome& outcome = scenario.outcome;
    Object object{{"cause", name_of(scenario.cause)}, {"nodes", scenario.nodes}};
    set(object, "endpoints", std::round(total_endpoints_number(scenario.storm)));
    object["is_met"] = scenario.is_met;
    set(object, "recovery_s", outcome.recovery_s);
    set(object, "peak_offered_per_s", outcome.peak_offered_per_s);
    set(object, "peak_goodput_per_s", outcome.peak_goodput_per_s);
    set(object, "transmissions", std::round(outcome.transmissions_number));
    set(object, "connections", std::round(outcome.connections_number));
    set(object, "registered", std::round(outcome.registered_number));
    set(object, "gave_up", std::round(outcome.gave_up_number));
    set(object, "wasted_work_fraction", outcome.wasted_work_fraction);
    object["is_collapsed"] = outcome.is_collapsed;
    set(object, "cpu_cores", scenario.storm.server.capacity_per_s);
    set(object, "cpu_s", total_work_number(scenario.storm));
    return object;
}

Object storm_json(const Plan& plan) {
    const StormPlan& storm = *plan.storm;
    Object object;
    bool is_recovered = true;
    double recovery_s = 0;
    double peak_per_s = 0;
    Object scenarios = Object::array();
    for (const StormScenario& scenario : storm.scenarios) {
        is_recovered = is_recovered && scenario.outcome.recovery_s.has_value();
        recovery_s = std::max(recovery_s, scenario.outcome.recovery_s.value_or(0));
        peak_per_s = std::max(peak_per_s, scenario.outcome.peak_offered_per_s);
        scenarios.push_back(scenario_json(scenario));
    }
    if (is_recovered) set(object, "recovery_s", recovery_s);
    set(object, "peak_registrations_per_s", peak_per_s);
    set(object, "window_s", plan.deployment.policy.storm_window_s);
    set(object, "recovery_max_s", plan.deployment.policy.storm_recovery_s);
    object["scenarios"] = std::move(scenarios);
    Object refresh{
        {"after_s", storm.refresh_times.expires_s * storm.refresh_times.refresh_fraction}};
    set(refresh, "peak_per_s", storm.refresh.peak_per_s);
    set(refresh, "mean_per_s", storm.refresh.mean_per_s);
    set(refresh, "peak_to_mean", storm.refresh.peak_to_mean_factor);
    set(refresh, "cpu_fraction", storm.refresh_cpu_fraction);
    if (storm.refresh.waves_until_flat)
        refresh["waves_until_flat"] = *storm.refresh.waves_until_flat;
    object["refresh"] = std::move(refresh);
    return object;
}

Object findings_json(const Plan& plan) {
    Object rows = Object::array();
    for (const Finding& finding : plan.findings) {
        Object evidence = Object::object();
        for (const auto& [name, value] : finding.evidence) set(evidence, name.c_str(), value);
        rows.push_back({{"id", finding.id},
                        {"severity", severity_names.at(static_cast<std::size_t>(finding.severity))},
                        {"message", finding.message},
                        {"remedy", finding.remedy},
                        {"evidence", std::move(evidence)},
                        {"source", finding.source}});
    }
    return rows;
}

Object to_object(const Json& value) {
    if (const bool* truth = value.boolean()) return *truth;
    if (const std::string* text = value.text()) return *text;
    if (const double* number = value.number()) {
        Object holder;
        set(holder, "value", *number);
        return std::move(holder["value"]);
    }
    if (value.is_null()) return nullptr;
    return Object::parse(to_json_text(value));
}

std::string text_of(const Object& object) {
    return object.dump(2, ' ', false, nlohmann::json::error_handler_t::replace);
}

/// A value in the third level of the report.
std::string indented_text(const Json& value) {
    std::string text;
    for (const char c : text_of(to_object(value))) {
        text += c;
        if (c == '\n') text += "      ";
    }
    return text;
}

/// The assumptions as text: 10,000 populations have 300,000 of them, too many for a tree.
std::string assumptions_text(const Plan& plan) {
    if (plan.deployment.assumptions.empty()) return "[]";
    std::string rows = "[";
    for (const Assumption& assumption : plan.deployment.assumptions) {
        rows += rows.size() == 1 ? "\n    {\n      \"path\": " : ",\n    {\n      \"path\": ";
        rows += text_of(assumption.path);
        rows += ",\n      \"value\": ";
        rows += indented_text(assumption.value);
        rows += ",\n      \"origin\": ";
        rows += text_of(assumption.origin);
        rows += ",\n      \"source\": ";
        rows += text_of(assumption.source);
        rows += "\n    }";
    }
    return rows + "\n  ]";
}

Object models_json(const Plan& plan) {
    Object rows = Object::array();
    for (const UsedModel& model : plan.models) {
        Object row{{"name", model.name}};
        set_text(row, "title", model.title);
        set_text(row, "source", model.source);
        set_text(row, "status", model.status);
        set_text(row, "measured_on", model.measured_on);
        set_text(row, "host", model.host);
        set_text(row, "date", model.date);
        set_text(row, "changed_by", model.changed_by);
        rows.push_back(std::move(row));
    }
    return rows;
}

Object uncertainty_json(const Uncertainty& uncertainty, const std::vector<YearPlan>& years) {
    Object object{{"draws", uncertainty.options.draws_number},
                  {"seed", uncertainty.options.seed},
                  {"interval_fraction", uncertainty.options.interval_fraction}};
    Object inputs = Object::array();
    for (const UncertainInput& input : uncertainty.inputs) {
        Object row{{"path", input.path}};
        set(row, "low", input.low_number);
        set(row, "likely", input.likely_number);
        set(row, "high", input.high_number);
        inputs.push_back(std::move(row));
    }
    Object bands = Object::array();
    for (const Band& band : uncertainty.bands) {
        Object row{{"path", band.path}};
        set(row, "low", band.low_number);
        set(row, "median", band.median_number);
        set(row, "high", band.high_number);
        bands.push_back(std::move(row));
    }
    Object risks = Object::array();
    for (const Risk& risk : uncertainty.risks) {
        Object row = risk.kind == "any"
                         ? Object{{"any", true}}
                         : Object{{risk.kind, risk.name}, {"resource", risk.resource}};
        Object by_year = Object::array();
        for (std::size_t i = 0; i < years.size(); ++i) {
            by_year.push_back({{"year", years[i].year}, {"probability", risk.probabilities[i]}});
        }
        row["exceeded"] = std::move(by_year);
        risks.push_back(std::move(row));
    }
    Object swings = Object::array();
    for (const Swing& swing : uncertainty.swings) {
        Object row{{"path", swing.path}};
        set(row, "fullest_limit_low_fraction", swing.fill_low_fraction);
        set(row, "fullest_limit_high_fraction", swing.fill_high_fraction);
        set(row, "nodes_low", swing.nodes_low);
        set(row, "nodes_high", swing.nodes_high);
        swings.push_back(std::move(row));
    }
    object["inputs"] = std::move(inputs);
    object["risks"] = std::move(risks);
    object["tornado"] = std::move(swings);
    object["bands"] = std::move(bands);
    return object;
}

}  // namespace

std::string version() {
    return BUSYHOUR_VERSION;
}

std::string to_report_json(const Plan& plan) {
    Object report{
        {"format", "busyhour.report/1"},
        {"busyhour", version()},
        {"deployment", {{"name", plan.deployment.name}, {"sha256", plan.deployment.sha256}}}};
    report["is_met"] = plan.is_met;
    report["years"] = years_json(plan);
    if (!plan.unwanted.empty()) report["unwanted"] = unwanted_json(plan);
    report["hops"] = hops_json(plan);
    report["media_flows"] = media_flows_json(plan);
    report["transports"] = transports_json(plan);
    report["hosts"] = hosts_json(plan);
    report["oversubscription"] = oversubscription_json(plan);
    report["constraints"] = constraints_json(plan);
    Object capacities = Object::array();
    for (const FixedCapacity& capacity : plan.capacities) {
        Object row{{"role", capacity.role}, {"nodes", capacity.nodes}};
        set(row, "largest_multiple", capacity.largest_multiple_factor);
        set_text(row, "bottleneck", capacity.binding_resource);
        capacities.push_back(std::move(row));
    }
    report["capacities"] = std::move(capacities);
    if (plan.uncertainty) report["uncertainty"] = uncertainty_json(*plan.uncertainty, plan.years);
    report["quality"] = quality_json(plan);
    report["settings"] = settings_json(plan);
    if (plan.storm) report["storm"] = storm_json(plan);
    report["findings"] = findings_json(plan);
    report["assumptions"] = nullptr;
    report["models"] = models_json(plan);
    std::string text = text_of(report);
    // No string of the report holds this: a line feed in one is written as an escape.
    constexpr std::string_view key = "\n  \"assumptions\": ";
    constexpr std::string_view absent = "null";
    text.replace(text.rfind(key) + key.size(), absent.size(), assumptions_text(plan));
    return text + "\n";
}

}  // namespace busyhour
