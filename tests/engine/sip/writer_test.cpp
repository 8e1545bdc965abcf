#include "engine/sip/writer.h"

#include "engine/sip/message.h"

#include <catch2/catch.hpp>

#include <array>
#include <string>

namespace sip = busyhour::engine::sip;

namespace {

std::string response_to(const std::string& via, const sip::ResponseExtras& extras) {
    const std::string request = "OPTIONS sip:e@f SIP/2.0\r\nVia: " + via +
                                "\r\nFrom: sip:a@b;tag=1\r\nTo: sip:c@d\r\nCall-ID: x\r\n"
                                "CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n";
    static sip::Message message;
    REQUIRE(sip::parse_message(request, message) == sip::Fault::none);
    std::array<char, 1024> octets{};
    sip::Writer writer(octets);
    sip::write_response(writer, message, 200, extras);
    REQUIRE_FALSE(writer.is_full());
    return std::string(writer.written());
}

std::string via_line_of(const std::string& via, const sip::ResponseExtras& extras) {
    const std::string response = response_to(via, extras);
    const std::size_t begin = response.find("\r\n") + 2;
    return response.substr(begin, response.find("\r\nFrom") - begin);
}

}  // namespace

TEST_CASE("a writer writes numbers and knows its end", "[engine][sip]") {
    std::array<char, 24> octets{};
    sip::Writer writer(octets);
    writer.number(0).text(" ").number(18446744073709551615U).text(" ");
    CHECK(writer.written() == "0 18446744073709551615 ");
    CHECK_FALSE(writer.is_full());
    writer.hex(0xabc, 2);
    CHECK(writer.is_full());
    CHECK(writer.size() == 23);
    writer.text("x");
    CHECK(writer.size() == 23);
    sip::Writer other(octets);
    CHECK(other.hex(0x1f, 4).hex(7, 1).field("A", "b").written() == "001f7A: b\r\n");
}

TEST_CASE("a response copies what its request has", "[engine][sip]") {
    const sip::ResponseExtras extras{
        .to_tag = "t", .header_fields = "Expires: 5\r\n", .body = "hello"};
    CHECK(response_to("SIP/2.0/UDP h, SIP/2.0/TCP g", extras) ==
          "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP h, SIP/2.0/TCP g\r\nFrom: sip:a@b;tag=1\r\n"
          "To: sip:c@d;tag=t\r\nCall-ID: x\r\nCSeq: 1 OPTIONS\r\nExpires: 5\r\n"
          "Content-Length: 5\r\n\r\nhello");
}

TEST_CASE("received and rport go into the topmost Via", "[engine][sip][table]") {
    const sip::ResponseExtras extras{.received = "192.0.2.1", .rport = 4000};
    CHECK(via_line_of("SIP/2.0/UDP h", extras) == "Via: SIP/2.0/UDP h;received=192.0.2.1");
    CHECK(via_line_of("SIP/2.0/UDP h;rport;branch=b", extras) ==
          "Via: SIP/2.0/UDP h;rport=4000;branch=b;received=192.0.2.1");
    CHECK(via_line_of("SIP/2.0/UDP h;received=9.9.9.9;branch=b", extras) ==
          "Via: SIP/2.0/UDP h;branch=b;received=192.0.2.1");
    CHECK(via_line_of("SIP/2.0/UDP h:5 ;branch=b , SIP/2.0/UDP g;rport", extras) ==
          "Via: SIP/2.0/UDP h:5 ;branch=b;received=192.0.2.1 , SIP/2.0/UDP g;rport");
    CHECK(via_line_of("SIP/2.0/UDP h;rport=9", extras) ==
          "Via: SIP/2.0/UDP h;rport=9;received=192.0.2.1");
}

TEST_CASE("every status code has a reason phrase", "[engine][sip][table]") {
    CHECK(sip::reason_phrase(100) == "Trying");
    CHECK(sip::reason_phrase(423) == "Interval Too Brief");
    CHECK(sip::reason_phrase(503) == "Service Unavailable");
    CHECK(sip::reason_phrase(499) == "Request Failure");
    CHECK(sip::reason_phrase(700).empty());
    CHECK(sip::reason_phrase(-5).empty());
}
