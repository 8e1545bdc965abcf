#include "cli/load_report.h"

#include "busyhour/catalog/json.h"
#include "busyhour/report/format.h"

#include <fmt/format.h>

namespace busyhour::cli {
namespace {

using engine::load::Counters;
using engine::load::Histogram;
using engine::load::MethodTally;
using engine::load::RunResult;
using engine::load::to_seconds;
namespace sip = engine::sip;

Json number(double value) {
    return Json{value};
}
Json number(std::uint64_t value) {
    return Json{static_cast<double>(value)};
}

/// Quantiles in seconds; null where nothing was measured.
Json quantiles(const Histogram& histogram) {
    if (histogram.count() == 0) return Json{nullptr};
    Json::Object object;
    constexpr std::pair<const char*, double> wanted[] = {
        {"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p999", 0.999}};
    for (const auto& [name, fraction] : wanted) {
        object.push_back({name, number(to_seconds(histogram.quantile(fraction)))});
    }
    object.push_back({"max", number(to_seconds(histogram.largest()))});
    object.push_back({"mean", number(histogram.mean_s())});
    object.push_back({"count", number(histogram.count())});
    return Json{object};
}

Json fraction(std::uint64_t part, std::uint64_t whole) {
    if (whole == 0) return Json{nullptr};
    return number(static_cast<double>(part) / static_cast<double>(whole));
}

Json::Object tally_object(const MethodTally& tally) {
    return {{"requests_sent", number(tally.requests_sent.messages_number)},
            {"requests_received", number(tally.requests_received.messages_number)},
            {"responses_sent", number(tally.responses_sent.messages_number)},
            {"responses_received", number(tally.responses_received.messages_number)},
            {"octets_sent", number(tally.requests_sent.octets + tally.responses_sent.octets)},
            {"octets_received",
             number(tally.requests_received.octets + tally.responses_received.octets)}};
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
            object.push_back({std::to_string(status), number(statuses[status])});
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
        return {{"rrd_s", quantiles(counters.request_delay)},
                {"ira_fraction", fraction(counters.failed, counters.succeeded + counters.failed)}};
    }
    const std::uint64_t effective = ended - counters.invite_redirected;
    return {{"srd_s", quantiles(counters.request_delay)},
            {"sdd_s", quantiles(counters.disconnect_delay)},
            {"ser_fraction", fraction(counters.invite_answered, effective)},
            {"seer_fraction", fraction(counters.invite_effective, effective)},
            {"isa_fraction", fraction(counters.invite_ineffective, ended)}};
}

Json streams(const RunResult& result) {
    const engine::io::StreamCounts& counts = result.wire.streams;
    return Json{Json::Object{{"connected", number(counts.connected)},
                             {"failed", number(counts.failed)},
                             {"handshakes_full", number(counts.handshakes_full)},
                             {"handshakes_resumed", number(counts.handshakes_resumed)},
                             {"handshakes_failed", number(counts.handshakes_failed)},
                             {"delay_s", quantiles(result.connect_delay)}}};
}

Json::Object head_of(const LoadSubject& subject, const RunResult& result) {
    return {{"format", Json{std::string("busyhour.load/1")}},
            {"flow", Json{subject.flow}},
            {"target", Json{subject.target}},
            {"connection", Json{subject.connection}},
            {"users", number(std::uint64_t{subject.users_number})},
            {"sockets", number(std::uint64_t{subject.sockets_number})},
            {"arrivals", Json{subject.arrivals}},
            {"seed", number(std::uint64_t{subject.seed})},
            {"duration_s", number(result.duration_s)}};
}

Json to_result(const LoadSubject& subject, const RunResult& result) {
    const Counters& counters = result.counters;
    Json::Object object = head_of(subject, result);
    const auto add = [&object](const char* key, Json value) {
        object.push_back({key, std::move(value)});
    };
    add("offered_per_s", number(result.offered_per_s));
    add("achieved_per_s", number(result.achieved_per_s));
    add("offered", number(counters.offered));
    add("succeeded", number(counters.succeeded));
    // What Ctrl-C cut off is neither.
    const std::uint64_t given_up = result.is_interrupted ? 0 : result.unfinished;
    add("failed", number(counters.failed + counters.without_place + given_up));
    add("timeouts", number(counters.timeouts));
    add("refused", number(counters.refused));
    add("disconnected", number(counters.disconnected));
    add("without_place", number(counters.without_place));
    add("unfinished", number(result.unfinished));
    add("back_offs", number(counters.back_offs));
    add("retransmissions", number(counters.retransmissions));
    add("unexpected", number(counters.unexpected));
    add("late_responses", number(counters.late_responses));
    add("latency_s", quantiles(counters.latency));
    add("rfc6076", Json{metrics(result)});
    add("recovery_s", counters.succeeded > 0 ? number(result.recovery_s) : Json{nullptr});
    add("messages", messages(counters));
    add("messages_before", Json{tally_object(result.before)});
    add("responses_received", by_status(counters.received_by_status));
    add("responses_sent", by_status(counters.sent_by_status));
    add("connections", streams(result));
    add("generator_cpu_fraction", number(result.generator_cpu_fraction));
    add("generator_cpu_per_session_s", number(result.cpu_per_session_s));
    add("send_lateness_s", quantiles(counters.send_lateness));
    add("socket_drops", number(result.wire.socket_drops));
    add("send_drops", number(result.wire.sent.blocked + result.wire.sent.failed));
    add("steal_fraction", number(result.steal_fraction));
    add("void", result.void_reason ? Json{*result.void_reason} : Json{nullptr});
    return Json{object};
}

/// The path of each number below a value: "latency_s.p50".
void add_rows(const Json& value, const std::string& path, bool is_for_people, Table& table) {
    for (const JsonMember& member : value.members()) {
        const std::string name = path.empty() ? member.key : path + "." + member.key;
        if (member.value.object() != nullptr) {
            add_rows(member.value, name, is_for_people, table);
        } else if (const double* found = member.value.number()) {
            table.rows.push_back({name, is_for_people ? to_words(*found) : to_digits(*found)});
        } else if (const std::string* text = member.value.text()) {
            table.rows.push_back({name, *text});
        } else {
            table.rows.push_back({name, is_for_people ? "none" : ""});
        }
    }
}

std::string milliseconds(const Json* value) {
    return value == nullptr || value->number() == nullptr
               ? "n/a"
               : to_words(*value->number() * 1000) + " ms";
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
    Table table{.columns = {{"delay"},
                            {"p50", Align::right},
                            {"p90", Align::right},
                            {"p99", Align::right},
                            {"p999", Align::right},
                            {"max", Align::right}},
                .rows = {}};
    const auto add = [&table](const std::string& name, const Json* value) {
        if (value == nullptr || value->object() == nullptr) return;
        std::vector<std::string> row{name};
        for (const char* key : {"p50", "p90", "p99", "p999", "max"}) {
            row.push_back(milliseconds(value->find(key)));
        }
        table.rows.push_back(std::move(row));
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
                    add_rows(to_result(subject, result), "", false, table);
                    return to_csv(table);
                }};
}

}  // namespace busyhour::cli
