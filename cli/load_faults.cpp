#include "cli/load_faults.h"

#include "cli/output.h"
#include "engine/io/address.h"
#include "engine/io/udp_socket.h"

#include <fmt/format.h>

#include <cmath>
#include <csignal>
#include <unistd.h>

namespace busyhour::cli {
namespace {

std::atomic<int> interrupts{0};

void interrupt(int /*signal*/) {
    if (interrupts.fetch_add(1) > 0) _exit(static_cast<int>(Exit::interrupted));
}

}  // namespace

void Faults::expect(bool is_right, const char* where, double value, const char* range) {
    if (!is_right) add(where, fmt::format("{} is out of range", value), range);
}

void Faults::tell() const {
    if (!problems_.empty()) throw InputError(problems_);
}

engine::Duration to_duration(double time_s) {
    return engine::Duration(std::llround(time_s * 1e9));
}

std::vector<engine::Peer> sources_of(const std::vector<std::string>& texts,
                                     const engine::Peer& target, Faults& faults) {
    std::vector<engine::Peer> sources;
    for (const std::string& text : texts) {
        const bool is_ipv6 = text.find(':') != text.npos && !text.starts_with('[');
        const std::string host = is_ipv6 ? "[" + text + "]" : text;
        const auto source = engine::io::parse_address("udp:" + host + ":0");
        if (!source) {
            faults.add("--source", "\"" + text + "\" is no IP address", "for example 127.0.0.2");
        } else if (engine::io::is_ipv4(*source) != engine::io::is_ipv4(target)) {
            faults.add("--source", "\"" + text + "\" is of another IP version than the target",
                       "an address of the same one");
        } else {
            sources.push_back(*source);
        }
    }
    if (!texts.empty()) return sources;
    return {engine::io::local_address_towards(target)};
}

const std::atomic<int>& catch_interrupts() {
    struct sigaction action {};
    action.sa_handler = interrupt;
    sigaction(SIGINT, &action, nullptr);
    sigaction(SIGTERM, &action, nullptr);
    return interrupts;
}

}  // namespace busyhour::cli
