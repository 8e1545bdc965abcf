#include "busyhour/report/server_sections.h"

#include "busyhour/report/format.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace busyhour {
namespace {

Table kinds_table(const ReplicationUse& use) {
    Table table{.columns = {{"replicated"},
                            {"requests/s", Align::right},
                            {"packets/s", Align::right},
                            {"all layers", Align::right}},
                .rows = {}};
    for (const ReplicationRow& row : use.rows) {
        table.rows.push_back({row.kind, to_words(row.requests_per_s),
                              to_words(row.sent.packets_in_number + row.sent.packets_out_number),
                              to_bit_rate((row.sent.in_bytes + row.sent.out_bytes) * 8)});
    }
    table.rows.push_back({"all", to_words(use.messages_per_s / 2),
                          to_words(use.all.packets_out_number),
                          to_bit_rate(use.all.out_bytes * 8)});
    return table;
}

Table scale_table(const ReplicationUse& use) {
    Table table{.columns = {{"as nodes grow", Align::right},
                            {"messages/s", Align::right},
                            {"all layers", Align::right},
                            {"packets/s of a node", Align::right},
                            {"CPU cores of a node", Align::right}},
                .rows = {}};
    for (const ReplicationScale& row : use.by_nodes) {
        table.rows.push_back({std::to_string(row.nodes), to_words(row.messages_per_s),
                              to_bit_rate(row.all.out_bytes * 8), to_words(row.node_packets_per_s),
                              fmt::format("{:.3f}", row.node_cpu_cores)});
    }
    return table;
}

std::string join_sentence(const JoinUse& join) {
    return fmt::format(
        "A node that joins asks {} peers, and each sends all {} contacts in {} messages of up to {}"
        " octets: {} packets and {} in all. One peer takes {:.1f} s for it, pauses included; the "
        "new"
        " node {:.1f} CPU seconds.",
        join.peers, to_words(join.contacts_number), to_words(join.from_each.messages_number),
        to_words(join.from_each.message_bytes), to_words(join.packets_number),
        to_octets(join.bytes), join.sender_s, join.receiver_cpu_s);
}

/// A sender that repeats what it gets no answer to costs more when it is dropped.
std::string saved_words(double saved_cores) {
    const std::string words = fmt::format("{:.4f}", std::abs(saved_cores));
    const bool is_nothing = words == "0.0000";
    return saved_cores < 0 && !is_nothing ? "costs " + words + " more" : words;
}

}  // namespace

void add_replication_sections(const Plan& plan, Report& report) {
    const YearPlan& start = plan.years.front();
    for (const Sizing& sizing : start.roles) {
        if (!sizing.replication) continue;
        const ReplicationUse& use = *sizing.replication;
        Section section{.title = fmt::format("REPLICATION among the nodes of the {} in {}",
                                             name_of(sizing.kind), start.year),
                        .paragraphs = {},
                        .tables = {},
                        .notes = {}};
        if (sizing.nodes > 1) {
            section.paragraphs.push_back(fmt::format(
                "{} nodes: each sends {} packets/s and receives as many; from each to each other"
                " {} packets/s ({}).",
                sizing.nodes, to_words(use.node.packets_out_number),
                to_words(use.peer_packets_per_s), to_bit_rate(use.peer_bytes_per_s * 8)));
            section.tables.push_back(kinds_table(use));
        }
        if (use.join) section.paragraphs.push_back(join_sentence(*use.join));
        section.tables.push_back(scale_table(use));
        section.notes.emplace_back(
            "Mean of the busy hour. Each request has one answer; each packet leaves one node and"
            " enters another, and is counted once.");
        report.sections.push_back(std::move(section));
    }
}

void add_unwanted_section(const Plan& plan, Report& report) {
    if (plan.unwanted.empty()) return;
    Section section{
        .title = "UNWANTED TRAFFIC, in every year", .paragraphs = {}, .tables = {}, .notes = {}};
    Table table{.columns = {{"name"},
                            {"role"},
                            {"requests/s", Align::right},
                            {"handling"},
                            {"CPU cores", Align::right},
                            {"of the role", Align::right}},
                .rows = {}};
    Table others{.columns = {{"CPU cores if"},
                             {"answered", Align::right},
                             {"challenged", Align::right},
                             {"on the block list", Align::right},
                             {"the list saves", Align::right}},
                 .rows = {}};
    for (const UnwantedUse& use : plan.unwanted) {
        const auto cores = [&](Handling handling) {
            return fmt::format("{:.4f}", use.by_handling.at(static_cast<std::size_t>(handling)));
        };
        table.rows.push_back({use.name, std::string(name_of(use.role)),
                              to_words(use.requests_per_s), std::string(name_of(use.handling)),
                              fmt::format("{:.4f}", use.cpu_cores),
                              to_percent(use.role_share_fraction)});
        others.rows.push_back({use.name, cores(Handling::answered), cores(Handling::challenged),
                               cores(Handling::dropped_by_block_list),
                               saved_words(use.block_list_saves_cores)});
    }
    section.tables.push_back(std::move(table));
    section.tables.push_back(std::move(others));
    const bool is_dearer =
        std::any_of(plan.unwanted.begin(), plan.unwanted.end(), [](const UnwantedUse& use) {
            return saved_words(use.block_list_saves_cores).starts_with("costs");
        });
    if (is_dearer) {
        section.notes.emplace_back(
            "\"costs ... more\": a sender that follows RFC 3261 repeats dropped requests, 7 to 11"
            " times, and dropping them all is more work than one answer.");
    }
    section.notes.emplace_back(
        "CPU cores as handled, part of the role's CPU in the mean of the busy hour, and what other"
        " handlings would cost; dropped by a firewall it costs the server nothing.");
    report.sections.push_back(std::move(section));
}

}  // namespace busyhour
