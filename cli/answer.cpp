#include "cli/answer.h"

#include "busyhour/report/format.h"

#include <cmath>

namespace busyhour::cli {
namespace {

std::string shown(const Json& value, bool is_for_people) {
    if (const double* number = value.number()) {
        const bool is_small = std::abs(*number) < 1e-3 && *number != 0;
        return is_for_people && !is_small ? to_words(*number) : to_digits(*number);
    }
    if (const std::string* text = value.text()) return *text;
    return to_json_text(value);
}

/// The rows of a list of objects, such as the years of a forecast.
Table table_of_list(const Json::Array& rows, bool is_for_people) {
    Table table;
    for (const JsonMember& member : rows.front().members()) {
        table.columns.push_back({member.key, Align::right});
    }
    for (const Json& row : rows) {
        std::vector<std::string> cells;
        for (const JsonMember& member : row.members()) {
            const bool is_year = member.key == "year";
            cells.push_back(shown(member.value, is_for_people && !is_year));
        }
        table.rows.push_back(std::move(cells));
    }
    return table;
}

bool is_list(const Json& value) {
    return value.array() != nullptr && !value.array()->empty() &&
           value.array()->front().object() != nullptr;
}

Report report_of(const Answer& answer) {
    Section section{.title = "RESULT", .paragraphs = {}, .tables = {}, .notes = answer.notes};
    Table table{.columns = {{"quantity"}, {"value", Align::right}}, .rows = {}};
    for (const JsonMember& member : answer.values) {
        if (!is_list(member.value)) table.rows.push_back({member.key, shown(member.value, true)});
    }
    section.tables.push_back(std::move(table));
    for (const JsonMember& member : answer.values) {
        if (is_list(member.value)) {
            section.tables.push_back(table_of_list(member.value.items(), true));
        }
    }
    return {.title = "busyhour calc", .sections = {std::move(section)}};
}

std::string csv_of(const Answer& answer) {
    Table table{.columns = {{"quantity"}, {"value"}}, .rows = {}};
    for (const JsonMember& member : answer.values) {
        if (is_list(member.value)) return to_csv(table_of_list(member.value.items(), false));
        table.rows.push_back({member.key, shown(member.value, false)});
    }
    return to_csv(table);
}

}  // namespace

Renderings render_answer(const Answer& answer) {
    return {.text = [&](bool is_bold) { return to_text(report_of(answer), is_bold); },
            .json = [&] { return to_json_text(Json{answer.values}, 2) + "\n"; },
            .md = [&] { return to_markdown(report_of(answer)); },
            .csv = [&] { return csv_of(answer); }};
}

}  // namespace busyhour::cli
