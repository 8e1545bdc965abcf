#include "busyhour/error.h"
#include "busyhour/report/explain_report.h"
#include "busyhour/report/plan_json.h"
#include "cli/commands.h"
#include "cli/files.h"
#include "cli/model_options.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <memory>

namespace busyhour::cli {
namespace {

struct ExplainOptions {
    std::string file;
    std::string path;
    ModelOptions models;
    int depth = 3;
    OutputOptions output;
};

void list(const Explainer& explainer, const OutputOptions& output) {
    const std::vector<ReportNumber> numbers = explainer.numbers();
    write_outputs(output,
                  {.text = [&](bool is_bold) { return to_text(to_report(numbers), is_bold); },
                   .json = [&] { return to_json(numbers); },
                   .md = [&] { return to_markdown(to_report(numbers)); },
                   .csv = [&] { return to_csv(to_rows(numbers)); }});
}

void explain(const ExplainOptions& options) {
    constexpr int depth_max = 20;
    if (options.depth < 1 || options.depth > depth_max) {
        throw InputError("--depth", "must be 1 to 20", "1 shows the operands alone");
    }
    const ModelChanges changes = read_changes(options.models);
    if (!changes.problems.empty()) throw InputError(changes.problems);
    const std::string text = read_file(options.file);
    const PlanInput input = read_deployment(text, options.file, changes.patches, changes.host);
    const Plan plan = make_plan(input);
    const Explainer explainer(input, plan, parse_json(to_report_json(plan), "report"),
                              parse_json(text, options.file));
    if (options.path.empty()) {
        list(explainer, options.output);
        return;
    }
    const int depth = options.depth;
    const Explained explained = explainer.explain(options.path, depth);
    write_outputs(
        options.output,
        {.text = [&](bool is_bold) { return to_text(to_report(explained, depth), is_bold); },
         .json = [&] { return to_json(explained, depth); },
         .md = [&] { return to_markdown(to_report(explained, depth)); },
         .csv = [&] { return to_csv(to_rows(explained, depth)); }});
}

}  // namespace

void add_explain(CLI::App& app, Exit& /*result*/) {
    CLI::App* command = app.add_subcommand("explain", "how a number of the report came about");
    const auto options = std::make_shared<ExplainOptions>();
    command->add_option("deployment", options->file, "JSON file; - is standard input")->required();
    command->add_option("path", options->path,
                        "/years/0/roles/0/nodes, or years.2026.roles.registrar.nodes; without it"
                        " all numbers are listed");
    command->add_option("--depth", options->depth, "levels of operands that are explained in turn")
        ->capture_default_str();
    add_model_options(*command, options->models);
    add_output_options(*command, options->output);
    command->callback([options] { explain(*options); });
}

}  // namespace busyhour::cli
