#include "busyhour/error.h"
#include "busyhour/report/visible.h"
#include "cli/commands.h"
#include "cli/files.h"
#include "cli/load_faults.h"
#include "cli/load_options.h"
#include "cli/load_report.h"
#include "cli/load_rtp.h"
#include "engine/load/runner.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <memory>
#include <numeric>
#include <random>
#include <unistd.h>

namespace busyhour::cli {
namespace {

namespace load = engine::load;
using engine::Peer;
using engine::Transport;

load::Flow flow_of(const LoadOptions& options, Faults& faults) {
    if (const load::Flow* flow = load::find_flow(options.flow)) return *flow;
    std::vector<std::string> names;
    for (const load::Flow& flow : load::flows) names.emplace_back(flow.name);
    names.emplace_back("rtp");
    faults.add("FLOW", "no flow \"" + options.flow + "\"", suggestion(options.flow, names));
    return load::flows.front();
}

Peer target_of(const LoadOptions& options, Faults& faults) {
    const auto target = engine::io::parse_address(options.target);
    if (target && target->port != 0) return *target;
    faults.add("TARGET", "\"" + options.target + "\" is no address",
               "udp:IP:PORT, tcp:IP:PORT or tls:IP:PORT, for example udp:127.0.0.1:5060");
    return {};
}

/// "127.0.0.1" of an address; an IPv6 one in its brackets.
std::string host_of(const Peer& peer) {
    const std::string text = engine::io::to_text(peer).substr(4);
    return text.substr(0, text.rfind(':'));
}

std::vector<load::User> users_of(const LoadOptions& options, const std::string& domain,
                                 Faults& faults) {
    const bool is_number = options.users.find_first_not_of("0123456789") == std::string::npos &&
                           !options.users.empty();
    if (!is_number) return load::read_users(read_file(options.users), options.users, domain);
    const double users_number = std::strtod(options.users.c_str(), nullptr);
    const bool is_right = users_number >= 1 && users_number <= 5e6;
    faults.expect(is_right, "--users", users_number, "1 to 5,000,000, or a CSV file");
    if (!is_right) return {{"user", "", domain}};
    const bool ends_with_user = options.password.ends_with("-USER");
    const std::string password =
        ends_with_user ? options.password.substr(0, options.password.size() - 5) : options.password;
    return load::generate_users(
        static_cast<std::size_t>(users_number),
        {.domain = domain, .password = password, .password_ends_with_name = ends_with_user});
}

/// In which sessions are offered: as asked, else so long that --count of them are, else 10 s.
double duration_s(const LoadOptions& options) {
    constexpr double standard_s = 10;
    if (options.given_duration_s || !options.count) {
        return options.given_duration_s.value_or(standard_s);
    }
    double rates_per_s = options.rate_per_s;
    double parts = 1;
    if (!options.steps_per_s.empty()) {
        rates_per_s = std::accumulate(options.steps_per_s.begin(), options.steps_per_s.end(), 0.0);
        parts = static_cast<double>(options.steps_per_s.size());
    } else if (options.ramp_to_per_s) {
        rates_per_s += *options.ramp_to_per_s;
        parts = 2;
    }
    // A Poisson process may take longer, by many deviations at most; --count ends it.
    const double longer = options.arrivals == "regular" ? 1 : 1 + 8 / std::sqrt(*options.count);
    return *options.count * parts / rates_per_s * longer;
}

std::vector<load::RateSegment> segments_of(const LoadOptions& options, const load::Flow& flow,
                                           std::size_t users_number) {
    if (flow.retries) {
        const double rate_per_s = static_cast<double>(users_number) / options.window_s;
        return {{rate_per_s, rate_per_s, options.window_s}};
    }
    if (options.steps_per_s.empty()) {
        const double end_per_s = options.ramp_to_per_s.value_or(options.rate_per_s);
        return {{options.rate_per_s, end_per_s, duration_s(options)}};
    }
    std::vector<load::RateSegment> segments;
    const double step_s = duration_s(options) / static_cast<double>(options.steps_per_s.size());
    for (const double rate_per_s : options.steps_per_s) {
        segments.push_back({rate_per_s, rate_per_s, step_s});
    }
    return segments;
}

void check_numbers(const LoadOptions& options, Faults& faults) {
    const auto is_in = [](double value, double low, double high) {
        return value >= low && value <= high;
    };
    const double rate_max = 5e6;
    std::vector<double> rates = options.steps_per_s;
    if (options.steps_per_s.empty()) rates.push_back(options.rate_per_s);
    for (const double rate : rates) {
        faults.expect(is_in(rate, 1e-3, rate_max), "--rate-per-s, --steps-per-s", rate,
                      "0.001 to 5,000,000");
    }
    if (options.ramp_to_per_s) {
        faults.expect(is_in(*options.ramp_to_per_s, 0, rate_max), "--ramp-to-per-s",
                      *options.ramp_to_per_s, "0 to 5,000,000");
    }
    const bool is_given = options.given_duration_s.has_value();
    faults.expect(is_in(duration_s(options), is_given ? 0.01 : 0, 86400),
                  is_given ? "--duration-s" : "--count at this rate takes seconds that",
                  duration_s(options), "0.01 to 86,400");
    faults.expect(is_in(options.window_s, 0.001, 86400), "--window-s", options.window_s,
                  "0.001 to 86,400");
    if (options.count) {
        const bool is_whole = std::floor(*options.count) == *options.count;
        faults.expect(is_whole && is_in(*options.count, 1, 1e8), "--count", *options.count,
                      "whole numbers from 1 to 100,000,000");
    }
    faults.expect(is_in(options.expires_s, 0, 4294967295.0), "--expires-s", options.expires_s,
                  "0 to 4,294,967,295");
    faults.expect(is_in(options.ring_s, 0, 180), "--ring-s", options.ring_s, "0 to 180");
    faults.expect(is_in(options.hold_s, 0, 86400), "--hold-s", options.hold_s, "0 to 86,400");
    faults.expect(is_in(options.t1_s, 0.001, 10), "--t1-s", options.t1_s, "0.001 to 10");
    faults.expect(is_in(options.back_off_s, 0.001, 1800), "--back-off-s", options.back_off_s,
                  "0.001 to 1800");
    faults.expect(is_in(options.gather_ms, 0, 1), "--gather-ms", options.gather_ms, "0 to 1");
    faults.expect(options.sockets >= 1 && options.sockets <= 256, "--sockets",
                  static_cast<double>(options.sockets), "1 to 256");
    faults.expect(options.sessions >= 1 && options.sessions <= 4'000'000, "--sessions",
                  static_cast<double>(options.sessions), "1 to 4,000,000");
}

/// What does not go together.
void check_connection(const load::Scenario& scenario, const LoadOptions& options, Faults& faults) {
    const bool is_persistent = scenario.connection_use == load::ConnectionUse::persistent;
    if (!scenario.is_reliable() && !is_persistent) {
        faults.add("--connection", "UDP has no connections", "a target of tcp: or tls:");
    }
    if (scenario.is_reliable() && !is_persistent && scenario.flow.has_callee) {
        faults.add("--connection", "a callee is reached by the connection it registered over",
                   "--connection persistent");
    }
    if (options.resumes && scenario.target.transport != Transport::tls) {
        faults.add("--resume", "only TLS has sessions to resume", "a target of tls:");
    }
    if (options.ramp_to_per_s && !options.steps_per_s.empty()) {
        faults.add("--steps-per-s", "stands beside --ramp-to-per-s", "one of them");
    }
    const bool calls_itself = scenario.flow.has_callee && scenario.callee.empty() &&
                              scenario.flow.method == engine::sip::Method::invite;
    if (options.has_media && !calls_itself) {
        faults.add("--media", "needs a flow of calls between the generator's own users",
                   "call, call-digest or another one of calls, without --callee");
    }
    if (scenario.flow.has_callee && scenario.callee.empty() && scenario.users.size() < 2) {
        faults.add("--users", "a call needs two users", "--users 2 or more, or --callee AOR");
    }
}

constexpr std::array<std::pair<const char*, load::ConnectionUse>, 3> connection_uses{
    {{"persistent", load::ConnectionUse::persistent},
     {"per_registration", load::ConnectionUse::per_registration},
     {"per_transaction", load::ConnectionUse::per_transaction}}};
constexpr std::array<std::pair<const char*, engine::io::TlsVersion>, 3> tls_versions{
    {{"any", engine::io::TlsVersion::any},
     {"1.2", engine::io::TlsVersion::v1_2},
     {"1.3", engine::io::TlsVersion::v1_3}}};
constexpr std::array<std::pair<const char*, load::ArrivalKind>, 2> arrival_kinds{
    {{"poisson", load::ArrivalKind::poisson}, {"regular", load::ArrivalKind::regular}}};

load::Scenario scenario_of(const LoadOptions& options, Faults& faults) {
    load::Scenario scenario;
    scenario.flow = flow_of(options, faults);
    scenario.target = target_of(options, faults);
    const std::string domain = options.domain.empty() ? host_of(scenario.target) : options.domain;
    scenario.users = users_of(options, domain, faults);
    scenario.server = engine::io::to_text(scenario.target).substr(4);
    scenario.callee =
        options.callee.starts_with("sip:") ? options.callee.substr(4) : options.callee;
    scenario.connection_use = choice(connection_uses, "--connection", options.connection, faults);
    if (scenario.flow.name == "churn") {
        scenario.connection_use = load::ConnectionUse::per_registration;
    }
    scenario.sockets_number = options.sockets;
    scenario.seed = options.seed ? *options.seed : std::random_device{}();
    scenario.expires_s = static_cast<std::uint32_t>(std::clamp(options.expires_s, 0.0, 4e9));
    scenario.ring = to_duration(options.ring_s);
    scenario.hold = to_duration(options.hold_s);
    scenario.timers.t1 = to_duration(options.t1_s);
    scenario.timers.t2 = std::max(8 * scenario.timers.t1, scenario.timers.t1);
    scenario.back_off.base = to_duration(options.back_off_s);
    scenario.sessions_max = options.sessions;
    // A flow without a callee has one session of each user at most.
    if (!scenario.flow.has_callee) {
        scenario.sessions_max = std::min(options.sessions, scenario.users.size());
    }
    if (scenario.flow.retries) scenario.sessions_max = scenario.users.size();
    return scenario;
}

void show_progress(const load::Progress& progress) {
    fmt::print(stderr, "\r{:6.0f} s  offered {} of {}  succeeded {}  failed {}  under way {}   ",
               progress.elapsed_s, progress.offered, progress.planned, progress.succeeded,
               progress.failed, progress.under_way);
}

/// Calls with media take ports for their whole life: as many as are up at a time, and some more.
std::size_t places_of_calls(const LoadOptions& options) {
    constexpr double places_max = 8000;
    double rate_per_s = std::max(options.rate_per_s, options.ramp_to_per_s.value_or(0));
    if (!options.steps_per_s.empty()) {
        rate_per_s = *std::max_element(options.steps_per_s.begin(), options.steps_per_s.end());
    }
    const double calls = rate_per_s * (options.hold_s + options.ring_s + 2);
    const bool is_given =
        std::find(options.given.begin(), options.given.end(), "--sessions") != options.given.end();
    const double places = is_given ? static_cast<double>(options.sessions)
                                   : std::ceil(1.2 * calls + 4 * std::sqrt(calls) + 16);
    if (places <= places_max) return static_cast<std::size_t>(places);
    throw InputError("--media", fmt::format("{} calls at a time need too many ports", places),
                     "a lower --rate-per-s, a shorter --hold-s or fewer --sessions: 8,000 calls");
}

load::RunOptions run_options(const LoadOptions& options) {
    Faults faults;
    check_numbers(options, faults);
    load::RunOptions run;
    run.scenario = scenario_of(options, faults);
    check_connection(run.scenario, options, faults);
    if (options.has_media) check_media_talk(options, faults);
    run.arrivals.kind = choice(arrival_kinds, "--arrivals", options.arrivals, faults);
    run.wire.tls.version = choice(tls_versions, "--tls-version", options.tls_version, faults);
    run.wire.tls.certificate_file = options.certificate;
    run.wire.tls.key_file = options.key;
    run.wire.tls.authority_file = options.authority;
    run.wire.resumes = options.resumes;
    run.wire.merges = options.is_merging;
    faults.tell();
    run.wire.sources = sources_of(options.sources, run.scenario.target, faults);
    faults.tell();
    run.arrivals.segments = segments_of(options, run.scenario.flow, run.scenario.users.size());
    run.arrivals.seed = run.scenario.seed;
    if (run.scenario.flow.retries) {
        run.arrivals.kind = load::ArrivalKind::regular;
        run.arrivals.arrivals_max = run.scenario.users.size();
        run.storm_limit = to_duration(std::max(duration_s(options), 300.0));
    }
    if (options.count) run.arrivals.arrivals_max = static_cast<std::size_t>(*options.count);
    if (load::expected_arrivals(run.arrivals) > 1e8) {
        throw InputError("--rate-per-s", "more than 100,000,000 arrivals",
                         "a lower rate or a shorter --duration-s");
    }
    if (options.has_media) {
        run.talk = media_talk(options, run.wire.sources);
        run.scenario.sessions_max = places_of_calls(options);
    }
    run.keeps_awake = !options.lets_sleep;
    run.gather = to_duration(options.gather_ms / 1000);
    if (isatty(STDERR_FILENO) == 1) run.on_progress = show_progress;
    return run;
}

}  // namespace

Exit run_load(const LoadOptions& options) {
    check_output_options(options.output);
    check_flow_options(options);
    if (options.flow == "rtp") return run_load_rtp(options);
    load::RunOptions run = run_options(options);
    run.interrupts = &catch_interrupts();
    const load::RunResult result = load::run(run);
    if (run.on_progress) fmt::print(stderr, "\n");
    const bool is_churn = run.scenario.flow.name == "churn";
    const std::string connection = is_churn ? "per_registration" : options.connection;
    const LoadSubject subject{.flow = options.flow,
                              .target = options.target,
                              .connection = run.scenario.is_reliable() ? connection : "none",
                              .users_number = run.scenario.users.size(),
                              .sockets_number = run.scenario.is_reliable() ? 0 : options.sockets,
                              .arrivals = options.arrivals,
                              .seed = run.scenario.seed};
    write_outputs(options.output, render_load(subject, result));
    if (!result.void_reason) return Exit::done;
    fmt::print(stderr, "busyhour: the measurement is void: {}\n", visible(*result.void_reason));
    return result.is_interrupted ? Exit::interrupted : Exit::measurement_void;
}

}  // namespace busyhour::cli
