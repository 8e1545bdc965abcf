#include "busyhour/model/registration.h"

#include "busyhour/error.h"

#include <catch2/catch.hpp>

#include <limits>

using namespace busyhour;

TEST_CASE("registrations_per_s is contacts over the time between refreshes",
          "[model][registration][table]") {
    struct Row {
        double contacts_number;
        double expires_s;
        double refresh_fraction;
        double expected_per_s;
    };
    const Row rows[] = {
        {100000, 3600, 1, 27.7777777777777778},           // 100000 / 3600
        {100000, 3600, 0.5, 55.5555555555555556},         // 100000 / 1800
        {100000, 3540, 1, 28.2485875706214689},           // refresh 60 s before the end: / 3540
        {100000, 3600, 3540.0 / 3600, 28.2485875706215},  // the same as a fraction
        {100000, 300, 295.0 / 300, 338.983050847457627},  // 100000 / 295
        {1000, 60, 1, 16.6666666666666667},
        {0, 3600, 1, 0},
    };
    for (const Row& row : rows) {
        CAPTURE(row.expires_s, row.refresh_fraction);
        CHECK(registrations_per_s({.contacts_number = row.contacts_number,
                                   .expires_s = row.expires_s,
                                   .refresh_fraction = row.refresh_fraction}) ==
              Approx(row.expected_per_s).epsilon(1e-13));
    }
}

TEST_CASE("the refresh interval is its part of the expiry", "[model][registration]") {
    CHECK(refresh_interval_s({.contacts_number = 1, .expires_s = 3600, .refresh_fraction = 0.5}) ==
          1800);
    CHECK(refresh_interval_s({.contacts_number = 1}) == 3600);  // rfc3261: the default expiry
}

TEST_CASE("registrations scale with contacts and fall with the expiry",
          "[model][registration][identity]") {
    for (const double contacts_number : {1.0, 77.0, 1e6}) {
        for (const double expires_s : {60.0, 300.0, 86400.0}) {
            const double rate_per_s = registrations_per_s({contacts_number, expires_s, 0.9});
            CHECK(registrations_per_s({2 * contacts_number, expires_s, 0.9}) ==
                  Approx(2 * rate_per_s).epsilon(1e-14));
            CHECK(registrations_per_s({contacts_number, 2 * expires_s, 0.9}) ==
                  Approx(rate_per_s / 2).epsilon(1e-14));
            // Little's law: the contacts are the rate times the time between two of them.
            CHECK(rate_per_s * refresh_interval_s({contacts_number, expires_s, 0.9}) ==
                  Approx(contacts_number).epsilon(1e-14));
        }
    }
}

TEST_CASE("registrations_per_s names every field that is out of range",
          "[model][registration][error]") {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
    for (const double bad : {-1.0, infinity, not_a_number}) {
        CHECK_THROWS_WITH(registrations_per_s({.contacts_number = bad}),
                          Catch::StartsWith("contacts_number: "));
    }
    for (const double bad : {0.0, -1.0, infinity, not_a_number}) {
        CHECK_THROWS_WITH(registrations_per_s({.contacts_number = 1, .expires_s = bad}),
                          Catch::StartsWith("expires_s: "));
    }
    for (const double bad : {0.0, -0.5, 1.01, infinity, not_a_number}) {
        CHECK_THROWS_WITH(registrations_per_s({.contacts_number = 1, .refresh_fraction = bad}),
                          Catch::StartsWith("refresh_fraction: "));
    }
    try {
        registrations_per_s({.contacts_number = -1, .expires_s = 0, .refresh_fraction = 2});
        FAIL("no error");
    } catch (const InputError& error) {
        CHECK(error.problems().size() == 3);
    }
}
