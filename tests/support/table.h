#pragma once

#include <cstddef>
#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace busyhour::test {

/// One row of a table of published values, by the name of the column.
class TableRow {
public:
    explicit TableRow(std::map<std::string, std::string> cells) : cells_(std::move(cells)) {}

    [[nodiscard]] const std::string& text(const std::string& column) const {
        const auto cell = cells_.find(column);
        if (cell == cells_.end()) throw std::runtime_error("no column " + column);
        return cell->second;
    }

    [[nodiscard]] double number(const std::string& column) const {
        std::size_t used = 0;
        const std::string& cell = text(column);
        const double value_number = std::stod(cell, &used);
        if (used != cell.size()) throw std::runtime_error("not a number: " + cell);
        return value_number;
    }

    [[nodiscard]] int integer(const std::string& column) const { return std::stoi(text(column)); }
    [[nodiscard]] bool is_set(const std::string& column) const { return text(column) == "1"; }

private:
    std::map<std::string, std::string> cells_;
};

/// The cells of one line; cells hold no commas and no quotes.
inline std::vector<std::string> split_cells(const std::string& line) {
    std::vector<std::string> cells;
    std::istringstream rest(line);
    for (std::string cell; std::getline(rest, cell, ',');) cells.push_back(cell);
    return cells;
}

/// The rows of a file of data/tables, which has a header and at least one row.
inline std::vector<TableRow> read_table(const std::string& file_name) {
    const std::string path = std::string(BUSYHOUR_SOURCE_DIR) + "/data/tables/" + file_name;
    std::ifstream file(path);
    std::string line;
    if (!std::getline(file, line)) throw std::runtime_error("cannot read " + path);
    const std::vector<std::string> columns = split_cells(line);
    std::vector<TableRow> rows;
    while (std::getline(file, line)) {
        const std::vector<std::string> cells = split_cells(line);
        if (cells.size() != columns.size()) throw std::runtime_error(path + ": bad row " + line);
        std::map<std::string, std::string> row;
        for (std::size_t i = 0; i < columns.size(); ++i) row[columns[i]] = cells[i];
        rows.emplace_back(std::move(row));
    }
    if (rows.empty()) throw std::runtime_error(path + " has no rows");
    return rows;
}

}  // namespace busyhour::test
