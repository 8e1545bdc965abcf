#include "engine/load/flow_counts.h"
#include "engine/load/virtual_wire.h"
#include "engine/sip/server.h"

#include <catch2/catch.hpp>

using namespace busyhour::engine;
using namespace busyhour::engine::load;

namespace {

constexpr std::size_t users_number = 40;

Scenario flow_scenario_of(const Flow& flow, Transport transport) {
    Scenario scenario;
    scenario.flow = flow;
    scenario.users = generate_users(users_number, {.domain = "example.com"});
    scenario.server = "10.0.0.1:5060";
    scenario.target.transport = transport;
    scenario.target.port = 5060;
    scenario.target.address[10] = scenario.target.address[11] = 0xff;
    scenario.target.address[12] = 127;
    scenario.target.address[15] = 1;
    scenario.sockets_number = 3;
    scenario.sessions_max = 100;
    return scenario;
}

sip::ServerOptions options_of(const Flow& flow, Transport transport) {
    using sip::Authentication;
    sip::ServerOptions options;
    options.listeners = {{.transport = transport, .host = "10.0.0.1", .port = 5060}};
    const bool has_digest = flow.name.find("digest") != flow.name.npos;
    const bool is_call = flow.method == sip::Method::invite;
    if (has_digest && !is_call) options.register_authentication = Authentication::digest;
    if (has_digest && is_call) options.invite_authentication = Authentication::digest;
    options.capacities = {
        .bindings = 1000, .contacts_per_aor = 4, .transactions = 4096, .nonces = 4096};
    return options;
}

}  // namespace

TEST_CASE("every flow between the generator and the server makes the messages of the catalogue",
          "[engine][load][identity]") {
    const busyhour::Catalog catalog = busyhour::load_catalog();
    for (const Flow& flow : flows) {
        for (const Transport transport : {Transport::udp, Transport::tcp, Transport::tls}) {
            INFO(flow.name << " over transport " << static_cast<int>(transport));
            Generator generator(flow_scenario_of(flow, transport));
            const sip::ServerOptions options = options_of(flow, transport);
            sip::Location location(options.capacities.bindings, options.capacities.contacts_per_aor,
                                   options.secret);
            sip::Users users(options.realm);
            for (const User& user : generator.scenario().users) {
                users.add_password(user.name, user.password);
            }
            sip::Server server(options, location, users);
            VirtualWire wire(generator, server);
            if (flow.registers_first) {
                generator.begin(setup_flow);
                for (std::size_t i = 0; i < users_number; ++i) wire.start();
                REQUIRE(generator.counters().succeeded == users_number);
                generator.begin(flow);
            }
            for (int i = 0; i < 70; ++i) wire.start();
            wire.finish();
            CHECK(generator.counters().succeeded == 70);
            CHECK(generator.counters().retransmissions == 0);
            CHECK(generator.counters().unexpected == 0);
            for (const auto& [method, row] : counted(generator.counters())) {
                UNSCOPED_INFO(method << " " << row[0] << " " << row[1] << " " << row[2] << " "
                                     << row[3]);
            }
            CHECK(counted(generator.counters()) ==
                  predicted_counts(catalog.flows.at(std::string(flow.catalog_name)), 70));
        }
    }
}
