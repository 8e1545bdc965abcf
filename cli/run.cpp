#include "busyhour/catalog/nearest.h"
#include "busyhour/error.h"
#include "busyhour/report/plan_json.h"
#include "busyhour/report/visible.h"
#include "cli/commands.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <iostream>
#include <system_error>

namespace busyhour::cli {
namespace {

/// A line on standard error, and lines below it; nothing of the user's ends one.
int tell(Exit code, const std::string& text, const std::vector<Problem>& problems = {}) {
    fmt::print(stderr, "busyhour: {}\n", visible(text));
    for (const Problem& problem : problems) {
        fmt::print(stderr, "  {}\n", visible(to_line(problem)));
    }
    return static_cast<int>(code);
}

int tell(const InputError& error) {
    const std::vector<Problem>& problems = error.problems();
    if (problems.size() == 1) return tell(Exit::input_wrong, to_line(problems.front()));
    return tell(Exit::input_wrong, fmt::format("{} errors", problems.size()), problems);
}

std::vector<std::string> command_names(const CLI::App& app) {
    std::vector<std::string> names;
    for (const CLI::App* command : app.get_subcommands({})) names.push_back(command->get_name());
    return names;
}

/// Help and version are results too: a full disk is no success.
int tell_success(const CLI::App& app, const CLI::Success& success) {
    errno = 0;
    const int code = app.exit(success);
    if (std::cout.flush()) return code;
    return tell(Exit::system_refused,
                "cannot write standard output: " + std::generic_category().message(errno));
}

/// What the parser says, in words that name the command or the nearest one.
std::string command_line_fault(const CLI::App& app, int argc, char** argv, const char* what) {
    const std::vector<std::string> names = command_names(app);
    if (argc < 2) return "a command is needed: " + join(names);
    const std::string word = argv[1];
    if (std::find(names.begin(), names.end(), word) != names.end()) {
        return fmt::format("{}; see busyhour {} --help", what, word);
    }
    if (word.starts_with("-")) return what;
    return fmt::format("no command \"{}\"; {}", word, suggestion(word, names));
}

}  // namespace

int run(int argc, char** argv) {
    CLI::App app{"busyhour: capacity planning for SIP and RTP voice", "busyhour"};
    app.set_version_flag("--version", "busyhour " + version());
    app.require_subcommand(1);
    app.footer(
        "Exit: 0 done, 1 the system refused, 2 input or command line wrong, 3 a gate failed or"
        " the demand cannot be met, 4 a measurement is void, 130 interrupted.");
    Exit result = Exit::done;
    add_size(app, result);
    add_calc(app, result);
    add_explain(app, result);
    add_compare(app, result);
    add_check(app, result);
    add_schema(app, result);
    add_catalog(app, result);
#ifdef BUSYHOUR_ENGINE
    add_server(app, result);
    add_load(app, result);
    add_host(app, result);
    add_calibrate(app, result);
#endif
    try {
        app.parse(argc, argv);
        return static_cast<int>(result);
    } catch (const CLI::Success& success) {
        return tell_success(app, success);
    } catch (const CLI::ParseError& error) {
        return tell(Exit::input_wrong, command_line_fault(app, argc, argv, error.what()));
    } catch (const InputError& error) {
        return tell(error);
    } catch (const std::filesystem::filesystem_error& error) {
        return tell(Exit::system_refused, error.path1().string() + ": " + error.code().message());
    } catch (const std::exception& error) {  // std::system_error, std::bad_alloc
        return tell(Exit::system_refused, error.what());
    }
}

}  // namespace busyhour::cli
