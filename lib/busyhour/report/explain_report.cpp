#include "busyhour/report/explain_report.h"

#include "busyhour/report/format.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

namespace busyhour {
namespace {

using Object = nlohmann::ordered_json;

/// A number in a formula: short, but never so short that a small one becomes 0.
std::string number_words(double value) {
    const bool is_plain = std::abs(value) < 1e7 && value == std::floor(value);
    const std::string words = is_plain ? to_digits(value) : to_words(value);
    const bool has_digits = words.find_first_of("123456789") != std::string::npos;
    return has_digits || value == 0 ? words : to_digits(value);
}

const Explained* operand_named(const Explained& explained, std::string_view name) {
    for (const Explained& operand : explained.operands) {
        if (operand.name == name) return &operand;
    }
    return nullptr;
}

/// The formula with each operand's value in place of its name; "" where that says nothing more.
std::string substituted(const Explained& explained) {
    std::string text;
    bool has_value = false;
    for (std::size_t at = 0; at < explained.formula.size();) {
        if (explained.formula[at] != '{') {
            text += explained.formula[at++];
            continue;
        }
        const std::size_t end = explained.formula.find('}', at);
        const std::string name = explained.formula.substr(at + 1, end - at - 1);
        const Explained* operand = operand_named(explained, name);
        text += operand == nullptr ? name : number_words(operand->value_number);
        has_value = has_value || operand != nullptr;
        at = end + 1;
    }
    return has_value ? text : std::string{};
}

/// Who says so: "user: /populations/0/endpoints", "model servers/kamailio (source; measured on)".
std::string origin_words(const Explained& node) {
    std::string words(name_of(node.origin));
    if (node.origin == Origin::formula) words = formula_in_words(node);
    if (!node.where.empty()) words += (words.empty() ? "" : ": ") + node.where;
    std::string more = node.source;
    if (!node.detail.empty()) more += (more.empty() ? "" : "; ") + node.detail;
    return more.empty() ? words : words + " (" + more + ")";
}

/// The operands in the order to show; of very many the largest.
std::vector<const Explained*> shown_operands(const Explained& node, std::size_t shown_max) {
    std::vector<const Explained*> operands;
    for (const Explained& operand : node.operands) operands.push_back(&operand);
    if (operands.size() <= shown_max) return operands;
    std::stable_sort(operands.begin(), operands.end(), [](const Explained* a, const Explained* b) {
        return std::abs(a->value_number) > std::abs(b->value_number);
    });
    operands.resize(shown_max);
    return operands;
}

void add_people_rows(const Explained& node, int depth, const std::string& indent, Table& table) {
    constexpr std::size_t shown_max = 24;
    for (const Explained* operand : shown_operands(node, shown_max)) {
        table.rows.push_back(
            {indent + operand->name, number_words(operand->value_number), origin_words(*operand)});
        if (depth > 1) add_people_rows(*operand, depth - 1, indent + ". ", table);
    }
    if (node.operands.size() > shown_max) {
        table.rows.push_back({indent + "the smaller ones", "",
                              to_words(static_cast<double>(node.operands.size() - shown_max)) +
                                  " more; --format json has all"});
    }
}

void add_machine_rows(const Explained& node, int depth, int level, Table& table) {
    table.rows.push_back({to_digits(level), node.name, to_digits(node.value_number),
                          std::string(name_of(node.origin)), node.where, node.source,
                          formula_in_words(node), node.detail});
    if (level >= depth) return;
    for (const Explained& operand : node.operands) {
        add_machine_rows(operand, depth, level + 1, table);
    }
}

Object json_of(const Explained& node, int depth) {
    Object object{{"name", node.name}, {"value", node.value_number}};
    object["origin"] = std::string(name_of(node.origin));
    const auto set = [&](const char* key, const std::string& text) {
        if (!text.empty()) object[key] = text;
    };
    set(node.origin == Origin::model ? "model" : "path", node.where);
    set("source", node.source);
    set("detail", node.detail);
    set("formula", formula_in_words(node));
    set("substituted", substituted(node));
    if (!node.checks.empty()) object["checks"] = node.checks;
    if (depth > 0 && !node.operands.empty()) {
        Object operands = Object::array();
        for (const Explained& operand : node.operands) {
            operands.push_back(json_of(operand, depth - 1));
        }
        object["operands"] = std::move(operands);
    }
    return object;
}

std::string dumped(const Object& object) {
    return object.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace

Report to_report(const Explained& explained, int depth) {
    Section section{.title = explained.where, .paragraphs = {}, .tables = {}, .notes = {}};
    section.paragraphs.push_back(explained.name + ": " + to_digits(explained.value_number));
    std::string formula = "= " + formula_in_words(explained);
    if (!explained.source.empty()) formula += " (" + explained.source + ")";
    section.paragraphs.push_back(formula);
    const std::string values = substituted(explained);
    if (!values.empty()) section.paragraphs.push_back("= " + values);
    if (!explained.detail.empty()) section.paragraphs.push_back(explained.detail);
    for (const std::string& check : explained.checks) section.paragraphs.push_back(check);
    Table table{.columns = {{"of"}, {"value", Align::right}, {"origin"}}, .rows = {}};
    add_people_rows(explained, depth, "", table);
    section.tables.push_back(std::move(table));
    return {.title = "busyhour explain", .sections = {std::move(section)}};
}

Table to_rows(const Explained& explained, int depth) {
    Table table{.columns = {{"level"},
                            {"name"},
                            {"value"},
                            {"origin"},
                            {"path"},
                            {"source"},
                            {"formula"},
                            {"detail"}},
                .rows = {}};
    add_machine_rows(explained, depth, 0, table);
    return table;
}

std::string to_json(const Explained& explained, int depth) {
    Object object = json_of(explained, depth);
    object.erase("origin");  // the number itself is the report's
    return dumped(object);
}

Report to_report(const std::vector<ReportNumber>& numbers) {
    Table table{.columns = {{"path"}, {"value", Align::right}}, .rows = {}};
    for (const ReportNumber& number : numbers) {
        table.rows.push_back({number.path, to_digits(number.value_number)});
    }
    return {.title = "busyhour explain",
            .sections = {{.title = "NUMBERS OF THE REPORT",
                          .paragraphs = {},
                          .tables = {std::move(table)},
                          .notes = {}}}};
}

Table to_rows(const std::vector<ReportNumber>& numbers) {
    Table table{.columns = {{"path"}, {"value"}}, .rows = {}};
    for (const ReportNumber& number : numbers) {
        table.rows.push_back({number.path, to_digits(number.value_number)});
    }
    return table;
}

std::string to_json(const std::vector<ReportNumber>& numbers) {
    Object rows = Object::array();
    for (const ReportNumber& number : numbers) {
        rows.push_back({{"path", number.path}, {"value", number.value_number}});
    }
    return dumped(rows);
}

}  // namespace busyhour
