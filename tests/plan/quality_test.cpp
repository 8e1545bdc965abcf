#include "busyhour/plan/quality.h"

#include "busyhour/error.h"
#include "busyhour/plan/plan.h"

#include <catch2/catch.hpp>

#include <stdexcept>
#include <string>

using namespace busyhour;

namespace {

Plan plan_of(const std::string& text) {
    return make_plan(read_deployment(text, "test"));
}

Plan plan_with(const std::string& population, const std::string& rest = "") {
    return plan_of(R"({"horizon_years": 0, "populations": [{"name": "p", "endpoints": 100)" +
                   population + "}]" + rest + "}");
}

const CallQuality& call_of(const Plan& plan, bool is_internal) {
    for (const CallQuality& call : plan.quality) {
        if (call.is_internal == is_internal) return call;
    }
    throw std::runtime_error("no such call");
}

const Finding* finding(const Plan& plan, const std::string& id) {
    for (const Finding& each : plan.findings) {
        if (each.id == id) return &each;
    }
    return nullptr;
}

double evidence(const Finding& found, const std::string& name) {
    for (const auto& [key, value] : found.evidence) {
        if (key == name) return value;
    }
    throw std::runtime_error("no evidence " + name);
}

}  // namespace

TEST_CASE("a perfect network leaves packetisation and look-ahead", "[plan][quality]") {
    const Plan plan = plan_with(R"(, "media": {"codec": "G729", "ptime_ms": 30})");
    REQUIRE(plan.quality.size() == 2);
    for (const CallQuality& call : plan.quality) {
        CHECK(call.budget.packetisation_s == Approx(0.030));
        CHECK(call.budget.look_ahead_s == Approx(0.005));
        CHECK(call.one_way_delay_s == Approx(0.035));
        CHECK(call.loss_fraction == 0);
        REQUIRE(call.rating.has_value());
        CHECK(call.rating->effective_equipment_factor == 11);
    }
}

TEST_CASE("an internal call crosses the path twice, an external one once", "[plan][quality]") {
    const Plan plan = plan_with(R"(, "path": {"one_way_delay_ms": 30, "jitter_ms": 4,
        "loss_percent": 1, "firewall_delay_ms": 2, "processing_delay_ms": 6,
        "beyond_trunk_delay_ms": 25})");
    const DelayBudget& inside = call_of(plan, true).budget;
    CHECK(inside.network_s == Approx(0.060));
    CHECK(inside.firewall_s == Approx(0.004));
    CHECK(inside.jitter_buffer_s == Approx(0.016));
    CHECK(inside.processing_s == Approx(0.006));
    CHECK(inside.beyond_trunk_s == 0);
    CHECK(call_of(plan, true).loss_fraction == Approx(0.0199));
    CHECK(call_of(plan, true).one_way_delay_s == Approx(0.020 + 0.060 + 0.004 + 0.016 + 0.006));
    const DelayBudget& outside = call_of(plan, false).budget;
    CHECK(outside.network_s == Approx(0.030));
    CHECK(outside.firewall_s == Approx(0.002));
    CHECK(outside.jitter_buffer_s == Approx(0.008));
    CHECK(outside.processing_s == Approx(0.006));
    CHECK(outside.beyond_trunk_s == Approx(0.025));
    CHECK(call_of(plan, false).loss_fraction == Approx(0.01));
}

TEST_CASE("the rating is the E-model's at the whole delay", "[plan][quality][table]") {
    // 20 ms of packetisation and 2 x 65 ms of network: the point at 150 ms, 1 % loss, BurstR 2.
    const Plan plan = plan_with(R"(, "calls": {"internal_fraction": 0}, "path":
        {"one_way_delay_ms": 130, "loss_percent": 1, "burst_ratio": 2})");
    REQUIRE(plan.quality.size() == 1);
    const CallQuality& call = plan.quality.front();
    REQUIRE(call.rating.has_value());
    CHECK(call.rating->r_factor == Approx(85.82819).margin(1e-5).epsilon(0));
    CHECK(*call.lossless_r_factor == Approx(89.539).margin(6e-4).epsilon(0));
    CHECK(largest_part(call.budget).name == "network");
}

TEST_CASE("what is left to R 80 is exactly left", "[plan][quality][identity]") {
    const Plan plan = plan_with(R"(, "calls": {"internal_fraction": 0},
                                     "path": {"one_way_delay_ms": 40})");
    const CallQuality& call = plan.quality.front();
    REQUIRE(call.delay_left_r80_s.has_value());
    VoicePath path;
    path.codec.loss_robustness_factor = 25.1;
    const double delay_s = call.one_way_delay_s + *call.delay_left_r80_s;
    CHECK(rate_narrowband(with_delay(path, delay_s)).r_factor == Approx(80).margin(1e-5));
    CHECK(*call.delay_left_r70_s > *call.delay_left_r80_s);
}

TEST_CASE("the parts of the budget add up to the delay", "[plan][quality][identity]") {
    const Plan plan = plan_with(
        R"(, "site": "s", "path": {"one_way_delay_ms": 7, "jitter_buffer_ms": 33})",
        R"(, "network": {"links": [{"name": "l", "site": "s", "rate_kbits_per_s": 872}]})");
    const CallQuality& call = call_of(plan, false);
    // 218 octets on Ethernet at 872 kbit/s: 2 ms
    CHECK(call.budget.serialisation_s == Approx(0.002));
    CHECK(call_of(plan, true).budget.serialisation_s == Approx(0.004));
    CHECK(call_of(plan, true).budget.jitter_buffer_s == Approx(0.033));
    double sum_s = 0;
    for (const BudgetPart& part : budget_parts()) sum_s += call.budget.*part.value;
    CHECK(call.one_way_delay_s == Approx(sum_s).epsilon(1e-12));
    CHECK(sum_s == Approx(0.020 + 0.002 + 0.007 + 0.033));
}

TEST_CASE("codecs in a row add their delay and impairment", "[plan][quality]") {
    const Plan plan = plan_with(R"(, "media": {"codec": "PCMU", "transcode_to": "PCMA"})");
    const CallQuality& call = call_of(plan, false);
    CHECK(call.budget.packetisation_s == Approx(0.040));
    CHECK(call.rating->effective_equipment_factor == 0);
    const Plan opus = plan_with(R"(, "media": {"codec": "opus", "transcode_to": "PCMU"})",
                                R"(, "models": {"emodel": {"mine": {"codec": "opus",
        "source": "own test", "equipment_impairment": 9, "loss_robustness": 18}}})");
    CHECK(call_of(opus, false).rating->effective_equipment_factor == 9);
    CHECK(call_of(opus, false).emodel_names == std::vector<std::string>{"mine", "pcmu"});
}

TEST_CASE("a codec without published values is not rated and says why", "[plan][quality]") {
    const Plan plan = plan_with(R"(, "media": {"codec": "opus"}, "path": {"loss_percent": 1})");
    const CallQuality& call = call_of(plan, true);
    CHECK_FALSE(call.rating.has_value());
    CHECK(call.not_rated.find("opus") != std::string::npos);
    CHECK(call.one_way_delay_s == Approx(0.0265));
    REQUIRE(finding(plan, "quality-not-rated") != nullptr);
    CHECK(evidence(*finding(plan, "quality-not-rated"), "calls_not_rated") == 2);
}

TEST_CASE("a codec without Bpl is rated only where nothing is lost", "[plan][quality]") {
    const std::string codec = R"(, "media": {"codec": "GSM-EFR"})";
    CHECK(call_of(plan_with(codec), true).rating.has_value());
    const Plan lossy = plan_with(codec + R"(, "path": {"loss_percent": 0.1})");
    CHECK_FALSE(call_of(lossy, true).rating.has_value());
    CHECK(call_of(lossy, true).not_rated.find("Bpl of GSM-EFR") != std::string::npos);
}

TEST_CASE("a population without calls has no quality", "[plan][quality]") {
    CHECK(plan_with(R"(, "calls": {"busy_hour_attempts_per_endpoint": 0})").quality.empty());
    CHECK(plan_with(R"(, "calls": {"internal_fraction": 1})").quality.size() == 1);
}

TEST_CASE("a delay above 150 ms breaks the budget and names its largest part",
          "[plan][quality][finding]") {
    CHECK(finding(plan_with(R"(, "path": {"one_way_delay_ms": 65})"), "delay-budget-broken") ==
          nullptr);  // 20 + 2 x 65 = 150
    const Plan plan = plan_with(R"(, "path": {"one_way_delay_ms": 40, "jitter_buffer_ms": 100})");
    const Finding* found = finding(plan, "delay-budget-broken");
    REQUIRE(found != nullptr);
    CHECK(evidence(*found, "one_way_delay_s") == Approx(0.200));
    CHECK(evidence(*found, "largest_part_s") == Approx(0.100));
    CHECK(evidence(*found, "calls_above") == 2);
    CHECK(found->message.find("the jitter buffer with 100 ms") != std::string::npos);
    CHECK(found->remedy.find("shorter buffer") != std::string::npos);
    CHECK(found->message.find("400") == std::string::npos);
    const Plan worse = plan_with(R"(, "path": {"one_way_delay_ms": 200})");
    CHECK(finding(worse, "delay-budget-broken")->message.find("400") != std::string::npos);
}

TEST_CASE("loss that costs five points of R is a finding", "[plan][quality][finding]") {
    CHECK(finding(plan_with(R"(, "calls": {"internal_fraction": 0},
                                 "path": {"loss_percent": 1})"),
                  "loss-hurts-codec") == nullptr);  // 3.64
    const Plan plan = plan_with(R"(, "calls": {"internal_fraction": 0},
                                     "path": {"loss_percent": 1, "concealment": "none"})");
    const Finding* found = finding(plan, "loss-hurts-codec");
    REQUIRE(found != nullptr);
    CHECK(evidence(*found, "r_without_loss_factor") - evidence(*found, "r_factor") ==
          Approx(17.92).margin(0.006).epsilon(0));
    CHECK(evidence(*found, "loss_fraction") == Approx(0.01));
}

TEST_CASE("jitter and the buffer's delay together are refused", "[plan][quality][errors]") {
    try {
        plan_with(R"(, "path": {"jitter_ms": 5, "jitter_buffer_ms": 40})");
        FAIL("accepted");
    } catch (const InputError& error) {
        CHECK(error.problems().front().where == "/populations/0/path/jitter_ms");
    }
    CHECK_NOTHROW(plan_with(R"(, "path": {"jitter_buffer_ms": 40})"));
}

TEST_CASE("each default of the path is an assumption", "[plan][quality]") {
    const Plan plan = plan_with(R"(, "path": {"loss_fraction": 0.01})");
    int defaults = 0;
    for (const Assumption& each : plan.deployment.assumptions) {
        if (each.path.starts_with("/populations/0/path/")) ++defaults;
        CHECK(each.path != "/populations/0/path/loss_percent");
    }
    CHECK(defaults == 9);
    CHECK(call_of(plan, false).loss_fraction == Approx(0.01));
}
