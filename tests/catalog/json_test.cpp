#include "busyhour/catalog/json.h"

#include "busyhour/error.h"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace busyhour;

namespace {

std::vector<Problem> problems_of(const std::string& text) {
    try {
        parse_json(text, "f.json");
    } catch (const InputError& error) {
        return error.problems();
    }
    return {};
}

std::string place_of(const std::string& text) {
    const std::vector<Problem> problems = problems_of(text);
    return problems.empty() ? "no error" : problems.front().where;
}

std::string remedy_of(const std::string& text) {
    const std::vector<Problem> problems = problems_of(text);
    return problems.empty() ? "no error" : problems.front().remedy;
}

std::string compact(const std::string& text) {
    return to_json_text(parse_json(text, "f.json"));
}

}  // namespace

TEST_CASE("JSON goes in and comes out the same", "[catalog][json][identity]") {
    for (const std::string text :
         {R"({"a":[1,-2,0.5,true,false,null,"x"],"b":{"c":{}},"d":[]})", R"("\"\\\n\u0001")",
          R"({"z":1,"a":2,"m":3})", "[]", "0", "1e+300", "9007199254740992", "-9007199254740992",
          "0.1", "2.5e-05"}) {
        CAPTURE(text);
        CHECK(compact(text) == text);
    }
    CHECK(compact("\"\\u00e9\\ud83d\\ude00\"") == "\"\xc3\xa9\xf0\x9f\x98\x80\"");
}

TEST_CASE("a syntax error has its line and column", "[catalog][json][error]") {
    CHECK(place_of("{\n  \"a\": NaN\n}") == "f.json:2:8");
    CHECK(place_of("{\"a\": 1,}") == "f.json:1:9");
    CHECK(place_of("{\"a\": 'x'}") == "f.json:1:7");
    CHECK(place_of("{\n\n \"a\" 1}") == "f.json:3:6");
    CHECK(place_of("{} x") == "f.json:1:4");
    CHECK(place_of("") == "f.json:1:1");
}

TEST_CASE("a text that ends too early says so", "[catalog][json][error]") {
    for (const std::string text : {"{\"a\": 1", "[1, 2", "{\"a", "", "{\"a\": tru"}) {
        CAPTURE(text);
        CHECK_THAT(remedy_of(text), Catch::Contains("too early"));
    }
}

TEST_CASE("NaN and infinity are refused with what to do instead", "[catalog][json][error]") {
    for (const std::string text :
         {"{\"a\": NaN}", "{\"a\": nan}", "{\"a\": Infinity}", "{\"a\": -Infinity}"}) {
        CAPTURE(text);
        CHECK_THAT(remedy_of(text), Catch::Contains("JSON has no NaN or infinity"));
    }
}

TEST_CASE("comments are refused by that name", "[catalog][json][error]") {
    CHECK(place_of("{ // why\n \"a\": 1}") == "f.json:1:3");
    CHECK(remedy_of("{ // why\n \"a\": 1}") == "JSON has no comments");
    CHECK(remedy_of("{\"a\": /* why */ 1}") == "JSON has no comments");
}

TEST_CASE("a number beyond a double is refused at its place", "[catalog][json][error]") {
    const std::vector<Problem> problems = problems_of("{\n \"a\": 1e999}");
    REQUIRE(problems.size() == 1);
    CHECK_THAT(problems.front().where, Catch::StartsWith("f.json:2:"));
    CHECK_THAT(problems.front().what, Catch::Contains("1e999"));
    CHECK(problems_of("[-1e999]").size() == 1);
    CHECK(problems_of("[" + std::string(400, '9') + "]").size() == 1);
    CHECK(problems_of("[1e-999]").empty());  // rounds to 0 as IEEE 754 says
}

TEST_CASE("an integer that a double cannot hold is refused", "[catalog][json][error]") {
    CHECK(problems_of("[9007199254740992]").empty());  // 2^53
    CHECK(problems_of("[9007199254740994]").size() == 1);
    CHECK(problems_of("[-9007199254740994]").size() == 1);
    CHECK(problems_of("[18446744073709551615]").size() == 1);
    CHECK_THAT(problems_of("[9007199254740994]").front().what, Catch::Contains("2^53"));
}

TEST_CASE("text that is not UTF-8 is refused at its place", "[catalog][json][error]") {
    CHECK(place_of("{\n\"a\": \"\xff\"}") == "f.json:2:7");
    for (const std::string text :
         {"\"\xc0\x80\"", "\"\xed\xa0\x80\"", "\"\xf5\x80\x80\x80\"", "\"\xe2\x82\"", "\"\x80\"",
          "\"\\ud800\"", "\"\\udc00\"", "\"\x01\""}) {
        CAPTURE(text);
        CHECK(problems_of(text).size() == 1);
    }
}

TEST_CASE("errors quote no foreign bytes", "[catalog][json][error]") {
    for (const Problem& problem : problems_of("{\"a\": \x1b[31m\xff}")) {
        for (const char c : problem.what) CHECK((c >= ' ' && c <= '~'));
    }
}

TEST_CASE("a byte order mark is ignored", "[catalog][json]") {
    CHECK(compact("\xef\xbb\xbf{\"a\":1}") == "{\"a\":1}");  // RFC 8259 8.1 allows that
    CHECK(problems_of("\xef\xbb{\"a\":1}").size() == 1);
}

TEST_CASE("nesting beyond 64 levels is refused before it costs anything",
          "[catalog][json][error]") {
    CHECK(problems_of(std::string(64, '[') + std::string(64, ']')).empty());
    CHECK(place_of(std::string(65, '[') + std::string(65, ']')) == "f.json:1:65");
    CHECK(place_of("\n" + std::string(10'000'000, '[')) == "f.json:2:65");
    std::string objects;
    for (int i = 0; i < 100'000; ++i) objects += "{\"a\":";
    CHECK_THAT(place_of(objects), Catch::StartsWith("f.json:1:"));
    CHECK_THAT(remedy_of(objects), Catch::Contains("fewer"));
    // Brackets inside strings nest nothing.
    CHECK(problems_of("\"" + std::string(1000, '[') + "\\\"" + std::string(1000, '{') + "\"")
              .empty());
}

TEST_CASE("each key that stands twice is named by its pointer", "[catalog][json][error]") {
    const std::vector<Problem> problems =
        problems_of(R"({"a":{"b":1,"b":2},"c":[0,{"d":1,"d":1}],"a":3})");
    REQUIRE(problems.size() == 3);
    CHECK(problems[0].where == "/a/b");
    CHECK(problems[1].where == "/c/1/d");
    CHECK(problems[2].where == "/a");
    CHECK_THAT(problems[0].what, Catch::Contains("\"b\" stands twice"));
    CHECK_FALSE(problems[0].remedy.empty());
    CHECK(problems_of(R"({"a":{"x":1},"b":{"x":1}})").empty());
    CHECK(problems_of(R"({"a":1,"\u0061":2})").size() == 1);  // the same key, escaped
}

TEST_CASE("merge_patch matches RFC 7396, appendix A", "[catalog][json][table]") {
    struct Row {
        const char* original;
        const char* patch;
        const char* result;
    };
    const Row rows[] = {
        {R"({"a":"b"})", R"({"a":"c"})", R"({"a":"c"})"},
        {R"({"a":"b"})", R"({"b":"c"})", R"({"a":"b","b":"c"})"},
        {R"({"a":"b"})", R"({"a":null})", R"({})"},
        {R"({"a":"b","b":"c"})", R"({"a":null})", R"({"b":"c"})"},
        {R"({"a":["b"]})", R"({"a":"c"})", R"({"a":"c"})"},
        {R"({"a":"c"})", R"({"a":["b"]})", R"({"a":["b"]})"},
        {R"({"a":{"b":"c"}})", R"({"a":{"b":"d","c":null}})", R"({"a":{"b":"d"}})"},
        {R"({"a":[{"b":"c"}]})", R"({"a":[1]})", R"({"a":[1]})"},
        {R"(["a","b"])", R"(["c","d"])", R"(["c","d"])"},
        {R"({"a":"b"})", R"(["c"])", R"(["c"])"},
        {R"({"a":"foo"})", R"(null)", R"(null)"},
        {R"({"a":"foo"})", R"("bar")", R"("bar")"},
        {R"({"e":null})", R"({"a":1})", R"({"e":null,"a":1})"},
        {R"([1,2])", R"({"a":"b","c":null})", R"({"a":"b"})"},
        {R"({})", R"({"a":{"bb":{"ccc":null}}})", R"({"a":{"bb":{}}})"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.original, row.patch);
        CHECK(to_json_text(merge_patch(parse_json(row.original, "a"),
                                       parse_json(row.patch, "b"))) == row.result);
    }
}

TEST_CASE("pointers are escaped as RFC 6901 says", "[catalog][json]") {
    CHECK(pointer_to("", "a/b") == "/a~1b");
    CHECK(pointer_to("/x", "m~n") == "/x/m~0n");
    CHECK(pointer_to("/x", "") == "/x/");
    CHECK(pointer_to("/x", std::size_t{7}) == "/x/7");
}

TEST_CASE("what a value is not, it does not give", "[catalog][json]") {
    const Json value = parse_json(R"({"n":2,"t":"x","a":[1]})", "f");
    CHECK(value.find("n")->number_or_zero() == 2);
    CHECK(value.find("t")->number_or_zero() == 0);
    CHECK(value.find("no") == nullptr);
    CHECK(value.find("n")->find("x") == nullptr);
    CHECK(value.find("a")->items().size() == 1);
    CHECK(value.items().empty());
    CHECK(value.find("t")->members().empty());
    Json::Object members;
    put(members, "k", Json{1.0});
    put(members, "k", Json{2.0});
    REQUIRE(members.size() == 1);
    CHECK(members.front().value.number_or_zero() == 2);
}
