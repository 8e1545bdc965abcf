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

TEST_CASE("a registrar answers as rfc3261 10.3 says", "[engine][sip][registrar]") {
    const std::string contact = "Contact: <sip:alice@192.0.2.1:5070>";
    struct Step {
        const char* what;
        std::string fields;
        const char* sequence;
        int status_code;
        const char* contacts;  ///< the first Contact of the answer
    };
    const std::vector<Step> steps{
        {"bind", contact + "\r\n", "5", 200, "<sip:alice@192.0.2.1:5070>;expires=3600"},
        {"the same again", contact + "\r\n", "5", 200, "<sip:alice@192.0.2.1:5070>;expires=3600"},
        {"an older CSeq", contact + "\r\n", "4", 500, ""},
        {"query", "", "6", 200, "<sip:alice@192.0.2.1:5070>;expires=3600"},
        {"Expires field", contact + "\r\nExpires: 120\r\n", "7", 200,
         "<sip:alice@192.0.2.1:5070>;expires=120"},
        {"expires of the contact counts more", contact + ";expires=600\r\nExpires: 120\r\n", "8",
         200, "<sip:alice@192.0.2.1:5070>;expires=600"},
        {"too brief", contact + ";expires=10\r\n", "9", 423, ""},
        {"too long is shortened", contact + ";expires=99999\r\n", "10", 200,
         "<sip:alice@192.0.2.1:5070>;expires=7200"},
        {"q", contact + ";q=0.5\r\n", "11", 200, "<sip:alice@192.0.2.1:5070>;expires=3600;q=0.500"},
        {"wildcard without Expires 0", "Contact: *\r\n", "12", 400, ""},
        {"wildcard beside another", contact + "\r\nContact: *\r\nExpires: 0\r\n", "12", 400, ""},
        {"wildcard", "Contact: *\r\nExpires: 0\r\n", "12", 200, ""},
        {"bind anew", contact + "\r\n", "13", 200, "<sip:alice@192.0.2.1:5070>;expires=3600"},
        {"unbind", contact + ";expires=0\r\n", "14", 200, ""},
        {"an extension that is required", "Require: nothing\r\n", "15", 420, ""},
        {"outbound",
         contact + ";+sip.instance=\"<urn:uuid:1>\";reg-id=1\r\nSupported: outbound\r\n", "16", 200,
         "<sip:alice@192.0.2.1:5070>;expires=3600;+sip.instance=\"<urn:uuid:1>\";reg-id=1"},
        {"the flow moves to another address",
         "Contact: <sip:alice@192.0.2.9>;+sip.instance=\"<urn:uuid:1>\";reg-id=1\r\n", "17", 200,
         "<sip:alice@192.0.2.9>;expires=3600;+sip.instance=\"<urn:uuid:1>\";reg-id=1"},
    };
    Harness h;
    for (const Step& step : steps) {
        INFO(step.what);
        const auto sent = h.give(registration(step.fields, step.sequence));
        REQUIRE(sent.size() == 1);
        CHECK(sent[0].status() == step.status_code);
        CHECK(sent[0].field("Contact") == step.contacts);
    }
    CHECK(h.count(Counter::bindings) == 1);
}

TEST_CASE("bindings end in virtual time and give their memory back", "[engine][sip][registrar]") {
    Harness h;
    h.give(registration("Contact: <sip:alice@192.0.2.1:5070>;expires=60\r\n"));
    h.pass(59s);
    CHECK(h.give(registration("", "2"))[0].field("Contact") ==
          "<sip:alice@192.0.2.1:5070>;expires=1");
    h.pass(3s);
    CHECK(h.count(Counter::bindings) == 0);
    CHECK(h.give(registration("", "3"))[0].field("Contact").empty());
}

TEST_CASE("a user has a limited number of contacts and all or none are taken",
          "[engine][sip][registrar]") {
    Harness h;
    const auto sent = h.give(registration(
        "Contact: <sip:a@192.0.2.1>, <sip:b@192.0.2.1>, <sip:c@192.0.2.1>, <sip:d@192.0.2.1>, "
        "<sip:e@192.0.2.1>\r\n"));
    CHECK(sent[0].status() == 403);
    CHECK(h.count(Counter::bindings) == 0);
}

TEST_CASE("a full location refuses with Retry-After", "[engine][sip][registrar]") {
    ServerOptions options = small_options();
    options.capacities.bindings = 2;
    Harness h(options);
    int refused = 0;
    for (int user = 0; user < 4; ++user) {
        const std::string name = std::to_string(user);
        const auto sent = h.give(registration("To: <sip:u" + name + "@example.com>\r\nCall-ID: c" +
                                              name + "\r\nContact: <sip:u@192.0.2.1>\r\n"));
        if (sent[0].status() != 503) continue;
        ++refused;
        CHECK(sent[0].field("Retry-After") == "5");
    }
    CHECK(refused == 2);
    CHECK(h.count(Counter::bindings) == 2);
}

TEST_CASE("Path is kept and answered", "[engine][sip][registrar]") {
    Harness h;
    const auto sent = h.give(
        registration("Contact: <sip:alice@192.0.2.1>\r\nPath: <sip:192.0.2.200:5062;lr>\r\n"));
    CHECK(sent[0].field("Path") == "<sip:192.0.2.200:5062;lr>");
    const auto invited = h.give(request("MESSAGE", "sip:alice@example.com", "", "1", "z9hG4bKm"));
    REQUIRE(invited.size() == 1);
    CHECK(invited[0].field("Route") == "<sip:192.0.2.200:5062;lr>");
    CHECK(invited[0].to == udp_peer(5062, 200));
}

TEST_CASE("responses go where Via and rport say", "[engine][sip][server]") {
    Harness h;
    struct Row {
        const char* via;
        std::uint16_t port;
        const char* answered;
    };
    const std::vector<Row> rows{
        {"UDP 192.0.2.1:5070", 5070, "SIP/2.0/UDP 192.0.2.1:5070;branch=z9hG4bKa1"},
        {"UDP 192.0.2.1", 5060, "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKa1"},
        {"UDP 10.0.0.1:7000", 7000,
         "SIP/2.0/UDP 10.0.0.1:7000;branch=z9hG4bKa1;received=192.0.2.1"},
        {"UDP 10.0.0.1:7000;rport", 40000,
         "SIP/2.0/UDP 10.0.0.1:7000;rport=40000;branch=z9hG4bKa1;received=192.0.2.1"},
    };
    for (const Row& row : rows) {
        INFO(row.via);
        const auto sent = h.give(
            request("OPTIONS", "sip:198.51.100.1", "", "1", "z9hG4bKa1", row.via), udp_peer(40000));
        REQUIRE(sent.size() == 1);
        CHECK(sent[0].to == udp_peer(row.port));
        CHECK(sent[0].field("Via") == row.answered);
    }
}

TEST_CASE("digest challenges and accepts a growing nonce count once", "[engine][sip][digest]") {
    ServerOptions options = small_options();
    options.register_authentication = Authentication::digest;
    options.digest_algorithms = {DigestAlgorithm::sha256};
    Harness h(options);
    const std::string contact = "Contact: <sip:alice@192.0.2.1:5070>\r\n";
    const auto challenged = h.give(registration(contact));
    REQUIRE(challenged[0].status() == 401);
    const std::string challenge = challenged[0].field("WWW-Authenticate");
    const auto parsed = parse_challenge(challenge);
    REQUIRE(parsed);
    CHECK(parsed->algorithm == DigestAlgorithm::sha256);
    DigestCalculator calculator;
    const auto authorize = [&](const std::string& user, const std::string& password,
                               const std::string& count) {
        DigestCredentials c;
        c.nonce = parsed->nonce;
        c.uri = "sip:example.com";
        c.cnonce = "xyz";
        c.qop = "auth";
        c.nonce_count_text = count;
        c.algorithm = DigestAlgorithm::sha256;
        const DigestText secret = calculator.secret(c.algorithm, user, "busyhour", password);
        const DigestText answer = calculator.response(c, secret.view(), "REGISTER");
        return contact + "Authorization: Digest username=\"" + user +
               "\", realm=\"busyhour\", nonce=\"" + std::string(parsed->nonce) +
               "\", uri=\"sip:example.com\", response=\"" + std::string(answer.view()) +
               "\", algorithm=SHA-256, cnonce=\"xyz\", qop=auth, nc=" + count + "\r\n";
    };
    CHECK(h.give(registration(authorize("alice", "wrong", "00000001"), "2"))[0].status() == 401);
    CHECK(h.give(registration(authorize("alice", "secret", "00000001"), "3"))[0].status() == 200);
    CHECK(h.give(registration(authorize("alice", "secret", "00000002"), "4"))[0].status() == 200);
    const auto replayed = h.give(registration(authorize("alice", "secret", "00000002"), "5"));
    CHECK(replayed[0].status() == 401);
    CHECK(replayed[0].has("stale=true"));
    CHECK(h.give(registration(
              "To: <sip:bob@example.com>\r\n" + authorize("alice", "secret", "00000003"), "6"))[0]
              .status() == 403);
    h.pass(301s);
    const auto old = h.give(registration(authorize("alice", "secret", "00000004"), "7"));
    CHECK(old[0].status() == 401);
    CHECK(old[0].has("stale=true"));
}

TEST_CASE("challenges come in the order asked for and no other algorithm is accepted",
          "[engine][sip][digest]") {
    for (const bool is_md5_offered : {true, false}) {
        ServerOptions options = small_options();
        options.register_authentication = Authentication::digest;
        if (!is_md5_offered) options.digest_algorithms = {DigestAlgorithm::sha256};
        Harness h(options);
        const std::string contact = "Contact: <sip:alice@192.0.2.1:5070>\r\n";
        const auto challenged = h.give(registration(contact));
        const std::string& text = challenged.at(0).text;
        const std::size_t md5 = text.find("algorithm=MD5");
        const std::size_t sha256 = text.find("algorithm=SHA-256");
        REQUIRE(sha256 != text.npos);
        CHECK((md5 < sha256) == is_md5_offered);
        const std::string challenge = challenged[0].field("WWW-Authenticate");
        const auto parsed = parse_challenge(challenge);
        REQUIRE(parsed);
        DigestCredentials c;
        c.nonce = parsed->nonce;
        c.uri = "sip:example.com";
        c.cnonce = "xyz";
        c.qop = "auth";
        c.nonce_count_text = "00000001";
        c.algorithm = DigestAlgorithm::md5;
        const DigestCalculator calculator;
        const DigestText secret = calculator.secret(c.algorithm, "alice", "busyhour", "secret");
        const auto answer = h.give(registration(
            contact + "Authorization: Digest username=\"alice\", realm=\"busyhour\", nonce=\"" +
                std::string(parsed->nonce) + "\", uri=\"sip:example.com\", response=\"" +
                std::string(calculator.response(c, secret.view(), "REGISTER").view()) +
                "\", algorithm=MD5, cnonce=\"xyz\", qop=auth, nc=00000001\r\n",
            "2"));
        CHECK(answer.at(0).status() == (is_md5_offered ? 200 : 401));
    }
}

}  // namespace busyhour::engine::sip::testing
