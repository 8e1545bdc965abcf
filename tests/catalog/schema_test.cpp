#include "busyhour/catalog/schema.h"

#include "busyhour/error.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

using namespace busyhour;

namespace {

Reading read(const std::string& text) {
    return read_by_schema(parse_json(text, "f"), "deployment");
}

/// A deployment of one population with these members.
Reading read_population(const std::string& members) {
    return read("{\"populations\": [{\"endpoints\": 10, " + members + "}]}");
}

std::vector<std::string> lines_of(const Reading& reading) {
    std::vector<std::string> lines;
    for (const Problem& problem : reading.problems) lines.push_back(to_line(problem));
    return lines;
}

const Json& member_of(const Json& value, const std::string& key) {
    if (value.array() != nullptr) return value.items().at(std::stoul(key));
    for (const JsonMember& member : value.members()) {
        if (member.key == key) return member.value;
    }
    throw std::runtime_error("no member " + key);
}

const Json& at(const Json& value, const std::vector<std::string>& path) {
    const Json* here = &value;
    for (const std::string& key : path) here = &member_of(*here, key);
    return *here;
}

std::string text_at(const Json& value, const std::vector<std::string>& path) {
    const std::string* text = at(value, path).text();
    return text == nullptr ? "no text" : *text;
}

bool has_key_that_starts(const Json& value, const std::string& prefix) {
    for (const JsonMember& member : value.members()) {
        if (member.key.rfind(prefix, 0) == 0 || has_key_that_starts(member.value, prefix)) {
            return true;
        }
    }
    return std::any_of(value.items().begin(), value.items().end(),
                       [&](const Json& item) { return has_key_that_starts(item, prefix); });
}

}  // namespace

TEST_CASE("an unknown key is refused with the nearest known one", "[catalog][schema][error]") {
    const Reading reading = read(R"({"populations": [{"endpoint": 5}]})");
    REQUIRE(reading.problems.size() == 2);
    CHECK(lines_of(reading)[0] ==
          "/populations/0/endpoint: unknown key; did you mean \"endpoints\"?");
    CHECK_THAT(lines_of(reading)[1], Catch::StartsWith("/populations/0/endpoints: is missing; "));
}

TEST_CASE("a value of the wrong type is refused with the right one", "[catalog][schema][error]") {
    struct Row {
        const char* members;
        const char* line;
    };
    const Row rows[] = {
        {R"("transport": 5)", "/populations/0/transport: must be a string, is 5"},
        {R"("calls": [])", "/populations/0/calls: must be an object, is an array"},
        {R"("subscriptions": {})", "/populations/0/subscriptions: must be an array, is an object"},
        {R"("media": {"rtcp_mux": 1})", "/populations/0/media/rtcp_mux: must be a boolean, is 1"},
        {R"("calls": {"holding_time_s": "180"})",
         "/populations/0/calls/holding_time_s: must be a number, is \"180\"; write it without "
         "quotes"},
        {R"("calls": {"holding_time_s": null})",
         "/populations/0/calls/holding_time_s: must be a number, is null"},
    };
    for (const Row& row : rows) {
        const Reading reading = read_population(row.members);
        REQUIRE(reading.problems.size() == 1);
        CHECK(lines_of(reading)[0] == row.line);
    }
    CHECK(lines_of(read(R"({"populations": [{"endpoints": 1.5}]})")).front() ==
          "/populations/0/endpoints: must be an integer, is 1.5");
    CHECK(read("[]").problems.size() == 1);
    CHECK(read("null").problems.size() == 1);
}

TEST_CASE("a word that is not allowed is refused with those that are", "[catalog][schema][error]") {
    const std::string line = lines_of(read_population(R"("transport": "tsl")")).front();
    CHECK_THAT(line, Catch::Contains("must be one of udp, tcp, tls, wss, is \"tsl\"") &&
                         Catch::Contains("did you mean \"tls\"?"));
}

TEST_CASE("two units of one quantity are refused", "[catalog][schema][error]") {
    const Reading reading =
        read_population(R"("registration": {"expires_s": 3600, "expires_min": 60})");
    REQUIRE(reading.problems.size() == 1);
    CHECK(lines_of(reading)[0] ==
          "/populations/0/registration/expires_min: \"expires_s\" and \"expires_min\" give the "
          "same quantity; keep one of them");
    CHECK(read_population(R"("calls": {"answered_percent": 50, "answered_fraction": 0.5})")
              .problems.size() == 1);
    CHECK(read_population(R"("media": {"ptime_ms": 20, "ptime_s": 0.02})").problems.size() == 1);
}

TEST_CASE("a number may be written in any unit of its family", "[catalog][schema][table]") {
    struct Row {
        const char* members;
        std::vector<std::string> path;
        double value;
    };
    const Row rows[] = {
        {R"("calls": {"holding_time_min": 3})", {"calls", "holding_time_s"}, 180},
        {R"("calls": {"holding_time_ms": 1500})", {"calls", "holding_time_s"}, 1.5},
        {R"("registration": {"expires_h": 1})", {"registration", "expires_s"}, 3600},
        {R"("registration": {"refresh_percent": 50})", {"registration", "refresh_fraction"}, 0.5},
        {R"("media": {"ptime_ms": 20})", {"media", "ptime_s"}, 0.02},
        {R"("media": {"ptime_s": 0.02})", {"media", "ptime_s"}, 0.02},
        {R"("media": {"bit_rate_kbits_per_s": 12.2})", {"media", "bit_rate_bits_per_s"}, 12200},
        {R"("tls": {"reconnects_per_endpoint_per_h": 36})",
         {"tls", "reconnects_per_endpoint_per_s"},
         0.01},
    };
    for (const Row& row : rows) {
        CAPTURE(row.members);
        const Reading reading = read_population(row.members);
        CHECK(reading.problems.empty());
        CHECK(at(at(reading.value, {"populations", "0"}), row.path).number_or_zero() ==
              Approx(row.value).epsilon(1e-15));
    }
}

TEST_CASE("ranges hold in every unit", "[catalog][schema][error]") {
    struct Row {
        const char* members;
        std::size_t problems;
    };
    const Row rows[] = {
        {R"("calls": {"holding_time_h": 24})", 0},  // at most 86400 s
        {R"("calls": {"holding_time_h": 24.01})", 1},
        {R"("calls": {"holding_time_ms": -1})", 1},
        {R"("calls": {"answered_percent": 100})", 0},
        {R"("calls": {"answered_percent": 101})", 1},
        {R"("media": {"ptime_s": 1})", 0},  // at most 1000 ms
        {R"("media": {"ptime_s": 1.001})", 1},
        {R"("media": {"ptime_ms": 0})", 1},
        {R"("registration": {"expires_s": 0})", 1},  // more than 0
        {R"("registration": {"expires_ms": 0})", 1},
        {R"("registration": {"refresh_percent": 0})", 1},
    };
    for (const Row& row : rows) {
        CAPTURE(row.members);
        CHECK(read_population(row.members).problems.size() == row.problems);
    }
    CHECK(read(R"({"populations": [{"endpoints": 1}], "growth": {"rate_fraction_per_year": -1}})")
              .problems.size() == 1);
    CHECK(read(R"({"populations": [{"endpoints": 1}],
                   "policy": {"target_utilisation_percent": 100}})")
              .problems.size() == 1);
    CHECK(read(R"({"populations": [{"endpoints": 0}]})").problems.size() == 1);
    CHECK(read(R"({"populations": []})").problems.size() == 1);
}

TEST_CASE("every fault is found at once", "[catalog][schema][error]") {
    const Reading reading = read(R"({"nam": "x", "start_year": 1800,
        "populations": [{"endpoints": 0, "transport": "ftp", "calls": {"holding_time_s": -1}},
                        {}, 5]})");
    std::vector<std::string> places;
    for (const Problem& problem : reading.problems) places.push_back(problem.where);
    for (const std::string place :
         {"/nam", "/start_year", "/populations/0/endpoints", "/populations/0/transport",
          "/populations/0/calls/holding_time_s", "/populations/1/endpoints", "/populations/2"}) {
        CAPTURE(place);
        CHECK(std::count(places.begin(), places.end(), place) == 1);
    }
    CHECK(places.size() == 7);
}

TEST_CASE("what is left out has its default", "[catalog][schema]") {
    const Reading reading = read(R"({"populations": [{"endpoints": 10}]})");
    REQUIRE(reading.problems.empty());
    CHECK(at(reading.value, {"populations", "0", "registration", "expires_s"}).number_or_zero() ==
          3600);
    CHECK(text_at(reading.value, {"populations", "0", "media", "codec"}) == "PCMU");
}

TEST_CASE("assumptions name path, value and who stands behind it", "[catalog][schema]") {
    const Reading reading = read(R"({"populations": [{"endpoints": 10}]})");
    bool has_expires = false;
    for (const Assumption& assumption : reading.assumptions) {
        CAPTURE(assumption.path);
        CHECK(assumption.origin == "default");
        CHECK_FALSE(assumption.source.empty());
        CHECK(assumption.path.front() == '/');
        if (assumption.path != "/populations/0/registration/expires_s") continue;
        has_expires = true;
        CHECK(assumption.value.number_or_zero() == 3600);
        CHECK(assumption.source == "rfc3261");  // RFC 3261 10.2: an hour where nothing is proposed
    }
    CHECK(has_expires);
}

TEST_CASE("what the user gives is no assumption, in any unit", "[catalog][schema]") {
    const Reading reading =
        read_population(R"("registration": {"expires_h": 1}, "calls": {"answered_percent": 80})");
    for (const Assumption& assumption : reading.assumptions) {
        CHECK(assumption.path.find("registration/expires_s") == std::string::npos);
        CHECK(assumption.path.find("answered") == std::string::npos);
    }
}

TEST_CASE("the published schema spells out every unit with its limits", "[catalog][schema]") {
    const Json schema = published_schema("deployment");
    const Json& calls = at(schema, {"properties", "populations", "items", "properties", "calls"});
    const Json& properties = at(calls, {"properties"});
    // 86400 s are 24 h, 1440 min and 86400000 ms; the default of 180 s is 3 min.
    const auto maximum = [&](std::string_view name) {  // of a number, or of a range's end
        const Json& forms = at(properties, {std::string(name), "anyOf"});
        const Json& number = forms.items().at(0);
        const Json& high = at(forms.items().at(1), {"properties", "high"});
        CHECK(to_json_text(number) == to_json_text(high));
        return at(number, {"maximum"}).number_or_zero();
    };
    CHECK(maximum("holding_time_s") == 86400);
    CHECK(maximum("holding_time_h") == 24);
    CHECK(maximum("holding_time_min") == 1440);
    CHECK(maximum("holding_time_ms") == 86400000);
    CHECK(at(properties, {"holding_time_min", "default"}).number_or_zero() == 3);
    CHECK(maximum("answered_percent") == 100);
    const Json& link =
        at(schema, {"properties", "network", "properties", "links", "items", "properties"});
    for (const std::string name :
         {"rate_bits_per_s", "rate_kbits_per_s", "rate_mbits_per_s", "rate_gbits_per_s"}) {
        CHECK(link.find(name) != nullptr);
    }
    CHECK(at(schema, {"properties", "growth", "properties"}).find("rate_fraction_per_year"));
    CHECK(at(calls, {"additionalProperties"}).boolean() != nullptr);
    // Of four units of time only one may stand: each forbids those behind it.
    const Json& rules = at(calls, {"dependentSchemas"});
    CHECK(to_json_text(at(rules, {"holding_time_s"})) ==
          R"({"properties":{"holding_time_ms":false,"holding_time_min":false,)"
          R"("holding_time_h":false}})");
    CHECK(to_json_text(at(rules, {"holding_time_min"})) ==
          R"({"properties":{"holding_time_h":false}})");
    CHECK(rules.find("holding_time_h") == nullptr);
}

TEST_CASE("published schemas carry no words of our own", "[catalog][schema]") {
    for (const std::string& name : schema_names()) {
        CAPTURE(name);
        const Json schema = published_schema(name);
        CHECK_FALSE(has_key_that_starts(schema, "x-"));
        CHECK(text_at(schema, {"$schema"}) == "https://json-schema.org/draft/2020-12/schema");
    }
    CHECK_THROWS_WITH(published_schema("deploymnt"), Catch::Contains("\"deployment\""));
}

TEST_CASE("schema rows name every key with its default and source", "[catalog][schema]") {
    const std::vector<SchemaRow> rows = schema_rows("deployment");
    const auto row_of = [&](const std::string& path) {
        const auto found = std::find_if(rows.begin(), rows.end(),
                                        [&](const SchemaRow& row) { return row.path == path; });
        REQUIRE(found != rows.end());
        return *found;
    };
    CHECK(row_of("populations[].endpoints").value == "required");
    CHECK(row_of("populations[].calls.holding_time_s").value == "180");
    CHECK(row_of("populations[].registration.expires_s").source == "rfc3261");
    CHECK(row_of("populations[].transport").type == "udp | tcp | tls | wss");
    for (const SchemaRow& row : rows) {
        CAPTURE(row.path);
        CHECK_FALSE(row.meaning.empty());
    }
}
