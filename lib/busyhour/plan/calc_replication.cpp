#include "busyhour/catalog/fields.h"
#include "busyhour/error.h"
#include "busyhour/plan/calculator.h"
#include "busyhour/plan/replication.h"

#include <fmt/format.h>

namespace busyhour::calc {
namespace {

ReplicationSetup setup_of(const Json& options, const Catalog& catalog) {
    Deployment deployment;
    deployment.network = network_of(options, catalog);
    deployment.mtu_bytes = number_at(options, "mtu_bytes");
    RoleChoice& registrar = deployment.roles.at(index_of(RoleKind::registrar));
    registrar.replication = Replication::dmq_usrloc;
    registrar.dmq.settings = {.ping_interval_s = number_at(options, "ping_interval_s"),
                              .batch_msg_contacts_number = number_at(options, "batch_msg_contacts"),
                              .batch_msg_size_bytes = number_at(options, "batch_msg_size_bytes"),
                              .batch_size_number = number_at(options, "batch_size"),
                              .batch_pause_s = number_at(options, "batch_pause_s")};
    return replication_setup(deployment, catalog, RoleKind::registrar);
}

void set_rows(Answer& answer, const std::vector<ReplicationRow>& rows, int nodes) {
    double requests_per_s = 0;
    Traffic sent;
    for (const ReplicationRow& row : rows) {
        requests_per_s += row.requests_per_s;
        sent += row.sent;
        set(answer, row.kind + "_requests_per_s", row.requests_per_s);
    }
    const double packets_per_s = sent.packets_in_number + sent.packets_out_number;
    const double bits_per_s = (sent.in_bytes + sent.out_bytes) * 8;
    const double pairs = static_cast<double>(nodes) * (nodes - 1);
    set(answer, "messages_per_s", 2 * requests_per_s);
    set(answer, "packets_per_s", packets_per_s);
    set(answer, "bits_per_s", bits_per_s);
    set(answer, "per_node_packets_in_per_s", packets_per_s / nodes);
    set(answer, "per_node_packets_out_per_s", packets_per_s / nodes);
    if (pairs <= 0) return;
    set(answer, "per_peer_packets_per_s", packets_per_s / pairs);
    set(answer, "per_peer_bits_per_s", bits_per_s / pairs);
}

void set_join(Answer& answer, const JoinUse& join) {
    set(answer, "sync_contacts", join.contacts_number);
    set(answer, "sync_requests", join.requests_number);
    set(answer, "sync_messages_per_peer", join.from_each.messages_number);
    set(answer, "sync_contacts_per_message", join.from_each.contacts_per_message_number);
    set(answer, "sync_message_bytes", join.from_each.message_bytes);
    set(answer, "sync_packets", join.packets_number);
    set(answer, "sync_wire_bytes", join.bytes);
    set(answer, "sync_pause_s", join.from_each.pause_s);
    set(answer, "sync_sender_s", join.sender_s);
    set(answer, "sync_receiver_cpu_s", join.receiver_cpu_s);
}

double default_interval_s(const std::string& method, bool is_udp) {
    constexpr double rfc5626_udp_s = 26.5;   // mean of U(24, 29), section 4.4.2
    constexpr double rfc5626_tcp_s = 107.5;  // mean of U(95, 120), section 4.4.1
    constexpr double kamailio_s = 30;        // natping_interval of the sample configuration
    if (method == "stun") return rfc5626_udp_s;
    return method == "crlf" && !is_udp ? rfc5626_tcp_s : kamailio_s;
}

Transport keepalive_transport(const std::string& word) {
    if (word == "tcp") return Transport::tcp;
    if (word == "tls") return Transport::tls;
    return word == "wss" ? Transport::wss : Transport::udp;
}

}  // namespace

Answer replication(const Json& options, const Catalog& catalog) {
    const int nodes = static_cast<int>(number_at(options, "nodes"));
    const ReplicationSetup setup = setup_of(options, catalog);
    const ReplicatedChanges changes{.bindings_per_s = number_at(options, "registrations_per_s") +
                                                      number_at(options, "deletes_per_s"),
                                    .keys_per_s = number_at(options, "htable_updates_per_s"),
                                    .dialogs_per_s = number_at(options, "calls_per_s") *
                                                     number_at(options, "dialog_updates_per_call")};
    Answer answer;
    set(answer, "nodes", nodes);
    set_rows(answer, replication_rows(setup, changes, nodes), nodes);
    const double contacts = number_at(options, "contacts");
    if (contacts > 0) {
        const CostModel& cost = server_named(catalog, "kamailio", "server").cost;
        set_join(answer, join_use(setup, cost, contacts, nodes));
    }
    answer.notes = {
        "requests: KDMQ of all nodes together, each with one answer. per_node: what one node sends,"
        " and as much it receives. per_peer: from one node to one other, one direction. Changes are"
        " taken as spread evenly over the nodes.",
        "sync: what a node that joins as the last of these nodes gets: every peer sends it all"
        " contacts. sync_sender_s: one peer's pauses and CPU; it can take longer."};
    return answer;
}

Answer keepalives(const Json& options, const Catalog& catalog) {
    const std::string method = text_at(options, "method");
    const std::string transport = text_at(options, "transport");
    const bool is_udp = transport == "udp";
    if (method == "stun" && !is_udp) {
        throw InputError("/method", "STUN keepalives are for UDP",
                         "use crlf over TCP, TLS and WSS (RFC 5626 4.4)");
    }
    const std::string name = "keepalive-" + method + (method == "crlf" && is_udp ? "-udp" : "");
    const Flow& flow = flow_named(catalog, name, "/method");
    SipWire wire{.transport = keepalive_transport(transport),
                 .network = network_of(options, catalog),
                 .mtu_bytes = number_at(options, "mtu_bytes")};
    const TlsProfile& profile = tls_named(catalog, text_at(options, "key"), "/key");
    const auto record = profile.record_bytes.find(text_at(options, "version"));
    if (record != profile.record_bytes.end()) wire.record_bytes = record->second;
    const double interval_s =
        number_if(options, "interval_s").value_or(default_interval_s(method, is_udp));
    const double rate_per_s = number_at(options, "endpoints") / interval_s;
    const Traffic traffic = hop_traffic(flow.messages, "registrar", wire) * rate_per_s;
    Answer answer;
    set(answer, "keepalives_per_s", rate_per_s);
    set(answer, "messages_per_s", rate_per_s * count_at(flow, "registrar").messages());
    set(answer, "packets_in_per_s", traffic.packets_in_number);
    set(answer, "packets_out_per_s", traffic.packets_out_number);
    set(answer, "bits_in_per_s", traffic.in_bytes * 8);
    set(answer, "bits_out_per_s", traffic.out_bytes * 8);
    set(answer, "interval_s", interval_s);
    set_text(answer, "flow", flow.name);
    answer.notes = {
        "In and out as the server sees it; over TCP and TLS with the pure ACKs. RFC 5626 intervals:"
        " 24 to 29 s over UDP, 95 to 120 s over TCP, taken at their means."};
    return answer;
}

}  // namespace busyhour::calc
