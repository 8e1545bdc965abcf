#include "cli/calibrate_subject.h"

#include "busyhour/report/plan_json.h"
#include "cli/files.h"
#include "cli/load_faults.h"
#include "engine/io/address.h"
#include "engine/load/users.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <sstream>
#include <stdexcept>

namespace busyhour::cli {
namespace {

using engine::Peer;
using engine::Transport;
namespace measure = engine::measure;

std::optional<Peer>& place_of(measure::Subject& subject, bool is_ng, Transport transport) {
    if (is_ng) return subject.ng;
    if (transport == Transport::udp) return subject.udp;
    return transport == Transport::tcp ? subject.tcp : subject.tls;
}

/// "kamailio=udp:127.0.0.1:5060" into the subject.
void add_target(const std::string& text, measure::Subject& subject, Faults& faults) {
    const char* remedy =
        "NAME=udp:IP:PORT, tcp:, tls: or ng:, for example"
        " kamailio=udp:127.0.0.1:5060";
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
        faults.add("--target", "\"" + text + "\" names no server", remedy);
        return;
    }
    const std::string name = text.substr(0, equals);
    std::string address = text.substr(equals + 1);
    const bool is_ng = address.starts_with("ng:");
    if (is_ng) address = "udp:" + address.substr(3);
    const std::optional<Peer> peer = engine::io::parse_address(address);
    if (!peer || peer->port == 0) {
        faults.add("--target", "\"" + text + "\" has no address", remedy);
        return;
    }
    if (!subject.name.empty() && subject.name != name) {
        faults.add("--target", "\"" + name + "\" stands beside \"" + subject.name + "\"",
                   "one server at a time");
    }
    subject.name = name;
    std::optional<Peer>& place = place_of(subject, is_ng, peer->transport);
    if (place) faults.add("--target", "\"" + text + "\": a second one of this transport", "one");
    place = peer;
}

/// "0,1", as taskset(1) has it.
std::string words_of(const std::vector<int>& processors) {
    std::string words;
    for (const int processor : processors) {
        words += (words.empty() ? "" : ",") + std::to_string(processor);
    }
    return words;
}

std::vector<int> without(std::vector<int> processors, int processor) {
    std::erase(processors, processor);
    return processors;
}

/// The command that starts our own server on these processors.
std::vector<std::string> server_command(const std::string& key, int workers,
                                        const std::vector<int>& processors) {
    const std::string program = std::filesystem::read_symlink("/proc/self/exe");
    return {program,
            "server",
            "--listen",
            "udp:127.0.0.1:0",
            "--listen",
            "tcp:127.0.0.1:0",
            "--listen",
            "tls:127.0.0.1:0",
            "--tls-key",
            key,
            "--workers",
            std::to_string(workers),
            "--cpu",
            words_of(processors),
            "--media-relay",
            "127.0.0.1",
            "--media-cpu",
            words_of({processors.front()}),
            "--ng",
            "udp:127.0.0.1:0",
            "--contacts-max",
            "64",
            "--transactions-max",
            "1000000",
            "--media-ports",
            "20000-59999"};
}

/// Where the server listens: "ready udp:127.0.0.1:5060 tcp:... ng:...".
void read_ready_line(const std::string& line, measure::Subject& subject) {
    std::istringstream words(line);
    std::string word;
    while (words >> word) {
        if (word == "ready") continue;
        const bool is_ng = word.starts_with("ng:");
        const auto peer = engine::io::parse_address(is_ng ? "udp:" + word.substr(3) : word);
        if (!peer) throw std::runtime_error("the server did not become ready: " + word);
        place_of(subject, is_ng, peer->transport) = peer;
    }
}

}  // namespace

MeasuredServer::MeasuredServer(const CalibrateOptions& options) {
    if (options.targets.empty()) {
        start_own(options);
    } else {
        look_at_target(options);
    }
}

void MeasuredServer::start_own(const CalibrateOptions& options) {
    const std::vector<int> processors = measure::own_processors();
    const bool has_room = processors.size() > static_cast<std::size_t>(options.workers);
    std::vector<int> servers = processors;
    if (processors.size() > 1) servers.pop_back();
    if (servers.size() > static_cast<std::size_t>(options.workers)) {
        servers.resize(static_cast<std::size_t>(options.workers));
    }
    child_ = std::make_unique<measure::ChildProcess>(
        server_command(options.tls_key, options.workers, servers), -1);
    read_ready_line(child_->next_line(10), subject_);
    name_ = "busyhour " + version();
    subject_.name = "reference";
    subject_.process_ids = {child_->id()};
    subject_.processors = servers;
    subject_.cores_number = static_cast<double>(servers.size());
    subject_.handshake_key = options.tls_key;
    if (!has_room) {
        doubts_.push_back(
            fmt::format("server and generator share {} processors: they take them"
                        " from each other",
                        processors.size()));
    }
    if (processors.size() > 1) measure::run_on(processors.back());
}

void MeasuredServer::look_at_target(const CalibrateOptions& options) {
    Faults faults;
    for (const std::string& target : options.targets) add_target(target, subject_, faults);
    if (options.process_id) {
        subject_.process_ids = measure::process_tree(*options.process_id);
        if (subject_.process_ids.empty()) {
            faults.add("--pid", "there is no process " + std::to_string(*options.process_id),
                       "the pid of the target, or none for a server elsewhere");
        }
    }
    faults.tell();
    name_ = subject_.name;
    if (!options.server_version.empty()) name_ += " " + options.server_version;
    subject_.handshake_key = options.tls_key;
    if (!options.users_file.empty()) {
        const std::optional<Peer>& any = subject_.udp   ? subject_.udp
                                         : subject_.tcp ? subject_.tcp
                                                        : subject_.tls;
        const std::string domain = any ? engine::io::host_text(*any) : "localhost";
        subject_.users =
            engine::load::read_users(read_file(options.users_file), options.users_file, domain);
    }
    choose_processors(options);
}

void MeasuredServer::choose_processors(const CalibrateOptions& options) {
    if (subject_.process_ids.empty()) {
        subject_.cores_number = options.cores_number.value_or(1);
        doubts_.push_back(options.cores_number
                              ? "without --pid no CPU time is read: costs come from capacities"
                              : "without --pid and --cores only capacities are found");
        return;
    }
    std::vector<int> processors = measure::processors_of(subject_.process_ids);
    const std::vector<int> ours = measure::own_processors();
    const int last = ours.back();
    const bool is_shared =
        std::find(processors.begin(), processors.end(), last) != processors.end();
    const std::vector<int> rest = without(processors, last);
    if (is_shared && !rest.empty() && !options.leaves_processors) {
        pinned_ = std::make_unique<measure::PinnedProcesses>(subject_.process_ids, rest);
        doubts_.push_back(
            fmt::format("the target's processes ran on processors {} only, away from the "
                        "generator's (--no-pin)",
                        words_of(rest)));
        processors = rest;
    } else if (is_shared) {
        doubts_.push_back("server and generator share processors: they take them from each other");
    }
    const bool can_move = !is_shared || pinned_ != nullptr;
    if (can_move) measure::run_on(last);
    subject_.processors = processors;
    subject_.cores_number = options.cores_number.value_or(
        static_cast<double>(std::max<std::size_t>(processors.size(), 1)));
}

}  // namespace busyhour::cli
