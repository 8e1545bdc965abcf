#include "busyhour/plan/network_use.h"

#include <catch2/catch.hpp>

#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

using namespace busyhour;

namespace {

PlanInput input_of(const std::string& population, const std::string& rest) {
    return read_deployment("{\"populations\": [{" + population + "}], " + rest + "}", "f");
}

const Fill& fill_of(const std::vector<Fill>& fills, const std::string& resource) {
    for (const Fill& fill : fills) {
        if (fill.resource == resource) return fill;
    }
    throw std::runtime_error("no fill " + resource);
}

}  // namespace

TEST_CASE("a link carries the busier direction at the peak", "[plan][network]") {
    const PlanInput input = input_of(
        R"("endpoints": 20000, "calls": {"internal_fraction": 1}, "media": {"rtcp": "none"})",
        R"("network": {"layers": ["ipv4"], "links": [{"name": "l", "rate_mbits_per_s": 1000,
                                                      "packets_per_s_max": 200000}]})");
    const BusyHour hour = busy_hour_of(input.deployment, input.catalog);
    const LinkUse link = link_uses(input.deployment, hour, 1).at(0);
    // 1000 erlang, both legs: 100,000 packets/s each way; 5.5556 REGISTERs and calls a second,
    // of 7 messages in and 8 out.
    CHECK(link.mean.packets_in_number == Approx(100000 + 20000.0 / 3600 * 7).epsilon(1e-12));
    CHECK(link.mean.packets_out_number == Approx(100000 + 20000.0 / 3600 * 8).epsilon(1e-12));
    const Fill& bits = fill_of(link.fills, "bits_per_s");
    CHECK(bits.limit_number == 1e9);
    CHECK(bits.usage_number >= link.mean.in_bytes * 8);
    // 200 octets a packet: 160 Mbit/s of RTP in the mean, below 10 % more at the peak.
    CHECK(bits.usage_number > 160e6);
    CHECK(bits.usage_number < 176e6);
    CHECK(*bits.ratio_fraction() == Approx(bits.usage_number / (1e9 * 0.6)).epsilon(1e-14));
    const LinkUse grown = link_uses(input.deployment, hour, 3).at(0);
    CHECK(grown.mean.in_bytes == Approx(3 * link.mean.in_bytes).epsilon(1e-12));
}

TEST_CASE("what has no limit has no ratio", "[plan][network]") {
    CHECK_FALSE(Fill{"x", 5, std::nullopt, 0.6}.ratio_fraction());
    CHECK(*Fill{"x", 5, 10, std::nullopt}.ratio_fraction() == 0.5);
    CHECK(*Fill{"x", 5, 10, 0.8}.ratio_fraction() == 0.625);
}

TEST_CASE("a firewall tracks media flows for their timeout", "[plan][network][table]") {
    const auto sessions = [](const std::string& internal, const std::string& mux) {
        const PlanInput input = input_of(
            R"("endpoints": 200000, "registration": {"expires_s": 86400},
               "calls": {"internal_fraction": )" +
                internal + R"(}, "media": {"rtcp_mux": )" + mux + "}",
            R"("network": {"firewalls": [{"name": "w", "udp_timeout_s": 120}]})");
        const BusyHour hour = busy_hour_of(input.deployment, input.catalog);
        // An endpoint is heard each 86400 s, and its session lives for 120 s of them.
        return firewall_uses(input.deployment, hour, 1).at(0).sessions_number -
               200000 * 120.0 / 86400;
    };
    // 200000 endpoints, 1 call of 180 s in an hour: 55.5556 calls/s, 10000 erlang, whose 0.999
    // quantile is 10310. To trunks one leg of 2 flows crosses: 2 x (10310 + 55.5556 x 120).
    CHECK(sessions("0", "false") == Approx(33953.3333333333).epsilon(1e-9));
    CHECK(sessions("0", "true") == Approx(33953.3333333333 / 2).epsilon(1e-9));
    // Internal calls cross with both legs: in the mean 4 x (10000 + 6667) = 66667 flows.
    CHECK(sessions("1", "false") >= 66666.6666);
    CHECK(sessions("1", "false") <= 2 * 33953.3334);
}

TEST_CASE("keepalives inside the timeout hold a session for each endpoint", "[plan][network]") {
    const auto sessions = [](const std::string& members) {
        const PlanInput input = input_of(
            R"("endpoints": 1000, "calls": {"busy_hour_attempts_per_endpoint": 0}, )" + members,
            R"("network": {"firewalls": [{"name": "w", "udp_timeout_s": 60}]})");
        const BusyHour hour = busy_hour_of(input.deployment, input.catalog);
        return firewall_uses(input.deployment, hour, 1).at(0).sessions_number;
    };
    CHECK(sessions(R"("keepalive": {"method": "stun", "interval_s": 25})") == Approx(1000));
    CHECK(sessions(R"("keepalive": {"method": "stun", "interval_s": 120})") == Approx(500));
    CHECK(sessions(R"("transport": "tls")") == Approx(1000));  // an open connection is a session
    CHECK(sessions(R"("registration": {"expires_s": 600})") == Approx(100));
}

TEST_CASE("a firewall opens sessions for media, connections and endpoints that it forgot",
          "[plan][network][table]") {
    const auto opened = [](const std::string& members, const std::string& wall) {
        const PlanInput input =
            input_of("\"endpoints\": 36000, " + members,
                     R"("network": {"firewalls": [{"name": "w")" + wall + "}]}");
        const BusyHour hour = busy_hour_of(input.deployment, input.catalog);
        return firewall_uses(input.deployment, hour, 1).at(0).sessions_opened_per_s;
    };
    const std::string quiet = R"("calls": {"busy_hour_attempts_per_endpoint": 0})";
    const std::string minute = R"(, "udp_timeout_s": 60)";
    // 36000 endpoints that are heard each 3600 s: 10 sessions/s; with keepalives none.
    CHECK(opened(quiet, minute) == Approx(10).epsilon(1e-12));
    CHECK(opened(quiet, R"(, "udp_timeout_s": 3600)") == 0);
    CHECK(opened(quiet + R"(, "keepalive": {"method": "stun", "interval_s": 25})", minute) == 0);
    CHECK(opened(quiet, "") == Approx(10).epsilon(1e-12));  // the default, 60 s
    CHECK(opened(quiet + R"(, "transport": "tls")", minute) == 0);
    CHECK(opened(quiet + R"(, "transport": "tls", "tls": {"connection": "per_registration"})",
                 minute) == Approx(10).epsilon(1e-12));
    CHECK(opened(quiet + R"(, "transport": "tls", "tls": {"reconnects_per_endpoint_per_h": 0.5})",
                 minute) == Approx(5).epsilon(1e-12));
    // 10 calls/s to trunks: 2 flows of one leg each.
    CHECK(opened(R"("transport": "tls", "calls": {"internal_fraction": 0})", minute) ==
          Approx(20).epsilon(1e-12));
}

TEST_CASE("new sessions a second are held against their limit at the peak", "[plan][network]") {
    const PlanInput input =
        input_of(R"("endpoints": 36000, "transport": "tls", "calls": {"internal_fraction": 0})",
                 R"("network": {"firewalls": [{"name": "w", "sessions_opened_per_s_max": 100}]})");
    const BusyHour hour = busy_hour_of(input.deployment, input.catalog);
    const FirewallUse wall = firewall_uses(input.deployment, hour, 1).at(0);
    // 10 calls/s, of which 21 come in one second of a thousand: 2 flows each.
    CHECK(wall.sessions_opened_peak_per_s == Approx(42).epsilon(1e-12));
    CHECK(*fill_of(wall.fills, "sessions_opened_per_s").ratio_fraction() ==
          Approx(42 / (100 * 0.6)).epsilon(1e-12));
}

TEST_CASE("the memory of sessions is known where their number is", "[plan][network]") {
    const auto wall = [](const std::string& members) {
        const PlanInput input =
            input_of(R"("endpoints": 1000, "calls": {"busy_hour_attempts_per_endpoint": 0},
                        "transport": "tls")",
                     R"("network": {"firewalls": [{"name": "w")" + members + "}]}");
        const BusyHour hour = busy_hour_of(input.deployment, input.catalog);
        return firewall_uses(input.deployment, hour, 1).at(0);
    };
    CHECK(wall("").sessions_memory_bytes == Approx(328000));
}

TEST_CASE("a firewall forwards both directions", "[plan][network][identity]") {
    const PlanInput input =
        input_of(R"("endpoints": 5000)",
                 R"("network": {"links": [{"name": "l"}], "firewalls": [{"name": "w"}]})");
    const BusyHour hour = busy_hour_of(input.deployment, input.catalog);
    const Traffic link = link_uses(input.deployment, hour, 1).at(0).mean;
    const FirewallUse wall = firewall_uses(input.deployment, hour, 1).at(0);
    CHECK(wall.packets_per_s ==
          Approx(link.packets_in_number + link.packets_out_number).epsilon(1e-14));
    CHECK(wall.packets_peak_per_s > wall.packets_per_s);
}

TEST_CASE("a link of one site carries that site alone", "[plan][network][identity]") {
    const PlanInput input = read_deployment(
        R"({"populations": [{"endpoints": 1000, "site": "a"}, {"endpoints": 3000, "site": "b"}],
            "network": {"links": [{"name": "a", "site": "a"}, {"name": "b", "site": "b"},
                                  {"name": "all"}]}})",
        "f");
    const BusyHour hour = busy_hour_of(input.deployment, input.catalog);
    const auto links = link_uses(input.deployment, hour, 1);
    CHECK(links.at(0).mean.in_bytes + links.at(1).mean.in_bytes ==
          Approx(links.at(2).mean.in_bytes).epsilon(1e-12));
    CHECK(links.at(1).mean.in_bytes == Approx(3 * links.at(0).mean.in_bytes).epsilon(1e-12));
}

TEST_CASE("trunks are sized by Erlang B for their share", "[plan][network][table]") {
    // 40000 endpoints, half of 2000 erlang outside: 1000 erlang; 1 % needs 1029 channels.
    // 100 channels for 100 erlang block 0.0757004527109.
    const PlanInput input = input_of(R"("endpoints": 40000)",
                                     R"("trunks": [{"name": "all", "share_fraction": 0.9},
                      {"name": "few", "share_fraction": 0.1, "channels_max": 100}])");
    const BusyHour hour = busy_hour_of(input.deployment, input.catalog);
    const auto whole = trunk_uses(input.deployment, hour, 10.0 / 9).at(0);
    CHECK(whole.offered_erlang == Approx(1000).epsilon(1e-12));
    CHECK(whole.channels_needed == 1029);
    CHECK_FALSE(whole.blocking_probability);
    const auto few = trunk_uses(input.deployment, hour, 1).at(1);
    CHECK(few.offered_erlang == Approx(100).epsilon(1e-12));
    CHECK(few.channels_needed == 117);
    CHECK(*few.blocking_probability == Approx(0.0757004527109).epsilon(1e-10));
    // 40000 x 0.5 x 0.1 / 3600 = 0.5556 attempts/s; 1.17 of 1 is above the limit.
    CHECK(few.call_attempts_per_s == Approx(0.555555555555556).epsilon(1e-12));
    CHECK(*fill_of(few.fills, "channels").ratio_fraction() == Approx(1.17).epsilon(1e-12));
}
