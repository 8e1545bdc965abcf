#include "cli/calibrate_options.h"

#include "cli/load_faults.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

namespace busyhour::cli {
namespace {

constexpr double quick_budget_s = 75;
constexpr double full_budget_s = 840;

/// What stands beside --fit though it is for measuring.
void check_fitted(const CalibrateOptions& options, Faults& faults) {
    for (const auto& [is_given, option] :
         {std::pair(options.verifies, "--verify"), std::pair(options.resumes, "--resume"),
          std::pair(!options.targets.empty(), "--target"),
          std::pair(options.process_id.has_value(), "--pid"),
          std::pair(options.is_full || options.is_quick, "--quick, --full")}) {
        if (is_given) {
            faults.add(option, "stands beside --fit, which measures nothing", "leave it out");
        }
    }
}

/// What does not belong to the server that is measured.
void check_measured(const CalibrateOptions& options, Faults& faults) {
    if (!options.session.empty())
        faults.add("--session", "is for --fit", "--fit FILE --session ID");
    if (!options.flow.empty()) {
        faults.add("--flow", "is for SIPp's statistics", "--fit FILE.csv --flow call");
    }
    if (!options.targets.empty()) {
        if (options.workers != 1) {
            faults.add("--workers", "is for our own server",
                       "--cores tells what the target may use");
        }
        return;
    }
    const char* remedy = "--target NAME=udp:IP:PORT";
    if (options.process_id) faults.add("--pid", "without --target", remedy);
    if (!options.server_version.empty()) {
        faults.add("--server-version", "without --target", remedy);
    }
    if (!options.users_file.empty()) {
        faults.add("--users", "our own server knows everybody", remedy);
    }
    if (options.tls_key == "rsa-4096") {
        faults.add("--tls-key", "our own server makes no certificate of rsa-4096",
                   "ecdsa-p256 or rsa-2048");
    }
}

void check_numbers(const CalibrateOptions& options, Faults& faults) {
    faults.expect(options.workers >= 1 && options.workers <= 64, "--workers",
                  static_cast<double>(options.workers), "1 to 64");
    faults.expect(!options.process_id || *options.process_id > 0, "--pid",
                  static_cast<double>(options.process_id.value_or(1)), "a process id, 1 or more");
    const double cores = options.cores_number.value_or(1);
    faults.expect(cores > 0 && cores <= 4096, "--cores", cores, "above 0, at most 4,096");
    faults.expect(budget_s(options) >= 5 && budget_s(options) <= 86400, "--budget-s",
                  budget_s(options), "5 to 86,400");
    const std::string& key = options.tls_key;
    if (key != "ecdsa-p256" && key != "rsa-2048" && key != "rsa-4096") {
        faults.add("--tls-key", "no such key \"" + key + "\"", "ecdsa-p256, rsa-2048 or rsa-4096");
    }
}

}  // namespace

void add_calibrate_options(CLI::App& command, CalibrateOptions& options) {
    command.add_flag("--quick", options.is_quick, "the costs that matter most, in under 2 minutes");
    command.add_flag("--full", options.is_full,
                     "all experiments and overload, in under 20 minutes");
    command.add_flag("--verify", options.verifies,
                     "then predict workloads and a storm that were not fitted, and measure them");
    command.add_option("--target", options.targets,
                       "NAME=udp:IP:PORT, NAME=tcp:.., NAME=tls:.. or NAME=ng:..; may be repeated"
                       " [a server of our own]");
    command.add_option("--pid", options.process_id, "of the target, with all that descend from it");
    command.add_option("--server-version", options.server_version,
                       "of the target, for the records and the model: 5.6.3");
    command.add_option("--cores", options.cores_number,
                       "that the target may use [the processors its processes may run on]");
    command.add_flag("--no-pin", options.leaves_processors,
                     "leave the target's processes where they are; else they stay off the"
                     " generator's processor while it is measured");
    command.add_option("--users", options.users_file,
                       "CSV file of users that the target knows: user,password[,domain]");
    command
        .add_option("--tls-key", options.tls_key,
                    "of the target's certificate: ecdsa-p256, rsa-2048 or rsa-4096")
        ->capture_default_str();
    command.add_option("--workers", options.workers, "of our own server, 1 to 64")
        ->capture_default_str();
    command.add_option("--only", options.only, "experiments, with a comma")->delimiter(',');
    command.add_option("--budget-s", options.budget_s,
                       "nothing but the verification begins after that");
    command
        .add_option("--measurements", options.measurements_file,
                    "each run is appended to this file at once")
        ->capture_default_str();
    command.add_flag("--resume", options.resumes,
                     "go on with the last session of the measurements file");
    command.add_option("--fit", options.fitted_files,
                       "measure nothing, fit these: measurements (.jsonl), measured throughput"
                       " (.csv) or SIPp's -trace_stat (.csv)");
    command.add_option("--flow", options.flow,
                       "of SIPp's statistics: what one of its calls is: register, call, options or"
                       " message, over UDP");
    command.add_option("--session", options.session, "of --fit: only runs of this session");
    command.add_option("--model", options.model_file, "write the server model: busyhour.server/1");
    command.add_option("--host-profile", options.host_file,
                       "write the host profile: busyhour.host/1");
    command.add_option("--name", options.name, "of the model [the target's, or reference]");
    command.add_option("--host-name", options.host_name, "of the host profile")
        ->capture_default_str();
    command.add_option("--seed", options.seed, "of the arrivals")->capture_default_str();
    add_output_options(command, options.output);
}

void check_calibrate_options(const CalibrateOptions& options) {
    check_output_options(options.output);
    Faults faults;
    if (options.is_quick && options.is_full) {
        faults.add("--full", "stands beside --quick", "one of them");
    }
    if (options.fitted_files.empty()) {
        check_measured(options, faults);
    } else {
        check_fitted(options, faults);
    }
    check_numbers(options, faults);
    faults.tell();
}

double budget_s(const CalibrateOptions& options) {
    return options.budget_s.value_or(options.is_full ? full_budget_s : quick_budget_s);
}

}  // namespace busyhour::cli
