#include "busyhour/model/limits.h"

#include <catch2/catch.hpp>

using namespace busyhour;

TEST_CASE("10,000 erlang of relayed calls are 66,667 tracked entries", "[model][limits][table]") {
    // 180 s a call: 55.556 calls/s; 4 flows a call, forgotten after 120 s: 4 x (10000 + 6666.7).
    const double calls_per_s = 10000.0 / 180;
    CHECK(tracked_entries_number(
              {.alive_number = 4 * 10000, .opened_per_s = 4 * calls_per_s, .timeout_s = 120}) ==
          Approx(66666.6666666667).epsilon(1e-12));
    CHECK(tracked_entries_number({.alive_number = 7, .opened_per_s = 3, .timeout_s = 0}) == 7);
}

TEST_CASE("the kernel's table follows the memory between its ends", "[model][limits][table]") {
    CHECK(default_tracked_entries_number(4294967296.0) == 262144);
    CHECK(default_tracked_entries_number(25769803776.0) == 262144);
    CHECK(default_tracked_entries_number(1073741824.0) == 65536);
    CHECK(default_tracked_entries_number(1048576) == 1024);
    CHECK(tracked_entries_bytes(262144) == Approx(262144.0 * 328).epsilon(1e-14));
}

TEST_CASE("workers follow Little's law", "[model][limits][table]") {
    // 1000 REGISTER/s of 5 ms keep 5 workers busy; at 70 % it takes 8.
    CHECK(workers_for_number(1000 * 0.005, 0.7) == 8);
    CHECK(workers_for_number(5, 1) == 5);
    CHECK(workers_for_number(5.0001, 1) == 6);
    CHECK(workers_for_number(0, 0.6) == 1);
}

TEST_CASE("the default receive buffer outlasts a pause of 92 ms at 1000 messages/s",
          "[model][limits][table]") {
    // Linux charges 2315 octets for a datagram of 850 to 1400, 1283 for 200 to 600, 832 for fewer:
    // 212992 octets hold 92, 166 and 256 of them.
    constexpr double buffer_bytes = 212992;
    CHECK(receive_buffer_bytes(1000, 0.092, 2315) <= buffer_bytes);
    CHECK(receive_buffer_bytes(1000, 0.093, 2315) > buffer_bytes);
    CHECK(receive_buffer_bytes(1000, 0.166, 1283) <= buffer_bytes);
    CHECK(receive_buffer_bytes(1000, 0.256, 832) <= buffer_bytes);
    CHECK(receive_buffer_bytes(1000, 0.257, 832) > buffer_bytes);
}
