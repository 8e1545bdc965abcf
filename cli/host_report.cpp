#include "cli/host_report.h"

#include "busyhour/report/format.h"
#include "cli/host_profile.h"
#include "cli/load_values.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace busyhour::cli {
namespace {

using engine::load::to_seconds;
using engine::measure::HostReading;
using engine::measure::yardstick_names;
using engine::measure::YardstickSummary;

double others_fraction(const HostReading& reading) {
    return std::max(reading.busy_fraction - reading.own_fraction, 0.0);
}

double late_s(const HostReading& reading) {
    return to_seconds(reading.timer_lateness.quantile(0.99));
}

/// What speaks against this host, or against what was found. The limits are docs/calibration.md's.
std::vector<std::string> doubts_of(const HostReading& reading) {
    constexpr double others_max_fraction = 0.1;
    constexpr double derating_max_fraction = 0.02;
    constexpr double spread_max_fraction = 0.1;
    constexpr double late_max_s = 0.005;
    std::vector<std::string> doubts;
    if (others_fraction(reading) > others_max_fraction) {
        doubts.push_back("others on this host used " + to_percent(others_fraction(reading)) +
                         " of its processors meanwhile: look again when it is idle");
    }
    if (derating_fraction(reading) > derating_max_fraction) {
        doubts.push_back(fmt::format(
            "a busy thread lost {} of its time outside this system ({} told as steal): the host "
            "is oversubscribed",
            to_percent(derating_fraction(reading)), to_percent(reading.steal_fraction)));
    }
    const auto summary = summary_of(reading.readings);
    for (std::size_t i = 0; i < summary.size(); ++i) {
        if (summary[i].spread_fraction <= spread_max_fraction) continue;
        doubts.push_back(fmt::format("{}: the slowest and the fastest moment differ by {}",
                                     yardstick_names[i], to_percent(summary[i].spread_fraction)));
    }
    if (late_s(reading) > late_max_s) {
        doubts.push_back(fmt::format("one timer of a hundred is over {} ms late: voice jitters",
                                     to_words(late_s(reading) * 1e3)));
    }
    if (reading.host.limit_cores > 0) {
        doubts.push_back(fmt::format("its control group has a quota of {} cores",
                                     to_words(reading.host.limit_cores)));
    }
    if (!reading.host.governor.empty() && reading.host.governor != "performance") {
        doubts.push_back("the frequency governor is \"" + reading.host.governor +
                         "\", not \"performance\"");
    }
    return doubts;
}

Json yardsticks_object(const HostReading& reading) {
    const auto summary = summary_of(reading.readings);
    Json::Object object;
    for (std::size_t i = 0; i < summary.size(); ++i) {
        object.push_back(
            {std::string(yardstick_names[i]),
             Json{Json::Object{{"per_s", json_number(summary[i].median_per_s)},
                               {"per_cpu_s", json_number(summary[i].median_per_cpu_s)},
                               {"spread_fraction", json_number(summary[i].spread_fraction)}}}});
    }
    return Json{object};
}

/// A host of the catalogue, and this one's speed as a multiple of its.
struct ComparedHost {
    std::string name;
    YardstickFactors multiples{};
};

std::vector<ComparedHost> compared_with(const HostReading& reading, const Catalog& catalog) {
    const auto summary = summary_of(reading.readings);
    std::vector<ComparedHost> compared;
    for (const auto& [key, host] : catalog.hosts) {
        if (!host.yardsticks) continue;
        compared.push_back({.name = host.name});
        for (std::size_t i = 0; i < summary.size(); ++i) {
            compared.back().multiples.at(i) =
                summary[i].median_per_cpu_s / host.yardsticks->speeds_per_s.at(i);
        }
    }
    return compared;
}

Json compared_json(const std::vector<ComparedHost>& compared) {
    Json::Array rows;
    for (const ComparedHost& host : compared) {
        Json::Object row{{"host", Json{host.name}}};
        for (std::size_t i = 0; i < yardstick_names.size(); ++i) {
            row.push_back({std::string(yardstick_names[i]), json_number(host.multiples.at(i))});
        }
        rows.push_back(Json{std::move(row)});
    }
    return Json{std::move(rows)};
}

Table compared_table(const std::vector<ComparedHost>& compared) {
    Table table{.columns = {{"speed over that of"}}, .rows = {}};
    for (const std::string_view name : yardstick_names) {
        table.columns.push_back({std::string(name), Align::right});
    }
    for (const ComparedHost& host : compared) {
        std::vector<std::string> row{host.name};
        for (const double multiple : host.multiples) row.push_back(fmt::format("{:.2f}", multiple));
        table.rows.push_back(std::move(row));
    }
    return table;
}

Json reading_json(const HostReading& reading, const Catalog& catalog) {
    Json::Array doubts;
    for (const std::string& doubt : doubts_of(reading)) doubts.push_back(Json{doubt});
    return Json{Json::Object{
        {"format", Json{std::string("busyhour.host-reading/1")}},
        {"host", fingerprint_object(reading)},
        {"duration_s", json_number(reading.duration_s)},
        {"yardsticks", yardsticks_object(reading)},
        {"steal_fraction", json_number(reading.steal_fraction)},
        {"stalls",
         Json{Json::Object{{"number", json_number(reading.stalls.number)},
                           {"all_s", json_number(to_seconds(reading.stalls.all))},
                           {"longest_s", json_number(to_seconds(reading.stalls.longest))},
                           {"watched_s", json_number(to_seconds(reading.stalls.watched))}}}},
        {"queue_fraction", json_number(reading.queue_fraction)},
        {"timer_lateness_s", json_quantiles(reading.timer_lateness)},
        {"others_busy_fraction", json_number(others_fraction(reading))},
        {"derating_fraction", json_number(derating_fraction(reading))},
        {"catalogue", compared_json(compared_with(reading, catalog))},
        {"doubts", Json{doubts}}}};
}

Table yardstick_table(const HostReading& reading) {
    Table table{.columns = {{"yardstick"},
                            {"each second", Align::right},
                            {"each CPU second", Align::right},
                            {"spread", Align::right}},
                .rows = {}};
    const auto summary = summary_of(reading.readings);
    for (std::size_t i = 0; i < summary.size(); ++i) {
        table.rows.push_back({std::string(yardstick_names[i]), to_words(summary[i].median_per_s),
                              to_words(summary[i].median_per_cpu_s),
                              to_percent(summary[i].spread_fraction)});
    }
    return table;
}

Table lost_table(const HostReading& reading) {
    Table table{.columns = {{"time lost"}, {"value", Align::right}}, .rows = {}};
    table.rows.push_back({"steal, as the hypervisor tells it", to_percent(reading.steal_fraction)});
    table.rows.push_back({"stalls of a busy thread",
                          fmt::format("{} in {:.1f} s, the longest {:.2f} ms",
                                      reading.stalls.number, to_seconds(reading.stalls.watched),
                                      to_seconds(reading.stalls.longest) * 1e3)});
    table.rows.push_back({"waited for others of this host", to_percent(reading.queue_fraction)});
    table.rows.push_back({"used by others of this host", to_percent(others_fraction(reading))});
    return table;
}

Report report_of(const HostReading& reading, const Catalog& catalog) {
    Table timers = quantile_table();
    const Json lateness = json_quantiles(reading.timer_lateness);
    add_quantile_row("a sleep of 1 ms ends late by", &lateness, timers);
    Section section{.title = "HOST", .paragraphs = {}, .tables = {}, .notes = {}};
    section.paragraphs.push_back(fmt::format(
        "{}, {} processors, {} of memory, {}{}.",
        reading.host.processor.empty() ? "unknown processor" : reading.host.processor,
        reading.host.processors_number, to_octets(static_cast<double>(reading.host.memory_bytes)),
        reading.host.kernel, reading.host.is_virtual ? ", a virtual machine" : ""));
    section.tables = {yardstick_table(reading), lost_table(reading), std::move(timers)};
    const std::vector<ComparedHost> compared = compared_with(reading, catalog);
    if (!compared.empty()) section.tables.push_back(compared_table(compared));
    section.notes = doubts_of(reading);
    if (section.notes.empty()) section.notes.push_back("nothing speaks against this host");
    section.notes.push_back(fmt::format("in a deployment: roles.*.steal_percent {:.1f}",
                                        derating_fraction(reading) * 100));
    return {.title = "busyhour host", .sections = {std::move(section)}};
}

}  // namespace

Renderings render_host(const HostReading& reading, const Catalog& catalog) {
    return {
        .text = [=](bool is_bold) { return to_text(report_of(reading, catalog), is_bold, 120); },
        .json = [=] { return to_json_text(reading_json(reading, catalog), 2) + "\n"; },
        .md = [=] { return to_markdown(report_of(reading, catalog)); },
        .csv =
            [=] {
                Table table{.columns = {{"quantity"}, {"value"}}, .rows = {}};
                add_value_rows(reading_json(reading, catalog), "", false, table);
                return to_csv(table);
            }};
}

}  // namespace busyhour::cli
