#include "busyhour/report/compare.h"

#include "busyhour/error.h"
#include "busyhour/report/plan_json.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <string>

using namespace busyhour;

namespace {

Compared side_of(const std::string& text) {
    return compared_of(make_plan(read_deployment(text, "f")), text, "f");
}

Comparison of(const std::string& a, const std::string& b, double tolerance_fraction = 1e-9) {
    return compare(side_of(a), side_of(b), tolerance_fraction);
}

/// A report of so much only, as if it were whole; what is compared is up to the JSON.
Compared report_of(const std::string& sections) {
    Compared side;
    side.name = "r";
    side.report = parse_json(
        R"({"format": "busyhour.report/1", "deployment": {"name": "r"},)" + sections + "}", "r");
    return side;
}

const Change* change_at(const std::vector<Change>& changes, const std::string& path) {
    for (const Change& change : changes) {
        if (change.path == path) return &change;
    }
    return nullptr;
}

const std::string small = R"({"populations": [{"name": "desks", "endpoints": 1000}]})";

}  // namespace

TEST_CASE("a deployment compared with itself is identical", "[report][compare][identity]") {
    const Comparison comparison = of(small, small);
    CHECK(comparison.is_identical());
    CHECK(to_text(to_report(comparison, 40)).find("Identical") != std::string::npos);
}

TEST_CASE("a value that is written out as its default changes nothing", "[report][compare]") {
    const Comparison comparison = of(small, R"({"populations": [{"name": "desks",
        "endpoints": 1000, "registration": {"expires_min": 60}}]})");
    CHECK(comparison.is_identical());
}

TEST_CASE("inputs that changed carry both values and who gave them", "[report][compare][table]") {
    const Comparison comparison = of(small, R"({"populations": [{"name": "desks",
        "endpoints": 1500, "registration": {"expires_min": 10}}]})");
    REQUIRE(comparison.inputs.size() == 2);
    const Change* endpoints = change_at(comparison.inputs, "/populations/desks/endpoints");
    REQUIRE(endpoints != nullptr);
    CHECK(*endpoints->difference_number() == 500);
    CHECK(*endpoints->difference_fraction() == Approx(0.5).epsilon(1e-12));
    const Change* expiry =
        change_at(comparison.inputs, "/populations/desks/registration/expires_s");
    REQUIRE(expiry != nullptr);
    CHECK(expiry->a->number_or_zero() == 3600);
    CHECK(expiry->a_origin == "default");
    CHECK(expiry->b->number_or_zero() == 600);
    CHECK(expiry->b_origin == "user");
    const Change* rate = change_at(comparison.results, "/years/2026/demand/registrations_per_s");
    REQUIRE(rate != nullptr);
    // 1500 / 600 s against 1000 / 3600 s: nine times as many
    CHECK(*rate->difference_fraction() == Approx(8).epsilon(1e-12));
}

TEST_CASE("a default that follows from another choice is an input too", "[report][compare]") {
    const Comparison comparison = of(small, R"({"populations": [{"name": "desks",
        "endpoints": 1000, "media": {"codec": "G723"}}]})");
    const Change* ptime = change_at(comparison.inputs, "/populations/desks/media/ptime_s");
    REQUIRE(ptime != nullptr);
    CHECK(ptime->a->number_or_zero() == Approx(0.02).epsilon(1e-12));
    CHECK(ptime->b->number_or_zero() == Approx(0.03).epsilon(1e-12));
    CHECK(ptime->b_origin == "default");
}

TEST_CASE("rows are matched by their name, not by their place", "[report][compare][identity]") {
    const std::string one = R"({"name": "one", "endpoints": 10})";
    const std::string two = R"({"name": "two", "endpoints": 20})";
    const std::string head = R"({"populations": [)";
    CHECK(of(head + one + "," + two + "]}", head + two + "," + one + "]}").inputs.empty());
    const Comparison added = of(head + one + "]}", head + two + "," + one + "]}");
    REQUIRE(added.inputs.size() == 1);
    CHECK(added.inputs.front().path == "/populations/two");
    CHECK_FALSE(added.inputs.front().a);
    const Comparison removed = of(head + two + "," + one + "]}", head + one + "]}");
    CHECK_FALSE(removed.inputs.front().b);
}

TEST_CASE("years, roles and resources are matched by what they are", "[report][compare][table]") {
    const Compared a = report_of(R"("years": [{"year": 2026, "roles": [
        {"role": "proxy", "nodes": 2}, {"role": "registrar", "nodes": 3}]}])");
    const Compared b = report_of(R"("years": [{"year": 2025, "roles": []}, {"year": 2026, "roles": [
        {"role": "registrar", "nodes": 4}, {"role": "proxy", "nodes": 2}]}])");
    const Comparison comparison = compare(a, b, 0);
    REQUIRE(comparison.results.size() == 2);
    CHECK(comparison.results.at(0).path == "/years/2026/roles/registrar/nodes");
    CHECK(*comparison.results.at(0).difference_number() == 1);
    CHECK(comparison.results.at(1).path == "/years/2025");
    CHECK_FALSE(comparison.results.at(1).a);
}

TEST_CASE("the most telling results come first", "[report][compare]") {
    const Compared a = report_of(R"("years": [{"year": 2026, "demand": {"x_per_s": 1}, "roles":
        [{"role": "proxy", "usage": {"cpu_cores": 1}, "nodes": 2}]}],
        "constraints": [{"role": "proxy", "resource": "cpu", "headroom_fraction": 0.5},
                        {"link": "wan", "resource": "bits_per_s", "headroom_fraction": 0.6}])");
    const Compared b = report_of(R"("years": [{"year": 2026, "demand": {"x_per_s": 2}, "roles":
        [{"role": "proxy", "usage": {"cpu_cores": 2}, "nodes": 3}]}],
        "constraints": [{"link": "wan", "resource": "bits_per_s", "headroom_fraction": 0.3},
                        {"role": "proxy", "resource": "cpu", "headroom_fraction": 0.5}])");
    std::vector<std::string> paths;
    for (const Change& change : compare(a, b, 0).results) paths.push_back(change.path);
    CHECK(paths == std::vector<std::string>{"/years/2026/roles/proxy/nodes", "/constraints/0",
                                            "/constraints/wan bits_per_s/headroom_fraction",
                                            "/years/2026/demand/x_per_s",
                                            "/years/2026/roles/proxy/usage/cpu_cores"});
}

TEST_CASE("a tolerance is a part of the larger number", "[report][compare][table]") {
    const Compared a = report_of(R"("years": [{"year": 2026, "endpoints": 100}])");
    const Compared b = report_of(R"("years": [{"year": 2026, "endpoints": 110}])");
    CHECK(compare(a, b, 0.09).results.size() == 1);  // 10 of 110 are 0.0909...
    CHECK(compare(a, b, 0.091).results.empty());
    CHECK(compare(b, a, 0.091).results.empty());
    CHECK_THROWS_AS(compare(a, b, -1), InputError);
    CHECK_THROWS_AS(compare(a, b, 1), InputError);
}

TEST_CASE("a report and the deployment that it was made from are identical",
          "[report][compare][identity]") {
    const std::string report = to_report_json(make_plan(read_deployment(small, "f")));
    CHECK(is_report(report, "r"));
    CHECK_FALSE(is_report(small, "f"));
    CHECK(compare(compared_of_report(report, "r"), side_of(small), 0).is_identical());
}

TEST_CASE("a change from 0 has no percentage, and a year has none", "[report][compare]") {
    const Compared a = report_of(R"("years": [{"year": 2026, "endpoints": 0}], "constraints":
        [{"link": "wan", "resource": "bits_per_s", "exhausted_in": 2028}])");
    const Compared b = report_of(R"("years": [{"year": 2026, "endpoints": 5}], "constraints":
        [{"link": "wan", "resource": "bits_per_s", "exhausted_in": 2027}])");
    const Comparison comparison = compare(a, b, 0);
    REQUIRE(comparison.results.size() == 2);
    for (const Change& change : comparison.results) {
        CHECK(change.difference_number());
        CHECK_FALSE(change.difference_fraction());
    }
}

TEST_CASE("what is no report of this version is refused", "[report][compare][error]") {
    CHECK_THROWS_WITH(
        compared_of_report(R"({"format": "busyhour.report/2", "years": []})", "r.json"),
        Catch::Contains("r.json: /format") && Catch::Contains("busyhour.report/1"));
    CHECK_THROWS_WITH(compared_of_report(R"({"format": "busyhour.report/1"})", "r.json"),
                      Catch::Contains("r.json: /years") && Catch::Contains("is missing"));
    CHECK_THROWS_WITH(compared_of_report(R"([{"format": "busyhour.report/1"}])", "r.json"),
                      Catch::Contains("several reports"));
}

TEST_CASE("a report is checked by its schema before it is compared", "[report][compare][error]") {
    std::string report = to_report_json(make_plan(read_deployment(small, "f")));
    CHECK_NOTHROW(compared_of_report(report, "r.json"));
    const std::string key = "\"growth_factor\": 1";
    const std::size_t at = report.find(key);
    REQUIRE(at != std::string::npos);
    report.replace(at, key.size(), "\"growth_factor\": \"x\"");
    CHECK_THROWS_WITH(
        compared_of_report(report, "r.json"),
        Catch::Contains("r.json: /years/0/growth_factor") && Catch::Contains("must be a number"));
}

TEST_CASE("the defaults of two reports are compared by path and value", "[report][compare]") {
    const auto side = [](const std::string& text) {
        return compared_of_report(to_report_json(make_plan(read_deployment(text, "f"))), "r");
    };
    const Comparison comparison = compare(side(small), side(R"({"populations": [{"name": "desks",
        "endpoints": 1000, "calls": {"holding_time_s": 90}, "media": {"codec": "G723"}}]})"),
                                          1e-9);
    CHECK_FALSE(comparison.has_all_inputs);
    const Change* ptime = change_at(comparison.inputs, "/populations/0/media/ptime_ms");
    REQUIRE(ptime != nullptr);
    CHECK(ptime->a->number_or_zero() == 20);
    CHECK(ptime->b->number_or_zero() == 30);
    const Change* holding = change_at(comparison.inputs, "/populations/0/calls/holding_time_s");
    REQUIRE(holding != nullptr);
    CHECK(holding->a->number_or_zero() == 180);
    CHECK_FALSE(holding->b);  // the user's own, which a report does not carry
    const std::string text = to_text(to_report(comparison, 40));
    CHECK_THAT(text, Catch::Contains("A report carries only the defaults") &&
                         !Catch::Contains("~1") && !Catch::Contains("{...}"));
    CHECK(of(small, small).has_all_inputs);
}

TEST_CASE("what was added is told with its values", "[report][compare]") {
    const Comparison comparison = of(small, R"({"populations": [{"name": "desks",
        "endpoints": 1000}, {"name": "more", "endpoints": 10}]})");
    const std::string text = to_text(to_report(comparison, 40));
    CHECK_THAT(text, Catch::Contains("name more") && Catch::Contains("endpoints 10") &&
                         !Catch::Contains("{...}"));
}
