#include "busyhour/plan/finding_names.h"

#include "busyhour/plan/plan.h"
#include "support/file_text.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <filesystem>
#include <regex>
#include <set>

using namespace busyhour;

namespace {

/// The ids in assignments to `.id` in the library's sources.
std::set<std::string> ids_in_sources() {
    std::set<std::string> ids;
    const std::regex assignment(R"(\.id =([^,;]*))");
    const std::regex word("[?:]? \"([a-z0-9-]+)\"(?! *\\?)");
    const auto folder = std::filesystem::path(BUSYHOUR_SOURCE_DIR) / "lib" / "busyhour" / "plan";
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        if (entry.path().extension() != ".cpp") continue;
        const std::string text = file_text(entry.path());
        for (std::sregex_iterator it(text.begin(), text.end(), assignment), end; it != end; ++it) {
            const std::string value = (*it)[1];
            for (std::sregex_iterator id(value.begin(), value.end(), word); id != end; ++id) {
                ids.insert((*id)[1]);
            }
        }
    }
    return ids;
}

}  // namespace

TEST_CASE("the table of findings names those of the sources, and no other", "[plan][findings]") {
    const std::vector<std::string> table = finding_ids();
    CHECK(std::is_sorted(table.begin(), table.end()));
    CHECK(std::set<std::string>(table.begin(), table.end()) == ids_in_sources());
}

TEST_CASE("every finding of the examples is in the table", "[plan][findings]") {
    const std::vector<std::string> table = finding_ids();
    int plans = 0;
    const auto folder = std::filesystem::path(BUSYHOUR_SOURCE_DIR) / "examples";
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        if (entry.path().extension() != ".json") continue;
        const Plan plan =
            make_plan(read_deployment(file_text(entry.path()), entry.path().filename().string()));
        ++plans;
        for (const Finding& finding : plan.findings) {
            INFO(finding.id);
            CHECK(std::find(table.begin(), table.end(), finding.id) != table.end());
        }
    }
    CHECK(plans >= 5);
}
