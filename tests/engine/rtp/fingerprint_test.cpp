#include "engine/rtp/fingerprint.h"

#include <catch2/catch.hpp>

#include <optional>
#include <string>

namespace fingerprint_test {

namespace rtp = busyhour::engine::rtp;
using rtp::Setup;

namespace {

const std::string colons =
    "00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:"
    "F0:F1:F2:F3:F4:F5:F6:F7:F8:F9:FA:FB:FC:FD:FE:FF";

}  // namespace

TEST_CASE("A sha-256 fingerprint is read and written", "[engine][dtls]") {
    const auto fingerprint = rtp::parse_fingerprint("sha-256 " + colons);
    REQUIRE(fingerprint);
    for (unsigned i = 0; i < 16; ++i) {
        CHECK(fingerprint->octets[i] == i);
        CHECK(fingerprint->octets[16 + i] == 0xf0 + i);
    }
    CHECK(rtp::to_text(*fingerprint) == "sha-256 " + colons);
}

TEST_CASE("Case and spaces of a fingerprint do not count", "[engine][dtls]") {
    std::string lower = colons;
    for (char& c : lower) c = c >= 'A' && c <= 'F' ? static_cast<char>(c + 32) : c;
    CHECK(rtp::parse_fingerprint("SHA-256   " + lower + " ") ==
          rtp::parse_fingerprint("sha-256 " + colons));
}

TEST_CASE("What is no sha-256 fingerprint is refused", "[engine][dtls]") {
    for (const std::string& value :
         {std::string(), std::string("sha-256"), "sha-1 " + colons, "sha-512 " + colons,
          "sha-256" + colons, "sha-256 " + colons + ":00", "sha-256 " + colons.substr(3),
          "sha-256 0x" + colons.substr(2), "sha-256 " + colons.substr(0, 94) + "G",
          "sha-256 00-" + colons.substr(3), "sha-256 :" + colons.substr(1)}) {
        CAPTURE(value);
        CHECK_FALSE(rtp::parse_fingerprint(value));
    }
}

TEST_CASE("An offered setup is answered as RFC 4145 4.1 lets it", "[engine][dtls]") {
    struct Row {
        const char* offered;
        const char* answered;
    };
    for (const Row& row : {Row{"active", "passive"}, Row{"passive", "active"},
                           Row{"actpass", "active"}, Row{"holdconn", "holdconn"}}) {
        const auto offered = rtp::parse_setup(row.offered);
        REQUIRE(offered);
        CHECK(rtp::name_of(*offered) == row.offered);
        CHECK(rtp::name_of(rtp::answer_to(*offered)) == row.answered);
    }
    CHECK(rtp::parse_setup("ActPass") == Setup::actpass);
    CHECK_FALSE(rtp::parse_setup("both"));
    CHECK_FALSE(rtp::parse_setup(""));
}

}  // namespace fingerprint_test
