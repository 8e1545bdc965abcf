#include "busyhour/catalog/csv.h"

#include "busyhour/error.h"

#include <catch2/catch.hpp>

using namespace busyhour;

namespace {

using Cells = std::vector<std::string>;

/// "place: what; remedy" of each fault; empty where the text is accepted.
std::vector<std::string> faults(std::string_view text, const CsvLimits& limits = {}) {
    std::vector<std::string> lines;
    try {
        parse_csv(text, "t.csv", limits);
    } catch (const InputError& error) {
        for (const Problem& problem : error.problems()) lines.push_back(to_line(problem));
    }
    return lines;
}

bool has_fault(const std::vector<std::string>& lines, std::string_view start) {
    for (const std::string& line : lines) {
        if (line.starts_with(start)) return true;
    }
    return false;
}

}  // namespace

TEST_CASE("rows are read under their header", "[catalog][csv]") {
    const CsvTable table = parse_csv("start,duration_s\n1,2\n3,4\n", "t.csv");
    CHECK(table.columns == Cells{"start", "duration_s"});
    CHECK(table.cells == Cells{"1", "2", "3", "4"});
    CHECK(table.rows() == 2);
    CHECK(table.cell(1, 0) == "3");
    CHECK(table.place(1, 0) == "t.csv:3:1");
}

TEST_CASE("every line end, separator and byte order mark is read alike", "[catalog][csv]") {
    const Cells expected{"1", "x y", "3", ""};
    for (const char* text : {"a,b\n1,x y\n3,\n", "a,b\r\n1,x y\r\n3,\r\n", "a,b\r1,x y\r3,\r",
                             "a;b\n1;x y\n3;", "a\tb\n1\tx y\n3\t",
                             "\xEF\xBB\xBF"
                             "a,b\n1,x y\n3,",
                             " a , b \n 1,x y \n\n\n3,\n\n", "a,b\n\"1\",\"x y\"\n3,\"\"\n",
                             "a,b\n \"1\" ,\"x y\" \n3,\n"}) {
        CAPTURE(text);
        const CsvTable table = parse_csv(text, "t.csv");
        CHECK(table.columns == Cells{"a", "b"});
        CHECK(table.cells == expected);
    }
}

TEST_CASE("quotes keep separators, quotes and line ends", "[catalog][csv]") {
    const CsvTable table = parse_csv("a,\"b,;c\"\n\"x, \"\"y\"\"\r\n z\",\" 2 \"\n3,4\n", "t.csv");
    CHECK(table.columns == Cells{"a", "b,;c"});
    CHECK(table.cells == Cells{"x, \"y\"\r\n z", " 2 ", "3", "4"});
    CHECK(table.lines == std::vector<std::size_t>{2, 3});
}

TEST_CASE("a line end inside the header's quotes is part of a name", "[catalog][csv]") {
    const CsvTable table = parse_csv("\"a\n,,,\";b\n1;2\n", "t.csv");
    CHECK(table.columns == Cells{"a\n,,,", "b"});
    CHECK(table.cells == Cells{"1", "2"});
}

TEST_CASE("one column needs no separator, and a header no rows", "[catalog][csv]") {
    CHECK(parse_csv("a\n1\n2", "t.csv").cells == Cells{"1", "2"});
    CHECK(parse_csv("a\n\"\"\n", "t.csv").cells == Cells{""});
    CHECK(parse_csv("a,b", "t.csv").rows() == 0);
}

TEST_CASE("a row's number counts empty rows, as a spreadsheet does", "[catalog][csv]") {
    CHECK(parse_csv("\n\na,b\n\n1,2\n", "t.csv").lines == std::vector<std::size_t>{5});
}

TEST_CASE("all faults of a file are told at once with their places", "[catalog][csv][error]") {
    const auto lines = faults("a,a,\n1,2\n1,x\"y,3\n\"x\"y,2,3\n1,2,3,4\n5,\"6");
    CHECK(lines.size() == 7);
    CHECK(has_fault(lines, "t.csv:1:2: is a second column \"a\""));
    CHECK(has_fault(lines, "t.csv:1:3: is a column without a name"));
    CHECK(has_fault(lines, "t.csv:2:3: has 2 cells, the header 3"));
    CHECK(has_fault(lines, "t.csv:3:2: has a quote inside"));
    CHECK(has_fault(lines, "t.csv:4:1: goes on behind its closing quote"));
    CHECK(has_fault(lines, "t.csv:5:4: has 4 cells, the header 3"));
    CHECK(has_fault(lines, "t.csv:6:2: begins with a quote that is never closed"));
}

TEST_CASE("what is no text is refused", "[catalog][csv][error]") {
    CHECK(has_fault(faults(""), "t.csv: is empty"));
    CHECK(has_fault(faults("\n\r\n \n"), "t.csv: is empty"));
    CHECK(has_fault(faults(std::string_view("\xFF\xFE"
                                            "a\0",
                                            4)),
                    "t.csv: is UTF-16"));
    CHECK(has_fault(faults(std::string_view("a,b\n1,\0\n", 8)), "t.csv:2: is not UTF-8"));
    for (const char* bad : {"\x80", "\xC0\xAF", "\xC3", "\xE0\x80\x80", "\xED\xA0\x80",
                            "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\x1B[31m"}) {
        CAPTURE(bad);
        CHECK(has_fault(faults(std::string("a\nx\n") + bad), "t.csv:3: is not UTF-8"));
    }
    for (const char* good : {"\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80", "\xED\x9F\xBF"}) {
        CHECK(parse_csv(std::string("a\n") + good, "t.csv").cells == Cells{good});
    }
}

TEST_CASE("a file beyond a limit is refused and not read on", "[catalog][csv][error]") {
    const CsvLimits few{
        .octets_max = 40, .rows_max = 2, .cells_max = 4, .columns_max = 3, .cell_octets_max = 5};
    CHECK(faults("a,b\n1,2\n3,4\n", few).empty());
    CHECK(has_fault(faults(std::string(41, 'a'), few), "t.csv: has more than 40 octets"));
    CHECK(has_fault(faults("a\n1\n2\n3\n4\n", few), "t.csv:4:1: is more than 2 rows or 4 cells"));
    CHECK(faults("a\n1\n2\n3\n4\n", few).size() == 1);
    CHECK(has_fault(faults("a,b,c\n1,2,3\n4,5,6\n", few), "t.csv:3:1: is more than 2 rows"));
    CHECK(has_fault(faults("a,b,c,d\n", few), "t.csv:1:3: has more than 3 cells"));
    CHECK(has_fault(faults("a\nabcdef\n", few), "t.csv:2:1: has more than 5 octets"));
    CHECK(has_fault(faults("a\n\"abcdef\"\n", few), "t.csv:2:1: has more than 5 octets"));
}

TEST_CASE("ten thousand faults are fifty and a count", "[catalog][csv][error]") {
    std::string text = "a,b\n";
    for (int i = 0; i < 10000; ++i) text += "1\n";
    const auto lines = faults(text);
    CHECK(lines.size() == 51);
    CHECK(lines.back() == "t.csv: 9950 more like these");
}

TEST_CASE("a message shows no more of a cell than is safe", "[catalog][csv]") {
    CHECK(shown_cell("a\x1B\xC3\xA9") == "\"a???\"");
    CHECK(shown_cell(std::string(100, 'x')) == "\"" + std::string(40, 'x') + "...\"");
}
