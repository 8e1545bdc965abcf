#include "cli/server_media.h"

#include "cli/server_options.h"
#include "engine/io/address.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>

namespace busyhour::cli {
namespace {

constexpr const char* ports_remedy =
    "FIRST-LAST from 1024 to 65535 with two even ports and those after them, e.g. 10000-59999";

/// "10000-59999".
bool read_ports(std::string_view text, engine::MediaRelayOptions& options) {
    const char* end = text.data() + text.size();
    const auto [dash, first_error] = std::from_chars(text.data(), end, options.port_first);
    if (first_error != std::errc{} || dash == end || *dash != '-') return false;
    const auto [rest, last_error] = std::from_chars(dash + 1, end, options.port_last);
    if (last_error != std::errc{} || rest != end) return false;
    return options.port_first >= 1024 && options.port_last >= (options.port_first + 1) / 2 * 2 + 3;
}

bool is_given(const ServerMedia& media, std::string_view option) {
    return std::find(media.given.begin(), media.given.end(), option) != media.given.end();
}

/// The options that are nothing without a relay.
void refuse_without_relay(const ServerMedia& media, Problems& problems) {
    for (const std::string& option : media.given) {
        if (option != "--ng" && !option.starts_with("--media-")) continue;
        problems.push_back({option, "is of the media relay, which is off", "add --media-relay IP"});
    }
}

bool is_multicast(const engine::Peer& peer) {
    constexpr std::uint8_t ipv6_prefix = 0xff;  // rfc4291 2.7
    if (!engine::io::is_ipv4(peer)) return peer.address[0] == ipv6_prefix;
    return peer.address[12] >= 224 && peer.address[12] <= 239;  // rfc5771 3
}

/// An IP address, IPv6 with or without brackets.
engine::Peer relay_address(const std::string& text, Problems& problems) {
    const bool lacks_brackets = text.find(':') != text.npos && !text.starts_with('[');
    const auto address =
        engine::io::parse_address("udp:" + (lacks_brackets ? "[" + text + "]" : text) + ":0");
    const bool is_any = address == engine::io::parse_address("udp:0.0.0.0:0") ||
                        address == engine::io::parse_address("udp:[::]:0");
    if (address && !is_any && !is_multicast(*address)) return *address;
    problems.push_back({"--media-relay", "\"" + text + "\" is no IP address of one host",
                        "one of this host, as session descriptions are to show it"});
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

/// What the relay's sockets can send to.
void check_recorder(const std::string& text, const engine::MediaRelayOptions& relay,
                    Problems& problems) {
    if (!relay.recorder) return;
    if (relay.recorder->port == 0) {
        problems.push_back({"--media-recorder", "no port in \"" + text + "\"",
                            "the port that the recorder listens on"});
    }
    const bool is_known = relay.address != engine::Peer{};
    if (is_known && engine::io::is_ipv4(*relay.recorder) != engine::io::is_ipv4(relay.address)) {
        problems.push_back({"--media-recorder", "is of another IP version than --media-relay",
                            "an address of the same one"});
    }
}

/// Where somebody asked for so many, they must fit into the ports.
void check_room(const ServerMedia& media, const engine::MediaRelayOptions& relay,
                Problems& problems) {
    const std::size_t first_even = (relay.port_first + std::size_t{1}) / 2 * 2;
    const std::size_t media_max = (relay.port_last + std::size_t{1} - first_even) / 4;
    if (!is_given(media, "--media-max") || media.media_max <= media_max) return;
    problems.push_back(
        {"--media-max",
         fmt::format("the ports {} are enough for {} media only", media.ports, media_max),
         fmt::format("{} or less, or more --media-ports", media_max)});
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
    if (!is_given(media, "--media-relay")) return refuse_without_relay(media, problems);
    engine::MediaRelayOptions relay;
    relay.address = relay_address(media.address, problems);
    if (read_ports(media.ports, relay)) {
        check_room(media, relay, problems);
    } else {
        problems.push_back(
            {"--media-ports", "no room for a call in \"" + media.ports + "\"", ports_remedy});
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
    check_recorder(media.recorder, relay, problems);
    options.ng = udp_address("--ng", media.ng, problems);
    options.media_protection = static_cast<engine::sip::MediaProtection>(
        chosen("--media-encryption", media.encryption, {"same", "none", "sdes"}, problems));
    options.media = relay;
}

}  // namespace busyhour::cli
