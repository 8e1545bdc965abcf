#include "busyhour/model/emodel.h"

#include "busyhour/error.h"
#include "support/table.h"

#include <catch2/catch.hpp>

#include <array>

using namespace busyhour;

namespace {

constexpr CodecImpairment concealed_g711{.equipment_impairment_factor = 0,
                                         .loss_robustness_factor = 25.1};

double r_of(const VoicePath& path) {
    return rate_narrowband(path).r_factor;
}

double r_after(double delay_s) {
    return r_of(with_delay({}, delay_s));
}

}  // namespace

TEST_CASE("the default connection has R 93.20621 and MOS 4.4094", "[model][emodel][table]") {
    const Rating rating = rate_narrowband({});
    CHECK(rating.r_factor == Approx(93.20621).margin(1e-5).epsilon(0));
    CHECK(rating.r_factor == Approx(93.2062077233).margin(1e-9).epsilon(0));
    CHECK(rating.mos_score == Approx(4.4094).margin(1e-4).epsilon(0));
}

TEST_CASE("the E-model matches independent implementations", "[model][emodel][table]") {
    for (const test::TableRow& row : test::read_table("emodel.csv")) {
        VoicePath path = with_delay({}, row.number("delay_ms") / 1000);
        path.round_trip_delay_s = row.number("round_trip_ms") / 1000;
        path.codec = {row.number("ie"), row.number("bpl")};
        path.loss = {row.number("loss_percent") / 100, row.number("burst_ratio")};
        CAPTURE(row.text("delay_ms"), row.text("loss_percent"), row.text("source"));
        CHECK(r_of(path) == Approx(row.number("r")).margin(row.number("margin")).epsilon(0));
    }
}

TEST_CASE("the delay impairment matches published points", "[model][emodel][table]") {
    constexpr std::array<std::array<double, 2>, 6> points{{{0.150, 0.164},
                                                           {0.200, 3.044},
                                                           {0.250, 8.917},
                                                           {0.300, 14.761},
                                                           {0.400, 24.070},
                                                           {0.500, 30.636}}};
    for (const auto& [delay_s, idd] : points) {
        CHECK(rate_narrowband(with_delay({}, delay_s)).delay_impairment_factor ==
              Approx(idd).margin(6e-4).epsilon(0));
    }
    CHECK(rate_narrowband(with_delay({}, 0.100)).delay_impairment_factor == 0);
}

TEST_CASE("loss and codec make the published Ie,eff", "[model][emodel][table]") {
    const auto at = [](const CodecImpairment& codec, double loss_fraction) {
        return effective_equipment_factor(codec, {.loss_fraction = loss_fraction});
    };
    CHECK(at(concealed_g711, 0.02) == Approx(7.0111).margin(1e-4).epsilon(0));
    CHECK(at({15, 16.1}, 0.02) == Approx(23.8398).margin(1e-4).epsilon(0));
    CHECK(at({11, 19}, 0.02) == Approx(19).margin(1e-9).epsilon(0));
    CHECK(at({0, 4.3}, 0.01) == Approx(17.92).margin(0.006).epsilon(0));
    CHECK(effective_equipment_factor(concealed_g711,
                                     {.loss_fraction = 0.01, .burst_ratio_factor = 2}) ==
          Approx(3.71094).margin(1e-5).epsilon(0));
}

TEST_CASE("without loss Ie,eff is Ie, whatever robustness and bursts",
          "[model][emodel][identity]") {
    for (const double ie : {0.0, 11.0, 40.0}) {
        for (const double bpl : {1.0, 4.3, 40.0}) {
            CHECK(effective_equipment_factor({ie, bpl}, {0, 3}) == ie);
        }
    }
}

TEST_CASE("R falls with delay, loss and bursts", "[model][emodel][identity]") {
    // Below 10 ms the standard's Idte is a little negative where echo is cancelled.
    for (int ms = 1; ms < 10; ++ms) {
        CAPTURE(ms);
        CHECK(r_after(ms / 1000.0) < r_after(0) + 0.1);
    }
    for (int ms = 10; ms <= 1000; ++ms) {
        CAPTURE(ms);
        CHECK(r_after(ms / 1000.0) < r_after((ms - 1) / 1000.0));
    }
    VoicePath path;
    path.codec = concealed_g711;
    double before = r_of(path);
    for (int percent = 1; percent <= 100; ++percent) {
        path.loss.loss_fraction = percent / 100.0;
        CHECK(r_of(path) < before);
        before = r_of(path);
    }
    path.loss = {.loss_fraction = 0.02, .burst_ratio_factor = 1};
    const double random = r_of(path);
    path.loss.burst_ratio_factor = 2;
    CHECK(r_of(path) < random);
}

TEST_CASE("the impairments add up to R", "[model][emodel][identity]") {
    VoicePath path = with_delay({}, 0.230);
    path.codec = {11, 19};
    path.loss.loss_fraction = 0.03;
    path.advantage_factor = 5;
    path.talker_echo_loss_db = 45;
    const Rating rating = rate_narrowband(path);
    CHECK(rating.simultaneous_impairment_factor ==
          Approx(rating.loudness_impairment_factor + rating.sidetone_impairment_factor +
                 rating.quantising_impairment_factor));
    CHECK(rating.r_factor ==
          Approx(rating.basic_signal_to_noise_factor - rating.simultaneous_impairment_factor -
                 rating.talker_echo_impairment_factor - rating.listener_echo_impairment_factor -
                 rating.delay_impairment_factor - rating.effective_equipment_factor + 5));
    CHECK(rating.mos_score == mos_score(rating.r_factor));
}

TEST_CASE("echo hurts more the longer it takes, and not at all without delay",
          "[model][emodel][identity]") {
    VoicePath path;
    path.talker_echo_loss_db = 20;
    CHECK(rate_narrowband(path).talker_echo_impairment_factor == 0);
    const double near = rate_narrowband(with_delay(path, 0.025)).talker_echo_impairment_factor;
    const double far = rate_narrowband(with_delay(path, 0.100)).talker_echo_impairment_factor;
    CHECK(near > 1);
    CHECK(far > near + 10);
    path.talker_echo_loss_db = 65;
    CHECK(rate_narrowband(with_delay(path, 0.100)).talker_echo_impairment_factor < 3);
}

TEST_CASE("MOS of R 90, 80, 70, 60 and 50 is as published", "[model][emodel][table]") {
    constexpr std::array<std::array<double, 2>, 5> bounds{
        {{90, 4.339}, {80, 4.024}, {70, 3.597}, {60, 3.100}, {50, 2.575}}};
    for (const auto& [r, mos] : bounds) {
        CHECK(mos_score(r) == Approx(mos).margin(1e-3).epsilon(0));
    }
    CHECK(mos_score(-5) == 1);
    CHECK(mos_score(0) == 1);
    CHECK(mos_score(100) == 4.5);
    CHECK(mos_score(120) == 4.5);
}

TEST_CASE("r_factor_for is the inverse of mos_score", "[model][emodel][identity]") {
    for (double r = 7; r <= 100; r += 0.5) {
        CHECK(r_factor_for(mos_score(r)) == Approx(r).margin(1e-6).epsilon(0));
    }
    CHECK_THROWS_AS(r_factor_for(0.9), InputError);
    CHECK_THROWS_AS(r_factor_for(4.6), InputError);
}

TEST_CASE("longest_delay_s is where R is met exactly", "[model][emodel][identity]") {
    VoicePath path;
    path.codec = concealed_g711;
    for (const double r : {90.0, 80.0, 70.0, 50.0}) {
        const auto delay_s = longest_delay_s(path, r);
        REQUIRE(delay_s.has_value());
        CHECK(r_of(with_delay(path, *delay_s)) == Approx(r).margin(1e-5).epsilon(0));
    }
    CHECK_FALSE(longest_delay_s(path, 94).has_value());
    path.advantage_factor = 20;
    CHECK(longest_delay_s(path, 10) == 2.0);
}

TEST_CASE("the categories begin at R 90, 80, 70, 60 and 50", "[model][emodel][table]") {
    CHECK(quality_category(93.2).users == "very satisfied");
    CHECK(quality_category(90).name == "best");
    CHECK(quality_category(89.99).name == "high");
    CHECK(quality_category(80).users == "satisfied");
    CHECK(quality_category(70).name == "medium");
    CHECK(quality_category(60).users == "many users dissatisfied");
    CHECK(quality_category(50).name == "poor");
    CHECK(quality_category(49.99).name == "not recommended");
    CHECK(quality_category(-20).name == "not recommended");
}

TEST_CASE("the fullband scale goes to 148 and falls with loss and delay",
          "[model][emodel][identity]") {
    CHECK(rate_fullband({}).r_factor == 148);
    CHECK(rate_fullband({}).mos_score == 4.5);
    VoicePath path;
    path.codec = {10.2, 4.3};
    path.loss.loss_fraction = 0.01;
    // 10.2 + (132 - 10.2) / 5.3, by hand from rtpengine's formula
    CHECK(rate_fullband(path).effective_equipment_factor == Approx(33.181132).margin(1e-6));
    path.absolute_delay_s = 0.300;
    CHECK(rate_fullband(path).delay_impairment_factor ==
          Approx(1.48 * 14.761).margin(1e-3).epsilon(0));
}
