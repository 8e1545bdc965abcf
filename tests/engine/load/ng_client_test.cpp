#include "engine/load/ng_client.h"

#include "engine/load/octets.h"

#include <catch2/catch.hpp>

namespace busyhour::engine::load {
namespace {

using std::chrono::milliseconds;

constexpr Time client_begin = Time(std::chrono::hours(1));

/// What was sent, oldest first; the box is empty then.
std::vector<std::string> taken_from(Outbox& out) {
    std::vector<std::string> sent;
    for (std::size_t i = 0; i < out.size(); ++i) sent.emplace_back(as_text(out[i].bytes));
    out.clear();
    return sent;
}

std::string cookie_of(const std::string& datagram) {
    return datagram.substr(0, datagram.find(' '));
}

TEST_CASE("an answer finds its request by the cookie", "[engine][load][ng]") {
    NgClient client({.cookies = 7});
    Outbox out(16, 4096);
    REQUIRE(client.send(3, "d7:command4:pinge", client_begin, out));
    REQUIRE(client.send(4, "d7:command5:offere", client_begin, out));
    const auto sent = taken_from(out);
    REQUIRE(sent.size() == 2);
    CHECK(sent[0] == cookie_of(sent[0]) + " d7:command4:pinge");
    CHECK(cookie_of(sent[0]) != cookie_of(sent[1]));

    const std::string second =
        cookie_of(sent[1]) + " d6:result5:error12:error-reason15:Unknown call-ide";
    const auto refused = client.receive(as_octets(second));
    REQUIRE(refused);
    CHECK(refused->request == 4);
    CHECK_FALSE(refused->is_ok());
    CHECK(refused->error() == "Unknown call-id");
    const std::string first = cookie_of(sent[0]) + " d6:result4:ponge";
    const auto pong = client.receive(as_octets(first));
    REQUIRE(pong);
    CHECK(pong->request == 3);
    CHECK(pong->is_ok());
    CHECK(pong->error().empty());
    CHECK(client.open() == 0);

    CHECK_FALSE(client.receive(as_octets(first)));  // a second time
    for (const char* stray : {"", " ", "7_1", "7_9 d6:result4:ponge", "nothing"}) {
        CHECK_FALSE(client.receive(as_octets(stray)));
    }
    CHECK(client.counts().unexpected == 6);
    CHECK(client.next_timeout() == never);
}

TEST_CASE("a malformed answer leaves its request open", "[engine][load][ng]") {
    NgClient client({});
    Outbox out(16, 4096);
    client.send(1, "de", client_begin, out);
    const std::string cookie = cookie_of(taken_from(out)[0]);
    CHECK_FALSE(client.receive(as_octets(cookie + " d6:result")));
    CHECK_FALSE(client.receive(as_octets(cookie + " i1e")));
    CHECK(client.open() == 1);
}

TEST_CASE("a lost request is sent again with the same cookie, and then given up",
          "[engine][load][ng]") {
    NgClient client({.first_wait = milliseconds(500), .transmissions_max = 3});
    Outbox out(16, 4096);
    client.send(5, "de", client_begin, out);
    const std::string first = taken_from(out)[0];
    // 0.5 s, then 1 s, then 2 s after the last.
    for (const auto& [due, is_last] :
         {std::pair(milliseconds(500), false), std::pair(milliseconds(1500), false),
          std::pair(milliseconds(3500), true)}) {
        CHECK(client.next_timeout() == client_begin + due);
        CHECK_FALSE(client.timeout(client_begin + due - milliseconds(1), out));
        CHECK(out.is_empty());
        const auto failed = client.timeout(client_begin + due, out);
        CHECK(failed.has_value() == is_last);
        const auto sent = taken_from(out);
        CHECK(sent.size() == (is_last ? 0 : 1));
        if (!sent.empty()) CHECK(sent[0] == first);
        if (failed) CHECK(failed->request == 5);
        if (failed) CHECK(failed->error() == "no answer");
    }
    CHECK(client.counts().retransmissions == 2);
    CHECK(client.counts().timeouts == 1);
    CHECK(client.next_timeout() == never);
}

TEST_CASE("no more requests are open than allowed", "[engine][load][ng]") {
    NgClient client({.open_max = 2});
    Outbox out(16, 4096);
    CHECK(client.send(1, "de", client_begin, out));
    CHECK(client.send(2, "de", client_begin, out));
    CHECK(client.is_full());
    CHECK_FALSE(client.send(3, "de", client_begin, out));
    CHECK(out.size() == 2);
}

}  // namespace
}  // namespace busyhour::engine::load
