#include "busyhour/report/table.h"

#include <catch2/catch.hpp>

#include <string>

using namespace busyhour;

namespace {

std::string cell_as_csv(const std::string& cell) {
    return to_csv({.columns = {{"c"}}, .rows = {{cell}}}).substr(3);  // behind "c\r\n"
}

}  // namespace

TEST_CASE("CSV is written as RFC 4180 says", "[report][csv][table]") {
    const Table table{.columns = {{"name"}, {"value", Align::right}},
                      .rows = {{"a", "1"}, {"b,c", "2"}, {"say \"hi\"", ""}, {"x\ny", "3.5"}}};
    CHECK(to_csv(table) ==
          "name,value\r\na,1\r\n\"b,c\",2\r\n\"say \"\"hi\"\"\",\r\nx\\x0ay,3.5\r\n");
    CHECK(to_csv({.columns = {{"only"}}, .rows = {}}) == "only\r\n");
}

TEST_CASE("text that a spreadsheet would run is made harmless", "[report][csv][table]") {
    // CWE-1236: a cell must not begin with = + - @ tab or carriage return.
    CHECK(cell_as_csv("=1+1") == "'=1+1\r\n");
    CHECK(cell_as_csv("=HYPERLINK(\"x\",\"y\")") == "\"'=HYPERLINK(\"\"x\"\",\"\"y\"\")\"\r\n");
    CHECK(cell_as_csv("+cmd|' /C calc'!A0") == "'+cmd|' /C calc'!A0\r\n");
    CHECK(cell_as_csv("-2+3") == "'-2+3\r\n");
    CHECK(cell_as_csv("@SUM(A1)") == "'@SUM(A1)\r\n");
    CHECK(cell_as_csv("\t=1") == "'\\x09=1\r\n");
    CHECK(cell_as_csv("\r=1") == "'\\x0d=1\r\n");
    CHECK(to_csv({.columns = {{"=x"}}, .rows = {}}) == "'=x\r\n");  // headers too
}

TEST_CASE("numbers stay numbers", "[report][csv]") {
    for (const std::string number : {"-5", "-0.25", "-1e-05", "27.77777777777778", "0"}) {
        CHECK(cell_as_csv(number) == number + "\r\n");
    }
    CHECK(cell_as_csv("a=b") == "a=b\r\n");
}
