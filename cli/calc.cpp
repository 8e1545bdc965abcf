#include "busyhour/catalog/fields.h"
#include "busyhour/catalog/schema.h"
#include "busyhour/error.h"
#include "cli/answer.h"
#include "cli/commands.h"
#include "cli/files.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <memory>
#include <set>

namespace busyhour::cli {
namespace {

/// One calculator's command line: its options come from its schema.
struct CalcOptions {
    std::string quantity;
    std::map<std::string, std::string> words;  ///< by the schema's key
    std::map<std::string, bool> flags;
    const CLI::App* command = nullptr;
    std::set<std::string> files;  ///< keys whose word is the name of a file
    std::string models_folder;
    OutputOptions output;
};

std::string option_name(std::string key) {
    std::replace(key.begin(), key.end(), '_', '-');
    return "--" + key;
}

/// "/expires_s" and "ptime_ms" to the option that the user wrote.
std::string option_place(const std::string& where) {
    return option_name(where.starts_with('/') ? where.substr(1) : where);
}

bool is_number_type(const Json& property) {
    for (const std::string& type : {text_at(property, "type")}) {
        if (type == "number" || type == "integer") return true;
    }
    return false;
}

Json number_of(const std::string& key, const std::string& word, std::vector<Problem>& problems) {
    double value = 0;
    const char* end = word.data() + word.size();
    const auto [stop, error] = std::from_chars(word.data(), end, value);
    if (error != std::errc{} || stop != end || !std::isfinite(value)) {
        problems.push_back({option_name(key), "must be a number, is \"" + word.substr(0, 40) + "\"",
                            "write it as 20, 0.5 or 1e6"});
        return Json{};
    }
    return Json{value};
}

Json options_of(const CalcOptions& options) {
    const Json schema = published_schema("calc-" + options.quantity);
    Json::Object values;
    std::vector<Problem> problems;
    for (const JsonMember& property : members_at(schema, "properties")) {
        const auto word = options.words.find(property.key);
        const auto flag = options.flags.find(property.key);
        if (flag != options.flags.end() && flag->second) put(values, property.key, Json{true});
        if (word == options.words.end()) continue;
        if (options.command->count(option_name(property.key)) == 0) continue;
        if (word->second.empty()) {
            problems.push_back({option_name(property.key), "is empty",
                                "give a value, or leave the option out for its default"});
            continue;
        }
        if (options.files.contains(property.key)) {
            put(values, property.key, Json{read_file(word->second)});
            continue;
        }
        put(values, property.key,
            is_number_type(property.value) ? number_of(property.key, word->second, problems)
                                           : Json{word->second});
    }
    if (!problems.empty()) throw InputError(problems);
    return Json{std::move(values)};
}

/// A fault at "/records:3:1" is in the file that the option names.
Problem in_file(Problem problem, const CalcOptions& options) {
    for (const std::string& key : options.files) {
        const std::string place = "/" + key;
        if (problem.where != place && !problem.where.starts_with(place + ":")) continue;
        const std::string& name = options.words.at(key);
        problem.where =
            (name == "-" ? "standard input" : name) + problem.where.substr(place.size());
    }
    return problem;
}

void run_calc(const CalcOptions& options) {
    try {
        const Catalog catalog =
            load_catalog(options.models_folder.empty() ? std::vector<ModelPatch>{}
                                                       : read_models_folder(options.models_folder));
        const Answer answer = calculate(options.quantity, options_of(options), catalog);
        write_outputs(options.output, render_answer(answer));
    } catch (const InputError& error) {
        std::vector<Problem> problems;
        for (const Problem& found : error.problems()) {
            const Problem problem = in_file(found, options);
            if (problem.where != found.where) {
                problems.push_back(problem);
                continue;
            }
            const bool is_key = problem.where.find_first_of(" .-:") == std::string::npos;
            problems.push_back({is_key ? option_place(problem.where) : problem.where, problem.what,
                                problem.remedy});
        }
        throw InputError(problems);
    }
}

void add_option(CLI::App& command, const std::string& key, const Json& property,
                CalcOptions& options) {
    std::string help = text_at(property, "description");
    if (const Json::Array* words = child_at(property, "enum").array()) {
        help += ":";
        for (const Json& word : *words) help += " " + *word.text();
    }
    if (const Json* value = property.find("default")) {
        help += " [" + (value->text() != nullptr ? *value->text() : to_json_text(*value)) + "]";
    }
    if (text_at(property, "type") == "boolean") {
        command.add_flag(option_name(key), options.flags[key], help);
        return;
    }
    // A negative number must reach our own check, not be taken for an option.
    command.add_option(option_name(key), options.words[key], help)
        ->type_name(is_number_type(property)      ? "NUMBER"
                    : options.files.contains(key) ? "FILE"
                                                  : "TEXT");
}

}  // namespace

void add_calc(CLI::App& app, Exit& /*result*/) {
    CLI::App* calc = app.add_subcommand("calc", "one formula");
    calc->require_subcommand(1);
    for (const std::string& quantity : calculator_names()) {
        const Json schema = published_schema("calc-" + quantity);
        CLI::App* command = calc->add_subcommand(quantity, text_at(schema, "title"));
        const auto options = std::make_shared<CalcOptions>();
        options->quantity = quantity;
        options->command = command;
        for (const SchemaRow& row : schema_rows("calc-" + quantity)) {
            if (row.is_file) options->files.insert(row.path);
        }
        for (const JsonMember& property : members_at(schema, "properties")) {
            add_option(*command, property.key, property.value, *options);
        }
        command->add_option("--models", options->models_folder,
                            "folder of models that change or add to the built-in ones");
        add_output_options(*command, options->output);
        command->callback([options] { run_calc(*options); });
    }
}

}  // namespace busyhour::cli
