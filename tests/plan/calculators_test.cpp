#include "busyhour/plan/calculators.h"

#include "busyhour/error.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

using namespace busyhour;

namespace {

const Catalog& catalog() {
    static const Catalog built_in = load_catalog();
    return built_in;
}

Answer answer_of(const std::string& quantity, const std::string& options) {
    return calculate(quantity, parse_json(options, "options"), catalog());
}

double number(const Answer& answer, const std::string& key) {
    for (const JsonMember& member : answer.values) {
        if (member.key == key && member.value.number() != nullptr) return *member.value.number();
    }
    throw std::runtime_error("no number " + key);
}

std::string error_of(const std::string& quantity, const std::string& options) {
    try {
        answer_of(quantity, options);
    } catch (const InputError& error) {
        return error.what();
    }
    return "no error";
}

}  // namespace

TEST_CASE("calc registrations gives the rate, the messages and the peak", "[plan][calc][table]") {
    const Answer floor = answer_of("registrations", R"({"endpoints": 100000, "expires_s": 3600})");
    CHECK(number(floor, "registrations_per_s") == Approx(27.7777777777777778).epsilon(1e-13));
    CHECK(number(floor, "register_messages_per_s") == Approx(55.5555555555555556).epsilon(1e-13));
    CHECK(number(floor, "registrations_peak_per_s") == 45);
    const Answer real =
        answer_of("registrations",
                  R"({"endpoints": 100000, "refresh_fraction": 0.5, "authentication": "digest"})");
    CHECK(number(real, "registrations_per_s") == Approx(55.5555555555555556).epsilon(1e-13));
    CHECK(number(real, "register_messages_per_s") == Approx(222.222222222222222).epsilon(1e-13));
}

TEST_CASE("calc rtp counts 1000 calls of G.711", "[plan][calc][table]") {
    const Answer thumb = answer_of("rtp", R"({"codec": "PCMU", "ptime_ms": 20, "calls": 1000,
                                              "rtcp": "share5", "layers": "ipv4"})");
    CHECK(number(thumb, "rtp_packets_per_s") == Approx(100000).epsilon(1e-13));
    CHECK(number(thumb, "rtcp_packets_per_s") == Approx(5000).epsilon(1e-13));
    CHECK(number(thumb, "packets_per_s") == Approx(105000).epsilon(1e-13));
    CHECK(number(thumb, "relay_packets_in_per_s") == Approx(105000).epsilon(1e-13));
    CHECK(number(thumb, "relay_packets_out_per_s") == Approx(105000).epsilon(1e-13));
    CHECK(number(thumb, "packet_bytes") == 200);
    CHECK(number(thumb, "bits_per_s_per_direction") == Approx(80e6).epsilon(1e-13));
    const Answer standard = answer_of("rtp", R"({"codec": "PCMU", "calls": 1000})");
    CHECK(number(standard, "packets_per_s") == Approx(100400).epsilon(1e-13));
    CHECK(number(standard, "packets_per_s_share5") == Approx(105000).epsilon(1e-13));
}

TEST_CASE("calc rtp adds SRTP, VLAN and Ethernet", "[plan][calc][table]") {
    const Answer answer = answer_of("rtp", R"({"codec": "PCMU", "calls": 1, "encryption": "sdes",
                                               "layers": "ethernet,vlan,ipv4"})");
    // 160 + 12 + 10 + 8 + 20 = 210; with 4 of the tag and 18 of the frame 232.
    CHECK(number(answer, "ip_packet_bytes") == 210);
    CHECK(number(answer, "packet_bytes") == 232);
    CHECK(number(answer, "bits_per_s_per_direction") == Approx(232 * 8 * 50).epsilon(1e-13));
}

TEST_CASE("calc rtcp gives the interval of RFC 3550", "[plan][calc][table]") {
    const Answer call = answer_of("rtcp", R"({"members": 2, "session_bits_per_s": 160000})");
    CHECK(number(call, "interval_s") == 5);
    CHECK(number(call, "packets_per_s") == Approx(0.4).epsilon(1e-13));
    const Answer reduced =
        answer_of("rtcp", R"({"members": 2, "session_kbits_per_s": 160, "reduced_minimum": true})");
    CHECK(number(reduced, "interval_s") == 2.25);
    CHECK_THAT(error_of("rtcp", R"({"members": 2, "senders": 3, "session_bits_per_s": 64000})"),
               Catch::StartsWith("/senders: "));
}

TEST_CASE("calc erlang-b finds the third of its quantities", "[plan][calc][table]") {
    CHECK(number(answer_of("erlang-b", R"({"offered_erlang": 5, "channels": 10})"),
                 "blocking_probability") == Approx(0.0183845703366).epsilon(1e-11));
    CHECK(number(answer_of("erlang-b", R"({"offered_erlang": 1000, "blocking_probability": 0.01})"),
                 "channels") == 1029);
    CHECK(number(answer_of("erlang-b", R"({"channels": 30, "blocking_probability": 0.02})"),
                 "offered_erlang") == Approx(21.9315653).epsilon(1e-8));
    CHECK(number(answer_of("erlang-b", R"({"offered_erlang": 1, "channels": 1.5})"),
                 "blocking_probability") == Approx(0.325902313331).epsilon(1e-10));
    CHECK_THAT(error_of("erlang-b", R"({"channels": 30})"), Catch::Contains("needs two"));
    CHECK_THAT(error_of("erlang-b", R"({"channels": 1, "offered_erlang": 1,
                                        "blocking_probability": 0.1})"),
               Catch::Contains("needs two"));
}

TEST_CASE("calc sip counts a flow at an element", "[plan][calc][table]") {
    const Answer call = answer_of("sip", R"({"flow": "call", "rate_per_s": 10, "layers": "ipv4"})");
    CHECK(number(call, "messages") == 13);
    CHECK(number(call, "messages_per_s") == 130);
    CHECK(number(call, "packets_in") + number(call, "packets_out") == 13);
    // Each datagram has 28 octets of headers.
    CHECK(number(call, "wire_bytes_in") == number(call, "bytes_in") + 6 * 28);
    CHECK(number(call, "wire_bytes_out") == number(call, "bytes_out") + 7 * 28);
    const Answer all = answer_of("sip", R"({"flow": "call-two-proxies-digest"})");
    CHECK(number(all, "messages_total") == 23);
    CHECK_THAT(error_of("sip", R"({"flow": "call", "element": "prxy"})"),
               Catch::StartsWith("/element: ") && Catch::Contains("\"proxy\""));
}

TEST_CASE("calc overhead adds layer by layer", "[plan][calc][table]") {
    const Answer esp =
        answer_of("overhead", R"({"layers": "ipsec_esp_tunnel,ipv4", "payload_bytes": 160,
                        "packets_per_s": 50})");
    CHECK(number(esp, "total_bytes") == 256);
    CHECK(number(esp, "overhead_bytes") == 96);
    CHECK(number(esp, "rtp_bytes") == 12);
    CHECK(number(esp, "udp_bytes") == 8);
    CHECK(number(esp, "ipv4_bytes") == 20);
    CHECK(number(esp, "ipsec_esp_tunnel_bytes") == 56);
    CHECK(number(esp, "bits_per_s") == 256 * 8 * 50);
}

TEST_CASE("calc growth gives the median and its interval", "[plan][calc][table]") {
    const Answer answer = answer_of("growth", R"({"history":
        "2021=100000,2022=112000,2023=123000,2024=140000,2025=155000", "years": 5})");
    CHECK(number(answer, "rate_per_year") == Approx(0.116239).margin(1e-6));
    const Json& rows = answer.values.back().value;
    REQUIRE(rows.items().size() == 5);
    const Json& last = rows.items().back();
    CHECK(last.find("year")->number_or_zero() == 2030);
    CHECK(last.find("value")->number_or_zero() == Approx(268793).margin(1));
    CHECK_THAT(error_of("growth", R"({"history": "2021:5", "years": 5})"),
               Catch::Contains("YEAR=VALUE"));
}

TEST_CASE("calc tls counts the octets of one connection", "[plan][calc][table]") {
    const Answer answer =
        answer_of("tls", R"({"key": "rsa-2048", "version": "1.3", "layers": "ipv4"})");
    CHECK(number(answer, "record_overhead_bytes") == 22);
    // data/measurements/tls-handshake-bytes.csv: 401 octets in 2 segments and 1887 in 3; and seven
    // segments without payload open and close the connection.
    CHECK(number(answer, "handshake_client_bytes") == 401);
    CHECK(number(answer, "handshake_server_bytes") == 1887);
    CHECK(number(answer, "packets_in") == 4 + 2);
    CHECK(number(answer, "packets_out") == 3 + 3);
    CHECK(number(answer, "wire_bytes_in") == 401 + 52 * 6);
    CHECK(number(answer, "wire_bytes_out") == 1887 + 52 * 6);
}

TEST_CASE("calculators refuse what they do not know", "[plan][calc][error]") {
    CHECK_THAT(error_of("erlang_b", "{}"), Catch::Contains("\"erlang-b\""));
    CHECK_THAT(error_of("registrations", "{}"), Catch::StartsWith("/endpoints: is missing"));
    CHECK_THAT(error_of("registrations", R"({"endpoints": -1, "expires_s": 0, "exprs": 1})"),
               Catch::Contains("/endpoints: ") && Catch::Contains("/expires_s: ") &&
                   Catch::Contains("/exprs: "));
    CHECK_THAT(error_of("rtp", R"({"codec": "PMCU", "calls": 1})"), Catch::Contains("\"PCMU\""));
    CHECK_THAT(error_of("rtp", R"({"codec": "PCMU", "calls": 1, "layers": "ethernet"})"),
               Catch::Contains("ipv4"));
}

TEST_CASE("no calculator answers with a number that is none", "[plan][calc][identity]") {
    const std::pair<const char*, const char*> calls[] = {
        {"registrations", R"({"endpoints": 0})"},
        {"rtp", R"({"codec": "opus", "calls": 0})"},
        {"rtcp", R"({"members": 1, "session_bits_per_s": 1})"},
        {"overhead", R"({"payload_bytes": 0})"},
        {"erlang-b", R"({"offered_erlang": 0, "channels": 0})"},
        {"sip", R"({"flow": "message", "rate_per_s": 0})"}};
    for (const auto& [quantity, options] : calls) {
        CAPTURE(quantity, options);
        try {
            for (const JsonMember& member : answer_of(quantity, options).values) {
                CAPTURE(member.key);
                CHECK(std::isfinite(member.value.number_or_zero()));
            }
        } catch (const InputError& error) {
            CHECK_FALSE(error.problems().empty());  // refused by name is an answer too
        }
    }
}

TEST_CASE("calc storm of a server that keeps up ends with the window", "[plan][calc][table]") {
    const Answer calm =
        answer_of("storm", R"({"endpoints": 100000, "window_s": 60, "capacity_per_s": 5000})");
    CHECK(number(calm, "recovery_s") == Approx(60).margin(0.1));
    CHECK(number(calm, "peak_offered_per_s") == Approx(100000 / 60.0).epsilon(1e-9));
    CHECK(number(calm, "transmissions") == 100000);
    CHECK(number(calm, "registered") == 100000);
    CHECK(number(calm, "gave_up") == 0);
    CHECK(number(calm, "refresh_peak_to_mean") == Approx(60).epsilon(0.02));
    const Answer digest = answer_of(
        "storm", R"({"endpoints": 100000, "capacity_per_s": 5000, "authentication": "digest",
                     "expires_range_percent": 10})");
    CHECK(number(digest, "transmissions") == 200000);
    CHECK(number(digest, "refresh_peak_per_s") == Approx(100000 / 360.0).epsilon(0.01));
}

TEST_CASE("calc storm says why not all are registered", "[plan][calc]") {
    const Answer dead =
        answer_of("storm", R"({"endpoints": 1000, "window_s": 0, "capacity_per_s": 0,
                               "horizon_s": 60})");
    CHECK(number(dead, "registered") == 0);
    CHECK(number(dead, "transmissions") == 11000);
    CHECK_THROWS(number(dead, "recovery_s"));
    const auto reason = std::find_if(dead.values.begin(), dead.values.end(),
                                     [](const JsonMember& each) { return each.key == "reason"; });
    REQUIRE(reason != dead.values.end());
    CHECK(to_json_text(reason->value) == R"("no capacity")");
}

TEST_CASE("calc storm refuses what cannot be", "[plan][calc]") {
    CHECK(error_of("storm", R"({"endpoints": 1})").find("capacity_per_s") != std::string::npos);
    CHECK(error_of("storm", R"({"endpoints": 1, "capacity_per_s": 1, "t2_s": 0.1})").find("t2_s") !=
          std::string::npos);
    CHECK(error_of("storm", R"({"endpoints": 1, "capacity_per_s": 1, "handshake_cost": 3})")
              .find("handshake_cost") != std::string::npos);
}

TEST_CASE("calc storm looks longer than its window", "[plan][calc][table]") {
    const Answer slow =
        answer_of("storm", R"({"endpoints": 1000, "window_s": 7200, "capacity_per_s": 100})");
    CHECK(number(slow, "recovery_s") == Approx(7200).margin(5));
    CHECK(number(slow, "horizon_s") == 7200 + 1800);
    const Answer usual = answer_of("storm", R"({"endpoints": 1000, "capacity_per_s": 100})");
    CHECK(number(usual, "horizon_s") == 3600);
    CHECK(error_of("storm", R"({"endpoints": 1, "capacity_per_s": 1, "window_s": 100,
                                "horizon_s": 99})")
              .find("horizon_s: must be at least window_s") != std::string::npos);
}

TEST_CASE("calc storm has no refreshes of a storm that is not over", "[plan][calc]") {
    const Answer answer = answer_of("storm", R"({"endpoints": 100000, "window_s": 60,
                                                "capacity_per_s": 100, "horizon_s": 100})");
    CHECK(number(answer, "registered") > 0);
    CHECK_THROWS(number(answer, "refresh_mean_per_s"));
    CHECK_THROWS(number(answer, "refresh_peak_per_s"));
}
