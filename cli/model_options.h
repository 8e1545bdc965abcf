#pragma once

#include "busyhour/catalog/catalog.h"
#include "busyhour/error.h"

#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace busyhour::cli {

/// What a command line says of the models: --models and --host.
struct ModelOptions {
    std::string models_folder;
    std::string host_file;
};

/// Adds --models and --host to a command that plans.
void add_model_options(CLI::App& command, ModelOptions& options);

/// What these options change. A bad host profile is a problem that is kept, so that it can be told
/// together with those of the deployment.
struct ModelChanges {
    std::vector<ModelPatch> patches;
    std::optional<HostProfile> host;
    std::vector<Problem> problems;  ///< of the host profile
};
ModelChanges read_changes(const ModelOptions& options);

}  // namespace busyhour::cli
