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
