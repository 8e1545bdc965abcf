#include "engine/sip/message.h"
#include "engine/sip/stream_framer.h"
#include "engine/sip/writer.h"

#include <catch2/catch.hpp>

#include <array>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

namespace sip = busyhour::engine::sip;

namespace {

/// A message of data/sip/torture/, written after the section of RFC 4475 that its name begins with.
struct Row {
    std::string_view name;
    sip::Fault fault;  ///< `none`: well-formed, and what may be wrong is for the upper layers
};

using sip::Fault;

constexpr std::array rows = {
    // 3.1.1: valid
    Row{"3.1.1.1-wsinv", Fault::none},
    Row{"3.1.1.2-intmeth", Fault::none},
    Row{"3.1.1.3-esc01", Fault::none},
    Row{"3.1.1.4-escnull", Fault::none},
    Row{"3.1.1.5-esc02", Fault::none},
    Row{"3.1.1.6-lwsdisp", Fault::none},
    Row{"3.1.1.7-longreq", Fault::none},
    Row{"3.1.1.8-dblreq", Fault::none},
    Row{"3.1.1.9-semiuri", Fault::none},
    Row{"3.1.1.10-transports", Fault::none},
    Row{"3.1.1.11-mpart01", Fault::none},
    Row{"3.1.1.12-unreason", Fault::none},
    Row{"3.1.1.13-noreason", Fault::none},
    // 3.1.2: invalid
    Row{"3.1.2.1-badinv01", Fault::bad_value},
    Row{"3.1.2.2-clerr", Fault::truncated},
    Row{"3.1.2.3-ncl", Fault::bad_value},
    Row{"3.1.2.4-scalar02", Fault::bad_value},
    Row{"3.1.2.5-scalarlg", Fault::bad_value},
    Row{"3.1.2.6-quotbal", Fault::bad_value},
    Row{"3.1.2.7-ltgtruri", Fault::start_line},
    Row{"3.1.2.8-lwsruri", Fault::start_line},
    Row{"3.1.2.9-lwsstart", Fault::start_line},
    Row{"3.1.2.10-trws", Fault::start_line},
    Row{"3.1.2.11-escruri", Fault::start_line},
    Row{"3.1.2.12-baddate", Fault::none},   // Date is not read
    Row{"3.1.2.13-regbadct", Fault::none},  // the registrar reads Contact
    Row{"3.1.2.14-badaspec", Fault::bad_value},
    Row{"3.1.2.15-baddn", Fault::bad_value},
    Row{"3.1.2.16-badvers", Fault::version},
    Row{"3.1.2.17-mismatch01", Fault::method_mismatch},
    Row{"3.1.2.18-mismatch02", Fault::method_mismatch},
    Row{"3.1.2.19-bigcode", Fault::start_line},
    // 3.2 to 3.4: for the transaction layer and those above it
    Row{"3.2.1-badbranch", Fault::none},
    Row{"3.3.1-insuf", Fault::missing_field},
    Row{"3.3.2-unkscm", Fault::none},
    Row{"3.3.3-novelsc", Fault::none},
    Row{"3.3.4-unksm2", Fault::none},
    Row{"3.3.5-bext01", Fault::none},
    Row{"3.3.6-invut", Fault::none},
    Row{"3.3.7-regaut01", Fault::none},
    Row{"3.3.8-multi01", Fault::repeated_field},
    Row{"3.3.9-mcl01", Fault::repeated_field},
    Row{"3.3.10-bcast", Fault::none},
    Row{"3.3.11-zeromf", Fault::none},
    Row{"3.3.12-cparam01", Fault::none},
    Row{"3.3.13-cparam02", Fault::none},
    Row{"3.3.14-regescrt", Fault::none},
    Row{"3.3.15-sdp01", Fault::none},
    Row{"3.4.1-inv2543", Fault::none},
};

std::string octets_of(std::string_view name) {
    const std::string path =
        std::string(BUSYHOUR_SOURCE_DIR) + "/data/sip/torture/" + std::string(name) + ".sip";
    std::ifstream file(path, std::ios::binary);
    std::ostringstream read;
    read << file.rdbuf();
    return read.str();
}

struct Parsed {
    std::string octets;
    sip::Message message;
    sip::Fault fault;

    explicit Parsed(std::string_view name)
        : octets(octets_of(name)), fault(sip::parse_message(octets, message)) {}
};

std::string_view first(const sip::Message& message, sip::Field field) {
    return message.first(field).value_or("absent");
}

}  // namespace

TEST_CASE("every torture message is classified", "[engine][sip][torture][table]") {
    for (const Row& row : rows) {
        INFO(row.name);
        const Parsed parsed(row.name);
        REQUIRE(!parsed.octets.empty());
        CHECK(parsed.fault == row.fault);
    }
}

TEST_CASE("folds and white space change no value of the tortuous INVITE",
          "[engine][sip][torture]") {
    const Parsed parsed("3.1.1.1-wsinv");
    const sip::Message& m = parsed.message;
    CHECK(m.method == sip::Method::invite);
    CHECK(m.to.uri == "sip:emil@example.net");
    CHECK(m.to_tag == "771n");
    CHECK(m.from.display_name == R"("D \\\"ora")");
    CHECK(m.from_tag == "d71");
    CHECK(m.max_forwards == 42);
    CHECK(m.cseq.number == 31);
    CHECK(m.via.transport == "UDP");
    CHECK(m.via.host == "ua7.example.com");
    CHECK(m.via.branch == "kd71");
    CHECK(m.body.size() == 94);
    std::string_view vias = m.fields()[12].value;
    const auto second = sip::parse_via(*sip::next_value(vias));
    REQUIRE(second);
    CHECK(second->branch == "z9hG4bK77");
    const auto third = sip::parse_via(*sip::next_value(vias));
    REQUIRE(third);
    CHECK(third->host == "192.0.2.77");
    CHECK(third->branch == "z9hG4bK78");
    CHECK_FALSE(sip::next_value(vias));
    std::string_view contacts = first(m, sip::Field::contact);
    const auto contact = sip::parse_name_address(*sip::next_value(contacts));
    REQUIRE(contact);
    CHECK(sip::parameter(contact->parameters, "Q") == "0.5");
    CHECK(sip::parameter(contact->parameters, "odd") == "value");
    CHECK(sip::parameter(contact->parameters, "other") == "");
    CHECK(sip::parse_name_address(*sip::next_value(contacts))->uri == "tel:+49301234567");
}

TEST_CASE("a body ends where Content-Length says", "[engine][sip][torture]") {
    CHECK(Parsed("3.1.1.8-dblreq").message.body.empty());
    CHECK(Parsed("3.3.9-mcl01").message.body.size() == 13);
    CHECK(Parsed("3.1.1.11-mpart01").message.body.size() == 116);
}

TEST_CASE("the user of a URI may hold every character of the grammar", "[engine][sip][torture]") {
    const Parsed strange("3.1.1.2-intmeth");
    CHECK(strange.message.method == sip::Method::other);
    REQUIRE(strange.message.target);
    CHECK(strange.message.target->user == "9_odd.USER~(so!it)&is'nt+it$/or?,/;;*");
    CHECK(strange.message.target->host == "example.net");
    const Parsed semicolon("3.1.1.9-semiuri");
    REQUIRE(semicolon.message.target);
    CHECK(semicolon.message.target->user == "user;p=u%40example.com");
    CHECK(semicolon.message.target->parameters.empty());
}

TEST_CASE("an unknown scheme of the Request-URI is told from a malformed one",
          "[engine][sip][torture]") {
    CHECK_FALSE(Parsed("3.3.2-unkscm").message.target);
    CHECK_FALSE(Parsed("3.3.3-novelsc").message.target);
    CHECK(Parsed("3.3.3-novelsc").message.request_uri == "soap.beep://192.0.2.7:3002");
}

TEST_CASE("a Contact with a question mark needs brackets", "[engine][sip][torture]") {
    const Parsed bare("3.1.2.13-regbadct");
    CHECK_FALSE(sip::parse_name_address(first(bare.message, sip::Field::contact)));
    const Parsed bracketed("3.3.14-regescrt");
    const auto contact = sip::parse_name_address(first(bracketed.message, sip::Field::contact));
    REQUIRE(contact);
    CHECK(sip::parse_uri(contact->uri)->headers == "Route=%3Csip:p1.example.net%3E");
}

TEST_CASE("a parameter outside of the brackets is none of the URI", "[engine][sip][torture]") {
    const Parsed outside("3.3.12-cparam01");
    const auto one = sip::parse_name_address(first(outside.message, sip::Field::contact));
    REQUIRE(one);
    CHECK(one->uri == "sip:+19725552222@gw1.example.net");
    CHECK(one->parameters == ";unknownparam");
    const Parsed inside("3.3.13-cparam02");
    const auto other = sip::parse_name_address(first(inside.message, sip::Field::contact));
    REQUIRE(other);
    CHECK(sip::parse_uri(other->uri)->parameters == ";unknownparam");
    CHECK(other->parameters.empty());
}

TEST_CASE("what a 400 needs is there after a fault", "[engine][sip][torture]") {
    for (const Row& row : rows) {
        INFO(row.name);
        const Parsed parsed(row.name);
        const bool is_whole = row.name != "3.3.1-insuf" && row.name != "3.1.2.1-badinv01";
        if (!parsed.message.is_request || !is_whole) continue;
        CHECK_FALSE(parsed.message.via.host.empty());
        CHECK_FALSE(parsed.message.call_id.empty());
        std::string octets(8192, '\0');
        sip::Writer writer(octets);
        sip::write_response(writer, parsed.message, 400, {.to_tag = "t"});
        REQUIRE_FALSE(writer.is_full());
        sip::Message response;
        const Fault fault = sip::parse_message(writer.written(), response);
        if (row.fault == Fault::none || row.fault == Fault::start_line) CHECK(fault == Fault::none);
        CHECK(response.status_code == 400);
        CHECK(response.via.host == parsed.message.via.host);
    }
}

TEST_CASE("whole torture messages are cut from a stream", "[engine][sip][torture]") {
    for (const Row& row : rows) {
        if (row.fault != Fault::none || row.name == "3.4.1-inv2543") continue;
        INFO(row.name);
        const Parsed parsed(row.name);
        std::size_t searched = 0;
        const sip::Frame frame = sip::next_frame(parsed.octets, searched);
        CHECK(frame.kind == sip::FrameKind::message);
        const char* body_end = parsed.message.body.data() + parsed.message.body.size();
        CHECK(frame.size == static_cast<std::size_t>(body_end - parsed.octets.data()));
    }
}
