#include "server_harness.h"

#include <random>

namespace busyhour::engine::sip::testing {

TEST_CASE("garbage neither grows the server nor keeps it from its users", "[engine][sip][flood]") {
    Harness h;
    std::mt19937 random(4);
    const std::vector<std::string> seeds{
        registration("Contact: <sip:alice@192.0.2.1:5070>\r\n"),
        request("INVITE", "sip:alice@example.com"),
        request("BYE", "sip:alice@example.com", "Route: <sip:198.51.100.1;lr>\r\n"),
        "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 198.51.100.1;branch=z9hG4bK0000000000000000000000000"
        "0000000\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\n\r\n",
    };
    for (int round = 0; round < 4000; ++round) {
        std::string text = seeds[random() % seeds.size()];
        const bool is_noise = round % 4 == 0;
        const std::size_t changes = is_noise ? text.size() : 1 + random() % 6;
        for (std::size_t i = 0; i < changes; ++i) {
            text[random() % text.size()] = static_cast<char>(random() % 256);
        }
        text.resize(random() % 8 == 0 ? random() % text.size() : text.size());
        h.give(text, udp_peer(static_cast<std::uint16_t>(random()), 66));
        if (round % 16 == 0) h.pass(200ms);
        if (round % 500 == 0) {
            const std::string name = std::to_string(round);
            const auto sent =
                h.give(registration("To: <sip:good@example.com>\r\nCall-ID: good" + name +
                                    "\r\nContact: <sip:good@192.0.2.1:5070>\r\n"));
            REQUIRE(sent.size() == 1);
            CHECK(sent[0].status() == 200);
        }
    }
    CHECK(h.count(Counter::bindings) <= 1000);
    CHECK(h.count(Counter::malformed) > 1000);
    h.pass(400s);
    CHECK(h.count(Counter::server_transactions) == 0);
    CHECK(h.count(Counter::client_transactions) == 0);
    CHECK(h.outbox().dropped() == 0);
}

}  // namespace busyhour::engine::sip::testing
