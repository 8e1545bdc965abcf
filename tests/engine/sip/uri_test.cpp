#include "engine/sip/message.h"

#include <catch2/catch.hpp>

#include <array>
#include <string_view>

namespace sip = busyhour::engine::sip;

namespace {

struct Pair {
    std::string_view one;
    std::string_view other;
};

bool are_equal(const Pair& pair) {
    const auto one = sip::parse_uri(pair.one);
    const auto other = sip::parse_uri(pair.other);
    REQUIRE(one);
    REQUIRE(other);
    CHECK(sip::equal_uris(*one, *other) == sip::equal_uris(*other, *one));
    return sip::equal_uris(*one, *other);
}

}  // namespace

TEST_CASE("a URI is taken apart", "[engine][sip]") {
    const auto uri = sip::parse_uri("sips:a%20b:pw@[2001:db8::1]:5070;transport=tcp;lr?x=y&z=%41");
    REQUIRE(uri);
    CHECK(uri->is_sips);
    CHECK(uri->user == "a%20b");
    CHECK(uri->password == "pw");
    CHECK(uri->host == "[2001:db8::1]");
    CHECK(uri->port == 5070);
    CHECK(uri->parameters == ";transport=tcp;lr");
    CHECK(uri->headers == "x=y&z=%41");
    CHECK(sip::parameter(uri->parameters, "transport") == "tcp");
    const auto host = sip::parse_uri("SIP:example.com");
    REQUIRE(host);
    CHECK_FALSE(host->is_sips);
    CHECK(host->user.empty());
    CHECK(host->host == "example.com");
    CHECK(host->port == 0);
}

TEST_CASE("what is no SIP URI is refused", "[engine][sip][table]") {
    for (const char* wrong : {"",
                              "sip:",
                              "sips:",
                              "sip",
                              "tel:+1",
                              "sipx:a@b",
                              "sip:@b",
                              "sip:a@",
                              "sip:a@b@c",
                              "sip:a@b:",
                              "sip:a@b:0",
                              "sip:a@b:65536",
                              "sip:a@b:5060x",
                              "sip:a b@c",
                              "sip:a@b c",
                              "sip:a@[::1",
                              "sip:a@[]",
                              "sip:a@b;x=%4",
                              "sip:a%zz@b",
                              "sip:a<b@c",
                              "sip:\xc3\xa4@b"}) {
        INFO(wrong);
        CHECK_FALSE(sip::parse_uri(wrong));
    }
}

// The examples of RFC 3261 19.1.4.
TEST_CASE("equal URIs of the standard are equal", "[engine][sip][table]") {
    constexpr std::array rows = {
        Pair{"sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp"},
        Pair{"sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5"},
        Pair{"sip:carol@chicago.com", "sip:carol@chicago.com;security=on"},
        Pair{"sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
             "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com"},
        Pair{"sip:alice@atlanta.com?subject=project%20x&priority=urgent",
             "sip:alice@atlanta.com?priority=urgent&subject=project%20x"},
    };
    for (const Pair& row : rows) {
        INFO(row.one << " " << row.other);
        CHECK(are_equal(row));
        CHECK(are_equal({row.one, row.one}));
    }
}

TEST_CASE("unequal URIs of the standard are unequal", "[engine][sip][table]") {
    constexpr std::array rows = {
        Pair{"SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP"},
        Pair{"sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"},
        Pair{"sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp"},
        Pair{"sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp"},
        Pair{"sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting"},
        Pair{"sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off"},
        Pair{"sip:a@b", "sips:a@b"},
        Pair{"sip:a%3Bb@c", "sip:a;b@c"},
        Pair{"sip:a:x@b", "sip:a@b"},
    };
    for (const Pair& row : rows) {
        INFO(row.one << " " << row.other);
        CHECK_FALSE(are_equal(row));
    }
}
