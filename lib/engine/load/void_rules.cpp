#include "engine/load/host_use.h"
#include "engine/load/media_runner.h"
#include "engine/load/runner.h"

#include <algorithm>
#include <cmath>

namespace busyhour::engine::load {
namespace {

constexpr double cpu_fraction_max = 0.70;
constexpr double steal_fraction_max = 0.05;
constexpr double least_lateness_limit_s = 1e-3;

std::string percent(double fraction) {
    return std::to_string(static_cast<int>(std::lround(fraction * 100))) + " %";
}

std::string microseconds(double time_s) {
    return std::to_string(static_cast<long>(std::lround(time_s * 1e6))) + " us";
}

}  // namespace

std::optional<std::string> fault_of(const GeneratorHealth& health) {
    if (health.cpu_fraction > cpu_fraction_max) {
        return "the generator's thread used " + percent(health.cpu_fraction) +
               " of a core, more than " + percent(cpu_fraction_max);
    }
    const double late_s = to_seconds(health.send_lateness_p99);
    const double limit_s = std::max(health.mean_interval_s / 2, least_lateness_limit_s);
    if (late_s > limit_s) {
        return "1 % of the sends were late by " + microseconds(late_s) + " or more, beyond " +
               microseconds(limit_s);
    }
    if (health.socket_drops > 0) {
        return "the generator's own sockets dropped " + std::to_string(health.socket_drops) +
               " datagrams";
    }
    if (health.send_drops > 0) {
        return "the system did not take " + std::to_string(health.send_drops) +
               " datagrams of the generator";
    }
    if (health.steal_fraction > steal_fraction_max) {
        return "the host was disturbed: " + percent(health.steal_fraction) + " of its time stolen";
    }
    return std::nullopt;
}

std::optional<std::string> void_reason(const RunResult& result, double mean_interval_s) {
    const Counters& counters = result.counters;
    if (result.is_interrupted) return "interrupted";
    if (counters.offered == 0) return "nothing was offered";
    if (counters.without_place > 0) {
        return "the generator had no idle user or no place for " +
               std::to_string(counters.without_place) + " of " + std::to_string(counters.offered) +
               " sessions";
    }
    return fault_of({.cpu_fraction = result.generator_cpu_fraction,
                     .send_lateness_p99 = counters.send_lateness.quantile(0.99),
                     .mean_interval_s = mean_interval_s,
                     .socket_drops = result.wire.socket_drops,
                     .send_drops = result.wire.sent.blocked + result.wire.sent.failed,
                     .steal_fraction = result.steal_fraction});
}

std::optional<std::string> void_reason(const MediaRunResult& result) {
    if (result.is_interrupted) return "interrupted";
    if (result.offered_packets == 0) return "nothing was offered";
    if (result.has_lost_process) return "a measured process (--pid) is not there";
    return fault_of({.cpu_fraction = result.generator_cpu_fraction,
                     .send_lateness_p99 = result.send_lateness.quantile(0.99),
                     .mean_interval_s = 0,
                     .socket_drops = result.wire.socket_drops,
                     .send_drops = result.wire.sent.blocked + result.wire.sent.failed,
                     .steal_fraction = result.steal_fraction});
}

}  // namespace busyhour::engine::load
