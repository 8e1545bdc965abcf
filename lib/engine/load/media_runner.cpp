#include "engine/load/media_runner.h"

#include "engine/load/host_use.h"
#include "engine/load/keep_awake.h"
#include "engine/load/media_result.h"
#include "engine/load/ng_exchange.h"

#include <algorithm>
#include <stdexcept>
#include <sys/prctl.h>

namespace busyhour::engine::load {
namespace {

/// The loop that sends and receives.
class MediaLoop {
public:
    MediaLoop(const MediaRunOptions& options, MediaGenerator& generator, MediaWire& wire)
        : options_(options),
          generator_(generator),
          wire_(wire),
          batch_(generator.packet_octets_max()),
          awake_(options.keeps_awake) {}

    /// Until every end has sent all that it should.
    void talk(Time begin) {
        while (!generator_.is_over() && !is_interrupted()) {
            const Time now = io::clock_now();
            tell_progress(now, begin);
            send_due(now);
            wire_.receive();
            const Time due = generator_.next_timeout();
            awake_.follow();
            if (due != never) wire_.wait(std::max(due, now + options_.gather));
        }
    }

    /// What is on its way arrives, until the line has been quiet for a while.
    void drain() {
        constexpr auto quiet = std::chrono::milliseconds(100);
        constexpr auto limit = std::chrono::seconds(2);
        const Time begin = io::clock_now();
        Time last = begin;
        for (Time now = begin; now < last + quiet && now < begin + limit; now = io::clock_now()) {
            if (wire_.receive() > 0) last = now;
            wire_.wait(now + std::chrono::milliseconds(1));
        }
    }

    /// Ends everything at once.
    void stop() {
        const Time now = io::clock_now();
        generator_.stop(now);
        send_due(now);
    }

    [[nodiscard]] bool is_interrupted() const noexcept {
        return options_.interrupts != nullptr && options_.interrupts->load() > 0;
    }

private:
    void send_due(Time now) {
        constexpr int batches_max = 16;  // then what has come in is looked at
        for (int i = 0; i < batches_max; ++i) {
            generator_.timeout(now, batch_);
            if (batch_.is_empty()) return;
            wire_.send(batch_);
        }
    }

    void tell_progress(Time now, Time begin) {
        if (!options_.on_progress || now < next_progress_) return;
        next_progress_ = now + std::chrono::seconds(1);
        options_.on_progress({.elapsed_s = to_seconds(now - begin),
                              .calls_set_up = generator_.calls_number(),
                              .sent = generator_.sent_packets(),
                              .received = generator_.received_packets()});
    }

    const MediaRunOptions& options_;
    MediaGenerator& generator_;
    MediaWire& wire_;
    MediaBatch batch_;
    KeepAwake awake_;
    Time next_progress_{};
};

/// Without a relay to ask, the ends know where to send.
void set_remotes(const MediaRunOptions& options, MediaGenerator& generator) {
    Peer rtcp = options.target;
    if (!options.wire.is_muxed) ++rtcp.port;
    for (std::size_t i = 0; i < generator.ends_number(); ++i) {
        const bool is_direct = options.route == MediaRoute::direct;
        generator.end(i).remote = is_direct ? generator.end(i ^ 1U).local
                                            : MediaAddresses{.rtp = options.target, .rtcp = rtcp};
    }
}

void set_up(const MediaRunOptions& options, MediaGenerator& generator, NgExchange& exchange,
            NgCalls& calls) {
    exchange.ping();
    calls.begin_set_up(io::clock_now());
    exchange.work(calls, options.interrupts, [&](double elapsed_s) {
        if (!options.on_progress) return;
        options.on_progress({.elapsed_s = elapsed_s,
                             .calls_set_up = calls.counts().set_up,
                             .sent = 0,
                             .received = 0});
    });
    const bool is_interrupted = options.interrupts != nullptr && options.interrupts->load() > 0;
    if (calls.counts().set_up == 0 && !is_interrupted) {
        throw std::runtime_error("no call could be set up at " + io::to_text(options.target) +
                                 ": " + calls.counts().first_error);
    }
    for (std::size_t call = 0; call < generator.ends_number() / 2; ++call) {
        if (!calls.is_up(call)) generator.leave_out(call);
    }
}

/// The talk itself, measured.
void measure(const MediaRunOptions& options, MediaGenerator& generator, MediaWire& wire,
             MediaRunResult& result) {
    MediaLoop loop(options, generator, wire);
    wire.learn_remotes();
    const Time begin = io::clock_now() + std::chrono::milliseconds(10);
    generator.start(begin);
    const HostTime host_before = host_time();
    const std::optional<Duration> measured_before = processes_cpu_time(options.measured);
    const Duration cpu_before = thread_cpu_time();
    const Time start = io::clock_now();
    loop.talk(begin);
    const double span_s = std::max(to_seconds(io::clock_now() - start), 1e-9);
    const double cpu_s = to_seconds(thread_cpu_time() - cpu_before);
    const std::optional<Duration> measured_after = processes_cpu_time(options.measured);
    result.steal_fraction = stolen_fraction(host_before, host_time());
    result.is_interrupted = loop.is_interrupted();
    if (result.is_interrupted) loop.stop();
    loop.drain();

    result.generator_cpu_fraction = cpu_s / span_s;
    result.has_lost_process = !measured_before || !measured_after;
    if (!options.measured.empty() && !result.has_lost_process) {
        result.measured_cpu_cores = to_seconds(*measured_after - *measured_before) / span_s;
    }
    const double asked_s = to_seconds(options.media.duration);
    result.duration_s = result.is_interrupted ? std::min(span_s, asked_s) : asked_s;
    result.cpu_per_packet_s = cpu_s;  // of all; `count` divides it
}

}  // namespace

MediaRunResult run_media(const MediaRunOptions& options) {
    prctl(PR_SET_TIMERSLACK, 1UL);  // ns: what is due leaves when it is due
    MediaGenerator generator(options.media);
    MediaWire wire(options.wire, generator);
    MediaRunResult result;
    std::optional<NgExchange> exchange;
    std::optional<NgCalls> calls;
    if (options.route == MediaRoute::ng) {
        exchange.emplace(options.ng.client);
        calls.emplace(options.ng, generator);
        set_up(options, generator, *exchange, *calls);
    } else {
        set_remotes(options, generator);
    }
    measure(options, generator, wire, result);
    if (calls) {
        calls->begin_end(io::clock_now());
        exchange->work(*calls, nullptr, {});
        result.calls = calls->counts();
        result.requests = calls->requests();
        result.set_up_delay = calls->set_up_delay();
    }
    result.wire = wire.counts();
    result.sockets_number = wire.sockets_number();
    result.memory_bytes = memory_most_bytes();
    count_media(generator, result);
    result.void_reason = void_reason(result);
    return result;
}

}  // namespace busyhour::engine::load
