#include "busyhour/plan/settings.h"

#include "busyhour/model/limits.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace busyhour {
namespace {

constexpr double mebibyte_bytes = 1048576;

/// Everything that the settings of one role follow from.
struct Node {
    const PlanInput& input;
    const BusyHour& hour;
    const RoleSetup& setup;
    const RoleChoice& choice;
    Work work;                  ///< of one node at the peak
    double share_fraction = 1;  ///< of the role's endpoints that this node serves
    double growth_factor = 1;

    [[nodiscard]] const Policy& policy() const { return input.deployment.policy; }
    [[nodiscard]] double amount(Driver driver) const { return work.demand[driver]; }
    [[nodiscard]] double with_reserve(double needed_number) const {
        return std::ceil(needed_number / policy().table_utilisation_fraction);
    }
};

/// SettingRows of one role; each names the role and the software only once.
class SettingRows {
public:
    SettingRows(RoleKind kind, std::string software, std::vector<Setting>& settings)
        : kind_(kind), software_(std::move(software)), settings_(settings) {}

    void add(Setting setting) {
        setting.kind = kind_;
        setting.software = software_;
        settings_.push_back(std::move(setting));
    }

private:
    RoleKind kind_;
    std::string software_;
    std::vector<Setting>& settings_;
};

bool serves_udp(const Node& node) {
    const bool has_trunks = node.setup.kind == RoleKind::proxy;  // which are reached over UDP
    const std::vector<Population>& populations = node.input.deployment.populations;
    return std::any_of(populations.begin(), populations.end(), [&](const Population& each) {
        return each.transport == Transport::udp || (has_trunks && each.calls.internal_fraction < 1);
    });
}

bool serves_streams(const Node& node) {
    const std::vector<Population>& populations = node.input.deployment.populations;
    return std::any_of(populations.begin(), populations.end(),
                       [](const Population& each) { return each.transport != Transport::udp; });
}

/// Of the endpoints that hold connections.
double longest_silence_s(const Node& node) {
    double longest_s = 0;
    for (const Population& population : node.input.deployment.populations) {
        if (population.transport == Transport::udp) continue;
        longest_s = std::max(longest_s, silence_s(population));
    }
    return longest_s;
}

/// Workers that are busy on average at the peak: with CPU, and waiting for others.
double busy_workers_number(const Node& node) {
    const CpuCost cost = cpu_cost(node.setup.cost, node.work.demand);
    const double cores_number = node.setup.node.cores_number;
    const double speed_factor = cores_number / node.choice.cores_per_node_number;
    const double transactions_per_s =
        node.amount(Driver::registrations) + node.amount(Driver::registration_challenges) +
        node.amount(Driver::call_attempts) + node.amount(Driver::call_challenges) +
        node.amount(Driver::other_transactions);
    return busy_cores(cost, cores_number) / speed_factor +
           transactions_per_s * node.choice.blocking_s;
}

void add_workers(const Node& node, SettingRows& rows) {
    const double busy_number = busy_workers_number(node);
    const double needed =
        workers_for_number(busy_number, node.policy().target_utilisation_fraction);
    constexpr double default_number = 8;
    const double value =
        std::max({default_number, needed, std::ceil(node.choice.cores_per_node_number)});
    const std::string why = fmt::format(
        "{:.2f} workers busy (rate x (CPU + {:g} ms of waiting)) / target {:g}; as many as cores at"
        " least",
        busy_number, node.choice.blocking_s * 1000, node.policy().target_utilisation_fraction);
    if (serves_udp(node)) {
        rows.add({.name = "children",
                  .value_number = value,
                  .unit = "processes",
                  .needed_number = needed,
                  .default_number = default_number,
                  .why = why,
                  .source = "kamailio-docs"});
    }
    if (serves_streams(node)) {
        rows.add({.name = "tcp_children",
                  .value_number = value,
                  .unit = "processes",
                  .needed_number = needed,
                  .default_number = default_number,
                  .why = why + "; a connection stays with its worker",
                  .source = "kamailio-docs"});
    }
}

void add_shared_memory(const Node& node, SettingRows& rows) {
    const double bytes = usage_number(node.setup.cost, Resource::memory_bytes, node.work.demand);
    constexpr double default_number = 64;
    rows.add({.name = "-m",
              .value_number = std::max(default_number, node.with_reserve(bytes / mebibyte_bytes)),
              .unit = "MiB, shared",
              .needed_number = bytes / mebibyte_bytes,
              .default_number = default_number,
              .why = fmt::format("{:.0f} contacts, {:.1f} calls/s, {:.0f} TCP and {:.0f} TLS"
                                 " connections x the server model's octets / {:g}",
                                 node.amount(Driver::contacts), node.amount(Driver::call_attempts),
                                 node.amount(Driver::tcp_connections),
                                 node.amount(Driver::tls_connections),
                                 node.policy().table_utilisation_fraction),
              .source = "kamailio-5.6-measurement-2026-11"});
    constexpr double private_default_number = 8;
    rows.add({.name = "-M",
              .value_number = private_default_number,
              .unit = "MiB, each process",
              .needed_number = 0,
              .default_number = private_default_number,
              .why = "one message at a time: it does not grow with load, but counts once for each"
                     " process",
              .source = "kamailio-docs"});
}

void add_connection_limit(const Node& node, SettingRows& rows, const std::string& name,
                          double connections_number) {
    constexpr double default_number = 2048;
    if (connections_number <= 0) return;
    rows.add({.name = name,
              .value_number = std::max(default_number, node.with_reserve(connections_number)),
              .unit = "connections",
              .needed_number = connections_number,
              .default_number = default_number,
              .why = fmt::format("{:.0f} connections held / {:g}", connections_number,
                                 node.policy().table_utilisation_fraction),
              .source = "kamailio-docs"});
}

/// Files that a process has open: what it holds, and what every process has besides.
struct OpenFiles {
    std::string what;
    double held_number = 0;
    double default_number = 0;
    std::string source;
};

void add_open_files(const Node& node, SettingRows& rows, const OpenFiles& files) {
    const auto& [what, held_number, default_number, source] = files;
    if (held_number <= 0) return;
    constexpr double others_number = 1024;  // listeners, pipes, logs, modules
    rows.add(
        {.name = "open files",
         .value_number = std::max(default_number, node.with_reserve(held_number) + others_number),
         .unit = "files",
         .needed_number = held_number,
         .default_number = default_number,
         .why = fmt::format("{:.0f} {} / {:g} + {:g} others", held_number, what,
                            node.policy().table_utilisation_fraction, others_number),
         .source = source});
}

void add_connections(const Node& node, SettingRows& rows) {
    const double tls = node.amount(Driver::tls_connections);
    const double all = node.amount(Driver::tcp_connections) + tls;
    add_connection_limit(node, rows, "tcp_max_connections", all);
    add_connection_limit(node, rows, "tls_max_connections", tls);
    if (all > 0) {
        constexpr double default_s = 120;
        constexpr double margin_s = 5;  // as the sample configuration: 3605 for 3600
        const double silence = longest_silence_s(node);
        rows.add({.name = "tcp_connection_lifetime",
                  .value_number = std::max(default_s, std::ceil(silence) + margin_s),
                  .unit = "s",
                  .needed_number = silence,
                  .default_number = default_s,
                  .why = fmt::format("longest silence of an endpoint {:.0f} s + {:g} s", silence,
                                     margin_s),
                  .source = "kamailio-docs"});
    }
    add_open_files(node, rows, {"connections", all, 1024, "linux-file-limit"});
}

void add_receive_buffer(const Node& node, SettingRows& rows, SettingRows& linux_rows) {
    if (!serves_udp(node) || node.policy().stall_s <= 0) return;
    constexpr double charged_bytes = 2315;  // of a datagram of 850 to 1400 octets
    constexpr double halves = 2;            // Linux doubles what a program asks for
    const double needed_bytes = receive_buffer_bytes(node.work.traffic.packets_in_number,
                                                     node.policy().stall_s, charged_bytes) /
                                halves;
    const std::string why = fmt::format(
        "{:.0f} packets/s in x {:g} ms of pause x {:g} octets charged for each / 2",
        node.work.traffic.packets_in_number, node.policy().stall_s * 1000, charged_bytes);
    const auto row = [&](const std::string& name, double default_bytes) {
        return Setting{.name = name,
                       .value_number = std::max(default_bytes, std::ceil(needed_bytes)),
                       .unit = "octets",
                       .needed_number = needed_bytes,
                       .default_number = default_bytes,
                       .why = why,
                       .source = "linux-receive-buffer-2026-11"};
    };
    rows.add(row("maxbuffer", 262144));
    Setting kernel = row("net.core.rmem_max", 212992);
    kernel.value_number = std::max(kernel.value_number, 262144.0);  // what maxbuffer may ask for
    linux_rows.add(std::move(kernel));
}

/// Ports of the range that rtpengine takes from, at its lower end by default.
constexpr double port_min_default = 30000;
constexpr double port_max_default = 40000;
constexpr double port_end = 65535;

void add_relay(const Node& node, SettingRows& rows, SettingRows& linux_rows) {
    const double ports = usage_number(node.setup.cost, Resource::udp_ports, node.work.demand);
    const double range = std::max(port_max_default - port_min_default, node.with_reserve(ports));
    const double port_min = std::max(1024.0, std::min(port_min_default, port_end - range));
    const std::string why = fmt::format(
        "({:.0f} ports of calls + those of calls that ended in the last 30 s: {:.0f}) / {:g}",
        node.amount(Driver::relay_ports), ports - node.amount(Driver::relay_ports),
        node.policy().table_utilisation_fraction);
    const std::string source = "sipwise-rtpengine-docs";
    rows.add({.name = "port-min",
              .value_number = port_min,
              .unit = "port",
              .needed_number = port_min_default,
              .default_number = port_min_default,
              .why = port_min + range > port_end
                         ? "one address has not enough ports: add interfaces"
                         : "the lower end of the range",
              .source = source});
    rows.add({.name = "port-max",
              .value_number = std::min(port_end, port_min + range),
              .unit = "port",
              .needed_number = port_min_default + ports,
              .default_number = port_max_default,
              .why = why,
              .source = source});
    const double cores = std::ceil(node.choice.cores_per_node_number);
    rows.add({.name = "num-threads",
              .value_number = std::max(1.0, cores),
              .unit = "threads",
              .needed_number = cores,
              .default_number = std::max(4.0, cores),
              .why = "a thread for each core of the node",
              .source = source});
    rows.add({.name = "max-sessions",
              .value_number = node.with_reserve(node.amount(Driver::media_sessions)),
              .unit = "sessions",
              .needed_number = node.amount(Driver::media_sessions),
              .default_number = std::nullopt,
              .why = fmt::format("peak of calls of a node / {:g}: beyond it new calls go elsewhere"
                                 " (unset by default)",
                                 node.policy().table_utilisation_fraction),
              .source = source});
    add_open_files(node, rows, {"ports", ports, 150000, source});
    linux_rows.add({.name = "net.ipv4.ip_local_port_range",
                    .value_number = std::min(port_end, port_min + range + 1),
                    .unit = "port",
                    .needed_number = port_min + range,
                    .default_number = std::nullopt,
                    .why = "lower end above port-max, so that no other program takes a port of the "
                           "range (32768 by"
                           " default)",
                    .source = "linux-ip-sysctl"});
}

/// Flows that the node's own connection tracking sees.
TrackedFlows flows_of(const Node& node) {
    TrackedFlows flows{.timeout_s = node.input.deployment.conntrack_udp_timeout_s};
    flows.alive_number = node.amount(Driver::relay_ports) + node.amount(Driver::tcp_connections) +
                         node.amount(Driver::tls_connections);
    flows.opened_per_s = node.amount(Driver::relay_ports_opened);
    if (!faces_endpoints(node.input.deployment, node.setup.kind)) return flows;
    if (node.setup.kind != RoleKind::registrar) {
        constexpr double flows_per_call = 2;  // caller and callee
        constexpr double bursts = 2;          // set-up and release, silence between
        flows.opened_per_s += node.amount(Driver::call_attempts) * flows_per_call * bursts;
    }
    if (node.setup.kind == RoleKind::proxy)
        return flows;  // the registrar's flows are counted there
    for (const auto& [name, site] : node.hour.sites) {
        for (const SignallingSessions& group : site.signalling) {
            if (group.gap_s <= 0) continue;  // a TCP connection, counted above
            flows.alive_number += group.endpoints_number * node.growth_factor *
                                  node.share_fraction *
                                  std::min(1.0, flows.timeout_s / group.gap_s);
        }
    }
    return flows;
}

void add_tracking(const Node& node, SettingRows& rows) {
    const TrackedFlows flows = flows_of(node);
    const double entries = tracked_entries_number(flows);
    const std::optional<double> memory_bytes =
        node.setup.node.amounts.at(index_of(Resource::memory_bytes));
    std::optional<double> default_number;
    if (memory_bytes) default_number = default_tracked_entries_number(*memory_bytes);
    const double value = std::max(default_number.value_or(0), node.with_reserve(entries));
    rows.add({.name = "net.netfilter.nf_conntrack_max",
              .value_number = value,
              .unit = "entries",
              .needed_number = entries,
              .default_number = default_number,
              .why = fmt::format("({:.0f} flows alive + {:.1f} new/s x {:g} s) / {:g}; the entries"
                                 " needed take {:.1f} MB; or exempt the media ports (NOTRACK)",
                                 flows.alive_number, flows.opened_per_s, flows.timeout_s,
                                 node.policy().table_utilisation_fraction,
                                 tracked_entries_bytes(entries) / 1e6),
              .source = "linux-nf-conntrack"});
}

}  // namespace

std::vector<Setting> settings_of(const PlanInput& input, const BusyHour& hour,
                                 const std::vector<Sizing>& roles, double growth_factor) {
    std::vector<Setting> settings;
    for (const Sizing& sizing : roles) {
        const RoleChoice& choice = input.deployment.roles.at(index_of(sizing.kind));
        const RoleSetup setup = role_setup(input.deployment, input.catalog, sizing.kind);
        const int carrying = std::max(1, std::max(1, sizing.nodes) - sizing.spare_nodes);
        const Work peak =
            peak_work(hour.roles.at(index_of(sizing.kind)), growth_factor, setup.peak_probability);
        const Node node{.input = input,
                        .hour = hour,
                        .setup = setup,
                        .choice = choice,
                        .work = node_work(setup, peak, carrying),
                        .share_fraction = 1.0 / carrying,
                        .growth_factor = growth_factor};
        const std::string server = server_named(input.catalog, choice.server, "server").name;
        SettingRows rows(sizing.kind, server, settings);
        SettingRows kernel(sizing.kind, "linux", settings);
        if (server.starts_with("kamailio")) {
            add_shared_memory(node, rows);
            add_workers(node, rows);
            add_connections(node, rows);
            add_receive_buffer(node, rows, kernel);
        }
        if (server.starts_with("rtpengine")) add_relay(node, rows, kernel);
        add_tracking(node, kernel);
    }
    return settings;
}

bool faces_endpoints(const Deployment& deployment, RoleKind kind) {
    const bool has_edge = deployment.roles.at(index_of(RoleKind::edge_proxy)).is_present;
    if (has_edge) return kind == RoleKind::edge_proxy;
    return kind == RoleKind::registrar || kind == RoleKind::proxy;
}

}  // namespace busyhour
