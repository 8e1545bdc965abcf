#include "busyhour/report/format.h"

#include <catch2/catch.hpp>

#include <limits>
#include <optional>
#include <string>

using namespace busyhour;

TEST_CASE("numbers for people have about four digits that count", "[report][format][table]") {
    CHECK(to_words(0) == "0");
    CHECK(to_words(7) == "7");
    CHECK(to_words(1234567) == "1,234,567");
    CHECK(to_words(100000) == "100,000");
    CHECK(to_words(999) == "999");
    CHECK(to_words(-1234567) == "-1,234,567");
    CHECK(to_words(-123) == "-123");
    CHECK(to_words(27.7777777) == "27.78");
    CHECK(to_words(166.66667) == "166.7");
    CHECK(to_words(1666.6667) == "1,667");
    CHECK(to_words(0.0183845) == "0.0184");
}

TEST_CASE("what is unknown is n/a, never 0", "[report][format]") {
    CHECK(to_words(std::nullopt) == "n/a");
    CHECK(to_words(std::numeric_limits<double>::quiet_NaN()) == "n/a");
    CHECK(to_words(std::numeric_limits<double>::infinity()) == "n/a");
    CHECK(to_digits(std::numeric_limits<double>::quiet_NaN()).empty());
}

TEST_CASE("rates and octets have the prefix that fits", "[report][format][table]") {
    CHECK(to_bit_rate(87200) == "87.2 kbit/s");
    CHECK(to_bit_rate(87200000) == "87.2 Mbit/s");
    CHECK(to_bit_rate(1e9) == "1.00 Gbit/s");
    CHECK(to_bit_rate(913e6) == "913 Mbit/s");
    CHECK(to_bit_rate(0) == "0 bit/s");
    CHECK(to_bit_rate(999) == "999 bit/s");
    CHECK(to_octets(7.5e9) == "7.50 GB");
    CHECK(to_octets(146e6) == "146 MB");
    CHECK(to_percent(0.31) == "31 %");
    CHECK(to_percent(0.00398) == "0.4 %");
    CHECK(to_percent(0) == "0 %");
    CHECK(to_percent(1) == "100 %");
}

TEST_CASE("digits for machines read back as the same number", "[report][format][identity]") {
    for (const double value :
         {100000.0 / 3600, 1e-300, 0.1, 1.0 / 3, 5e15, -2.5, std::numeric_limits<double>::max()}) {
        CHECK(std::stod(to_digits(value)) == value);
    }
    CHECK(to_digits(5000) == "5000");
}
