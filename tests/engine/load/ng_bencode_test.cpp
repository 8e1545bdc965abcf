#include "engine/load/ng_bencode.h"

#include <catch2/catch.hpp>

namespace busyhour::engine::load {
namespace {

TEST_CASE("bencode is written as the protocol's example has it", "[engine][load][ng]") {
    BencodeWriter writer;  // rtpengine-ng: the ping and its answer
    writer.dictionary().entry("command", "ping").end();
    CHECK(writer.octets() == "d7:command4:pinge");
    BencodeWriter nested;
    nested.dictionary().text("flags").list().text("a").integer(-42).end().entry("e", "").end();
    CHECK(nested.octets() == "d5:flagsl1:ai-42ee1:e0:e");
}

TEST_CASE("bencode is read back by keys and in order", "[engine][load][ng]") {
    const auto value = parse_bencode("d6:totalsd3:RTPd7:packetsi40eee4:listl1:a2:bcee");
    REQUIRE(value);
    CHECK(value->kind() == BencodeKind::dictionary);
    const auto packets = value->find("totals")->find("RTP")->find("packets");
    REQUIRE(packets);
    CHECK(packets->integer() == 40);
    CHECK_FALSE(packets->text());
    CHECK_FALSE(value->find("RTP"));
    CHECK_FALSE(packets->find("packets"));
    BencodeItems items = value->find("list")->items();
    CHECK(items.next()->text() == "a");
    CHECK(items.next()->text() == "bc");
    CHECK_FALSE(items.next());
}

TEST_CASE("a text may hold what looks like bencode", "[engine][load][ng]") {
    const auto value = parse_bencode("d1:a4:e1:be1:b1:ce");
    REQUIRE_FALSE(value);  // "e1:b" is the text, then "e" ends it, and more follows
    const auto right = parse_bencode("d1:a4:e1:b1:b1:ce");
    REQUIRE(right);
    CHECK(right->find("a")->text() == "e1:b");
    CHECK(right->find("b")->text() == "c");
}

TEST_CASE("what is no single value is refused", "[engine][load][ng]") {
    for (const char* octets : {"",     "i",    "ie",     "i-e",      "i1",
                               "i01e", "i-0e", "i+1e",   "i1 e",     "i9223372036854775808e",
                               "1:",   "2:a",  "01:a",   "-1:a",     "999999999:a",
                               "l",    "li1e", "d1:ae",  "di1e1:ae", "dlei1ee",
                               "d1:a", "e",    "i1ei2e", "x",        "d1:ai1e1:be"}) {
        INFO(octets);
        CHECK_FALSE(parse_bencode(octets));
    }
    for (const char* octets :
         {"i0e", "i-1e", "i9223372036854775807e", "i-9223372036854775808e", "0:", "le", "de"}) {
        INFO(octets);
        CHECK(parse_bencode(octets));
    }
}

TEST_CASE("nesting is read 32 levels deep and no deeper", "[engine][load][ng]") {
    const auto nested = [](std::size_t depth) {
        return std::string(depth, 'l') + std::string(depth, 'e');
    };
    CHECK(parse_bencode(nested(32)));
    CHECK_FALSE(parse_bencode(nested(33)));
    CHECK_FALSE(parse_bencode(std::string(100'000, 'l')));
}

}  // namespace
}  // namespace busyhour::engine::load
