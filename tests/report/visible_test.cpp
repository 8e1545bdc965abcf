#include "busyhour/report/visible.h"

#include "busyhour/report/table.h"

#include <catch2/catch.hpp>

using namespace busyhour;

TEST_CASE("characters that are obeyed become visible, others stay", "[report][escape]") {
    CHECK(visible("\x1b[31mred\x07") == "\\x1b[31mred\\x07");
    CHECK(visible("a\nb\tc\r") == "a\\x0ab\\x09c\\x0d");
    CHECK(visible("\x7f\xc2\x9b") == "\\x7f\\x9b");  // U+009B is CSI in one character
    CHECK(visible("\xe2\x80\xa8|\xe2\x80\xa9|\xe2\x80\xae|\xe2\x81\xa6") ==
          "\\u2028|\\u2029|\\u202e|\\u2066");
    CHECK(visible("Gr\xc3\xb6\xc3\x9f"
                  "e \xe2\x82\xac \xe2\x80\x93 \xc2\xa0") ==
          "Gr\xc3\xb6\xc3\x9f"
          "e \xe2\x82\xac \xe2\x80\x93 \xc2\xa0");
    CHECK(visible("\xc2").size() == 1);
    CHECK(visible("").empty());
}

TEST_CASE("no format lets a name's control characters through", "[report][escape]") {
    const std::string name =
        "x\x1b]0;title\x07\xc2\x9b"
        "2J\xe2\x80\xa8`|";
    const Report report{.title = name,
                        .sections = {{.title = name,
                                      .paragraphs = {name},
                                      .tables = {{.columns = {{name}}, .rows = {{name}}}},
                                      .notes = {name}}}};
    const Table& table = report.sections.front().tables.front();
    for (const std::string& text : {to_text(report), to_markdown(report), to_csv(table)}) {
        INFO(text);
        CHECK(text.find('\x1b') == text.npos);
        CHECK(text.find('\x07') == text.npos);
        CHECK(text.find("\xc2\x9b") == text.npos);
        CHECK(text.find("\xe2\x80\xa8") == text.npos);
        CHECK(text.find("x1b") != text.npos);
    }
}
