#include "busyhour/report/hops_report.h"

#include "busyhour/report/format.h"

#include <fmt/format.h>

#include <algorithm>

namespace busyhour {
namespace {

constexpr std::size_t flows_shown = 6;

std::string name_words(const HopUse& hop) {
    return hop.name.empty() ? hop.element : hop.element + " " + hop.name;
}

Table hops_table(const Plan& plan) {
    Table table{.columns = {{"element"},
                            {"part"},
                            {"packets/s in", Align::right},
                            {"packets/s out", Align::right},
                            {"in", Align::right},
                            {"out", Align::right}},
                .rows = {}};
    for (const HopUse& hop : plan.hops) {
        table.rows.push_back({name_words(hop), hop.part, to_words(hop.mean.packets_in_number),
                              to_words(hop.mean.packets_out_number),
                              to_bit_rate(hop.mean.in_bytes * 8),
                              to_bit_rate(hop.mean.out_bytes * 8)});
    }
    return table;
}

/// The populations whose calls look like this; of many the first.
std::string whose(const MediaFlow& flow) {
    constexpr std::size_t shown_max = 2;
    std::string names;
    for (std::size_t i = 0; i < std::min(shown_max, flow.populations.size()); ++i) {
        names += (names.empty() ? "" : ", ") + flow.populations[i];
    }
    return flow.populations.size() > shown_max ? names + ", ..." : names;
}

Table flows_table(const Plan& plan) {
    Table table{.columns = {{"one direction of one leg to the"},
                            {"codec"},
                            {"RTP packets/s", Align::right},
                            {"RTCP", Align::right},
                            {"octets, layer by layer"},
                            {"bits/s", Align::right}},
                .rows = {}};
    const bool is_one = plan.deployment.populations.size() == 1;
    for (std::size_t i = 0; i < std::min(flows_shown, plan.media_flows.size()); ++i) {
        const MediaFlow& flow = plan.media_flows[i];
        std::string layers;
        for (const FlowLayer& layer : flow.layers) {
            layers +=
                (layers.empty() ? "" : " + ") + fmt::format("{} {:g}", layer.name, layer.bytes);
        }
        layers += fmt::format(" = {:g}", flow.rtp_packet_bytes);
        table.rows.push_back({is_one ? flow.leg : whose(flow) + ": " + flow.leg, flow.codec,
                              to_words(flow.rtp_packets_per_s), to_words(flow.rtcp_packets_per_s),
                              layers,
                              to_bit_rate(flow.rtp_packets_per_s * flow.rtp_packet_bytes * 8)});
    }
    return table;
}

}  // namespace

Section hops_section(const Plan& plan) {
    Section section{.title = fmt::format("HOPS in {}: what each element on the path sees",
                                         plan.years.front().year),
                    .paragraphs = {},
                    .tables = {hops_table(plan), flows_table(plan)},
                    .notes = {}};
    section.notes.emplace_back(
        "Mean of the busy hour, all layers; in is what the element receives, for links and "
        "firewalls"
        " what goes towards the servers. Peaks in --format json.");
    return section;
}

void add_hop_rows(const Plan& plan, Table& table) {
    const std::string year = std::to_string(plan.years.front().year);
    for (const HopUse& hop : plan.hops) {
        const auto add = [&](const std::string& metric, double value) {
            table.rows.push_back({year, "hop", fmt::format("{} {}", name_words(hop), hop.part),
                                  metric, to_digits(value)});
        };
        add("in_packets_per_s", hop.mean.packets_in_number);
        add("out_packets_per_s", hop.mean.packets_out_number);
        add("in_bits_per_s", hop.mean.in_bytes * 8);
        add("out_bits_per_s", hop.mean.out_bytes * 8);
    }
}

}  // namespace busyhour
