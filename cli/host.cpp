#include "busyhour/error.h"
#include "busyhour/report/format.h"
#include "cli/commands.h"
#include "cli/files.h"
#include "cli/host_profile.h"
#include "cli/host_report.h"
#include "cli/load_faults.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <fmt/format.h>

#include <chrono>
#include <memory>
#include <unistd.h>

namespace busyhour::cli {
namespace {

struct HostOptions {
    double duration_s = 20;
    std::string profile_file;
    std::string name = "this-host";
    std::string models_folder;
    OutputOptions output;
};

void check_profile_options(const HostOptions& options) {
    if (options.name.empty()) throw InputError("--name", "must not be empty", "");
    if (options.profile_file == "-") {
        throw InputError("--profile", "cannot be standard output", "name a file");
    }
}

/// The day by the system's clock, UTC: YYYY-MM-DD.
std::string today() {
    const std::chrono::year_month_day day{
        std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now())};
    return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(day.year()),
                       static_cast<unsigned>(day.month()), static_cast<unsigned>(day.day()));
}

Exit run_host(const HostOptions& options) {
    check_output_options(options.output);
    Faults faults;
    faults.expect(options.duration_s >= 1 && options.duration_s <= 3600, "--duration-s",
                  options.duration_s, "1 to 3,600");
    faults.tell();
    check_profile_options(options);
    const Catalog catalog =
        load_catalog(options.models_folder.empty() ? std::vector<ModelPatch>{}
                                                   : read_models_folder(options.models_folder));
    engine::measure::HostReadingOptions reading;
    reading.duration = to_duration(options.duration_s);
    reading.interrupts = &catch_interrupts();
    const bool shows_progress = isatty(STDERR_FILENO) == 1;
    if (shows_progress) {
        reading.on_progress = [](double elapsed_fraction) {
            fmt::print(stderr, "\rlooking at this host: {} ", to_percent(elapsed_fraction));
        };
    }
    const engine::measure::HostReading result = engine::measure::read_host(reading);
    if (shows_progress) fmt::print(stderr, "\n");
    write_outputs(options.output, render_host(result, catalog));
    if (reading.interrupts->load() > 0) return Exit::interrupted;  // too short a look for a profile
    if (!options.profile_file.empty()) {
        write_file(options.profile_file,
                   to_json_text(host_profile(result, options.name, today()), 2) + "\n");
    }
    return Exit::done;
}

}  // namespace

void add_host(CLI::App& app, Exit& result) {
    CLI::App* command = app.add_subcommand(
        "host", "is this host fit for voice: its speed, what it loses to others, how late it is");
    const auto options = std::make_shared<HostOptions>();
    command->add_option("--duration-s", options->duration_s, "how long to look")
        ->capture_default_str();
    CLI::Option* profile = command->add_option(
        "--profile", options->profile_file,
        "writes what was found as a host profile (JSON) that size --host takes");
    command->add_option("--name", options->name, "of the host in the profile")
        ->capture_default_str()
        ->needs(profile);
    command->add_option("--models", options->models_folder,
                        "folder of models: this host is compared with its hosts too");
    add_output_options(*command, options->output);
    command->callback([options, &result] { result = run_host(*options); });
}

}  // namespace busyhour::cli
