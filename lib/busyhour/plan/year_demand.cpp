#include "busyhour/plan/year_demand.h"

namespace busyhour {
namespace {

constexpr std::array<DemandField, 23> fields{{
    {"registrations_per_s", "registrations/s, mean",
     [](const YearDemand& d) { return d.totals.registrations_per_s; }},
    {"registration_attempts_peak_per_s", "registrations/s, peak",
     [](const YearDemand& d) { return d.registration_attempts_peak_per_s; }},
    {"register_messages_per_s", "REGISTER messages/s, requests and answers",
     [](const YearDemand& d) { return d.totals.register_messages_per_s; }},
    {"keepalive_messages_per_s", "keepalive messages/s",
     [](const YearDemand& d) { return d.totals.keepalive_messages_per_s; }},
    {"call_attempts_per_s", "call attempts/s, mean",
     [](const YearDemand& d) { return d.totals.call_attempts_per_s; }},
    {"call_attempts_peak_per_s", "call attempts/s, peak",
     [](const YearDemand& d) { return d.call_attempts_peak_per_s; }},
    {"busy_hour_call_attempts", "busy hour call attempts",
     [](const YearDemand& d) { return d.totals.busy_hour_call_attempts_number; }},
    {"offered_erlang", "calls in progress, mean (erlang)",
     [](const YearDemand& d) { return d.totals.offered_erlang; }},
    {"concurrent_calls_peak", "calls in progress, peak",
     [](const YearDemand& d) { return d.concurrent_calls_peak_number; }},
    {"subscriptions", "subscriptions held",
     [](const YearDemand& d) { return d.totals.subscriptions_number; }},
    {"notifies_per_s", "NOTIFY requests/s",
     [](const YearDemand& d) { return d.totals.notifies_per_s; }},
    {"sip_messages_per_s", "SIP messages/s on all hops",
     [](const YearDemand& d) { return d.totals.sip_messages_per_s; }},
    {"sip_bits_per_s", "SIP Mbit/s, both directions",
     [](const YearDemand& d) { return d.totals.sip_bits_per_s; }},
    {"rtp_packets_per_s", "RTP packets/s, one leg, both directions",
     [](const YearDemand& d) { return d.totals.rtp_packets_per_s; }},
    {"rtcp_packets_per_s", "RTCP packets/s as planned",
     [](const YearDemand& d) { return d.totals.rtcp_packets_per_s; }},
    {"rtcp_packets_rfc3550_per_s", "RTCP packets/s by RFC 3550",
     [](const YearDemand& d) { return d.totals.rtcp_rfc3550_packets_per_s; }},
    {"rtcp_packets_share5_per_s", "RTCP packets/s by the 5 % rule of thumb",
     [](const YearDemand& d) { return d.totals.rtcp_share5_packets_per_s; }},
    {"rtp_packets_peak_per_s", "RTP packets/s at the peak of calls",
     [](const YearDemand& d) { return d.rtp_packets_peak_per_s; }},
    {"rtcp_packets_peak_per_s", "RTCP packets/s at the peak of calls",
     [](const YearDemand& d) { return d.rtcp_packets_peak_per_s; }},
    {"tls_full_handshakes_per_s", "full TLS handshakes/s",
     [](const YearDemand& d) { return d.totals.tls_full_handshakes_per_s; }},
    {"tls_resumed_handshakes_per_s", "resumed TLS handshakes/s",
     [](const YearDemand& d) { return d.totals.tls_resumed_handshakes_per_s; }},
    {"tls_connections", "TLS connections held",
     [](const YearDemand& d) { return d.totals.tls_connections_number; }},
    {"replication_packets_per_s", "replication packets/s",
     [](const YearDemand& d) { return d.replication_packets_per_s; }},
}};

Totals scaled_totals(Totals totals, double factor) {
    const double largest_udp_request_bytes = totals.largest_udp_request_bytes;
    for (double* value : {&totals.endpoints_number,
                          &totals.registrations_per_s,
                          &totals.register_messages_per_s,
                          &totals.keepalives_per_s,
                          &totals.keepalive_messages_per_s,
                          &totals.call_attempts_per_s,
                          &totals.busy_hour_call_attempts_number,
                          &totals.offered_erlang,
                          &totals.subscriptions_number,
                          &totals.notifies_per_s,
                          &totals.external_attempts_per_s,
                          &totals.external_erlang,
                          &totals.sip_messages_per_s,
                          &totals.sip_bits_per_s,
                          &totals.rtp_packets_per_s,
                          &totals.rtp_packets_talking_per_s,
                          &totals.rtcp_packets_per_s,
                          &totals.rtcp_rfc3550_packets_per_s,
                          &totals.rtcp_share5_packets_per_s,
                          &totals.tls_full_handshakes_per_s,
                          &totals.tls_resumed_handshakes_per_s,
                          &totals.tls_connections_number}) {
        *value *= factor;
    }
    totals.largest_udp_request_bytes = largest_udp_request_bytes;
    return totals;
}

}  // namespace

const std::array<DemandField, 23>& demand_fields() {
    return fields;
}

YearDemand year_demand(const BusyHour& hour, double growth_factor, const PeakQuantile& peak) {
    YearDemand demand;
    demand.totals = scaled_totals(hour.totals, growth_factor);
    const Totals& totals = demand.totals;
    demand.registration_attempts_peak_per_s = peak(totals.registrations_per_s);
    demand.call_attempts_peak_per_s = peak(totals.call_attempts_per_s);
    demand.concurrent_calls_peak_number = peak(totals.offered_erlang);
    const double factor =
        totals.offered_erlang > 0 ? demand.concurrent_calls_peak_number / totals.offered_erlang : 1;
    demand.rtp_packets_peak_per_s = totals.rtp_packets_talking_per_s * factor;
    demand.rtcp_packets_peak_per_s = totals.rtcp_packets_per_s * factor;
    return demand;
}

}  // namespace busyhour
