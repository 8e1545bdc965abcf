#include "busyhour/report/table.h"
#include "busyhour/report/visible.h"

#include <charconv>

namespace busyhour {
namespace {

bool is_number(std::string_view text) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} && end == text.data() + text.size();
}

/// CWE-1236: a cell of the user's text must not become a formula in a spreadsheet.
std::string guarded(std::string_view cell) {
    constexpr std::string_view starters = "=+-@\t\r";
    const bool is_risky =
        !cell.empty() && starters.find(cell.front()) != starters.npos && !is_number(cell);
    return (is_risky ? "'" : "") + visible(cell);
}

std::string quoted_cell(std::string_view cell) {
    const std::string text = guarded(cell);
    if (text.find_first_of(",\"\r\n") == text.npos) return text;
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"') out += '"';
        out += c;
    }
    return out + '"';
}

}  // namespace

std::string to_csv(const Table& table) {
    std::string out;
    for (std::size_t c = 0; c < table.columns.size(); ++c) {
        out += (c > 0 ? "," : "") + quoted_cell(table.columns[c].header);
    }
    out += "\r\n";
    for (const auto& row : table.rows) {
        for (std::size_t c = 0; c < row.size(); ++c)
            out += (c > 0 ? "," : "") + quoted_cell(row[c]);
        out += "\r\n";
    }
    return out;
}

}  // namespace busyhour
