#include "busyhour/plan/call_log.h"

#include "busyhour/error.h"

#include <catch2/catch.hpp>

using namespace busyhour;

namespace {

CallLog read(std::string_view text, double utc_offset_s = 0) {
    return read_call_log(text, "log.csv", utc_offset_s);
}

std::vector<std::string> faults(std::string_view text) {
    std::vector<std::string> lines;
    try {
        read(text);
    } catch (const InputError& error) {
        for (const Problem& problem : error.problems()) lines.push_back(to_line(problem));
    }
    return lines;
}

bool is_refused_at(const std::string& text, const std::string& place) {
    const auto lines = faults(text);
    return lines.size() == 1 && lines.front().starts_with(place);
}

}  // namespace

TEST_CASE("a start is seconds since 1970 or a date and the clock's time", "[plan][call_log]") {
    // date -u -d '2026-03-02 09:15:00' +%s
    constexpr double expected_s = 1772442900;
    for (const char* start :
         {"1772442900", "2026-03-02 09:15:00", "2026-03-02T09:15:00Z", "2026-03-02 09:15",
          "2026-03-02T09:15:00+01:00", "2026-03-02 09:15:00-0800", "2026-03-02T09:15:00.000"}) {
        CAPTURE(start);
        const CallLog log = read(std::string("start,duration_s\n") + start + ",60\n");
        REQUIRE(log.records.size() == 1);
        CHECK(log.records.front().start_s == expected_s);
    }
    CHECK(read("start,duration_s\n1772442900,60\n", 3600).records.front().start_s ==
          expected_s + 3600);
    CHECK(read("start,duration_s\n2026-03-02 09:15,60\n", 3600).records.front().start_s ==
          expected_s);
    CHECK(read("start,duration_s\n1970-01-01 00:00:01.5,60\n").records.front().start_s == 1.5);
    CHECK(read("start,duration_s\n2024-02-29 00:00:00,60\n").records.front().start_s == 1709164800);
}

TEST_CASE("durations are read in the unit of their column", "[plan][call_log]") {
    CHECK(read("start,duration_ms\n1,1500\n").records.front().duration_s == 1.5);
    CHECK(read("Start,Duration_Min\n1,3\n").records.front().duration_s == 180);
}

TEST_CASE("a call is answered as its column says, else where it lasted", "[plan][call_log]") {
    const CallLog log = read(
        "answered;start;duration_s\n1;1;5\n0;1;5\nANSWERED;1;5\nNO "
        "ANSWER;1;5\nBusy;1;0\nyes;1;0\n");
    CHECK(log.has_answered_column);
    const std::vector<bool> expected{true, false, true, false, false, true};
    REQUIRE(log.records.size() == expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
        CHECK(log.records[i].is_answered == expected[i]);
    }
    const CallLog bare = read("start,duration_s\n1,0\n1,5\n");
    CHECK_FALSE(bare.has_answered_column);
    CHECK_FALSE(bare.records[0].is_answered);
    CHECK(bare.records[1].is_answered);
}

TEST_CASE("columns of no use are named", "[plan][call_log]") {
    const CallLog log = read("src,start,dst,duration_s\na,1,b,2\n");
    CHECK(log.unused_columns == std::vector<std::string>{"src", "dst"});
}

TEST_CASE("each wrong cell is told with its place", "[plan][call_log][error]") {
    const auto lines = faults("start,duration_s,answered\nx,-1,maybe\n1,1,1\n1,86401,1\n");
    REQUIRE(lines.size() == 4);
    CHECK(lines[0].starts_with("log.csv:2:1: must be a time, is \"x\""));
    CHECK(lines[1].starts_with("log.csv:2:2: must be a duration of 0 to 86400 s, is \"-1\""));
    CHECK(lines[2].starts_with("log.csv:2:3: must be 1 or 0, is \"maybe\""));
    CHECK(lines[3].starts_with("log.csv:4:2: must be a duration"));
    for (const char* start :
         {"", "-1", "inf", "nan", "1e99", "1772442900000", "2026-13-02 09:15", "2026-02-30 09:15",
          "2026-03-02", "2026-03-02 24:00", "2026-03-02 09:60", "2026-03-02 09:15:61",
          "2026-03-02 09:15:00 PM", "2026-03-02T09:15:00+1", "02/03/2026 09:15", "2026-3-2 09:15",
          "2026-03-02 09:15:", "2026--3-02 09:15"}) {
        CAPTURE(start);
        CHECK(is_refused_at(std::string("start,duration_s\n\"") + start + "\",60\n",
                            "log.csv:2:1: must be a time"));
    }
}

TEST_CASE("a log without the columns or without a call is refused", "[plan][call_log][error]") {
    CHECK(faults("begin,length\n1,2\n").size() == 2);
    CHECK(is_refused_at("start,duratoin_s\n1,2\n", "log.csv:1: has no column duration_s; is it"));
    CHECK(is_refused_at("start,duration_s\n", "log.csv: has no row"));
    CHECK(is_refused_at("start,duration_s,duration_ms\n1,2,3\n", "log.csv:1: has two columns"));
    std::string text = "start,duration_s\n";
    for (int i = 0; i < 1000; ++i) text += "x,1\n";
    CHECK(faults(text).size() == 51);
}
