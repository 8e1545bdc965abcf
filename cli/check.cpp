#include "busyhour/error.h"
#include "busyhour/plan/deployment.h"
#include "busyhour/plan/plan.h"
#include "busyhour/report/format.h"
#include "busyhour/report/visible.h"
#include "cli/answer.h"
#include "cli/commands.h"
#include "cli/files.h"
#include "cli/model_options.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <fmt/format.h>

#include <memory>

namespace busyhour::cli {
namespace {

struct CheckOptions {
    std::string file;
    ModelOptions models;
    OutputOptions output;
};

/// The deployment, which can be planned; the faults of it and of the host profile together.
PlanInput checked_input(const CheckOptions& options) {
    const ModelChanges changes = read_changes(options.models);
    std::vector<Problem> problems = changes.problems;
    try {
        PlanInput input =
            read_deployment(read_file(options.file), options.file, changes.patches, changes.host);
        make_plan(input);  // some faults, as growth beyond all numbers, show only there
        if (problems.empty()) return input;
    } catch (const InputError& error) {
        problems.insert(problems.end(), error.problems().begin(), error.problems().end());
    }
    throw InputError(problems);
}

void check(const CheckOptions& options) {
    const PlanInput input = checked_input(options);
    double endpoints = 0;
    for (const Population& population : input.deployment.populations) {
        endpoints += population.endpoints_number;
    }
    const auto populations = static_cast<double>(input.deployment.populations.size());
    const auto defaults = static_cast<double>(input.deployment.assumptions.size());
    const Answer answer{.values = {{"valid", Json{true}},
                                   {"deployment", Json{input.deployment.name}},
                                   {"populations", Json{populations}},
                                   {"endpoints", Json{endpoints}},
                                   {"defaults_used", Json{defaults}}},
                        .notes = {}};
    Renderings renderings = render_answer(answer);
    renderings.text = [&](bool /*is_bold*/) {
        return fmt::format("{}: valid: {} populations, {} endpoints, {} defaults used\n",
                           visible(options.file), to_words(populations), to_words(endpoints),
                           to_words(defaults));
    };
    write_outputs(options.output, renderings);
}

}  // namespace

void add_check(CLI::App& app, Exit& /*result*/) {
    CLI::App* command = app.add_subcommand("check", "validate a deployment: every error at once");
    const auto options = std::make_shared<CheckOptions>();
    command->add_option("deployment", options->file, "JSON file; - is standard input")->required();
    add_model_options(*command, options->models);
    add_output_options(*command, options->output);
    command->callback([options] { check(*options); });
}

}  // namespace busyhour::cli
