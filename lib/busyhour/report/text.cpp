#include "busyhour/report/table.h"
#include "busyhour/report/visible.h"

#include <algorithm>
#include <cstdint>

namespace busyhour {
namespace {

constexpr std::string_view gap = "  ";
constexpr std::string_view indent = "  ";

/// Columns that a UTF-8 text takes, one for each code point.
std::size_t width_of(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
        return (static_cast<std::uint8_t>(c) & 0xC0U) != 0x80U;
    }));
}

/// The text in lines of at most `width` columns; a longer word stands alone, "%" with its number.
std::vector<std::string> wrap(std::string_view text, std::size_t width) {
    std::vector<std::string> lines(1);
    while (!text.empty()) {
        std::size_t end = std::min(text.find(' '), text.size());
        const bool is_percent = end > 0 && text.substr(end).starts_with(" %");
        if (is_percent) end = std::min(text.find(' ', end + 1), text.size());
        const std::string_view word = text.substr(0, end);
        text.remove_prefix(std::min(text.size(), end + 1));
        if (word.empty()) continue;
        std::string& line = lines.back();
        if (line.empty()) {
            line = word;
        } else if (width_of(line) + 1 + width_of(word) <= width) {
            line += ' ';
            line += word;
        } else {
            lines.emplace_back(word);
        }
    }
    return lines;
}

std::string join_lines(const std::vector<std::string>& lines) {
    std::string text;
    for (const std::string& line : lines) text += (text.empty() ? "" : "\n") + line;
    return text;
}

void add_paragraph(std::string_view text, std::string_view first, std::size_t width,
                   std::string& out) {
    const std::vector<std::string> lines = wrap(text, width - width_of(first));
    for (std::size_t i = 0; i < lines.size(); ++i) {
        out += i == 0 ? std::string(first) : std::string(width_of(first), ' ');
        out += lines[i];
        out += '\n';
    }
}

std::vector<std::size_t> column_widths(const Table& table) {
    std::vector<std::size_t> widths;
    for (std::size_t c = 0; c < table.columns.size(); ++c) {
        std::size_t width = width_of(table.columns[c].header);
        for (const auto& row : table.rows) width = std::max(width, width_of(row.at(c)));
        widths.push_back(width);
    }
    return widths;
}

std::size_t longest_word(std::string_view text) {
    std::size_t longest = 0;
    for (const std::string& word : wrap(text, 1)) longest = std::max(longest, width_of(word));
    return longest;
}

/// Narrows the widest left-aligned column, but no column below its longest word, until the table
/// fits.
void fit(const Table& table, std::size_t width, std::vector<std::size_t>& widths) {
    std::size_t total = indent.size();
    for (const std::size_t each : widths) total += each + gap.size();
    total -= gap.size();
    std::vector<std::size_t> narrowest;
    for (std::size_t c = 0; c < widths.size(); ++c) {
        narrowest.push_back(longest_word(table.columns[c].header));
        for (const auto& row : table.rows) {
            narrowest[c] = std::max(narrowest[c], longest_word(row.at(c)));
        }
    }
    while (total > width) {
        std::size_t widest = widths.size();
        for (std::size_t c = 0; c < widths.size(); ++c) {
            const bool may_wrap = table.columns[c].align == Align::left && widths[c] > narrowest[c];
            if (may_wrap && (widest == widths.size() || widths[c] > widths[widest])) widest = c;
        }
        if (widest == widths.size()) return;
        --widths[widest];
        --total;
    }
}

void add_row(const Table& table, const std::vector<std::string>& cells,
             const std::vector<std::size_t>& widths, std::string& out) {
    std::vector<std::vector<std::string>> wrapped;
    std::size_t height = 1;
    for (std::size_t c = 0; c < cells.size(); ++c) {
        wrapped.push_back(wrap(cells[c], widths[c]));
        height = std::max(height, wrapped.back().size());
    }
    for (std::size_t i = 0; i < height; ++i) {
        std::string line(indent);
        for (std::size_t c = 0; c < cells.size(); ++c) {
            const std::string& text = i < wrapped[c].size() ? wrapped[c][i] : std::string{};
            const std::size_t taken = width_of(text);
            const std::string padding(widths[c] > taken ? widths[c] - taken : 0, ' ');
            const bool is_right = table.columns[c].align == Align::right;
            if (c > 0) line += gap;
            line += is_right ? padding + text : text + padding;
        }
        while (!line.empty() && line.back() == ' ') line.pop_back();
        out += line + '\n';
    }
}

void add_table(const Table& table, std::size_t width, std::string& out) {
    std::vector<std::size_t> widths = column_widths(table);
    fit(table, width, widths);
    std::vector<std::string> headers;
    std::vector<std::string> rules;
    for (std::size_t c = 0; c < table.columns.size(); ++c) {
        headers.push_back(table.columns[c].header);
        rules.emplace_back(widths[c], '-');
    }
    const bool has_headers = std::any_of(headers.begin(), headers.end(),
                                         [](const std::string& text) { return !text.empty(); });
    if (has_headers) {
        add_row(table, headers, widths, out);
        add_row(table, rules, widths, out);
    }
    for (const auto& row : table.rows) add_row(table, row, widths, out);
}

void make_visible(Table& table) {
    for (Column& column : table.columns) column.header = visible(column.header);
    for (auto& row : table.rows) {
        for (std::string& cell : row) cell = visible(cell);
    }
}

Report visible_report(Report report) {
    report.title = visible(report.title);
    for (Section& section : report.sections) {
        section.title = visible(section.title);
        for (std::string& text : section.paragraphs) text = visible(text);
        for (Table& table : section.tables) make_visible(table);
        for (std::string& note : section.notes) note = visible(note);
    }
    return report;
}

}  // namespace

std::string to_text(const Report& user_report, bool is_bold, std::size_t width) {
    const Report report = visible_report(user_report);
    const std::string on = is_bold ? "\x1b[1m" : "";
    const std::string off = is_bold ? "\x1b[0m" : "";
    std::string out = on;
    out.append(join_lines(wrap(report.title, width))).append(off).append("\n");
    for (const Section& section : report.sections) {
        out.append("\n").append(on).append(section.title).append(off).append("\n");
        for (const std::string& text : section.paragraphs) {
            add_paragraph(text, indent, width, out);
        }
        for (const Table& table : section.tables) {
            if (&table != &section.tables.front() || !section.paragraphs.empty()) out += '\n';
            add_table(table, width, out);
        }
        if (!section.notes.empty() && !section.tables.empty()) out += '\n';
        for (const std::string& note : section.notes) add_paragraph(note, indent, width, out);
    }
    return out;
}

}  // namespace busyhour
