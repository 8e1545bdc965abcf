#include "busyhour/plan/busy_hour.h"

#include "busyhour/plan/plan.h"

#include <catch2/catch.hpp>

#include <cmath>
#include <string>
#include <vector>

using namespace busyhour;

namespace {

/// Populations as JSON text, and members beside them.
PlanInput input_of(const std::string& populations, const std::string& rest = "") {
    return read_deployment(
        "{\"populations\": [" + populations + "]" + (rest.empty() ? "" : ", " + rest) + "}", "f");
}

BusyHour hour_of(const std::string& populations, const std::string& rest = "") {
    const PlanInput input = input_of(populations, rest);
    return busy_hour_of(input.deployment, input.catalog);
}

Work role_work(const BusyHour& hour, RoleKind kind) {
    return mean_work(hour.roles.at(index_of(kind)), 1);
}

std::vector<double> numbers_of(const Totals& totals) {
    return {totals.endpoints_number,
            totals.registrations_per_s,
            totals.register_messages_per_s,
            totals.keepalives_per_s,
            totals.keepalive_messages_per_s,
            totals.call_attempts_per_s,
            totals.busy_hour_call_attempts_number,
            totals.offered_erlang,
            totals.external_attempts_per_s,
            totals.external_erlang,
            totals.sip_messages_per_s,
            totals.sip_bits_per_s,
            totals.rtp_packets_per_s,
            totals.rtp_packets_talking_per_s,
            totals.rtcp_packets_per_s,
            totals.rtcp_rfc3550_packets_per_s,
            totals.rtcp_share5_packets_per_s,
            totals.tls_full_handshakes_per_s,
            totals.tls_resumed_handshakes_per_s,
            totals.tls_connections_number};
}

std::vector<double> numbers_of(const Work& work) {
    std::vector<double> numbers(work.demand.amounts.begin(), work.demand.amounts.end());
    numbers.insert(numbers.end(), {work.traffic.packets_in_number, work.traffic.packets_out_number,
                                   work.traffic.in_bytes, work.traffic.out_bytes});
    return numbers;
}

std::vector<double> numbers_of(const BusyHour& hour) {
    std::vector<double> numbers = numbers_of(hour.totals);
    for (const RoleKind kind : all_roles) {
        const std::vector<double> more = numbers_of(role_work(hour, kind));
        numbers.insert(numbers.end(), more.begin(), more.end());
    }
    for (const auto& [name, site] : hour.sites) {
        const std::vector<double> more = numbers_of(mean_work(site.load, 1));
        numbers.insert(numbers.end(), more.begin(), more.end());
        numbers.push_back(site.media_flows_number);
        numbers.push_back(site.media_flows_opened_per_s);
    }
    return numbers;
}

void check_multiple(const BusyHour& hour, const BusyHour& other, double factor) {
    const std::vector<double> numbers = numbers_of(hour);
    const std::vector<double> others = numbers_of(other);
    REQUIRE(numbers.size() == others.size());
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        CAPTURE(i);
        CHECK(others[i] == Approx(factor * numbers[i]).epsilon(1e-9).margin(1e-9));
    }
}

/// Everything at once: the members of a population that ask something of every formula.
const std::string busy_members =
    R"("registration": {"expires_s": 600, "refresh_fraction": 0.9, "authentication": "digest"},
       "transport": "tls", "tls": {"connection": "per_transaction", "resumed_fraction": 0.3,
                                   "reconnects_per_endpoint_per_h": 0.1},
       "keepalive": {"method": "crlf", "interval_s": 100},
       "subscriptions": [{"per_endpoint": 3}],
       "calls": {"answered_fraction": 0.7, "internal_fraction": 0.4, "authentication": "digest",
                 "session_expires_s": 120},
       "media": {"codec": "opus", "encryption": "dtls", "relayed_fraction": 0.6,
                 "voice_activity_fraction": 0.5, "transcode_to": "PCMA"})";

std::string population(double endpoints_number, const std::string& members = "") {
    return "{\"endpoints\": " + std::to_string(std::lround(endpoints_number)) +
           (members.empty() ? "" : ", " + members) + "}";
}

}  // namespace

TEST_CASE("100,000 endpoints offer what the arithmetic says", "[plan][busy_hour][table]") {
    const Totals totals = hour_of(population(100000)).totals;
    CHECK(totals.registrations_per_s == Approx(27.7777777777777778).epsilon(1e-13));
    CHECK(totals.register_messages_per_s == Approx(55.5555555555555556).epsilon(1e-13));
    CHECK(totals.call_attempts_per_s == Approx(27.7777777777777778).epsilon(1e-13));
    CHECK(totals.busy_hour_call_attempts_number == 100000);
    CHECK(totals.offered_erlang == Approx(5000).epsilon(1e-13));  // 100000 x 180 / 3600
    CHECK(totals.external_erlang == Approx(2500).epsilon(1e-13));
    CHECK(totals.rtp_packets_per_s == Approx(500000).epsilon(1e-13));  // 5000 x 2 x 50
    CHECK(totals.rtcp_packets_per_s == Approx(2000).epsilon(1e-13));   // 5000 x 2 / 5 s
    CHECK(totals.keepalive_messages_per_s == 0);
    CHECK(totals.tls_connections_number == 0);
    // REGISTER 2 messages, a call 13: 27.7778 x 15
    CHECK(totals.sip_messages_per_s == Approx(416.666666666666667).epsilon(1e-13));
}

TEST_CASE("registrations follow expiry, refresh and challenge", "[plan][busy_hour][table]") {
    const auto totals = [](const std::string& members) {
        return hour_of(population(100000, "\"registration\": {" + members + "}")).totals;
    };
    CHECK(totals(R"("refresh_fraction": 0.5)").registrations_per_s ==
          Approx(55.5555555555555556).epsilon(1e-13));
    CHECK(totals(R"("expires_s": 3540)").registrations_per_s ==
          Approx(28.2485875706214689).epsilon(1e-13));
    // Challenged each time: 4 messages. With the last nonce: 2.
    CHECK(totals(R"("authentication": "digest")").register_messages_per_s ==
          Approx(111.111111111111111).epsilon(1e-13));
    CHECK(totals(R"("authentication": "digest_reused_nonce")").register_messages_per_s ==
          Approx(55.5555555555555556).epsilon(1e-13));
}

TEST_CASE("1000 calls of G.711 are 100,000 RTP packets/s", "[plan][busy_hour][table]") {
    // 20000 endpoints x 1 call x 180 s / 3600 s = 1000 erlang.
    const BusyHour hour = hour_of(population(20000));
    CHECK(hour.totals.offered_erlang == Approx(1000).epsilon(1e-13));
    CHECK(hour.totals.rtp_packets_per_s == Approx(100000).epsilon(1e-13));
    CHECK(hour.totals.rtcp_packets_per_s == Approx(400).epsilon(1e-13));
    CHECK(hour.totals.rtcp_rfc3550_packets_per_s == Approx(400).epsilon(1e-13));
    CHECK(hour.totals.rtcp_share5_packets_per_s == Approx(5000).epsilon(1e-13));
    // Through a relay each packet comes in and goes out: 1000 x 2 legs x (50 + 0.2) each way.
    const Work relay = role_work(hour, RoleKind::media_relay);
    CHECK(relay.traffic.packets_in_number == Approx(100400).epsilon(1e-13));
    CHECK(relay.traffic.packets_out_number == Approx(100400).epsilon(1e-13));
    CHECK(relay.demand[Driver::relayed_packets] == Approx(100400).epsilon(1e-13));
    CHECK(relay.demand[Driver::relay_ports] == Approx(4000).epsilon(1e-13));
    CHECK(relay.demand[Driver::relay_ports_opened] == Approx(4 * 20000.0 / 3600).epsilon(1e-13));
    // 218 octets each with Ethernet; a compound report of 84 is 84 + 28 + 18 = 130.
    CHECK(relay.traffic.in_bytes == Approx(100000.0 * 218 + 400.0 * 130).epsilon(1e-13));
}

TEST_CASE("by the rule of thumb RTCP is 5 % of the RTP packets", "[plan][busy_hour][table]") {
    const BusyHour hour = hour_of(population(20000, R"("media": {"rtcp": "share5"})"));
    CHECK(hour.totals.rtcp_packets_per_s == Approx(5000).epsilon(1e-13));
    CHECK(role_work(hour, RoleKind::media_relay).traffic.packets_in_number ==
          Approx(105000).epsilon(1e-13));
    const BusyHour none = hour_of(population(20000, R"("media": {"rtcp": "none"})"));
    CHECK(none.totals.rtcp_packets_per_s == 0);
    CHECK(role_work(none, RoleKind::media_relay).traffic.packets_in_number ==
          Approx(100000).epsilon(1e-13));
}

TEST_CASE("SRTP lengthens packets, and adds none", "[plan][busy_hour]") {
    const BusyHour hour = hour_of(
        population(20000, R"("media": {"encryption": "sdes"}, "calls": {"internal_fraction": 1})"));
    const Work relay = role_work(hour, RoleKind::media_relay);
    CHECK(relay.traffic.packets_in_number == Approx(100400).epsilon(1e-13));
    // SRTP with an 80-bit tag: 218 + 10; SRTCP 130 + 14.
    CHECK(relay.traffic.in_bytes == Approx(100000.0 * 228 + 400.0 * 144).epsilon(1e-13));
    // Both legs are encrypted: each of 100,400 packets is opened once and protected once.
    CHECK(relay.demand[Driver::srtp_packets] == Approx(200800).epsilon(1e-13));
}

TEST_CASE("towards a trunk only the endpoint's leg is encrypted", "[plan][busy_hour]") {
    const BusyHour hour = hour_of(
        population(20000, R"("media": {"encryption": "sdes"}, "calls": {"internal_fraction": 0})"));
    CHECK(role_work(hour, RoleKind::media_relay).demand[Driver::srtp_packets] ==
          Approx(100400).epsilon(1e-13));
}

TEST_CASE("half the media relayed is half the relay's packets", "[plan][busy_hour][identity]") {
    const BusyHour hour = hour_of(population(20000, R"("media": {"relayed_fraction": 0.5})"));
    CHECK(hour.totals.rtp_packets_per_s == Approx(100000).epsilon(1e-13));
    CHECK(role_work(hour, RoleKind::media_relay).traffic.packets_in_number ==
          Approx(50200).epsilon(1e-13));
}

TEST_CASE("silence lowers the mean and leaves the peak", "[plan][busy_hour]") {
    const BusyHour loud = hour_of(population(20000));
    const BusyHour quiet =
        hour_of(population(20000, R"("media": {"voice_activity_fraction": 0.4})"));
    CHECK(quiet.totals.rtp_packets_per_s == Approx(40000).epsilon(1e-13));
    CHECK(quiet.totals.rtp_packets_talking_per_s == Approx(100000).epsilon(1e-13));
    CHECK(role_work(quiet, RoleKind::media_relay).traffic.packets_in_number ==
          Approx(40400).epsilon(1e-12));  // RTCP goes on
    const auto peak = [](const BusyHour& hour) {
        return peak_work(hour.roles.at(index_of(RoleKind::media_relay)), 1, 0.999);
    };
    CHECK(peak(quiet).traffic.packets_in_number == peak(loud).traffic.packets_in_number);
}

TEST_CASE("keepalives follow their interval and method", "[plan][busy_hour][table]") {
    const auto totals = [](const std::string& transport, const std::string& keepalive) {
        return hour_of(population(100000, "\"transport\": \"" + transport + "\", \"keepalive\": {" +
                                              keepalive + "}"))
            .totals;
    };
    // RFC 5626: U(24, 29) s, mean 26.5: 100000 / 26.5.
    CHECK(totals("udp", R"("method": "stun", "interval_s": 26.5)").keepalives_per_s ==
          Approx(3773.58490566037736).epsilon(1e-13));
    CHECK(totals("udp", R"("method": "stun", "interval_s": 26.5)").keepalive_messages_per_s ==
          Approx(2 * 3773.58490566037736).epsilon(1e-13));
    CHECK(totals("udp", R"("method": "crlf", "interval_s": 30)").keepalive_messages_per_s ==
          Approx(3333.33333333333333).epsilon(1e-13));  // nobody answers over UDP
    CHECK(totals("tcp", R"("method": "crlf", "interval_s": 107.5)").keepalive_messages_per_s ==
          Approx(2 * 930.232558139534884).epsilon(1e-13));
    CHECK(totals("udp", R"("method": "options", "interval_s": 30)").keepalive_messages_per_s ==
          Approx(6666.66666666666667).epsilon(1e-13));
}

TEST_CASE("connections are counted by the habit of the endpoints", "[plan][busy_hour][table]") {
    const auto totals = [](const std::string& tls) {
        return hour_of(population(36000, R"("transport": "tls", "tls": {)" + tls + "}")).totals;
    };
    // 36000 endpoints register 10 times a second and make 10 calls a second.
    CHECK(totals("").tls_connections_number == 36000);
    CHECK(totals("").tls_full_handshakes_per_s == 0);
    CHECK(totals(R"("reconnects_per_endpoint_per_h": 0.5)").tls_full_handshakes_per_s ==
          Approx(5).epsilon(1e-13));
    const Totals each = totals(R"("connection": "per_registration", "resumed_fraction": 0.2)");
    CHECK(each.tls_full_handshakes_per_s == Approx(8).epsilon(1e-13));
    CHECK(each.tls_resumed_handshakes_per_s == Approx(2).epsilon(1e-13));
    // One for the REGISTER; of a call two for the caller and, half the time, two for the callee.
    const Totals transaction = totals(R"("connection": "per_transaction")");
    CHECK(transaction.tls_full_handshakes_per_s == Approx(10 + 10 * (2 + 0.5 * 2)).epsilon(1e-13));
    CHECK(transaction.tls_connections_number == 0);
}

TEST_CASE("subscriptions and session timers are counted by hand", "[plan][busy_hour][table]") {
    const auto proxy_and_registrar = [](const std::string& members) {
        const BusyHour hour = hour_of(population(3600, members));
        return hour.totals.sip_messages_per_s;
    };
    const std::string no_calls = R"("calls": {"busy_hour_attempts_per_endpoint": 0})";
    // 3600 endpoints: 1 REGISTER a second, 2 messages.
    CHECK(proxy_and_registrar(no_calls) == Approx(2).epsilon(1e-13));
    // Two subscriptions each: 2 SUBSCRIBEs a second of 4 messages; 6 NOTIFYs an hour each:
    // 3600 x 2 x 6 / 3600 = 12 a second of 2 messages.
    CHECK(proxy_and_registrar(no_calls + R"(, "subscriptions": [{"per_endpoint": 2}])") ==
          Approx(2 + 8 + 24).epsilon(1e-13));
    // One call a second, of 900 s in the mean. RFC 4028: 1800 s refreshed each 900 s, as often as
    // the call outlives: 1 / (e - 1) = 0.581976706869. UPDATE 4 messages, re-INVITE 7 at the proxy.
    const std::string calls = R"("calls": {"holding_time_s": 900, "session_expires_s": 1800)";
    CHECK(proxy_and_registrar(calls + "}") ==
          Approx(2 + 13 + 4 * 0.581976706869326).epsilon(1e-12));
    CHECK(proxy_and_registrar(calls + R"(, "session_refresh": "reinvite"})") ==
          Approx(2 + 13 + 7 * 0.581976706869326).epsilon(1e-12));
}

TEST_CASE("unanswered calls are cancelled, and challenged ones cost three messages more",
          "[plan][busy_hour][table]") {
    const auto messages = [](const std::string& calls) {
        return hour_of(population(3600, "\"calls\": {" + calls + "}")).totals.sip_messages_per_s -
               2;
    };
    CHECK(messages("") == Approx(13).epsilon(1e-13));
    CHECK(messages(R"("answered_fraction": 0)") == Approx(13).epsilon(1e-13));  // CANCEL: 7 + 6
    CHECK(messages(R"("authentication": "digest")") == Approx(16).epsilon(1e-13));
    CHECK(messages(R"("authentication": "digest_reused_nonce")") == Approx(13).epsilon(1e-13));
    CHECK(messages(R"("authentication": "digest", "answered_fraction": 0)") ==
          Approx(16).epsilon(1e-13));
}

TEST_CASE("everything grows with the endpoints", "[plan][busy_hour][identity]") {
    for (const std::string& members : {std::string(), busy_members}) {
        const BusyHour hour = hour_of(population(1000, members));
        check_multiple(hour, hour_of(population(7000, members)), 7);
        for (const RoleKind kind : all_roles) {
            const Load& load = hour.roles.at(index_of(kind));
            const std::vector<double> once = numbers_of(mean_work(load, 1));
            const std::vector<double> grown = numbers_of(mean_work(load, 2.5));
            for (std::size_t i = 0; i < once.size(); ++i) {
                CHECK(grown[i] == Approx(2.5 * once[i]).margin(1e-9));
            }
        }
    }
}

TEST_CASE("a population split into two halves offers the same", "[plan][busy_hour][identity]") {
    for (const std::string& members : {std::string(), busy_members}) {
        check_multiple(hour_of(population(10000, members)),
                       hour_of(population(5000, members) + "," + population(5000, members)), 1);
    }
}

TEST_CASE("the link of the only site carries what the endpoints send and receive",
          "[plan][busy_hour][identity]") {
    // All calls internal and relayed: everything the roles see comes from the site.
    const BusyHour hour = hour_of(population(100000, R"("calls": {"internal_fraction": 1})"));
    const Traffic site = mean_work(hour.sites.at("").load, 1).traffic;
    // 27.7778 REGISTERs, 6 messages of each of 27.7778 calls (INVITE, ACK and BYE of the caller,
    // 180 and two 200 of the callee), 2 x 5000 legs of 50.2 packets.
    CHECK(site.packets_in_number == Approx(100000.0 / 3600 * 7 + 502000).epsilon(1e-12));
    CHECK(site.packets_out_number == Approx(100000.0 / 3600 * 8 + 502000).epsilon(1e-12));
    Traffic roles;
    for (const RoleKind kind : all_roles) roles += role_work(hour, kind).traffic;
    CHECK(site.packets_in_number == Approx(roles.packets_in_number).epsilon(1e-12));
    CHECK(site.packets_out_number == Approx(roles.packets_out_number).epsilon(1e-12));
    CHECK(site.in_bytes == Approx(roles.in_bytes).epsilon(1e-12));
    CHECK(site.out_bytes == Approx(roles.out_bytes).epsilon(1e-12));
}

TEST_CASE("internal calls that are not relayed stay inside their site",
          "[plan][busy_hour][identity]") {
    const BusyHour hour = hour_of(population(
        100000, R"("calls": {"internal_fraction": 1}, "media": {"relayed_fraction": 0})"));
    const Traffic site = mean_work(hour.sites.at("").load, 1).traffic;
    CHECK(site.packets_in_number == Approx(100000.0 / 3600 * 7).epsilon(1e-9));
    CHECK(role_work(hour, RoleKind::media_relay).traffic.packets_in_number == 0);
}

TEST_CASE("direct calls between two sites cross both links", "[plan][busy_hour][identity]") {
    // Two sites of equal size: half of each site's 2500 erlang goes to the other one. A link
    // carries its own calls outwards and the other's inwards, 50.2 packets each way and call.
    const std::string members =
        R"("calls": {"internal_fraction": 1}, "media": {"relayed_fraction": 0})";
    const BusyHour hour = hour_of(population(50000, R"("site": "a", )" + members) + "," +
                                  population(50000, R"("site": "b", )" + members));
    for (const std::string name : {"a", "b"}) {
        const Work& media = hour.sites.at(name).load[Process::media];
        CHECK(media.traffic.packets_in_number == Approx(2 * 1250 * 50.2).epsilon(1e-12));
        CHECK(media.traffic.packets_out_number == Approx(2 * 1250 * 50.2).epsilon(1e-12));
    }
}

TEST_CASE("sites share what all endpoints send", "[plan][busy_hour][identity]") {
    const std::string members = R"("calls": {"internal_fraction": 0.7})";
    const BusyHour one = hour_of(population(40000, members));
    const BusyHour three = hour_of(population(10000, R"("site": "a", )" + members) + "," +
                                   population(25000, R"("site": "b", )" + members) + "," +
                                   population(5000, R"("site": "c", )" + members));
    Traffic sum;
    for (const auto& [name, site] : three.sites) sum += mean_work(site.load, 1).traffic;
    const Traffic all = mean_work(one.sites.at("").load, 1).traffic;
    CHECK(sum.packets_in_number == Approx(all.packets_in_number).epsilon(1e-12));
    CHECK(sum.out_bytes == Approx(all.out_bytes).epsilon(1e-12));
}
