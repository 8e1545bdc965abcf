#include "busyhour/model/extended_erlang_b.h"

#include "busyhour/error.h"
#include "busyhour/model/erlang.h"
#include "support/table.h"

#include <catch2/catch.hpp>

using namespace busyhour;

TEST_CASE("extended_erlang_b matches independent values", "[model][extended_erlang_b][table]") {
    for (const auto& row : test::read_table("extended_erlang_b.csv")) {
        const auto load =
            extended_erlang_b({row.number("first_offered_erlang"), row.number("retry_fraction")},
                              row.number("servers_number"));
        CAPTURE(row.text("servers_number"), row.text("first_offered_erlang"),
                row.text("retry_fraction"));
        REQUIRE(load.has_value());
        CHECK(load->offered_erlang == Approx(row.number("offered_erlang")).epsilon(1e-9));
        CHECK(load->blocking_probability ==
              Approx(row.number("blocking_probability")).epsilon(1e-9));
    }
}

TEST_CASE("without retries it is Erlang B", "[model][extended_erlang_b][identity]") {
    for (const double offered_erlang : {0.0, 0.3, 12.0, 500.0}) {
        for (const double servers_number : {0.0, 0.5, 1.0, 15.0, 480.0}) {
            const auto load = extended_erlang_b({offered_erlang, 0}, servers_number);
            REQUIRE(load.has_value());
            CHECK(load->offered_erlang == offered_erlang);
            CHECK(load->blocking_probability ==
                  erlang_b_probability(offered_erlang, servers_number));
            CHECK(load->lost_probability == Approx(load->blocking_probability));
        }
    }
}

TEST_CASE("offered is first attempts and retries, and carried is what is not lost",
          "[model][extended_erlang_b][identity]") {
    for (const double first_erlang : {0.5, 9.0, 95.0, 400.0}) {
        for (const double retry_fraction : {0.1, 0.5, 0.9, 0.99}) {
            for (const double servers_number : {1.0, 10.0, 99.5, 300.0}) {
                const auto load = extended_erlang_b({first_erlang, retry_fraction}, servers_number);
                REQUIRE(load.has_value());
                const double blocked_erlang = load->offered_erlang * load->blocking_probability;
                const double carried_erlang = load->offered_erlang - blocked_erlang;
                CAPTURE(first_erlang, retry_fraction, servers_number);
                CHECK(load->offered_erlang ==
                      Approx(first_erlang + blocked_erlang * retry_fraction).epsilon(1e-9));
                CHECK(carried_erlang ==
                      Approx(first_erlang * (1 - load->lost_probability)).epsilon(1e-9));
                CHECK(carried_erlang <= servers_number * (1 + 1e-9));
            }
        }
    }
}

TEST_CASE("callers who retry for ever have a balance only where they fit",
          "[model][extended_erlang_b][limit]") {
    CHECK(extended_erlang_b({9.9, 1}, 10).has_value());
    CHECK(extended_erlang_b({9.9, 1}, 10)->lost_probability == 0);
    CHECK_FALSE(extended_erlang_b({10, 1}, 10).has_value());
    CHECK_FALSE(extended_erlang_b({11, 1}, 10).has_value());
    CHECK_FALSE(extended_erlang_b({5e6, 0.999}, 10).has_value());  // about 5e9 erlangs
    CHECK(extended_erlang_b({11, 0.999}, 10).has_value());
}

TEST_CASE("retries beyond their range are refused", "[model][extended_erlang_b][error]") {
    CHECK_THROWS_AS(extended_erlang_b({1, -0.1}, 1), InputError);
    CHECK_THROWS_AS(extended_erlang_b({1, 1.1}, 1), InputError);
    CHECK_THROWS_AS(extended_erlang_b({-1, 0.5}, 1), InputError);
    CHECK_THROWS_AS(extended_erlang_b({1, 0.5}, -1), InputError);
}
