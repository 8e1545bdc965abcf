#include "engine/rtp/rtcp.h"

#include "busyhour/model/rtcp.h"
#include "engine/rtp/support.h"

#include <catch2/catch.hpp>

#include <array>
#include <string>
#include <vector>

namespace busyhour::engine::rtp {
namespace {

/// The size of a compound of the report with that many blocks and the CNAME.
std::size_t compound_size(bool is_sender, std::size_t blocks_number, std::size_t cname_octets) {
    OctetVector out(2000);
    const std::vector<ReportBlock> blocks(blocks_number);
    RtcpWriter writer(out);
    REQUIRE((is_sender ? writer.sender_report(1, {}, blocks) : writer.receiver_report(1, blocks)));
    REQUIRE(writer.source_description(1, std::string(cname_octets, 'c')));
    REQUIRE(is_valid_rtcp(writer.compound()));
    return writer.size();
}

/// A sender report with one block, a description and a BYE; by hand after RFC 3550, 6.4 to 6.6.
const char* const whole_compound =
    "81 c8 00 0c  11 22 33 44  b4 4d b7 05  20 00 00 00  00 01 02 03  00 00 03 e8  00 02 71 00"
    "55 66 77 88  40 ff ff fe  00 01 ab cd  00 00 00 20  b7 05 20 00  00 05 40 00"
    "81 ca 00 04  11 22 33 44  01 06 61 40  62 2e 63 64  00 00 00 00"
    "81 cb 00 02  11 22 33 44  03 62 79 65";

OctetVector written_compound() {
    OctetVector out(200);
    RtcpWriter writer(out);
    const std::array<ReportBlock, 1> blocks = {ReportBlock{.ssrc = 0x55667788,
                                                           .fraction_lost = 64,
                                                           .cumulative_lost = -2,
                                                           .highest_sequence = 0x1abcd,
                                                           .jitter = 32,
                                                           .last_sr = 0xb7052000,
                                                           .delay_since_last_sr = 0x54000}};
    const SenderInfo info{.ntp_timestamp = 0xb44db70520000000,
                          .rtp_timestamp = 0x10203,
                          .packets = 1000,
                          .payload_octets = 160000};
    REQUIRE(writer.sender_report(0x11223344, info, blocks));
    REQUIRE(writer.source_description(0x11223344, "a@b.cd"));
    REQUIRE(writer.bye(0x11223344, "bye"));
    out.resize(writer.size());
    return out;
}

}  // namespace

TEST_CASE("compounds weigh what RFC 3550 lays down", "[engine][rtcp][table]") {
    // Headers of 8, sender info of 20, blocks of 24 (6.4.1); 4 + 4 + 2 + L + 1 in words (6.5)
    CHECK(compound_size(true, 1, 8) == 72);
    CHECK(compound_size(true, 1, 16) == 80);
    CHECK(compound_size(true, 1, 20) == 84);
    CHECK(compound_size(true, 1, 24) == 88);
    CHECK(compound_size(true, 1, 32) == 96);
    CHECK(compound_size(false, 0, 20) == 8 + 32);
    CHECK(bye_octets(0) == 8);
    CHECK(bye_octets(3) == 12);  // length and text fill the word: no null
    CHECK(bye_octets(4) == 16);
}

TEST_CASE("compounds weigh what the planner's model says", "[engine][rtcp][identity]") {
    for (int blocks = 0; blocks <= 31; blocks += 31) {
        for (int cname = 1; cname <= 255; ++cname) {
            CAPTURE(blocks, cname);
            const auto number = static_cast<std::size_t>(blocks);
            const auto octets = static_cast<std::size_t>(cname);
            CHECK(static_cast<double>(compound_size(true, number, octets)) ==
                  busyhour::rtcp_compound_bytes({busyhour::RtcpRole::sender, blocks, cname}));
            CHECK(static_cast<double>(compound_size(false, number, octets)) ==
                  busyhour::rtcp_compound_bytes({busyhour::RtcpRole::receiver, blocks, cname}));
        }
    }
}

TEST_CASE("a compound is written octet by octet as drawn in RFC 3550", "[engine][rtcp][table]") {
    CHECK(written_compound() == octets_of(whole_compound));
}

TEST_CASE("a compound is read as it was written", "[engine][rtcp][table]") {
    const OctetVector octets = octets_of(whole_compound);
    REQUIRE(is_valid_rtcp(octets));
    Octets rest = octets;
    const std::optional<RtcpPacket> first = next_rtcp(rest);
    REQUIRE(first);
    const std::optional<Report> report = parse_report(*first);
    REQUIRE(report);
    CHECK(report->ssrc == 0x11223344);
    REQUIRE(report->sender);
    CHECK(report->sender->ntp_timestamp == 0xb44db70520000000);
    CHECK(middle_of(report->sender->ntp_timestamp) == 0xb7052000);  // RFC 3550, figure 2
    CHECK(report->sender->rtp_timestamp == 0x10203);
    CHECK(report->sender->packets == 1000);
    CHECK(report->sender->payload_octets == 160000);
    REQUIRE(report->blocks_number() == 1);
    CHECK(report->block(0).ssrc == 0x55667788);
    CHECK(report->block(0).fraction_lost == 64);
    CHECK(report->block(0).cumulative_lost == -2);
    CHECK(report->block(0).highest_sequence == 0x1abcd);
    CHECK(report->block(0).jitter == 32);
    CHECK(report->block(0).last_sr == 0xb7052000);
    CHECK(report->block(0).delay_since_last_sr == 0x54000);

    const std::optional<RtcpPacket> second = next_rtcp(rest);
    REQUIRE(second);
    Octets chunks = second->body;
    const std::optional<SourceDescription> description = next_source_description(chunks);
    REQUIRE(description);
    CHECK(description->ssrc == 0x11223344);
    CHECK(description->cname == "a@b.cd");
    CHECK(chunks.empty());

    const std::optional<RtcpPacket> third = next_rtcp(rest);
    REQUIRE(third);
    const std::optional<Bye> bye = parse_bye(*third);
    REQUIRE(bye);
    REQUIRE(bye->ssrcs_number() == 1);
    CHECK(bye->ssrc(0) == 0x11223344);
    CHECK(bye->reason == "bye");
    CHECK_FALSE(next_rtcp(rest));
}

TEST_CASE("compounds that break a rule of RFC 3550 A.2 are refused", "[engine][rtcp][table]") {
    struct Row {
        const char* why;
        const char* hex;
    };
    const Row rows[] = {
        {"nothing", ""},
        {"a header alone", "80 c9 00 00"},
        {"version 1", "40 c9 00 01 00 00 00 01"},
        {"a description first", "81 ca 00 02 00 00 00 01 00 00 00 00"},
        {"a BYE first", "81 cb 00 01 00 00 00 01"},
        {"padding in the first of two",
         "a0 c9 00 02 00 00 00 01 00 00 00 04 81 cb 00 01 00 00 00 01"},
        {"padding in a report alone", "a0 c9 00 02 00 00 00 01 00 00 00 04"},
        {"a length past the end", "80 c9 00 02 00 00 00 01"},
        {"half a word behind it", "80 c9 00 01 00 00 00 01 80 cb"},
        {"a word that is no packet behind it", "80 c9 00 01 00 00 00 01 00 00 00 00"},
        {"version 1 in the second", "80 c9 00 01 00 00 00 01 41 cb 00 01 00 00 00 01"},
        {"the second past the end", "80 c9 00 01 00 00 00 01 81 cb 00 02 00 00 00 01"},
        {"padding of no octets", "80 c9 00 01 00 00 00 01 a1 cb 00 02 00 00 00 01 00 00 00 00"},
        {"padding of half a word", "80 c9 00 01 00 00 00 01 a1 cb 00 02 00 00 00 01 00 00 00 02"},
        {"padding that eats the header", "80 c9 00 01 00 00 00 01 a0 cb 00 01 00 00 00 08"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.why);
        CHECK_FALSE(is_valid_rtcp(octets_of(row.hex)));
    }
    // The last one may be padded: four octets behind the one SSRC.
    const OctetVector padded =
        octets_of("80 c9 00 01 00 00 00 01 a1 cb 00 02 00 00 00 07 00 00 00 04");
    REQUIRE(is_valid_rtcp(padded));
    Octets rest = padded;
    REQUIRE(next_rtcp(rest));
    const std::optional<RtcpPacket> last = next_rtcp(rest);
    REQUIRE(last);
    CHECK(last->body.size() == 4);
    CHECK(parse_bye(*last)->ssrc(0) == 7);
}

TEST_CASE("packets of other types are passed over by their length", "[engine][rtcp]") {
    const OctetVector octets = octets_of(
        "80 c9 00 01 00 00 00 01"                          // RR
        "80 cc 00 02 00 00 00 01 6e 61 6d 65"              // APP "name"
        "80 cf 00 03 00 00 00 01 04 00 00 01 00 00 00 09"  // XR, RFC 3611
        "81 cb 00 01 00 00 00 01");                        // BYE
    REQUIRE(is_valid_rtcp(octets));
    std::vector<unsigned> types;
    Octets rest = octets;
    while (const std::optional<RtcpPacket> packet = next_rtcp(rest)) {
        types.push_back(packet->type);
        CHECK(parse_report(*packet).has_value() == (packet->type == 201));
        CHECK(parse_bye(*packet).has_value() == (packet->type == 203));
    }
    CHECK(types == std::vector<unsigned>{201, 204, 207, 203});
}

TEST_CASE("a report that is shorter than its blocks is refused", "[engine][rtcp]") {
    const OctetVector octets = octets_of("82 c9 00 07 00 00 00 01" + std::string(48, '0'));
    REQUIRE(is_valid_rtcp(octets));  // the length adds up; the count does not
    Octets rest = octets;
    CHECK_FALSE(parse_report(*next_rtcp(rest)));
}

TEST_CASE("the CNAME is found among the items of each chunk", "[engine][rtcp][table]") {
    // TOOL "xy" then CNAME "ab"; then a chunk of no items; then one of NOTE "n" alone
    const OctetVector body = octets_of(
        "00 00 00 01  06 02 78 79  01 02 61 62  00 00 00 00"
        "00 00 00 02  00 00 00 00"
        "00 00 00 03  07 01 6e 00");
    Octets rest = body;
    const std::optional<SourceDescription> first = next_source_description(rest);
    REQUIRE(first);
    CHECK(first->ssrc == 1);
    CHECK(first->cname == "ab");
    const std::optional<SourceDescription> second = next_source_description(rest);
    REQUIRE(second);
    CHECK(second->ssrc == 2);
    CHECK(second->cname.empty());
    const std::optional<SourceDescription> third = next_source_description(rest);
    REQUIRE(third);
    CHECK(third->ssrc == 3);
    CHECK(third->cname.empty());
    CHECK(rest.empty());
    CHECK_FALSE(next_source_description(rest));
}

TEST_CASE("a chunk whose items do not end is refused", "[engine][rtcp][table]") {
    for (const char* const hex : {
             "00 00 00 01",                          // no item list
             "00 00 00 01 01 02 61 62",              // no null behind the item
             "00 00 00 01 01 ff 61 62 00 00 00 00",  // an item longer than the packet
             "00 00 00 01 01 01 61 01",              // an item's type and no length
         }) {
        CAPTURE(hex);
        const OctetVector body = octets_of(hex);
        Octets rest = body;
        CHECK_FALSE(next_source_description(rest));
    }
}

TEST_CASE("a BYE names several sources and its reason stays inside", "[engine][rtcp][table]") {
    const OctetVector several = octets_of("00 00 00 01 00 00 00 02");
    const std::optional<Bye> bye = parse_bye({.type = 203, .count = 2, .body = several});
    REQUIRE(bye);
    CHECK(bye->ssrcs_number() == 2);
    CHECK(bye->ssrc(1) == 2);
    CHECK(bye->reason.empty());
    CHECK_FALSE(parse_bye({.type = 203, .count = 3, .body = several}));
    const OctetVector long_reason = octets_of("00 00 00 01 04 61 62 63");
    CHECK_FALSE(parse_bye({.type = 203, .count = 1, .body = long_reason}));
}

TEST_CASE("the count of lost packets is clamped to its 24 bits", "[engine][rtcp][table]") {
    // RFC 3550, A.3
    for (const auto& [lost, read] : {std::pair{0x800000, 0x7fffff},
                                     {-0x900000, -0x800000},
                                     {-1, -1},
                                     {0x7fffff, 0x7fffff},
                                     {0, 0}}) {
        OctetVector out(100);
        RtcpWriter writer(out);
        const std::array<ReportBlock, 1> blocks = {ReportBlock{.cumulative_lost = lost}};
        REQUIRE(writer.receiver_report(1, blocks));
        Octets rest = writer.compound();
        CHECK(parse_report(*next_rtcp(rest))->block(0).cumulative_lost == read);
    }
}

TEST_CASE("what does not fit is refused whole", "[engine][rtcp]") {
    for (std::size_t room = 0; room <= 60; ++room) {
        CAPTURE(room);
        OctetVector out(room, 0xee);
        RtcpWriter writer(out);
        const std::size_t report_octets = writer.receiver_report(1, {}) ? 8 : 0;
        CHECK(report_octets == (room >= 8 ? 8U : 0U));
        const bool fits = writer.source_description(1, "12345678");
        CHECK(fits == (report_octets + 20 <= room));
        CHECK(writer.size() == report_octets + (fits ? 20U : 0U));
        for (std::size_t i = writer.size(); i < room; ++i) REQUIRE(out[i] == 0xee);
    }
    OctetVector out(2000);
    RtcpWriter writer(out);
    CHECK_FALSE(writer.receiver_report(1, std::vector<ReportBlock>(32)));
    CHECK_FALSE(writer.source_description(1, std::string(256, 'c')));
    CHECK_FALSE(writer.bye(1, std::string(256, 'c')));
    CHECK(writer.size() == 0);
}

}  // namespace busyhour::engine::rtp
