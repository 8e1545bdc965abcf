#pragma once

#include "busyhour/report/table.h"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace busyhour::cli {

/// Exit codes of every command.
enum class Exit {
    done = 0,
    system_refused = 1,
    input_wrong = 2,
    gate_failed = 3,
    measurement_void = 4,
    interrupted = 130,
};

/// Where a result goes, and how it looks.
struct OutputOptions {
    std::string format = "text";
    std::vector<std::string> outs;  ///< FORMAT=FILE
    std::string color = "auto";
};

/// Adds --format, --out and --color to a command.
void add_output_options(CLI::App& command, OutputOptions& options);

/// The options that stand on a command's line: "--users".
std::vector<std::string> given_options(const CLI::App& command);

/// Throws InputError for a choice there is none of: for commands that work long before they write.
void check_output_options(const OutputOptions& options);

/// A result in every format that it has; the text one is told whether headings may be bold.
struct Renderings {
    std::function<std::string(bool is_bold)> text;
    std::function<std::string()> json;
    std::function<std::string()> md;
    std::function<std::string()> csv;
};

/// Writes the result to standard output and to each --out file. The result goes to standard output
/// too when there are files, as a pipe may want it.
void write_outputs(const OutputOptions& options, const Renderings& renderings);

}  // namespace busyhour::cli
