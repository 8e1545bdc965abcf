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
    std::optional<Peer>& place = is_ng                               ? subject.ng
                                 : peer->transport == Transport::udp ? subject.udp
                                 : peer->transport == Transport::tcp ? subject.tcp
                                                                     : subject.tls;
    if (place) faults.add("--target", "\"" + text + "\": a second one of this transport", "one");
    place = peer;
}

/// The version that "NAME -v" or "--version" tells is not asked: a pid may be of any program.
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
    const std::string program = std::filesystem::read_symlink("/proc/self/exe");
    child_ = std::make_unique<measure::ChildProcess>(
        std::vector<std::string>{program,
                                 "server",
                                 "--listen",
                                 "udp:127.0.0.1:0",
                                 "--listen",
                                 "tcp:127.0.0.1:0",
                                 "--listen",
                                 "tls:127.0.0.1:0",
                                 "--tls-key",
                                 options.tls_key == "rsa-2048" ? "rsa-2048" : "ecdsa-p256",
                                 "--workers",
                                 std::to_string(options.workers),
                                 "--cpu",
                                 words_of(servers),
                                 "--media-relay",
                                 "127.0.0.1",
                                 "--media-cpu",
                                 words_of({servers.front()}),
                                 "--ng",
                                 "udp:127.0.0.1:0",
                                 "--contacts-max",
                                 "64",
                                 "--transactions-max",
                                 "1000000",
                                 "--media-ports",
                                 "20000-59999"},
        -1);
    std::istringstream ready(child_->next_line(10));
    std::string word;
    while (ready >> word) {
        if (word == "ready") continue;
        const bool is_ng = word.starts_with("ng:");
        const auto peer = engine::io::parse_address(is_ng ? "udp:" + word.substr(3) : word);
        if (!peer) throw std::runtime_error("the server did not become ready: " + word);
        std::optional<Peer>& place = is_ng                               ? subject_.ng
                                     : peer->transport == Transport::udp ? subject_.udp
                                     : peer->transport == Transport::tcp ? subject_.tcp
                                                                         : subject_.tls;
        place = peer;
    }
    name_ = "busyhour " + version();
    subject_.name = "reference";
    subject_.process_ids = {child_->id()};
    subject_.processors = servers;
    subject_.cores_number = static_cast<double>(servers.size());
    subject_.handshake_key = options.tls_key == "rsa-2048" ? "rsa-2048" : "ecdsa-p256";
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
    if (options.tls_key == "rsa-2048") subject_.handshake_key = "rsa-2048";
    if (options.tls_key == "rsa-4096") subject_.handshake_key = "rsa-4096";
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
