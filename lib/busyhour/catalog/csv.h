#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace busyhour {

/// How much a file may hold before it is refused.
struct CsvLimits {
    std::size_t octets_max = std::size_t{64} << 20U;
    std::size_t rows_max = 1'000'000;   ///< below the header
    std::size_t cells_max = 8'000'000;  ///< of all rows
    std::size_t columns_max = 1000;
    std::size_t cell_octets_max = 65536;
};

/// A file of comma or semicolon separated values: a header, and rows as long as it.
struct CsvTable {
    std::string name;                  ///< of the file, for messages
    std::vector<std::string> columns;  ///< the header, no name twice
    std::vector<std::string> cells;    ///< row after row
    std::vector<std::size_t> lines;    ///< the row's number in the file, the header being 1

    [[nodiscard]] std::size_t rows() const { return lines.size(); }
    [[nodiscard]] const std::string& cell(std::size_t row, std::size_t column) const {
        return cells.at(row * columns.size() + column);
    }
    /// "file:row:column", both counted from 1 as a spreadsheet does.
    [[nodiscard]] std::string place(std::size_t row, std::size_t column) const;
};

/// The table that `text` holds; `name` stands before each place in messages.
///
/// A comma, semicolon or tab separates, whichever the header has most of. Quotes as in RFC 4180,
/// any line end, a byte order mark; blanks around cells without quotes and empty lines are skipped.
/// Throws InputError with up to 50 faults at once: text that is not UTF-8, an unclosed quote, a
/// row of another length, a name twice, too much of anything. Source: rfc4180.
CsvTable parse_csv(std::string_view text, const std::string& name, const CsvLimits& limits = {});

/// What a message shows of a cell: short, printable, in quotes.
std::string shown_cell(std::string_view cell);

}  // namespace busyhour
