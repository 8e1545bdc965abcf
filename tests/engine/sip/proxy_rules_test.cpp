#include "calls.h"

#include <algorithm>
#include <set>

namespace busyhour::engine::sip::testing {

namespace {

/// INVITE with credentials for the nonce of `challenge` (MD5).
std::string authorized_invite(const Sent& challenge, const std::string& password,
                              const std::string& count, const std::string& branch) {
    const std::string field = challenge.field("Proxy-Authenticate");
    const auto asked = parse_challenge(field);
    REQUIRE(asked);
    DigestCredentials c;
    c.nonce = asked->nonce;
    c.uri = "sip:bob@example.com";
    c.cnonce = "xyz";
    c.qop = "auth";
    c.nonce_count_text = count;
    c.algorithm = DigestAlgorithm::md5;
    const DigestCalculator calculator;
    const DigestText secret = calculator.secret(c.algorithm, "alice", "busyhour", password);
    return invite(branch,
                  "Proxy-Authorization: Digest username=\"alice\", realm=\"busyhour\", nonce=\"" +
                      std::string(asked->nonce) + "\", uri=\"sip:bob@example.com\", response=\"" +
                      std::string(calculator.response(c, secret.view(), "INVITE").view()) +
                      "\", algorithm=MD5, cnonce=\"xyz\", qop=auth, nc=" + count + "\r\n");
}

ServerOptions options_with_digest() {
    ServerOptions options = small_options();
    options.invite_authentication = Authentication::digest;
    return options;
}

std::size_t transactions_of(Harness& h) {
    return h.count(Counter::server_transactions) + h.count(Counter::client_transactions);
}

}  // namespace

TEST_CASE("only the domains asked for are served", "[engine][sip][proxy]") {
    ServerOptions options = small_options();
    options.domains = {"example.com"};
    for (const bool relays : {false, true}) {
        options.relays_foreign_domains = relays;
        Harness h(options);
        const auto elsewhere =
            h.give(request("REGISTER", "sip:example.org", "Contact: <sip:alice@192.0.2.1>\r\n"));
        REQUIRE(elsewhere.size() == 1);
        CHECK(elsewhere[0].status() == 404);
        const auto unknown = h.give(request("MESSAGE", "sip:bob@example.com", "", "1", "z9hG4bK1"));
        REQUIRE(unknown.size() == 1);
        CHECK(unknown[0].status() == 404);
        const auto foreign =
            h.give(request("MESSAGE", "sip:carol@203.0.113.5", "", "1", "z9hG4bK2"));
        REQUIRE(foreign.size() == 1);
        if (relays) {
            CHECK(foreign[0].method() == "MESSAGE");
            CHECK(foreign[0].to.port == 5060);
            CHECK(foreign[0].to.address[15] == 5);
            CHECK(foreign[0].has("MESSAGE sip:carol@203.0.113.5 SIP/2.0"));
        } else {
            CHECK(foreign[0].status() == 403);
            CHECK(h.count(Counter::refused_relay) == 1);
        }
    }
}

TEST_CASE("an INVITE with the right credentials is forwarded", "[engine][sip][digest]") {
    Harness h(options_with_digest());
    register_bob(h);
    const auto challenged = h.give(invite());
    REQUIRE(challenged.size() == 1);
    REQUIRE(challenged[0].status() == 407);
    const auto wrong = h.give(authorized_invite(challenged[0], "wrong", "00000001", "z9hG4bKi2"));
    REQUIRE(wrong.size() == 1);
    CHECK(wrong[0].status() == 407);
    CHECK_FALSE(wrong[0].has("stale=true"));
    CHECK(h.count(Counter::authentications_failed) == 1);
    const auto right = h.give(authorized_invite(challenged[0], "secret", "00000001", "z9hG4bKi3"));
    REQUIRE(right.size() == 2);
    CHECK(right[0].status() == 100);
    CHECK(right[1].method() == "INVITE");
    const auto replayed =
        h.give(authorized_invite(challenged[0], "secret", "00000001", "z9hG4bKi4"));
    REQUIRE(replayed.size() == 1);
    CHECK(replayed[0].status() == 407);
    CHECK(replayed[0].has("stale=true"));
    h.pass(301s);
    const auto old = h.give(authorized_invite(challenged[0], "secret", "00000002", "z9hG4bKi5"));
    REQUIRE(old.size() == 1);
    CHECK(old[0].status() == 407);
    CHECK(old[0].has("stale=true"));
}

TEST_CASE("a request in a dialog is not challenged", "[engine][sip][digest]") {
    Harness h(options_with_digest());
    register_bob(h);
    const auto challenged = h.give(invite());
    const auto invited =
        h.give(authorized_invite(challenged.at(0), "secret", "00000001", "z9hG4bKi2"));
    REQUIRE(invited.size() == 2);
    const auto bye =
        h.give(request("BYE", "sip:bob@192.0.2.2:5080",
                       "To: <sip:bob@example.com>;tag=b1\r\nCall-ID: call1\r\nRoute: " +
                           invited[1].field("Record-Route") + "\r\n",
                       "2", "z9hG4bKb"),
               caller);
    REQUIRE(bye.size() == 1);
    CHECK(bye[0].method() == "BYE");
}

// rfc3261 16.12.1.2: the strict router's URI becomes the Request-URI, the target the last Route.
TEST_CASE("a strict router gets what it expects", "[engine][sip][route]") {
    ServerOptions options = small_options();
    options.relays_foreign_domains = true;
    Harness h(options);
    const auto sent = h.give(request("MESSAGE", "sip:bob@203.0.113.9",
                                     "Route: <sip:203.0.113.7:5062>, <sip:203.0.113.8;lr>\r\n"));
    REQUIRE(sent.size() == 1);
    CHECK(sent[0].text.starts_with("MESSAGE sip:203.0.113.7:5062 SIP/2.0\r\n"));
    CHECK(sent[0].to.port == 5062);
    CHECK(sent[0].to.address[15] == 7);
    const std::size_t first = sent[0].text.find("<sip:203.0.113.8;lr>");
    const std::size_t last = sent[0].text.find("<sip:bob@203.0.113.9>");
    REQUIRE(first != std::string::npos);
    REQUIRE(last != std::string::npos);
    CHECK(first < last);
}

TEST_CASE("a loose router keeps the Request-URI", "[engine][sip][route]") {
    ServerOptions options = small_options();
    options.relays_foreign_domains = true;
    Harness h(options);
    const auto sent = h.give(
        request("MESSAGE", "sip:bob@203.0.113.9",
                "Route: <sip:198.51.100.1:5060;lr>\r\nRoute: <sip:203.0.113.7:5062;lr>\r\n"));
    REQUIRE(sent.size() == 1);
    CHECK(sent[0].text.starts_with("MESSAGE sip:bob@203.0.113.9 SIP/2.0\r\n"));
    CHECK(sent[0].field("Route") == "<sip:203.0.113.7:5062;lr>");
    CHECK(sent[0].to.port == 5062);
}

TEST_CASE("an IPv6 user is registered and reached", "[engine][sip][ipv6]") {
    ServerOptions options = small_options();
    options.listeners = {{Transport::udp, "[2001:db8::1]", 5060}};
    Harness h(options);
    Peer bob;
    bob.address = {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2};
    bob.port = 5082;
    const auto registered =
        h.give(request("REGISTER", "sip:example.com",
                       "To: <sip:bob@example.com>\r\nContact: <sip:bob@[2001:db8::2]:5082>\r\n",
                       "1", "z9hG4bKr", "UDP [2001:db8::99]:5082;rport"),
               bob);
    REQUIRE(registered.size() == 1);
    CHECK(registered[0].status() == 200);
    CHECK(registered[0].to == bob);
    CHECK(registered[0].has(";received=2001:db8:0:0:0:0:0:2"));
    CHECK(registered[0].has(";rport=5082"));
    CHECK(registered[0].has("<sip:bob@[2001:db8::2]:5082>"));
    const auto sent = h.give(
        request("MESSAGE", "sip:bob@example.com", "", "1", "z9hG4bKm", "UDP [2001:db8::3]:5070"),
        bob);
    REQUIRE(sent.size() == 1);
    CHECK(sent[0].to == bob);
    CHECK(sent[0].has("Via: SIP/2.0/UDP [2001:db8::1]:5060;branch="));
}

TEST_CASE("pressure refuses new work and lets dialogs go on", "[engine][sip][overload]") {
    Harness h;
    register_bob(h);
    const auto invited = h.give(invite(), caller);
    REQUIRE(invited.size() == 2);
    h.server().set_pressure(1001ms);
    const auto refused = h.give(invite("z9hG4bKi2"), caller);
    REQUIRE(refused.size() == 1);
    CHECK(refused[0].status() == 503);
    CHECK(refused[0].field("Retry-After") == "5");
    CHECK(h.give(registration("Contact: <sip:alice@192.0.2.1:5070>\r\n"))[0].status() == 503);
    const auto bye =
        h.give(request("BYE", "sip:bob@192.0.2.2:5080",
                       "To: <sip:bob@example.com>;tag=b1\r\nCall-ID: call1\r\nRoute: " +
                           invited[1].field("Record-Route") + "\r\n",
                       "2", "z9hG4bKb"),
               caller);
    REQUIRE(bye.size() == 1);
    CHECK(bye[0].method() == "BYE");
    h.server().set_pressure(1000ms);
    CHECK(h.give(invite("z9hG4bKi3"), caller).size() == 2);
}

TEST_CASE("timer D absorbs a repeated failure of INVITE for 32 s", "[engine][sip][timer]") {
    Harness h;
    register_bob(h);
    const auto invited = h.give(invite(), caller);
    h.give(response(invited[1], "486 Busy Here"), callee);
    h.give(request("ACK", "sip:bob@example.com",
                   "To: <sip:bob@example.com>;tag=b1\r\nCall-ID: call1\r\n", "1", "z9hG4bKi1"),
           caller);
    h.pass(31999ms);
    CHECK(h.count(Counter::client_transactions) == 1);
    h.pass(1ms);
    CHECK(transactions_of(h) == 0);
}

TEST_CASE("timers J and K end other requests after 32 s and 5 s", "[engine][sip][timer]") {
    Harness h;
    register_bob(h);
    const auto sent =
        h.give(request("MESSAGE", "sip:bob@example.com", "", "1", "z9hG4bKm"), caller);
    REQUIRE(sent.size() == 1);
    CHECK(h.give(response(sent[0], "200 OK"), callee).size() == 1);
    h.pass(4999ms);
    CHECK(h.count(Counter::client_transactions) == 1);
    h.pass(1ms);
    CHECK(h.count(Counter::client_transactions) == 0);
    h.pass(26999ms);
    CHECK(h.count(Counter::server_transactions) == 1);
    h.pass(1ms);
    CHECK(h.count(Counter::server_transactions) == 0);
}

// rfc6026: both sides of an accepted INVITE wait 64 T1 for more 2xx and their ACKs.
TEST_CASE("timers L and M keep an accepted INVITE for 32 s", "[engine][sip][timer]") {
    Harness h;
    register_bob(h);
    const auto invited = h.give(invite(), caller);
    h.pass(100ms);
    CHECK(h.give(response(invited[1], "200 OK"), callee).size() == 1);
    CHECK(h.give(response(invited[1], "200 OK"), callee).size() == 1);  // repeated to the caller
    CHECK(h.give(invite(), caller).empty());  // a late copy of the request is absorbed
    h.pass(31999ms);
    CHECK(transactions_of(h) == 2);
    h.pass(1ms);
    CHECK(transactions_of(h) == 0);
}

TEST_CASE("over TCP the timers that wait for copies are zero", "[engine][sip][timer]") {
    Harness h;
    const Peer bob = tcp_peer(40000, 77);
    const Peer alice = tcp_peer(40001, 78);
    register_bob(h, "<sip:bob@10.0.0.9:1234;transport=tcp>", "1", bob);
    SECTION("D and I") {
        const auto invited = h.give(invite(), alice);
        REQUIRE(invited.size() == 2);
        h.give(response(invited[1], "486 Busy Here"), bob);
        CHECK(h.count(Counter::client_transactions) == 0);
        CHECK(seconds_of(h, 10s, "SIP/2.0 486").empty());  // G
        h.give(request("ACK", "sip:bob@example.com",
                       "To: <sip:bob@example.com>;tag=b1\r\nCall-ID: call1\r\n", "1", "z9hG4bKi1"),
               alice);
        CHECK(h.count(Counter::server_transactions) == 0);
    }
    SECTION("J and K") {
        const auto sent =
            h.give(request("MESSAGE", "sip:bob@example.com", "", "1", "z9hG4bKm"), alice);
        REQUIRE(sent.size() == 1);
        h.give(response(sent[0], "200 OK"), bob);
        CHECK(transactions_of(h) == 0);
    }
}

TEST_CASE("a connection that ends fails what was sent over it and nothing else",
          "[engine][sip][proxy]") {
    Harness h;
    const Peer bob = tcp_peer(40000, 77);
    register_bob(h, "<sip:bob@10.0.0.9:1234;transport=tcp>", "1", bob);
    constexpr int calls = 20;
    for (int i = 0; i < calls; ++i) {
        REQUIRE(h.give(invite("z9hG4bKx" + std::to_string(i)), caller).size() == 2);
    }
    CHECK(h.close(tcp_peer(40002, 79)).empty());
    CHECK(h.count(Counter::client_transactions) == calls);
    const auto failed = h.close(bob);
    CHECK(failed.size() == calls);
    CHECK(h.count(Counter::client_transactions) == 0);
    CHECK(h.count(Counter::transport_failures) == calls);
    CHECK(h.close(bob).empty());
}

TEST_CASE("a 6xx ends the call at the other contacts too", "[engine][sip][fork]") {
    Harness h;
    register_bob(h, "<sip:bob@192.0.2.2:5080>, <sip:bob@192.0.2.3:5080>");
    const auto invited = h.give(invite(), caller);
    REQUIRE(invited.size() == 3);
    h.give(response(invited[1], "180 Ringing"), callee);
    const auto declined = h.give(response(invited[2], "603 Decline"), callee);
    std::vector<std::string> methods;
    for (const Sent& sent : declined) methods.push_back(sent.method());
    CHECK(std::count(methods.begin(), methods.end(), "ACK") == 1);
    CHECK(std::count(methods.begin(), methods.end(), "CANCEL") == 1);
    const auto ended = h.give(response(invited[1], "487 Request Terminated"), callee);
    REQUIRE(ended.size() == 2);
    CHECK(ended[1].status() == 603);
    CHECK(ended[1].to == caller);
}

TEST_CASE("statistics of workers add up and every row has its name", "[engine][sip][statistics]") {
    Harness h;
    register_bob(h);
    h.give(invite(), caller);
    h.give("BYE sip:x SIP/3.0\r\n\r\n");
    const Statistics one = h.server().statistics();
    Statistics two = one;
    two += one;
    CHECK(one.messages(Direction::in, Transport::udp, Method::register_, 0) == 1);
    CHECK(two.messages(Direction::in, Transport::udp, Method::register_, 0) == 2);
    CHECK(two.octets(Direction::out, Transport::udp) ==
          2 * one.octets(Direction::out, Transport::udp));
    CHECK(one.octets(Direction::out, Transport::udp) > 800);
    const auto rows = one.rows();
    const auto doubled = two.rows();
    REQUIRE(rows.size() == doubled.size());
    std::set<std::string> names;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        INFO(rows[i].first);
        CHECK_FALSE(rows[i].first.empty());
        CHECK(names.insert(rows[i].first).second);
        CHECK(doubled[i].second == 2 * rows[i].second);
    }
    CHECK(names.contains("in.udp.register.request"));
    CHECK(names.contains("out.udp.register.2xx"));
    CHECK(names.contains("out.udp.invite.1xx"));
}

}  // namespace busyhour::engine::sip::testing
