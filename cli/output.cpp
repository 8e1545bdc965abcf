#include "cli/output.h"

#include "busyhour/catalog/nearest.h"
#include "busyhour/error.h"
#include "cli/files.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <system_error>
#include <unistd.h>

namespace busyhour::cli {
namespace {

const std::vector<std::string>& formats() {
    static const std::vector<std::string> names{"text", "json", "md", "csv"};
    return names;
}

void check_format(const std::string& format, const std::string& where) {
    if (std::find(formats().begin(), formats().end(), format) != formats().end()) return;
    throw InputError(where, "no format \"" + format + "\"", suggestion(format, formats()));
}

/// no-color.org: a variable that is set and not empty switches colour off.
bool wants_bold(const std::string& color) {
    if (color != "auto") return color == "always";
    const char* no_color = std::getenv("NO_COLOR");
    const char* terminal = std::getenv("TERM");
    const bool is_off = no_color != nullptr && *no_color != '\0';
    const bool is_dumb = terminal != nullptr && std::string(terminal) == "dumb";
    return !is_off && !is_dumb && isatty(STDOUT_FILENO) == 1;
}

std::string render(const Renderings& renderings, const std::string& format, bool is_bold) {
    if (format == "json") return renderings.json();
    if (format == "md") return renderings.md();
    if (format == "csv") return renderings.csv();
    return renderings.text(is_bold);
}

}  // namespace

std::vector<std::string> given_options(const CLI::App& command) {
    std::vector<std::string> names;
    for (const CLI::Option* option : command.get_options()) {
        if (option->count() > 0) names.push_back(option->get_name());
    }
    return names;
}

void add_output_options(CLI::App& command, OutputOptions& options) {
    command.add_option("--format", options.format, "text, json, md or csv")->capture_default_str();
    command.add_option("--out", options.outs, "write FORMAT=FILE as well; may be repeated")
        ->type_name("FORMAT=FILE");
    command.add_option("--color", options.color, "auto, always or never")->capture_default_str();
}

void check_output_options(const OutputOptions& options) {
    check_format(options.format, "--format");
    const std::vector<std::string> colors{"auto", "always", "never"};
    if (std::find(colors.begin(), colors.end(), options.color) == colors.end()) {
        throw InputError("--color", "no such choice \"" + options.color + "\"",
                         "auto, always or never");
    }
    for (const std::string& out : options.outs) {
        if (out.find('=') == out.npos) {
            throw InputError("--out", "\"" + out + "\" is no FORMAT=FILE",
                             "for example json=a.json");
        }
        check_format(out.substr(0, out.find('=')), "--out");
        if (out.substr(out.find('=') + 1) == "-") {
            throw InputError("--out", "\"" + out + "\": standard output has the result already",
                             "choose its format with --format");
        }
    }
}

void write_outputs(const OutputOptions& options, const Renderings& renderings) {
    check_output_options(options);
    for (const std::string& out : options.outs) {
        const std::size_t at = out.find('=');
        write_file(out.substr(at + 1), render(renderings, out.substr(0, at), false));
    }
    const std::string text = render(renderings, options.format, wants_bold(options.color));
    const bool is_written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
    if (!is_written || std::fflush(stdout) != 0) {
        throw std::system_error(errno, std::generic_category(), "cannot write standard output");
    }
}

}  // namespace busyhour::cli
