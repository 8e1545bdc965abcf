#include "busyhour/model/calls.h"

#include <catch2/catch.hpp>

#include <cmath>

using namespace busyhour;

TEST_CASE("busy hour call attempts are spread over 3600 s", "[model][calls][table]") {
    CHECK(call_attempts_per_s(100000, 1) == Approx(27.7777777777777778).epsilon(1e-14));
    CHECK(call_attempts_per_s(3600, 1) == 1);
    CHECK(call_attempts_per_s(1000, 3.6) == Approx(1).epsilon(1e-14));
    CHECK(call_attempts_per_s(1000, 0) == 0);
}

TEST_CASE("offered traffic is BHCA times holding time over 3600", "[model][calls][table]") {
    // A = BHCA x h / 3600: 100000 x 180 / 3600 = 5000; 3600 x 100 / 3600 = 100.
    CHECK(offered_erlang(call_attempts_per_s(100000, 1), 180) == Approx(5000).epsilon(1e-14));
    CHECK(offered_erlang(call_attempts_per_s(3600, 1), 100) == 100);
    CHECK(offered_erlang(55.5555555555555556, 180) == Approx(10000).epsilon(1e-14));
    CHECK(offered_erlang(10, 0) == 0);
}

TEST_CASE("a call is refreshed at each half of its session interval that it outlives",
          "[model][calls][table]") {
    // Exponential durations: the sum over k of exp(-k r / h) is 1 / (exp(r / h) - 1).
    CHECK(session_refreshes_number(900, 1800) == Approx(0.581976706869326).epsilon(1e-13));
    CHECK(session_refreshes_number(180, 1800) == Approx(0.00678365490630423).epsilon(1e-12));
    CHECK(session_refreshes_number(0, 1800) == 0);
    // Many intervals in a call: as many as fit, less the half interval at the end.
    CHECK(session_refreshes_number(86400, 2) == Approx(86400 - 0.5).epsilon(1e-9));
    double sum_number = 0;
    for (int k = 1; k < 1000; ++k) sum_number += std::exp(-k * 45.0 / 180);
    CHECK(session_refreshes_number(180, 90) == Approx(sum_number).epsilon(1e-12));
}

TEST_CASE("offered traffic scales with calls and with holding time", "[model][calls][identity]") {
    for (const double endpoints_number : {1.0, 250.0, 1e6}) {
        for (const double attempts_number : {0.1, 1.0, 20.0}) {
            const double rate_per_s = call_attempts_per_s(endpoints_number, attempts_number);
            CHECK(call_attempts_per_s(endpoints_number * 3, attempts_number) ==
                  Approx(3 * rate_per_s));
            CHECK(offered_erlang(rate_per_s * 2, 90) == Approx(offered_erlang(rate_per_s, 180)));
        }
    }
}
