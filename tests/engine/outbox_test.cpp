#include "engine/outbox.h"

#include <catch2/catch.hpp>

#include <array>
#include <cstdint>

namespace busyhour::engine {
namespace {

constexpr std::array<std::uint8_t, 3> three_octets{1, 2, 3};
constexpr Peer alice{.port = 5060};
constexpr Peer bob{.port = 5062, .transport = Transport::tcp, .connection = 7};

TEST_CASE("an outbox gives back what was added, in order", "[engine]") {
    Outbox outbox(2, 6);
    REQUIRE(outbox.add(alice, three_octets));
    REQUIRE(outbox.add(bob, std::span(three_octets).first(1)));
    REQUIRE(outbox.size() == 2);
    CHECK(outbox[0].to == alice);
    CHECK(outbox[0].bytes.size() == 3);
    CHECK(outbox[0].bytes[2] == 3);
    CHECK(outbox[1].to == bob);
    CHECK(outbox[1].bytes.size() == 1);
}

TEST_CASE("an outbox drops and counts what does not fit", "[engine]") {
    Outbox few_messages(1, 100);
    CHECK(few_messages.add(alice, three_octets));
    CHECK_FALSE(few_messages.add(alice, three_octets));
    CHECK(few_messages.dropped() == 1);

    Outbox few_octets(100, 5);
    CHECK(few_octets.add(alice, three_octets));
    CHECK_FALSE(few_octets.add(alice, three_octets));
    CHECK(few_octets.dropped() == 1);
    CHECK(few_octets.size() == 1);
}

TEST_CASE("an outbox keeps what is handed to another worker apart from what is sent", "[engine]") {
    Outbox outbox(1, 6);
    REQUIRE(outbox.hand_over(3, alice, three_octets));
    CHECK(outbox.size() == 0);
    CHECK_FALSE(outbox.is_empty());
    REQUIRE(outbox.add(bob, std::span(three_octets).first(1)));
    CHECK_FALSE(outbox.hand_over(3, alice, std::span(three_octets).first(1)));
    REQUIRE(outbox.handed_size() == 1);
    CHECK(outbox.handed(0).worker == 3);
    CHECK(outbox.handed(0).from == alice);
    CHECK(outbox.handed(0).bytes[2] == 3);
    outbox.clear();
    CHECK(outbox.is_empty());
    CHECK(outbox.handed_size() == 0);
}

TEST_CASE("a cleared outbox holds as much as a new one", "[engine]") {
    Outbox outbox(2, 6);
    for (int round = 0; round < 3; ++round) {
        CHECK(outbox.add(alice, three_octets));
        CHECK(outbox.add(alice, three_octets));
        outbox.clear();
        CHECK(outbox.is_empty());
    }
    CHECK(outbox.dropped() == 0);
}

}  // namespace
}  // namespace busyhour::engine
