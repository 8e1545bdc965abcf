#include "cli/load_report.h"

#include "busyhour/catalog/json.h"
#include "busyhour/report/format.h"
#include "cli/load_values.h"

#include <fmt/format.h>

namespace busyhour::cli {
namespace {

using engine::load::Counters;
using engine::load::MethodTally;
using engine::load::RunResult;
namespace sip = engine::sip;

Json::Object tally_object(const MethodTally& tally) {
    return {{"requests_sent", json_number(tally.requests_sent.messages_number)},
            {"requests_received", json_number(tally.requests_received.messages_number)},
            {"responses_sent", json_number(tally.responses_sent.messages_number)},
            {"responses_received", json_number(tally.responses_received.messages_number)},
            {"octets_sent", json_number(tally.requests_sent.octets + tally.responses_sent.octets)},
            {"octets_received",
             json_number(tally.requests_received.octets + tally.responses_received.octets)}};
}

bool is_empty(const MethodTally& tally) {
    return tally.requests_sent.messages_number + tally.requests_received.messages_number +
               tally.responses_sent.messages_number + tally.responses_received.messages_number ==
           0;
}

std::string method_label(std::size_t method) {
    const std::string_view name = sip::method_name(static_cast<sip::Method>(method));
    return name.empty() ? "other" : std::string(name);
}

/// By method, and "total".
Json messages(const Counters& counters) {
    Json::Object object;
    for (std::size_t method = 0; method < counters.methods.size(); ++method) {
        const MethodTally& tally = counters.methods[method];
        if (!is_empty(tally)) object.push_back({method_label(method), Json{tally_object(tally)}});
    }
    object.push_back({"total", Json{tally_object(counters.total())}});
    return Json{object};
}

template <typename Statuses>
Json by_status(const Statuses& statuses) {
    Json::Object object;
    for (std::size_t status = 100; status < statuses.size(); ++status) {
        if (statuses[status] > 0)
            object.push_back({std::to_string(status), json_number(statuses[status])});
    }
    return Json{object};
}

/// Source: rfc6076 4.1 to 4.8.
Json::Object metrics(const RunResult& result) {
    const Counters& counters = result.counters;
    const std::uint64_t ended = counters.invites_ended;
    if (ended == 0) {
        const bool registers = !is_empty(counters.of(sip::Method::register_));
        if (!registers) return {};
        return {
            {"rrd_s", json_quantiles(counters.request_delay)},
            {"ira_fraction", json_fraction(counters.failed, counters.succeeded + counters.failed)}};
    }
    const std::uint64_t effective = ended - counters.invite_redirected;
    return {{"srd_s", json_quantiles(counters.request_delay)},
            {"sdd_s", json_quantiles(counters.disconnect_delay)},
            {"ser_fraction", json_fraction(counters.invite_answered, effective)},
            {"seer_fraction", json_fraction(counters.invite_effective, effective)},
            {"isa_fraction", json_fraction(counters.invite_ineffective, ended)}};
}

Json streams(const RunResult& result) {
    const engine::io::StreamCounts& counts = result.wire.streams;
    return Json{Json::Object{{"connected", json_number(counts.connected)},
                             {"failed", json_number(counts.failed)},
                             {"handshakes_full", json_number(counts.handshakes_full)},
                             {"handshakes_resumed", json_number(counts.handshakes_resumed)},
                             {"handshakes_failed", json_number(counts.handshakes_failed)},
                             {"delay_s", json_quantiles(result.connect_delay)}}};
}

/// Of calls with media.
Json media(const engine::load::MediaTalkCounts& talk) {
    const std::uint64_t lost = talk.sent - std::min(talk.sent, talk.received);
    return Json{Json::Object{{"calls", json_number(talk.calls)},
                             {"deaf_ends", json_number(talk.deaf_ends)},
                             {"undescribed_ends", json_number(talk.undescribed)},
                             {"rtp_sent", json_number(talk.sent)},
                             {"rtp_received", json_number(talk.received)},
                             {"lost", json_number(lost)},
                             {"udp_octets_sent", json_number(talk.sent_octets)},
                             {"udp_octets_received", json_number(talk.received_octets)},
                             {"duplicates", json_number(talk.duplicates)},
                             {"out_of_order", json_number(talk.reordered)},
                             {"corrupt", json_number(talk.corrupt)},
                             {"stray", json_number(talk.stray)},
                             {"rtcp_sent", json_number(talk.rtcp_sent)},
                             {"rtcp_received", json_number(talk.rtcp_received)},
                             {"send_failures", json_number(talk.send_failures)},
                             {"jitter_largest_s", json_quantiles(talk.jitter_most)},
                             {"send_lateness_s", json_quantiles(talk.send_lateness)},
                             {"cpu_s", json_number(talk.cpu_s)}}};
}

Json::Object head_of(const LoadSubject& subject, const RunResult& result) {
    return {{"format", Json{std::string("busyhour.load/1")}},
            {"flow", Json{subject.flow}},
            {"target", Json{subject.target}},
            {"connection", Json{subject.connection}},
            {"users", json_number(std::uint64_t{subject.users_number})},
            {"sockets", json_number(std::uint64_t{subject.sockets_number})},
            {"arrivals", Json{subject.arrivals}},
            {"seed", json_number(std::uint64_t{subject.seed})},
            {"duration_s", json_number(result.duration_s)}};
}

Json to_result(const LoadSubject& subject, const RunResult& result) {
    const Counters& counters = result.counters;
    Json::Object object = head_of(subject, result);
    const auto add = [&object](const char* key, Json value) {
        object.push_back({key, std::move(value)});
    };
    add("offered_per_s", json_number(result.offered_per_s));
    add("achieved_per_s", json_number(result.achieved_per_s));
    add("offered", json_number(counters.offered));
    add("succeeded", json_number(counters.succeeded));
    // What Ctrl-C cut off is neither.
    const std::uint64_t given_up = result.is_interrupted ? 0 : result.unfinished;
    add("failed", json_number(counters.failed + counters.without_place + given_up));
    add("timeouts", json_number(counters.timeouts));
    add("refused", json_number(counters.refused));
    add("disconnected", json_number(counters.disconnected));
    add("without_place", json_number(counters.without_place));
    add("unfinished", json_number(result.unfinished));
    add("back_offs", json_number(counters.back_offs));
    add("retransmissions", json_number(counters.retransmissions));
    add("unexpected", json_number(counters.unexpected));
    add("late_responses", json_number(counters.late_responses));
    add("latency_s", json_quantiles(counters.latency));
    add("rfc6076", Json{metrics(result)});
    add("recovery_s", counters.succeeded > 0 ? json_number(result.recovery_s) : Json{nullptr});
    add("messages", messages(counters));
    add("messages_before", Json{tally_object(result.before)});
    add("responses_received", by_status(counters.received_by_status));
    add("responses_sent", by_status(counters.sent_by_status));
    add("connections", streams(result));
    if (result.talk) add("media", media(*result.talk));
    add("generator_cpu_fraction", json_number(result.generator_cpu_fraction));
    add("generator_cpu_per_session_s", json_number(result.cpu_per_session_s));
    add("send_lateness_s", json_quantiles(counters.send_lateness));
    add("socket_drops", json_number(result.wire.socket_drops));
    add("send_drops", json_number(result.wire.sent.blocked + result.wire.sent.failed));
    add("steal_fraction", json_number(result.steal_fraction));
    add("void", result.void_reason ? Json{*result.void_reason} : Json{nullptr});
    return Json{object};
}

Table main_table(const Json& json) {
    Table table{.columns = {{"quantity"}, {"value", Align::right}}, .rows = {}};
    for (const char* key :
         {"users", "duration_s", "offered", "offered_per_s", "achieved_per_s", "succeeded",
          "failed", "timeouts", "refused", "disconnected", "unfinished", "back_offs",
          "retransmissions", "unexpected", "late_responses", "recovery_s"}) {
        const Json* value = json.find(key);
        table.rows.push_back(
            {key, value->number() == nullptr ? "n/a" : to_words(*value->number())});
    }
    return table;
}

Table delay_table(const Json& json) {
    Table table = quantile_table();
    const auto add = [&table](const std::string& name, const Json* value) {
        add_quantile_row(name, value, table);
    };
    add("latency, from the intended moment", json.find("latency_s"));
    add("RRD, registration request delay", json.find("rfc6076")->find("rrd_s"));
    add("SRD, session request delay", json.find("rfc6076")->find("srd_s"));
    add("SDD, session disconnect delay", json.find("rfc6076")->find("sdd_s"));
    add("connection made", json.find("connections")->find("delay_s"));
    add("send lateness", json.find("send_lateness_s"));
    return table;
}

Table message_table(const Json& json) {
    Table table{.columns = {{"method"}}, .rows = {}};
    for (const JsonMember& member : json.find("messages")->find("total")->members()) {
        std::string header = member.key;
        for (char& letter : header) letter = letter == '_' ? ' ' : letter;
        table.columns.push_back({header, Align::right});
    }
    for (const JsonMember& method : json.find("messages")->members()) {
        std::vector<std::string> row{method.key};
        for (const JsonMember& cell : method.value.members()) {
            row.push_back(to_words(cell.value.number_or_zero()));
        }
        table.rows.push_back(std::move(row));
    }
    return table;
}

Report report_of(const LoadSubject& subject, const RunResult& result) {
    const Json json = to_result(subject, result);
    Section outcome{.title = "RESULT", .paragraphs = {}, .tables = {}, .notes = {}};
    outcome.paragraphs.push_back(subject.flow + " at " + subject.target +
                                 (result.void_reason ? ": VOID, " + *result.void_reason : ""));
    outcome.tables = {main_table(json), delay_table(json)};
    for (const JsonMember& member : json.find("rfc6076")->members()) {
        if (member.value.number() == nullptr) continue;
        const std::string name = member.key.substr(0, member.key.find('_'));
        outcome.notes.push_back(name + " " + to_percent(*member.value.number()) + " (rfc6076)");
    }
    outcome.notes.push_back("generator: " + to_percent(result.generator_cpu_fraction) +
                            " of a core, " + to_words(result.cpu_per_session_s * 1e6) +
                            " us of CPU for each session");
    if (const Json* media = json.find("media")) {
        const auto count = [media](const char* key) {
            return to_words(media->find(key)->number_or_zero());
        };
        outcome.notes.push_back(
            "media: " + count("rtp_sent") + " RTP packets sent, " + count("rtp_received") +
            " received, " + count("lost") + " lost; RTCP " + count("rtcp_sent") + " sent, " +
            count("rtcp_received") + " received; deaf ends " + count("deaf_ends"));
    }
    Section wire{
        .title = "MESSAGES", .paragraphs = {}, .tables = {message_table(json)}, .notes = {}};
    for (const char* key : {"responses_received", "responses_sent"}) {
        std::string note;
        for (const JsonMember& status : json.find(key)->members()) {
            note += fmt::format("{}{}: {}", note.empty() ? "" : ", ", status.key,
                                to_words(status.value.number_or_zero()));
        }
        const std::string label = std::string(key) == "responses_sent" ? "sent " : "received ";
        if (!note.empty()) wire.notes.push_back(fmt::format("responses {}{}", label, note));
    }
    return {.title = "busyhour load", .sections = {std::move(outcome), std::move(wire)}};
}

}  // namespace

Renderings render_load(const LoadSubject& subject, const RunResult& result) {
    return {.text = [=](bool is_bold) { return to_text(report_of(subject, result), is_bold, 120); },
            .json = [=] { return to_json_text(to_result(subject, result), 2) + "\n"; },
            .md = [=] { return to_markdown(report_of(subject, result)); },
            .csv =
                [=] {
                    Table table{.columns = {{"quantity"}, {"value"}}, .rows = {}};
                    add_value_rows(to_result(subject, result), "", false, table);
                    return to_csv(table);
                }};
}

}  // namespace busyhour::cli
