#include "busyhour/catalog/measurement.h"

#include "busyhour/catalog/fields.h"
#include "busyhour/catalog/nearest.h"
#include "busyhour/catalog/schema.h"
#include "busyhour/error.h"

#include <fmt/format.h>

#include <cmath>

namespace busyhour {
namespace {

constexpr std::size_t problems_max = 50;

Json json_of(double value_number) {
    return std::isfinite(value_number) ? Json{value_number} : Json{nullptr};
}

Json demand_object(const Demand& demand) {
    Json::Object object;
    for (std::size_t i = 0; i < driver_count; ++i) {
        if (demand.amounts[i] > 0) {
            object.push_back({std::string(driver_labels()[i].name), json_of(demand.amounts[i])});
        }
    }
    return Json{object};
}

Measurement measurement_of(const Json& document) {
    Measurement run;
    run.server = text_at(document, "server");
    run.session = text_if(document, "session").value_or("");
    run.host = child_at(document, "host");
    run.experiment = text_at(document, "experiment");
    run.phase = text_if(document, "phase").value_or("");
    for (const JsonMember& member : members_at(document, "demand")) {
        if (const auto driver = driver_named(member.key)) {
            run.demand[*driver] = member.value.number_or_zero();
        }
    }
    run.cores_number = number_if(document, "cores").value_or(1);
    run.workers_number = number_if(document, "workers").value_or(1);
    const Json& usage = child_at(document, "usage");
    run.cpu_cores = number_if(usage, "cpu_cores");
    run.memory_bytes = number_if(usage, "memory_bytes");
    run.offered_per_s = number_at(document, "offered_per_s");
    run.achieved_per_s = number_at(document, "achieved_per_s");
    run.failed_fraction = number_at(document, "failed_fraction");
    const Json& latency = child_at(document, "latency_s");
    run.latency_p50_s = number_if(latency, "p50");
    run.latency_p99_s = number_if(latency, "p99");
    const Json& speeds = child_at(document, "yardsticks");
    for (std::size_t i = 0; i < yardstick_count; ++i) {
        run.speeds_per_s.at(i) = number_at(speeds, yardstick_labels().at(i).name);
    }
    run.speed_per_s = number_if(document, "yardstick_per_s").value_or(0);
    run.void_reason = text_if(document, "void");
    run.started = text_at(document, "started");
    return run;
}

/// Drivers and resources that there are none of.
std::vector<Problem> unknown_names(const Json& document, const std::string& place) {
    std::vector<std::string> drivers;
    for (const DriverLabel& label : driver_labels()) drivers.emplace_back(label.name);
    std::vector<std::string> resources;
    for (const ResourceLabel& label : resource_labels()) resources.emplace_back(label.name);
    std::vector<Problem> problems;
    for (const JsonMember& member : members_at(document, "demand")) {
        if (driver_named(member.key)) continue;
        problems.push_back(
            {place + ": /demand/" + member.key, "unknown driver", suggestion(member.key, drivers)});
    }
    for (const JsonMember& member : members_at(document, "usage")) {
        if (resource_named(member.key)) continue;
        problems.push_back({place + ": /usage/" + member.key, "unknown resource",
                            suggestion(member.key, resources)});
    }
    return problems;
}

void read_line(std::string_view line, const std::string& place,
               std::vector<Measurement>& measurements, std::vector<Problem>& problems) {
    try {
        const Json document = parse_json(line, place);
        Reading reading = read_by_schema(document, "measurement");
        for (Problem& problem : reading.problems) {
            problem.where = place + (problem.where.empty() ? "" : ": " + problem.where);
            problems.push_back(std::move(problem));
        }
        const std::vector<Problem> unknown = unknown_names(document, place);
        problems.insert(problems.end(), unknown.begin(), unknown.end());
        if (!reading.problems.empty() || !unknown.empty()) return;
        measurements.push_back(measurement_of(document));
        measurements.back().place = place;
    } catch (const InputError& error) {
        problems.insert(problems.end(), error.problems().begin(), error.problems().end());
    }
}

}  // namespace

bool Measurement::held(double latency_p99_max_s) const {
    return failed_fraction == 0 && (!latency_p99_s || *latency_p99_s <= latency_p99_max_s);
}

std::vector<Measurement> read_measurements(std::string_view text, const std::string& file) {
    std::vector<Measurement> measurements;
    std::vector<Problem> problems;
    std::size_t number = 0;
    while (!text.empty() && problems.size() < problems_max) {
        const std::size_t end = text.find('\n');
        std::string_view line = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        ++number;
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.find_first_not_of(" \t") == std::string_view::npos) continue;
        const std::string place = fmt::format("{}:{}", file, number);
        if (measurements.size() == measurements_max) {
            problems.push_back(
                {place, fmt::format("more than {} runs", measurements_max), "split the file"});
            break;
        }
        read_line(line, place, measurements, problems);
    }
    if (!problems.empty()) throw InputError(problems);
    return measurements;
}

std::string to_measurement_line(const Measurement& run) {
    Json::Object usage;
    if (run.cpu_cores) usage.push_back({"cpu_cores", json_of(*run.cpu_cores)});
    if (run.memory_bytes) usage.push_back({"memory_bytes", json_of(*run.memory_bytes)});
    Json::Object object{{"format", Json{std::string("busyhour.measurement/1")}},
                        {"server", Json{run.server}},
                        {"session", Json{run.session}},
                        {"host", run.host.object() != nullptr ? run.host : Json{Json::Object{}}},
                        {"experiment", Json{run.experiment}},
                        {"phase", Json{run.phase}},
                        {"demand", demand_object(run.demand)},
                        {"usage", Json{usage}},
                        {"cores", json_of(run.cores_number)},
                        {"workers", json_of(run.workers_number)},
                        {"offered_per_s", json_of(run.offered_per_s)},
                        {"achieved_per_s", json_of(run.achieved_per_s)},
                        {"failed_fraction", json_of(run.failed_fraction)}};
    if (run.latency_p50_s && run.latency_p99_s) {
        object.push_back({"latency_s", Json{Json::Object{{"p50", json_of(*run.latency_p50_s)},
                                                         {"p99", json_of(*run.latency_p99_s)}}}});
    }
    Json::Object speeds;
    for (std::size_t i = 0; i < yardstick_count; ++i) {
        if (run.speeds_per_s.at(i) <= 0) continue;
        speeds.push_back(
            {std::string(yardstick_labels().at(i).name), json_of(run.speeds_per_s.at(i))});
    }
    if (run.speed_per_s > 0) object.push_back({"yardstick_per_s", json_of(run.speed_per_s)});
    if (speeds.size() == yardstick_count) object.push_back({"yardsticks", Json{speeds}});
    object.push_back({"void", run.void_reason ? Json{*run.void_reason} : Json{nullptr}});
    object.push_back({"started", Json{run.started}});
    return to_json_text(Json{object});
}

}  // namespace busyhour
