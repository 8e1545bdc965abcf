#include "busyhour/plan/uncertainty.h"

#include "busyhour/catalog/schema.h"
#include "busyhour/error.h"
#include "busyhour/model/random.h"
#include "busyhour/plan/plan.h"
#include "busyhour/report/plan_json.h"
#include "busyhour/unit.h"

#include <catch2/catch.hpp>

#include <cmath>
#include <string>

using namespace busyhour;

namespace {

/// Server models without a band: nothing but the deployment's ranges is uncertain.
constexpr auto sure_models = R"("models": {
    "servers": {"kamailio": {"band": {"low_factor": 1, "high_factor": 1}},
                "rtpengine": {"band": {"low_factor": 1, "high_factor": 1}}}})";

PlanInput input_of(const std::string& text) {
    return read_deployment("{" + text + ", " + sure_models + "}", "f");
}

Uncertainty drawn(const PlanInput& input, const DrawOptions& options = {.draws_number = 1000}) {
    return draw_plan(input, make_plan(input), options);
}

const Json& number_at_pointer(const Json& report, const std::string& pointer) {
    const Json* at = &report;
    for (std::size_t start = 1; start <= pointer.size();) {
        const std::size_t end = std::min(pointer.find('/', start), pointer.size());
        const std::string token = pointer.substr(start, end - start);
        at = at->array() != nullptr ? &at->items().at(std::stoul(token)) : at->find(token);
        REQUIRE(at != nullptr);
        start = end + 1;
    }
    return *at;
}

const Band& band_of(const Uncertainty& uncertainty, const std::string& path) {
    for (const Band& band : uncertainty.bands) {
        if (band.path == path) return band;
    }
    throw std::runtime_error("no band " + path);
}

}  // namespace

TEST_CASE("a draw that no number of nodes carries leaves no mark on others",
          "[plan][uncertainty]") {
    // All contacts lie on each node: more nodes do not help where memory is full.
    const PlanInput input = input_of(
        R"("populations": [{"endpoints": {"low": 3e6, "likely": 3.5e6, "high": 9e6},
                            "calls": {"busy_hour_attempts_per_endpoint": 0.02},
                            "media": {"relayed_fraction": 0}}], "horizon_years": 0,
           "roles": {"registrar": {"replication": "dmq_usrloc", "host": "raspberry-pi-4"}})");
    const Uncertainty uncertainty =
        draw_plan(input, make_plan(input), {.draws_number = 1000, .interval_fraction = 0.98});
    const Band& nodes = band_of(uncertainty, "/years/0/roles/0/nodes");
    CHECK(nodes.low_number == 2);
    CHECK(nodes.high_number > 60000);  // none suffices: as many as are tried, 65536
}

TEST_CASE("draws of what is certain are the plan itself", "[plan][uncertainty][identity]") {
    for (const std::string text : {
             R"("populations": [{"endpoints": {"low": 50000, "likely": 50000, "high": 50000}}],
                "growth": {"rate_percent_per_year": 10},
                "network": {"links": [{"name": "l", "rate_mbits_per_s": 500}],
                            "firewalls": [{"name": "w", "sessions_max": 1e6, "udp_timeout_s": 60}]},
                "trunks": [{"name": "t", "channels_max": 1500}])",
             R"("populations": [{"endpoints": 20000, "transport": "tls", "registration":
                    {"authentication": "digest", "expires_s": 300}}],
                "policy": {"redundancy": "2n"}, "roles": {"edge_proxy": {}})",
             R"("populations": [{"endpoints": 30000}], "policy": {"redundancy": "n+2"},
                "roles": {"registrar": {"replication": "dmq_usrloc"},
                          "media_relay": {"nodes": 4}})",
             R"("populations": [{"endpoints": 9000, "site": "a"}, {"endpoints": 4000, "site": "b",
                    "media": {"relayed_fraction": 0.5}}], "policy": {"redundancy": "none"},
                "network": {"links": [{"name": "l", "site": "b"}]})"}) {
        const PlanInput input = input_of(text);
        const Plan plan = make_plan(input);
        const Json report = parse_json(to_report_json(plan), "report");
        const Uncertainty uncertainty = draw_plan(input, plan, {.draws_number = 1000});
        for (const Band& band : uncertainty.bands) {
            if (band.path.ends_with("/replication_packets_per_s")) continue;
            const double planned = number_at_pointer(report, band.path).number_or_zero();
            INFO(band.path << " in " << text);
            const bool is_exact =
                band.path.ends_with("/nodes") || band.path.ends_with("/endpoints");
            // A peak is one count off at most, of which one carries planned / peak.
            const double allowed = is_exact ? 0.5 : std::max(1.0, 0.02 * planned);
            CHECK(band.median_number == Approx(planned).margin(allowed).epsilon(0));
            CHECK(band.low_number == band.high_number);
        }
        for (const Swing& swing : uncertainty.swings) {
            CHECK(swing.fill_low_fraction == swing.fill_high_fraction);
        }
    }
}

TEST_CASE("one uncertain input spreads as its triangle", "[plan][uncertainty][identity]") {
    const PlanInput input = input_of(
        R"("populations": [{"endpoints": {"low": 10000, "likely": 20000, "high": 60000}}])");
    const Uncertainty uncertainty = drawn(input, {.draws_number = 20000});
    const Band& endpoints = band_of(uncertainty, "/years/0/endpoints");
    const Triangle triangle{10000, 20000, 60000};
    // The standard error of a quantile of 20,000 draws is below 1 % of the range here.
    constexpr double allowed = 500;
    CHECK(endpoints.low_number ==
          Approx(triangular_quantile(triangle, 0.05)).margin(allowed).epsilon(0));
    CHECK(endpoints.median_number ==
          Approx(triangular_quantile(triangle, 0.5)).margin(allowed).epsilon(0));
    CHECK(endpoints.high_number ==
          Approx(triangular_quantile(triangle, 0.95)).margin(allowed).epsilon(0));
    const Band& rate = band_of(uncertainty, "/years/0/demand/registrations_per_s");
    CHECK(rate.median_number == Approx(endpoints.median_number / 3600).epsilon(2e-3));
}

TEST_CASE("the seed decides the draws", "[plan][uncertainty][identity]") {
    const PlanInput input = input_of(
        R"("populations": [{"endpoints": {"low": 10000, "likely": 20000, "high": 60000}}])");
    const auto low = [&](std::uint64_t seed) {
        const Uncertainty uncertainty = drawn(input, {.draws_number = 1000, .seed = seed});
        return band_of(uncertainty, "/years/0/endpoints").low_number;
    };
    CHECK(low(1) == low(1));
    CHECK(low(1) != low(2));
}

TEST_CASE("growth makes exceeding a limit more likely", "[plan][uncertainty][identity]") {
    const PlanInput input = input_of(
        R"("populations": [{"endpoints": {"low": 8000, "likely": 10000, "high": 20000}}],
           "growth": {"rate_percent_per_year": {"low": 0, "likely": 10, "high": 20}},
           "trunks": [{"name": "t", "channels_max": 320}])");
    const Uncertainty uncertainty = drawn(input, {.draws_number = 2000});
    REQUIRE(!uncertainty.risks.empty());
    for (const Risk& risk : uncertainty.risks) {
        for (std::size_t i = 1; i < risk.probabilities.size(); ++i) {
            CHECK(risk.probabilities[i] >= risk.probabilities[i - 1]);
        }
    }
    CHECK(uncertainty.risks.front().kind == "any");
    CHECK(uncertainty.risks.front().probabilities.back() > 0.5);
}

TEST_CASE("every number that may be a range is drawn", "[plan][uncertainty]") {
    PlanInput input = input_of(
        R"("populations": [{"endpoints": 10, "subscriptions": [{"event": "dialog"}]}],
           "network": {"links": [{"name": "l", "rate_mbits_per_s": 1, "packets_per_s_max": 1}],
                       "firewalls": [{"name": "w", "sessions_max": 1, "packets_per_s_max": 1,
                                      "udp_timeout_s": 1}]},
           "trunks": [{"name": "t", "share_fraction": 1, "call_attempts_per_s_max": 1}],
           "roles": {"edge_proxy": {}})");
    int ranges = 0;
    for (const SchemaRow& row : schema_rows("deployment")) {
        if (row.type.find("range") == row.type.npos) continue;
        std::string pointer = "/" + row.path;
        for (std::size_t at = 0; (at = pointer.find_first_of(".[", at)) != pointer.npos;) {
            const bool is_list = pointer[at] == '[';
            pointer.replace(at, is_list ? 2 : 1, is_list ? "/0" : "/");
        }
        const std::size_t last = pointer.rfind('/') + 1;
        pointer = pointer.substr(0, last) + to_base_name(pointer.substr(last));
        INFO(pointer);
        CHECK(number_in(input.deployment, pointer) != nullptr);
        ++ranges;
    }
    CHECK(ranges >= 30);
    CHECK(number_in(input.deployment, "/populations/1/endpoints") == nullptr);
    CHECK(number_in(input.deployment, "/populations/0/media/ptime_s") == nullptr);
}

TEST_CASE("ranges are read in any unit and checked", "[plan][uncertainty]") {
    const PlanInput input = input_of(
        R"("populations": [{"endpoints": 10, "calls": {"holding_time_min":
            {"low": 2, "likely": 3, "high": 5}}}])");
    REQUIRE(input.deployment.ranges.size() == 1);
    CHECK(input.deployment.ranges.front().path == "/populations/0/calls/holding_time_s");
    CHECK(input.deployment.ranges.front().high_number == 300);
    CHECK(input.deployment.populations.front().calls.holding_time_s == 180);
    try {
        input_of(R"("populations": [{"endpoints": {"low": 5, "likely": 4, "high": 9},
            "calls": {"internal_percent": {"low": 1, "likely": 2, "high": 101},
                      "holding_time_s": {"low": 1, "likely": 2}},
            "media": {"ptime_ms": {"low": 10, "likely": 20, "high": 30}}}])");
        FAIL("accepted");
    } catch (const InputError& error) {
        std::vector<std::string> places;
        for (const Problem& problem : error.problems()) places.push_back(problem.where);
        CHECK(places == std::vector<std::string>{"/populations/0/endpoints",
                                                 "/populations/0/calls/internal_percent/high",
                                                 "/populations/0/calls/holding_time_s/high",
                                                 "/populations/0/media/ptime_ms"});
    }
}

TEST_CASE("draws have limits", "[plan][uncertainty]") {
    const PlanInput input = input_of(R"("populations": [{"endpoints": 10}])");
    CHECK_THROWS_AS(drawn(input, {.draws_number = 999}), InputError);
    CHECK_THROWS_AS(drawn(input, {.draws_number = 1000, .interval_fraction = 1}), InputError);
}
