#include "busyhour/error.h"
#include "busyhour/plan/plan.h"
#include "busyhour/report/plan_json.h"
#include "busyhour/report/plan_report.h"
#include "busyhour/report/visible.h"
#include "cli/commands.h"
#include "cli/files.h"
#include "cli/gates.h"
#include "cli/model_options.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <fmt/format.h>

#include <cstdint>
#include <memory>
#include <optional>

namespace busyhour::cli {
namespace {

struct SizeOptions {
    std::vector<std::string> files;
    ModelOptions models;
    std::vector<std::string> gates;
    std::optional<int> draws;
    std::uint64_t seed = 1;
    OutputOptions output;
};

/// Draws where the deployment has ranges, or where the user asks for draws.
void add_draws(const PlanInput& input, const SizeOptions& options, Plan& plan) {
    if (!options.draws && input.deployment.ranges.empty()) return;
    DrawOptions draws{.seed = options.seed};
    if (options.draws) draws.draws_number = *options.draws;
    plan.uncertainty = draw_plan(input, plan, draws);
}

/// The file, and the place in it; a fault of the whole document has none.
std::string place_in(const std::string& file, const std::string& where) {
    if (where.empty()) return file;
    return where.starts_with(file) ? where : file + ": " + where;
}

/// The limits of links, firewalls and trunks that are exceeded: ": link "wan" packets_per_s".
std::string exceeded_words(const Plan& plan) {
    std::string words;
    for (const Constraint& limit : exceeded_limits(plan)) {
        words += fmt::format("{}{} \"{}\" {}", words.empty() ? ": " : ", ", limit.kind, limit.name,
                             limit.resource);
    }
    return words;
}

/// The plans of all files; the faults of all files together.
std::vector<Plan> make_plans(const SizeOptions& options) {
    const ModelChanges changes = read_changes(options.models);
    std::vector<Plan> plans;
    std::vector<Problem> problems = changes.problems;
    for (const std::string& file : options.files) {
        const std::string text = read_file(file);
        try {
            const PlanInput input = read_deployment(text, file, changes.patches, changes.host);
            plans.push_back(make_plan(input));
            add_draws(input, options, plans.back());
        } catch (const InputError& error) {
            for (const Problem& problem : error.problems()) {
                problems.push_back({place_in(file, problem.where), problem.what, problem.remedy});
            }
        }
    }
    if (!problems.empty()) throw InputError(problems);
    return plans;
}

std::string each(const std::vector<Plan>& plans,
                 const std::function<std::string(const Plan&)>& render) {
    std::string out;
    for (const Plan& plan : plans) out += (out.empty() ? "" : "\n") + render(plan);
    return out;
}

/// One report, or an array of them where several deployments were given.
std::string as_json(const std::vector<Plan>& plans) {
    if (plans.size() == 1) return to_report_json(plans.front());
    std::string out = "[\n";
    for (const Plan& plan : plans)
        out += (&plan == &plans.front() ? "" : ",\n") + to_report_json(plan);
    return out + "]\n";
}

/// One table for all deployments, each row with the name of its own.
std::string as_csv(const std::vector<Plan>& plans) {
    Table all{.columns = {{"deployment"}}, .rows = {}};
    for (const Plan& plan : plans) {
        Table table = to_rows(plan);
        if (all.columns.size() == 1) {
            for (const Column& column : table.columns) all.columns.push_back(column);
        }
        for (std::vector<std::string>& row : table.rows) {
            row.insert(row.begin(), plan.deployment.name);
            all.rows.push_back(std::move(row));
        }
    }
    return to_csv(all);
}

Exit size(const SizeOptions& options) {
    const std::vector<Gate> gates = parse_gates(options.gates);
    const std::vector<Plan> plans = make_plans(options);
    write_outputs(options.output, {.text =
                                       [&](bool is_bold) {
                                           return each(plans, [&](const Plan& plan) {
                                               return to_text(to_report(plan), is_bold);
                                           });
                                       },
                                   .json = [&] { return as_json(plans); },
                                   .md =
                                       [&] {
                                           return each(plans, [](const Plan& plan) {
                                               return to_markdown(to_report(plan));
                                           });
                                       },
                                   .csv = [&] { return as_csv(plans); }});
    Exit result = Exit::done;
    for (const Plan& plan : plans) {
        if (!plan.is_met) {
            fmt::print(stderr, "busyhour: {}: the demand cannot be met within the policy{}\n",
                       visible(plan.deployment.name), visible(exceeded_words(plan)));
            result = Exit::gate_failed;
        }
        for (const std::string& failure : failed_gates(gates, plan)) {
            fmt::print(stderr, "busyhour: {}: {}\n", visible(plan.deployment.name),
                       visible(failure));
            result = Exit::gate_failed;
        }
    }
    return result;
}

}  // namespace

void add_size(CLI::App& app, Exit& result) {
    CLI::App* command = app.add_subcommand("size", "a deployment to a sizing report");
    const auto options = std::make_shared<SizeOptions>();
    command->add_option("deployment", options->files, "JSON file; - is standard input")->required();
    add_model_options(*command, options->models);
    command->add_option("--fail-on", options->gates,
                        "exit 3 on: info, warning, error, a finding's id (catalog list findings),"
                        " exhausted_in<YEAR, headroom<FRACTION; may be repeated");
    command->add_option("--draws", options->draws,
                        "Monte Carlo draws, 1,000 to 10,000,000; 10,000 where the deployment has"
                        " ranges");
    command->add_option("--seed", options->seed, "of the draws: the same gives the same [1]");
    add_output_options(*command, options->output);
    command->callback([options, &result] { result = size(*options); });
}

}  // namespace busyhour::cli
