#include "busyhour/catalog/catalog.h"

#include "busyhour/catalog/fields.h"
#include "busyhour/catalog/nearest.h"
#include "busyhour/error.h"
#include "busyhour/plan/finding_names.h"
#include "busyhour/report/table.h"
#include "cli/commands.h"
#include "cli/files.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <algorithm>
#include <memory>

namespace busyhour::cli {
namespace {

struct CatalogOptions {
    std::string kind;
    std::string name;
    std::string models_folder;
    OutputOptions output;
};

Catalog catalog_of(const CatalogOptions& options) {
    return load_catalog(options.models_folder.empty() ? std::vector<ModelPatch>{}
                                                      : read_models_folder(options.models_folder));
}

/// "codec" and "codecs" are the same kind.
std::string kind_named(const std::string& word) {
    const std::vector<std::string> kinds = catalog_kinds();
    for (const std::string& kind : kinds) {
        if (word == kind || word + "s" == kind) return kind;
    }
    throw InputError("KIND", "no kind of model is called \"" + word + "\"",
                     suggestion(word, kinds));
}

/// The ids that `size --fail-on` takes; no models, so none to show or to change.
void list_findings(const OutputOptions& output) {
    Table table{.columns = {{"kind"}, {"name"}, {"title"}}, .rows = {}};
    Json::Array rows;
    for (const FindingName& finding : finding_names) {
        const std::string id(finding.id);
        const std::string title(finding.title);
        table.rows.push_back({"findings", id, title});
        rows.push_back(Json{Json::Object{
            {"kind", Json{std::string("findings")}}, {"name", Json{id}}, {"title", Json{title}}}});
    }
    const Report report{.title = "busyhour catalog",
                        .sections = {{.title = "findings",
                                      .paragraphs = {},
                                      .tables = {table},
                                      .notes = {"Each may be a gate: size --fail-on NAME."}}}};
    write_outputs(output, {.text = [&](bool is_bold) { return to_text(report, is_bold); },
                           .json = [&] { return to_json_text(Json{rows}, 2) + "\n"; },
                           .md = [&] { return to_markdown(report); },
                           .csv = [&] { return to_csv(table); }});
}

void list_entries(const CatalogOptions& options) {
    if (options.kind == "findings" || options.kind == "finding") {
        list_findings(options.output);
        return;
    }
    const Catalog catalog = catalog_of(options);
    const std::string kind = options.kind.empty() ? "" : kind_named(options.kind);
    Table table{.columns = {{"kind"}, {"name"}, {"title"}, {"source"}}, .rows = {}};
    Json::Array rows;
    for (const auto& [key, document] : catalog.documents) {
        const std::string folder = key.substr(0, key.find('/'));
        if (!kind.empty() && folder != kind) continue;
        table.rows.push_back({folder, text_at(document, "name"), text_at(document, "title"),
                              text_at(document, "source")});
        Json::Object row{{"kind", Json{folder}}};
        for (const char* member : {"name", "title", "source"}) {
            row.push_back({member, Json{text_at(document, member)}});
        }
        rows.push_back(Json{std::move(row)});
    }
    const Report report{.title = "busyhour catalog",
                        .sections = {{.title = kind.empty() ? "ALL" : kind,
                                      .paragraphs = {},
                                      .tables = {table},
                                      .notes = {"Sources are explained in docs/references.md."}}}};
    write_outputs(options.output, {.text = [&](bool is_bold) { return to_text(report, is_bold); },
                                   .json = [&] { return to_json_text(Json{rows}, 2) + "\n"; },
                                   .md = [&] { return to_markdown(report); },
                                   .csv = [&] { return to_csv(table); }});
}

void show_entry(const CatalogOptions& options) {
    const Catalog catalog = catalog_of(options);
    std::string kind = options.kind;
    std::string name = options.name;
    if (name.empty() && kind.find('/') != std::string::npos) {
        name = kind.substr(kind.find('/') + 1);
        kind.resize(kind.find('/'));
    }
    kind = kind_named(kind);
    const auto found = catalog.documents.find(kind + "/" + to_lower(name));
    if (found == catalog.documents.end()) {
        std::vector<std::string> known;
        for (const auto& [key, document] : catalog.documents) {
            if (key.starts_with(kind + "/")) known.push_back(text_at(document, "name"));
        }
        throw InputError("NAME", "no entry \"" + name + "\" in " + kind, suggestion(name, known));
    }
    std::string text = to_json_text(found->second, 2) + "\n";
    Table table{.columns = {{"key"}, {"value"}}, .rows = {}};
    for (const JsonMember& member : found->second.members()) {
        const std::string* word = member.value.text();
        table.rows.push_back({member.key, word != nullptr ? *word : to_json_text(member.value)});
    }
    const Report report{
        .title = kind + "/" + name,
        .sections = {{.title = "ENTRY", .paragraphs = {}, .tables = {table}, .notes = {}}}};
    write_outputs(options.output, {.text = [&](bool is_bold) { return to_text(report, is_bold); },
                                   .json = [&] { return text; },
                                   .md = [&] { return to_markdown(report); },
                                   .csv = [&] { return to_csv(table); }});
}

}  // namespace

void add_catalog(CLI::App& app, Exit& /*result*/) {
    CLI::App* catalog = app.add_subcommand("catalog", "what is built in, with sources");
    catalog->require_subcommand(1);
    const auto options = std::make_shared<CatalogOptions>();
    const auto add_common = [options](CLI::App& command) {
        command.add_option("--models", options->models_folder,
                           "folder of models that change or add to the built-in ones");
        add_output_options(command, options->output);
    };
    CLI::App* list = catalog->add_subcommand("list", "the entries, of one kind or of all");
    list->add_option("kind", options->kind,
                     "codecs, flows, headers, servers, hosts, ...; findings: ids for --fail-on");
    add_common(*list);
    list->callback([options] { list_entries(*options); });
    CLI::App* show = catalog->add_subcommand("show", "one entry: KIND NAME or KIND/NAME");
    show->add_option("kind", options->kind, "codecs, flows, headers, servers, hosts, ...")
        ->required();
    show->add_option("name", options->name, "its name");
    add_common(*show);
    show->callback([options] { show_entry(*options); });
}

}  // namespace busyhour::cli
