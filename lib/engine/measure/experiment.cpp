#include "engine/measure/experiment.h"

#include <algorithm>

namespace busyhour::engine::measure {
namespace {

using load::ConnectionUse;

Experiment refresh(const char* name, Transport transport, std::size_t users_number) {
    return {.name = name, .flow = "refresh", .transport = transport, .users_number = users_number};
}

Experiment churn(const char* name, Transport transport, bool resumes) {
    return {.name = name,
            .flow = "churn",
            .transport = transport,
            .connection_use = ConnectionUse::per_registration,
            .resumes = resumes};
}

/// Those that tell the costs that matter most.
std::vector<Experiment> basic_experiments() {
    return {
        refresh("refresh-udp", Transport::udp, 1000),
        {.name = "call-udp", .flow = "call"},
        {.name = "register-udp-new", .flow = "register", .is_new = true},
        {.name = "options-udp", .flow = "options", .users_number = 1000},
        refresh("refresh-tls", Transport::tls, 500),
        churn("register-tls-full", Transport::tls, false),
        {.name = "relay-plain", .flow = "rtp"},
        {.name = "relay-srtp", .flow = "rtp", .suite = rtp::SrtpSuite::aes_cm_128_hmac_sha1_80},
    };
}

/// The rest of the costs, and the same ones from other sides.
std::vector<Experiment> more_experiments() {
    return {
        {.name = "message-udp", .flow = "message"},
        churn("register-tls-resumed", Transport::tls, true),
        refresh("refresh-tcp", Transport::tcp, 1000),
        churn("register-tcp-new", Transport::tcp, false),
        {.name = "call-tcp", .flow = "call", .transport = Transport::tcp},
        {.name = "call-tls", .flow = "call", .transport = Transport::tls},
        {.name = "options-tls", .flow = "options", .transport = Transport::tls},
        {.name = "relay-plain-small", .flow = "rtp", .payload_octets = 20},
        {.name = "relay-plain-large", .flow = "rtp", .payload_octets = 960},
        {.name = "relay-srtp-gcm", .flow = "rtp", .suite = rtp::SrtpSuite::aead_aes_128_gcm},
    };
}

bool can_take_part(const Subject& subject, const Experiment& experiment) {
    if (experiment.is_media()) return subject.ng.has_value();
    // Users that the server must know are as many as its file has.
    if (experiment.is_new && !subject.users.empty()) return false;
    const load::Flow* flow = load::find_flow(experiment.flow);
    if (flow != nullptr && flow->has_callee && !subject.routes_calls) return false;
    return subject.address(experiment.transport) != nullptr;
}

/// Messages of a session that reach or leave the server, each once.
double messages_of(const load::Flow& flow) {
    if (flow.method == sip::Method::invite) return 13;  // models/flows/call
    if (flow.method == sip::Method::message) return 4;  // to the callee and back
    return 2;
}

Demand demand_of(const Experiment& experiment, const Subject& subject) {
    Demand demand;
    if (experiment.is_media()) {
        demand[Driver::relayed_packets] = 1;
        if (experiment.suite) demand[Driver::srtp_packets] = 1;
        return demand;
    }
    const load::Flow& flow = *load::find_flow(experiment.flow);
    double messages = messages_of(flow);
    const bool is_challenged = !subject.users.empty();
    if (flow.method == sip::Method::register_) {
        demand[Driver::registrations] = 1;
        if (experiment.is_new) demand[Driver::new_bindings] = 1;
        if (is_challenged) demand[Driver::registration_challenges] = 1;
        if (is_challenged) messages += 2;
    } else if (flow.method == sip::Method::invite) {
        demand[Driver::call_attempts] = 1;
    } else if (flow.has_callee) {
        demand[Driver::other_transactions] = messages / 2;  // the planner counts them by twos
    } else {
        demand[Driver::unwanted_answered] = 1;
    }
    const bool is_tls = experiment.transport == Transport::tls;
    const Driver message = experiment.transport == Transport::udp ? Driver::udp_messages
                           : is_tls                               ? Driver::tls_messages
                                                                  : Driver::tcp_messages;
    demand[message] = messages;
    if (experiment.connection_use == ConnectionUse::persistent) return demand;
    demand[Driver::tcp_connections_opened] = 1;
    if (is_tls) {
        demand[handshake_driver(subject.handshake_key, experiment.resumes)] = 1;
    }
    return demand;
}

}  // namespace

const Peer* Subject::address(Transport transport) const noexcept {
    const std::optional<Peer>& peer = transport == Transport::udp   ? udp
                                      : transport == Transport::tcp ? tcp
                                                                    : tls;
    return peer ? &*peer : nullptr;
}

std::vector<Experiment> experiments_for(const Subject& subject, bool is_quick) {
    std::vector<Experiment> all = basic_experiments();
    if (!is_quick) {
        const std::vector<Experiment> more = more_experiments();
        all.insert(all.end(), more.begin(), more.end());
    }
    std::erase_if(all, [&subject](const Experiment& experiment) {
        return !can_take_part(subject, experiment);
    });
    return all;
}

Workload alone(const Experiment& experiment) {
    return {.name = experiment.name, .parts = {{experiment, 1}}};
}

std::vector<Workload> verification_workloads(const Subject& subject) {
    const Experiment refresh_udp = refresh("refresh-udp", Transport::udp, 1000);
    const Experiment refresh_tls = refresh("refresh-tls", Transport::tls, 500);
    const Experiment refresh_tcp = refresh("refresh-tcp", Transport::tcp, 1000);
    const Experiment call_udp{.name = "call-udp", .flow = "call"};
    const Experiment call_tls{.name = "call-tls", .flow = "call", .transport = Transport::tls};
    const Experiment options{.name = "options-udp", .flow = "options", .users_number = 1000};
    const Experiment message{.name = "message-udp", .flow = "message"};
    const Experiment full = churn("register-tls-full", Transport::tls, false);
    std::vector<Workload> all{
        {"70 % refreshes, 20 % calls, 10 % OPTIONS",
         {{refresh_udp, 0.7}, {call_udp, 0.2}, {options, 0.1}}},
        {"refreshes, half over UDP, half over TLS", {{refresh_udp, 0.5}, {refresh_tls, 0.5}}},
        {"95 % refreshes over UDP, 5 % over new TLS connections",
         {{refresh_udp, 0.95}, {full, 0.05}}},
        {"60 % refreshes over TCP, 40 % MESSAGE over UDP", {{refresh_tcp, 0.6}, {message, 0.4}}},
        {"80 % refreshes over TLS, 20 % calls over TLS", {{refresh_tls, 0.8}, {call_tls, 0.2}}},
        {"relay, packets of 40 ms",
         {{{.name = "relay-40ms", .flow = "rtp", .payload_octets = 320, .ptime_ms = 40}, 1}}},
        {"relay, SRTP of G.729 at 20 ms",
         {{{.name = "relay-srtp-g729",
            .flow = "rtp",
            .suite = rtp::SrtpSuite::aes_cm_128_hmac_sha1_80,
            .payload_octets = 20},
           1}}},
    };
    std::erase_if(all, [&subject](const Workload& workload) {
        return !std::all_of(workload.parts.begin(), workload.parts.end(),
                            [&subject](const WorkloadPart& part) {
                                return can_take_part(subject, part.experiment);
                            });
    });
    return all;
}

Demand expected_demand(const Workload& workload, const Subject& subject) {
    Demand demand;
    for (const WorkloadPart& part : workload.parts) {
        demand.add(demand_of(part.experiment, subject), part.fraction);
    }
    return demand;
}

}  // namespace busyhour::engine::measure
