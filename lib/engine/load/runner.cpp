#include "engine/load/runner.h"

#include "engine/io/event_loop.h"
#include "engine/load/host_use.h"
#include "engine/load/keep_awake.h"

#include <algorithm>
#include <ctime>
#include <sched.h>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/resource.h>

namespace busyhour::engine::load {
namespace {

using io::clock_now;

/// One phase of a run: the loop that offers, sends and receives.
class Loop {
public:
    Loop(const RunOptions& options, Generator& generator, Wire& wire)
        : options_(options),
          generator_(generator),
          wire_(wire),
          out_(4096, 4096 * 1024),
          awake_(options.keeps_awake && !options.polls) {}

    /// Registers each user once, so many at a time.
    void register_users(std::size_t at_a_time) {
        const std::size_t users_number = generator_.scenario().users.size();
        const Time limit = clock_now() + std::chrono::minutes(5);
        std::size_t started = 0;
        while ((started < users_number || generator_.sessions() > 0) && !is_interrupted()) {
            const Time now = clock_now();
            if (now > limit) return;
            while (started < users_number && generator_.sessions() < at_a_time) {
                generator_.start(now, now, out_);
                ++started;
            }
            step(now, now + std::chrono::milliseconds(50));
        }
    }

    /// Offers each arrival when it is due.
    void offer(const std::vector<Duration>& arrivals, Time begin, double duration_s) {
        const double mean_interval_s = duration_s / static_cast<double>(arrivals.size() + 1);
        const bool gathers = !options_.polls && mean_interval_s < to_seconds(options_.gather);
        turn_ = gathers ? options_.gather : Duration{0};
        idle_cpu_ = Duration{0};
        has_begun_ = true;
        const Time end = begin + Duration(static_cast<Duration::rep>(duration_s * 1e9));
        std::size_t next = 0;
        while (next < arrivals.size() && !is_interrupted()) {
            gather();
            const Time now = clock_now();
            const std::size_t first = next;
            while (next < arrivals.size() && begin + arrivals[next] <= now &&
                   next - first < arrivals_at_a_time) {
                generator_.start(begin + arrivals[next], now, out_);
                ++next;
            }
            wire_.flush(out_);
            count_lateness(arrivals, begin, first, next);
            tell_progress(now, begin, arrivals.size());
            const bool is_last = next == arrivals.size();
            step(now, is_last || turn_ > Duration{0} ? now : begin + arrivals[next]);
        }
        while (clock_now() < end && !is_interrupted()) step(clock_now(), end);
    }

    /// CPU time that this thread has spent on waiting since it began to offer.
    [[nodiscard]] Duration idle_cpu() const noexcept { return idle_cpu_; }

    /// Waits for what is under way.
    void finish(Time begin, std::size_t planned, Time limit) {
        while (generator_.sessions() > 0 && !is_interrupted()) {
            const Time now = clock_now();
            if (now >= limit) return;
            tell_progress(now, begin, planned);
            step(now, std::min(limit, now + std::chrono::milliseconds(100)));
        }
    }

    [[nodiscard]] bool is_interrupted() const noexcept {
        return options_.interrupts != nullptr && options_.interrupts->load() > 0;
    }

private:
    static constexpr std::size_t arrivals_at_a_time = 64;
    /// More often, the reader and the server that answers would get into each other's way.
    static constexpr Duration look_interval = std::chrono::microseconds(250);

    void step(Time now, Time until) noexcept {
        if (generator_.next_timeout() <= now) generator_.timeout(now, out_);
        wire_.flush(out_);
        const Time wanted = std::min(until, generator_.next_timeout());
        if (options_.polls && has_begun_) return poll(wanted);
        awake_.follow();
        wire_.wait(wanted, out_);
    }

    /// Looks for messages now and then, and has its processor turn idly in between.
    void poll(Time until) noexcept {
        const Duration before = thread_cpu_time();
        while (clock_now() < std::min(until, next_look_)) sched_yield();
        idle_cpu_ += thread_cpu_time() - before;
        const Time now = clock_now();
        if (now < next_look_) return;
        next_look_ = now + look_interval;
        wire_.wait(now, out_);
    }

    /// At high rates, lets messages gather, so that one call of the system sends or receives many.
    void gather() noexcept {
        if (turn_ == Duration{0}) return;
        const Time until = last_turn_ + turn_;
        awake_.follow();
        if (clock_now() < until) {
            const std::int64_t ns = until.time_since_epoch().count();
            const timespec wanted{.tv_sec = ns / 1'000'000'000, .tv_nsec = ns % 1'000'000'000};
            clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &wanted, nullptr);
        }
        last_turn_ = clock_now();
    }

    void count_lateness(const std::vector<Duration>& arrivals, Time begin, std::size_t first,
                        std::size_t last) noexcept {
        if (first == last) return;
        const Time sent = clock_now();
        for (std::size_t i = first; i < last; ++i) {
            generator_.counters().send_lateness.record(sent - begin - arrivals[i]);
        }
    }

    void tell_progress(Time now, Time begin, std::size_t planned) {
        if (!options_.on_progress || now < next_progress_) return;
        next_progress_ = now + std::chrono::seconds(1);
        const Counters& counters = generator_.counters();
        options_.on_progress({.elapsed_s = to_seconds(now - begin),
                              .offered = counters.offered,
                              .planned = planned,
                              .succeeded = counters.succeeded,
                              .failed = counters.failed,
                              .under_way = generator_.sessions()});
    }

    const RunOptions& options_;
    Generator& generator_;
    Wire& wire_;
    Outbox out_;
    KeepAwake awake_;
    Time next_progress_{};
    Duration turn_{0};  ///< 0: each message as it comes
    bool has_begun_ = false;
    Duration idle_cpu_{0};  ///< of waiting while it polls
    Time next_look_{};
    Time last_turn_{};
};

std::string missing(const char* what, std::uint64_t missing_number, std::size_t users_number) {
    return std::to_string(missing_number) + " of " + std::to_string(users_number) +
           " users could not be " + what + " before the flow";
}

/// "; the server said 401 for 10, 403 for 2".
std::string failures_by_status(const Counters& counters) {
    std::string text;
    for (std::size_t status = 300; status < counters.received_by_status.size(); ++status) {
        if (counters.received_by_status[status] == 0) continue;
        text += text.empty() ? "; the server said " : ", ";
        text += std::to_string(status) + " " + std::to_string(counters.received_by_status[status]) +
                " times";
    }
    return text.empty() ? "; the server did not answer" : text;
}

/// Connects and registers the users, where the flow needs that. What that took, in messages.
MethodTally prepare_users(Loop& loop, Generator& generator, Wire& wire) {
    MethodTally before;
    const Scenario& scenario = generator.scenario();
    const Flow flow = scenario.flow;
    const std::size_t users_number = scenario.users.size();
    const bool connects =
        scenario.is_reliable() && scenario.connection_use == ConnectionUse::persistent;
    if (connects) {
        const std::size_t done = wire.connect_users(clock_now() + std::chrono::minutes(5),
                                                    [&loop] { return loop.is_interrupted(); });
        if (done < users_number && !loop.is_interrupted()) {
            throw std::runtime_error(missing("connected", users_number - done, users_number));
        }
    }
    const bool registers = flow.registers_first && scenario.callee.empty();
    const bool clears = scenario.clears_first || (registers && flow.has_callee);
    const std::size_t at_a_time = std::min<std::size_t>(64, scenario.sessions_max);
    if (clears) {  // a server that has nothing to clear may say so
        generator.begin(clearing_flow);
        loop.register_users(at_a_time);
        before = generator.counters().total();
        generator.begin(flow);
    }
    if (!registers) return before;
    generator.begin(setup_flow);
    loop.register_users(at_a_time);
    const Counters& counters = generator.counters();
    if (counters.succeeded < users_number && !loop.is_interrupted()) {
        throw std::runtime_error(
            missing("registered", users_number - counters.succeeded, users_number) +
            failures_by_status(counters));
    }
    before += counters.total();
    generator.begin(flow);
    return before;
}

/// Lets the server forget the users that have registered, once all is counted.
void clear_users(Loop& loop, Generator& generator) {
    generator.begin(clearing_flow);
    loop.register_users(std::min<std::size_t>(64, generator.scenario().sessions_max));
}

/// As many open connections as this process may have.
void allow_descriptors() noexcept {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

/// In which the work is offered: the plan's time, or half an interval after the last arrival where
/// the plan allows no more of them.
double offering_s(const ArrivalPlan& plan, const std::vector<Duration>& arrivals) {
    double sum_s = 0;
    for (const RateSegment& segment : plan.segments) sum_s += segment.duration_s;
    if (arrivals.size() < plan.arrivals_max) return sum_s;
    const auto number = static_cast<double>(arrivals.size());
    return std::min(sum_s, to_seconds(arrivals.back()) * number / (number - 0.5));
}

/// A session ends by its own timers; this is later than all of them.
Duration drain_limit(const RunOptions& options) {
    const Scenario& scenario = options.scenario;
    if (scenario.flow.retries) return options.storm_limit;
    if (options.drain) return *options.drain;
    return 3 * scenario.timers.limit() + scenario.ring + scenario.hold + std::chrono::seconds(5);
}

}  // namespace

RunResult run(const RunOptions& options) {
    allow_descriptors();
    prctl(PR_SET_TIMERSLACK, 1UL);  // ns: what is due leaves when it is due
    std::optional<MediaTalk> talk;
    if (options.talk) {
        MediaTalkOptions talk_options = *options.talk;
        talk_options.places = options.scenario.sessions_max;
        talk.emplace(talk_options);
        talk->start();
    }
    Generator generator(options.scenario, talk ? &*talk : nullptr);
    Wire wire(options.wire, generator);
    Loop loop(options, generator, wire);
    RunResult result;
    result.before = prepare_users(loop, generator, wire);
    result.connect_delay = wire.connect_delay();
    wire.clear_counts();
    const std::vector<Duration> arrivals = draw_arrivals(options.arrivals);
    result.duration_s = offering_s(options.arrivals, arrivals);

    if (options.before_offer) options.before_offer();
    const HostTime host_before = host_time();
    const Time begin = clock_now() + std::chrono::milliseconds(10);
    const std::optional<Duration> measured_before = processes_cpu_time(options.measured);
    const Duration cpu_before = thread_cpu_time();
    loop.offer(arrivals, begin, result.duration_s);
    const double span_s = std::max(to_seconds(clock_now() - begin), 1e-9);
    const Duration busy = thread_cpu_time() - cpu_before - loop.idle_cpu();
    result.generator_cpu_fraction = to_seconds(busy) / span_s;
    const std::optional<Duration> measured_after = processes_cpu_time(options.measured);
    result.has_lost_process = !measured_before || !measured_after;
    if (!options.measured.empty() && !result.has_lost_process) {
        result.measured_cpu_cores = to_seconds(*measured_after - *measured_before) / span_s;
    }
    loop.finish(begin, arrivals.size(), clock_now() + drain_limit(options));
    result.steal_fraction = stolen_fraction(host_before, host_time());

    if (talk) {
        talk->stop();
        result.talk = talk->counts();
    }
    result.counters = generator.counters();
    result.wire = wire.counts();
    if (wire.connect_delay().count() > 0) result.connect_delay = wire.connect_delay();
    result.is_interrupted = loop.is_interrupted();
    const Counters& counters = result.counters;
    result.unfinished = generator.sessions();
    if (result.is_interrupted) result.duration_s = std::min(span_s, result.duration_s);
    result.recovery_s = std::max(to_seconds(generator.last_answer() - begin), 0.0);
    result.offered_per_s = static_cast<double>(counters.offered) / result.duration_s;
    result.achieved_per_s =
        static_cast<double>(counters.succeeded) / std::max(result.duration_s, result.recovery_s);
    if (counters.offered > 0) {
        result.cpu_per_session_s =
            result.generator_cpu_fraction * span_s / static_cast<double>(counters.offered);
    }
    const double mean_interval_s =
        result.duration_s / std::max(static_cast<double>(arrivals.size()), 1.0);
    result.void_reason = void_reason(result, mean_interval_s);
    if (options.clears_last && !result.is_interrupted) clear_users(loop, generator);
    return result;
}

}  // namespace busyhour::engine::load
