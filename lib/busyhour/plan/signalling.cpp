#include "busyhour/plan/signalling.h"

#include "busyhour/model/calls.h"
#include "busyhour/model/registration.h"

#include <algorithm>
#include <utility>

namespace busyhour {
namespace {

/// What a role does for its events beside passing messages: one driver, so many units an event.
struct Duty {
    RoleKind role{};
    Process process{};
};

/// Adds one population's signalling, process by process.
class Signalling {
public:
    Signalling(const Deployment& deployment, const Population& population, HopWorks& works,
               BusyHour& hour, Load& internal_callees)
        : population_(population),
          works_(works),
          hour_(hour),
          site_(hour.sites[population.site]),
          internal_callees_(internal_callees),
          has_edge_(deployment.roles.at(index_of(RoleKind::edge_proxy)).is_present),
          is_captured_(deployment.captures_sip),
          wire_(works.wire_of(population)),
          core_wire_{Transport::udp, 0, wire_.sdp_extra_bytes} {}

    void add() {
        add_registrations();
        add_keepalives();
        add_subscriptions();
        add_calls();
        add_recording();
        add_session_refreshes();
        add_connections();
    }

private:
    Load& role(RoleKind kind) { return hour_.roles.at(index_of(kind)); }

    /// Who stands in front of the endpoints and holds their connections.
    [[nodiscard]] RoleKind front(RoleKind core) const {
        return has_edge_ ? RoleKind::edge_proxy : core;
    }

    void arrive(RoleKind kind, Process process, double events_per_s) {
        role(kind).arrive(process, events_per_s);
        if (has_edge_) role(RoleKind::edge_proxy).arrive(process, events_per_s);
    }

    /// Adds a hop to a role, its copies to the capture server, and its messages to the totals.
    void add_hop(const Duty& duty, const Hop& hop, const HopWire& wire, double events_per_s) {
        const HopWork& each = works_.of(hop, wire);
        Work& work = role(duty.role)[duty.process];
        work.add(each.work, events_per_s);
        if (is_captured_) {
            work.traffic.add(each.capture, events_per_s);
            hour_.captured[duty.process].traffic += mirrored(each.capture) * events_per_s;
        }
        double& largest_bytes = hour_.totals.largest_udp_request_bytes;
        largest_bytes = std::max(largest_bytes, each.largest_udp_request_bytes);
        if (!each.is_sip) return;
        const Traffic& traffic = each.work.traffic;
        hour_.totals.sip_messages_per_s += events_per_s * each.messages_number;
        hour_.totals.sip_bits_per_s += events_per_s * (traffic.in_bytes + traffic.out_bytes) * 8;
    }

    /// Adds a hop between endpoints and a role. An edge proxy sees it twice: towards the endpoints
    /// on their transport, towards the role over UDP. Returns what crosses the endpoints' site.
    Work add_endpoint_hop(const Duty& duty, const Hop& hop, double events_per_s) {
        add_hop({front(duty.role), duty.process}, hop, wire_, events_per_s);
        if (has_edge_) {
            add_hop(duty, hop, core_wire_, events_per_s);
            Work inner = works_.of(hop, core_wire_).work * events_per_s;
            inner.traffic = mirrored(inner.traffic);
            role(RoleKind::edge_proxy)[duty.process] += inner;
        }
        return works_.of(hop, wire_).work * events_per_s;
    }

    /// The same for endpoints of this population, whose site it crosses.
    void add_own_hop(const Duty& duty, const Hop& hop, double events_per_s) {
        site_.load[duty.process] += add_endpoint_hop(duty, hop, events_per_s);
    }

    /// What the edge does for an event that it passes on: each transaction is one of its own.
    void relay_at_edge(Process process, const Hop& hop, double events_per_s) {
        if (!has_edge_) return;
        role(RoleKind::edge_proxy)[process].demand[Driver::other_transactions] +=
            events_per_s * works_.of(hop, wire_).messages_number / 2;
    }

    void add_registrations() {
        const double rate_per_s =
            registrations_per_s({.contacts_number = population_.endpoints_number,
                                 .expires_s = mean_refresh_s(population_)});
        const Hop hop{&registration_flow(), "registrar", "endpoint"};
        add_own_hop({RoleKind::registrar, Process::registrations}, hop, rate_per_s);
        relay_at_edge(Process::registrations, hop, rate_per_s);
        Load& registrar = role(RoleKind::registrar);
        registrar[Process::registrations].demand[Driver::registrations] += rate_per_s;
        if (population_.authentication == Authentication::digest) {
            registrar[Process::registrations].demand[Driver::registration_challenges] += rate_per_s;
        }
        arrive(RoleKind::registrar, Process::registrations, rate_per_s);
        site_.load.arrive(Process::registrations, rate_per_s);
        registrar[Process::standing].demand[Driver::contacts] += population_.endpoints_number;
        Totals& totals = hour_.totals;
        totals.endpoints_number += population_.endpoints_number;
        totals.registrations_per_s += rate_per_s;
        totals.register_messages_per_s += rate_per_s * works_.of(hop, wire_).messages_number;
    }

    const Flow& registration_flow() {
        switch (population_.authentication) {
            case Authentication::digest:
                return works_.flow("register-digest");
            case Authentication::digest_reused_nonce:
                return works_.flow("register-digest-reused-nonce");
            case Authentication::none:
                break;
        }
        return works_.flow("register");
    }

    /// Keepalives end at the element that the endpoint's flow ends at: the edge where there is one.
    void add_keepalives() {
        if (population_.keepalive == Keepalive::none) return;
        const double rate_per_s = population_.endpoints_number / population_.keepalive_interval_s;
        const Hop hop{&keepalive_flow(), "registrar", "endpoint"};
        const RoleKind keeper = front(RoleKind::registrar);
        add_hop({keeper, Process::keepalives}, hop, wire_, rate_per_s);
        const HopWork& each = works_.of(hop, wire_);
        site_.load[Process::keepalives].add(each.work, rate_per_s);
        const double messages_per_s = rate_per_s * each.messages_number;
        role(keeper)[Process::keepalives].demand[Driver::keepalive_messages] += messages_per_s;
        role(keeper).arrive(Process::keepalives, rate_per_s);
        site_.load.arrive(Process::keepalives, rate_per_s);
        hour_.totals.keepalives_per_s += rate_per_s;
        hour_.totals.keepalive_messages_per_s += messages_per_s;
    }

    const Flow& keepalive_flow() {
        if (population_.keepalive == Keepalive::stun) return works_.flow("keepalive-stun");
        if (population_.keepalive == Keepalive::options) return works_.flow("keepalive-options");
        return works_.flow(population_.transport == Transport::udp ? "keepalive-crlf-udp"
                                                                   : "keepalive-crlf");
    }

    /// Calls that one endpoint takes part in, made or received: an internal call has two of them.
    [[nodiscard]] double calls_per_endpoint_per_s() const {
        const CallPattern& calls = population_.calls;
        return call_attempts_per_s(1, calls.busy_hour_attempts_number) *
               (1 + calls.internal_fraction);
    }

    void add_subscriptions() {
        const bool challenged = population_.authentication == Authentication::digest;
        const Hop subscribe{&works_.flow(challenged ? "subscribe-digest" : "subscribe"),
                            "registrar", "endpoint"};
        const Hop notify{&works_.flow("notify"), "registrar", "endpoint"};
        const Hop publish{&works_.flow("publish"), "registrar", "endpoint"};
        for (const Subscription& subscription : population_.subscriptions) {
            const double held_number =
                population_.endpoints_number * subscription.per_endpoint_number;
            const double notifies_per_s =
                held_number * (subscription.notifies_per_s +
                               subscription.notifies_per_call_number * calls_per_endpoint_per_s());
            const double publishes_per_s =
                population_.endpoints_number * subscription.publishes_per_s;
            add_notification(RoleKind::registrar, subscribe, held_number / subscription.expires_s);
            add_notification(RoleKind::registrar, notify, notifies_per_s);
            add_notification(RoleKind::registrar, publish, publishes_per_s);
            hour_.totals.subscriptions_number += held_number;
            hour_.totals.notifies_per_s += notifies_per_s;
        }
    }

    /// Transactions that are neither registrations nor calls, counted as two messages each.
    void add_notification(RoleKind kind, const Hop& hop, double events_per_s) {
        if (events_per_s <= 0) return;
        add_own_hop({kind, Process::notifications}, hop, events_per_s);
        relay_at_edge(Process::notifications, hop, events_per_s);
        const double transactions = count_at(*hop.flow, hop.server).messages() / 2.0;
        role(kind)[Process::notifications].demand[Driver::other_transactions] +=
            events_per_s * transactions;
        arrive(kind, Process::notifications, events_per_s);
        site_.load.arrive(Process::notifications, events_per_s);
    }

    void add_calls() {
        const CallPattern& calls = population_.calls;
        const double attempts_per_s =
            call_attempts_per_s(population_.endpoints_number, calls.busy_hour_attempts_number);
        const double answered_per_s = attempts_per_s * calls.answered_fraction;
        add_call_flow(call_flow(), answered_per_s);
        add_call_flow(works_.flow("call-cancel"), attempts_per_s - answered_per_s);
        Work& work = role(RoleKind::proxy)[Process::calls];
        work.demand[Driver::call_attempts] += attempts_per_s;
        if (has_edge_) {  // a leg through the edge is a call of its own there
            role(RoleKind::edge_proxy)[Process::calls].demand[Driver::call_attempts] +=
                attempts_per_s * (1 + calls.internal_fraction);
        }
        if (calls.authentication == Authentication::digest) {
            const Hop challenge{&works_.flow("invite-challenge"), "proxy", "caller"};
            work.demand[Driver::call_challenges] += attempts_per_s;
            add_own_hop({RoleKind::proxy, Process::calls}, challenge,
                        attempts_per_s - answered_per_s);
            relay_at_edge(Process::calls, challenge, attempts_per_s);
        }
        arrive(RoleKind::proxy, Process::calls, attempts_per_s);
        site_.load.arrive(Process::calls, attempts_per_s);
        internal_callees_.arrive(Process::calls, attempts_per_s * calls.internal_fraction);
        hour_.trunks.arrive(Process::calls, attempts_per_s * (1 - calls.internal_fraction));
        count_calls(attempts_per_s, answered_per_s);
    }

    const Flow& call_flow() {
        switch (population_.calls.authentication) {
            case Authentication::digest:
                return works_.flow("call-digest");
            case Authentication::digest_reused_nonce:
                return works_.flow("call-digest-reused-nonce");
            case Authentication::none:
                break;
        }
        return works_.flow("call");
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
        for (const RoleKind kind : {RoleKind::proxy, RoleKind::edge_proxy}) {
            if (kind == RoleKind::edge_proxy && !has_edge_) continue;
            role(kind)[Process::media].demand[Driver::concurrent_calls] += talking_erlang;
            role(kind).arrive(Process::media, talking_erlang);
        }
    }

    /// Both hops of a call at the proxy; the callee is another endpoint or a trunk.
    void add_call_flow(const Flow& call, double calls_per_s) {
        add_own_hop({RoleKind::proxy, Process::calls}, {&call, "proxy", "caller"}, calls_per_s);
        add_callee_hop({&call, "proxy", "callee"}, Process::calls, calls_per_s);
    }

    /// The callee's hop: through the edge to an endpoint, or straight to a trunk, whose SDP is
    /// plain and whose transport is UDP.
    void add_callee_hop(const Hop& hop, Process process, double events_per_s) {
        const double internal_per_s = events_per_s * population_.calls.internal_fraction;
        const double external_per_s = events_per_s - internal_per_s;
        internal_callees_[process] +=
            add_endpoint_hop({RoleKind::proxy, process}, hop, internal_per_s);
        if (process == Process::notifications) relay_at_edge(process, hop, internal_per_s);
        add_hop({RoleKind::proxy, process}, hop, HopWire{}, external_per_s);
        Work at_trunk = works_.of(hop, HopWire{}).work * external_per_s;
        at_trunk.traffic = mirrored(at_trunk.traffic);
        hour_.trunks[process].traffic += at_trunk.traffic;
    }

    /// A recorded call is a call more, from the proxy to the recorder. Source: rfc7866.
    void add_recording() {
        const CallPattern& calls = population_.calls;
        const double recorded_per_s =
            call_attempts_per_s(population_.endpoints_number, calls.busy_hour_attempts_number) *
            calls.answered_fraction * population_.media.relayed_fraction *
            population_.media.recorded_fraction;
        if (recorded_per_s <= 0) return;
        const Hop hop{&works_.flow("call-direct"), "caller", "callee"};
        add_hop({RoleKind::proxy, Process::calls}, hop, HopWire{}, recorded_per_s);
        hour_.recorders[Process::calls].traffic +=
            mirrored(works_.of(hop, HopWire{}).work.traffic) * recorded_per_s;
        hour_.recorders.arrive(Process::calls, recorded_per_s);
        role(RoleKind::proxy)[Process::calls].demand[Driver::other_transactions] +=
            recorded_per_s * works_.of(hop, HopWire{}).messages_number / 2;
    }

    void add_session_refreshes() {
        const CallPattern& calls = population_.calls;
        if (calls.session_expires_s <= 0) return;
        const double refreshes_per_s =
            call_attempts_per_s(population_.endpoints_number, calls.busy_hour_attempts_number) *
            calls.answered_fraction *
            session_refreshes_number(calls.holding_time_s, calls.session_expires_s);
        const Flow& refresh = works_.flow(calls.refreshes_by_reinvite ? "session-refresh-reinvite"
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
        if (tls.connection != Connection::per_transaction) add_standing_connections();
        const double reconnects_per_s = population_.endpoints_number * tls.reconnects_per_s;
        open_connections(RoleKind::registrar, Process::reconnects, reconnects_per_s);
        role(front(RoleKind::registrar)).arrive(Process::reconnects, reconnects_per_s);
        site_.load.arrive(Process::reconnects, reconnects_per_s);
        if (tls.connection == Connection::persistent) return;
        const double registrations =
            registrations_per_s({.contacts_number = population_.endpoints_number,
                                 .expires_s = mean_refresh_s(population_)});
        const bool each_transaction = tls.connection == Connection::per_transaction;
        const Hop hop{&registration_flow(), "registrar", "endpoint"};
        const double per_registration =
            each_transaction ? works_.of(hop, wire_).transactions_number : 1;
        open_connections(RoleKind::registrar, Process::registrations,
                         registrations * per_registration);
        if (each_transaction) add_call_connections();
    }

    void add_standing_connections() {
        const bool tls = is_encrypted(population_.transport);
        role(front(RoleKind::registrar))[Process::standing]
            .demand[tls ? Driver::tls_connections : Driver::tcp_connections] +=
            population_.endpoints_number;
        if (tls) hour_.totals.tls_connections_number += population_.endpoints_number;
        site_.signalling.push_back({population_.endpoints_number, 0});
    }

    /// A connection for each transaction between an endpoint and the proxy: the caller's two, and
    /// the callee's two where the callee is an endpoint.
    void add_call_connections() {
        const CallPattern& calls = population_.calls;
        const FlowCount count = count_at(works_.flow("call"), "proxy");
        const double transactions =
            count.transactions_server + count.transactions_client * calls.internal_fraction;
        open_connections(RoleKind::proxy, Process::calls,
                         transactions * call_attempts_per_s(population_.endpoints_number,
                                                            calls.busy_hour_attempts_number));
    }

    void open_connections(RoleKind kind, Process process, double connections_per_s) {
        if (connections_per_s <= 0) return;
        const Opening& opening = works_.opening(population_);
        Work work;
        work.demand[Driver::tcp_connections_opened] = connections_per_s;
        if (is_encrypted(population_.transport)) {
            const TlsUse& tls = population_.tls;
            const double resumed_per_s = connections_per_s * tls.resumed_fraction;
            const double full_per_s = connections_per_s - resumed_per_s;
            work.demand[handshake_driver(tls.key, false)] = full_per_s;
            work.demand[handshake_driver(tls.key, true)] = resumed_per_s;
            work.traffic = opening.full * full_per_s;
            work.traffic += opening.resumed * resumed_per_s;
            hour_.totals.tls_full_handshakes_per_s += full_per_s;
            hour_.totals.tls_resumed_handshakes_per_s += resumed_per_s;
        } else {
            work.traffic = opening.full * connections_per_s;
        }
        role(front(kind))[process] += work;
        site_.load[process] += work;
    }

    const Population& population_;
    HopWorks& works_;
    BusyHour& hour_;
    SiteLoad& site_;
    Load& internal_callees_;
    bool has_edge_;
    bool is_captured_;
    HopWire wire_;
    HopWire core_wire_;
};

}  // namespace

void add_signalling(const Deployment& deployment, const Population& population, HopWorks& works,
                    BusyHour& hour, Load& internal_callees) {
    Signalling(deployment, population, works, hour, internal_callees).add();
}

}  // namespace busyhour
