#include "cli/server_media.h"

#include "cli/server_options.h"
#include "engine/io/address.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <string_view>

namespace busyhour::cli {
namespace {

constexpr const char* ports_remedy = "FIRST-LAST with room for two pairs, e.g. 10000-59999";

/// "10000-59999".
bool read_ports(std::string_view text, engine::MediaRelayOptions& options) {
    const char* end = text.data() + text.size();
    const auto [dash, first_error] = std::from_chars(text.data(), end, options.port_first);
    if (first_error != std::errc{} || dash == end || *dash != '-') return false;
    const auto [rest, last_error] = std::from_chars(dash + 1, end, options.port_last);
    if (last_error != std::errc{} || rest != end) return false;
    return options.port_first >= 1024 && options.port_last >= (options.port_first + 1) / 2 * 2 + 3;
}

/// Whether anything but the address was given.
bool is_asked_for(const ServerMedia& media) {
    const ServerMedia defaults;
    return media.ports != defaults.ports || !media.cpus.empty() || !media.recorder.empty() ||
           !media.ng.empty() || media.media_max != defaults.media_max ||
           media.workers != defaults.workers || media.encryption != defaults.encryption ||
           std::abs(media.silence_s - defaults.silence_s) > 0;
}

/// An IP address, IPv6 with or without brackets.
engine::Peer relay_address(const std::string& text, Problems& problems) {
    const bool lacks_brackets = text.find(':') != std::string::npos && text.front() != '[';
    const auto address =
        engine::io::parse_address("udp:" + (lacks_brackets ? "[" + text + "]" : text) + ":0");
    const bool is_any = address == engine::io::parse_address("udp:0.0.0.0:0") ||
                        address == engine::io::parse_address("udp:[::]:0");
    if (address && !is_any) return *address;
    problems.push_back({"--media-relay", "no address of a host \"" + text + "\"",
                        "one IP address of this host, as descriptions are to show it"});
    return {};
}

/// Nothing where none was given.
std::optional<engine::Peer> udp_address(const char* option, const std::string& text,
                                        Problems& problems) {
    if (text.empty()) return std::nullopt;
    const auto address = engine::io::parse_address(text);
    if (address && address->transport == engine::Transport::udp) return address;
    problems.push_back({option, "no address \"" + text + "\"", "e.g. udp:127.0.0.1:2223"});
    return std::nullopt;
}

}  // namespace

void add_media(CLI::App& app, ServerMedia& media) {
    app.add_option("--media-relay", media.address,
                   "IP address of a media relay: RTP of all calls goes by it [round the server]");
    app.add_option("--media-ports", media.ports, "FIRST-LAST, two pairs for each medium")
        ->capture_default_str();
    app.add_option("--media-max", media.media_max, "media at a time")->capture_default_str();
    app.add_option("--media-workers", media.workers, "threads of the relay")->capture_default_str();
    app.add_option("--media-cpu", media.cpus, "processors they run on, as --cpu [any]");
    app.add_option("--media-silence-s", media.silence_s, "a medium without a packet is closed")
        ->capture_default_str();
    app.add_option("--media-recorder", media.recorder,
                   "udp:IP:PORT that gets a copy of all RTP, plain [none]");
    app.add_option("--media-encryption", media.encryption,
                   "what callees are offered: same (as the caller does), none or sdes")
        ->capture_default_str();
    app.add_option("--ng", media.ng,
                   "udp:IP:PORT: serves rtpengine's control protocol for the relay [not]");
}

void check_media(const ServerMedia& media, engine::SipServerOptions& options,
                 std::vector<Problem>& problems) {
    if (media.address.empty()) {
        if (is_asked_for(media)) {
            problems.push_back({"--media-relay", "is needed for --ng and all --media options",
                                "the IP address of the relay"});
        }
        return;
    }
    engine::MediaRelayOptions relay;
    relay.address = relay_address(media.address, problems);
    if (!read_ports(media.ports, relay)) {
        problems.push_back({"--media-ports", "no ports \"" + media.ports + "\"", ports_remedy});
    }
    relay.cpus = parse_cpus("--media-cpu", media.cpus, problems);
    check_range<std::size_t>("--media-max", media.media_max, 1, 100'000, problems);
    check_range("--media-workers", media.workers, 1, 256, problems);
    check_range("--media-silence-s", media.silence_s, 1.0, 86400.0, problems);
    relay.media_max = media.media_max;
    relay.workers = static_cast<unsigned>(std::max(1, media.workers));
    if (media.silence_s >= 1 && media.silence_s <= 86400) {
        relay.silence = duration_of(media.silence_s);
    }
    relay.recorder = udp_address("--media-recorder", media.recorder, problems);
    options.ng = udp_address("--ng", media.ng, problems);
    options.media_protection = static_cast<engine::sip::MediaProtection>(
        chosen("--media-encryption", media.encryption, {"same", "none", "sdes"}, problems));
    options.media = relay;
}

}  // namespace busyhour::cli
