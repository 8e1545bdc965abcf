#include "busyhour/catalog/csv.h"
#include "busyhour/catalog/nearest.h"
#include "busyhour/error.h"
#include "cli/commands.h"
#include "cli/files.h"
#include "cli/server_media.h"
#include "cli/server_options.h"
#include "cli/server_summary.h"
#include "engine/io/address.h"
#include "engine/sip_server.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <csignal>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

namespace busyhour::cli {
namespace {

using engine::SipServerOptions;

struct ServerCommand {
    std::vector<std::string> listen;
    std::string cpus;
    std::string authentication = "none";
    std::vector<std::string> digest{"md5", "sha256"};
    std::string users_file;
    std::string tls_version = "any";
    std::string tls_key = "ecdsa-p256";
    bool has_no_tickets = false;
    int workers = 1;
    double handshake_timeout_s = 10;
    double first_message_timeout_s = 120;
    double message_timeout_s = 10;
    double idle_timeout_s = 3900;
    double overload_delay_s = 1;
    std::int64_t retry_after_s = 5;
    std::int64_t expires_default_s = 3600;
    std::int64_t expires_min_s = 60;
    std::int64_t expires_max_s = 7200;
    SipServerOptions server{.listen = {}};
    ServerMedia media{};
    OutputOptions output{"json", {}, "auto"};
};

std::vector<engine::Peer> listen_addresses(const std::vector<std::string>& texts,
                                           Problems& problems) {
    constexpr std::size_t listeners_max = 64;
    std::vector<engine::Peer> peers;
    const char* remedy = "e.g. udp:127.0.0.1:5060, tcp:0.0.0.0:5060 or tls:[::1]:5061";
    for (const std::string& text : texts) {
        const std::optional<engine::Peer> peer = engine::io::parse_address(text);
        if (peer) peers.push_back(*peer);
        if (!peer) problems.push_back({"--listen", "no address \"" + text + "\"", remedy});
    }
    if (texts.empty()) problems.push_back({"--listen", "is needed", remedy});
    if (texts.size() > listeners_max) problems.push_back({"--listen", "more than 64", ""});
    return peers;
}

std::vector<engine::Credentials> read_users(const std::string& file) {
    const CsvTable table = parse_csv(read_file(file), file);
    const auto column = [&](const char* name) {
        const auto found = std::find(table.columns.begin(), table.columns.end(), name);
        if (found == table.columns.end()) {
            throw InputError(file, fmt::format("has no column \"{}\"", name),
                             "the first line is: user,password");
        }
        return static_cast<std::size_t>(found - table.columns.begin());
    };
    const std::size_t user = column("user");
    const std::size_t password = column("password");
    std::vector<engine::Credentials> users;
    for (std::size_t row = 0; row < table.rows(); ++row) {
        users.emplace_back(table.cell(row, user), table.cell(row, password));
    }
    return users;
}

void check_authentication(const ServerCommand& command, SipServerOptions& options,
                          Problems& problems) {
    using engine::sip::Authentication;
    const bool is_digest =
        chosen("--authentication", command.authentication, {"none", "digest"}, problems) == 1;
    options.sip.register_authentication = is_digest ? Authentication::digest : Authentication::none;
    options.sip.invite_authentication = options.sip.register_authentication;
    options.sip.digest_algorithms.clear();
    for (const std::string& name : command.digest) {
        using engine::sip::DigestAlgorithm;
        const bool is_sha256 = chosen("--digest", name, {"md5", "sha256"}, problems) == 1;
        options.sip.digest_algorithms.push_back(is_sha256 ? DigestAlgorithm::sha256
                                                          : DigestAlgorithm::md5);
    }
    if (is_digest && command.users_file.empty()) {
        problems.push_back({"--users", "is needed for --authentication digest",
                            "a CSV file with the columns user and password"});
    }
    if (!is_digest && !command.users_file.empty()) {
        problems.push_back({"--users", "without --authentication digest nobody is asked",
                            "add --authentication digest"});
    }
}

void check_times(const ServerCommand& command, SipServerOptions& options, Problems& problems) {
    constexpr double timeout_max_s = 1e6;
    for (const auto& [option, time_s, time] :
         {std::tuple("--handshake-timeout-s", command.handshake_timeout_s,
                     &options.streams.handshake),
          std::tuple("--first-message-timeout-s", command.first_message_timeout_s,
                     &options.streams.first_message),
          std::tuple("--message-timeout-s", command.message_timeout_s,
                     &options.streams.rest_of_message),
          std::tuple("--idle-timeout-s", command.idle_timeout_s, &options.streams.idle),
          std::tuple("--overload-delay-s", command.overload_delay_s,
                     &options.sip.overload.queue_delay)}) {
        check_range(option, time_s, 1e-3, timeout_max_s, problems);
        if (std::abs(time_s) <= timeout_max_s) *time = duration_of(time_s);
    }
    constexpr std::int64_t expires_max_s = 4294967295;  // rfc3261 20.19
    check_range<std::int64_t>("--expires-min-s", command.expires_min_s, 1, expires_max_s, problems);
    check_range("--expires-default-s", command.expires_default_s, command.expires_min_s,
                expires_max_s, problems);
    check_range("--expires-max-s", command.expires_max_s, command.expires_default_s, expires_max_s,
                problems);
    check_range<std::int64_t>("--retry-after-s", command.retry_after_s, 1, 86400, problems);
    options.sip.expires_min = std::chrono::seconds(command.expires_min_s);
    options.sip.expires_default = std::chrono::seconds(command.expires_default_s);
    options.sip.expires_max = std::chrono::seconds(command.expires_max_s);
    options.sip.overload.retry_after = std::chrono::seconds(command.retry_after_s);
}

void check_capacities(const SipServerOptions& options, Problems& problems) {
    constexpr std::size_t one = 1;
    const auto& capacities = options.sip.capacities;
    check_range("--bindings-max", capacities.bindings, one, std::size_t{100'000'000}, problems);
    check_range("--contacts-max", capacities.contacts_per_aor, one, std::size_t{100}, problems);
    check_range("--transactions-max", capacities.transactions, one, std::size_t{1} << 22U,
                problems);
    check_range("--nonces-max", capacities.nonces, one, std::size_t{1} << 24U, problems);
    check_range("--connections-max", options.streams.connections_max, one,
                engine::io::StreamTable::size_max, problems);
}

/// All faults of the command line at once.
SipServerOptions checked(const ServerCommand& command) {
    Problems problems;
    SipServerOptions options = command.server;
    options.listen = listen_addresses(command.listen, problems);
    options.cpus = parse_cpus("--cpu", command.cpus, problems);
    check_range("--workers", command.workers, 1, 256, problems);
    options.workers = static_cast<unsigned>(command.workers);
    using engine::io::KeyKind;
    using engine::io::TlsVersion;
    options.tls.version = static_cast<TlsVersion>(
        chosen("--tls-version", command.tls_version, {"any", "1.2", "1.3"}, problems));
    options.tls.self_made = static_cast<KeyKind>(
        chosen("--tls-key", command.tls_key, {"ecdsa-p256", "rsa-2048"}, problems));
    options.tls.has_tickets = !command.has_no_tickets;
    if (options.tls.certificate_file.empty() && !options.tls.key_file.empty()) {
        problems.push_back({"--key", "belongs to a certificate", "add --certificate FILE"});
    }
    check_authentication(command, options, problems);
    check_times(command, options, problems);
    check_capacities(options, problems);
    check_media(command.media, options, problems);
    if (!problems.empty()) throw InputError(problems);
    if (!command.users_file.empty()) options.users = read_users(command.users_file);
    return options;
}

/// The signals that stop a server, kept from every thread that is started from now on.
sigset_t block_stop_signals() {
    sigset_t signals{};
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    return signals;
}

void serve(const ServerCommand& command) {
    check_output_options(command.output);
    const SipServerOptions options = checked(command);
    const sigset_t signals = block_stop_signals();
    engine::SipServer server(options);
    server.start();
    std::string ready = "ready";
    for (const engine::Peer& peer : server.listening()) ready += " " + engine::io::to_text(peer);
    if (const auto ng = server.ng_listening()) ready += " ng:" + engine::io::to_text(*ng).substr(4);
    fmt::print(stderr, "{}\n", ready);
    int signal = 0;
    sigwait(&signals, &signal);
    sigset_t interrupt{};  // a second Ctrl-C ends the program at once; timeout(1) sends TERM twice
    sigemptyset(&interrupt);
    if (signal == SIGINT) sigaddset(&interrupt, SIGINT);
    pthread_sigmask(SIG_UNBLOCK, &interrupt, nullptr);
    const engine::SipServerSummary summary = server.stop();
    write_outputs(command.output, render_summary(summary));
}

void add_tls(CLI::App& app, ServerCommand& command) {
    app.add_option("--certificate", command.server.tls.certificate_file,
                   "PEM file with its chain; without it the server makes its own");
    app.add_option("--key", command.server.tls.key_file, "PEM file [in the certificate's]");
    app.add_option("--tls-key", command.tls_key, "of the self-made one: ecdsa-p256 or rsa-2048")
        ->capture_default_str();
    app.add_option("--tls-version", command.tls_version, "any, 1.2 or 1.3")->capture_default_str();
    app.add_option("--client-ca", command.server.tls.authority_file,
                   "PEM file: clients must show a certificate that one of these has signed");
    app.add_flag("--no-tickets", command.has_no_tickets, "no TLS session is resumed");
}

void add_registrar(CLI::App& app, ServerCommand& command) {
    app.add_option("--authentication", command.authentication, "none or digest")
        ->capture_default_str();
    app.add_option("--digest", command.digest,
                   "md5, sha256 or both with a comma: offered in this order [md5,sha256]")
        ->delimiter(',');
    app.add_option("--users", command.users_file, "CSV file: user,password");
    app.add_option("--realm", command.server.sip.realm, "of digest")->capture_default_str();
    app.add_option("--domain", command.server.sip.domains,
                   "served; may be repeated [whatever a request says]");
    app.add_flag("--relay-foreign", command.server.sip.relays_foreign_domains,
                 "relay to other domains too [403]");
    app.add_option("--expires-default-s", command.expires_default_s, "of a binding")
        ->capture_default_str();
    app.add_option("--expires-min-s", command.expires_min_s, "less gets 423")
        ->capture_default_str();
    app.add_option("--expires-max-s", command.expires_max_s, "more is cut to this")
        ->capture_default_str();
}

void add_limits(CLI::App& app, ServerCommand& command) {
    auto& capacities = command.server.sip.capacities;
    app.add_option("--bindings-max", capacities.bindings, "of all workers")->capture_default_str();
    app.add_option("--contacts-max", capacities.contacts_per_aor, "of one user")
        ->capture_default_str();
    app.add_option("--transactions-max", capacities.transactions, "of a worker")
        ->capture_default_str();
    app.add_option("--nonces-max", capacities.nonces, "of a worker")->capture_default_str();
    app.add_option("--connections-max", command.server.streams.connections_max, "of a worker")
        ->capture_default_str();
    app.add_option("--handshake-timeout-s", command.handshake_timeout_s, "of TLS")
        ->capture_default_str();
    app.add_option("--first-message-timeout-s", command.first_message_timeout_s,
                   "of a connection that has sent none yet")
        ->capture_default_str();
    app.add_option("--message-timeout-s", command.message_timeout_s,
                   "from its first octet to its last")
        ->capture_default_str();
    app.add_option("--idle-timeout-s", command.idle_timeout_s, "between messages")
        ->capture_default_str();
    app.add_option("--overload-delay-s", command.overload_delay_s,
                   "503 to new work where a message has waited for longer")
        ->capture_default_str();
    app.add_option("--retry-after-s", command.retry_after_s, "what a 503 says")
        ->capture_default_str();
}

}  // namespace

void add_server(CLI::App& app, Exit& result) {
    CLI::App* command =
        app.add_subcommand("server", "the reference SIP server: registrar and stateful proxy");
    const auto options = std::make_shared<ServerCommand>();
    command->add_option("--listen", options->listen,
                        "udp:IP:PORT, tcp:IP:PORT or tls:IP:PORT; port 0 is any; may be repeated");
    command->add_option("--advertise", options->server.host,
                        "host that others reach this one by [the address listened on]");
    command->add_option("--workers", options->workers, "threads, 1 to 256")->capture_default_str();
    command->add_option("--cpu", options->cpus, "processors the workers run on, e.g. 0,2-3");
    add_tls(*command, *options);
    add_registrar(*command, *options);
    add_limits(*command, *options);
    add_media(*command, options->media);
    add_output_options(*command, options->output);
    command->callback([options, command, &result] {
        options->media.given = given_options(*command);
        serve(*options);
        result = Exit::done;
    });
}

}  // namespace busyhour::cli
