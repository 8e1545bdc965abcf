#include "busyhour/report/compare.h"

#include "busyhour/error.h"
#include "cli/commands.h"
#include "cli/files.h"
#include "cli/model_options.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <limits>
#include <memory>

namespace busyhour::cli {
namespace {

struct CompareOptions {
    std::string a;
    std::string b;
    ModelOptions models;
    double tolerance = 1e-9;
    bool shows_all = false;
    bool sets_exit_code = false;
    OutputOptions output;
};

/// A report as it is; a deployment planned first.
Compared read_side(const std::string& file, const ModelChanges& changes) {
    const std::string text = read_file(file);
    if (is_report(text, file)) return compared_of_report(text, file);
    try {
        return compared_of(make_plan(read_deployment(text, file, changes.patches, changes.host)),
                           text, file);
    } catch (const InputError& error) {
        std::vector<Problem> problems = error.problems();
        for (Problem& problem : problems) {
            if (problem.where.starts_with(file)) continue;
            problem.where = problem.where.empty() ? file : file + ": " + problem.where;
        }
        throw InputError(problems);
    }
}

Exit compare_files(const CompareOptions& options) {
    if (!(options.tolerance >= 0 && options.tolerance < 1)) {
        throw InputError("--tolerance", "must be at least 0 and below 1", "for example 0.01");
    }
    if (options.a == "-" && options.b == "-") {
        throw InputError("A and B", "cannot both be standard input", "name a file");
    }
    const ModelChanges changes = read_changes(options.models);
    if (!changes.problems.empty()) throw InputError(changes.problems);
    const Comparison comparison =
        compare(read_side(options.a, changes), read_side(options.b, changes), options.tolerance);
    constexpr std::size_t rows_max = 40;
    const std::size_t rows = options.shows_all ? std::numeric_limits<std::size_t>::max() : rows_max;
    write_outputs(
        options.output,
        {.text = [&](bool is_bold) { return to_text(to_report(comparison, rows), is_bold); },
         .json = [&] { return to_json(comparison); },
         .md = [&] { return to_markdown(to_report(comparison, rows)); },
         .csv = [&] { return to_csv(to_rows(comparison)); }});
    const bool fails = options.sets_exit_code && !comparison.is_identical();
    return fails ? Exit::gate_failed : Exit::done;
}

}  // namespace

void add_compare(CLI::App& app, Exit& result) {
    CLI::App* command =
        app.add_subcommand("compare", "what changed between two deployments or reports");
    const auto options = std::make_shared<CompareOptions>();
    command->add_option("a", options->a, "deployment, or report JSON; - is standard input")
        ->required();
    command->add_option("b", options->b, "what it became")->required();
    command
        ->add_option("--tolerance", options->tolerance,
                     "numbers that differ by no more than this part of the larger are the same")
        ->capture_default_str();
    command->add_flag("--all", options->shows_all, "every result in text and md, not the first 40");
    command->add_flag("--exit-code", options->sets_exit_code, "exit 3 when anything changed");
    add_model_options(*command, options->models);
    add_output_options(*command, options->output);
    command->callback([options, &result] { result = compare_files(*options); });
}

}  // namespace busyhour::cli
