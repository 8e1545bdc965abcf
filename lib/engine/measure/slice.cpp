#include "engine/measure/slice.h"

#include "engine/io/address.h"
#include "engine/io/event_loop.h"
#include "engine/io/udp_socket.h"
#include "engine/load/host_use.h"
#include "engine/load/media_runner.h"
#include "engine/measure/processes.h"
#include "engine/measure/processor.h"
#include "engine/measure/speed_probe.h"

#include <algorithm>
#include <barrier>
#include <cmath>
#include <exception>
#include <stdexcept>
#include <thread>

namespace busyhour::engine::measure {
namespace {

/// A request that was lost is repeated after 0.5 s and 1.5 s; what takes longer has failed.
constexpr Duration drain = std::chrono::seconds(3);

/// Of one part of a workload.
load::RunOptions options_of(const WorkloadPart& part, const Subject& subject, double load_per_s,
                            double duration_s, const Bench& bench) {
    const Experiment& experiment = part.experiment;
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
    std::size_t users_number = experiment.users_number;
    if (experiment.is_new) {  // one for each arrival that may come, and no one twice
        const double arrivals = load_per_s * duration_s;
        users_number = static_cast<std::size_t>(arrivals + 6 * std::sqrt(arrivals) + 20);
    }
    if (subject.users.empty()) {
        // The same names again and again: what an earlier slice has left is cleared, not added to.
        scenario.users = load::generate_users(
            users_number, {.prefix = experiment.name.substr(0, 4) + "-", .domain = domain});
    } else {
        scenario.users = subject.users;
        if (scenario.users.size() > users_number) scenario.users.resize(users_number);
        scenario.flow.answers_challenges = true;
    }
    const bool is_persistent = experiment.connection_use == load::ConnectionUse::persistent;
    scenario.clears_first = is_persistent && flow->method == sip::Method::register_;
    // The more contacts a registrar holds, the longer it looks for each.
    options.clears_last = experiment.is_new;
    scenario.connection_use = experiment.connection_use;
    scenario.sockets_number = 8;
    scenario.seed = static_cast<std::uint32_t>(bench.seed);
    scenario.sessions_max = flow->has_callee ? 65536 : scenario.users.size();
    options.wire.sources = {io::local_address_towards(*target)};
    options.wire.resumes = experiment.resumes;
    options.arrivals.segments = {{load_per_s, load_per_s, duration_s}};
    options.arrivals.seed = bench.seed;
    if (experiment.is_new) options.arrivals.arrivals_max = scenario.users.size();
    options.measured = subject.process_ids;
    options.interrupts = bench.interrupts;
    // A server on the same host would else pay for waking the generator, and the more of it the
    // less it has to do; one that is reached by a network does not.
    options.polls = true;
    options.drain = drain;
    return options;
}

/// What was asked of the server in a second, from what was counted.
Demand demand_of(const Experiment& experiment, const Subject& subject,
                 const load::RunResult& result) {
    const load::Counters& counters = result.counters;
    const load::Flow& flow = *load::find_flow(experiment.flow);
    const double succeeded_per_s = static_cast<double>(counters.succeeded) / result.duration_s;
    const double challenges_per_s =
        static_cast<double>(counters.received_by_status[401] + counters.received_by_status[407]) /
        result.duration_s;
    const load::MethodTally total = counters.total();
    const double messages_per_s = static_cast<double>(total.requests_sent.messages_number +
                                                      total.requests_received.messages_number +
                                                      total.responses_sent.messages_number +
                                                      total.responses_received.messages_number) /
                                  result.duration_s;
    Demand demand;
    if (flow.method == sip::Method::register_) {
        demand[Driver::registrations] = succeeded_per_s;
        demand[Driver::registration_challenges] = challenges_per_s;
        if (experiment.is_new) demand[Driver::new_bindings] = succeeded_per_s;
    } else if (flow.method == sip::Method::invite) {
        demand[Driver::call_attempts] = succeeded_per_s;
        demand[Driver::call_challenges] = challenges_per_s;
    } else if (flow.has_callee) {
        demand[Driver::other_transactions] = messages_per_s / 2;
    } else {
        demand[Driver::unwanted_answered] = succeeded_per_s;
    }
    const bool is_tls = experiment.transport == Transport::tls;
    const Driver message = experiment.transport == Transport::udp ? Driver::udp_messages
                           : is_tls                               ? Driver::tls_messages
                                                                  : Driver::tcp_messages;
    demand[message] = messages_per_s;
    if (experiment.connection_use == load::ConnectionUse::persistent) return demand;
    const double opened_per_s =
        static_cast<double>(result.connect_delay.count()) / result.duration_s;
    demand[Driver::tcp_connections_opened] = opened_per_s;
    if (is_tls) {
        demand[handshake_driver(subject.handshake_key, experiment.resumes)] = opened_per_s;
    }
    return demand;
}

/// "the server answered 401 for 10 requests": what refuses, where anything does.
std::optional<std::string> refusals_of(const load::Counters& counters, const load::Flow& flow) {
    for (const std::size_t status : {401U, 407U, 403U, 404U, 483U, 503U}) {
        const std::uint64_t answers = counters.received_by_status[status];
        const bool is_expected = status == static_cast<std::size_t>(flow.expected_status_code);
        if (answers == 0 || is_expected || counters.refused == 0) continue;
        if (status == 503) return std::nullopt;  // overload is a result
        return "the server answered " + std::to_string(status) + " to " + std::to_string(answers) +
               " requests" +
               (status == 401 || status == 407 ? ": it wants credentials (--users FILE)" : "");
    }
    return std::nullopt;
}

// Sends that are late by a fifth of the latency limit change no CPU time, and count as latency.
constexpr double lateness_max_s = 0.01;
constexpr double generator_cpu_max_fraction = 0.7;

bool is_about(const std::optional<std::string>& reason, std::string_view beginning) {
    return reason && reason->starts_with(beginning);
}

/// Why the generator makes a run void. A busy generator does not where the server is as busy.
std::optional<std::string> generator_fault(load::RunResult result, const Subject& subject) {
    const auto reason = load::void_reason(result, 2 * lateness_max_s);
    const bool is_server_busy =
        result.measured_cpu_cores &&
        *result.measured_cpu_cores >= generator_cpu_max_fraction * subject.cores_number;
    if (!is_about(reason, "the generator's thread") || !is_server_busy) return reason;
    result.generator_cpu_fraction = 0;
    return load::void_reason(result, 2 * lateness_max_s);
}

void add(const WorkloadPart& part, const Subject& subject, const load::RunResult& result,
         Slice& slice) {
    const load::Counters& counters = result.counters;
    const double offered = static_cast<double>(counters.offered);
    slice.achieved_per_s += static_cast<double>(counters.succeeded) / result.duration_s;
    slice.demand += demand_of(part.experiment, subject, result);
    if (counters.offered > 0) {
        const double lost =
            1 - static_cast<double>(std::min(counters.succeeded, counters.offered)) / offered;
        slice.failed_fraction = std::max(slice.failed_fraction, lost);
    }
    slice.latency.add(counters.latency);
    slice.recovery_s = std::max(slice.recovery_s, result.recovery_s);
    slice.generator_cpu_fraction += result.generator_cpu_fraction;
    slice.duration_s = result.duration_s;
    // Where all users wait for an answer, the server is late: that is a result, not the
    // generator's.
    const bool is_late = counters.without_place > 0;
    if (!slice.void_reason && !is_late) {
        slice.void_reason = generator_fault(result, subject);
        slice.is_generators = slice.void_reason.has_value();
    }
    const load::Flow& flow = *load::find_flow(part.experiment.flow);
    if (!slice.void_reason) slice.void_reason = refusals_of(counters, flow);
}

/// The speed of the subject's processor while it works, where that is known.
class DuringSlice {
public:
    DuringSlice(const Subject& subject, Bench& bench, double duration_s)
        : processor_(yardstick_processor(subject)),
          yardsticks_(bench.yardsticks),
          span_(static_cast<Duration::rep>(duration_s * 1e9)) {}

    void begin() {
        if (processor_ >= 0) probe_.emplace(yardsticks_, processor_, span_);
    }
    YardstickReading end() {
        YardstickReading reading;
        if (probe_) reading = probe_->stop(samples_least);
        probe_.reset();
        return reading;
    }

private:
    static constexpr std::size_t samples_least = 10;

    int processor_;
    Yardsticks& yardsticks_;
    Duration span_;
    std::optional<SpeedProbe> probe_;
};

/// All parts at once, each by a generator of its own; they begin together.
void run_signalling(const Workload& workload, const Subject& subject, double duration_s,
                    Bench& bench, Slice& slice) {
    const std::size_t parts_number = workload.parts.size();
    DuringSlice during(subject, bench, duration_s);
    std::barrier ready(static_cast<std::ptrdiff_t>(parts_number));
    std::vector<load::RunResult> results(parts_number);
    std::vector<std::exception_ptr> failures(parts_number);
    const auto run_part = [&](std::size_t i) {
        const WorkloadPart& part = workload.parts[i];
        bool has_arrived = false;
        try {
            load::RunOptions options =
                options_of(part, subject, part.fraction * slice.load_per_s, duration_s, bench);
            options.scenario.seed += static_cast<std::uint32_t>(7919 * i);
            options.arrivals.seed += 7919 * i;
            options.before_offer = [&] {
                has_arrived = true;
                ready.arrive_and_wait();
                if (i == 0) during.begin();
            };
            results[i] = load::run(options);
        } catch (...) {
            failures[i] = std::current_exception();
            if (!has_arrived) ready.arrive_and_drop();
        }
    };
    std::vector<std::thread> threads;
    for (std::size_t i = 1; i < parts_number; ++i) threads.emplace_back(run_part, i);
    run_part(0);
    for (std::thread& thread : threads) thread.join();
    slice.during = during.end();
    for (const std::exception_ptr& failure : failures) {
        if (failure) std::rethrow_exception(failure);
    }
    for (std::size_t i = 0; i < parts_number; ++i) {
        add(workload.parts[i], subject, results[i], slice);
    }
    slice.cpu_cores = results.front().measured_cpu_cores;
    if (!subject.process_ids.empty() && !slice.cpu_cores && !slice.void_reason) {
        slice.void_reason = "a measured process (--pid) is not there";
    }
}

load::MediaRunOptions media_options(const Experiment& experiment, const Subject& subject,
                                    double load_per_s, double duration_s, const Bench& bench) {
    if (!subject.ng) throw std::runtime_error(experiment.name + ": no control port (ng)");
    const double packets_per_call_per_s = 2 * 1000.0 / experiment.ptime_ms;  // both ends talk
    load::MediaRunOptions options;
    options.media.calls_number =
        static_cast<std::size_t>(std::max(std::round(load_per_s / packets_per_call_per_s), 1.0));
    options.media.format = {.payload_type = 0,
                            .clock_rate_hz = 8000,
                            .ptime = std::chrono::milliseconds(experiment.ptime_ms),
                            .payload_octets = static_cast<std::uint16_t>(experiment.payload_octets),
                            .content = rtp::Content::synthetic};
    options.media.duration = Duration(static_cast<Duration::rep>(duration_s * 1e9));
    options.media.seed = bench.seed;
    options.media.suite = experiment.suite;
    options.media.are_callees_plain = experiment.suite.has_value();
    options.wire.sources = {io::local_address_towards(*subject.ng)};
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
               Bench& bench, Slice& slice) {
    DuringSlice during(subject, bench, duration_s);
    during.begin();
    const load::MediaRunResult result =
        load::run_media(media_options(experiment, subject, slice.load_per_s, duration_s, bench));
    slice.during = during.end();
    slice.achieved_per_s = result.achieved_per_s;
    slice.demand[Driver::relayed_packets] = result.achieved_per_s;
    // Each packet is opened on its way from the caller, or protected on its way to it.
    if (experiment.suite) slice.demand[Driver::srtp_packets] = result.achieved_per_s;
    slice.cpu_cores = result.measured_cpu_cores;
    const double offered = static_cast<double>(std::max<std::uint64_t>(result.offered_packets, 1));
    slice.failed_fraction = std::max(1 - result.achieved_per_s * result.duration_s / offered, 0.0);
    if (slice.failed_fraction < 0.5 / offered) slice.failed_fraction = 0;  // rounding
    slice.latency = result.one_way_delay;
    slice.generator_cpu_fraction = result.generator_cpu_fraction;
    slice.duration_s = result.duration_s;
    slice.void_reason = result.void_reason;
    const bool is_late_enough =
        load::to_seconds(result.send_lateness.quantile(0.99)) > lateness_max_s;
    if (is_about(result.void_reason, "1 % of the sends") && !is_late_enough) {
        slice.void_reason.reset();
    }
    const bool is_server_busy =
        slice.cpu_cores && *slice.cpu_cores >= generator_cpu_max_fraction * subject.cores_number;
    if (is_about(result.void_reason, "the generator's thread") && is_server_busy) {
        slice.void_reason.reset();
    }
    slice.is_generators = slice.void_reason.has_value();
}

std::string percent(double fraction) {
    return std::to_string(std::lround(fraction * 100)) + " %";
}

/// Of the processor's time, what somebody else had while the yardsticks were busy.
double taken_fraction(const YardstickReading& reading) {
    std::array<double, yardsticks_number> taken{};
    for (std::size_t i = 0; i < yardsticks_number; ++i) {
        const YardstickRate& rate = reading.at(i);
        taken.at(i) = rate.per_cpu_s > 0 ? 1 - rate.per_s / rate.per_cpu_s : 0;
    }
    std::sort(taken.begin(), taken.end());
    return (taken[1] + taken[2]) / 2;
}

/// Whether the host let the slice say anything of the subject.
std::optional<std::string> disturbance_of(const Slice& slice, const Subject& subject,
                                          const Bench& bench) {
    const double taken = std::max(taken_fraction(slice.before), taken_fraction(slice.after));
    if (taken > bench.others_max_fraction) {
        return "others had " + percent(taken) + " of the server's processor";
    }
    if (slice.others_cores) {
        const double part = *slice.others_cores / static_cast<double>(std::max<std::size_t>(
                                                      subject.processors.size(), 1));
        if (part > bench.others_max_fraction) {
            return "others used " + percent(part) + " of the server's processors";
        }
    }
    if (yardstick_processor(subject) >= 0 && speed_per_s(slice.during) <= 0) {
        return "the host did not let the speed of the server's processor be read meanwhile";
    }
    return std::nullopt;
}

/// What others use of the subject's processors while this lives.
class OthersWatch {
public:
    explicit OthersWatch(const Subject& subject)
        : subject_(subject),
          // Where the generator shares the processors, its own time cannot be told from others'.
          is_possible_(!subject.processors.empty() && !shares(subject)),
          busy_before_s_(is_possible_ ? busy_s_of(subject.processors) : std::nullopt),
          own_before_(load::processes_cpu_time(subject.process_ids)),
          begin_(io::clock_now()) {}

    [[nodiscard]] std::optional<double> others_cores() const {
        const auto own_after = load::processes_cpu_time(subject_.process_ids);
        const auto busy_after_s = is_possible_ ? busy_s_of(subject_.processors) : std::nullopt;
        const double span_s = load::to_seconds(io::clock_now() - begin_);
        if (!busy_before_s_ || !busy_after_s || !own_before_ || !own_after || span_s <= 0) {
            return std::nullopt;
        }
        const double own_s = load::to_seconds(*own_after - *own_before_);
        return std::max(*busy_after_s - *busy_before_s_ - own_s, 0.0) / span_s;
    }

private:
    static bool shares(const Subject& subject) {
        for (const int processor : own_processors()) {
            if (std::find(subject.processors.begin(), subject.processors.end(), processor) !=
                subject.processors.end()) {
                return true;
            }
        }
        return false;
    }

    const Subject& subject_;
    bool is_possible_;
    std::optional<double> busy_before_s_;
    std::optional<Duration> own_before_;
    Time begin_;
};

}  // namespace

bool Slice::held(Duration latency_p99_max) const noexcept {
    return failed_fraction == 0 && latency.quantile(0.99) <= latency_p99_max;
}

bool Slice::was_busy(double cores_number) const noexcept {
    constexpr double busy_fraction = 0.85;
    return !cpu_cores || *cpu_cores >= busy_fraction * cores_number;
}

int yardstick_processor(const Subject& subject) noexcept {
    return subject.processors.empty() ? -1 : subject.processors.front();
}

Slice run_slice(const Workload& workload, const Subject& subject, double load_per_s,
                double duration_s, Bench& bench) {
    Slice slice;
    slice.experiment = workload.name;
    slice.load_per_s = load_per_s;
    ++bench.seed;
    const int processor = yardstick_processor(subject);
    slice.before = read_yardsticks(bench.yardsticks, processor, bench.yardstick);
    const OthersWatch others(subject);
    try {
        if (workload.is_media()) {
            run_relay(workload.parts.front().experiment, subject, duration_s, bench, slice);
        } else {
            run_signalling(workload, subject, duration_s, bench, slice);
        }
    } catch (const std::system_error&) {
        throw;
    } catch (const std::runtime_error& error) {  // users or calls that cannot be set up
        slice.failed_fraction = 1;
        slice.void_reason = error.what();
    }
    slice.others_cores = others.others_cores();
    slice.after = read_yardsticks(bench.yardsticks, processor, bench.yardstick);
    if (!subject.process_ids.empty()) {
        slice.memory_bytes = static_cast<double>(memory_bytes_of(subject.process_ids));
    }
    if (!slice.void_reason) slice.void_reason = disturbance_of(slice, subject, bench);
    return slice;
}

Slice run_storm(const Subject& subject, std::size_t users_number, double window_s, Bench& bench) {
    Slice slice;
    slice.experiment = "storm-udp";
    ++bench.seed;
    const int processor = yardstick_processor(subject);
    slice.before = read_yardsticks(bench.yardsticks, processor, bench.yardstick);
    const OthersWatch others(subject);
    const double rate_per_s = static_cast<double>(users_number) / window_s;
    slice.load_per_s = rate_per_s;
    const WorkloadPart part{
        {.name = "storm-udp", .flow = "storm", .is_new = true, .users_number = users_number}, 1};
    load::RunOptions options = options_of(part, subject, rate_per_s, window_s, bench);
    if (subject.users.empty()) options.scenario.users.resize(users_number);
    options.scenario.sessions_max = options.scenario.users.size();
    options.arrivals.kind = load::ArrivalKind::regular;
    options.arrivals.arrivals_max = options.scenario.users.size();
    options.storm_limit = std::chrono::seconds(60);
    try {
        DuringSlice during(subject, bench, load::to_seconds(options.storm_limit));
        options.before_offer = [&during] { during.begin(); };
        add(part, subject, load::run(options), slice);
        slice.during = during.end();
    } catch (const std::system_error&) {
        throw;
    } catch (const std::runtime_error& error) {
        slice.failed_fraction = 1;
        slice.void_reason = error.what();
    }
    slice.others_cores = others.others_cores();
    slice.after = read_yardsticks(bench.yardsticks, processor, bench.yardstick);
    if (!slice.void_reason) slice.void_reason = disturbance_of(slice, subject, bench);
    return slice;
}

Slice run_hold(const Subject& subject, Transport transport, std::size_t users_number,
               Bench& bench) {
    const Driver driver = transport == Transport::udp   ? Driver::contacts
                          : transport == Transport::tcp ? Driver::tcp_connections
                                                        : Driver::tls_connections;
    Slice slice;
    slice.experiment = "hold-" + std::string(name_of(driver));
    ++bench.seed;
    const WorkloadPart part{
        {.name = "hold", .flow = "refresh", .transport = transport, .users_number = users_number},
        1};
    load::RunOptions options = options_of(part, subject, 100, 0.05, bench);
    options.polls = false;
    options.before_offer = [&] {
        slice.memory_bytes = static_cast<double>(memory_bytes_of(subject.process_ids));
    };
    try {
        load::run(options);
    } catch (const std::system_error&) {
        throw;
    } catch (const std::runtime_error& error) {
        slice.void_reason = error.what();
    }
    slice.demand[driver] = static_cast<double>(options.scenario.users.size());
    if (!slice.memory_bytes || *slice.memory_bytes <= 0) slice.memory_bytes.reset();
    return slice;
}

std::vector<int> probe(const Subject& subject, const Experiment& experiment, Bench& bench) {
    WorkloadPart part{experiment, 1};
    part.experiment.users_number = 4;
    part.experiment.is_new = false;
    load::RunOptions options = options_of(part, subject, 20, 0.2, bench);
    options.scenario.timers.t1 = std::chrono::milliseconds(50);
    options.polls = false;
    const load::RunResult result = load::run(options);
    std::vector<std::pair<std::uint64_t, int>> refusals;
    for (std::size_t status = 300; status < result.counters.received_by_status.size(); ++status) {
        const std::uint64_t number = result.counters.received_by_status[status];
        if (number > 0) refusals.emplace_back(number, static_cast<int>(status));
    }
    if (refusals.empty() && result.counters.succeeded == 0) return {408};
    std::sort(refusals.rbegin(), refusals.rend());
    std::vector<int> codes;
    for (const auto& [number, code] : refusals) codes.push_back(code);
    return codes;
}

}  // namespace busyhour::engine::measure
