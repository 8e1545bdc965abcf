#include "busyhour/catalog/nearest.h"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace busyhour;

TEST_CASE("a misspelt name finds the one that was meant", "[catalog][nearest][table]") {
    const std::vector<std::string> known = {"endpoints", "transport", "registration",  "keepalive",
                                            "calls",     "media",     "holding_time_s"};
    struct Row {
        const char* word;
        const char* meant;
    };
    const Row rows[] = {{"endpoint", "endpoints"},
                        {"endpionts", "endpoints"},
                        {"trasport", "transport"},
                        {"CALLS", "calls"},
                        {"registrations", "registration"},
                        {"holding_time", "holding_time_s"},
                        {"xyzzyplugh", ""},
                        {"", ""}};
    for (const Row& row : rows) {
        CAPTURE(row.word);
        CHECK(nearest_name(row.word, known) == row.meant);
    }
}

TEST_CASE("a suggestion names the nearest, or all where none is near", "[catalog][nearest]") {
    CHECK(suggestion("udq", {"udp", "tcp"}) == "did you mean \"udp\"?");
    CHECK(suggestion("quicksilver", {"udp", "tcp"}) == "known: udp, tcp");
    CHECK(suggestion(std::string(100'000, 'a'), {"udp", "tcp"}) == "known: udp, tcp");
}

TEST_CASE("to_lower changes ASCII letters only", "[catalog][nearest]") {
    CHECK(to_lower("PCMU-\xc3\x84z_9") == "pcmu-\xc3\x84z_9");
}
