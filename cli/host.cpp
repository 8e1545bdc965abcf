#include "busyhour/report/format.h"
#include "cli/commands.h"
#include "cli/host_report.h"
#include "cli/load_faults.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <fmt/format.h>

#include <memory>
#include <unistd.h>

namespace busyhour::cli {
namespace {

struct HostOptions {
    double duration_s = 20;
    OutputOptions output;
};

Exit run_host(const HostOptions& options) {
    check_output_options(options.output);
    Faults faults;
    faults.expect(options.duration_s >= 1 && options.duration_s <= 3600, "--duration-s",
                  options.duration_s, "1 to 3,600");
    faults.tell();
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
    write_outputs(options.output, render_host(result));
    return reading.interrupts->load() > 0 ? Exit::interrupted : Exit::done;
}

}  // namespace

void add_host(CLI::App& app, Exit& result) {
    CLI::App* command = app.add_subcommand(
        "host", "is this host fit for voice: its speed, what it loses to others, how late it is");
    const auto options = std::make_shared<HostOptions>();
    command->add_option("--duration-s", options->duration_s, "how long to look")
        ->capture_default_str();
    add_output_options(*command, options->output);
    command->callback([options, &result] { result = run_host(*options); });
}

}  // namespace busyhour::cli
