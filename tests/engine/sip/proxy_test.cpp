#include "calls.h"

namespace busyhour::engine::sip::testing {

TEST_CASE("a call through the proxy sends what the flow catalogue counts", "[engine][sip][proxy]") {
    Harness h;
    register_bob(h);
    const auto invited = h.give(invite(), caller);
    REQUIRE(invited.size() == 2);
    CHECK(invited[0].status() == 100);
    CHECK(invited[1].method() == "INVITE");
    CHECK(invited[1].to == callee);
    CHECK(invited[1].text.starts_with("INVITE sip:bob@192.0.2.2:5080 SIP/2.0\r\n"));
    CHECK(invited[1].field("Max-Forwards") == "69");
    CHECK(invited[1].has("Record-Route: <sip:198.51.100.1:5060;lr;d="));
    const auto ringing = h.give(response(invited[1], "180 Ringing"), callee);
    REQUIRE(ringing.size() == 1);
    CHECK(ringing[0].status() == 180);
    CHECK(ringing[0].to == caller);
    CHECK_FALSE(ringing[0].has("198.51.100.1:5060;branch"));
    const auto answered =
        h.give(response(invited[1], "200 OK", "Contact: <sip:bob@192.0.2.2:5080>\r\n"), callee);
    REQUIRE(answered.size() == 1);
    CHECK(answered[0].status() == 200);
    const std::string route = answered[0].field("Record-Route");
    const std::string dialog =
        "To: <sip:bob@example.com>;tag=b1\r\nCall-ID: call1\r\nRoute: " + route + "\r\n";
    const auto acknowledged =
        h.give(request("ACK", "sip:bob@192.0.2.2:5080", dialog, "1", "z9hG4bKack"), caller);
    REQUIRE(acknowledged.size() == 1);
    CHECK(acknowledged[0].method() == "ACK");
    CHECK(acknowledged[0].to == callee);
    CHECK_FALSE(acknowledged[0].has("Route:"));
    const auto ending =
        h.give(request("BYE", "sip:bob@192.0.2.2:5080", dialog, "2", "z9hG4bKbye"), caller);
    REQUIRE(ending.size() == 1);
    CHECK(ending[0].method() == "BYE");
    CHECK(ending[0].to == callee);
    const auto ended = h.give(response(ending[0], "200 OK"), callee);
    REQUIRE(ended.size() == 1);
    CHECK(ended[0].status() == 200);
    CHECK(ended[0].to == caller);
    h.pass(33s);
    CHECK(h.count(Counter::server_transactions) == 0);
    CHECK(h.count(Counter::client_transactions) == 0);
}

TEST_CASE("timer A repeats an INVITE and B ends it with 408", "[engine][sip][timer]") {
    Harness h;
    register_bob(h);
    h.give(invite(), caller);
    CHECK(seconds_of(h, 31900ms, "INVITE") == std::vector<double>{0.5, 1.5, 3.5, 7.5, 15.5, 31.5});
    const auto sent = h.pass(100ms);
    REQUIRE(sent.size() == 1);
    CHECK(sent[0].status() == 408);
    CHECK(sent[0].to == caller);
}

TEST_CASE("timer E repeats another request and F ends it", "[engine][sip][timer]") {
    Harness h;
    register_bob(h);
    h.give(request("MESSAGE", "sip:bob@example.com", "", "1", "z9hG4bKm"), caller);
    CHECK(seconds_of(h, 31900ms, "MESSAGE") ==
          std::vector<double>{0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5});
    CHECK(h.pass(100ms).empty());
    CHECK(h.count(Counter::server_transactions) == 0);
    CHECK(h.count(Counter::client_transactions) == 0);
}

TEST_CASE("timer G repeats a final response until ACK or H", "[engine][sip][timer]") {
    Harness h;
    register_bob(h);
    const auto invited = h.give(invite(), caller);
    const auto busy = h.give(response(invited[1], "486 Busy Here"), callee);
    REQUIRE(busy.size() == 2);
    CHECK(busy[0].method() == "ACK");
    CHECK(busy[0].to == callee);
    CHECK(busy[1].status() == 486);
    SECTION("without ACK") {
        CHECK(seconds_of(h, 31900ms, "SIP/2.0 486") ==
              std::vector<double>{0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5});
        h.pass(100ms);
        CHECK(h.count(Counter::server_transactions) == 0);
    }
    SECTION("ACK ends it and is absorbed for T4") {
        h.pass(600ms);
        const std::string ack =
            request("ACK", "sip:bob@example.com",
                    "To: <sip:bob@example.com>;tag=b1\r\nCall-ID: call1\r\n", "1", "z9hG4bKi1");
        CHECK(h.give(ack, caller).empty());
        CHECK(h.pass(4900ms).empty());
        CHECK(h.count(Counter::server_transactions) == 1);
        CHECK(h.give(ack, caller).empty());
        h.pass(200ms);
        CHECK(h.count(Counter::server_transactions) == 0);
    }
    SECTION("the response repeated by the callee is acknowledged again") {
        const auto again = h.give(response(invited[1], "486 Busy Here"), callee);
        REQUIRE(again.size() == 1);
        CHECK(again[0].method() == "ACK");
    }
}

TEST_CASE("retransmitted requests get the last response again", "[engine][sip][proxy]") {
    Harness h;
    register_bob(h);
    const auto invited = h.give(invite(), caller);
    auto again = h.give(invite(), caller);
    REQUIRE(again.size() == 1);
    CHECK(again[0].status() == 100);
    h.give(response(invited[1], "180 Ringing"), callee);
    again = h.give(invite(), caller);
    REQUIRE(again.size() == 1);
    CHECK(again[0].status() == 180);
    h.give(response(invited[1], "200 OK"), callee);
    CHECK(h.give(invite(), caller).empty());
    const auto repeated = h.give(response(invited[1], "200 OK"), callee);
    REQUIRE(repeated.size() == 1);
    CHECK(repeated[0].status() == 200);
    CHECK(h.count(Counter::retransmissions_absorbed) == 3);
}

TEST_CASE("CANCEL ends a call that rings", "[engine][sip][proxy]") {
    Harness h;
    register_bob(h);
    const auto invited = h.give(invite(), caller);
    const std::string cancel =
        request("CANCEL", "sip:bob@example.com", "To: <sip:bob@example.com>\r\nCall-ID: call1\r\n",
                "1", "z9hG4bKi1");
    SECTION("after a provisional response CANCEL is sent at once") {
        h.give(response(invited[1], "180 Ringing"), callee);
        const auto sent = h.give(cancel, caller);
        REQUIRE(sent.size() == 2);
        CHECK(sent[0].status() == 200);
        CHECK(sent[1].method() == "CANCEL");
        CHECK(sent[1].field("Via") == invited[1].field("Via"));
        CHECK(h.give(response(sent[1], "200 OK"), callee).empty());
        const auto ended = h.give(response(invited[1], "487 Request Terminated"), callee);
        REQUIRE(ended.size() == 2);
        CHECK(ended[0].method() == "ACK");
        CHECK(ended[1].status() == 487);
    }
    SECTION("before it waits for one") {
        CHECK(h.give(cancel, caller).size() == 1);
        const auto sent = h.give(response(invited[1], "180 Ringing"), callee);
        REQUIRE(sent.size() == 2);
        CHECK(sent[1].method() == "CANCEL");
    }
    SECTION("a callee that never answers CANCEL is given up after 64 T1") {
        h.give(response(invited[1], "180 Ringing"), callee);
        h.give(cancel, caller);
        const auto sent = h.pass(32s);
        REQUIRE(!sent.empty());
        CHECK(sent.back().status() == 487);
    }
    h.pass(120s);
    CHECK(h.count(Counter::client_transactions) == 0);
    CHECK(h.count(Counter::server_transactions) == 0);
}

TEST_CASE("timer C cancels a call that rings for three minutes", "[engine][sip][timer]") {
    Harness h;
    register_bob(h);
    const auto invited = h.give(invite(), caller);
    h.give(response(invited[1], "180 Ringing"), callee);
    CHECK(seconds_of(h, 181s, "CANCEL") == std::vector<double>{181});
}

TEST_CASE("contacts of the same q are called at once and the rest are cancelled",
          "[engine][sip][fork]") {
    Harness h;
    register_bob(h, "<sip:bob@192.0.2.2:5080>, <sip:bob@192.0.2.3:5080>");
    const auto invited = h.give(invite(), caller);
    REQUIRE(invited.size() == 3);
    h.give(response(invited[1], "180 Ringing"), callee);
    h.give(response(invited[2], "180 Ringing"), udp_peer(5080, 3));
    const auto answered = h.give(response(invited[1], "200 OK"), callee);
    REQUIRE(answered.size() == 2);
    CHECK(answered[0].status() == 200);
    CHECK(answered[1].method() == "CANCEL");
    CHECK(answered[1].to == udp_peer(5080, 3));
}

TEST_CASE("contacts of a lower q are called after those of a higher", "[engine][sip][fork]") {
    Harness h;
    register_bob(h, "<sip:bob@192.0.2.2:5080>;q=0.9, <sip:bob@192.0.2.3:5080>;q=0.25");
    const auto invited = h.give(invite(), caller);
    REQUIRE(invited.size() == 2);
    const auto next = h.give(response(invited[1], "486 Busy Here"), callee);
    REQUIRE(next.size() == 2);
    CHECK(next[0].method() == "ACK");
    CHECK(next[1].method() == "INVITE");
    CHECK(next[1].to == udp_peer(5080, 3));
    const auto last = h.give(response(next[1], "404 Not Found"), udp_peer(5080, 3));
    REQUIRE(last.size() == 2);
    CHECK(last[1].status() == 404);
}

TEST_CASE("what cannot be forwarded is answered", "[engine][sip][proxy]") {
    struct Row {
        const char* what;
        std::string text;
        int status_code;
    };
    const std::string to_bob = "To: <sip:bob@example.com>\r\n";
    const std::vector<Row> rows{
        {"unknown user", request("INVITE", "sip:nobody@example.com", to_bob), 404},
        {"known user without a contact", request("INVITE", "sip:alice@example.com"), 480},
        {"no hops left", request("INVITE", "sip:bob@example.com", "Max-Forwards: 0\r\n"), 483},
        {"another scheme", request("OPTIONS", "tel:+4930123"), 416},
        {"unknown extension",
         request("INVITE", "sip:bob@example.com", "Proxy-Require: nothing\r\n"), 420},
        {"CANCEL of nothing", request("CANCEL", "sip:bob@example.com"), 481},
        {"a foreign Route", request("BYE", "sip:x@203.0.113.5", "Route: <sip:203.0.113.9;lr>\r\n"),
         403},
        {"a forged token",
         request("BYE", "sip:x@203.0.113.5",
                 "Route: <sip:198.51.100.1:5060;lr;d=0123456789abcdef>\r\n"),
         404},
        {"an unknown method to the server", request("JUGGLE", "sip:198.51.100.1"), 405},
    };
    for (const Row& row : rows) {
        INFO(row.what);
        Harness h;
        const auto sent = h.give(row.text);
        REQUIRE(sent.size() == 1);
        CHECK(sent[0].status() == row.status_code);
    }
}

TEST_CASE("a request that comes back unchanged is a loop", "[engine][sip][proxy]") {
    Harness h;
    register_bob(h, "<sip:bob@198.51.100.1:5060>");
    const auto invited = h.give(invite(), caller);
    REQUIRE(invited.size() == 2);
    auto back = h.give(invited[1].text, udp_peer(5060, 9));  // a spiral: another Request-URI
    REQUIRE(back.size() == 2);
    back = h.give(back[1].text, udp_peer(5060, 9));
    REQUIRE(back.size() == 1);
    CHECK(back[0].status() == 482);
}

TEST_CASE("a user behind TCP is reached by the connection", "[engine][sip][proxy]") {
    Harness h;
    const Peer bob = tcp_peer(40000, 77);
    register_bob(h, "<sip:bob@10.0.0.9:1234;transport=tcp>", "1", bob);
    const auto invited = h.give(invite(), caller);
    REQUIRE(invited.size() == 2);
    CHECK(invited[1].to == bob);
    CHECK(invited[1].has("Via: SIP/2.0/TCP 198.51.100.1:5060;branch="));
    CHECK(invited[1].has("Record-Route: <sip:198.51.100.1:5060;transport=tcp;lr"));
    CHECK(invited[1].has("Record-Route: <sip:198.51.100.1:5060;lr"));
    SECTION("requests of the dialog too") {
        std::string routes;
        for (std::size_t at = invited[1].text.find("Record-Route: "); at != std::string::npos;
             at = invited[1].text.find("Record-Route: ", at + 1)) {
            const std::size_t begin = at + 14;
            routes += "Route: " +
                      invited[1].text.substr(begin, invited[1].text.find('\r', begin) - begin) +
                      "\r\n";
        }
        const auto bye =
            h.give(request("BYE", "sip:bob@10.0.0.9:1234;transport=tcp",
                           "To: <sip:bob@example.com>;tag=b1\r\nCall-ID: call1\r\n" + routes, "2",
                           "z9hG4bKb"),
                   caller);
        REQUIRE(bye.size() == 1);
        CHECK(bye[0].method() == "BYE");
        CHECK(bye[0].to.connection == 77);
    }
    SECTION("a connection that ends is an error of the transaction") {
        const auto sent = h.close(bob);
        REQUIRE(sent.size() == 1);
        CHECK(sent[0].status() == 500);
        CHECK(h.count(Counter::transport_failures) == 1);
    }
    SECTION("nothing is repeated on it") {
        CHECK(seconds_of(h, 31s, "INVITE").empty());
    }
}

TEST_CASE("a response for another worker is handed to it", "[engine][sip][proxy]") {
    ServerOptions options = small_options();
    options.workers = 2;
    options.worker = 1;
    Harness h(options);
    register_bob(h);
    auto invited = h.give(invite(), caller);
    REQUIRE(invited.size() == 2);
    std::string text = response(invited[1], "180 Ringing");
    text.replace(text.find("z9hG4bK01"), 9, "z9hG4bK00");
    CHECK(h.give(text, callee).empty());
    CHECK(h.count(Counter::handed_over) == 1);
    const Statistics statistics = h.server().statistics();
    CHECK(statistics.messages(Direction::in, Transport::udp, Method::invite, 0) == 1);
    CHECK(statistics.messages(Direction::in, Transport::udp, Method::invite, 1) == 0);
}

TEST_CASE("a full transaction table refuses and calls in progress go on", "[engine][sip][proxy]") {
    ServerOptions options = small_options();
    options.capacities.transactions = 4;
    options.overload.transactions_fraction = 0.75;
    Harness h(options);
    register_bob(h);
    std::vector<Sent> first;
    for (int i = 0; i < 3; ++i) {
        const auto sent = h.give(invite("z9hG4bKx" + std::to_string(i)), caller);
        REQUIRE(sent.size() == 2);
        if (i == 0) first = sent;
    }
    const auto refused = h.give(invite("z9hG4bKlast"), caller);
    REQUIRE(refused.size() == 1);
    CHECK(refused[0].status() == 503);
    CHECK(refused[0].field("Retry-After") == "5");
    CHECK(h.count(Counter::refused_overload) == 1);
    const auto ringing = h.give(response(first[1], "180 Ringing"), callee);
    CHECK(ringing.size() == 1);
}

TEST_CASE("the ACK of an answer made without a transaction goes no further",
          "[engine][sip][proxy]") {
    ServerOptions options = small_options();
    options.invite_authentication = Authentication::digest;
    Harness h(options);
    register_bob(h);
    const auto challenge = h.give(invite());
    REQUIRE(challenge.size() == 1);
    REQUIRE(challenge[0].status() == 407);
    const std::string to = "To: " + challenge[0].field("To") + "\r\nCall-ID: call1\r\n";
    CHECK(h.give(request("ACK", "sip:bob@example.com", to, "1", "z9hG4bKi1")).empty());
    // A tag that another made is forwarded still.
    const std::string other =
        "To: <sip:bob@example.com>;tag=0123456789abcdef\r\nCall-ID: call1\r\n";
    CHECK(h.give(request("ACK", "sip:bob@example.com", other, "1", "z9hG4bKi1")).size() == 1);
}

TEST_CASE("the ACK of a refusal in a dialog goes no further", "[engine][sip][proxy]") {
    Harness h;
    register_bob(h);
    const std::string dialog = "To: <sip:bob@example.com>;tag=b1\r\nCall-ID: call1\r\n";
    const auto refused = h.give(request("INVITE", "sip:bob@example.com",
                                        dialog + "Proxy-Require: nothing\r\n", "2", "z9hG4bKi2"));
    REQUIRE(refused.size() == 1);
    REQUIRE(refused[0].status() == 420);
    CHECK(h.give(request("ACK", "sip:bob@example.com", dialog, "2", "z9hG4bKi2")).empty());
    // An ACK of a 2xx has a branch of its own and is the callee's.
    CHECK(h.give(request("ACK", "sip:bob@example.com", dialog, "2", "z9hG4bKi3")).size() == 1);
}

}  // namespace busyhour::engine::sip::testing
