#include "engine/load/deadlines.h"

#include "engine/load/arrivals.h"

#include <catch2/catch.hpp>

#include <map>

using namespace busyhour::engine;
using namespace busyhour::engine::load;
using namespace std::chrono_literals;

namespace {

constexpr Time start{std::chrono::hours(100)};

}  // namespace

TEST_CASE("each deadline expires once and late by no more than a millisecond", "[engine][load]") {
    Deadlines deadlines(1000);
    std::map<Deadlines::Id, Time> wanted;
    Time now = start;
    deadlines.expire(now, [](Deadlines::Id) { FAIL("nothing is set"); });
    for (Deadlines::Id id = 0; id < 1000; ++id) {
        const double wait_s = 40 * uniform_fraction(3, id);
        wanted[id] = start + Duration(static_cast<Duration::rep>(wait_s * 1e9));
        deadlines.set(id, wanted[id]);
    }
    while (deadlines.next() != never) {
        REQUIRE(deadlines.next() >= now);
        now = std::max(now + 1us, deadlines.next());
        deadlines.expire(now, [&](Deadlines::Id id) {
            REQUIRE(wanted.count(id) == 1);
            CHECK(now >= wanted[id]);
            CHECK(now - wanted[id] <= 1ms);
            wanted.erase(id);
        });
    }
    CHECK(wanted.empty());
}

TEST_CASE("a deadline can be moved and dropped and set again while it expires", "[engine][load]") {
    Deadlines deadlines(3);
    deadlines.expire(start, [](Deadlines::Id) {});
    deadlines.set(0, start + 10s);
    deadlines.set(1, start + 500ms);
    deadlines.set(2, start + 20ms);
    deadlines.set(0, start + 30ms);  // sooner
    deadlines.drop(2);
    int expired = 0;
    deadlines.expire(start + 31ms, [&](Deadlines::Id id) {
        CHECK(id == 0);
        ++expired;
        deadlines.set(0, start + 60ms);
    });
    CHECK(expired == 1);
    deadlines.expire(start + 61ms, [&](Deadlines::Id) { ++expired; });
    CHECK(expired == 2);
    CHECK(deadlines.due(1) == start + 500ms);
}

TEST_CASE("a deadline in the past expires at once", "[engine][load]") {
    Deadlines deadlines(1);
    deadlines.expire(start, [](Deadlines::Id) {});
    deadlines.set(0, start - 5s);
    bool has_expired = false;
    deadlines.expire(start, [&](Deadlines::Id) { has_expired = true; });
    CHECK(has_expired);
    CHECK(deadlines.next() == never);
}
