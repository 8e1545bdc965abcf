#pragma once

#include "cli/output.h"

namespace CLI {
class App;
}

namespace busyhour::cli {

// Each adds one command to the program; `result` takes the exit code when the command has run.

void add_size(CLI::App& app, Exit& result);
void add_calc(CLI::App& app, Exit& result);
void add_explain(CLI::App& app, Exit& result);
void add_compare(CLI::App& app, Exit& result);
void add_check(CLI::App& app, Exit& result);
void add_schema(CLI::App& app, Exit& result);
void add_catalog(CLI::App& app, Exit& result);
void add_server(CLI::App& app, Exit& result);     ///< where the engine is built
void add_load(CLI::App& app, Exit& result);       ///< where the engine is built
void add_host(CLI::App& app, Exit& result);       ///< where the engine is built
void add_calibrate(CLI::App& app, Exit& result);  ///< where the engine is built

/// The whole program: reads the command line, runs the command, tells errors, returns the exit
/// code.
int run(int argc, char** argv);

}  // namespace busyhour::cli
