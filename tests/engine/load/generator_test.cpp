#include "engine/load/flow_counts.h"
#include "engine/load/scripted_proxy.h"
#include "engine/load/virtual_wire.h"

#include <catch2/catch.hpp>

using namespace busyhour::engine;
using namespace busyhour::engine::load;
using namespace std::chrono_literals;

namespace {

Scenario scenario_of(std::string_view flow, std::size_t users_number = 40) {
    Scenario scenario;
    scenario.flow = *find_flow(flow);
    scenario.users = generate_users(users_number, {.domain = "example.com"});
    scenario.server = "10.0.0.1:5060";
    scenario.target.port = 5060;
    scenario.sockets_number = 3;
    scenario.sessions_max = 100;
    return scenario;
}

ProxyScript script_of(std::string_view flow) {
    return {.challenges_registers = flow.find("digest") != flow.npos,
            .challenges_invites = flow == "call-digest"};
}

/// The generator after it has registered its users, where the flow wants that.
void prepare(Generator& generator, VirtualWire& wire) {
    const Flow flow = generator.scenario().flow;
    if (!flow.registers_first) return;
    generator.begin(setup_flow);
    for (std::size_t i = 0; i < generator.scenario().users.size(); ++i) wire.start();
    REQUIRE(generator.counters().succeeded == generator.scenario().users.size());
    generator.begin(flow);
}

bool is_retransmission_free(const Counters& counters) {
    return counters.retransmissions == 0 && counters.unexpected == 0 &&
           counters.late_responses == 0;
}

}  // namespace

TEST_CASE("every flow makes the messages that the catalogue predicts", "[engine][load][identity]") {
    const busyhour::Catalog catalog = busyhour::load_catalog();
    for (const Flow& flow : flows) {
        for (const Transport transport : {Transport::udp, Transport::tcp, Transport::tls}) {
            INFO(flow.name << " over transport " << static_cast<int>(transport));
            Scenario scenario = scenario_of(flow.name);
            scenario.target.transport = transport;
            Generator generator(scenario);
            ScriptedProxy proxy(script_of(flow.name));
            VirtualWire wire(generator, proxy);
            prepare(generator, wire);
            for (int i = 0; i < 70; ++i) wire.start();
            wire.finish();
            CHECK(generator.counters().succeeded == 70);
            CHECK(generator.counters().failed == 0);
            CHECK(is_retransmission_free(generator.counters()));
            CHECK(generator.sessions() == 0);
            CHECK(counted(generator.counters()) ==
                  predicted_counts(catalog.flows.at(std::string(flow.catalog_name)), 70));
        }
    }
}

TEST_CASE("a REGISTER without an answer is sent again by timer E and given up by timer F",
          "[engine][load]") {
    Generator generator(scenario_of("register"));
    ScriptedProxy proxy({.is_silent = true});
    VirtualWire wire(generator, proxy);
    std::vector<Duration> sent;
    const Time begin = wire.now();
    wire.loses = [&](std::string_view) {
        sent.push_back(wire.now() - begin);
        return true;
    };
    wire.start();
    wire.run_for(40s);
    // rfc3261 17.1.2.2: 500 ms, 1 s, 2 s, 4 s, 4 s, ... within 64 T1 = 32 s.
    const std::vector<Duration> wanted{0ms,     500ms,   1500ms,  3500ms,  7500ms, 11500ms,
                                       15500ms, 19500ms, 23500ms, 27500ms, 31500ms};
    REQUIRE(sent.size() == wanted.size());
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        CHECK(sent[i] >= wanted[i]);
        CHECK(sent[i] - wanted[i] <= 11ms);
    }
    CHECK(generator.counters().timeouts == 1);
    CHECK(generator.counters().failed == 1);
    CHECK(generator.counters().retransmissions == 10);
    CHECK(generator.sessions() == 0);
}

TEST_CASE("an INVITE without an answer is sent again by timer A and given up by timer B",
          "[engine][load]") {
    Generator generator(scenario_of("call"));
    ScriptedProxy proxy({});
    VirtualWire wire(generator, proxy);
    prepare(generator, wire);
    int sent = 0;
    wire.loses = [&](std::string_view text) {
        sent += text.starts_with("INVITE") ? 1 : 0;
        return true;
    };
    wire.start();
    wire.run_for(31900ms);
    CHECK(sent == 7);  // 0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5 s: rfc3261 17.1.1.2
    CHECK(generator.sessions() == 1);
    wire.run_for(2s);
    CHECK(sent == 7);
    CHECK(generator.counters().timeouts == 1);
    CHECK(generator.counters().invite_ineffective == 1);
    CHECK(generator.sessions() == 0);
}

TEST_CASE("nothing is sent again over a reliable transport", "[engine][load]") {
    Scenario scenario = scenario_of("register");
    scenario.target.transport = Transport::tcp;
    Generator generator(scenario);
    ScriptedProxy proxy({.is_silent = true});
    VirtualWire wire(generator, proxy);
    wire.start();
    wire.run_for(40s);
    CHECK(generator.counters().retransmissions == 0);
    CHECK(generator.counters().of(sip::Method::register_).requests_sent.messages_number == 1);
    CHECK(generator.counters().timeouts == 1);
}

TEST_CASE("a call succeeds when any one of its messages is lost once", "[engine][load][identity]") {
    constexpr int only_the_proxy_would_send_again = 2;  // and this one has no timers
    for (int lost = 0; lost < 13; ++lost) {
        if (lost == only_the_proxy_would_send_again) continue;
        INFO("message " << lost);
        Generator generator(scenario_of("call"));
        ScriptedProxy proxy({});
        VirtualWire wire(generator, proxy);
        prepare(generator, wire);
        int number = 0;
        wire.loses = [&](std::string_view) { return number++ == lost; };
        wire.start();
        wire.finish();
        CHECK(generator.counters().succeeded == 1);
        CHECK(generator.sessions() == 0);
    }
}

TEST_CASE("registrations of one user keep their Call-ID and raise their CSeq", "[engine][load]") {
    Generator generator(scenario_of("refresh", 1));
    ScriptedProxy proxy({});
    VirtualWire wire(generator, proxy);
    std::vector<std::string> call_ids;
    std::vector<std::uint32_t> numbers;
    wire.loses = [&](std::string_view text) {
        sip::Message message;
        REQUIRE(parse_message(text, message) == sip::Fault::none);
        if (message.is_request) {
            call_ids.emplace_back(message.call_id);
            numbers.push_back(message.cseq.number);
        }
        return false;
    };
    prepare(generator, wire);
    wire.start();
    wire.start();
    CHECK(numbers == std::vector<std::uint32_t>{1, 2, 3});
    CHECK(call_ids == std::vector<std::string>(3, call_ids.front()));
}

TEST_CASE("credentials are those of rfc7616 for MD5 and SHA-256", "[engine][load]") {
    for (const char* algorithm : {"MD5", "SHA-256"}) {
        Generator generator(scenario_of("register-digest", 1));
        ScriptedProxy proxy({.challenges_registers = true, .algorithm = algorithm});
        VirtualWire wire(generator, proxy);
        REQUIRE(wire.start());
        REQUIRE(generator.counters().succeeded == 1);
        const auto credentials = sip::parse_credentials(proxy.last_authorization_);
        REQUIRE(credentials);
        CHECK(credentials->nonce_count == 1);
        sip::DigestCalculator digest;
        const sip::DigestText secret =
            digest.secret(sip::algorithm_of(algorithm), "user000001", "test", "secret-user000001");
        CHECK(digest.check(*credentials, secret.view(), "REGISTER"));
        CHECK_FALSE(digest.check(*credentials, secret.view(), "INVITE"));
    }
}

TEST_CASE("a nonce used again counts up", "[engine][load]") {
    Generator generator(scenario_of("register-digest-reused-nonce", 1));
    ScriptedProxy proxy({.challenges_registers = true});
    VirtualWire wire(generator, proxy);
    prepare(generator, wire);
    for (std::uint32_t wanted : {2U, 3U, 4U}) {
        REQUIRE(wire.start());
        CHECK(sip::parse_credentials(proxy.last_authorization_)->nonce_count == wanted);
    }
}

TEST_CASE("a registration that is challenged without credentials to give has failed",
          "[engine][load]") {
    Generator generator(scenario_of("register"));
    ScriptedProxy proxy({.challenges_registers = true});
    VirtualWire wire(generator, proxy);
    wire.start();
    CHECK(generator.counters().refused == 1);
    CHECK(generator.counters().received_by_status[401] == 1);
}

TEST_CASE("a storm tries again after Retry-After until it succeeds", "[engine][load]") {
    Generator generator(scenario_of("storm", 10));
    ScriptedProxy proxy({.register_status_code = 503});
    VirtualWire wire(generator, proxy);
    const Time begin = wire.now();
    for (int i = 0; i < 10; ++i) wire.start();
    CHECK(generator.counters().back_offs == 10);
    CHECK(generator.sessions() == 10);
    proxy.script_.register_status_code = 200;
    wire.run_for(6900ms);
    CHECK(generator.counters().succeeded == 0);
    wire.run_for(200ms);
    CHECK(generator.counters().succeeded == 10);
    CHECK(generator.counters().failed == 0);
    CHECK(generator.last_answer() - begin >= 7s);
    CHECK(generator.counters().latency.quantile(0) >= 7s);
}

TEST_CASE("a storm that nobody answers waits between half and all of a doubling bound",
          "[engine][load]") {
    Generator generator(scenario_of("storm", 1));
    ScriptedProxy proxy({.is_silent = true});
    VirtualWire wire(generator, proxy);
    std::vector<Time> first_of_attempt;
    std::string branch;
    wire.loses = [&](std::string_view text) {
        sip::Message message;
        REQUIRE(parse_message(text, message) == sip::Fault::none);
        if (message.via.branch != branch) first_of_attempt.push_back(wire.now());
        branch = message.via.branch;
        return true;
    };
    wire.start();
    wire.run_for(600s);
    REQUIRE(first_of_attempt.size() >= 4);
    for (std::size_t i = 1; i < 4; ++i) {
        const double wait_s = to_seconds(first_of_attempt[i] - first_of_attempt[i - 1]) - 32;
        const double bound_s = 30.0 * static_cast<double>(1U << (i - 1));
        CHECK(wait_s >= bound_s / 2 - 0.01);
        CHECK(wait_s <= bound_s + 0.02);
    }
}

TEST_CASE("an arrival without an idle user or a place is counted and not started",
          "[engine][load]") {
    Scenario scenario = scenario_of("register", 2);
    Generator generator(scenario);
    ScriptedProxy proxy({.is_silent = true});
    VirtualWire wire(generator, proxy);
    CHECK(wire.start());
    CHECK(wire.start());
    CHECK_FALSE(wire.start());
    CHECK(generator.counters().offered == 3);
    CHECK(generator.counters().without_place == 1);
}

TEST_CASE("latency counts from the intended moment", "[engine][load]") {
    Generator generator(scenario_of("register"));
    ScriptedProxy proxy({});
    VirtualWire wire(generator, proxy);
    Outbox out(16, 65536);
    generator.start(wire.now() - 3s, wire.now(), out);
    REQUIRE(out.size() == 1);
    Outbox back(16, 65536);
    Peer from = generator.scenario().target;
    from.port = 40000;
    proxy.receive(out[0].bytes, from, wire.now(), back);
    generator.receive(back[0].bytes, generator.scenario().target, wire.now() + 1s, out);
    CHECK(to_seconds(generator.counters().latency.largest()) == Approx(4));
    CHECK(to_seconds(generator.counters().request_delay.largest()) == Approx(1));
}

TEST_CASE("a connection that ends fails what waits for an answer over it", "[engine][load]") {
    Scenario scenario = scenario_of("register");
    scenario.target.transport = Transport::tls;
    Generator generator(scenario);
    ScriptedProxy proxy({.is_silent = true});
    VirtualWire wire(generator, proxy);
    wire.start();
    wire.start();
    Outbox out(16, 65536);
    Peer peer = scenario.target;
    peer.connection = 2;  // of the second user
    generator.closed(peer, wire.now(), out);
    CHECK(generator.counters().disconnected == 1);
    CHECK(generator.sessions() == 1);
}

TEST_CASE("a connection of its own is closed after the registration or after each transaction",
          "[engine][load]") {
    for (const ConnectionUse use :
         {ConnectionUse::per_registration, ConnectionUse::per_transaction}) {
        Scenario scenario = scenario_of("register-digest");
        scenario.target.transport = Transport::tcp;
        scenario.connection_use = use;
        Generator generator(scenario);
        ScriptedProxy proxy({.challenges_registers = true});
        generator.set_local_address(0, {"127.0.0.1"});
        Outbox out(16, 65536);
        Outbox back(16, 65536);
        const Time now(1h);
        generator.start(now, now, out);
        for (int round = 0; round < 2; ++round) {
            REQUIRE(out.size() == static_cast<std::size_t>(round) + 1);
            const OutgoingMessage message = out[static_cast<std::size_t>(round)];
            CHECK(message.to.connection < generator.connections_max());
            proxy.receive(message.bytes, message.to, now, back);
            const OutgoingMessage answer = back[static_cast<std::size_t>(round)];
            generator.receive(answer.bytes, answer.to, now, out);
        }
        CHECK(generator.counters().succeeded == 1);
        const bool is_same = out[0].to.connection == out[1].to.connection;
        CHECK(is_same == (use == ConnectionUse::per_registration));
        CHECK(generator.closing().size() == (is_same ? 1 : 2));
    }
}

TEST_CASE("garbage and messages of nobody are counted and change nothing", "[engine][load]") {
    Generator generator(scenario_of("call"));
    ScriptedProxy proxy({});
    VirtualWire wire(generator, proxy);
    Outbox out(16, 65536);
    const Peer peer = generator.scenario().target;
    for (const std::string_view text :
         {std::string_view("\r\n\r\n"), std::string_view("hello"),
          std::string_view("SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP a;branch=z9hG4bKx\r\n"
                           "From: <sip:a@b>;tag=1\r\nTo: <sip:a@b>;tag=2\r\nCall-ID: x\r\n"
                           "CSeq: 1 REGISTER\r\nContent-Length: 0\r\n\r\n")}) {
        const std::vector<std::uint8_t> octets(text.begin(), text.end());
        generator.receive(octets, peer, wire.now(), out);
    }
    CHECK(generator.counters().unexpected == 3);
    CHECK(out.is_empty());
}
