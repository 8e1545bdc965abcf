#include "busyhour/report/table.h"

#include <catch2/catch.hpp>

#include <string>

using namespace busyhour;

TEST_CASE("a report becomes headings, paragraphs, tables and notes", "[report][markdown][table]") {
    const Report report{.title = "Plan",
                        .sections = {{.title = "ANSWER",
                                      .paragraphs = {"Two nodes."},
                                      .tables = {{.columns = {{"name"}, {"nodes", Align::right}},
                                                  .rows = {{"proxy", "2"}}}},
                                      .notes = {"A note."}}}};
    CHECK(to_markdown(report) ==
          "# Plan\n\n## ANSWER\n\nTwo nodes.\n\n| name | nodes |\n| --- | ---: |\n| proxy | 2 |\n"
          "\nA note.\n");
}

TEST_CASE("a user's text is no markup", "[report][markdown]") {
    const Report report{
        .title = "a|b <script>alert(1)</script> [x](javascript:y) `c` *d* \\",
        .sections = {{.title = "t",
                      .paragraphs = {"line\nbreak"},
                      .tables = {{.columns = {{"a|b"}}, .rows = {{"c|d\ne"}, {"<img src=x>"}}}},
                      .notes = {}}}};
    const std::string text = to_markdown(report);
    CHECK_THAT(text, Catch::StartsWith("# a\\|b &lt;script&gt;alert(1)&lt;/script&gt; "
                                       "\\[x\\](javascript:y) \\`c\\` \\*d\\* \\\\\n"));
    CHECK_THAT(text, Catch::Contains("\nline break\n"));
    CHECK_THAT(text, Catch::Contains("| a\\|b |\n| --- |\n| c\\|d e |\n"));
    CHECK_THAT(text, Catch::Contains("| &lt;img src=x&gt; |"));
    CHECK(text.find('<') == std::string::npos);
}
