#include "busyhour/catalog/csv.h"

#include "busyhour/error.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <set>

namespace busyhour {
namespace {

constexpr std::size_t csv_problems_max = 50;
constexpr std::size_t shown_max = 40;
constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

/// Which octets may begin a character, which may follow, and how many it has. Source: rfc3629,
/// section 4.
struct Lead {
    unsigned first_low = 0;
    unsigned first_high = 0;
    unsigned second_low = 0x80;
    unsigned second_high = 0xBF;
    std::size_t octets = 1;
};
constexpr std::array<Lead, 9> leads{{{0x00, 0x7F, 0x80, 0xBF, 1},
                                     {0xC2, 0xDF, 0x80, 0xBF, 2},
                                     {0xE0, 0xE0, 0xA0, 0xBF, 3},
                                     {0xE1, 0xEC, 0x80, 0xBF, 3},
                                     {0xED, 0xED, 0x80, 0x9F, 3},
                                     {0xEE, 0xEF, 0x80, 0xBF, 3},
                                     {0xF0, 0xF0, 0x90, 0xBF, 4},
                                     {0xF1, 0xF3, 0x80, 0xBF, 4},
                                     {0xF4, 0xF4, 0x80, 0x8F, 4}}};

/// Whether the octets behind the first one are there and in range.
bool has_tail(std::string_view text, const Lead& lead) {
    if (text.size() < lead.octets) return false;
    for (std::size_t i = 1; i < lead.octets; ++i) {
        const unsigned octet = static_cast<std::uint8_t>(text[i]);
        const unsigned low = i == 1 ? lead.second_low : 0x80;
        const unsigned high = i == 1 ? lead.second_high : 0xBF;
        if (octet < low || octet > high) return false;
    }
    return true;
}

/// Octets of the UTF-8 character at the front; 0 where there is none. Source: rfc3629.
std::size_t character_octets(std::string_view text) {
    const unsigned first = static_cast<std::uint8_t>(text[0]);
    for (const Lead& lead : leads) {
        if (first < lead.first_low || first > lead.first_high) continue;
        return has_tail(text, lead) ? lead.octets : 0;
    }
    return 0;
}

/// Where the text stops being UTF-8 without control characters; its size where it does not.
std::size_t text_end(std::string_view text) {
    std::size_t at = 0;
    while (at < text.size()) {
        const auto octet = static_cast<std::uint8_t>(text[at]);
        if (octet < 0x20 && octet != '\t' && octet != '\n' && octet != '\r') break;
        const std::size_t octets = character_octets(text.substr(at));
        if (octets == 0) break;
        at += octets;
    }
    return at;
}

/// What the header has most of outside quotes; a comma where it has none.
char separator_of(std::string_view text) {
    constexpr std::array<char, 3> separators{',', ';', '\t'};
    std::array<std::size_t, 3> counts{};
    bool is_quoted = false;
    for (const char letter : text) {
        if (letter == '"') is_quoted = !is_quoted;
        if (is_quoted) continue;
        if (letter == '\n' || letter == '\r') break;
        for (std::size_t i = 0; i < separators.size(); ++i) {
            if (letter == separators.at(i)) ++counts.at(i);
        }
    }
    const auto most = std::max_element(counts.begin(), counts.end());
    return separators.at(static_cast<std::size_t>(most - counts.begin()));
}

std::string_view without_blanks(std::string_view text, char separator) {
    const auto is_blank = [&](char letter) {
        return letter == ' ' || (letter == '\t' && separator != '\t');
    };
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
    return text;
}

class CsvReader {
public:
    CsvReader(std::string_view text, const std::string& name, const CsvLimits& limits)
        : rest_(text), separator_(separator_of(text)), limits_(limits) {
        table_.name = name;
    }

    CsvTable read() {
        while (!rest_.empty() && !is_stopped_) {
            ++line_;
            read_row();
            if (is_stopped_ || is_empty_row()) continue;
            if (table_.columns.empty()) {
                take_header();
            } else {
                take_row();
            }
        }
        if (table_.columns.empty() && problems_.empty()) {
            problems_.push_back({table_.name, "is empty", "its first row names the columns"});
        }
        if (left_out_ > 0) {
            problems_.push_back({table_.name, fmt::format("{} more like these", left_out_), ""});
        }
        if (!problems_.empty()) throw InputError(problems_);
        return std::move(table_);
    }

private:
    void problem(std::size_t column, std::string what, std::string remedy) {
        if (problems_.size() >= csv_problems_max) {
            ++left_out_;
            return;
        }
        problems_.push_back({fmt::format("{}:{}:{}", table_.name, line_, column), std::move(what),
                             std::move(remedy)});
    }

    /// A fault after which the rest cannot be told apart.
    void stop(std::size_t column, std::string what, std::string remedy) {
        problem(column, std::move(what), std::move(remedy));
        is_stopped_ = true;
    }

    bool is_empty_row() const { return row_.size() == 1 && row_.front().empty() && !was_quoted_; }

    void read_row() {
        row_.clear();
        was_quoted_ = false;
        while (!is_stopped_) {
            if (row_.size() >= limits_.columns_max) {
                stop(row_.size(), fmt::format("has more than {} cells", limits_.columns_max),
                     "is it the right file?");
                return;
            }
            read_cell();
            if (rest_.empty()) return;
            const char end = rest_.front();
            rest_.remove_prefix(1);
            if (end == '\r' && rest_.starts_with('\n')) rest_.remove_prefix(1);
            if (end != separator_) return;
        }
    }

    bool is_cell_end(char letter) const {
        return letter == separator_ || letter == '\n' || letter == '\r';
    }

    /// One cell; what is left begins with the separator or line end behind it.
    void read_cell() {
        std::string_view ahead = rest_;
        while (ahead.starts_with(' ')) ahead.remove_prefix(1);
        if (ahead.starts_with('"')) {
            rest_ = ahead.substr(1);
            read_quoted();
            return;
        }
        std::size_t size = 0;
        bool has_quote = false;
        for (; size < rest_.size() && !is_cell_end(rest_[size]); ++size) {
            has_quote = has_quote || rest_[size] == '"';
        }
        take_cell(std::string(without_blanks(rest_.substr(0, size), separator_)));
        rest_.remove_prefix(size);
        if (has_quote) {
            problem(row_.size(), "has a quote inside a cell without quotes",
                    "put the cell in quotes and write each \" in it twice");
        }
    }

    void read_quoted() {
        was_quoted_ = true;
        std::string cell;
        while (true) {
            const std::size_t quote = rest_.find('"');
            if (quote == rest_.npos) {
                stop(row_.size() + 1, "begins with a quote that is never closed", "close it");
                return;
            }
            cell.append(rest_.substr(0, quote));
            rest_.remove_prefix(quote + 1);
            if (!rest_.starts_with('"')) break;
            cell += '"';
            rest_.remove_prefix(1);
        }
        take_cell(std::move(cell));
        while (rest_.starts_with(' ')) rest_.remove_prefix(1);
        if (rest_.empty() || is_cell_end(rest_.front())) return;
        problem(row_.size(), "goes on behind its closing quote", "write each \" in a cell twice");
        while (!rest_.empty() && !is_cell_end(rest_.front())) rest_.remove_prefix(1);
    }

    void take_cell(std::string cell) {
        row_.push_back(std::move(cell));
        if (row_.back().size() > limits_.cell_octets_max) {
            stop(row_.size(), fmt::format("has more than {} octets", limits_.cell_octets_max),
                 "is a quote missing?");
        }
    }

    void take_header() {
        std::set<std::string_view> names;
        for (std::size_t i = 0; i < row_.size(); ++i) {
            if (row_[i].empty()) problem(i + 1, "is a column without a name", "name or remove it");
            if (!row_[i].empty() && !names.insert(row_[i]).second) {
                problem(i + 1, "is a second column " + shown_cell(row_[i]), "keep one of them");
            }
        }
        table_.columns = row_;
    }

    void take_row() {
        ++rows_;  // wrong ones too, or a hostile file of them takes for ever
        if (rows_ > limits_.rows_max || rows_ * table_.columns.size() > limits_.cells_max) {
            stop(1,
                 fmt::format("is more than {} rows or {} cells", limits_.rows_max,
                             limits_.cells_max),
                 "split the file");
            return;
        }
        if (row_.size() != table_.columns.size()) {
            problem(std::min(row_.size(), table_.columns.size()) + 1,
                    fmt::format("has {} cells, the header {}", row_.size(), table_.columns.size()),
                    "put a cell that holds a separator in quotes");
            return;
        }
        table_.lines.push_back(line_);
        std::move(row_.begin(), row_.end(), std::back_inserter(table_.cells));
    }

    std::string_view rest_;
    char separator_;
    CsvLimits limits_;
    CsvTable table_;
    std::vector<std::string> row_;
    bool was_quoted_ = false;
    bool is_stopped_ = false;
    std::size_t line_ = 0;
    std::size_t rows_ = 0;
    std::vector<Problem> problems_;
    std::size_t left_out_ = 0;
};

}  // namespace

std::string CsvTable::place(std::size_t row, std::size_t column) const {
    return fmt::format("{}:{}:{}", name, lines.at(row), column + 1);
}

CsvTable parse_csv(std::string_view text, const std::string& name, const CsvLimits& limits) {
    if (text.size() > limits.octets_max) {
        throw InputError(name, fmt::format("has more than {} octets", limits.octets_max),
                         "is it the right file?");
    }
    if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF")) {
        throw InputError(name, "is UTF-16", "save it as CSV in UTF-8");
    }
    if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
    const std::size_t end = text_end(text);
    if (end < text.size()) {
        const auto line =
            1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(end), '\n');
        throw InputError(fmt::format("{}:{}", name, line), "is not UTF-8 text",
                         "save it as CSV in UTF-8");
    }
    return CsvReader(text, name, limits).read();
}

std::string shown_cell(std::string_view cell) {
    std::string text = "\"";
    for (const char letter : cell.substr(0, shown_max)) {
        text += letter >= 0x20 && letter < 0x7F ? letter : '?';
    }
    return text + (cell.size() > shown_max ? "...\"" : "\"");
}

}  // namespace busyhour
