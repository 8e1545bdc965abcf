#include "engine/measure/experiment.h"

#include "engine/io/address.h"
#include "engine/load/media_runner.h"
#include "engine/measure/processes.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace busyhour::engine::measure {
namespace {

constexpr double ptime_s = 0.02;
constexpr double packets_per_call_per_s = 2 / ptime_s;  ///< both ends talk

/// Loopback, in the family of the target.
Peer source_for(const Peer& target) {
    return *io::parse_address(io::is_ipv4(target) ? "udp:127.0.0.1:0" : "udp:[::1]:0");
}

load::RunOptions signalling_options(const Experiment& experiment, const Subject& subject,
                                    double load_per_s, double duration_s, const Bench& bench) {
    const load::Flow* flow = load::find_flow(experiment.flow);
    const Peer* target = subject.address(experiment.transport);
    if (flow == nullptr || target == nullptr) {
        throw std::runtime_error(experiment.name + ": the server does not take part in it");
    }
    load::RunOptions options;
    load::Scenario& scenario = options.scenario;
    scenario.flow = *flow;
    scenario.target = *target;
    scenario.server = io::to_text(*target).substr(4);
    const std::string domain = scenario.server.substr(0, scenario.server.rfind(':'));
    // Other users each time: a contact of an earlier slice is another port, and would stay beside.
    scenario.users =
        load::generate_users(experiment.users_number,
                             {.prefix = "m" + std::to_string(bench.seed) + "-", .domain = domain});
    scenario.connection_use = experiment.connection_use;
    scenario.sockets_number = 8;
    scenario.seed = static_cast<std::uint32_t>(bench.seed);
    scenario.sessions_max = flow->has_callee ? 65536 : experiment.users_number;
    options.wire.sources = {source_for(*target)};
    options.wire.resumes = experiment.resumes;
    options.arrivals.segments = {{load_per_s, load_per_s, duration_s}};
    options.arrivals.seed = bench.seed;
    options.measured = subject.process_ids;
    options.interrupts = bench.interrupts;
    options.keeps_awake = true;
    return options;
}

/// What each session of the flow asks of the server, but for what the transport adds.
Demand demand_of_session(const load::Flow& flow) {
    Demand demand;
    const bool is_challenged = flow.answers_challenges && !flow.reuses_nonce;
    if (flow.method == sip::Method::register_) {
        demand[Driver::registrations] = 1;
        if (is_challenged) demand[Driver::registration_challenges] = 1;
    } else if (flow.method == sip::Method::invite) {
        demand[Driver::call_attempts] = 1;
        if (is_challenged) demand[Driver::call_challenges] = 1;
    } else {
        demand[Driver::other_transactions] = 1;
    }
    return demand;
}

/// What was asked of the server in a second, from what was counted.
Demand demand_of(const Experiment& experiment, const Subject& subject,
                 const load::RunResult& result) {
    const load::Counters& counters = result.counters;
    Demand demand = demand_of_session(*load::find_flow(experiment.flow)) *
                    (static_cast<double>(counters.succeeded) / result.duration_s);
    const load::MethodTally total = counters.total();
    const double messages_per_s = static_cast<double>(total.requests_sent.messages_number +
                                                      total.requests_received.messages_number +
                                                      total.responses_sent.messages_number +
                                                      total.responses_received.messages_number) /
                                  result.duration_s;
    if (experiment.transport == Transport::udp) return demand;
    const bool is_tls = experiment.transport == Transport::tls;
    demand[is_tls ? Driver::tls_messages : Driver::tcp_messages] = messages_per_s;
    if (experiment.connection_use != load::ConnectionUse::persistent) {
        const double opened_per_s =
            static_cast<double>(result.connect_delay.count()) / result.duration_s;
        demand[Driver::tcp_connections_opened] = opened_per_s;
        if (is_tls) {
            demand[handshake_driver(std::string(subject.handshake_key), experiment.resumes)] =
                opened_per_s;
        }
    }
    return demand;
}

void run_signalling(const Experiment& experiment, const Subject& subject, double duration_s,
                    const Bench& bench, Slice& slice) {
    const load::RunResult result =
        load::run(signalling_options(experiment, subject, slice.load_per_s, duration_s, bench));
    const load::Counters& counters = result.counters;
    slice.achieved_per_s = static_cast<double>(counters.succeeded) / result.duration_s;
    slice.demand = demand_of(experiment, subject, result);
    slice.cpu_cores = result.measured_cpu_cores;
    if (counters.offered > 0) {
        const std::uint64_t lost =
            counters.offered - std::min(counters.succeeded, counters.offered);
        slice.failed_fraction = static_cast<double>(lost) / static_cast<double>(counters.offered);
    }
    slice.latency = counters.latency;
    slice.generator_cpu_fraction = result.generator_cpu_fraction;
    slice.duration_s = result.duration_s;
    slice.void_reason = result.void_reason;
}

load::MediaRunOptions media_options(const Experiment& experiment, const Subject& subject,
                                    double load_per_s, double duration_s, const Bench& bench) {
    if (!subject.ng) throw std::runtime_error(experiment.name + ": no control port (ng)");
    load::MediaRunOptions options;
    options.media.calls_number =
        static_cast<std::size_t>(std::max(std::round(load_per_s / packets_per_call_per_s), 1.0));
    options.media.format = {.payload_type = 0,
                            .clock_rate_hz = 8000,
                            .ptime = std::chrono::milliseconds(20),
                            .payload_octets = static_cast<std::uint16_t>(experiment.payload_octets),
                            .content = rtp::Content::synthetic};
    options.media.duration = Duration(static_cast<Duration::rep>(duration_s * 1e9));
    options.media.seed = bench.seed;
    options.media.suite = experiment.suite;
    options.media.are_callees_plain = experiment.suite.has_value();
    options.wire.sources = {source_for(*subject.ng)};
    options.route = load::MediaRoute::ng;
    options.target = *subject.ng;
    options.ng.client.relay = *subject.ng;
    options.ng.client.cookies = static_cast<std::uint32_t>(bench.seed);
    options.ng.rate_per_s = 400;
    options.ng.prefix = "measure-" + std::to_string(bench.seed) + "-";
    options.ng.offer.encoding = "PCMU/8000";
    options.measured = subject.process_ids;
    options.interrupts = bench.interrupts;
    options.keeps_awake = true;
    return options;
}

void run_relay(const Experiment& experiment, const Subject& subject, double duration_s,
               const Bench& bench, Slice& slice) {
    const load::MediaRunResult result =
        load::run_media(media_options(experiment, subject, slice.load_per_s, duration_s, bench));
    slice.achieved_per_s = result.achieved_per_s;
    slice.demand[Driver::relayed_packets] = result.achieved_per_s;
    // Each packet is opened on its way from the caller, or protected on its way to it.
    if (experiment.suite) slice.demand[Driver::srtp_packets] = result.achieved_per_s;
    slice.cpu_cores = result.measured_cpu_cores;
    const double offered = static_cast<double>(std::max<std::uint64_t>(result.offered_packets, 1));
    slice.failed_fraction = std::max(1 - result.achieved_per_s * result.duration_s / offered, 0.0);
    slice.latency = result.one_way_delay;
    slice.generator_cpu_fraction = result.generator_cpu_fraction;
    slice.duration_s = result.duration_s;
    slice.void_reason = result.void_reason;
}

}  // namespace

const Peer* Subject::address(Transport transport) const noexcept {
    const std::optional<Peer>& peer = transport == Transport::udp   ? udp
                                      : transport == Transport::tcp ? tcp
                                                                    : tls;
    return peer ? &*peer : nullptr;
}

std::vector<Experiment> experiments_for(const Subject& subject, bool is_quick) {
    using load::ConnectionUse;
    std::vector<Experiment> all{
        {.name = "refresh-udp", .flow = "refresh", .users_number = 2000},
        {.name = "call-udp", .flow = "call"},
        {.name = "options-udp", .flow = "options", .users_number = 2000},
        {.name = "refresh-tls", .flow = "refresh", .transport = Transport::tls},
        {.name = "register-tls-full",
         .flow = "churn",
         .transport = Transport::tls,
         .connection_use = ConnectionUse::per_registration},
        {.name = "register-tls-resumed",
         .flow = "churn",
         .transport = Transport::tls,
         .connection_use = ConnectionUse::per_registration,
         .resumes = true},
        {.name = "refresh-tcp",
         .flow = "refresh",
         .transport = Transport::tcp,
         .users_number = 1000},
        {.name = "register-tcp-new",
         .flow = "churn",
         .transport = Transport::tcp,
         .connection_use = ConnectionUse::per_registration},
        {.name = "relay-plain", .flow = "rtp"},
        {.name = "relay-srtp", .flow = "rtp", .suite = rtp::SrtpSuite::aes_cm_128_hmac_sha1_80},
    };
    if (!is_quick) {
        const std::vector<Experiment> more{
            {.name = "message-udp", .flow = "message"},
            {.name = "call-tcp", .flow = "call", .transport = Transport::tcp},
            {.name = "call-tls", .flow = "call", .transport = Transport::tls},
            {.name = "options-tls", .flow = "options", .transport = Transport::tls},
            {.name = "relay-plain-small", .flow = "rtp", .payload_octets = 20},
            {.name = "relay-plain-large", .flow = "rtp", .payload_octets = 960},
            {.name = "relay-srtp-gcm", .flow = "rtp", .suite = rtp::SrtpSuite::aead_aes_128_gcm},
        };
        all.insert(all.end(), more.begin(), more.end());
    }
    std::erase_if(all, [&subject](const Experiment& experiment) {
        if (experiment.flow == "rtp") return !subject.ng.has_value();
        return subject.address(experiment.transport) == nullptr;
    });
    return all;
}

bool Slice::held(Duration latency_p99_max) const noexcept {
    return failed_fraction == 0 && latency.quantile(0.99) <= latency_p99_max;
}

Slice run_slice(const Experiment& experiment, const Subject& subject, double load_per_s,
                double duration_s, Bench& bench) {
    Slice slice;
    slice.experiment = experiment.name;
    slice.load_per_s = load_per_s;
    ++bench.seed;
    slice.before = read_yardsticks(bench.yardsticks, subject.processor, bench.yardstick);
    try {
        if (experiment.flow == "rtp") {
            run_relay(experiment, subject, duration_s, bench, slice);
        } else {
            run_signalling(experiment, subject, duration_s, bench, slice);
        }
    } catch (const std::runtime_error& error) {  // users or calls that cannot be set up
        slice.failed_fraction = 1;
        slice.void_reason = error.what();
    }
    slice.after = read_yardsticks(bench.yardsticks, subject.processor, bench.yardstick);
    const std::vector<int>& processes = subject.process_ids;
    if (!processes.empty()) {
        slice.memory_bytes = static_cast<double>(memory_bytes_of(processes));
    }
    const double difference = difference_fraction(slice.before, slice.after);
    if (!slice.void_reason && difference > bench.yardstick_difference_max_fraction) {
        slice.void_reason = "the host's speed changed by " +
                            std::to_string(std::lround(difference * 100)) +
                            " % between before and after";
    }
    return slice;
}

}  // namespace busyhour::engine::measure
