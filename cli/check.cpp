#include "busyhour/plan/deployment.h"
#include "busyhour/report/format.h"
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

std::string check(const CheckOptions& options) {
    const std::vector<ModelPatch> patches = options.models_folder.empty()
                                                ? std::vector<ModelPatch>{}
                                                : read_models_folder(options.models_folder);
    const PlanInput input = read_deployment(read_file(options.file), options.file, patches);
    double endpoints = 0;
    for (const Population& population : input.deployment.populations) {
        endpoints += population.endpoints_number;
    }
    return fmt::format("{}: valid: {} populations, {} endpoints, {} defaults used\n", options.file,
                       input.deployment.populations.size(), to_words(endpoints),
                       input.deployment.assumptions.size());
}

}  // namespace

void add_check(CLI::App& app, Exit& /*result*/) {
    CLI::App* command = app.add_subcommand("check", "validate a deployment: every error at once");
    const auto options = std::make_shared<CheckOptions>();
    command->add_option("deployment", options->file, "JSON file; - is standard input")->required();
    command->add_option("--models", options->models_folder,
                        "folder of models that change or add to the built-in ones");
    command->callback([options] { fmt::print("{}", check(*options)); });
}

}  // namespace busyhour::cli
