#include "busyhour/report/compare.h"
#include "busyhour/report/format.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cmath>

namespace busyhour {
namespace {

using Object = nlohmann::ordered_json;

std::string change_word(const Change& change) {
    if (!change.a) return "added";
    return change.b ? "changed" : "removed";
}

void collect_words(const Json& value, const std::string& name, std::vector<std::string>& words) {
    for (const JsonMember& member : value.members()) {
        collect_words(member.value, name.empty() ? member.key : name + "." + member.key, words);
    }
    for (const Json& item : value.items()) collect_words(item, name, words);
    if (value.object() != nullptr || value.array() != nullptr) return;
    const std::string text = value.number() != nullptr ? to_words(*value.number())
                             : value.text() != nullptr ? *value.text()
                                                       : to_json_text(value);
    if (!text.empty()) words.push_back(name.empty() ? text : name + " " + text);
}

/// The values inside an object or a list, of many the first: "name desks, endpoints 10, ...".
std::string members_words(const Json& value) {
    constexpr std::size_t shown_max = 60;
    std::vector<std::string> words;
    collect_words(value, {}, words);
    std::string text;
    for (const std::string& each : words) {
        if (!text.empty() && text.size() + each.size() > shown_max) return text + ", ...";
        text += (text.empty() ? "" : ", ") + each;
    }
    return text.empty() ? "none" : text;
}

/// A value for people; numbers with at least so many digits, 0 for what reads best.
std::string shown(const std::optional<Json>& value, const std::string& origin, int digits) {
    if (!value) return "-";
    std::string words;
    if (const double* number = value->number()) {
        words = digits > 0 ? fmt::format("{:.{}g}", *number, digits) : to_words(*number);
    } else if (value->text() != nullptr) {
        words = *value->text();
    } else if (value->is_null()) {
        words = "none";
    } else {
        words = members_words(*value);
    }
    return origin == "default" ? words + " (default)" : words;
}

std::string signed_words(double value) {
    return (value > 0 ? "+" : "") + to_words(value);
}

/// A change in percent: two digits that count, "+0.012 %".
std::string percent_words(const Change& change) {
    const std::optional<double> fraction = change.difference_fraction();
    if (!fraction) return {};
    const double percent = *fraction * 100;
    return std::abs(percent) >= 10 ? fmt::format("{:+.0f} %", percent)
                                   : fmt::format("{:+.2g} %", percent);
}

std::vector<std::string> people_row(const Change& change) {
    const std::optional<double> difference = change.difference_number();
    const bool is_year = change.path.ends_with("year") || change.path.ends_with("exhausted_in");
    constexpr int digits_max = 17;
    int digits = is_year ? digits_max : 0;
    std::string a = shown(change.a, change.a_origin, digits);
    std::string b = shown(change.b, change.b_origin, digits);
    for (digits = 5; a == b && digits <= digits_max; ++digits) {  // as many as tell them apart
        a = shown(change.a, change.a_origin, digits);
        b = shown(change.b, change.b_origin, digits);
    }
    return {change.path, a, b,
            difference             ? signed_words(*difference)
            : change.a && change.b ? ""
                                   : change_word(change),
            percent_words(change)};
}

Section section_of(const std::string& title, const std::vector<Change>& changes,
                   std::size_t rows_max) {
    Section section{.title = title, .paragraphs = {}, .tables = {}, .notes = {}};
    Table table{.columns = {{"path"},
                            {"A", Align::right},
                            {"B", Align::right},
                            {"change", Align::right},
                            {"percent", Align::right}},
                .rows = {}};
    for (const Change& change : changes) {
        if (table.rows.size() == rows_max) break;
        table.rows.push_back(people_row(change));
    }
    section.tables.push_back(std::move(table));
    if (changes.size() > rows_max) {
        section.notes.push_back(fmt::format(
            "{} more results changed; --all shows them, as do the formats json and csv.",
            to_words(static_cast<double>(changes.size() - rows_max))));
    }
    return section;
}

Object json_of(const Change& change, const char* section) {
    Object row{{"section", section}, {"path", change.path}, {"change", change_word(change)}};
    if (change.a) row["a"] = Object::parse(to_json_text(*change.a));
    if (change.b) row["b"] = Object::parse(to_json_text(*change.b));
    if (const auto difference = change.difference_number()) row["difference"] = *difference;
    if (const auto fraction = change.difference_fraction()) row["percent"] = *fraction * 100;
    if (!change.a_origin.empty()) row["a_origin"] = change.a_origin;
    if (!change.b_origin.empty()) row["b_origin"] = change.b_origin;
    return row;
}

std::string machine_value(const std::optional<Json>& value) {
    if (!value) return {};
    if (value->text() != nullptr) return *value->text();
    return value->number() != nullptr ? to_digits(*value->number()) : to_json_text(*value);
}

void add_rows(const std::vector<Change>& changes, const char* section, Table& table) {
    for (const Change& change : changes) {
        const auto difference = change.difference_number();
        const auto fraction = change.difference_fraction();
        table.rows.push_back({section, change.path, change_word(change), machine_value(change.a),
                              machine_value(change.b), difference ? to_digits(*difference) : "",
                              fraction ? to_digits(*fraction * 100) : "", change.a_origin,
                              change.b_origin});
    }
}

}  // namespace

Report to_report(const Comparison& comparison, std::size_t rows_max) {
    Report report{.title = "busyhour compare", .sections = {}};
    Section names{.title = "COMPARED",
                  .paragraphs = {"A: " + comparison.a_name, "B: " + comparison.b_name},
                  .tables = {},
                  .notes = {}};
    if (comparison.is_identical()) names.paragraphs.emplace_back("Identical: nothing changed.");
    if (!comparison.has_all_inputs) {
        names.notes.emplace_back(
            "A report carries only the defaults that were used. What the user gave is in the"
            " deployments: compare these for it. A default that one side lacks was given there, or"
            " has no place there.");
    }
    report.sections.push_back(std::move(names));
    if (!comparison.inputs.empty()) {
        report.sections.push_back(section_of(comparison.has_all_inputs
                                                 ? "INPUTS THAT CHANGED"
                                                 : "INPUTS THAT CHANGED: DEFAULTS ONLY",
                                             comparison.inputs, comparison.inputs.size()));
    }
    if (!comparison.results.empty()) {
        report.sections.push_back(section_of("RESULTS THAT CHANGED", comparison.results, rows_max));
    } else if (!comparison.inputs.empty()) {
        report.sections.front().paragraphs.emplace_back("No result changed.");
    }
    return report;
}

Table to_rows(const Comparison& comparison) {
    Table table{.columns = {{"section"},
                            {"path"},
                            {"change"},
                            {"a"},
                            {"b"},
                            {"difference"},
                            {"percent"},
                            {"a_origin"},
                            {"b_origin"}},
                .rows = {}};
    add_rows(comparison.inputs, "input", table);
    add_rows(comparison.results, "result", table);
    return table;
}

std::string to_json(const Comparison& comparison) {
    Object object{{"format", "busyhour.comparison/1"},
                  {"a", comparison.a_name},
                  {"b", comparison.b_name},
                  {"identical", comparison.is_identical()},
                  {"inputs", comparison.has_all_inputs ? "all" : "defaults only"}};
    Object changes = Object::array();
    for (const Change& change : comparison.inputs) changes.push_back(json_of(change, "input"));
    for (const Change& change : comparison.results) changes.push_back(json_of(change, "result"));
    object["changes"] = std::move(changes);
    return object.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace busyhour
