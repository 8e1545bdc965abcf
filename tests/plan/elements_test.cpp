#include "busyhour/plan/busy_hour.h"
#include "busyhour/plan/plan.h"

#include <catch2/catch.hpp>

#include <string>

using namespace busyhour;

namespace {

BusyHour hour_of(const std::string& population, const std::string& rest = "") {
    const PlanInput input = read_deployment(
        R"({"populations": [{"endpoints": 36000)" + population + "}]" + rest + "}", "f");
    return busy_hour_of(input.deployment, input.catalog);
}

const Load& role(const BusyHour& hour, RoleKind kind) {
    return hour.roles.at(index_of(kind));
}

constexpr auto edge = R"(, "roles": {"edge_proxy": {}})";
constexpr auto no_calls = R"(, "calls": {"busy_hour_attempts_per_endpoint": 0})";

}  // namespace

TEST_CASE("an edge proxy takes over the endpoints' connections", "[plan][edge][identity]") {
    const std::string phones =
        std::string(no_calls) + R"(, "transport": "tls", "tls": {"connection": "per_registration"},
            "keepalive": {"method": "crlf", "interval_s": 100})";
    const BusyHour with = hour_of(phones, edge);
    const BusyHour without = hour_of(phones);
    const Demand at_edge = mean_work(role(with, RoleKind::edge_proxy), 1).demand;
    const Demand at_core = mean_work(role(with, RoleKind::registrar), 1).demand;
    const Demand alone = mean_work(role(without, RoleKind::registrar), 1).demand;
    for (const Driver driver :
         {Driver::tls_connections, Driver::tcp_connections_opened,
          Driver::tls_handshakes_ecdsa_p256, Driver::keepalive_messages, Driver::tls_messages}) {
        CHECK(alone[driver] > 0);
        CHECK(at_edge[driver] == Approx(alone[driver]).epsilon(1e-12));
        CHECK(at_core[driver] == 0);
    }
    CHECK(at_core[Driver::registrations] == Approx(10).epsilon(1e-12));
    CHECK(at_edge[Driver::registrations] == 0);
    CHECK(at_edge[Driver::other_transactions] == Approx(10).epsilon(1e-12));
    CHECK(mean_work(role(without, RoleKind::edge_proxy), 1).traffic.packets_in_number == 0);
}

TEST_CASE("an edge proxy passes each message on", "[plan][edge][identity]") {
    // 10 registrations/s of 2 messages: the registrar sees one packet in and one out of each, the
    // edge both on either side.
    const BusyHour hour = hour_of(no_calls, edge);
    const Traffic core = mean_work(role(hour, RoleKind::registrar), 1).traffic;
    const Traffic at_edge = mean_work(role(hour, RoleKind::edge_proxy), 1).traffic;
    CHECK(core.packets_in_number == Approx(10).epsilon(1e-12));
    CHECK(core.packets_out_number == Approx(10).epsilon(1e-12));
    CHECK(at_edge.packets_in_number == Approx(20).epsilon(1e-12));
    CHECK(at_edge.in_bytes == Approx(core.in_bytes + core.out_bytes).epsilon(1e-12));
}

TEST_CASE("calls pass the edge on each endpoint's leg", "[plan][edge][identity]") {
    // 10 calls/s; 13 messages at the proxy: 7 with the caller, 6 with the callee (rfc3665).
    const std::string half = R"(, "calls": {"internal_fraction": 0.5})";
    const BusyHour hour = hour_of(half, edge);
    const Load& at_edge = role(hour, RoleKind::edge_proxy);
    const Traffic traffic = at_edge[Process::calls].traffic;
    const double messages = 10 * (7 + 0.5 * 6);
    CHECK(traffic.packets_in_number == Approx(messages).epsilon(1e-12));
    CHECK(traffic.packets_out_number == Approx(messages).epsilon(1e-12));
    CHECK(at_edge[Process::calls].demand[Driver::call_attempts] == Approx(15).epsilon(1e-12));
}

TEST_CASE("recording copies both directions of a call", "[plan][recording][identity]") {
    const BusyHour plain = hour_of("");
    const BusyHour taped = hour_of(R"(, "media": {"recorded_fraction": 0.25})");
    const Work before = mean_work(role(plain, RoleKind::media_relay), 1);
    const Work after = mean_work(role(taped, RoleKind::media_relay), 1);
    // 36,000 calls an hour of 180 s: 1800 erlang, 450 of them recorded: 2 x (50 + 0.2) packets.
    const double copies = 450 * 2 * 50.2;
    CHECK(after.traffic.packets_out_number - before.traffic.packets_out_number ==
          Approx(copies).epsilon(1e-9));
    CHECK(after.traffic.packets_in_number ==
          Approx(before.traffic.packets_in_number).epsilon(1e-12));
    CHECK(after.demand[Driver::relay_ports] - before.demand[Driver::relay_ports] ==
          Approx(450 * 4).epsilon(1e-9));
    const Traffic recorder = mean_work(taped.recorders, 1).traffic;
    constexpr double signalling = 2.5 * 3;  // of the 6 messages of a call, 3 arrive there
    CHECK(recorder.packets_in_number == Approx(copies + signalling).epsilon(1e-9));
    const double more = mean_work(role(taped, RoleKind::proxy), 1).traffic.packets_out_number -
                        mean_work(role(plain, RoleKind::proxy), 1).traffic.packets_out_number;
    CHECK(more == Approx(2.5 * 3).epsilon(1e-9));
}

TEST_CASE("capture sends each SIP message once more", "[plan][capture][identity]") {
    const std::string pings = std::string(no_calls) + R"(, "keepalive": {"method": "crlf"})";
    const std::string layers = R"(, "network": {"layers": ["ipv4"]})";
    const BusyHour plain = hour_of(pings, layers);
    const BusyHour seen = hour_of(pings, layers + R"(, "capture": {"sip": "hep3"})");
    const Traffic before = mean_work(role(plain, RoleKind::registrar), 1).traffic;
    const Traffic after = mean_work(role(seen, RoleKind::registrar), 1).traffic;
    // 10 registrations/s of 2 messages; keepalives are no SIP messages.
    CHECK(after.packets_out_number - before.packets_out_number == Approx(20).epsilon(1e-9));
    const Traffic registrations = role(plain, RoleKind::registrar)[Process::registrations].traffic;
    CHECK(after.out_bytes - before.out_bytes ==
          Approx(registrations.in_bytes + registrations.out_bytes + 20 * 99).epsilon(1e-9));
    CHECK(mean_work(seen.captured, 1).traffic.packets_in_number == Approx(20).epsilon(1e-9));
}

TEST_CASE("watchers of a call are notified three times", "[plan][subscriptions][table]") {
    // rfc4235: early, confirmed, terminated. 36,000 phones watch 5 each; 1 call an hour, half of
    // them internal: each phone takes part in 1.5 an hour.
    const BusyHour hour = hour_of(
        R"(, "calls": {"internal_fraction": 0.5}, "subscriptions":
            [{"event": "dialog", "per_endpoint": 5, "notifies_per_h": 0}])");
    CHECK(hour.totals.subscriptions_number == Approx(180000).epsilon(1e-12));
    CHECK(hour.totals.notifies_per_s == Approx(180000 * 3 * 1.5 / 3600).epsilon(1e-12));
    const BusyHour waiting = hour_of(
        R"(, "subscriptions": [{"event": "message-summary", "per_endpoint": 1,
            "notifies_per_h": 2, "publishes_per_h": 1}])");
    CHECK(waiting.totals.notifies_per_s == Approx(20).epsilon(1e-12));
}
