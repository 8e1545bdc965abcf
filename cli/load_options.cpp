#include "cli/load_options.h"

#include "cli/commands.h"
#include "cli/load_faults.h"
#include "engine/load/flow.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <algorithm>
#include <array>
#include <memory>

namespace busyhour::cli {
namespace {

void add_traffic_options(CLI::App& command, LoadOptions& options) {
    command
        .add_option("--users", options.users,
                    "how many are made up (user000001, ...), or a CSV file of"
                    " user,password[,domain]")
        ->capture_default_str();
    command
        .add_option("--rate-per-s", options.rate_per_s,
                    "sessions offered; rtp: calls set up at the relay")
        ->capture_default_str();
    command.add_option("--ramp-to-per-s", options.ramp_to_per_s,
                       "go from --rate-per-s to this in a straight line");
    command
        .add_option("--steps-per-s", options.steps_per_s,
                    "rates one after the other, each for its share of --duration-s: 100,200,400")
        ->delimiter(',');
    command.add_option("--duration-s", options.given_duration_s,
                       "in which sessions are offered [10, or what --count needs]");
    command.add_option("--count", options.count, "offer no more than this");
    command.add_option("--window-s", options.window_s, "storm: all users begin within it")
        ->capture_default_str();
    command
        .add_option("--back-off-s", options.back_off_s,
                    "storm: the wait after a failure, doubled each time")
        ->capture_default_str();
    command.add_option("--arrivals", options.arrivals, "poisson or regular")->capture_default_str();
    command.add_option("--seed", options.seed,
                       "of arrivals and identifiers: the same gives the same");
    command.add_option("--ring-s", options.ring_s, "calls: from 180 to 200")->capture_default_str();
    command.add_option("--hold-s", options.hold_s, "calls: from ACK to BYE")->capture_default_str();
    command.add_option("--expires-s", options.expires_s, "of registrations")->capture_default_str();
    command.add_option("--domain", options.domain, "of the users [the target's address]");
    command.add_option("--password", options.password, "of made-up users; USER is the user's name")
        ->capture_default_str();
    command.add_option("--callee", options.callee,
                       "call this address of record, answered elsewhere, e.g. bob@example.com");
    command.add_option("--sessions", options.sessions, "that may be under way at a time")
        ->capture_default_str();
    command.add_option("--t1-s", options.t1_s, "retransmission timer T1 of RFC 3261")
        ->capture_default_str();
}

void add_socket_options(CLI::App& command, LoadOptions& options) {
    command.add_option("--sockets", options.sockets, "UDP sockets, each with a port of its own")
        ->capture_default_str();
    command
        .add_option("--gather-ms", options.gather_ms,
                    "messages wait for so long, where more than one session comes in it, so that "
                    "a system call moves many; 0: none waits")
        ->capture_default_str();
    command.add_flag("--no-keep-awake", options.lets_sleep,
                     "let the processor sleep while nothing is due; else a thread of the lowest "
                     "priority keeps it awake, as virtual machines wake up late");
    command.add_flag("--udp-gso", options.is_merging,
                     "requests that gathered and are of one size pass through the system as one "
                     "buffer (UDP_SEGMENT): cheaper, but a capture on this host shows the buffer");
    command.add_option("--source", options.sources,
                       "IP address to send from; several are taken in turn");
    command
        .add_option("--connection", options.connection,
                    "persistent, per_registration or per_transaction")
        ->capture_default_str();
    command.add_flag("--resume", options.resumes, "resume TLS sessions");
    command.add_option("--tls-version", options.tls_version, "1.2, 1.3 or any")
        ->capture_default_str();
    command.add_option("--authority", options.authority,
                       "PEM file: the server's certificate must be signed by one of these");
    command.add_option("--certificate", options.certificate, "PEM file: the generator's own");
    command.add_option("--key", options.key, "PEM file: the key of --certificate");
}

void add_media_options(CLI::App& command, LoadOptions& options) {
    command.add_option("--calls", options.calls, "rtp: that talk at the same time")
        ->capture_default_str();
    command.add_flag("--media", options.has_media,
                     "calls: both ends talk (--codec, --ptime-ms, --bit-rate-bits-per-s, --rtcp "
                     "and --rtcp-mux say how)");
    command.add_option("--codec", options.codec, "rtp: media subtype name (IANA)")
        ->capture_default_str();
    command.add_option("--ptime-ms", options.ptime_ms, "rtp: speech in a packet [the codec's]");
    command.add_option("--bit-rate-bits-per-s", options.bit_rate_bits_per_s,
                       "rtp: of codecs with several [the codec's]");
    command
        .add_option("--encryption", options.encryption,
                    "rtp: none, sdes, or caller: sdes at the callers only (ng:)")
        ->capture_default_str();
    command.add_option("--srtp-suite", options.srtp_suite, "rtp: where --encryption is not none")
        ->capture_default_str();
    command.add_option("--rtcp", options.rtcp, "rtp: rfc3550 (the standard's interval) or none")
        ->capture_default_str();
    command.add_flag("--rtcp-mux", options.is_rtcp_muxed, "rtp: RTCP on the port of RTP");
    command.add_flag("--one-way", options.is_one_way, "rtp: only the callers talk");
    command.add_flag("--dtx", options.is_discontinuous,
                     "rtp: silence suppression, talkspurts and pauses of 1 s on average");
    command.add_option("--pid", options.process_ids,
                       "rtp: processes whose CPU time is told, e.g. of the relay");
}

constexpr std::array media_options{
    "--calls",      "--codec",      "--ptime-ms", "--bit-rate-bits-per-s",
    "--encryption", "--srtp-suite", "--rtcp",     "--rtcp-mux",
    "--one-way",    "--dtx",        "--pid"};
/// Of those, what calls with media take too.
constexpr std::array call_media_options{"--codec", "--ptime-ms", "--bit-rate-bits-per-s", "--rtcp",
                                        "--rtcp-mux"};
constexpr std::array common_options{"--rate-per-s", "--duration-s",    "--seed",   "--sockets",
                                    "--gather-ms",  "--no-keep-awake", "--source", "--format",
                                    "--out",        "--color",         "flow",     "target"};

template <typename Names>
bool has(const Names& names, const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

void check_flow_options(const LoadOptions& options) {
    Faults faults;
    const bool is_media = options.flow == "rtp";
    for (const std::string& name : options.given) {
        if (has(common_options, name) || has(media_options, name) == is_media) continue;
        if (options.has_media && has(call_media_options, name)) continue;
        if (is_media) {
            faults.add(name, "the flow rtp has no use for it", "leave it out");
        } else if (has(call_media_options, name)) {
            faults.add(name, "says how the ends of calls talk", "add --media, or leave it out");
        } else {
            faults.add(name, "only the flow rtp has it", "leave it out");
        }
    }
    faults.tell();
}

void add_load_options(CLI::App& command, LoadOptions& options) {
    std::string flows = "what each session does:";
    for (const engine::load::Flow& flow : engine::load::flows)
        flows += " " + std::string(flow.name);
    flows += " rtp";
    command.add_option("flow", options.flow, flows)->required();
    command
        .add_option("target", options.target,
                    "udp:IP:PORT, tcp:IP:PORT or tls:IP:PORT; for rtp ng:IP:PORT, an rtpengine's "
                    "control port, or udp:IP:PORT, what sends media back or on; udp:IP:0: none, "
                    "from end to end")
        ->required();
    add_traffic_options(command, options);
    add_socket_options(command, options);
    add_media_options(command, options);
    add_output_options(command, options.output);
}

void add_load(CLI::App& app, Exit& result) {
    CLI::App* command =
        app.add_subcommand("load", "offer a flow to a SIP server or a media relay, and measure it");
    const auto options = std::make_shared<LoadOptions>();
    add_load_options(*command, *options);
    command->callback([options, command, &result] {
        options->given = given_options(*command);
        result = run_load(*options);
    });
}

}  // namespace busyhour::cli
