#include "busyhour/plan/plan.h"
#include "busyhour/report/plan_report.h"
#include "support/file_text.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstddef>
#include <set>
#include <sstream>
#include <string>
#include <vector>

using namespace busyhour;

namespace {

std::vector<std::string> lines_of(const std::string& text) {
    std::istringstream rest(text);
    std::vector<std::string> lines;
    for (std::string line; std::getline(rest, line);) lines.push_back(line);
    return lines;
}

/// Columns of UTF-8 text: octets that do not continue a code point.
std::size_t columns_of(const std::string& line) {
    return static_cast<std::size_t>(std::count_if(line.begin(), line.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
    }));
}

void check_width(const std::string& text, std::size_t width) {
    for (const std::string& line : lines_of(text)) {
        CAPTURE(line);
        CHECK(columns_of(line) <= width);
        CHECK((line.empty() || line.back() != ' '));
    }
}

Report report_of(const std::string& text) {
    return to_report(make_plan(read_deployment(text, "f")));
}

const std::string everything = R"({"name": "Everything at once, with a name of some length",
    "horizon_years": 30, "growth": {"rate_percent_per_year": 3},
    "populations": [
      {"name": "phones of the northern branch offices", "site": "branch-office-north",
       "endpoints": 123456, "transport": "tls", "tls": {"connection": "per_transaction"},
       "keepalive": {"method": "crlf"}, "subscriptions": [{}],
       "media": {"codec": "AMR-WB", "encryption": "dtls"}},
      {"endpoints": 7654321, "media": {"codec": "opus", "transcode_to": "PCMU"}}],
    "roles": {"registrar": {"replication": "dmq_usrloc"}, "proxy": {"nodes": 1},
              "media_relay": {"nodes": 100}},
    "network": {"layers": ["ethernet", "vlan", "ipsec_esp_tunnel", "ipv4"],
                "links": [{"name": "a-link-with-a-rather-long-name", "rate_mbits_per_s": 10}],
                "firewalls": [{"name": "edge", "packets_per_s_max": 1000, "sessions_max": 10,
                               "udp_timeout_s": 30}]},
    "trunks": [{"name": "pstn", "channels_max": 10}]})";

}  // namespace

TEST_CASE("no line of a report is longer than 100 columns", "[report][text]") {
    check_width(to_text(report_of(R"({"populations": [{"endpoints": 1}]})")), 100);
    check_width(to_text(report_of(R"({"populations": [{"endpoints": 100000000,
        "calls": {"busy_hour_attempts_per_endpoint": 0}}],
        "roles": {"registrar": {"replication": "dmq_usrloc"}}})")),
                100);
    check_width(to_text(report_of(everything)), 100);
    check_width(to_text(report_of(file_text(BUSYHOUR_SOURCE_DIR "/examples/enterprise-100k.json"))),
                100);
}

TEST_CASE("long words aside, a table fits where its words do", "[report][text]") {
    const Table table{
        .columns = {{"key"}, {"value", Align::right}, {"meaning"}},
        .rows = {{"a key of several words", "1,234", "what it means, in many words"}}};
    const Report report{.title = "t", .sections = {{"s", {}, {table}, {}}}};
    for (std::size_t width = 30; width <= 100; ++width) {
        CAPTURE(width);
        check_width(to_text(report, false, width), width);
    }
}

TEST_CASE("a report keeps every word of its cells when it wraps", "[report][text][identity]") {
    const std::string words = "one two three four five six seven eight nine ten";
    const Report report{
        .title = "t",
        .sections = {{"s", {words}, {{.columns = {{"a"}}, .rows = {{words}}}}, {words}}}};
    for (const std::size_t width : {std::size_t{12}, std::size_t{20}, std::size_t{100}}) {
        std::istringstream rest(to_text(report, false, width));
        std::size_t found = 0;
        for (std::string word; rest >> word;) found += word == "seven" || word == "ten" ? 1U : 0U;
        CHECK(found == 6);
    }
}

TEST_CASE("right-aligned columns end together", "[report][text][table]") {
    const Report report{.title = "t",
                        .sections = {{"s",
                                      {},
                                      {{.columns = {{"name"}, {"n", Align::right}},
                                        .rows = {{"a", "1"}, {"b", "100"}}}},
                                      {}}}};
    CHECK(to_text(report) == "t\n\ns\n  name    n\n  ----  ---\n  a       1\n  b     100\n");
}

TEST_CASE("headings are bold on request only", "[report][text]") {
    const Report report{.title = "t", .sections = {{"s", {"p"}, {}, {}}}};
    CHECK(to_text(report, true).find("\x1b[1mt\x1b[0m") == 0);
    CHECK(to_text(report).find('\x1b') == std::string::npos);
}

TEST_CASE("the report answers first and names what it rests on", "[report][text]") {
    const std::string text = to_text(report_of(R"({"name": "N", "populations": [
        {"endpoints": 100000}], "growth": {"rate_percent_per_year": 12}})"));
    std::size_t last = 0;
    for (const std::string title : {"N: sizing report", "ANSWER", "CONSTRAINTS", "DEMAND",
                                    "TRANSPORTS", "FINDINGS", "ASSUMPTIONS", "MODELS"}) {
        CAPTURE(title);
        const std::size_t at = text.find("\n" + title);
        CHECK((title[0] == 'N' || at != std::string::npos));
        CHECK((title[0] == 'N' || at > last));
        if (title[0] != 'N') last = at;
    }
    CHECK_THAT(text, Catch::StartsWith("N: sizing report"));
    CHECK_THAT(text, Catch::Contains("27.78") && Catch::Contains("45") &&
                         Catch::Contains("5,000") && Catch::Contains("100,000 endpoints"));
}

TEST_CASE("rows for spreadsheets have every section of the report", "[report][csv]") {
    const Table rows = to_rows(make_plan(read_deployment(
        R"({"populations": [{"endpoints": 100000, "site": "a"}],
            "roles": {"registrar": {"nodes": 3, "replication": "dmq_usrloc",
                                    "vcpu_overcommit_ratio": 2}},
            "unwanted": [{"name": "scan", "requests_per_s": 10}],
            "network": {"links": [{"name": "l", "packets_per_s_max": 1e6}],
                        "firewalls": [{"name": "w", "sessions_max": 1e6}]},
            "trunks": [{"name": "t", "channels_max": 9000}]})",
        "f")));
    std::set<std::string> sections;
    for (const auto& row : rows.rows) sections.insert(row[1]);
    CHECK(sections == std::set<std::string>{"assumption", "capacity", "constraint", "demand",
                                            "finding", "firewall", "hop", "host", "link",
                                            "oversubscription", "quality", "replication", "role",
                                            "setting", "storm", "transport", "trunk", "unwanted"});
    const auto has = [&](const std::string& name, const std::string& metric) {
        return std::any_of(rows.rows.begin(), rows.rows.end(),
                           [&](const auto& row) { return row[2] == name && row[3] == metric; });
    };
    CHECK(has("trunk t: channels", "largest_multiple"));
    CHECK(has("w", "sessions_headroom_fraction"));
    CHECK(has("/populations/0/registration/expires_s", "rfc3261"));
}

TEST_CASE("rows for spreadsheets have every year and every digit", "[report][csv]") {
    const Table rows = to_rows(make_plan(
        read_deployment(R"({"populations": [{"endpoints": 100000}], "horizon_years": 2})", "f")));
    REQUIRE(rows.columns.size() == 5);
    std::vector<std::string> years;
    bool has_rate = false;
    for (const auto& row : rows.rows) {
        REQUIRE(row.size() == 5);
        if (row[3] == "endpoints") years.push_back(row[0]);
        CHECK_FALSE(row[4].empty());
        if (row[1] != "demand" || row[4].empty()) continue;
        // 100000 / 3600 to the last digit
        has_rate = has_rate || std::stod(row[4]) == 100000.0 / 3600;
    }
    CHECK(years == std::vector<std::string>{"2026", "2027", "2028"});
    CHECK(has_rate);
}
