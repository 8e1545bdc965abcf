#include "busyhour/plan/transports.h"

#include "busyhour/error.h"
#include "busyhour/plan/work_cache.h"

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

std::vector<RoleKind> signalling_roles(const Deployment& deployment) {
    std::vector<RoleKind> kinds = roles_of(deployment);
    std::erase(kinds, RoleKind::media_relay);
    return kinds;
}

/// Makes the deployment what it would be with all endpoints on that transport.
void set_transport(Deployment& deployment, const Variant& variant) {
    for (Population& population : deployment.populations) {
        population.transport = variant.transport;
        population.tls.connection = variant.connection;
        const bool is_stun_lost =
            variant.transport != Transport::udp && population.keepalive == Keepalive::stun;
        if (is_stun_lost) population.keepalive = Keepalive::crlf;
    }
}

HeaderStack network_in_ipsec(const Deployment& deployment, const Catalog& catalog) {
    std::vector<std::string> layers = deployment.layers;
    layers.emplace_back("ipsec_esp_tunnel");
    return stack_named(catalog, layers, "/network/layers");
}

/// Each packet in or out passes ESP once.
void add_esp(Load& load) {
    for (Work& work : load.work) {
        work.demand[Driver::esp_packets] =
            work.traffic.packets_in_number + work.traffic.packets_out_number;
    }
}

/// The signalling roles' setups and loads in that variant; fixed nodes are let go.
std::vector<TransportLoad> loads_of(const Deployment& deployment, const Catalog& catalog,
                                    WorkCache& cache, const Variant& variant) {
    const BusyHour hour = signalling_hour_of(deployment, cache);
    std::vector<TransportLoad> loads;
    for (const RoleKind kind : signalling_roles(deployment)) {
        loads.push_back({role_setup(deployment, catalog, kind), hour.roles.at(index_of(kind))});
        loads.back().setup.fixed_nodes = std::nullopt;
        if (variant.is_in_ipsec) add_esp(loads.back().load);
    }
    return loads;
}

TransportRow row_of(const std::vector<TransportLoad>& loads, const Variant& variant) {
    TransportRow row;
    row.transport = variant.name;
    bool is_met = true;
    for (const auto& [setup, load] : loads) {
        const Sizing sizing = size_role(setup, load, 1);
        is_met = is_met && sizing.nodes > 0;
        row.nodes += sizing.nodes;
        const double target = setup.node.target_fractions.at(index_of(Resource::cpu_cores));
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
    for (const Variant& variant : variants) {
        if (variant.name != transport) continue;
        Deployment deployment = input.deployment;
        Deployment wired = deployment;  // the network between nodes stays as it is
        if (variant.is_in_ipsec) wired.network = network_in_ipsec(deployment, input.catalog);
        set_transport(deployment, variant);
        WorkCache cache(wired, input.catalog);
        return loads_of(deployment, input.catalog, cache, variant);
    }
    return {};
}

std::vector<TransportRow> compare_transports(const PlanInput& input) {
    Deployment deployment = input.deployment;
    Deployment in_ipsec;  // only its network is used
    in_ipsec.network = deployment.network;
    in_ipsec.mtu_bytes = deployment.mtu_bytes;
    if (!has_ipsec(deployment)) in_ipsec.network = network_in_ipsec(deployment, input.catalog);
    WorkCache plain_cache(deployment, input.catalog);
    WorkCache ipsec_cache(in_ipsec, input.catalog);
    std::vector<TransportRow> rows;
    for (const Variant& variant : variants) {
        if (variant.is_in_ipsec && has_ipsec(input.deployment)) continue;
        set_transport(deployment, variant);
        WorkCache& cache = variant.is_in_ipsec ? ipsec_cache : plain_cache;
        rows.push_back(row_of(loads_of(deployment, input.catalog, cache, variant), variant));
    }
    for (TransportRow& row : rows) {
        row.capacity_relative_factor =
            row.cpu_cores > 0 ? rows.front().cpu_cores / row.cpu_cores : 1;
    }
    return rows;
}

}  // namespace busyhour
