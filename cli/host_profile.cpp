#include "cli/host_profile.h"

#include "busyhour/report/plan_json.h"
#include "cli/load_values.h"

#include <fmt/format.h>

#include <algorithm>

namespace busyhour::cli {
namespace {

using engine::load::to_seconds;
using engine::measure::HostReading;
using engine::measure::yardstick_names;

/// Time that a busy thread did not get, without anybody of this host having had it: the
/// hypervisor's other guests, or the host's own work.
double untold_fraction(const HostReading& reading) {
    if (reading.stalls.watched.count() == 0) return 0;
    const double stalled = to_seconds(reading.stalls.all) / to_seconds(reading.stalls.watched);
    return std::max(stalled - reading.queue_fraction, 0.0);
}

/// The cores that a node may use: a quota of its control group may be less than the processors.
double cores_of(const engine::measure::HostFingerprint& host) {
    const double processors = host.processors_number;
    return host.limit_cores > 0 ? std::min(host.limit_cores, processors) : processors;
}

Json text_or_null(const std::string& text) {
    return text.empty() ? Json{nullptr} : Json{text};
}

std::string title_of(const engine::measure::HostFingerprint& host) {
    return fmt::format("{} x {}{}, {}", host.processors_number,
                       host.processor.empty() ? "unknown processor" : host.processor,
                       host.is_virtual ? " of a virtual machine" : "", host.kernel);
}

}  // namespace

double derating_fraction(const HostReading& reading) {
    return std::min(std::max(untold_fraction(reading), reading.steal_fraction), 0.99);
}

Json fingerprint_object(const HostReading& reading) {
    const auto& host = reading.host;
    return Json{Json::Object{
        {"processor", text_or_null(host.processor)},
        {"processors", json_number(std::uint64_t{host.processors_number})},
        {"is_virtual", Json{host.is_virtual}},
        {"memory_bytes", json_number(host.memory_bytes)},
        {"kernel", text_or_null(host.kernel)},
        {"clock_source", text_or_null(host.clock_source)},
        {"governor", text_or_null(host.governor)},
        {"quota_cores", host.limit_cores > 0 ? json_number(host.limit_cores) : Json{nullptr}}}};
}

Json host_profile(const HostReading& reading, const std::string& name, const std::string& date) {
    Json::Object yardsticks;
    double spread_fraction = 0;
    const auto summary = summary_of(reading.readings);
    for (std::size_t i = 0; i < summary.size(); ++i) {
        yardsticks.push_back(
            {std::string(yardstick_names[i]), json_number(summary[i].median_per_cpu_s)});
        spread_fraction = std::max(spread_fraction, summary[i].spread_fraction);
    }
    Json fingerprint = fingerprint_object(reading);
    put(std::get<Json::Object>(fingerprint.value), "build", Json{std::string(version())});
    const auto memory_bytes = static_cast<double>(reading.host.memory_bytes);
    Json::Object profile{{"format", Json{std::string("busyhour.host/1")}},
                         {"name", Json{name}},
                         {"title", Json{title_of(reading.host)}},
                         {"source", Json{std::string("measured")}},
                         {"date", Json{date}},
                         {"yardsticks", Json{std::move(yardsticks)}},
                         {"speed_spread_fraction", json_number(spread_fraction)},
                         {"derating_fraction", json_number(derating_fraction(reading))},
                         {"cores", json_number(cores_of(reading.host))}};
    if (memory_bytes > 0) profile.push_back({"memory_bytes", json_number(memory_bytes)});
    profile.push_back({"fingerprint", std::move(fingerprint)});
    return Json{std::move(profile)};
}

}  // namespace busyhour::cli
