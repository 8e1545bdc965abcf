#include "busyhour/catalog/fields.h"
#include "busyhour/catalog/nearest.h"
#include "busyhour/error.h"
#include "busyhour/model/poisson.h"
#include "busyhour/model/registration.h"
#include "busyhour/plan/calculator.h"

#include <fmt/format.h>

#include <algorithm>

namespace busyhour::calc {
namespace {

void set_traffic(Answer& answer, const Traffic& traffic) {
    set(answer, "packets_in", traffic.packets_in_number);
    set(answer, "packets_out", traffic.packets_out_number);
    set(answer, "wire_bytes_in", traffic.in_bytes);
    set(answer, "wire_bytes_out", traffic.out_bytes);
}

Transport transport_named(const std::string& word) {
    if (word == "tcp") return Transport::tcp;
    if (word == "tls") return Transport::tls;
    return word == "wss" ? Transport::wss : Transport::udp;
}

SipWire sip_wire(const Json& options, const Catalog& catalog, Transport transport) {
    SipWire wire{.transport = transport,
                 .network = network_of(options, catalog),
                 .mtu_bytes = number_at(options, "mtu_bytes")};
    const TlsProfile& profile = tls_named(catalog, text_at(options, "key"), "/key");
    const auto record = profile.record_bytes.find(text_at(options, "version"));
    if (record != profile.record_bytes.end()) wire.record_bytes = record->second;
    return wire;
}

}  // namespace

Answer registrations(const Json& options, const Catalog& catalog) {
    const double rate_per_s =
        registrations_per_s({.contacts_number = number_at(options, "endpoints"),
                             .expires_s = number_at(options, "expires_s"),
                             .refresh_fraction = number_at(options, "refresh_fraction")});
    const std::string authentication = text_at(options, "authentication");
    std::string name = "register";
    if (authentication == "digest") name = "register-digest";
    if (authentication == "digest_reused_nonce") name = "register-digest-reused-nonce";
    const FlowCount count = count_at(flow_named(catalog, name, "flow"), "registrar");
    const double percentile = number_at(options, "peak_percentile");
    Answer answer;
    set(answer, "registrations_per_s", rate_per_s);
    set(answer, "registrations_peak_per_s",
        static_cast<double>(poisson_quantile(rate_per_s, percentile)));
    set(answer, "register_messages_per_s", rate_per_s * count.messages());
    set(answer, "messages_per_registration", count.messages());
    set(answer, "expires_s", number_at(options, "expires_s"));
    set(answer, "refresh_fraction", number_at(options, "refresh_fraction"));
    set_text(answer, "authentication", authentication);
    set(answer, "peak_percentile", percentile);
    answer.notes.push_back(fmt::format(
        "The peak is what only {:g} of 100 seconds exceed (Poisson). With refresh at the"
        " very end of the expiry and no challenge the rate is a floor.",
        (1 - percentile) * 100));
    return answer;
}

Answer sip(const Json& options, const Catalog& catalog) {
    Flow flow = flow_named(catalog, text_at(options, "flow"), "/flow");
    const std::string element = text_if(options, "element").value_or(server_element(flow));
    if (std::find(flow.elements.begin(), flow.elements.end(), element) == flow.elements.end()) {
        throw InputError("/element", "the flow has no element \"" + element + "\"",
                         suggestion(element, flow.elements));
    }
    const auto extra = catalog.messages.sdp_extra_bytes.find(text_at(options, "encryption"));
    for (FlowMessage& message : flow.messages) {
        const bool grows = message.has_sdp && extra != catalog.messages.sdp_extra_bytes.end();
        if (grows) message.size_bytes += extra->second;
    }
    SipWire wire = sip_wire(options, catalog, transport_named(text_at(options, "transport")));
    wire.is_client = element != server_element(flow);
    Traffic traffic;
    for (const std::string& peer : flow.elements) {
        traffic += hop_traffic(messages_between(flow, element, peer), element, wire);
    }
    const FlowCount count = count_at(flow, element);
    const double rate_per_s = number_at(options, "rate_per_s");
    Answer answer;
    set_text(answer, "flow", flow.name);
    set_text(answer, "element", element);
    set(answer, "messages", count.messages());
    set(answer, "messages_in", count.messages_in);
    set(answer, "messages_out", count.messages_out);
    set(answer, "messages_total", static_cast<double>(flow.messages.size()));
    set(answer, "requests_in", count.requests_in);
    set(answer, "transactions_server", count.transactions_server);
    set(answer, "transactions_client", count.transactions_client);
    set(answer, "bytes_in", count.in_bytes);
    set(answer, "bytes_out", count.out_bytes);
    set_traffic(answer, traffic);
    set(answer, "rate_per_s", rate_per_s);
    set(answer, "messages_per_s", rate_per_s * count.messages());
    set(answer, "packets_in_per_s", rate_per_s * traffic.packets_in_number);
    set(answer, "packets_out_per_s", rate_per_s * traffic.packets_out_number);
    set(answer, "bits_in_per_s", rate_per_s * traffic.in_bytes * 8);
    set(answer, "bits_out_per_s", rate_per_s * traffic.out_bytes * 8);
    answer.notes = {
        "messages, bytes and transactions of one flow as the element sees them;"
        " messages_total: on all hops. wire_bytes and bits have every layer, and over"
        " TCP and TLS the pure ACKs; connections are counted apart (calc tls)."};
    return answer;
}

Answer tls(const Json& options, const Catalog& catalog) {
    const std::string key = text_at(options, "key");
    const std::string tls_version = text_at(options, "version");
    const bool is_resumed = truth_at(options, "resumed");
    const TlsProfile& profile = tls_named(catalog, key, "/key");
    const HandshakeOctets octets =
        handshake_octets(profile, tls_version, is_resumed, truth_at(options, "mutual"));
    const SipWire wire = sip_wire(options, catalog, Transport::tls);
    const ServerModel& server = server_named(catalog, text_at(options, "server"), "/server");
    Demand one;
    one[handshake_driver(key, is_resumed)] = 1;
    const CpuCost cost = cpu_cost(server.cost, one);
    Answer answer;
    set_text(answer, "key", key);
    set_text(answer, "version", tls_version);
    put(answer.values, "resumed", Json{is_resumed});
    set(answer, "handshake_client_bytes", octets.client_bytes);
    set(answer, "handshake_server_bytes", octets.server_bytes);
    set(answer, "certificate_bytes", profile.certificate_bytes);
    set_traffic(answer, connection_traffic(wire, octets));
    set(answer, "record_overhead_bytes", wire.record_bytes);
    if (cost.saturated_cores > 0) {
        set_text(answer, "server", server.name);
        set(answer, "cpu_saturated_s", cost.saturated_cores);
        set(answer, "cpu_idle_s", cost.saturated_cores + cost.wakeup_cores);
    }
    answer.notes = {
        "handshake_*_bytes: TCP payload each way, measured with OpenSSL 3.0. packets and "
        "wire_bytes:"
        " one connection opened, handshaken and closed, as the server sees it.",
        fmt::format(
            "cpu_*_s: CPU of one handshake on {} ({} figures of {}), saturated and on an idle"
            " worker.",
            server.name, server.status, server.measured_on)};
    return answer;
}

}  // namespace busyhour::calc
