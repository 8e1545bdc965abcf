#include "cli/server_media.h"

#include "cli/server_options.h"
#include "engine/io/address.h"

#include <fmt/format.h>

#include <charconv>
#include <chrono>

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
}

std::optional<engine::MediaRelayOptions> checked_media(const ServerMedia& media,
                                                       std::vector<Problem>& problems) {
    const ServerMedia defaults;
    const bool is_default = media.ports == defaults.ports && media.cpus.empty() &&
                            media.recorder.empty() && media.media_max == defaults.media_max &&
                            media.workers == defaults.workers;
    if (media.address.empty()) {
        if (!is_default) {
            problems.push_back({"--media-relay", "is needed for other --media options",
                                "the IP address of the relay"});
        }
        return std::nullopt;
    }
    engine::MediaRelayOptions options;
    const bool is_plain_ipv6 =
        media.address.find(':') != std::string::npos && media.address.front() != '[';
    const auto address = engine::io::parse_address(
        (is_plain_ipv6 ? "udp:[" + media.address + "]" : "udp:" + media.address) + ":0");
    const bool is_any =
        address && *address == engine::io::parse_address(
                                   engine::io::is_ipv4(*address) ? "udp:0.0.0.0:0" : "udp:[::]:0");
    if (!address || is_any) {
        problems.push_back({"--media-relay", "no address of a host \"" + media.address + "\"",
                            "one IP address of this host, as descriptions show it"});
    } else {
        options.address = *address;
    }
    if (!read_ports(media.ports, options)) {
        problems.push_back({"--media-ports", "no ports \"" + media.ports + "\"", ports_remedy});
    }
    options.cpus = parse_cpus("--media-cpu", media.cpus, problems);
    check_range<std::size_t>("--media-max", media.media_max, 1, 100'000, problems);
    check_range("--media-workers", media.workers, 1, 256, problems);
    check_range("--media-silence-s", media.silence_s, 1.0, 86400.0, problems);
    options.media_max = media.media_max;
    options.workers = static_cast<unsigned>(std::max(1, media.workers));
    if (media.silence_s >= 1 && media.silence_s <= 86400) {
        options.silence = duration_of(media.silence_s);
    }
    if (!media.recorder.empty()) {
        options.recorder = engine::io::parse_address(media.recorder);
        if (!options.recorder || options.recorder->transport != engine::Transport::udp) {
            problems.push_back({"--media-recorder", "no address \"" + media.recorder + "\"",
                                "e.g. udp:127.0.0.1:9000"});
        }
    }
    return options;
}

}  // namespace busyhour::cli
