#include "engine/load/media_plan.h"

#include <catch2/catch.hpp>

#include <vector>

namespace busyhour::engine::load {
namespace {

constexpr Time begin_time = Time(std::chrono::hours(1));
using std::chrono::microseconds;
using std::chrono::milliseconds;

TEST_CASE("sends are spread evenly over the packet time", "[engine][load][media]") {
    MediaPlan plan(begin_time, milliseconds(20), 4, 2);
    std::vector<Duration> dues;
    for (; !plan.is_over(); plan.advance()) dues.push_back(plan.due() - begin_time);
    CHECK(dues == std::vector<Duration>{milliseconds(0), milliseconds(5), milliseconds(10),
                                        milliseconds(15), milliseconds(20), milliseconds(25),
                                        milliseconds(30), milliseconds(35)});
    CHECK(plan.due() == never);
}

TEST_CASE("a plan does not drift where senders do not divide the packet time",
          "[engine][load][media]") {
    MediaPlan plan(begin_time, milliseconds(20), 3, 1'000'000);
    CHECK(plan.phase(1) == Duration(6'666'666));
    CHECK(plan.phase(2) == Duration(13'333'333));
    for (int i = 0; i < 3 * 1000; ++i) plan.advance();
    CHECK(plan.round() == 1000);
    CHECK(plan.sender() == 0);
    CHECK(plan.due() == begin_time + std::chrono::seconds(20));
}

TEST_CASE("two thousand senders of 20 ms follow each other in 10 us", "[engine][load][media]") {
    MediaPlan plan(begin_time, milliseconds(20), 2000, 2);
    Time last = plan.due();
    for (plan.advance(); !plan.is_over(); plan.advance()) {
        REQUIRE(plan.due() - last == microseconds(10));
        last = plan.due();
    }
}

}  // namespace
}  // namespace busyhour::engine::load
