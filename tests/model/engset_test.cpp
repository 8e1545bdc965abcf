#include "busyhour/model/engset.h"

#include "busyhour/error.h"
#include "busyhour/model/erlang.h"
#include "support/table.h"

#include <catch2/catch.hpp>

#include <cmath>
#include <limits>

using namespace busyhour;

TEST_CASE("engset matches independent values", "[model][engset][table]") {
    for (const auto& row : test::read_table("engset.csv")) {
        const SourceGroup group{.sources = row.integer("sources"),
                                .idle_source_erlang = row.number("idle_source_erlang"),
                                .channels = row.integer("channels")};
        CAPTURE(group.sources, group.channels, group.idle_source_erlang);
        CHECK(engset_call_probability(group) ==
              Approx(row.number("call_probability")).epsilon(1e-11));
        CHECK(engset_time_probability(group) ==
              Approx(row.number("time_probability")).epsilon(1e-11));
        CHECK(engset_carried_erlang(group) == Approx(row.number("carried_erlang")).epsilon(1e-11));
    }
}

TEST_CASE("engset has the digits that R's queueing package prints", "[model][engset]") {
    const SourceGroup group{3, 0.5 / 0.7, 2};
    CHECK(engset_call_probability(group) == Approx(0.1736111111).margin(1e-10).epsilon(0));
    CHECK(engset_time_probability({100, 0.2, 20}) ==
          Approx(0.08001535527).margin(1e-11).epsilon(0));
}

TEST_CASE("ever more sources of the same traffic become Erlang's", "[model][engset][identity]") {
    const double offered_erlang = 80;
    const double expected = erlang_b_probability(offered_erlang, 90);
    double gap_before = 1;
    for (const int sources : {100, 1000, 10000, 100000, 1000000}) {
        const double share = offered_erlang / sources;
        const double blocking = engset_call_probability({sources, share / (1 - share), 90});
        const double gap = std::abs(blocking - expected);
        CAPTURE(sources, blocking);
        CHECK(blocking < expected);
        CHECK(gap < gap_before);
        gap_before = gap;
    }
    CHECK(gap_before < 2e-6);
}

TEST_CASE("a source sees less congestion than the channels have", "[model][engset][identity]") {
    for (const int sources : {5, 50, 5000}) {
        for (const double idle_source_erlang : {0.01, 0.2, 3.0}) {
            const int channels = sources / 3 + 1;
            const SourceGroup group{sources, idle_source_erlang, channels};
            const double call = engset_call_probability(group);
            const double carried_erlang = engset_carried_erlang(group);
            const double free_erlang = sources * idle_source_erlang / (1 + idle_source_erlang);
            CAPTURE(sources, idle_source_erlang);
            CHECK(call <= engset_time_probability(group));
            CHECK((free_erlang - carried_erlang) / free_erlang <= call + 1e-12);
            CHECK(carried_erlang <= channels * (1 + 1e-12));
            CHECK(engset_time_probability({sources - 1, idle_source_erlang, channels}) == call);
        }
    }
}

TEST_CASE("a channel for each source blocks nothing and none blocks all", "[model][engset]") {
    CHECK(engset_call_probability({10, 0.5, 10}) == 0);
    CHECK(engset_time_probability({10, 0.5, 11}) == 0);
    CHECK(engset_call_probability({10, 0.5, 0}) == 1);
    CHECK(engset_carried_erlang({10, 0.5, 0}) == 0);
    CHECK(engset_call_probability({10, 0, 1}) == 0);
    CHECK(engset_call_probability({1000000, 1e-9, 500}) == 0);  // about 1e-2600
}

TEST_CASE("the channels found block what was asked and one less blocks more",
          "[model][engset][identity]") {
    for (const int sources : {1, 2, 30, 1000, 20000}) {
        for (const double asked : {0.2, 0.01, 1e-5}) {
            SourceGroup group{sources, 0.15, 0};
            const int channels = engset_channels_for(group, asked);
            CAPTURE(sources, asked, channels);
            group.channels = channels;
            CHECK(engset_call_probability(group) <= asked);
            group.channels = channels - 1;
            CHECK(engset_call_probability(group) > asked);
        }
    }
    CHECK(engset_channels_for({10, 0, 0}, 0.01) == 0);
}

TEST_CASE("sources beyond their range are refused, all faults at once", "[model][engset][error]") {
    try {
        engset_call_probability({0, -1, -1});
        FAIL("accepted");
    } catch (const InputError& error) {
        CHECK(error.problems().size() == 3);
    }
    CHECK_THROWS_AS(engset_call_probability({1, std::numeric_limits<double>::quiet_NaN(), 1}),
                    InputError);
    CHECK_THROWS_AS(engset_channels_for({1, 1, 0}, 0), InputError);
}
