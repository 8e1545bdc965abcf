#include "busyhour/plan/sizing.h"

#include <catch2/catch.hpp>

#include <cmath>
#include <string>

using namespace busyhour;

namespace {

/// A role whose node has one core and whose calls cost 0.1 core each at saturation.
RoleSetup one_core_role() {
    RoleSetup setup;
    setup.kind = RoleKind::proxy;
    setup.cost.cost.at(index_of(Resource::cpu_cores))[Driver::call_attempts] = 0.1;
    setup.node.cores_number = 1;
    setup.node.amounts.at(index_of(Resource::cpu_cores)) = 1;
    setup.node.target_fractions.fill(0.6);
    return setup;
}

/// Work that does not vary: it is what stands, so its peak is its mean.
Load standing_load(Driver driver, double amount) {
    Load load;
    load[Process::standing].demand[driver] = amount;
    return load;
}

Sizing size_of(RoleSetup setup, Redundancy redundancy, double calls) {
    setup.redundancy = redundancy;
    return size_role(setup, standing_load(Driver::call_attempts, calls), 1);
}

PlanInput input_of(const std::string& rest, double endpoints_number = 100000) {
    return read_deployment("{\"populations\": [{\"endpoints\": " +
                               std::to_string(std::lround(endpoints_number)) + "}]" + rest + "}",
                           "f");
}

}  // namespace

TEST_CASE("nodes are the peak over what the policy lets one node carry", "[plan][sizing][table]") {
    // 0.1 core a call, 0.6 of one core allowed: 6 calls a node.
    struct Row {
        double calls;
        int nodes;
    };
    const Row rows[] = {{0, 1}, {1, 1}, {6, 1}, {6.1, 2}, {12, 2}, {13, 3}, {60, 10}, {599, 100}};
    for (const Row& row : rows) {
        CAPTURE(row.calls);
        const Sizing sizing = size_of(one_core_role(), Redundancy::none, row.calls);
        CHECK(sizing.nodes == row.nodes);
        CHECK(sizing.spare_nodes == 0);
        CHECK(sizing.is_met);
        CHECK(sizing.utilisation_fraction == Approx(0.1 * row.calls / row.nodes).margin(1e-12));
    }
}

TEST_CASE("redundancy adds its spare nodes", "[plan][sizing][table]") {
    // 13 calls need 3 nodes.
    struct Row {
        Redundancy redundancy;
        int nodes;
        int spare_nodes;
    };
    const Row rows[] = {{Redundancy::none, 3, 0},
                        {Redundancy::n_plus_1, 4, 1},
                        {Redundancy::n_plus_2, 5, 2},
                        {Redundancy::two_n, 6, 3}};
    for (const Row& row : rows) {
        const Sizing sizing = size_of(one_core_role(), row.redundancy, 13);
        CHECK(sizing.nodes == row.nodes);
        CHECK(sizing.spare_nodes == row.spare_nodes);
        // Three nodes carry 1.3 cores whatever is spare; all of them together are less busy.
        CHECK(sizing.utilisation_fraction == Approx(1.3 / 3).epsilon(1e-12));
        CHECK(sizing.utilisation_all_nodes_fraction == Approx(1.3 / row.nodes).epsilon(1e-12));
    }
}

TEST_CASE("spare nodes always leave one that carries", "[plan][sizing]") {
    CHECK(spare_nodes_of(Redundancy::n_plus_2, 1) == 0);
    CHECK(spare_nodes_of(Redundancy::n_plus_2, 2) == 1);
    CHECK(spare_nodes_of(Redundancy::n_plus_2, 3) == 2);
    CHECK(spare_nodes_of(Redundancy::two_n, 5) == 2);
    CHECK(spare_nodes_of(Redundancy::n_plus_1, 0) == 0);
}

TEST_CASE("the resource that is nearest to its target is the bottleneck", "[plan][sizing]") {
    RoleSetup setup = one_core_role();
    setup.cost.cost.at(index_of(Resource::udp_ports))[Driver::call_attempts] = 4;
    setup.node.amounts.at(index_of(Resource::udp_ports)) = 20;
    setup.node.target_fractions.at(index_of(Resource::udp_ports)) = 0.8;
    // CPU carries 6 calls a node, ports 20 x 0.8 / 4 = 4: 12 calls need 3 nodes.
    const Sizing sizing = size_of(setup, Redundancy::none, 12);
    CHECK(sizing.nodes == 3);
    REQUIRE(sizing.bottleneck);
    CHECK(*sizing.bottleneck == Resource::udp_ports);
    CHECK(sizing.utilisation_fraction == Approx(0.8).epsilon(1e-12));
}

TEST_CASE("the idle part stands on each node", "[plan][sizing]") {
    RoleSetup setup = one_core_role();
    setup.cost.idle.at(index_of(Resource::cpu_cores)) = 0.1;
    // 0.6 - 0.1 is left for 5 calls: 13 calls need 3 nodes, 16 need 4.
    CHECK(size_of(setup, Redundancy::none, 13).nodes == 3);
    CHECK(size_of(setup, Redundancy::none, 16).nodes == 4);
}

TEST_CASE("network traffic binds where CPU does not", "[plan][sizing]") {
    RoleSetup setup = one_core_role();
    setup.node.amounts.at(index_of(Resource::bits_per_s)) = 8000;
    setup.node.amounts.at(index_of(Resource::packets_per_s)) = 100;
    Load load;
    load[Process::standing].traffic = {10, 10, 500, 1000};
    // bits: the larger direction, 8000 bit/s over 4800 a node: 2; packets: both, 20 over 60: 1.
    CHECK(size_role(setup, load, 1).nodes == 2);
    load[Process::standing].traffic = {100, 100, 1, 1};
    CHECK(size_role(setup, load, 1).nodes == 4);  // 200 over 60
}

TEST_CASE("more demand never needs fewer nodes", "[plan][sizing][identity]") {
    for (const Redundancy redundancy :
         {Redundancy::none, Redundancy::n_plus_1, Redundancy::n_plus_2, Redundancy::two_n}) {
        const PlanInput input = input_of("");
        const BusyHour hour = busy_hour_of(input.deployment, input.catalog);
        for (const RoleKind kind : roles_of(input.deployment)) {
            RoleSetup setup = role_setup(input.deployment, input.catalog, kind);
            setup.redundancy = redundancy;
            int last = 0;
            for (double growth_factor = 0.01; growth_factor < 50; growth_factor *= 1.2) {
                const Sizing sizing =
                    size_role(setup, hour.roles.at(index_of(kind)), growth_factor);
                CAPTURE(name_of(kind), growth_factor);
                CHECK(sizing.nodes >= last);
                CHECK(sizing.is_met);
                CHECK(sizing.nodes_low <= sizing.nodes);
                CHECK(sizing.nodes_high >= sizing.nodes);
                last = sizing.nodes;
            }
        }
    }
}

TEST_CASE("one node less would not keep the policy", "[plan][sizing][identity]") {
    const PlanInput input = input_of(R"(, "policy": {"redundancy": "none"})", 1000000);
    const BusyHour hour = busy_hour_of(input.deployment, input.catalog);
    for (const RoleKind kind : roles_of(input.deployment)) {
        CAPTURE(name_of(kind));
        RoleSetup setup = role_setup(input.deployment, input.catalog, kind);
        const Load& load = hour.roles.at(index_of(kind));
        const int nodes = size_role(setup, load, 1).nodes;
        setup.fixed_nodes = nodes;
        CHECK(size_role(setup, load, 1).is_met);
        if (nodes == 1) continue;
        setup.fixed_nodes = nodes - 1;
        CHECK_FALSE(size_role(setup, load, 1).is_met);
        CHECK(size_role(setup, load, 1).nodes == nodes - 1);
    }
}

TEST_CASE("the relay of 5000 calls is sized as by hand", "[plan][sizing]") {
    const PlanInput input = input_of(R"(, "policy": {"redundancy": "none"})");
    const BusyHour hour = busy_hour_of(input.deployment, input.catalog);
    const RoleSetup setup = role_setup(input.deployment, input.catalog, RoleKind::media_relay);
    const Sizing sizing = size_role(setup, hour.roles.at(index_of(RoleKind::media_relay)), 1);
    // Peak of 5000 erlang 5220 calls, of 27.78 attempts/s 45. Each call 100.4 packets/s.
    // a = 5220 x 100.4 x 12.4 us + 45 x 225 us = 6.5088, b = 5220 x 100.4 x 3.6 us = 1.8867.
    // At 0.6 of 4 cores: (a + 0.4 b) / 2.4 = 3.03: CPU 4 nodes. Ports with those of
    // calls that ended in the last 30 s: 5220 / 5000 x 4 x (5000 + 27.78 x 30) / 8000: 4. Bits:
    // 5220 x 2 x (50 x 218 + 0.2 x 130) x 8 = 913 Mbit/s over 600: 2.
    CHECK(sizing.nodes == 4);
    REQUIRE(sizing.bottleneck);
    CHECK(*sizing.bottleneck == Resource::cpu_cores);
    // One node's share: u = (a + b) / 4 / (4 + b / 4).
    CHECK(sizing.utilisation_fraction == Approx(8.3955 / 4 / (4 + 1.8867 / 4)).epsilon(1e-4));
}

TEST_CASE("fixed nodes carry the multiple that just keeps the policy", "[plan][sizing][identity]") {
    // 10 nodes of 6 calls, one of them spare, carry 54 calls.
    RoleSetup setup = one_core_role();
    setup.redundancy = Redundancy::n_plus_1;
    const Load load = standing_load(Driver::call_attempts, 20);
    CHECK(largest_multiple_factor(setup, load, 10) == Approx(2.7).epsilon(1e-6));
    CHECK(largest_multiple_factor(setup, load, 2) == Approx(0.3).epsilon(1e-6));
}

TEST_CASE("at the largest multiple the policy is just kept", "[plan][sizing][identity]") {
    const PlanInput input = input_of("");
    const BusyHour hour = busy_hour_of(input.deployment, input.catalog);
    for (const RoleKind kind : roles_of(input.deployment)) {
        for (const int nodes : {1, 2, 3, 8}) {
            RoleSetup setup = role_setup(input.deployment, input.catalog, kind);
            setup.fixed_nodes = nodes;
            const Load& load = hour.roles.at(index_of(kind));
            const double multiple = largest_multiple_factor(setup, load, nodes);
            CAPTURE(name_of(kind), nodes, multiple);
            CHECK(multiple > 0);
            CHECK(size_role(setup, load, multiple).is_met);
            CHECK_FALSE(size_role(setup, load, multiple * 1.05).is_met);
        }
    }
}

TEST_CASE("each REGISTER is replicated to all other nodes", "[plan][sizing][table]") {
    // 2 (N - 1) messages for each of 27.7778 registrations a second.
    for (const int nodes : {1, 2, 3, 4, 8}) {
        const PlanInput input =
            input_of(R"(, "roles": {"registrar": {"replication": "dmq_usrloc", "nodes": )" +
                     std::to_string(nodes) + "}}");
        const BusyHour hour = busy_hour_of(input.deployment, input.catalog);
        const RoleSetup setup = role_setup(input.deployment, input.catalog, RoleKind::registrar);
        const Load& load = hour.roles.at(index_of(RoleKind::registrar));
        const Sizing sizing = size_role(setup, load, 1);
        CAPTURE(nodes);
        CHECK(sizing.replication_packets_per_s ==
              Approx(2.0 * (nodes - 1) * 100000 / 3600).margin(1e-9));
        // KDMQ 829 and 200 371 octets, 28 + 18 of headers each, in and out of some node.
        const double exchange_bytes = 829 + 371 + 2 * (28 + 18);
        // A ping a minute to each: 515 and 504 octets of two nodes, 35 more for each further one.
        const double ping_bytes = 515 + 504 + 2 * 35 * (nodes - 2) + 2 * (28 + 18);
        const double expected_bytes = 100000.0 / 3600 * (nodes - 1) * exchange_bytes +
                                      nodes * (nodes - 1) / 60.0 * ping_bytes;
        CHECK(sizing.mean_traffic.out_bytes - mean_work(load, 1).traffic.out_bytes ==
              Approx(expected_bytes).margin(1e-6).epsilon(0));
        CHECK(sizing.mean_traffic.in_bytes - mean_work(load, 1).traffic.in_bytes ==
              Approx(expected_bytes).margin(1e-6).epsilon(0));
    }
}

TEST_CASE("replication puts every contact on every node", "[plan][sizing]") {
    // dmq_usrloc is a full mesh: a peer saves the contact as if it had been registered there.
    const PlanInput input = input_of(
        R"(, "policy": {"redundancy": "none"},
            "roles": {"registrar": {"replication": "dmq_usrloc", "nodes": 4}})",
        1000000);
    const BusyHour hour = busy_hour_of(input.deployment, input.catalog);
    const RoleSetup setup = role_setup(input.deployment, input.catalog, RoleKind::registrar);
    const Sizing sizing = size_role(setup, hour.roles.at(index_of(RoleKind::registrar)), 1);
    const ResourceUse& memory = sizing.resources.at(index_of(Resource::memory_bytes));
    // On each of 4 nodes 1460 octets of each of 10^6 contacts, and the idle 512 MiB.
    CHECK(memory.usage_number == Approx(4 * (1460e6 + 536870912)).epsilon(1e-9));
}

TEST_CASE("replication that costs more than a node has cannot be sized", "[plan][sizing]") {
    // 10^8 / 3600 = 27778 registrations/s. However many nodes there are, each sends or receives
    // all of them: 27778 x (60 + 80) us = 3.9 cores, above 0.6 of 4.
    const std::string calls = R"("calls": {"busy_hour_attempts_per_endpoint": 0})";
    const auto sizing_of = [&](const std::string& replication) {
        const PlanInput input = read_deployment(
            "{\"populations\": [{\"endpoints\": 100000000, " + calls +
                "}], \"roles\": {\"registrar\": {\"replication\": \"" + replication + "\"}}}",
            "f");
        const BusyHour hour = busy_hour_of(input.deployment, input.catalog);
        return size_role(role_setup(input.deployment, input.catalog, RoleKind::registrar),
                         hour.roles.at(index_of(RoleKind::registrar)), 1);
    };
    CHECK(sizing_of("dmq_usrloc").nodes == 0);
    CHECK_FALSE(sizing_of("dmq_usrloc").is_met);
    CHECK(sizing_of("none").nodes > 0);
    CHECK(sizing_of("none").is_met);
}

TEST_CASE("a faster host needs fewer cores", "[plan][sizing][identity]") {
    const PlanInput input = input_of(
        R"(, "models": {"hosts": {"fast": {"title": "t", "source": "planning-default",
                                            "core_speed_factor": 2}}},
            "roles": {"proxy": {"host": "fast", "cores_per_node": 3}})");
    const RoleSetup setup = role_setup(input.deployment, input.catalog, RoleKind::proxy);
    CHECK(setup.node.cores_number == 6);
    CHECK_FALSE(setup.node.amounts.at(index_of(Resource::memory_bytes)));  // unknown stays unknown
}
