#include "busyhour/report/compare.h"

#include "busyhour/error.h"
#include "cli/commands.h"
#include "cli/files.h"

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
    std::string models_folder;
    double tolerance = 1e-9;
    bool shows_all = false;
    bool sets_exit_code = false;
    OutputOptions output;
};

/// A report as it is; a deployment planned first.
Compared read_side(const std::string& file, const std::vector<ModelPatch>& patches) {
    const std::string text = read_file(file);
    if (is_report(text, file)) return compared_of_report(text, file);
    try {
        return compared_of(make_plan(read_deployment(text, file, patches)), text, file);
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
    const std::vector<ModelPatch> patches = options.models_folder.empty()
                                                ? std::vector<ModelPatch>{}
                                                : read_models_folder(options.models_folder);
    const Comparison comparison =
        compare(read_side(options.a, patches), read_side(options.b, patches), options.tolerance);
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
    command->add_option("--models", options->models_folder,
                        "folder of models that change or add to the built-in ones");
    add_output_options(*command, options->output);
    command->callback([options, &result] { result = compare_files(*options); });
}

}  // namespace busyhour::cli
