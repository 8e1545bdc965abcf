#include "cli/server_summary.h"

#include "busyhour/report/format.h"
#include "busyhour/report/table.h"

#include <array>
#include <string>
#include <string_view>

namespace busyhour::cli {
namespace {

using engine::SipServerSummary;
using engine::Transport;
using engine::sip::Counter;
using engine::sip::Direction;
using engine::sip::Method;
using engine::sip::Statistics;

constexpr std::array<std::string_view, 2> direction_names{"in", "out"};
constexpr std::array<std::string_view, Statistics::transports> transport_names{"udp", "tcp", "tls"};
constexpr std::array<std::string_view, Statistics::kinds> kind_names{"request", "1xx", "2xx", "3xx",
                                                                     "4xx",     "5xx", "6xx"};

Json counted(std::uint64_t value) {
    return Json{static_cast<double>(value)};
}

Json::Object numbers(std::initializer_list<std::pair<const char*, std::uint64_t>> rows) {
    Json::Object object;
    for (const auto& [name, value] : rows) object.push_back({name, counted(value)});
    return object;
}

/// {"request": 3, "2xx": 1}: what was seen of one method, empty where nothing was.
Json::Object kinds_of(const Statistics& sip, Direction direction, Transport transport,
                      Method method) {
    Json::Object kinds;
    for (std::size_t kind = 0; kind < kind_names.size(); ++kind) {
        const std::uint64_t messages = sip.messages(direction, transport, method, kind);
        if (messages > 0) kinds.push_back({std::string(kind_names[kind]), counted(messages)});
    }
    return kinds;
}

Json::Object methods_of(const Statistics& sip, Direction direction, Transport transport) {
    Json::Object methods;
    for (std::size_t i = 0; i < Statistics::methods; ++i) {
        const auto method = static_cast<Method>(i);
        Json::Object kinds = kinds_of(sip, direction, transport, method);
        const std::string_view name = method == Method::other ? "other" : method_name(method);
        if (!kinds.empty()) methods.push_back({std::string(name), Json{std::move(kinds)}});
    }
    return methods;
}

Json::Object messages_of(const Statistics& sip) {
    Json::Object directions;
    for (std::size_t d = 0; d < direction_names.size(); ++d) {
        Json::Object transports;
        for (std::size_t t = 0; t < transport_names.size(); ++t) {
            Json::Object methods =
                methods_of(sip, static_cast<Direction>(d), static_cast<Transport>(t));
            if (methods.empty()) continue;
            transports.push_back({std::string(transport_names[t]), Json{std::move(methods)}});
        }
        directions.push_back({std::string(direction_names[d]), Json{std::move(transports)}});
    }
    return directions;
}

Json::Object octets_of(const Statistics& sip) {
    Json::Object directions;
    for (std::size_t d = 0; d < direction_names.size(); ++d) {
        Json::Object transports;
        for (std::size_t t = 0; t < transport_names.size(); ++t) {
            transports.push_back(
                {std::string(transport_names[t]),
                 counted(sip.octets(static_cast<Direction>(d), static_cast<Transport>(t)))});
        }
        directions.push_back({std::string(direction_names[d]), Json{std::move(transports)}});
    }
    return directions;
}

Json::Object counters_of(const Statistics& sip) {
    Json::Object counters;
    for (const auto& [name, value] : sip.rows()) {
        const bool is_message = name.starts_with("in.") || name.starts_with("out.");
        if (!is_message) counters.push_back({name, counted(value)});
    }
    return counters;
}

Json::Object dropped_of(const SipServerSummary& summary) {
    const engine::io::WorkerCounts& io = summary.io;
    return numbers({{"datagrams_by_the_system", io.datagrams_missed},
                    {"datagrams_too_long", io.datagrams_truncated},
                    {"messages_by_the_core", summary.sip.value(Counter::dropped)},
                    {"sends_blocked", io.datagrams_sent.blocked},
                    {"sends_failed", io.datagrams_sent.failed},
                    {"unroutable", io.unroutable},
                    {"backlog_full", io.streams.backlog_overflows},
                    {"buffers_missing", io.streams.buffers_missing},
                    {"outbox_full", io.outbox_full},
                    {"mailbox_full", io.mailbox_full}});
}

Json::Object connections_of(const SipServerSummary& summary) {
    const engine::io::StreamCounts& streams = summary.io.streams;
    const engine::io::StreamEnds& ends = summary.io.stream_ends;
    return numbers({{"accepted", streams.accepted},
                    {"connected", streams.connected},
                    {"connects_failed", streams.failed},
                    {"open", summary.io.connections_open},
                    {"open_most", summary.io.connections_most},
                    {"handshakes_full", streams.handshakes_full},
                    {"handshakes_resumed", streams.handshakes_resumed},
                    {"handshakes_failed", streams.handshakes_failed},
                    {"refused_full", ends.refused_full},
                    {"refused_descriptors", ends.refused_descriptors},
                    {"evicted", ends.evicted},
                    {"timed_out", ends.timed_out},
                    {"malformed", ends.malformed},
                    {"broken", ends.broken}});
}

constexpr std::array<const char*, static_cast<std::size_t>(engine::rtp::RelayDrop::count)>
    media_drop_names{"none",     "not_media",      "oversized",       "not_described",
                     "learning", "foreign_source", "unknown_far_end", "not_authentic",
                     "replayed", "srtp_failure"};

Json::Object media_of(const engine::MediaSummary& media) {
    const engine::rtp::RelayLegCounts& legs = media.relay.legs;
    Json::Object dropped;
    for (std::size_t reason = 1; reason < media_drop_names.size(); ++reason) {
        dropped.push_back({media_drop_names[reason], counted(legs.dropped[reason])});
    }
    Json::Object all = numbers({{"calls_opened", media.calls.calls_opened},
                                {"calls_ended", media.calls.calls_ended},
                                {"calls_silent", media.calls.calls_silent},
                                {"calls_refused", media.calls.calls_refused},
                                {"descriptions_malformed", media.calls.malformed},
                                {"media_opened", media.relay.opened},
                                {"media_closed", media.relay.closed},
                                {"media_silent", media.relay.silent},
                                {"media_refused", media.relay.refused},
                                {"orders_lost", media.relay.orders_lost},
                                {"packets_in", legs.packets_in},
                                {"packets_out", legs.packets_out},
                                {"rtcp_in", legs.rtcp_in},
                                {"udp_payload_octets_in", legs.octets_in},
                                {"udp_payload_octets_out", legs.octets_out},
                                {"ssrc_changes", legs.ssrc_changes},
                                {"recorded", media.relay.recorded},
                                {"send_failures", media.relay.send_failures},
                                {"ng_requests", media.ng.requests},
                                {"ng_refused", media.ng.refused},
                                {"ng_malformed", media.ng.malformed},
                                {"bytes_per_medium", media.bytes_per_medium}});
    all.push_back({"dropped", Json{std::move(dropped)}});
    return all;
}

Json::Object memory_of(const SipServerSummary& summary) {
    Json::Object memory = numbers({{"resident_most_bytes", summary.resident_most_bytes}});
    const auto add_known = [&](const char* name, std::uint64_t bytes) {
        if (bytes > 0) memory.push_back({name, counted(bytes)});
    };
    add_known("bytes_per_connection", summary.bytes_per_connection);
    add_known("bytes_per_binding", summary.sip.value(Counter::bytes_per_binding));
    return memory;
}

/// "messages.in.udp.REGISTER.request", 3: a row for each number.
void add_rows(const Json& value, const std::string& name, Table& table) {
    if (const double* figure = value.number()) table.rows.push_back({name, to_digits(*figure)});
    for (const JsonMember& member : value.members()) {
        add_rows(member.value, name.empty() ? member.key : name + "." + member.key, table);
    }
}

Table table_of(const SipServerSummary& summary) {
    Table table{.columns = {{"quantity"}, {"value", Align::right}}, .rows = {}};
    add_rows(to_json(summary), "", table);
    return table;
}

Report report_of(const SipServerSummary& summary) {
    Table table = table_of(summary);
    std::erase_if(table.rows, [](const auto& row) { return row[1] == "0"; });
    Section section{.title = "SUMMARY",
                    .paragraphs = {},
                    .tables = {std::move(table)},
                    .notes = {"What is 0 is left out."}};
    return {.title = "busyhour server", .sections = {std::move(section)}};
}

}  // namespace

Json to_json(const SipServerSummary& summary) {
    Json::Object all{{"uptime_s", Json{summary.uptime_s}},
                     {"messages", Json{messages_of(summary.sip)}},
                     {"octets", Json{octets_of(summary.sip)}},
                     {"bindings", counted(summary.sip.value(Counter::bindings))},
                     {"dropped", Json{dropped_of(summary)}},
                     {"connections", Json{connections_of(summary)}},
                     {"counters", Json{counters_of(summary.sip)}},
                     {"memory", Json{memory_of(summary)}}};
    if (summary.media) all.push_back({"media", Json{media_of(*summary.media)}});
    return Json{std::move(all)};
}

Renderings render_summary(const SipServerSummary& summary) {
    return {.text = [&](bool is_bold) { return to_text(report_of(summary), is_bold); },
            .json = [&] { return to_json_text(to_json(summary), 2) + "\n"; },
            .md = [&] { return to_markdown(report_of(summary)); },
            .csv = [&] { return to_csv(table_of(summary)); }};
}

}  // namespace busyhour::cli
