#include "engine/sip/message.h"

#include <catch2/catch.hpp>

#include <string>
#include <string_view>

namespace sip = busyhour::engine::sip;
using sip::Fault;
using sip::Field;
using sip::Message;

namespace {

const std::string head =
    "OPTIONS sip:emil@example.net SIP/2.0\r\n"
    "Via: SIP/2.0/UDP 192.0.2.7:5062;branch=z9hG4bK1\r\n"
    "Max-Forwards: 70\r\n"
    "From: <sip:dora@example.com>;tag=d\r\n"
    "To: <sip:emil@example.net>\r\n"
    "Call-ID: 1@192.0.2.7\r\n"
    "CSeq: 3 OPTIONS\r\n";

Fault fault_of(const std::string& octets) {
    static Message message;
    return sip::parse_message(octets, message);
}

Fault fault_with(const std::string& line) {
    return fault_of(head + line + "\r\n\r\n");
}

}  // namespace

TEST_CASE("a request is taken apart", "[engine][sip]") {
    Message m;
    const std::string octets = head + "l: 2\r\nX-Other: y\r\n\r\nab tail";
    REQUIRE(sip::parse_message(octets, m) == Fault::none);
    CHECK(m.is_request);
    CHECK(m.method == sip::Method::options);
    CHECK(m.request_uri == "sip:emil@example.net");
    CHECK(m.via.host == "192.0.2.7");
    CHECK(m.via.port == 5062);
    CHECK(m.via.parameters == ";branch=z9hG4bK1");
    CHECK(m.from_tag == "d");
    CHECK(m.to_tag.empty());
    CHECK(m.call_id == "1@192.0.2.7");
    CHECK(m.cseq.method == sip::Method::options);
    CHECK(m.body == "ab");
    CHECK(m.fields().size() == 8);
    CHECK(m.first(Field::content_length) == "2");
    CHECK(m.has(Field::to));
    CHECK_FALSE(m.has(Field::contact));
    CHECK_FALSE(m.has(Field::other));
    CHECK_FALSE(m.first(Field::expires));
    CHECK(m.fields()[7].name == "X-Other");
}

TEST_CASE("a message object keeps nothing of an earlier message", "[engine][sip]") {
    Message m;
    REQUIRE(sip::parse_message(head + "Expires: 5\r\nContent-Length: 0\r\n\r\n", m) == Fault::none);
    const std::string response =
        "SIP/2.0 183 Session  Progress\r\nVia: SIP/2.0/TCP [2001:db8::1]\r\nFrom: sip:a@b;tag=1\r\n"
        "To: sip:c@d;tag=2\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\n\r\n";
    REQUIRE(sip::parse_message(response, m) == Fault::none);
    CHECK_FALSE(m.is_request);
    CHECK(m.status_code == 183);
    CHECK(m.reason_phrase == "Session  Progress");
    CHECK(m.method == sip::Method::invite);
    CHECK(m.max_forwards == -1);
    CHECK(m.via.host == "[2001:db8::1]");
    CHECK(m.request_uri.empty());
    CHECK_FALSE(m.target);
    CHECK_FALSE(m.has(Field::expires));
    CHECK(m.body.empty());
}

TEST_CASE("every name of a header field is known without regard to case", "[engine][sip]") {
    CHECK(sip::field_of("CALL-ID") == Field::call_id);
    CHECK(sip::field_of("contact") == Field::contact);
    CHECK(sip::field_of("Content-Length") == Field::content_length);
    CHECK(sip::field_of("L") == Field::content_length);
    CHECK(sip::field_of("pROXY-authorization") == Field::proxy_authorization);
    CHECK(sip::field_of("RSeq") == Field::rseq);
    CHECK(sip::field_of("RAck") == Field::rack);
    CHECK(sip::field_of("k") == Field::supported);
    CHECK(sip::field_of("Contacu") == Field::other);
    CHECK(sip::field_of("Content\rLength") == Field::other);
    CHECK(sip::field_of("") == Field::other);
    CHECK(sip::field_of("s") == Field::other);
}

TEST_CASE("every method has its name", "[engine][sip][identity]") {
    for (int row = 0; row < static_cast<int>(sip::Method::other); ++row) {
        const auto method = static_cast<sip::Method>(row);
        CHECK(sip::method_of(sip::method_name(method)) == method);
    }
    CHECK(sip::method_of("invite") == sip::Method::other);
    CHECK(sip::method_of("REGISTERS") == sip::Method::other);
    CHECK(sip::method_of("") == sip::Method::other);
    CHECK(sip::method_name(sip::Method::other).empty());
}

TEST_CASE("what is no SIP is told from a faulty start line", "[engine][sip][table]") {
    CHECK(fault_of("") == Fault::not_sip);
    CHECK(fault_of("\r\n\r\n") == Fault::not_sip);
    CHECK(fault_of("GET / HTTP/1.1\r\n\r\n") == Fault::not_sip);
    CHECK(fault_of(head.substr(0, 30)) == Fault::not_sip);
    CHECK(fault_of("OPTIONS SIP/2.0\r\n\r\n") == Fault::start_line);
    CHECK(fault_of("SIP/2.0 20 OK\r\n\r\n") == Fault::start_line);
    CHECK(fault_of("SIP/2.0 0200 OK\r\n\r\n") == Fault::start_line);
    CHECK(fault_of("SIP/2.0 700 OK\r\n\r\n") == Fault::start_line);
    CHECK(fault_of("SIP/2.0 200\r\n\r\n") == Fault::start_line);
    CHECK(fault_of("SIP/3.0 200 OK\r\n\r\n") == Fault::version);
    CHECK(fault_of("OPTIONS sip:a@b@c SIP/2.0\r\n\r\n") == Fault::start_line);
    CHECK(fault_of("OPTIONS sip:a%4 SIP/2.0\r\n\r\n") == Fault::start_line);
    CHECK(fault_of("OPTIONS  SIP/2.0\r\n\r\n") == Fault::start_line);
}

TEST_CASE("a header field line is refused for what it lacks", "[engine][sip][table]") {
    CHECK(fault_with("Content-Length: 0") == Fault::none);
    CHECK(fault_with("no colon") == Fault::header_field);
    CHECK(fault_with("a\r\nContent-Length: 9") == Fault::header_field);
    CHECK(fault_with("Content\rLength: 9") == Fault::header_field);
    CHECK(fault_with(": nameless") == Fault::header_field);
    CHECK(fault_with("two words: x") == Fault::header_field);
    CHECK(fault_with("X: a\nb") == Fault::header_field);
    CHECK(fault_with("X: a\rb") == Fault::header_field);
    CHECK(fault_with(std::string("X: a\0b", 6)) == Fault::header_field);
    CHECK(fault_with("Max-Forwards: 69") == Fault::repeated_field);
    CHECK(fault_with("Max-Forwards: 70") == Fault::none);
    CHECK(fault_with("CSeq: 3 INVITE") == Fault::repeated_field);
    CHECK(fault_with("Content-Length: 1") == Fault::truncated);
    CHECK(fault_with("Content-Length: 1 1") == Fault::bad_value);
    CHECK(fault_with("Content-Length: 99999999999") == Fault::bad_value);
    CHECK(fault_of(head) == Fault::truncated);
    CHECK(fault_of(head + "X: y") == Fault::truncated);
    CHECK(fault_of(head + "\r\n") == Fault::none);
    CHECK(fault_of(std::string(65536, 'a')) == Fault::too_large);
}

TEST_CASE("a message has a bounded number of header fields", "[engine][sip]") {
    std::string octets = head;
    for (std::size_t row = 6; row < Message::fields_max; ++row) octets += "X:\r\n";
    CHECK(fault_of(octets + "\r\n") == Fault::none);
    CHECK(fault_of(octets + "X:\r\n\r\n") == Fault::too_many_fields);
}

TEST_CASE("a list ends at commas outside of quotes and brackets", "[engine][sip]") {
    std::string_view rest = R"( "a, \" b" <sip:x,y@z>;q=1 , ,<sip:"> , c,)";
    CHECK(sip::next_value(rest) == R"("a, \" b" <sip:x,y@z>;q=1)");
    CHECK(sip::next_value(rest) == "");
    CHECK(sip::next_value(rest) == R"(<sip:">)");
    CHECK(sip::next_value(rest) == "c");
    CHECK_FALSE(sip::next_value(rest));
}

TEST_CASE("a name and an address are told apart", "[engine][sip][table]") {
    const auto full = sip::parse_name_address(R"("A > B" <sip:a@b;lr?x=y> ; tag = 7 ;q=0.1)");
    REQUIRE(full);
    CHECK(full->display_name == R"("A > B")");
    CHECK(full->uri == "sip:a@b;lr?x=y");
    CHECK(sip::parameter(full->parameters, "TAG") == "7");
    CHECK(sip::parameter(full->parameters, "q") == "0.1");
    CHECK_FALSE(sip::parameter(full->parameters, "ta"));
    const auto bare = sip::parse_name_address("sip:a@b;expires=60");
    REQUIRE(bare);
    CHECK(bare->uri == "sip:a@b");
    CHECK(bare->parameters == ";expires=60");
    for (const char* wrong :
         {"", "<sip:a@b", "\"x\" sip:a@b", "<>", "x", "sip:", "<sip:a b>", "<sip:a@b>;",
          "<sip:a@b>;=x", "<sip:a@b> x", "a, b <sip:a@b>", "sip:a@b;tag=", "<sip:a@b>;x=\"y"}) {
        INFO(wrong);
        CHECK_FALSE(sip::parse_name_address(wrong));
    }
}

TEST_CASE("a Via says where a response goes", "[engine][sip][table]") {
    const auto via =
        sip::parse_via("SIP/2.0/UDP [::1] : 5070 ;rport; received=2001:db8::9;branch=b");
    REQUIRE(via);
    CHECK(via->host == "[::1]");
    CHECK(via->port == 5070);
    CHECK(via->branch == "b");
    CHECK(sip::parameter(via->parameters, "received") == "2001:db8::9");
    CHECK(sip::parameter(via->parameters, "rport") == "");
    for (const char* wrong :
         {"", "SIP/2.0/UDP", "SIP/2.0 h", "SIP/2.0/UDP h:", "SIP/2.0/UDP h:65536",
          "SIP/2.0/UDP h:0", "SIP/2.0/UDP 2001:db8::1", "HTTP/1.1/TCP h", "SIP/2.0/UDPh",
          "SIP/2.0/UDP h;;", "SIP/2.0/UDP h, SIP/2.0/UDP g", "SIP/2.0/UDP [::1"}) {
        INFO(wrong);
        CHECK_FALSE(sip::parse_via(wrong));
    }
}
