#include "busyhour/plan/explain_settings.h"

#include "busyhour/plan/explain_place.h"
#include "busyhour/plan/explain_terms.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace busyhour {
namespace {

/// One row of the settings, and the node that it is for: of the last year, the spare nodes lost.
struct Row {
    const Scene& scene;
    const Setting& setting;
    std::string pointer;  ///< "/settings/4"
    Place place;
    Carrying carrying;

    [[nodiscard]] Explained reported(const std::string& name, const std::string& key) const {
        return scene.reported(name, pointer + "/" + key);
    }
    [[nodiscard]] Explained amount(Driver driver) const {
        return node_amount(place, driver, carrying);
    }
    [[nodiscard]] Explained cost(const std::string& name, Resource resource) const {
        return cost_sum(place, name, {.resource = resource}, carrying);
    }
};

using BuildSetting = Explained (*)(const Row& row);

/// The role of the row's kind in the last year.
Place place_of(const Scene& scene, const Setting& setting) {
    std::size_t role = 0;
    while (scene.plan.years.back().roles.at(role).kind != setting.kind) ++role;
    return {scene, {std::to_string(scene.plan.years.size() - 1), std::to_string(role)}};
}

Carrying carrying_of(const Place& place) {
    const int spares = place.sizing().spare_nodes;
    const int number = std::max(1, place.shown_nodes() - spares);
    if (place.sizing().nodes <= 0 || spares == 0) return {1.0 * number, nodes_of(place)};
    return {1.0 * number, computed("nodes that carry", "max(1, {nodes} - {spare nodes})",
                                   {nodes_of(place), place.reported("spare nodes", "spare_nodes")},
                                   [](const std::vector<double>& v) {
                                       return std::max(1.0, v.at(0) - v.at(1));
                                   })};
}

// What the peak takes

Explained shared_memory(const Row& row) {
    constexpr double mebibyte_bytes = 1048576;
    return computed(
        "needed", "{octets} / {octets of a MiB}",
        {row.cost("octets", Resource::memory_bytes), constant("octets of a MiB", mebibyte_bytes)},
        [](const std::vector<double>& v) { return v.at(0) / v.at(1); });
}

Explained private_memory(const Row& /*row*/) {
    return same_as("needed", constant("what grows with load", 0, "kamailio-docs"));
}

/// Workers that wait for others, as many as transactions/s x the time that each waits.
std::optional<Explained> waiting_workers(const Row& row) {
    const double blocking_s = row.place.choice().blocking_s;
    if (blocking_s <= 0) return std::nullopt;
    constexpr std::array transactions{Driver::registrations, Driver::registration_challenges,
                                      Driver::call_attempts, Driver::call_challenges,
                                      Driver::other_transactions};
    std::vector<Explained> terms;
    for (const Driver driver : transactions) {
        Explained amount = row.amount(driver);
        if (amount.value_number == 0) continue;
        amount.name = driver_labels().at(index_of(driver)).words;
        terms.push_back(std::move(amount));
    }
    return product_of(
        "workers that wait",
        {sum_of("transactions/s", std::move(terms)),
         row.scene.given("time that each waits", row.place.given("blocking_s"), blocking_s)});
}

Explained working_workers(const Row& row) {
    return computed(
        "workers with the CPU",
        "max({cost at saturation}, ({cost at saturation} + {wake-up cost}) x {cores of a node} /"
        " ({cores of a node} + {wake-up cost})) x {cores per node} / {cores of a node}",
        {row.cost("cost at saturation", Resource::cpu_cores),
         cost_sum(row.place, "wake-up cost", {.is_wakeup = true}, row.carrying),
         cores_of(row.place),
         row.scene.given("cores per node", row.place.given("cores_per_node"),
                         row.place.choice().cores_per_node_number)},
        [](const std::vector<double>& v) {
            return busy_cores({v.at(0), v.at(1)}, v.at(2)) / (v.at(2) / v.at(3));
        });
}

Explained workers(const Row& row) {
    std::vector<Explained> busy{working_workers(row)};
    if (std::optional<Explained> waiting = waiting_workers(row)) busy.push_back(*waiting);
    return computed("needed", "max(1, ceil({workers busy} / {target}))",
                    {sum_of("workers busy", std::move(busy)),
                     row.scene.given("target", "/policy/target_utilisation_fraction",
                                     row.scene.deployment().policy.target_utilisation_fraction)},
                    [](const std::vector<double>& v) {
                        constexpr double rounding = 1e-9;
                        return std::max(1.0, std::ceil(v.at(0) / v.at(1) - rounding));
                    });
}

/// A node's amounts of some drivers, those that are not 0.
Explained amounts(const Row& row, const std::string& name, std::initializer_list<Driver> drivers) {
    std::vector<Explained> terms;
    for (const Driver driver : drivers) {
        Explained amount = row.amount(driver);
        if (amount.value_number == 0) continue;
        terms.push_back(std::move(amount));
    }
    return sum_of(name, std::move(terms));
}

Explained connections_of(const Row& row) {
    return amounts(row, "needed", {Driver::tcp_connections, Driver::tls_connections});
}

Explained tls_connections(const Row& row) {
    return amounts(row, "needed", {Driver::tls_connections});
}

Explained silence(const Row& row) {
    std::vector<Explained> operands;
    for (std::size_t p = 0; p < row.scene.deployment().populations.size(); ++p) {
        const Population& each = row.scene.population(p);
        if (each.transport == Transport::udp) continue;
        operands.push_back(planned(
            "silence of " + each.name, silence_s(each),
            "the lesser of refresh interval and keepalive interval, " + pointer_of_population(p)));
    }
    std::string formula;
    for (const Explained& each : operands) {
        formula += (formula.empty() ? "{" : ", {") + each.name + "}";
    }
    return computed(
        "needed", "max(" + formula + ")", std::move(operands),
        [](const std::vector<double>& v) { return *std::max_element(v.begin(), v.end()); });
}

Explained open_files(const Row& row) {
    const bool is_relay = row.place.kind() == RoleKind::media_relay;
    return is_relay ? row.cost("needed", Resource::udp_ports) : connections_of(row);
}

Explained receive_buffer(const Row& row) {
    return computed(
        "needed",
        "{packets/s into a node} x {pause} x {octets charged for a packet} / {Linux doubles it}",
        {node_packets_in(row.place, row.carrying),
         row.scene.given("pause", "/policy/stall_s", row.scene.deployment().policy.stall_s),
         constant("octets charged for a packet", 2315, "linux-receive-buffer-2026-11"),
         constant("Linux doubles it", 2, "linux-receive-buffer-2026-11")},
        [](const std::vector<double>& v) { return v.at(0) * v.at(1) * v.at(2) / v.at(3); });
}

constexpr const char* relay_source = "sipwise-rtpengine-docs";

Explained first_port() {
    return constant("first port by default", 30000, relay_source);
}

Explained port_min(const Row& /*row*/) {
    return same_as("needed", first_port());
}

Explained port_max(const Row& row) {
    return sum_of("needed", {first_port(), row.cost("ports", Resource::udp_ports)});
}

Explained whole_cores(const Row& row) {
    return computed("needed", "ceil({cores per node})",
                    {row.scene.given("cores per node", row.place.given("cores_per_node"),
                                     row.place.choice().cores_per_node_number)},
                    [](const std::vector<double>& v) { return std::ceil(v.at(0)); });
}

Explained sessions(const Row& row) {
    return same_as("needed", row.amount(Driver::media_sessions));
}

/// Flows over UDP that a registrar's endpoints keep alive, site by site.
std::vector<Explained> flows_of_endpoints(const Row& row, const Explained& timeout) {
    std::vector<Explained> terms;
    for (const auto& [site, load] : row.scene.hour.sites) {
        for (const SignallingSessions& group : load.signalling) {
            if (group.gap_s <= 0) continue;
            Explained nodes = row.carrying.explained;
            nodes.name = "nodes that carry";
            Explained growth = growth_of(row.scene, row.place.year);
            growth.name = "growth";
            terms.push_back(computed(
                "flows of site " + site + ", " + to_json_text(Json{group.gap_s}) + " s apart",
                "{endpoints} x {growth} / {nodes that carry} x min(1, {UDP timeout} / {gap})",
                {planned("endpoints", group.endpoints_number, "of this site with this gap"),
                 std::move(growth), std::move(nodes), timeout,
                 planned("gap", group.gap_s, "mean time between two packets of one endpoint")},
                [](const std::vector<double>& v) {
                    return v.at(0) * v.at(1) / v.at(2) * std::min(1.0, v.at(3) / v.at(4));
                }));
        }
    }
    return terms;
}

Explained flows_opened(const Row& row) {
    std::vector<Explained> terms;
    Explained ports = row.amount(Driver::relay_ports_opened);
    if (ports.value_number != 0) terms.push_back(std::move(ports));
    const bool is_faced = faces_endpoints(row.scene.deployment(), row.place.kind());
    if (is_faced && row.place.kind() != RoleKind::registrar) {
        Explained attempts = row.amount(Driver::call_attempts);
        attempts.name = "call attempts/s of a node";
        terms.push_back(
            product_of("flows of calls", {std::move(attempts), constant("caller and callee", 2),
                                          constant("set-up and release", 2)}));
    }
    return sum_of("flows opened/s", std::move(terms));
}

Explained tracked(const Row& row) {
    const Explained timeout = row.scene.given("UDP timeout", "/network/conntrack_udp_timeout_s",
                                              row.scene.deployment().conntrack_udp_timeout_s);
    std::vector<Explained> alive;
    for (const Driver driver :
         {Driver::relay_ports, Driver::tcp_connections, Driver::tls_connections}) {
        Explained amount = row.amount(driver);
        if (amount.value_number != 0) alive.push_back(std::move(amount));
    }
    const bool is_faced = faces_endpoints(row.scene.deployment(), row.place.kind());
    if (is_faced && row.place.kind() != RoleKind::proxy) {
        for (Explained& each : flows_of_endpoints(row, timeout)) alive.push_back(std::move(each));
    }
    Explained all =
        computed("needed", "{flows alive} + {flows opened/s} x {UDP timeout}",
                 {sum_of("flows alive", std::move(alive)), flows_opened(row), timeout},
                 [](const std::vector<double>& v) { return v.at(0) + v.at(1) * v.at(2); });
    all.source = "linux-nf-conntrack";
    return all;
}

/// The row of the same role that has that name.
Explained other_row(const Row& row, const std::string& setting, const std::string& key) {
    const std::vector<Setting>& settings = row.scene.plan.settings;
    for (std::size_t i = 0; i < settings.size(); ++i) {
        if (settings[i].kind != row.setting.kind || settings[i].name != setting) continue;
        return row.scene.reported(setting, pointer_to("/settings", i) + "/" + key);
    }
    return planned(setting, std::nan(""), {});
}

Explained port_range(const Row& row) {
    return computed(
        "needed", "{port-min} + max({ports by default}, ceil({ports} / {target of tables}))",
        {other_row(row, "port-min", "value"), constant("ports by default", 10000, relay_source),
         row.cost("ports", Resource::udp_ports), target_of(row.scene, ResourceKind::table)},
        [](const std::vector<double>& v) {
            return v.at(0) + std::max(v.at(1), std::ceil(v.at(2) / v.at(3)));
        });
}

// What to set

Explained with_default(const Row& row, const std::string& formula, std::vector<Explained> operands,
                       Evaluate evaluate) {
    if (!row.setting.default_number) {
        return computed("value", formula, std::move(operands), std::move(evaluate));
    }
    operands.push_back(row.reported("default", "default"));
    return computed("value", "max({default}, " + formula + ")", std::move(operands),
                    [evaluate = std::move(evaluate)](const std::vector<double>& v) {
                        return std::max(v.back(), evaluate(v));
                    });
}

/// What is needed with the policy's reserve, and never below the default.
Explained with_reserve(const Row& row) {
    return with_default(
        row, "ceil({needed} / {target of tables})",
        {row.reported("needed", "needed"), target_of(row.scene, ResourceKind::table)},
        [](const std::vector<double>& v) { return std::ceil(v.at(0) / v.at(1)); });
}

Explained only_default(const Row& row) {
    return same_as("value", row.reported("default", "default"));
}

Explained workers_value(const Row& row) {
    return with_default(
        row, "{needed}, ceil({cores per node})",
        {row.reported("needed", "needed"),
         row.scene.given("cores per node", row.place.given("cores_per_node"),
                         row.place.choice().cores_per_node_number)},
        [](const std::vector<double>& v) { return std::max(v.at(0), std::ceil(v.at(1))); });
}

Explained lifetime_value(const Row& row) {
    return with_default(row, "ceil({needed}) + {margin}",
                        {row.reported("needed", "needed"), constant("margin", 5, "kamailio-docs")},
                        [](const std::vector<double>& v) { return std::ceil(v.at(0)) + v.at(1); });
}

Explained files_value(const Row& row) {
    return with_default(
        row, "ceil({needed} / {target of tables}) + {other files}",
        {row.reported("needed", "needed"), target_of(row.scene, ResourceKind::table),
         constant("other files", 1024, row.setting.source)},
        [](const std::vector<double>& v) { return std::ceil(v.at(0) / v.at(1)) + v.at(2); });
}

Explained buffer_value(const Row& row) {
    return with_default(row, "ceil({needed})", {row.reported("needed", "needed")},
                        [](const std::vector<double>& v) { return std::ceil(v.at(0)); });
}

/// The kernel has to allow what maxbuffer may ask for by default.
Explained kernel_buffer_value(const Row& row) {
    return with_default(
        row, "ceil({needed}), {default of maxbuffer}",
        {row.reported("needed", "needed"),
         constant("default of maxbuffer", 262144, "kamailio-docs")},
        [](const std::vector<double>& v) { return std::max(std::ceil(v.at(0)), v.at(1)); });
}

/// Ports with the reserve: no fewer than the default range.
Explained ports_value(const Row& row) {
    Explained range = computed(
        "ports of the range", "max({ports by default}, ceil({ports} / {target of tables}))",
        {constant("ports by default", 10000, relay_source), row.cost("ports", Resource::udp_ports),
         target_of(row.scene, ResourceKind::table)},
        [](const std::vector<double>& v) {
            return std::max(v.at(0), std::ceil(v.at(1) / v.at(2)));
        });
    return range;
}

Explained last_port() {
    return constant("last port", 65535, "rfc768");
}

Explained port_min_value(const Row& row) {
    return computed(
        "value",
        "max({ports of the system}, min({first port by default}, {last port} - {ports of the"
        " range}))",
        {constant("ports of the system", 1024), first_port(), last_port(), ports_value(row)},
        [](const std::vector<double>& v) {
            return std::max(v.at(0), std::min(v.at(1), v.at(2) - v.at(3)));
        });
}

Explained port_max_value(const Row& row) {
    return computed(
        "value", "min({last port}, {port-min} + {ports of the range})",
        {last_port(), other_row(row, "port-min", "value"), ports_value(row)},
        [](const std::vector<double>& v) { return std::min(v.at(0), v.at(1) + v.at(2)); });
}

Explained threads_value(const Row& row) {
    return computed("value", "max(1, {needed})", {row.reported("needed", "needed")},
                    [](const std::vector<double>& v) { return std::max(1.0, v.at(0)); });
}

Explained local_ports_value(const Row& row) {
    return computed(
        "value", "min({last port}, {needed} + {the next one})",
        {last_port(), row.reported("needed", "needed"), constant("the next one", 1)},
        [](const std::vector<double>& v) { return std::min(v.at(0), v.at(1) + v.at(2)); });
}

struct SettingRule {
    std::string_view setting;
    BuildSetting needed = nullptr;
    BuildSetting value = nullptr;
};

constexpr std::array setting_rules{
    SettingRule{"-m", shared_memory, with_reserve},
    SettingRule{"-M", private_memory, only_default},
    SettingRule{"children", workers, workers_value},
    SettingRule{"tcp_children", workers, workers_value},
    SettingRule{"tcp_max_connections", connections_of, with_reserve},
    SettingRule{"tls_max_connections", tls_connections, with_reserve},
    SettingRule{"tcp_connection_lifetime", silence, lifetime_value},
    SettingRule{"open files", open_files, files_value},
    SettingRule{"maxbuffer", receive_buffer, buffer_value},
    SettingRule{"net.core.rmem_max", receive_buffer, kernel_buffer_value},
    SettingRule{"port-min", port_min, port_min_value},
    SettingRule{"port-max", port_max, port_max_value},
    SettingRule{"num-threads", whole_cores, threads_value},
    SettingRule{"max-sessions", sessions, with_reserve},
    SettingRule{"net.ipv4.ip_local_port_range", port_range, local_ports_value},
    SettingRule{"net.netfilter.nf_conntrack_max", tracked, with_reserve},
};

/// A constant, or for Linux's table what follows from the memory.
Explained default_of(const Row& row) {
    if (row.setting.name == "num-threads") {
        return computed(
            "default", "max({threads by default}, ceil({cores per node}))",
            {constant("threads by default", 4, row.setting.source),
             row.scene.given("cores per node", row.place.given("cores_per_node"),
                             row.place.choice().cores_per_node_number)},
            [](const std::vector<double>& v) { return std::max(v.at(0), std::ceil(v.at(1))); });
    }
    const std::optional<double> memory_bytes =
        row.place.setup().node.amounts.at(index_of(Resource::memory_bytes));
    if (row.setting.name == "net.netfilter.nf_conntrack_max" && memory_bytes) {
        Explained node =
            computed("default", "floor(min(max({memory} / {octets for each entry}, 1024), 262144))",
                     {row.scene.modelled("memory", "hosts", row.place.choice().host, *memory_bytes),
                      constant("octets for each entry", 16384, row.setting.source)},
                     [](const std::vector<double>& v) {
                         return std::floor(std::clamp(v.at(0) / v.at(1), 1024.0, 262144.0));
                     });
        node.source = row.setting.source;
        return node;
    }
    return same_as("default", constant("default of " + row.setting.software,
                                       row.setting.default_number.value_or(0), row.setting.source));
}

}  // namespace

Explained explain_setting(const Scene& scene, const Match& match) {
    const std::size_t index = std::stoul(match.at(0));
    const Setting& setting = scene.plan.settings.at(index);
    const Place place = place_of(scene, setting);
    const Row row{.scene = scene,
                  .setting = setting,
                  .pointer = pointer_to("/settings", index),
                  .place = place,
                  .carrying = carrying_of(place)};
    if (match.at(1) == "default") return default_of(row);
    for (const SettingRule& rule : setting_rules) {
        if (rule.setting != setting.name) continue;
        Explained node = (match.at(1) == "value" ? rule.value : rule.needed)(row);
        if (node.source.empty()) node.source = setting.source;
        return node;
    }
    return planned(setting.name, std::nan(""), "no rule for this setting");
}

}  // namespace busyhour
