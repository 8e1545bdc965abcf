#pragma once

#include <string>
#include <vector>

namespace busyhour {

enum class Align { left, right };

struct Column {
    std::string header;
    Align align = Align::left;
};

/// Rows of text under headers. The last left-aligned column may wrap on paper.
struct Table {
    std::vector<Column> columns;
    std::vector<std::vector<std::string>> rows;
};

/// One part of a report: sentences, then tables, then notes.
struct Section {
    std::string title;
    std::vector<std::string> paragraphs;
    std::vector<Table> tables;
    std::vector<std::string> notes;
};

/// A report for people, free of any markup.
struct Report {
    std::string title;
    std::vector<Section> sections;
};

/// The report as plain text, no line longer than `width` columns. `is_bold` marks headings by ANSI
/// escape sequences.
std::string to_text(const Report& report, bool is_bold = false, std::size_t width = 100);

/// The report as GitHub-flavoured Markdown.
std::string to_markdown(const Report& report);

/// A table as CSV (RFC 4180). Text that a spreadsheet would run as a formula gets a leading
/// apostrophe; numbers never do.
std::string to_csv(const Table& table);

}  // namespace busyhour
