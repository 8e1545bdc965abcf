#include "busyhour/report/format.h"
#include "cli/load_rtp.h"
#include "cli/load_values.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace busyhour::cli {
namespace {

using engine::load::MediaDirection;
using engine::load::MediaRunResult;
using engine::load::MediaStream;
using engine::load::PacketTally;

/// Headers below RTP and RTCP. Source: rfc768, rfc791, rfc8200.
std::uint64_t ip_octets(const PacketTally& tally, bool is_ipv4) {
    constexpr std::uint64_t udp_octets = 8;
    return tally.octets + tally.packets * (udp_octets + (is_ipv4 ? 20U : 40U));
}

MediaDirection sum_of(const std::array<MediaDirection, 2>& directions) {
    MediaDirection sum = directions[0];
    const MediaDirection& other = directions[1];
    for (const auto part : {&MediaDirection::sent, &MediaDirection::received,
                            &MediaDirection::rtcp_sent, &MediaDirection::rtcp_received}) {
        (sum.*part).packets += (other.*part).packets;
        (sum.*part).octets += (other.*part).octets;
    }
    for (const auto part :
         {&MediaDirection::payload_octets_sent, &MediaDirection::payload_octets_received,
          &MediaDirection::lost, &MediaDirection::reordered, &MediaDirection::duplicates,
          &MediaDirection::corrupt, &MediaDirection::refused}) {
        sum.*part += other.*part;
    }
    return sum;
}

Json tally(const PacketTally& packets, bool is_ipv4) {
    return Json{Json::Object{{"packets", json_number(packets.packets)},
                             {"udp_octets", json_number(packets.octets)},
                             {"ip_octets", json_number(ip_octets(packets, is_ipv4))}}};
}

Json direction_object(const MediaDirection& direction, bool is_ipv4) {
    return Json{
        Json::Object{{"sent", tally(direction.sent, is_ipv4)},
                     {"received", tally(direction.received, is_ipv4)},
                     {"payload_octets_sent", json_number(direction.payload_octets_sent)},
                     {"payload_octets_received", json_number(direction.payload_octets_received)},
                     {"lost", json_number(direction.lost)},
                     {"loss_fraction", json_fraction(direction.lost, direction.sent.packets)},
                     {"out_of_order", json_number(direction.reordered)},
                     {"duplicates", json_number(direction.duplicates)},
                     {"corrupt", json_number(direction.corrupt)},
                     {"refused", json_number(direction.refused)},
                     {"rtcp_sent", tally(direction.rtcp_sent, is_ipv4)},
                     {"rtcp_received", tally(direction.rtcp_received, is_ipv4)}}};
}

/// From mouth to ear with a playout buffer that waits for 99 % of the packets.
double mouth_to_ear_s(const RtpSubject& subject, const MediaRunResult& result) {
    return subject.packets.ptime_s + subject.look_ahead_s +
           engine::load::to_seconds(result.one_way_delay.quantile(0.99));
}

/// What each stream sounded like, by the E-model. Source: itu-g107.
Json quality(const RtpSubject& subject, const MediaRunResult& result) {
    if (!subject.codec_impairment || result.one_way_delay.count() == 0) return Json{nullptr};
    const double delay_s = mouth_to_ear_s(subject, result);
    std::vector<double> scores;
    for (const MediaStream& stream : result.streams) {
        VoicePath path;
        path.codec = *subject.codec_impairment;
        path.loss.loss_fraction = stream.loss_fraction;
        scores.push_back(rate_narrowband(with_delay(path, delay_s)).mos_score);
    }
    std::sort(scores.begin(), scores.end());
    const double sum = std::accumulate(scores.begin(), scores.end(), 0.0);
    return Json{Json::Object{{"mean", json_number(sum / static_cast<double>(scores.size()))},
                             {"p01", json_number(scores[scores.size() / 100])},
                             {"min", json_number(scores.front())},
                             {"mouth_to_ear_s", json_number(delay_s)}}};
}

Json relay_object(const MediaRunResult& result) {
    const auto totals = [&result](const engine::load::RelayTotals& of) {
        if (!result.calls.has_totals) return Json{nullptr};
        return Json{Json::Object{{"packets", json_number(of.packets)},
                                 {"octets", json_number(of.octets)},
                                 {"errors", json_number(of.errors)}}};
    };
    return Json{Json::Object{{"rtp", totals(result.calls.rtp)},
                             {"rtcp", totals(result.calls.rtcp)},
                             {"requests", json_number(result.requests.requests)},
                             {"retransmissions", json_number(result.requests.retransmissions)},
                             {"set_up_s", json_quantiles(result.set_up_delay)}}};
}

Json measured_object(const RtpSubject& subject, const MediaRunResult& result) {
    if (!result.measured_cpu_cores) return Json{nullptr};
    Json::Array ids;
    for (const int id : subject.process_ids) ids.push_back(json_number(double(id)));
    const double packets_per_s = result.offered_per_s;
    return Json{Json::Object{
        {"pids", Json{ids}},
        {"cpu_cores", json_number(*result.measured_cpu_cores)},
        {"cpu_per_packet_s", packets_per_s > 0
                                 ? json_number(*result.measured_cpu_cores / packets_per_s)
                                 : Json{nullptr}}}};
}

double predicted(const RtpSubject& subject, const char* key) {
    const Json whole{subject.predicted};
    const Json* value = whole.find(key);
    return value == nullptr ? 0 : value->number_or_zero();
}

/// The model's figures and, beside them, what was seen.
Json prediction(const RtpSubject& subject, const MediaRunResult& result,
                const MediaDirection& all) {
    const double senders = subject.is_one_way ? 0.5 : 1;  // of those that the model counts
    const double rtp_per_s = predicted(subject, "rtp_packets_per_s") * senders;
    const double rtcp_per_s = predicted(subject, "rtcp_packets_per_s");
    const double rtcp_seen_per_s = static_cast<double>(all.rtcp_sent.packets) / result.duration_s;
    const double rfc_per_s = predicted(subject, "packets_per_s_rfc3550") -
                             predicted(subject, "rtp_packets_per_s") * (1 - senders);
    return Json{Json::Object{
        {"rtp_packets_per_s", json_number(rtp_per_s)},
        {"rtp_packets_per_s_seen", json_number(result.offered_per_s)},
        {"rtp_packets", json_number(rtp_per_s * result.duration_s)},
        {"rtcp_packets_per_s", json_number(rtcp_per_s)},
        {"rtcp_packets_per_s_seen", json_number(rtcp_seen_per_s)},
        {"packets_per_s", json_number(rtp_per_s + rtcp_per_s)},
        {"packets_per_s_rfc3550", json_number(rfc_per_s)},
        {"packets_per_s_share5", json_number(predicted(subject, "packets_per_s_share5") * senders)},
        {"payload_octets", json_number(predicted(subject, "payload_bytes"))},
        {"ip_packet_octets", json_number(predicted(subject, "ip_packet_bytes"))},
        {"ip_packet_octets_seen",
         json_fraction(ip_octets(all.sent, subject.is_ipv4), all.sent.packets)}}};
}

Json::Object head_of(const RtpSubject& subject, const MediaRunResult& result) {
    return {{"format", Json{std::string("busyhour.load/1")}},
            {"flow", Json{std::string("rtp")}},
            {"target", Json{subject.target}},
            {"calls", json_number(subject.calls_number)},
            {"codec", Json{subject.codec}},
            {"ptime_s", json_number(subject.packets.ptime_s)},
            {"payload_octets", json_number(subject.packets.payload_bytes)},
            {"encryption", Json{subject.encryption}},
            {"srtp_suite", subject.encryption == "none" ? Json{nullptr} : Json{subject.srtp_suite}},
            {"rtcp", Json{subject.rtcp}},
            {"rtcp_mux", Json{subject.is_rtcp_muxed}},
            {"one_way", Json{subject.is_one_way}},
            {"dtx", Json{subject.is_discontinuous}},
            {"sockets", json_number(std::uint64_t{result.sockets_number})},
            {"seed", json_number(std::uint64_t{subject.seed})},
            {"duration_s", json_number(result.duration_s)}};
}

Json to_result(const RtpSubject& subject, const MediaRunResult& result) {
    Json::Object object = head_of(subject, result);
    const auto add = [&object](const char* key, Json value) {
        object.push_back({key, std::move(value)});
    };
    const MediaDirection all = sum_of(result.directions);
    add("offered_per_s", json_number(result.offered_per_s));
    add("achieved_per_s", json_number(result.achieved_per_s));
    add("succeeded", json_number(std::uint64_t{result.calls_number}));
    add("failed", json_number(result.calls.refused + result.calls.lost));
    add("first_error",
        result.calls.first_error.empty() ? Json{nullptr} : Json{result.calls.first_error});
    add("packets", direction_object(all, subject.is_ipv4));
    add("caller_to_callee", direction_object(result.directions[0], subject.is_ipv4));
    add("callee_to_caller", direction_object(result.directions[1], subject.is_ipv4));
    add("foreign", json_number(result.strays.foreign));
    add("misdelivered", json_number(result.strays.misdelivered));
    add("jitter_s", json_quantiles(result.jitter));
    add("jitter_largest_s", json_quantiles(result.jitter_most));
    add("one_way_delay_s", json_quantiles(result.one_way_delay));
    add("round_trip_s", json_quantiles(result.round_trip));
    add("mos", quality(subject, result));
    add("predicted", prediction(subject, result, all));
    add("relay", result.calls.set_up > 0 ? relay_object(result) : Json{nullptr});
    add("measured", measured_object(subject, result));
    add("send_lateness_s", json_quantiles(result.send_lateness));
    add("late_packets", json_number(result.late_packets));
    add("generator_cpu_fraction", json_number(result.generator_cpu_fraction));
    add("generator_cpu_per_packet_s", json_number(result.cpu_per_packet_s));
    add("memory_bytes", json_number(result.memory_bytes));
    add("socket_drops", json_number(result.wire.socket_drops));
    add("send_drops", json_number(result.wire.sent.blocked + result.wire.sent.failed));
    add("steal_fraction", json_number(result.steal_fraction));
    add("void", result.void_reason ? Json{*result.void_reason} : Json{nullptr});
    return Json{object};
}

Table outcome_table(const Json& json) {
    Table table{.columns = {{"quantity"}, {"value", Align::right}}, .rows = {}};
    for (const char* key : {"calls", "succeeded", "failed", "duration_s", "offered_per_s",
                            "achieved_per_s", "late_packets", "foreign", "misdelivered"}) {
        table.rows.push_back({key, to_words(json.find(key)->number_or_zero())});
    }
    return table;
}

Table packet_table(const Json& json) {
    Table table{.columns = {{"packets"},
                            {"caller to callee", Align::right},
                            {"callee to caller", Align::right},
                            {"both", Align::right}},
                .rows = {}};
    constexpr std::pair<const char*, const char*> parts[] = {{"sent", "packets"},
                                                             {"sent", "udp_octets"},
                                                             {"sent", "ip_octets"},
                                                             {"received", "packets"},
                                                             {"payload_octets_received", ""},
                                                             {"lost", ""},
                                                             {"out_of_order", ""},
                                                             {"duplicates", ""},
                                                             {"corrupt", ""},
                                                             {"refused", ""},
                                                             {"rtcp_sent", "packets"},
                                                             {"rtcp_sent", "udp_octets"},
                                                             {"rtcp_received", "packets"}};
    for (const auto& [key, member] : parts) {
        const std::string part = member;
        std::vector<std::string> row{part.empty() ? key : std::string(key) + "." + part};
        for (const char* direction : {"caller_to_callee", "callee_to_caller", "packets"}) {
            const Json* value = json.find(direction)->find(key);
            if (!part.empty()) value = value->find(part);
            row.push_back(to_words(value->number_or_zero()));
        }
        table.rows.push_back(std::move(row));
    }
    return table;
}

Table model_table(const Json& json) {
    Table table{
        .columns = {{"model beside run"}, {"predicted", Align::right}, {"seen", Align::right}},
        .rows = {}};
    const Json& predicted = *json.find("predicted");
    for (const char* key : {"rtp_packets_per_s", "rtcp_packets_per_s", "ip_packet_octets"}) {
        const Json* seen = predicted.find(std::string(key) + "_seen");
        table.rows.push_back({key, to_words(predicted.find(key)->number_or_zero()),
                              seen->number() == nullptr ? "n/a" : to_words(*seen->number())});
    }
    for (const char* key : {"packets_per_s_rfc3550", "packets_per_s_share5"}) {
        table.rows.push_back({key, to_words(predicted.find(key)->number_or_zero()), ""});
    }
    return table;
}

Table delays(const Json& json) {
    Table table = quantile_table();
    add_quantile_row("one way, from the send", json.find("one_way_delay_s"), table);
    add_quantile_row("round trip, by RTCP", json.find("round_trip_s"), table);
    add_quantile_row("jitter of each stream at its end", json.find("jitter_s"), table);
    add_quantile_row("its largest", json.find("jitter_largest_s"), table);
    add_quantile_row("send lateness", json.find("send_lateness_s"), table);
    if (const Json* relay = json.find("relay")) {
        add_quantile_row("call set-up", relay->find("set_up_s"), table);
    }
    return table;
}

std::vector<std::string> notes_of(const Json& json, const MediaRunResult& result) {
    std::vector<std::string> notes;
    if (const Json* mean = json.find("mos")->find("mean")) {
        notes.push_back("MOS " + fmt::format("{:.2f}", mean->number_or_zero()) + " on average, " +
                        fmt::format("{:.2f}", json.find("mos")->find("min")->number_or_zero()) +
                        " for the worst stream (itu-g107)");
    }
    if (json.find("relay") != nullptr && result.calls.has_totals) {
        const Json* packets = json.find("relay")->find("rtp");
        notes.push_back("the relay counts " + to_words(packets->find("packets")->number_or_zero()) +
                        " RTP packets of " + to_words(packets->find("octets")->number_or_zero()) +
                        " octets");
    }
    if (result.measured_cpu_cores) {
        notes.push_back("measured processes: " + to_words(*result.measured_cpu_cores) + " cores, " +
                        to_words(*result.measured_cpu_cores / result.offered_per_s * 1e6) +
                        " us for each RTP packet");
    }
    notes.push_back("generator: " + to_percent(result.generator_cpu_fraction) + " of a core, " +
                    to_words(result.cpu_per_packet_s * 1e6) + " us for each packet, " +
                    to_octets(static_cast<double>(result.memory_bytes)) + " of memory");
    return notes;
}

Report report_of(const RtpSubject& subject, const MediaRunResult& result) {
    const Json json = to_result(subject, result);
    Section outcome{.title = "RESULT", .paragraphs = {}, .tables = {}, .notes = {}};
    outcome.paragraphs.push_back("rtp at " + subject.target +
                                 (result.void_reason ? ": VOID, " + *result.void_reason : ""));
    outcome.tables = {outcome_table(json), delays(json)};
    outcome.notes = notes_of(json, result);
    Section packets{.title = "PACKETS",
                    .paragraphs = {},
                    .tables = {packet_table(json), model_table(json)},
                    .notes = {}};
    return {.title = "busyhour load", .sections = {std::move(outcome), std::move(packets)}};
}

}  // namespace

Renderings render_load_rtp(const RtpSubject& subject, const MediaRunResult& result) {
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
