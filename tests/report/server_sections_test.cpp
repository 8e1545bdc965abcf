#include "busyhour/report/plan_report.h"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace busyhour;

namespace {

Report report_of(const std::string& rest) {
    return to_report(make_plan(
        read_deployment(R"({"populations": [{"endpoints": 100000}])" + rest + "}", "test")));
}

bool has_section(const Report& report, const std::string& begin) {
    return std::any_of(report.sections.begin(), report.sections.end(),
                       [&](const Section& section) { return section.title.starts_with(begin); });
}

}  // namespace

TEST_CASE("replication and unwanted traffic are told only where they are", "[report]") {
    CHECK_FALSE(has_section(report_of(""), "REPLICATION"));
    CHECK_FALSE(has_section(report_of(""), "UNWANTED"));
    CHECK(has_section(report_of(R"(, "roles": {"registrar": {"replication": "dmq_usrloc"}})"),
                      "REPLICATION"));
    CHECK(has_section(report_of(R"(, "unwanted": [{}])"), "UNWANTED"));
}

TEST_CASE("every row of a report's table has its columns", "[report]") {
    const Report report = report_of(
        R"(, "roles": {"registrar": {"replication": "dmq_usrloc"}}, "unwanted": [{}, {"name": "flood"}])");
    for (const Section& section : report.sections) {
        for (const Table& table : section.tables) {
            for (const auto& row : table.rows) CHECK(row.size() == table.columns.size());
        }
    }
}

TEST_CASE("a block list that costs more says so and why", "[report]") {
    const auto text = [](const std::string& sender) {
        return to_text(report_of(R"(, "unwanted": [{"name": "scan", "requests_per_s": 900,
            "handling": "challenged", "sender": ")" +
                                 sender + "\"}]"));
    };
    CHECK_THAT(text("rfc3261"), Catch::Contains("costs 0.0210 more") &&
                                    Catch::Contains("repeats dropped") &&
                                    !Catch::Contains("-0.0210"));
    CHECK_THAT(text("one_shot"), !Catch::Contains("repeats dropped"));
}

TEST_CASE("flows are told by population where there are several", "[report]") {
    const auto text = [](const std::string& populations) {
        return to_text(to_report(
            make_plan(read_deployment(R"({"populations": [)" + populations + "]}", "f"))));
    };
    const std::string desks = R"({"name": "desks", "endpoints": 1000})";
    const std::string home = R"(, {"name": "home", "endpoints": 9, "media": {"codec": "G729"}})";
    CHECK_THAT(text(desks), !Catch::Contains("desks: endpoint"));
    CHECK_THAT(text(desks + home),
               Catch::Contains("desks: endpoint") && Catch::Contains("home: endpoint"));
}

TEST_CASE("the refresh wave names the populations that it covers", "[report]") {
    const auto text = [](const std::string& populations) {
        return to_text(to_report(
            make_plan(read_deployment(R"({"populations": [)" + populations + "]}", "f"))));
    };
    const std::string desks = R"({"name": "desks", "endpoints": 90000})";
    const std::string home =
        R"(, {"name": "home", "endpoints": 6000, "registration": {"expires_s": 600}})";
    CHECK_THAT(text(desks), !Catch::Contains("Left out of it"));
    // 6000 / 600 s
    CHECK_THAT(text(desks + home), Catch::Contains("The wave is that of \"desks\"") &&
                                       Catch::Contains("\"home\" (expiry 600 s)") &&
                                       Catch::Contains("10/s on average"));
}
