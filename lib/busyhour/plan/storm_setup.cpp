#include "busyhour/plan/storm_setup.h"

#include <array>
#include <map>

namespace busyhour {
namespace {

constexpr double messages_per_request = 2;  // the request and its answer

Demand connection_of(const Population& population) {
    Demand demand;
    if (population.transport == Transport::udp) return demand;
    demand[Driver::tcp_connections_opened] = 1;
    if (population.transport == Transport::tcp) return demand;
    const TlsUse& tls = population.tls;
    demand[handshake_driver(tls.key, false)] = 1 - tls.resumed_fraction;
    demand[handshake_driver(tls.key, true)] += tls.resumed_fraction;
    return demand;
}

Demand request_of(const Population& population, Driver kind) {
    Demand demand;
    demand[kind] = 1;
    // Who comes back after an outage is not known any more.
    if (kind == Driver::registrations) demand[Driver::new_bindings] = 1;
    if (population.transport == Transport::udp) demand[Driver::udp_messages] = messages_per_request;
    if (population.transport == Transport::tcp) demand[Driver::tcp_messages] = messages_per_request;
    if (is_encrypted(population.transport)) demand[Driver::tls_messages] = messages_per_request;
    return demand;
}

StormEndpoints endpoints_of(const Population& population) {
    StormEndpoints endpoints{.endpoints_number = population.endpoints_number,
                             .is_udp = population.transport == Transport::udp,
                             .connection = connection_of(population),
                             .requests = {request_of(population, Driver::registrations)}};
    if (population.authentication != Authentication::digest) return endpoints;
    endpoints.requests.insert(endpoints.requests.begin(),
                              request_of(population, Driver::registration_challenges));
    const bool each_transaction = population.tls.connection == Connection::per_transaction;
    if (each_transaction) endpoints.requests.back() += endpoints.connection;
    return endpoints;
}

/// The mean over both, weighted by their endpoints.
void join(StormEndpoints& group, const StormEndpoints& other) {
    const double all = group.endpoints_number + other.endpoints_number;
    const double share = all > 0 ? other.endpoints_number / all : 0;
    const auto mean = [share](const Demand& a, const Demand& b) {
        Demand sum = a * (1 - share);
        sum += b * share;
        return sum;
    };
    group.connection = mean(group.connection, other.connection);
    for (std::size_t i = 0; i < group.requests.size(); ++i) {
        group.requests[i] = mean(group.requests[i], other.requests[i]);
    }
    group.endpoints_number = all;
}

void add_to(std::vector<StormEndpoints>& groups, const StormEndpoints& endpoints) {
    for (StormEndpoints& group : groups) {
        const bool is_same =
            group.is_udp == endpoints.is_udp && group.requests.size() == endpoints.requests.size();
        if (!is_same) continue;
        join(group, endpoints);
        return;
    }
    groups.push_back(endpoints);
}

}  // namespace

StormSetup storm_setup(const Deployment& deployment) {
    StormSetup setup;
    setup.window_s = deployment.policy.storm_window_s;
    setup.recovery_s = deployment.policy.storm_recovery_s;
    std::map<std::array<double, 3>, double> endpoints_by_times;
    for (const Population& population : deployment.populations) {
        add_to(setup.groups, endpoints_of(population));
        double& alike = endpoints_by_times[{population.expires_s, population.refresh_fraction,
                                            population.expires_range_fraction}];
        alike += population.endpoints_number;
    }
    for (const auto& [times, endpoints_number] : endpoints_by_times) {
        if (endpoints_number <= setup.refresh_endpoints_number) continue;
        setup.refresh_endpoints_number = endpoints_number;
        setup.refresh = {.expires_s = times[0],
                         .refresh_fraction = times[1],
                         .expires_range_fraction = times[2]};
    }
    return setup;
}

}  // namespace busyhour
