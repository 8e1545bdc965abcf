#pragma once

#include "cli/output.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace busyhour::cli {

/// What stands on the command line of `busyhour calibrate`.
struct CalibrateOptions {
    bool is_quick = false;
    bool is_full = false;
    bool verifies = false;
    bool resumes = false;
    bool leaves_processors = false;
    std::vector<std::string> targets;  ///< NAME=ADDRESS
    std::optional<int> process_id;
    std::optional<double> cores_number;
    std::string server_version;  ///< of the target
    std::string users_file;
    std::string tls_key = "ecdsa-p256";
    int workers = 1;
    std::vector<std::string> only;
    std::optional<double> budget_s;
    std::vector<std::string> fitted_files;  ///< of --fit: nothing is measured
    std::string session;
    std::string flow;  ///< of SIPp statistics: what one call of its scenario is
    std::string measurements_file = "measurements.jsonl";
    std::string model_file;
    std::string host_file;
    std::string name;
    std::string host_name = "this-host";
    std::uint64_t seed = 1;
    OutputOptions output;
};

/// Adds the options to the command.
void add_calibrate_options(CLI::App& command, CalibrateOptions& options);

/// Throws InputError for what does not go together, all faults at once.
void check_calibrate_options(const CalibrateOptions& options);

/// Seconds after which nothing new is measured.
double budget_s(const CalibrateOptions& options);

}  // namespace busyhour::cli
