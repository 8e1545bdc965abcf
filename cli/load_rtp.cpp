#include "cli/load_rtp.h"

#include "busyhour/catalog/catalog.h"
#include "busyhour/plan/calculators.h"
#include "busyhour/report/visible.h"
#include "engine/io/address.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <unistd.h>

namespace busyhour::cli {
namespace {

namespace load = engine::load;
namespace rtp = engine::rtp;

constexpr double calls_max = 20'000;
constexpr double packets_max = 1e9;

/// Both senders of a call share it. Source: rfc3550 6.2.
constexpr double senders_number = 2;

struct RtpTarget {
    load::MediaRoute route = load::MediaRoute::direct;
    engine::Peer peer;
};

RtpTarget target_of(const std::string& text, Faults& faults) {
    const bool is_ng = text.starts_with("ng:");
    const auto peer = engine::io::parse_address(is_ng ? "udp" + text.substr(2) : text);
    const bool is_udp = peer && peer->transport == engine::Transport::udp;
    if (!is_udp || (is_ng && peer->port == 0)) {
        faults.add("TARGET", "\"" + text + "\" is no target for media",
                   "ng:IP:PORT, udp:IP:PORT, or udp:IP:0 from end to end");
        return {};
    }
    if (is_ng) return {.route = load::MediaRoute::ng, .peer = *peer};
    if (peer->port == 0) return {.route = load::MediaRoute::direct, .peer = *peer};
    return {.route = load::MediaRoute::address, .peer = *peer};
}

void check_numbers(const LoadOptions& options, bool is_ng, Faults& faults) {
    const auto is_in = [](double value, double low, double high) {
        return value >= low && value <= high;
    };
    const bool is_whole = std::floor(options.calls) == options.calls;
    faults.expect(is_whole && is_in(options.calls, 1, calls_max), "--calls", options.calls,
                  "whole numbers from 1 to 20,000");
    const double duration_s = options.given_duration_s.value_or(10);
    faults.expect(is_in(duration_s, 0.01, 86400), "--duration-s", duration_s, "0.01 to 86,400");
    faults.expect(is_in(options.rate_per_s, 0.1, 1e5), "--rate-per-s", options.rate_per_s,
                  "0.1 to 100,000");
    faults.expect(is_in(options.gather_ms, 0, 1), "--gather-ms", options.gather_ms, "0 to 1");
    faults.expect(options.sockets <= 256, "--sockets", static_cast<double>(options.sockets),
                  "0 (one for each end of a call) to 256");
    constexpr double set_up_s_max = 50;  // a relay gives up calls without media after 60 s
    if (is_ng && options.calls / options.rate_per_s > set_up_s_max) {
        faults.add("--rate-per-s",
                   fmt::format("setting up {} calls takes over {} s, and the first ones would be "
                               "given up for want of media",
                               options.calls, set_up_s_max),
                   fmt::format("{:g} or more", std::ceil(options.calls / set_up_s_max)));
    }
}

/// A codec, and what one packet of it holds.
struct Speech {
    const Codec* codec = nullptr;
    Packetisation packets{};
};

/// Nothing where there is a fault: no such codec, or it makes no such packets.
std::optional<Speech> speech_of(const LoadOptions& options, const Catalog& catalog,
                                Faults& faults) {
    try {
        const Codec& codec = codec_named(catalog, options.codec, "--codec");
        std::optional<double> ptime_s;
        if (options.ptime_ms) ptime_s = *options.ptime_ms / 1000;
        return Speech{&codec,
                      packetise(codec, {.ptime_s = ptime_s,
                                        .bit_rate_bits_per_s = options.bit_rate_bits_per_s})};
    } catch (const InputError& error) {
        for (const Problem& problem : error.problems()) {
            // The model's words for what the options say.
            std::string where = problem.where;
            if (where == "ptime_ms") where = "--ptime-ms";
            if (where == "bit_rate_bits_per_s") where = "--bit-rate-bits-per-s";
            faults.add(where, problem.what, problem.remedy);
        }
        return std::nullopt;
    }
}

constexpr std::array<std::pair<const char*, bool>, 2> rtcp_rules{
    {{"rfc3550", true}, {"none", false}}};
/// Which ends of a call protect what they send.
enum class Protection : std::uint8_t { none, both, caller };
constexpr std::array<std::pair<const char*, Protection>, 3> encryptions{
    {{"none", Protection::none}, {"sdes", Protection::both}, {"caller", Protection::caller}}};
constexpr std::array<std::pair<const char*, rtp::SrtpSuite>, 3> srtp_suites{
    {{"AES_CM_128_HMAC_SHA1_80", rtp::SrtpSuite::aes_cm_128_hmac_sha1_80},
     {"AES_CM_128_HMAC_SHA1_32", rtp::SrtpSuite::aes_cm_128_hmac_sha1_32},
     {"AEAD_AES_128_GCM", rtp::SrtpSuite::aead_aes_128_gcm}}};

void check_protection(const LoadOptions& options, Protection protection, load::MediaRoute route,
                      Faults& faults) {
    if (protection == Protection::caller && route != load::MediaRoute::ng) {
        faults.add("--encryption", "\"caller\" needs a relay that deciphers for the callees",
                   "a target ng:IP:PORT");
    }
    const bool has_suite = std::find(options.given.begin(), options.given.end(), "--srtp-suite") !=
                           options.given.end();
    if (protection == Protection::none && has_suite) {
        faults.add("--srtp-suite", "without --encryption nothing is enciphered",
                   "add --encryption sdes");
    }
}

void check_processes(const std::vector<int>& process_ids, Faults& faults) {
    for (const int id : process_ids) {
        if (id > 0 && access(fmt::format("/proc/{}/stat", id).c_str(), F_OK) == 0) continue;
        faults.add("--pid", fmt::format("there is no process {}", id),
                   "numbers of running processes, as ps shows them");
    }
}

/// What the calculator that plans with the model says of these calls.
Json::Object predicted_with(const std::string& encryption, const LoadOptions& options,
                            const Packetisation& packets, bool is_ipv4, const Catalog& catalog) {
    const auto text = [](const std::string& value) { return Json{value}; };
    Json::Object asked{{"codec", text(options.codec)},
                       {"ptime_ms", Json{std::round(packets.ptime_s * 1e6) / 1e3}},
                       {"bit_rate_bits_per_s", Json{packets.bit_rate_bits_per_s}},
                       {"calls", Json{options.calls}},
                       {"rtcp", text(options.rtcp)},
                       {"encryption", text(encryption)},
                       {"srtp_suite", text(options.srtp_suite)},
                       {"layers", text(is_ipv4 ? "ipv4" : "ipv6")}};
    return Json::Object(calculate("rtp", Json{asked}, catalog).values);
}

double number_at(const Json::Object& object, const char* key) {
    const Json whole{object};
    const Json* value = whole.find(key);
    return value == nullptr ? 0 : value->number_or_zero();
}

/// Where only the callers protect, a packet is as large as the mean of both ways.
Json::Object predicted_by(const LoadOptions& options, const Packetisation& packets, bool is_ipv4,
                          const Catalog& catalog) {
    if (options.encryption != "caller") {
        return predicted_with(options.encryption, options, packets, is_ipv4, catalog);
    }
    constexpr const char* size_key = "ip_packet_bytes";
    Json::Object predicted = predicted_with("none", options, packets, is_ipv4, catalog);
    const double plain_octets = number_at(predicted, size_key);
    const double srtp_octets =
        number_at(predicted_with("sdes", options, packets, is_ipv4, catalog), size_key);
    for (auto& [key, value] : predicted) {
        if (key == size_key) value = Json{(plain_octets + srtp_octets) / 2};
    }
    return predicted;
}

rtp::Format format_of(const Codec& codec, const Packetisation& packets) {
    constexpr int dynamic_payload_type = 96;  // rfc3551 6
    rtp::Format format;
    format.payload_type =
        static_cast<std::uint8_t>(codec.static_payload_type.value_or(dynamic_payload_type));
    format.clock_rate_hz = static_cast<std::uint32_t>(codec.rtp_clock_hz);
    format.ptime = to_duration(packets.ptime_s);
    format.payload_octets = static_cast<std::uint16_t>(std::lround(packets.payload_bytes));
    format.content = rtp::Content::synthetic;
    if (codec.name == "PCMU") format.content = rtp::Content::pcmu_tone;
    if (codec.name == "PCMA") format.content = rtp::Content::pcma_tone;
    return format;
}

/// "PCMU/8000", "opus/48000/2". Source: rfc7587 7.
std::string encoding_of(const Codec& codec) {
    std::string encoding = codec.name + "/" + std::to_string(codec.rtp_clock_hz);
    if (codec.name == "opus") encoding += "/2";
    return encoding;
}

/// RTCP by the standard's interval; nothing of it where none is wanted.
rtp::RtcpOptions rtcp_of(const LoadOptions& options, const Packetisation& packets,
                         const Json::Object& predicted, bool is_ipv4) {
    rtp::RtcpOptions rtcp;
    if (options.rtcp != "rfc3550") return rtcp;
    rtcp.session_bits_per_s =
        senders_number * packets.packets_per_s * number_at(predicted, "ip_packet_bytes") * 8;
    rtcp.lower_layer_octets = is_ipv4 ? 28 : 48;
    return rtcp;
}

load::MediaOptions media_of(const LoadOptions& options, const Codec& codec,
                            const Packetisation& packets, const Json::Object& predicted,
                            const RtpTarget& target) {
    load::MediaOptions media;
    media.calls_number = static_cast<std::size_t>(options.calls);
    media.format = format_of(codec, packets);
    if (options.is_discontinuous) {
        media.discontinuous.mean_talkspurt = std::chrono::seconds(1);
        media.discontinuous.mean_pause = std::chrono::seconds(1);
    }
    media.rtcp = rtcp_of(options, packets, predicted, engine::io::is_ipv4(target.peer));
    media.duration = to_duration(options.given_duration_s.value_or(10));
    media.is_one_way = options.is_one_way;
    media.comes_from_remote = target.route != load::MediaRoute::address;
    return media;
}

void encrypt(load::MediaOptions& media, rtp::SrtpSuite suite) {
    media.suite = suite;
    const auto added_octets = rtp::srtcp_overhead_octets({.suite = suite, .key = {}});
    media.rtcp.lower_layer_octets =
        static_cast<std::uint16_t>(media.rtcp.lower_layer_octets + added_octets);
}

void show_media_progress(const load::MediaProgress& progress) {
    fmt::print(stderr, "\r{:6.0f} s  calls {}  sent {}  received {}   ", progress.elapsed_s,
               progress.calls_set_up, progress.sent, progress.received);
}

/// Numbers that no other run has: an rtpengine remembers cookies and calls for a while.
std::uint32_t run_number() {
    return std::random_device{}();
}

std::optional<CodecImpairment> impairment_of(const Catalog& catalog, const Codec& codec,
                                             const Packetisation& packets) {
    const EmodelValues* values = emodel_values(
        catalog, {.codec = codec.name, .bit_rate_bits_per_s = packets.bit_rate_bits_per_s});
    if (values == nullptr) return std::nullopt;
    CodecImpairment impairment{.equipment_impairment_factor = values->equipment_impairment_factor};
    if (values->loss_robustness_factor) {
        impairment.loss_robustness_factor = *values->loss_robustness_factor;
    }
    return impairment;
}

/// All that a run needs, from the command line.
struct RtpRun {
    load::MediaRunOptions run;
    RtpSubject subject;
};

RtpSubject subject_of(const LoadOptions& options, const Catalog& catalog, const Codec& codec,
                      const Packetisation& packets) {
    return {.target = options.target,
            .codec = codec.name,
            .packets = packets,
            .look_ahead_s = codec.look_ahead_s.value_or(0),
            .codec_impairment = impairment_of(catalog, codec, packets),
            .encryption = options.encryption,
            .srtp_suite = options.srtp_suite,
            .rtcp = options.rtcp,
            .is_rtcp_muxed = options.is_rtcp_muxed,
            .is_one_way = options.is_one_way,
            .is_discontinuous = options.is_discontinuous,
            .calls_number = options.calls,
            .seed = options.seed ? *options.seed : std::random_device{}(),
            .process_ids = options.process_ids,
            .predicted = {}};
}

RtpRun run_of(const LoadOptions& options) {
    Faults faults;
    const RtpTarget target = target_of(options.target, faults);
    check_numbers(options, target.route == load::MediaRoute::ng, faults);
    choice(rtcp_rules, "--rtcp", options.rtcp, faults);
    const Protection protection = choice(encryptions, "--encryption", options.encryption, faults);
    const rtp::SrtpSuite suite = choice(srtp_suites, "--srtp-suite", options.srtp_suite, faults);
    check_protection(options, protection, target.route, faults);
    check_processes(options.process_ids, faults);
    const Catalog catalog = load_catalog();
    const std::optional<Speech> speech = speech_of(options, catalog, faults);
    faults.tell();
    const Codec& codec = *speech->codec;
    const Packetisation& packets = speech->packets;
    const double duration_s = options.given_duration_s.value_or(10);
    if (packets.packets_per_s * duration_s * options.calls * 2 > packets_max) {
        throw InputError("--duration-s", "more than 1,000,000,000 packets",
                         "fewer --calls or a shorter time");
    }
    RtpRun run{.run = {}, .subject = subject_of(options, catalog, codec, packets)};
    run.subject.is_ipv4 = engine::io::is_ipv4(target.peer);
    run.subject.predicted = predicted_by(options, packets, run.subject.is_ipv4, catalog);
    load::MediaRunOptions& out = run.run;
    out.media = media_of(options, codec, packets, run.subject.predicted, target);
    out.media.seed = run.subject.seed;
    if (protection != Protection::none) encrypt(out.media, suite);
    out.media.are_callees_plain = protection == Protection::caller;
    engine::Peer leading = target.peer;
    if (leading.port == 0) leading.port = 9;  // any: only the way to it counts
    out.wire.sources = sources_of(options.sources, leading, faults);
    faults.tell();
    out.wire.sockets_number = options.sockets;
    out.wire.is_muxed = options.is_rtcp_muxed;
    out.route = target.route;
    out.target = target.peer;
    out.measured = options.process_ids;
    out.keeps_awake = !options.lets_sleep;
    out.gather = to_duration(options.gather_ms / 1000);
    out.ng.client.relay = target.peer;
    out.ng.client.cookies = run_number();
    out.ng.rate_per_s = options.rate_per_s;
    out.ng.prefix = fmt::format("busyhour-{:08x}-", run_number());
    out.ng.offer.is_muxed = options.is_rtcp_muxed;
    out.ng.offer.payload_type = out.media.format.payload_type;
    out.ng.offer.encoding = encoding_of(codec);
    out.ng.offer.ptime = out.media.format.ptime;
    if (options.is_discontinuous) {
        out.ng.offer.comfort_noise_payload_type = out.media.discontinuous.payload_type;
    }
    return run;
}

}  // namespace

void check_media_talk(const LoadOptions& options, Faults& faults) {
    choice(rtcp_rules, "--rtcp", options.rtcp, faults);
    speech_of(options, load_catalog(), faults);
}

load::MediaTalkOptions media_talk(const LoadOptions& options,
                                  const std::vector<engine::Peer>& sources) {
    Faults faults;
    const Catalog catalog = load_catalog();
    const std::optional<Speech> speech = speech_of(options, catalog, faults);
    faults.tell();
    const Codec& codec = *speech->codec;
    const Packetisation& packets = speech->packets;
    const bool is_ipv4 = engine::io::is_ipv4(sources.front());
    load::MediaTalkOptions talk;
    talk.sources = sources;
    talk.format = format_of(codec, packets);
    talk.encoding = encoding_of(codec);
    talk.rtcp =
        rtcp_of(options, packets, predicted_by(options, packets, is_ipv4, catalog), is_ipv4);
    talk.is_muxed = options.is_rtcp_muxed;
    talk.seed = options.seed ? *options.seed : std::random_device{}();
    return talk;
}

Exit run_load_rtp(const LoadOptions& options) {
    RtpRun run = run_of(options);
    run.run.interrupts = &catch_interrupts();
    if (isatty(STDERR_FILENO) == 1) run.run.on_progress = show_media_progress;
    const load::MediaRunResult result = load::run_media(run.run);
    if (run.run.on_progress) fmt::print(stderr, "\n");
    write_outputs(options.output, render_load_rtp(run.subject, result));
    if (!result.void_reason) return Exit::done;
    fmt::print(stderr, "busyhour: the measurement is void: {}\n", visible(*result.void_reason));
    return result.is_interrupted ? Exit::interrupted : Exit::measurement_void;
}

}  // namespace busyhour::cli
