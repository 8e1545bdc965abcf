#include "busyhour/report/table.h"
#include "busyhour/report/visible.h"

#include <algorithm>

namespace busyhour {
namespace {

/// Text that Markdown and HTML would read as markup, made harmless.
std::string escaped(std::string_view text) {
    std::string line(text);
    std::replace(line.begin(), line.end(), '\n', ' ');
    std::replace(line.begin(), line.end(), '\r', ' ');
    std::string out;
    for (const char c : visible(line)) {
        switch (c) {
            case '|':
            case '*':
            case '`':
            case '[':
            case ']':
            case '\\':
                out += '\\';
                out += c;
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            default:
                out += c;
        }
    }
    return out;
}

void add_row(const std::vector<std::string>& cells, std::string& out) {
    out += '|';
    for (const std::string& cell : cells) out += " " + escaped(cell) + " |";
    out += '\n';
}

void add_table(const Table& table, std::string& out) {
    std::vector<std::string> headers;
    for (const Column& column : table.columns) headers.push_back(column.header);
    add_row(headers, out);
    out += '|';
    for (const Column& column : table.columns) {
        out += column.align == Align::right ? " ---: |" : " --- |";
    }
    out += '\n';
    for (const auto& row : table.rows) add_row(row, out);
}

}  // namespace

std::string to_markdown(const Report& report) {
    std::string out = "# " + escaped(report.title) + "\n";
    for (const Section& section : report.sections) {
        out += "\n## " + escaped(section.title) + "\n";
        for (const std::string& text : section.paragraphs) out += "\n" + escaped(text) + "\n";
        for (const Table& table : section.tables) {
            out += '\n';
            add_table(table, out);
        }
        for (const std::string& note : section.notes) out += "\n" + escaped(note) + "\n";
    }
    return out;
}

}  // namespace busyhour
