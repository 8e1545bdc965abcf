#include "engine/rtp/telephone_event.h"

#include "engine/rtp/support.h"

#include <catch2/catch.hpp>

#include <vector>

namespace busyhour::engine::rtp {
namespace {

struct EventRow {
    bool marker;
    std::uint32_t timestamp;
    unsigned event;
    unsigned duration;
    bool is_end;

    bool operator==(const EventRow&) const = default;
};

std::vector<EventRow> reports_of(const TelephoneEvent& event, std::uint32_t length,
                                 std::uint32_t timestamp, std::uint32_t step) {
    std::vector<EventRow> rows;
    TelephoneEventSender sender;
    sender.start(event, length, timestamp);
    while (sender.is_active()) {
        const TelephoneEventSender::Packet packet = sender.next(step);
        rows.push_back({packet.marker, packet.timestamp, packet.event.event, packet.event.duration,
                        packet.event.is_end});
        REQUIRE(rows.size() < 1000);
    }
    return rows;
}

}  // namespace

TEST_CASE("the digits 911 are reported as in the example of RFC 4733", "[engine][rtp][table]") {
    // RFC 4733, table 5: 50 ms of 400 units a packet. Its first two digits set the end bit with the
    // first repetition, which 2.5.1.4 allows; its third at once, as here.
    CHECK(reports_of({.event = 9}, 1600, 0, 400) ==
          std::vector<EventRow>{{true, 0, 9, 400, false},
                                {false, 0, 9, 800, false},
                                {false, 0, 9, 1200, false},
                                {false, 0, 9, 1600, true},
                                {false, 0, 9, 1600, true},
                                {false, 0, 9, 1600, true}});
    CHECK(reports_of({.event = 1}, 2000, 7040, 400).size() == 7);  // sequence numbers 7 to 13
    CHECK(reports_of({.event = 1}, 1760, 11200, 400) ==
          std::vector<EventRow>{{true, 11200, 1, 400, false},
                                {false, 11200, 1, 800, false},
                                {false, 11200, 1, 1200, false},
                                {false, 11200, 1, 1600, false},
                                {false, 11200, 1, 1760, true},
                                {false, 11200, 1, 1760, true},
                                {false, 11200, 1, 1760, true}});
}

TEST_CASE("an event shorter than a packet is marked, ended and sent three times", "[engine][rtp]") {
    CHECK(reports_of({.event = 5}, 100, 0, 160) == std::vector<EventRow>{{true, 0, 5, 100, true},
                                                                         {false, 0, 5, 100, true},
                                                                         {false, 0, 5, 100, true}});
}

TEST_CASE("an event longer than its field is cut into segments", "[engine][rtp][table]") {
    // RFC 4733, 2.5.1.3: the longest duration without the end bit, then a segment that begins where
    // that ended, without the marker; each last report three times (2.5.1.4)
    const std::vector<EventRow> rows = reports_of({.event = 3}, 0xffff + 8000, 1000, 8000);
    REQUIRE(rows.size() == 14);
    for (unsigned i = 0; i < 8; ++i) {
        CHECK(rows[i] == EventRow{i == 0, 1000, 3, 8000 * (i + 1), false});
    }
    for (unsigned i = 8; i < 11; ++i) CHECK(rows[i] == EventRow{false, 1000, 3, 0xffff, false});
    for (unsigned i = 11; i < 14; ++i) {
        CHECK(rows[i] == EventRow{false, 1000 + 0xffff, 3, 8000, true});
    }
    // The segment goes on while the last report of the one before is repeated: 12 steps of 8000 are
    // 65535 + 30465.
    const std::vector<EventRow> longer = reports_of({.event = 3}, 0xffff + 40000, 1000, 8000);
    REQUIRE(longer.size() == 16);
    CHECK(longer[11] == EventRow{false, 1000 + 0xffff, 3, 30465, false});
    CHECK(longer[12] == EventRow{false, 1000 + 0xffff, 3, 38465, false});
    for (unsigned i = 13; i < 16; ++i) {
        CHECK(longer[i] == EventRow{false, 1000 + 0xffff, 3, 40000, true});
    }
}

TEST_CASE("the payload of RFC 4733 figure 3 is read and written", "[engine][rtp][table]") {
    const OctetVector figure = octets_of("01 94 06 e0");
    const std::optional<TelephoneEvent> event = parse_telephone_event(figure);
    REQUIRE(event);
    CHECK(*event ==
          TelephoneEvent{.event = 1, .is_end = true, .volume_minus_dbm0 = 20, .duration = 1760});
    OctetVector written(4);
    write_telephone_event(*event, written);
    CHECK(written == figure);
    CHECK_FALSE(parse_telephone_event(octets_of("01 94 06")));
    CHECK(parse_telephone_event(octets_of("01 d4 06 e0"))->volume_minus_dbm0 ==
          20);  // R is ignored
}

TEST_CASE("digits have the event codes of RFC 4733 table 3", "[engine][rtp][table]") {
    CHECK(event_of_digit('0') == std::uint8_t{0});
    CHECK(event_of_digit('9') == std::uint8_t{9});
    CHECK(event_of_digit('*') == std::uint8_t{10});
    CHECK(event_of_digit('#') == std::uint8_t{11});
    CHECK(event_of_digit('A') == std::uint8_t{12});
    CHECK(event_of_digit('D') == std::uint8_t{15});
    CHECK_FALSE(event_of_digit('E'));
}

}  // namespace busyhour::engine::rtp
