#include "busyhour/model/erlang_c.h"

#include "busyhour/error.h"
#include "busyhour/model/erlang.h"
#include "support/table.h"

#include <catch2/catch.hpp>

#include <cmath>
#include <limits>

using namespace busyhour;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

}  // namespace

TEST_CASE("erlang_c_probability matches independent values", "[model][erlang_c][table]") {
    for (const auto& row : test::read_table("erlang_c.csv")) {
        const double expected = row.number("wait_probability");
        const double actual =
            erlang_c_probability(row.number("offered_erlang"), row.number("servers_number"));
        CAPTURE(row.text("servers_number"), row.text("offered_erlang"));
        const bool is_rounded = row.text("source") == "cran-queueing";
        CHECK(actual == Approx(expected).epsilon(is_rounded ? 1e-11 : 1e-12));
    }
}

TEST_CASE("the service level of pyworkforce's example is met", "[model][erlang_c]") {
    const WaitingGroup group{.offered_erlang = 10, .servers_number = 14, .holding_time_s = 180};
    CHECK(service_level_fraction(group, 20) == Approx(0.8883500191794669).epsilon(1e-12));
    CHECK(*mean_wait_s(group) == Approx(0.1741319335950498 * 180 / 4).epsilon(1e-12));
}

TEST_CASE("waiting follows from blocking by Erlang's relation", "[model][erlang_c][identity]") {
    for (const double offered_erlang : {0.01, 0.9, 7.5, 80.0, 950.0}) {
        for (const double spare_number : {0.05, 0.5, 3.0, 40.0}) {
            const double n = offered_erlang + spare_number;
            const double b = erlang_b_probability(offered_erlang, n);
            const double expected = b / (1 - offered_erlang / n * (1 - b));
            CAPTURE(offered_erlang, n);
            CHECK(erlang_c_probability(offered_erlang, n) == Approx(expected).epsilon(1e-9));
            CHECK(erlang_c_probability(offered_erlang, n) > b);
        }
    }
}

TEST_CASE("one server is busy for as much of the time as it is offered", "[model][erlang_c]") {
    for (const double offered_erlang : {0.001, 0.3, 0.7, 0.999}) {
        CHECK(erlang_c_probability(offered_erlang, 1) == Approx(offered_erlang).epsilon(1e-12));
    }
}

TEST_CASE("too few servers let everyone wait without end", "[model][erlang_c][limit]") {
    const WaitingGroup group{.offered_erlang = 10, .servers_number = 10, .holding_time_s = 180};
    CHECK(erlang_c_probability(10, 10) == 1);
    CHECK(erlang_c_probability(10, 3) == 1);
    CHECK_FALSE(mean_wait_s(group).has_value());
    CHECK(service_level_fraction(group, 20) == 0);
    CHECK(erlang_c_probability(0, 3) == 0);
    CHECK(erlang_c_probability(9.999999, 10) == Approx(1).margin(1e-5));
}

TEST_CASE("the servers found do what was asked and one less does not",
          "[model][erlang_c][identity]") {
    CHECK(servers_for_service_level({10, 0, 180}, 20, 0.88) == 14);
    for (const double offered_erlang : {0.0, 0.4, 1.0, 9.7, 250.0, 4000.0}) {
        for (const double asked : {0.5, 0.2, 0.01, 1e-6}) {
            const int servers = servers_for_wait(offered_erlang, asked);
            CAPTURE(offered_erlang, asked, servers);
            CHECK(servers >= 1);
            CHECK(erlang_c_probability(offered_erlang, servers) <= asked);
            CHECK((servers == 1 || erlang_c_probability(offered_erlang, servers - 1) > asked));
            WaitingGroup group{offered_erlang, 0, 120};
            const int served = servers_for_service_level(group, 10, 1 - asked);
            group.servers_number = served;
            CHECK(service_level_fraction(group, 10) >= 1 - asked);
            group.servers_number = served - 1;
            CHECK((served == 1 || service_level_fraction(group, 10) < 1 - asked));
        }
    }
}

TEST_CASE("waiting beyond its range is refused", "[model][erlang_c][error]") {
    CHECK_THROWS_AS(erlang_c_probability(-1, 1), InputError);
    CHECK_THROWS_AS(erlang_c_probability(1, not_a_number), InputError);
    CHECK_THROWS_AS(mean_wait_s({1, 2, 0}), InputError);
    CHECK_THROWS_AS(mean_wait_s({1, 2, infinity}), InputError);
    CHECK_THROWS_AS(service_level_fraction({1, 2, 180}, -1), InputError);
    CHECK_THROWS_AS(servers_for_wait(1, 0), InputError);
    CHECK_THROWS_AS(servers_for_wait(1, 1), InputError);
    CHECK_THROWS_AS(servers_for_wait(1e7, 0.5), InputError);
    CHECK_THROWS_AS(servers_for_service_level({1, 0, 180}, 20, 1), InputError);
}
