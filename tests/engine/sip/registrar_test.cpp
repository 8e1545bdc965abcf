#include "server_harness.h"

namespace busyhour::engine::sip::testing {

TEST_CASE("a REGISTER is answered with its binding", "[engine][sip][registrar]") {
    Harness h;
    const auto sent = h.give(registration("Contact: <sip:alice@192.0.2.1:5070>\r\n"));
    REQUIRE(sent.size() == 1);
    CHECK(sent[0].status() == 200);
    CHECK(sent[0].field("Contact") == "<sip:alice@192.0.2.1:5070>;expires=3600");
    CHECK(sent[0].to == udp_peer(5070));
    CHECK(h.count(Counter::bindings) == 1);
}

TEST_CASE("OPTIONS to the server is answered", "[engine][sip][server]") {
    Harness h;
    const auto sent = h.give(request("OPTIONS", "sip:198.51.100.1"));
    REQUIRE(sent.size() == 1);
    CHECK(sent[0].status() == 200);
    CHECK(sent[0].has("Allow: INVITE"));
}

}  // namespace busyhour::engine::sip::testing
