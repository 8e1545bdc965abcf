#include "busyhour/unit.h"

#include <catch2/catch.hpp>

#include <string>

using namespace busyhour;

namespace {

double to_base(double value_number, const std::string& name) {
    const auto parts = parse_unit_name(name);
    REQUIRE(parts);
    return convert_unit(value_number, *parts->ending, parts->family->front());
}

}  // namespace

TEST_CASE("a name ends in its unit", "[unit][table]") {
    struct Row {
        const char* name;
        const char* stem;
        const char* base_name;
    };
    const Row rows[] = {
        {"expires_s", "expires", "expires_s"},
        {"expires_ms", "expires", "expires_s"},
        {"expires_min", "expires", "expires_s"},
        {"expires_h", "expires", "expires_s"},
        {"loss_percent", "loss", "loss_fraction"},
        {"loss_fraction", "loss", "loss_fraction"},
        {"rate_percent_per_year", "rate", "rate_fraction_per_year"},
        {"rate_bits_per_s", "rate", "rate_bits_per_s"},
        {"rate_kbits_per_s", "rate", "rate_bits_per_s"},
        {"rate_mbits_per_s", "rate", "rate_bits_per_s"},
        {"rate_gbits_per_s", "rate", "rate_bits_per_s"},
        {"notifies_per_h", "notifies", "notifies_per_s"},
        {"notifies_per_min", "notifies", "notifies_per_s"},
        {"memory_gib", "memory", "memory_bytes"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        const auto parts = parse_unit_name(row.name);
        REQUIRE(parts);
        CHECK(parts->stem == row.stem);
        CHECK(to_base_name(row.name) == row.base_name);
    }
}

TEST_CASE("a name without a unit stays", "[unit]") {
    for (const std::string name :
         {"endpoints", "codec", "_s", "per_endpoint", "nodes", "rtcp_mux", ""}) {
        CAPTURE(name);
        CHECK_FALSE(parse_unit_name(name));
        CHECK(to_base_name(name) == name);
    }
}

TEST_CASE("quantities convert to base units exactly as they would be written there",
          "[unit][table]") {
    // The right side is the literal a reader would write: the nearest double, not a product.
    CHECK(to_base(20, "ptime_ms") == 0.02);
    CHECK(to_base(2.5, "ptime_ms") == 0.0025);
    CHECK(to_base(30, "ptime_ms") == 0.03);
    CHECK(to_base(1, "expires_h") == 3600);
    CHECK(to_base(90, "expires_min") == 5400);
    CHECK(to_base(12, "rate_percent_per_year") == 0.12);
    CHECK(to_base(100, "rate_mbits_per_s") == 1e8);
    CHECK(to_base(64, "rate_kbits_per_s") == 64000);
    CHECK(to_base(10, "rate_gbits_per_s") == 1e10);
    CHECK(to_base(6, "notifies_per_h") == 6.0 / 3600);
    CHECK(to_base(24, "memory_gib") == 25769803776.0);
}

TEST_CASE("conversion there and back is the identity", "[unit][identity]") {
    for (const std::string name : {"t_ms", "t_min", "t_h", "x_percent", "r_kbits_per_s",
                                   "r_gbits_per_s", "n_per_h", "n_per_min", "m_kib", "m_mib"}) {
        const auto parts = parse_unit_name(name);
        REQUIRE(parts);
        const UnitEnding& base = parts->family->front();
        for (const double value : {1.0, 20.0, 0.1, 123456.789}) {
            CAPTURE(name, value);
            const double there = convert_unit(value, *parts->ending, base);
            CHECK(convert_unit(there, base, *parts->ending) == Approx(value).epsilon(1e-15));
        }
    }
}
