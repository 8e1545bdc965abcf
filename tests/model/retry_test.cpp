#include "busyhour/model/retry.h"

#include "busyhour/error.h"

#include <catch2/catch.hpp>

#include <limits>

using namespace busyhour;

TEST_CASE("an unanswered request over UDP is sent 11 times, an INVITE 7", "[model][storm][table]") {
    // RFC 3261 17.1.1.2 says "seven requests" for INVITE; 17.1.2.2 caps the gap at T2.
    const std::vector<double> other{0, 0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5};
    CHECK(transmission_times(0.5, 4) == other);
    const std::vector<double> invite{0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5};
    CHECK(transmission_times(0.5, std::numeric_limits<double>::infinity()) == invite);
    CHECK(transaction_timeout_s({}) == 32);
}

TEST_CASE("three failures in a row wait at most 240 s, many 1800 s", "[model][storm][table]") {
    // RFC 5626 4.5: base 30 s, W = min(1800, 30 x 2^failures).
    CHECK(backoff_s({}, 0) == 30);
    CHECK(backoff_s({}, 1) == 60);
    CHECK(backoff_s({}, 3) == 240);
    CHECK(backoff_s({}, 5) == 960);
    CHECK(backoff_s({}, 6) == 1800);
    CHECK(backoff_s({}, 40) == 1800);
}

TEST_CASE("timers that cannot be are refused", "[model][storm]") {
    CHECK_THROWS_AS(transmission_times(0, 4), InputError);
    CHECK_THROWS_AS(transmission_times(0.5, 0.4), InputError);
}
