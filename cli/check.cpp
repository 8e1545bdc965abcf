#include "busyhour/plan/deployment.h"
#include "busyhour/plan/plan.h"
#include "busyhour/report/format.h"
#include "busyhour/report/visible.h"
#include "cli/answer.h"
#include "cli/commands.h"
#include "cli/files.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <fmt/format.h>

#include <memory>

namespace busyhour::cli {
namespace {

struct CheckOptions {
    std::string file;
    std::string models_folder;
    OutputOptions output;
};

void check(const CheckOptions& options) {
    const std::vector<ModelPatch> patches = options.models_folder.empty()
                                                ? std::vector<ModelPatch>{}
                                                : read_models_folder(options.models_folder);
    const PlanInput input = read_deployment(read_file(options.file), options.file, patches);
    make_plan(input);  // some faults, as growth beyond all numbers, show only there
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
    command->add_option("--models", options->models_folder,
                        "folder of models that change or add to the built-in ones");
    add_output_options(*command, options->output);
    command->callback([options] { check(*options); });
}

}  // namespace busyhour::cli
