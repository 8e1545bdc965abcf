#include "busyhour/catalog/schema.h"

#include "busyhour/catalog/nearest.h"
#include "busyhour/error.h"
#include "busyhour/report/table.h"
#include "cli/commands.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <algorithm>
#include <memory>

namespace busyhour::cli {
namespace {

struct SchemaOptions {
    std::string name;
    OutputOptions output{"json", {}, "auto"};
};

Report keys_of(const std::string& name) {
    Table table{.columns = {{"key"}, {"type and range"}, {"default"}, {"meaning"}, {"source"}},
                .rows = {}};
    for (const SchemaRow& row : schema_rows(name)) {
        table.rows.push_back({row.path, row.type, row.value, row.meaning, row.source});
    }
    Section section{.title = "Keys", .paragraphs = {}, .tables = {std::move(table)}, .notes = {}};
    return {.title = "busyhour " + name, .sections = {std::move(section)}};
}

void write_schema(const SchemaOptions& options) {
    const std::vector<std::string> names = schema_names();
    if (std::find(names.begin(), names.end(), options.name) == names.end()) {
        throw InputError("NAME", "no schema \"" + options.name + "\"",
                         suggestion(options.name, names));
    }
    const auto keys = [&] { return keys_of(options.name); };
    write_outputs(options.output,
                  {.text = [&](bool is_bold) { return to_text(keys(), is_bold, 140); },
                   .json = [&] { return to_json_text(published_schema(options.name), 2) + "\n"; },
                   .md = [&] { return to_markdown(keys()); },
                   .csv = [&] { return to_csv(keys().sections.front().tables.front()); }});
}

}  // namespace

void add_schema(CLI::App& app, Exit& /*result*/) {
    CLI::App* command = app.add_subcommand(
        "schema", "the JSON Schema of deployment, report, measurement, server, host");
    const auto options = std::make_shared<SchemaOptions>();
    command->add_option("name", options->name, "deployment, report, measurement, server or host")
        ->required();
    add_output_options(*command, options->output);
    command->callback([options] { write_schema(*options); });
}

}  // namespace busyhour::cli
