#include "cli/model_options.h"

#include "cli/files.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

namespace busyhour::cli {

void add_model_options(CLI::App& command, ModelOptions& options) {
    command.add_option("--models", options.models_folder,
                       "folder of models that change or add to the built-in ones");
    command.add_option("--host", options.host_file,
                       "host profile (JSON, host --profile writes one): the host of every role");
}

ModelChanges read_changes(const ModelOptions& options) {
    ModelChanges changes;
    if (!options.models_folder.empty()) changes.patches = read_models_folder(options.models_folder);
    if (options.host_file.empty()) return changes;
    try {
        if (options.host_file == "-") {
            throw InputError("--host", "cannot be standard input", "name a file");
        }
        changes.host = read_host_profile(read_file(options.host_file), options.host_file);
    } catch (const InputError& error) {
        changes.problems = error.problems();
    }
    return changes;
}

}  // namespace busyhour::cli
