#include "busyhour/plan/transports.h"

#include "busyhour/error.h"

#include <array>

namespace busyhour {
namespace {

struct Variant {
    std::string_view name;
    Transport transport = Transport::udp;
    Connection connection = Connection::persistent;
    bool is_in_ipsec = false;
};

constexpr std::array<Variant, 6> variants{{
    {"udp", Transport::udp, Connection::persistent, false},
    {"udp_ipsec", Transport::udp, Connection::persistent, true},
    {"tcp", Transport::tcp, Connection::persistent, false},
    {"tls_persistent", Transport::tls, Connection::persistent, false},
    {"tls_per_registration", Transport::tls, Connection::per_registration, false},
    {"tls_per_transaction", Transport::tls, Connection::per_transaction, false},
}};

constexpr std::array<RoleKind, 2> signalling_roles{RoleKind::registrar, RoleKind::proxy};

/// The deployment as it would be with all endpoints on that transport.
Deployment with_transport(Deployment deployment, const Catalog& catalog, const Variant& variant) {
    for (Population& population : deployment.populations) {
        population.transport = variant.transport;
        population.tls.connection = variant.connection;
        const bool is_stun_lost =
            variant.transport != Transport::udp && population.keepalive == Keepalive::stun;
        if (is_stun_lost) population.keepalive = Keepalive::crlf;
    }
    if (variant.is_in_ipsec) {
        std::vector<std::string> layers = deployment.layers;
        layers.emplace_back("ipsec_esp_tunnel");
        deployment.network = stack_named(catalog, layers, "/network/layers");
    }
    return deployment;
}

/// Each packet in or out passes ESP once.
void add_esp(Load& load) {
    for (Work& work : load.work) {
        work.demand[Driver::esp_packets] =
            work.traffic.packets_in_number + work.traffic.packets_out_number;
    }
}

TransportRow row_of(const PlanInput& input, const Variant& variant) {
    const Deployment deployment = with_transport(input.deployment, input.catalog, variant);
    BusyHour hour = busy_hour_of(deployment, input.catalog);
    TransportRow row;
    row.transport = variant.name;
    bool is_met = true;
    for (const RoleKind kind : signalling_roles) {
        Load& load = hour.roles.at(index_of(kind));
        if (variant.is_in_ipsec) add_esp(load);
        RoleSetup setup = role_setup(deployment, input.catalog, kind);
        setup.fixed_nodes = std::nullopt;
        const Sizing sizing = size_role(setup, load, 1);
        is_met = is_met && sizing.nodes > 0;
        row.nodes += sizing.nodes;
        const double target = deployment.policy.target_utilisation_fraction;
        const Work peak = peak_work(load, 1, setup.peak_probability);
        // Cores that are busy when the nodes run at their target, where part load costs the most.
        row.cpu_cores += cores_for(cpu_cost(setup.cost, peak.demand), target) * target;
        row.bits_per_s += (sizing.mean_traffic.in_bytes + sizing.mean_traffic.out_bytes) * 8;
    }
    if (!is_met) row.nodes = 0;
    return row;
}

bool has_ipsec(const Deployment& deployment) {
    for (const Header& layer : deployment.network.layers) {
        if (layer.name.starts_with("ipsec_esp")) return true;
    }
    return false;
}

}  // namespace

std::vector<TransportLoad> transport_loads(const PlanInput& input, std::string_view transport) {
    std::vector<TransportLoad> loads;
    for (const Variant& variant : variants) {
        if (variant.name != transport) continue;
        const Deployment deployment = with_transport(input.deployment, input.catalog, variant);
        const BusyHour hour = busy_hour_of(deployment, input.catalog);
        for (const RoleKind kind : signalling_roles) {
            loads.push_back(
                {role_setup(deployment, input.catalog, kind), hour.roles.at(index_of(kind))});
            loads.back().setup.fixed_nodes = std::nullopt;
            if (variant.is_in_ipsec) add_esp(loads.back().load);
        }
    }
    return loads;
}

std::vector<TransportRow> compare_transports(const PlanInput& input) {
    std::vector<TransportRow> rows;
    for (const Variant& variant : variants) {
        if (variant.is_in_ipsec && has_ipsec(input.deployment)) continue;
        rows.push_back(row_of(input, variant));
    }
    for (TransportRow& row : rows) {
        row.capacity_relative_factor =
            row.cpu_cores > 0 ? rows.front().cpu_cores / row.cpu_cores : 1;
    }
    return rows;
}

}  // namespace busyhour
