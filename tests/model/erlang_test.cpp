#include "busyhour/model/erlang.h"

#include "busyhour/error.h"
#include "support/table.h"

#include <catch2/catch.hpp>

#include <cmath>
#include <limits>

using namespace busyhour;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

bool is_within(double actual, double expected, double tolerance_fraction) {
    return std::abs(actual - expected) <= tolerance_fraction * std::abs(expected);
}

}  // namespace

TEST_CASE("erlang_b_probability matches independent values", "[model][erlang][table]") {
    for (const auto& row : test::read_table("erlang_b.csv")) {
        const double servers_number = row.number("servers_number");
        const double offered_erlang = row.number("offered_erlang");
        const double actual = erlang_b_probability(offered_erlang, servers_number);
        CAPTURE(servers_number, offered_erlang, actual);
        CHECK(is_within(actual, row.number("blocking_probability"), 1e-10));
    }
}

TEST_CASE("erlang_b_probability has twelve digits at the common sizes", "[model][erlang]") {
    CHECK(erlang_b_probability(5, 10) == Approx(0.0183845703366).margin(1e-12));
    CHECK(erlang_b_probability(100, 100) == Approx(0.0757004527109).margin(1e-12));
    CHECK(erlang_b_probability(1000, 1000) == Approx(0.0248119176482).margin(1e-12));
    CHECK(erlang_b_probability(10000, 10000) == Approx(0.00793656324881).margin(1e-12));
    CHECK(erlang_b_probability(1, 1.5) == Approx(0.325902313331).margin(1e-10));
}

TEST_CASE("blocking too small for a double is zero or the nearest denormal", "[model][erlang]") {
    CHECK(erlang_b_probability(5e5, 1e6) == 0);   // 7.0e-83887
    CHECK(erlang_b_probability(100, 700) == 0);   // 1.1e-355
    CHECK(erlang_b_probability(1e-110, 3) == 0);  // 1.7e-331
    CHECK(erlang_b_probability(1e-161, 2) == 5e-323);
    CHECK(is_within(erlang_b_probability(1e-300, 1), 1e-300, 1e-10));
}

TEST_CASE("no servers block every call and no traffic is never blocked", "[model][erlang][limit]") {
    CHECK(erlang_b_probability(0, 0) == 1);
    CHECK(erlang_b_probability(12.5, 0) == 1);
    CHECK(erlang_b_probability(0, 1) == 0);
    CHECK(erlang_b_probability(0, 0.5) == 0);
    CHECK(servers_for(0, 0.01) == 0);
}

TEST_CASE("blocking obeys the recursion for whole and real servers", "[model][erlang][identity]") {
    for (const double offered_erlang : {0.01, 0.7, 2.99, 3.01, 40.0, 1234.5}) {
        for (const double servers_number : {0.25, 0.5, 0.999, 1.0, 2.5, 10.0, 37.75, 400.0}) {
            const double before = erlang_b_probability(offered_erlang, servers_number);
            const double after = erlang_b_probability(offered_erlang, servers_number + 1);
            const double expected =
                offered_erlang * before / (servers_number + 1 + offered_erlang * before);
            CAPTURE(offered_erlang, servers_number);
            CHECK(is_within(after, expected, 1e-11));
        }
    }
}

TEST_CASE("real servers join the whole ones without a step", "[model][erlang][limit]") {
    for (const double offered_erlang : {0.5, 2.9, 3.1, 20.0, 500.0}) {
        for (const double servers_number : {1.0, 2.0, 17.0, 480.0}) {
            const double whole = erlang_b_probability(offered_erlang, servers_number);
            CAPTURE(offered_erlang, servers_number);
            CHECK(is_within(erlang_b_probability(offered_erlang, servers_number - 1e-9), whole,
                            1e-7));
            CHECK(is_within(erlang_b_probability(offered_erlang, servers_number + 1e-9), whole,
                            1e-7));
        }
    }
}

TEST_CASE("more traffic blocks more and more servers block less", "[model][erlang][identity]") {
    double busier = 0;
    for (double offered_erlang = 0.5; offered_erlang < 200; offered_erlang *= 1.3) {
        const double now = erlang_b_probability(offered_erlang, 20.3);
        CHECK(now > busier);
        busier = now;
    }
    double smaller = 1;
    for (double servers_number = 0.3; servers_number < 60; servers_number += 0.7) {
        const double now = erlang_b_probability(20, servers_number);
        CHECK(now < smaller);
        smaller = now;
    }
}

TEST_CASE("a larger group at the same load blocks less", "[model][erlang][scaling]") {
    CHECK(erlang_b_probability(80, 100) < erlang_b_probability(8, 10));
    CHECK(erlang_b_probability(8000, 10000) < erlang_b_probability(80, 100));
}

TEST_CASE("blocking under overload nears the share that finds no server",
          "[model][erlang][limit]") {
    // Servers that are all busy carry N of A erlangs.
    CHECK(is_within(erlang_b_probability(1e6, 1000), 1 - 1000 / 1e6, 1e-8));
    CHECK(is_within(erlang_b_probability(1e7, 1e6), 0.9, 1e-6));
}

TEST_CASE("servers_for matches independent values", "[model][erlang][table]") {
    struct Row {
        double offered_erlang;
        int at_one_in_thousand;
        int at_one_percent;
        int at_two_percent;
        int at_five_percent;
    };
    const Row rows[] = {{10, 21, 18, 17, 15},           {100, 128, 117, 113, 105},
                        {500, 555, 527, 514, 489},      {1000, 1072, 1029, 1009, 966},
                        {5000, 5133, 5010, 4939, 4768}, {10000, 10170, 9970, 9842, 9519}};
    for (const Row& row : rows) {
        CAPTURE(row.offered_erlang);
        CHECK(servers_for(row.offered_erlang, 0.001) == row.at_one_in_thousand);
        CHECK(servers_for(row.offered_erlang, 0.01) == row.at_one_percent);
        CHECK(servers_for(row.offered_erlang, 0.02) == row.at_two_percent);
        CHECK(servers_for(row.offered_erlang, 0.05) == row.at_five_percent);
    }
    CHECK(servers_for(1, 0.2) == 2);  // B(2, 1) is 1/5 exactly
    CHECK(servers_for(1e-200, 1e-300) == 2);
}

TEST_CASE("servers_for finds the fewest servers that keep the promise",
          "[model][erlang][identity]") {
    for (const double offered_erlang : {1e-105, 0.001, 0.3, 4.0, 77.7, 3000.0, 250000.0}) {
        for (const double blocking_probability : {1e-9, 0.001, 0.05, 0.6}) {
            const int servers = servers_for(offered_erlang, blocking_probability);
            CAPTURE(offered_erlang, blocking_probability, servers);
            REQUIRE(servers > 0);
            CHECK(erlang_b_probability(offered_erlang, servers) <= blocking_probability);
            CHECK(erlang_b_probability(offered_erlang, servers - 1) > blocking_probability);
        }
    }
}

TEST_CASE("offered_erlang_for matches published tables", "[model][erlang][table]") {
    for (const auto& row : test::read_table("erlang_b_inverse.csv")) {
        const double servers_number = row.number("servers_number");
        const double blocking_probability = row.number("blocking_probability");
        const double actual = offered_erlang_for(servers_number, blocking_probability);
        CAPTURE(servers_number, blocking_probability, actual, row.text("source"));
        CHECK(is_within(actual, row.number("offered_erlang"), row.number("tolerance_fraction")));
    }
}

TEST_CASE("offered_erlang_for solves one server in closed form", "[model][erlang][identity]") {
    for (const double blocking_probability : {1e-300, 1e-9, 0.01, 0.5, 0.9, 0.99}) {
        const double expected =
            blocking_probability / (1 - blocking_probability);  // B = A / (1 + A)
        CAPTURE(blocking_probability);
        CHECK(is_within(offered_erlang_for(1, blocking_probability), expected, 1e-12));
    }
    CHECK(is_within(offered_erlang_for(1, 0.999999), 999999, 1e-9));
    CHECK(is_within(offered_erlang_for(2, 0.2), 1, 1e-12));
}

TEST_CASE("offered_erlang_for is the inverse of both others", "[model][erlang][identity]") {
    for (const double servers_number : {0.3, 1.0, 2.5, 10.0, 99.0, 1000.5, 100000.0}) {
        for (const double blocking_probability : {1e-6, 0.001, 0.02, 0.5}) {
            const double offered_erlang = offered_erlang_for(servers_number, blocking_probability);
            const double again = erlang_b_probability(offered_erlang, servers_number);
            CAPTURE(servers_number, blocking_probability, again);
            CHECK(again <= blocking_probability);
            CHECK(is_within(again, blocking_probability, 1e-9));
            CHECK(servers_for(offered_erlang, blocking_probability) == std::ceil(servers_number));
        }
    }
}

TEST_CASE("a million erlangs and servers are no limit", "[model][erlang][limit]") {
    const int servers = servers_for(1e6, 0.001);
    CHECK(erlang_b_probability(1e6, servers) <= 0.001);
    CHECK(erlang_b_probability(1e6, servers - 1) > 0.001);
    const double offered_erlang = offered_erlang_for(1e6, 0.00079746030685556101);  // B(1e6, 1e6)
    CHECK(is_within(offered_erlang, 1e6, 1e-12));
}

TEST_CASE("erlang functions refuse arguments out of range by name", "[model][erlang][error]") {
    for (const double bad : {-1.0, 1.1e7, infinity, not_a_number}) {
        CHECK_THROWS_WITH(erlang_b_probability(bad, 1), Catch::StartsWith("offered_erlang: "));
        CHECK_THROWS_WITH(erlang_b_probability(1, bad), Catch::StartsWith("servers_number: "));
        CHECK_THROWS_WITH(servers_for(bad, 0.01), Catch::StartsWith("offered_erlang: "));
        CHECK_THROWS_WITH(offered_erlang_for(bad, 0.01), Catch::StartsWith("servers_number: "));
    }
    for (const double bad : {-0.1, 0.0, 1.0, infinity, not_a_number}) {
        CHECK_THROWS_AS(servers_for(1, bad), InputError);
        CHECK_THROWS_WITH(servers_for(1, bad), Catch::StartsWith("blocking_probability: "));
        CHECK_THROWS_WITH(offered_erlang_for(1, bad), Catch::StartsWith("blocking_probability: "));
    }
    CHECK_THROWS_WITH(offered_erlang_for(0, 0.01), Catch::StartsWith("servers_number: "));
}
