#include "busyhour/plan/signalling.h"

#include "busyhour/error.h"
#include "busyhour/model/calls.h"
#include "busyhour/model/registration.h"

#include <algorithm>

namespace busyhour {
namespace {

bool is_encrypted(Transport transport) {
    return transport == Transport::tls || transport == Transport::wss;
}

/// What one kind of event asks of one hop: the flow, between whom, over which wire.
struct Hop {
    const Flow* flow = nullptr;
    std::string_view server;
    std::string_view peer;
};

/// Adds one population's signalling, process by process.
class Signalling {
public:
    Signalling(const Deployment& deployment, const Catalog& catalog, const Population& population,
               BusyHour& hour, Load& internal_callees)
        : catalog_(catalog),
          population_(population),
          hour_(hour),
          site_(hour.sites[population.site]),
          internal_callees_(internal_callees),
          wire_(wire_of(deployment, catalog, population)),
          trunk_wire_(wire_) {
        trunk_wire_.transport = Transport::udp;
        const auto extra = catalog.messages.sdp_extra_bytes.find(population.media.encryption);
        if (extra != catalog.messages.sdp_extra_bytes.end()) sdp_extra_bytes_ = extra->second;
    }

    void add() {
        add_registrations();
        add_keepalives();
        add_subscriptions();
        add_calls();
        add_session_refreshes();
        add_connections();
    }

private:
    const Flow& flow(std::string_view name) const { return flow_named(catalog_, name, "flows"); }

    Load& role(RoleKind kind) { return hour_.roles.at(index_of(kind)); }

    /// The hop's messages with the SDP that the media encryption needs; towards trunks it is plain.
    std::vector<FlowMessage> messages_of(const Hop& hop, bool is_trunk) const {
        std::vector<FlowMessage> messages = messages_between(*hop.flow, hop.server, hop.peer);
        if (is_trunk) return messages;
        for (FlowMessage& message : messages) {
            if (message.has_sdp) message.size_bytes += sdp_extra_bytes_;
        }
        return messages;
    }

    /// One event's work on one hop as the server sees it.
    Work work_of(const Hop& hop, const SipWire& wire) {
        const std::vector<FlowMessage> messages = messages_of(hop, &wire == &trunk_wire_);
        Work work;
        work.traffic = hop_traffic(messages, hop.server, wire);
        const auto count = static_cast<double>(messages.size());
        if (wire.transport == Transport::tcp) work.demand[Driver::tcp_messages] = count;
        if (is_encrypted(wire.transport)) work.demand[Driver::tls_messages] = count;
        if (wire.transport == Transport::udp) note_largest(messages);
        return work;
    }

    void note_largest(const std::vector<FlowMessage>& messages) {
        double& largest_bytes = hour_.totals.largest_udp_request_bytes;
        for (const FlowMessage& message : messages) {
            if (is_request(message)) largest_bytes = std::max(largest_bytes, message.size_bytes);
        }
    }

    /// Adds an endpoint's hop to a role and to the endpoint's site.
    void add_endpoint_hop(RoleKind kind, Process process, const Hop& hop, double events_per_s) {
        const Work work = work_of(hop, wire_) * events_per_s;
        role(kind)[process] += work;
        site_.load[process] += work;
        count_messages(work, hop, events_per_s);
    }

    void count_messages(const Work& work, const Hop& hop, double events_per_s) {
        if (hop.flow->protocol != "sip") return;
        hour_.totals.sip_messages_per_s +=
            events_per_s *
            static_cast<double>(messages_between(*hop.flow, hop.server, hop.peer).size());
        hour_.totals.sip_bits_per_s += (work.traffic.in_bytes + work.traffic.out_bytes) * 8;
    }

    void add_registrations() {
        const double rate_per_s =
            registrations_per_s({.contacts_number = population_.endpoints_number,
                                 .expires_s = mean_refresh_s(population_)});
        const Hop hop{&registration_flow(), "registrar", "endpoint"};
        add_endpoint_hop(RoleKind::registrar, Process::registrations, hop, rate_per_s);
        Load& registrar = role(RoleKind::registrar);
        registrar[Process::registrations].demand[Driver::registrations] += rate_per_s;
        if (population_.authentication == Authentication::digest) {
            registrar[Process::registrations].demand[Driver::registration_challenges] += rate_per_s;
        }
        registrar.arrive(Process::registrations, rate_per_s);
        site_.load.arrive(Process::registrations, rate_per_s);
        registrar[Process::standing].demand[Driver::contacts] += population_.endpoints_number;
        Totals& totals = hour_.totals;
        totals.endpoints_number += population_.endpoints_number;
        totals.registrations_per_s += rate_per_s;
        totals.register_messages_per_s += rate_per_s * count_at(*hop.flow, hop.server).messages();
    }

    const Flow& registration_flow() const {
        switch (population_.authentication) {
            case Authentication::digest:
                return flow("register-digest");
            case Authentication::digest_reused_nonce:
                return flow("register-digest-reused-nonce");
            case Authentication::none:
                break;
        }
        return flow("register");
    }

    void add_keepalives() {
        if (population_.keepalive == Keepalive::none) return;
        const double rate_per_s = population_.endpoints_number / population_.keepalive_interval_s;
        const Hop hop{&keepalive_flow(), "registrar", "endpoint"};
        add_endpoint_hop(RoleKind::registrar, Process::keepalives, hop, rate_per_s);
        const double messages_per_s = rate_per_s * count_at(*hop.flow, hop.server).messages();
        Load& registrar = role(RoleKind::registrar);
        registrar[Process::keepalives].demand[Driver::keepalive_messages] += messages_per_s;
        registrar.arrive(Process::keepalives, rate_per_s);
        site_.load.arrive(Process::keepalives, rate_per_s);
        hour_.totals.keepalives_per_s += rate_per_s;
        hour_.totals.keepalive_messages_per_s += messages_per_s;
    }

    const Flow& keepalive_flow() const {
        if (population_.keepalive == Keepalive::stun) return flow("keepalive-stun");
        if (population_.keepalive == Keepalive::options) return flow("keepalive-options");
        return flow(population_.transport == Transport::udp ? "keepalive-crlf-udp"
                                                            : "keepalive-crlf");
    }

    void add_subscriptions() {
        const bool challenged = population_.authentication == Authentication::digest;
        for (const Subscription& subscription : population_.subscriptions) {
            const double held_number =
                population_.endpoints_number * subscription.per_endpoint_number;
            add_notification(
                RoleKind::registrar,
                {&flow(challenged ? "subscribe-digest" : "subscribe"), "registrar", "endpoint"},
                held_number / subscription.expires_s);
            add_notification(RoleKind::registrar, {&flow("notify"), "registrar", "endpoint"},
                             held_number * subscription.notifies_per_s);
        }
    }

    /// Transactions that are neither registrations nor calls, counted as two messages each.
    void add_notification(RoleKind kind, const Hop& hop, double events_per_s) {
        if (events_per_s <= 0) return;
        add_endpoint_hop(kind, Process::notifications, hop, events_per_s);
        const double transactions = count_at(*hop.flow, hop.server).messages() / 2.0;
        role(kind)[Process::notifications].demand[Driver::other_transactions] +=
            events_per_s * transactions;
        role(kind).arrive(Process::notifications, events_per_s);
        site_.load.arrive(Process::notifications, events_per_s);
    }

    void add_calls() {
        const CallPattern& calls = population_.calls;
        const double attempts_per_s =
            call_attempts_per_s(population_.endpoints_number, calls.busy_hour_attempts_number);
        const double answered_per_s = attempts_per_s * calls.answered_fraction;
        const bool is_challenged = calls.authentication == Authentication::digest;
        add_call_flow(call_flow(), answered_per_s);
        add_call_flow(flow("call-cancel"), attempts_per_s - answered_per_s);
        Work& work = role(RoleKind::proxy)[Process::calls];
        if (is_challenged) {
            work.demand[Driver::call_challenges] += attempts_per_s;
            add_endpoint_hop(RoleKind::proxy, Process::calls,
                             {&flow("invite-challenge"), "proxy", "caller"},
                             attempts_per_s - answered_per_s);
        }
        work.demand[Driver::call_attempts] += attempts_per_s;
        role(RoleKind::proxy).arrive(Process::calls, attempts_per_s);
        site_.load.arrive(Process::calls, attempts_per_s);
        internal_callees_.arrive(Process::calls, attempts_per_s * calls.internal_fraction);
        count_calls(attempts_per_s, answered_per_s);
    }

    const Flow& call_flow() const {
        switch (population_.calls.authentication) {
            case Authentication::digest:
                return flow("call-digest");
            case Authentication::digest_reused_nonce:
                return flow("call-digest-reused-nonce");
            case Authentication::none:
                break;
        }
        return flow("call");
    }

    void count_calls(double attempts_per_s, double answered_per_s) {
        const double talking_erlang =
            offered_erlang(answered_per_s, population_.calls.holding_time_s);
        const double external_fraction = 1 - population_.calls.internal_fraction;
        Totals& totals = hour_.totals;
        totals.call_attempts_per_s += attempts_per_s;
        totals.busy_hour_call_attempts_number +=
            population_.endpoints_number * population_.calls.busy_hour_attempts_number;
        totals.offered_erlang += talking_erlang;
        totals.external_attempts_per_s += attempts_per_s * external_fraction;
        totals.external_erlang += talking_erlang * external_fraction;
        role(RoleKind::proxy)[Process::media].demand[Driver::concurrent_calls] += talking_erlang;
        role(RoleKind::proxy).arrive(Process::media, talking_erlang);
    }

    /// Both hops of a call at the proxy; the callee is another endpoint or a trunk.
    void add_call_flow(const Flow& call, double calls_per_s) {
        add_endpoint_hop(RoleKind::proxy, Process::calls, {&call, "proxy", "caller"}, calls_per_s);
        add_callee_hop({&call, "proxy", "callee"}, Process::calls, calls_per_s);
    }

    void add_callee_hop(const Hop& hop, Process process, double events_per_s) {
        const double internal_per_s = events_per_s * population_.calls.internal_fraction;
        const Work internal = work_of(hop, wire_) * internal_per_s;
        const Work external = work_of(hop, trunk_wire_) * (events_per_s - internal_per_s);
        role(RoleKind::proxy)[process] += internal;
        role(RoleKind::proxy)[process] += external;
        internal_callees_[process] += internal;
        count_messages(internal, hop, internal_per_s);
        count_messages(external, hop, events_per_s - internal_per_s);
    }

    void add_session_refreshes() {
        const CallPattern& calls = population_.calls;
        if (calls.session_expires_s <= 0) return;
        const double refreshes_per_s =
            call_attempts_per_s(population_.endpoints_number, calls.busy_hour_attempts_number) *
            calls.answered_fraction *
            session_refreshes_number(calls.holding_time_s, calls.session_expires_s);
        const Flow& refresh = flow(calls.refreshes_by_reinvite ? "session-refresh-reinvite"
                                                               : "session-refresh-update");
        // The caller's hop brings the count of the whole flow at the proxy.
        add_notification(RoleKind::proxy, {&refresh, "proxy", "caller"}, refreshes_per_s);
        add_callee_hop({&refresh, "proxy", "callee"}, Process::notifications, refreshes_per_s);
        internal_callees_.arrive(Process::notifications, refreshes_per_s * calls.internal_fraction);
    }

    /// Connections kept, and connections opened for what the population's habit is.
    void add_connections() {
        if (population_.transport == Transport::udp) {
            site_.signalling.push_back({population_.endpoints_number, silence_s(population_)});
            return;
        }
        const TlsUse& tls = population_.tls;
        const bool is_kept = tls.connection != Connection::per_transaction;
        if (is_kept) add_standing_connections();
        const double reconnects_per_s = population_.endpoints_number * tls.reconnects_per_s;
        open_connections(RoleKind::registrar, Process::reconnects, reconnects_per_s);
        role(RoleKind::registrar).arrive(Process::reconnects, reconnects_per_s);
        site_.load.arrive(Process::reconnects, reconnects_per_s);
        if (tls.connection == Connection::persistent) return;
        const double registrations =
            registrations_per_s({.contacts_number = population_.endpoints_number,
                                 .expires_s = mean_refresh_s(population_)});
        const bool each_transaction = tls.connection == Connection::per_transaction;
        const double per_registration =
            each_transaction ? count_at(registration_flow(), "registrar").transactions_server : 1;
        open_connections(RoleKind::registrar, Process::registrations,
                         registrations * per_registration);
        if (each_transaction) add_call_connections();
    }

    void add_standing_connections() {
        const bool tls = is_encrypted(population_.transport);
        role(RoleKind::registrar)[Process::standing]
            .demand[tls ? Driver::tls_connections : Driver::tcp_connections] +=
            population_.endpoints_number;
        if (tls) hour_.totals.tls_connections_number += population_.endpoints_number;
        site_.signalling.push_back({population_.endpoints_number, 0});
    }

    /// A connection for each transaction between an endpoint and the proxy: the caller's two, and
    /// the callee's two where the callee is an endpoint.
    void add_call_connections() {
        const CallPattern& calls = population_.calls;
        const Flow& call = flow("call");
        const FlowCount count = count_at(call, "proxy");
        const double transactions =
            count.transactions_server + count.transactions_client * calls.internal_fraction;
        open_connections(RoleKind::proxy, Process::calls,
                         transactions * call_attempts_per_s(population_.endpoints_number,
                                                            calls.busy_hour_attempts_number));
    }

    void open_connections(RoleKind kind, Process process, double connections_per_s) {
        if (connections_per_s <= 0) return;
        Work work;
        work.demand[Driver::tcp_connections_opened] = connections_per_s;
        if (is_encrypted(population_.transport)) {
            const TlsUse& tls = population_.tls;
            const TlsProfile& profile = tls_named(catalog_, tls.key, "tls");
            const double resumed_per_s = connections_per_s * tls.resumed_fraction;
            const double full_per_s = connections_per_s - resumed_per_s;
            work.demand[handshake_driver(tls.key, false)] = full_per_s;
            work.demand[handshake_driver(tls.key, true)] = resumed_per_s;
            const auto octets = [&](bool is_resumed) {
                return handshake_octets(profile, tls.version, is_resumed, tls.is_mutual);
            };
            work.traffic = connection_traffic(wire_, octets(false)) * full_per_s;
            work.traffic += connection_traffic(wire_, octets(true)) * resumed_per_s;
            hour_.totals.tls_full_handshakes_per_s += full_per_s;
            hour_.totals.tls_resumed_handshakes_per_s += resumed_per_s;
        } else {
            work.traffic = connection_traffic(wire_, {}) * connections_per_s;
        }
        role(kind)[process] += work;
        site_.load[process] += work;
    }

    const Catalog& catalog_;
    const Population& population_;
    BusyHour& hour_;
    SiteLoad& site_;
    Load& internal_callees_;
    SipWire wire_;
    SipWire trunk_wire_;
    double sdp_extra_bytes_ = 0;
};

}  // namespace

SipWire wire_of(const Deployment& deployment, const Catalog& catalog,
                const Population& population) {
    SipWire wire{.transport = population.transport,
                 .network = deployment.network,
                 .mtu_bytes = deployment.mtu_bytes};
    const TlsProfile& profile = tls_named(catalog, population.tls.key, "tls");
    const auto record = profile.record_bytes.find(population.tls.version);
    if (record != profile.record_bytes.end()) wire.record_bytes = record->second;
    return wire;
}

void add_signalling(const Deployment& deployment, const Catalog& catalog,
                    const Population& population, BusyHour& hour, Load& internal_callees) {
    Signalling(deployment, catalog, population, hour, internal_callees).add();
}

}  // namespace busyhour
