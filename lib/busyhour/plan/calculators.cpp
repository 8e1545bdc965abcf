#include "busyhour/plan/calculators.h"

#include "busyhour/catalog/fields.h"
#include "busyhour/catalog/nearest.h"
#include "busyhour/catalog/schema.h"
#include "busyhour/error.h"
#include "busyhour/model/erlang.h"
#include "busyhour/model/growth.h"
#include "busyhour/model/poisson.h"
#include "busyhour/model/registration.h"
#include "busyhour/model/rtcp.h"
#include "busyhour/plan/media_leg.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace busyhour {
namespace {

void set(Answer& answer, std::string_view key, double value) {
    put(answer.values, key, Json{value});
}

void set_text(Answer& answer, std::string_view key, std::string value) {
    put(answer.values, key, Json{std::move(value)});
}

std::vector<std::string> split(std::string_view text, char separator) {
    std::vector<std::string> parts;
    while (true) {
        const std::size_t end = text.find(separator);
        std::string_view part = text.substr(0, end);
        while (!part.empty() && part.front() == ' ') part.remove_prefix(1);
        while (!part.empty() && part.back() == ' ') part.remove_suffix(1);
        parts.emplace_back(part);
        if (end == text.npos) return parts;
        text.remove_prefix(end + 1);
    }
}

std::vector<std::string> layer_names(const Json& options) {
    return split(text_at(options, "layers"), ',');
}

HeaderStack network_of(const Json& options, const Catalog& catalog) {
    HeaderStack stack = stack_named(catalog, layer_names(options), "/layers");
    bool has_network = false;
    for (const Header& layer : stack.layers) {
        has_network = has_network || layer.position == Position::network;
        if (layer.position >= Position::transport) {
            throw InputError("/layers", "\"" + layer.name + "\" stands above IP",
                             "UDP, RTP and SRTP are added where they apply");
        }
    }
    if (!has_network) throw InputError("/layers", "has no network layer", "add ipv4 or ipv6");
    return stack;
}

std::string order_of(const HeaderStack& stack) {
    std::vector<std::string> names;
    for (auto layer = stack.layers.rbegin(); layer != stack.layers.rend(); ++layer) {
        names.push_back(layer->name);
    }
    return join(names, " / ");
}

Answer registrations(const Json& options, const Catalog& catalog) {
    const double rate_per_s =
        registrations_per_s({.contacts_number = number_at(options, "endpoints"),
                             .expires_s = number_at(options, "expires_s"),
                             .refresh_fraction = number_at(options, "refresh_fraction")});
    const std::string authentication = text_at(options, "authentication");
    std::string name = "register";
    if (authentication == "digest") name = "register-digest";
    if (authentication == "digest_reused_nonce") name = "register-digest-reused-nonce";
    const FlowCount count = count_at(flow_named(catalog, name, "flow"), "registrar");
    const double percentile = number_at(options, "peak_percentile");
    Answer answer;
    set(answer, "registrations_per_s", rate_per_s);
    set(answer, "registrations_peak_per_s",
        static_cast<double>(poisson_quantile(rate_per_s, percentile)));
    set(answer, "register_messages_per_s", rate_per_s * count.messages());
    set(answer, "messages_per_registration", count.messages());
    set(answer, "expires_s", number_at(options, "expires_s"));
    set(answer, "refresh_fraction", number_at(options, "refresh_fraction"));
    set_text(answer, "authentication", authentication);
    set(answer, "peak_percentile", percentile);
    answer.notes.push_back(fmt::format(
        "The peak is what only {:g} of 100 seconds exceed (Poisson). With refresh at the"
        " very end of the expiry and no challenge the rate is a floor.",
        (1 - percentile) * 100));
    return answer;
}

RtcpRule rtcp_rule(const std::string& word) {
    if (word == "share5") return RtcpRule::share5;
    return word == "none" ? RtcpRule::none : RtcpRule::rfc3550;
}

Answer rtp(const Json& options, const Catalog& catalog) {
    const Codec& codec = codec_named(catalog, text_at(options, "codec"), "/codec");
    const Packetisation packets =
        packetise(codec, {.ptime_s = number_if(options, "ptime_s"),
                          .bit_rate_bits_per_s = number_if(options, "bit_rate_bits_per_s"),
                          .is_octet_aligned = truth_at(options, "octet_aligned")});
    const std::string encryption = text_at(options, "encryption");
    const std::string suite = text_at(options, "srtp_suite");
    const Header& srtp = srtp_suite_named(catalog, suite, "/srtp_suite");
    const HeaderStack network = network_of(options, catalog);
    const MediaLeg leg = media_leg(
        catalog, network, {packets, encryption, srtp.suite, rtcp_rule(text_at(options, "rtcp"))});
    const double calls = number_at(options, "calls");
    const double streams = calls * 2;  // both directions of one leg
    const double rtp_per_s = streams * leg.rtp_packets_per_s;
    const double all_per_s = rtp_per_s + streams * leg.rtcp_packets_per_s;
    Answer answer;
    set_text(answer, "codec", codec.name);
    set(answer, "ptime_ms", std::round(packets.ptime_s * 1e6) / 1e3);
    set(answer, "bit_rate_bits_per_s", packets.bit_rate_bits_per_s);
    set(answer, "calls", calls);
    if (packets.frames_number > 0) set(answer, "frames_per_packet", packets.frames_number);
    set(answer, "payload_bytes", packets.payload_bytes);
    set(answer, "packets_per_s_per_stream", packets.packets_per_s);
    set(answer, "rtp_packets_per_s", rtp_per_s);
    set(answer, "rtcp_packets_per_s", streams * leg.rtcp_packets_per_s);
    set(answer, "packets_per_s", all_per_s);
    set(answer, "packets_per_s_rfc3550", rtp_per_s + streams * leg.rtcp_rfc3550_packets_per_s);
    set(answer, "packets_per_s_share5", rtp_per_s + streams * leg.rtcp_share5_packets_per_s);
    set(answer, "relay_packets_in_per_s", all_per_s);
    set(answer, "relay_packets_out_per_s", all_per_s);
    set(answer, "packet_bytes", leg.rtp_packet_bytes);
    const HeaderStack stack = rtp_stack(catalog, network, encryption, srtp.suite);
    set(answer, "ip_packet_bytes", ip_packet_bytes(stack, packets.payload_bytes));
    set(answer, "rtcp_packet_bytes", leg.rtcp_packet_bytes);
    set(answer, "bits_per_s_per_direction",
        calls * leg.rtp_packets_per_s * leg.rtp_packet_bytes * 8);
    set(answer, "rtcp_bits_per_s_per_direction",
        calls * leg.rtcp_packets_per_s * leg.rtcp_packet_bytes * 8);
    for (const LayerOctets& layer : octets_by_layer(stack, packets.payload_bytes)) {
        set(answer, layer.name + "_bits_per_s_per_direction",
            calls * packets.packets_per_s * layer.total_bytes * 8);
    }
    set_text(answer, "layers", order_of(stack));
    answer.notes = {
        "rtp, rtcp and packets_per_s: both directions of one leg. relay_*: both legs through a "
        "media"
        " relay, each packet once in and once out, RTCP included.",
        "packets_per_s_rfc3550 has RTCP at the standard's interval; packets_per_s_share5 the rule "
        "of"
        " thumb, RTCP 5 % of RTP. bits_per_s_per_direction: RTP at the outermost layer, one"
        " direction, all calls; NAME_bits_per_s_per_direction: the same up to that layer."};
    return answer;
}

Answer rtcp(const Json& options, const Catalog& /*catalog*/) {
    const double members = number_at(options, "members");
    const double senders = number_if(options, "senders").value_or(members);
    if (senders > members) {
        throw InputError("/senders", "must be at most the members", "senders are members too");
    }
    const RtcpSession session{.members_number = members,
                              .senders_number = senders,
                              .average_rtcp_bytes = number_at(options, "average_rtcp_bytes"),
                              .session_bits_per_s = number_at(options, "session_bits_per_s"),
                              .initial = truth_at(options, "initial"),
                              .reduced_minimum = truth_at(options, "reduced_minimum")};
    const RtcpRole own = senders > 0 ? RtcpRole::sender : RtcpRole::receiver;
    Answer answer;
    set(answer, "interval_s", deterministic_interval_s(session, own));
    if (senders < members) {
        set(answer, "receiver_interval_s", deterministic_interval_s(session, RtcpRole::receiver));
    }
    set(answer, "mean_interval_without_reconsideration_s",
        mean_interval_without_reconsideration_s(session, own));
    set(answer, "packets_per_s", packets_per_s(session));
    set(answer, "members", members);
    set(answer, "senders", senders);
    set(answer, "session_bits_per_s", session.session_bits_per_s);
    set(answer, "average_rtcp_bytes", session.average_rtcp_bytes);
    answer.notes = {
        "interval_s: of a sender (RFC 3550 6.3.1), which with timer reconsideration is"
        " also the mean gap; packets_per_s: all members together."};
    return answer;
}

void set_traffic(Answer& answer, const Traffic& traffic) {
    set(answer, "packets_in", traffic.packets_in_number);
    set(answer, "packets_out", traffic.packets_out_number);
    set(answer, "wire_bytes_in", traffic.in_bytes);
    set(answer, "wire_bytes_out", traffic.out_bytes);
}

Transport transport_named(const std::string& word) {
    if (word == "tcp") return Transport::tcp;
    if (word == "tls") return Transport::tls;
    return word == "wss" ? Transport::wss : Transport::udp;
}

SipWire sip_wire(const Json& options, const Catalog& catalog, Transport transport) {
    SipWire wire{.transport = transport,
                 .network = network_of(options, catalog),
                 .mtu_bytes = number_at(options, "mtu_bytes")};
    const TlsProfile& profile = tls_named(catalog, text_at(options, "key"), "/key");
    const auto record = profile.record_bytes.find(text_at(options, "version"));
    if (record != profile.record_bytes.end()) wire.record_bytes = record->second;
    return wire;
}

Answer sip(const Json& options, const Catalog& catalog) {
    Flow flow = flow_named(catalog, text_at(options, "flow"), "/flow");
    const std::string element = text_if(options, "element").value_or(server_element(flow));
    if (std::find(flow.elements.begin(), flow.elements.end(), element) == flow.elements.end()) {
        throw InputError("/element", "the flow has no element \"" + element + "\"",
                         suggestion(element, flow.elements));
    }
    const auto extra = catalog.messages.sdp_extra_bytes.find(text_at(options, "encryption"));
    for (FlowMessage& message : flow.messages) {
        const bool grows = message.has_sdp && extra != catalog.messages.sdp_extra_bytes.end();
        if (grows) message.size_bytes += extra->second;
    }
    SipWire wire = sip_wire(options, catalog, transport_named(text_at(options, "transport")));
    wire.is_client = element != server_element(flow);
    Traffic traffic;
    for (const std::string& peer : flow.elements) {
        traffic += hop_traffic(messages_between(flow, element, peer), element, wire);
    }
    const FlowCount count = count_at(flow, element);
    const double rate_per_s = number_at(options, "rate_per_s");
    Answer answer;
    set_text(answer, "flow", flow.name);
    set_text(answer, "element", element);
    set(answer, "messages", count.messages());
    set(answer, "messages_in", count.messages_in);
    set(answer, "messages_out", count.messages_out);
    set(answer, "messages_total", static_cast<double>(flow.messages.size()));
    set(answer, "requests_in", count.requests_in);
    set(answer, "transactions_server", count.transactions_server);
    set(answer, "transactions_client", count.transactions_client);
    set(answer, "bytes_in", count.in_bytes);
    set(answer, "bytes_out", count.out_bytes);
    set_traffic(answer, traffic);
    set(answer, "rate_per_s", rate_per_s);
    set(answer, "messages_per_s", rate_per_s * count.messages());
    set(answer, "packets_in_per_s", rate_per_s * traffic.packets_in_number);
    set(answer, "packets_out_per_s", rate_per_s * traffic.packets_out_number);
    set(answer, "bits_in_per_s", rate_per_s * traffic.in_bytes * 8);
    set(answer, "bits_out_per_s", rate_per_s * traffic.out_bytes * 8);
    answer.notes = {
        "messages, bytes and transactions of one flow as the element sees them;"
        " messages_total: on all hops. wire_bytes and bits have every layer, and over"
        " TCP and TLS the pure ACKs; connections are counted apart (calc tls)."};
    return answer;
}

Answer tls(const Json& options, const Catalog& catalog) {
    const std::string key = text_at(options, "key");
    const std::string tls_version = text_at(options, "version");
    const bool is_resumed = truth_at(options, "resumed");
    const TlsProfile& profile = tls_named(catalog, key, "/key");
    const HandshakeOctets octets =
        handshake_octets(profile, tls_version, is_resumed, truth_at(options, "mutual"));
    const SipWire wire = sip_wire(options, catalog, Transport::tls);
    const ServerModel& server = server_named(catalog, text_at(options, "server"), "/server");
    Demand one;
    one[handshake_driver(key, is_resumed)] = 1;
    const CpuCost cost = cpu_cost(server.cost, one);
    Answer answer;
    set_text(answer, "key", key);
    set_text(answer, "version", tls_version);
    put(answer.values, "resumed", Json{is_resumed});
    set(answer, "handshake_client_bytes", octets.client_bytes);
    set(answer, "handshake_server_bytes", octets.server_bytes);
    set(answer, "certificate_bytes", profile.certificate_bytes);
    set_traffic(answer, connection_traffic(wire, octets));
    set(answer, "record_overhead_bytes", wire.record_bytes);
    if (cost.saturated_cores > 0) {
        set_text(answer, "server", server.name);
        set(answer, "cpu_saturated_s", cost.saturated_cores);
        set(answer, "cpu_idle_s", cost.saturated_cores + cost.wakeup_cores);
    }
    answer.notes = {
        "handshake_*_bytes: TCP payload each way, measured with OpenSSL 3.0. packets and "
        "wire_bytes:"
        " one connection opened, handshaken and closed, as the server sees it.",
        fmt::format(
            "cpu_*_s: CPU of one handshake on {} ({} figures of {}), saturated and on an idle"
            " worker.",
            server.name, server.status, server.measured_on)};
    return answer;
}

/// Where the user names no transport or session layer, RTP over UDP is meant.
HeaderStack overhead_stack(const Json& options, const Catalog& catalog) {
    std::vector<std::string> names = layer_names(options);
    bool names_upper = false;
    for (const std::string& name : names) {
        const auto header = catalog.headers.find(to_lower(name));
        if (header == catalog.headers.end()) continue;
        names_upper = names_upper || header->second.position >= Position::transport;
    }
    const std::string suite = text_at(options, "srtp_suite");
    const Header& srtp = srtp_suite_named(catalog, suite, "/srtp_suite");
    if (text_at(options, "encryption") != "none") names.push_back(srtp.name);
    if (!names_upper) {
        names.emplace_back("udp");
        names.emplace_back("rtp");
    }
    return stack_named(catalog, names, "/layers");
}

Answer overhead(const Json& options, const Catalog& catalog) {
    const HeaderStack stack = overhead_stack(options, catalog);
    const double payload_bytes = number_at(options, "payload_bytes");
    const double total_bytes = packet_bytes(stack, payload_bytes);
    Answer answer;
    set(answer, "payload_bytes", payload_bytes);
    for (const LayerOctets& layer : octets_by_layer(stack, payload_bytes)) {
        set(answer, layer.name + "_bytes", layer.added_bytes);
    }
    set(answer, "overhead_bytes", total_bytes - payload_bytes);
    set(answer, "total_bytes", total_bytes);
    set(answer, "ip_packet_bytes", ip_packet_bytes(stack, payload_bytes));
    if (const auto rate_per_s = number_if(options, "packets_per_s")) {
        set(answer, "bits_per_s", *rate_per_s * total_bytes * 8);
    }
    set_text(answer, "layers", order_of(stack));
    answer.notes = {
        "NAME_bytes: what the layer adds, padding and outer IP header included;"
        " outermost layer first in \"layers\"."};
    return answer;
}

Answer erlang_b(const Json& options, const Catalog& /*catalog*/) {
    const auto offered = number_if(options, "offered_erlang");
    const auto channels = number_if(options, "channels");
    const auto blocking = number_if(options, "blocking_probability");
    const int given = (offered ? 1 : 0) + (channels ? 1 : 0) + (blocking ? 1 : 0);
    if (given != 2) {
        throw InputError("/offered_erlang",
                         fmt::format("erlang-b needs two of its three quantities, has {}", given),
                         "give two of offered_erlang, channels, blocking_probability");
    }
    Answer answer;
    const double found_offered = offered ? *offered : offered_erlang_for(*channels, *blocking);
    const double found_channels =
        channels ? *channels : static_cast<double>(servers_for(*offered, *blocking));
    const double found_blocking = erlang_b_probability(found_offered, found_channels);
    set(answer, "offered_erlang", found_offered);
    set(answer, "channels", found_channels);
    set(answer, "blocking_probability",
        blocking && !channels ? found_blocking
        : blocking            ? *blocking
                              : found_blocking);
    set(answer, "carried_erlang", found_offered * (1 - found_blocking));
    if (blocking && !channels) {
        answer.notes.push_back(
            fmt::format("channels: the least whole number that blocks at most {:g}; "
                        "blocking_probability is what"
                        " they really block.",
                        *blocking));
    }
    return answer;
}

std::vector<YearValue> history_of(const std::string& text) {
    std::vector<YearValue> history;
    std::vector<Problem> problems;
    for (const std::string& part : split(text, ',')) {
        YearValue point;
        const char* end = part.data() + part.size();
        const auto [at, year_error] = std::from_chars(part.data(), end, point.year);
        bool is_right = year_error == std::errc{} && at != end && *at == '=';
        if (is_right) {
            const auto [stop, value_error] = std::from_chars(at + 1, end, point.value_number);
            is_right =
                value_error == std::errc{} && stop == end && std::isfinite(point.value_number);
        }
        if (!is_right) {
            problems.push_back({"/history", "\"" + part.substr(0, 40) + "\" is no YEAR=VALUE",
                                "write 2021=61000,2022=70000,2023=80500"});
        }
        history.push_back(point);
    }
    if (!problems.empty()) throw InputError(problems);
    return history;
}

Answer growth(const Json& options, const Catalog& /*catalog*/) {
    const std::vector<YearValue> history = history_of(text_at(options, "history"));
    const auto years = static_cast<int>(number_at(options, "years"));
    const double interval = number_at(options, "interval_fraction");
    const GrowthFit fit = fit_growth(history);
    const std::vector<Forecast> ahead = forecast(history, years, interval);
    Json::Array rows;
    for (const Forecast& each : ahead) {
        rows.push_back(Json{Json::Object{{"year", Json{static_cast<double>(each.year)}},
                                         {"value", Json{each.value_number}},
                                         {"low", Json{each.low_number}},
                                         {"high", Json{each.high_number}},
                                         {"envelope_low", Json{each.envelope_low_number}},
                                         {"envelope_high", Json{each.envelope_high_number}}}});
    }
    Answer answer;
    set(answer, "rate_per_year", growth_per_year_fraction(fit));
    set_text(answer, "label", std::string(growth_label(history.size())));
    set(answer, "points", fit.points);
    set(answer, "residual_error", fit.residual_error_number);
    set(answer, "interval_fraction", interval);
    put(answer.values, "interval_too_wide", Json{interval_too_wide(ahead.back())});
    put(answer.values, "forecast", Json{std::move(rows)});
    answer.notes = {
        "value: median of the log-linear regression; low and high: its prediction"
        " interval; envelope: what compound growth from first to last, a straight line"
        " and a damped trend say instead."};
    return answer;
}

struct Calculator {
    std::string_view name;
    Answer (*run)(const Json& options, const Catalog& catalog);
};

constexpr std::array<Calculator, 8> calculators{{{"registrations", registrations},
                                                 {"sip", sip},
                                                 {"rtp", rtp},
                                                 {"rtcp", rtcp},
                                                 {"tls", tls},
                                                 {"overhead", overhead},
                                                 {"erlang-b", erlang_b},
                                                 {"growth", growth}}};

}  // namespace

std::vector<std::string> calculator_names() {
    std::vector<std::string> names;
    for (const Calculator& calculator : calculators) names.emplace_back(calculator.name);
    return names;
}

Answer calculate(std::string_view quantity, const Json& options, const Catalog& catalog) {
    for (const Calculator& calculator : calculators) {
        if (calculator.name != quantity) continue;
        const Reading reading = read_by_schema(options, "calc-" + std::string(quantity));
        if (!reading.problems.empty()) throw InputError(reading.problems);
        return calculator.run(reading.value, catalog);
    }
    throw InputError("", "no calculator \"" + std::string(quantity) + "\"",
                     suggestion(quantity, calculator_names()));
}

}  // namespace busyhour
