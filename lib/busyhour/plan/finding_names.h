#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace busyhour {

/// The words of `Severity`, in reports and gates, in its order.
constexpr std::array<std::string_view, 3> severity_names{"info", "warning", "error"};

/// What a finding is called, in `Finding::id` and in gates, and what it says.
struct FindingName {
    std::string_view id;
    std::string_view title;
};

/// Every finding that a plan may have, by its id.
constexpr std::array<FindingName, 27> finding_names{{
    {"calls-without-trunk", "calls leave the deployment over no trunk that is described"},
    {"defaults-exceeded", "a node needs more than the server's settings allow by default"},
    {"delay-budget-broken", "the delay from mouth to ear is beyond its budget"},
    {"demand-not-met", "a role cannot carry the first year's demand within the policy"},
    {"growth-exhausts", "growth exceeds a limit within the horizon"},
    {"growth-interval-too-wide", "the forecast is too uncertain for one number"},
    {"growth-scenario", "the history is too short for a forecast"},
    {"host-oversubscribed", "a node gets less than the cores that it shows"},
    {"keepalives-dominate", "keepalives outnumber REGISTER messages"},
    {"limit-exceeded", "a link, firewall or trunk is too small in the first year"},
    {"loss-hurts-codec", "packet loss takes the codec below its target"},
    {"model-foreign", "a server's costs were measured on another host than the role's"},
    {"model-not-calibrated", "a server's costs were not measured on the user's own host"},
    {"model-old", "a server's costs were measured over a year before the start year"},
    {"packets-above-limit", "a link or firewall passes too few packets in the first year"},
    {"packets-per-second", "the media's packets, by RFC 3550 and by the rule of thumb"},
    {"quality-not-rated", "the E-model knows no values for a codec"},
    {"refresh-stays-synchronised", "endpoints refresh together long after a storm"},
    {"registration-storm", "registrars recover too slowly, or barely, from a storm"},
    {"registrations-at-the-floor", "registrations are the least possible"},
    {"single-node", "a role has one node only"},
    {"sync-without-batches", "a node that joins gets all contacts at once"},
    {"tls-reconnect-storm", "what the handshakes cost when all connections are lost"},
    {"tls-without-persistent-connections", "a TLS connection for each registration or call"},
    {"udp-request-above-1300", "a request over UDP fragments"},
    {"udp-timeout-shorter-than-keepalive", "a firewall forgets endpoints that are silent"},
    {"unwanted-traffic", "unwanted requests take much of a role's CPU"},
}};

/// The ids alone.
std::vector<std::string> finding_ids();

}  // namespace busyhour
