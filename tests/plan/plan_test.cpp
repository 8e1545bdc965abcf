#include "busyhour/plan/plan.h"

#include "support/poisson_sum.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

using namespace busyhour;

namespace {

Plan plan_of(const std::string& populations, const std::string& rest = "") {
    return make_plan(read_deployment(
        "{\"populations\": [" + populations + "]" + (rest.empty() ? "" : ", " + rest) + "}", "f"));
}

void check_quantile(double mean_number, double peak_number) {
    CAPTURE(mean_number, peak_number);
    CHECK(peak_number == std::floor(peak_number));
    CHECK(poisson_sum(mean_number, peak_number) >= 0.999);
    CHECK(poisson_sum(mean_number, peak_number - 1) < 0.999);
}

}  // namespace

TEST_CASE("peaks are the counts that 0.999 of all seconds do not exceed", "[plan][table]") {
    const YearDemand demand = plan_of(R"({"endpoints": 100000})").years.front().demand;
    CHECK(demand.registration_attempts_peak_per_s == 45);
    check_quantile(100000.0 / 3600, 45);
    check_quantile(100000.0 / 3600, demand.call_attempts_peak_per_s);
    check_quantile(5000, demand.concurrent_calls_peak_number);
    // 2 directions x 50 packets of each call at the peak; 2 / 5 s of RTCP.
    CHECK(demand.rtp_packets_peak_per_s ==
          Approx(100 * demand.concurrent_calls_peak_number).epsilon(1e-12));
    CHECK(demand.rtcp_packets_peak_per_s ==
          Approx(0.4 * demand.concurrent_calls_peak_number).epsilon(1e-12));
}

TEST_CASE("compound growth multiplies each year", "[plan][growth][table]") {
    const Plan plan = plan_of(R"({"endpoints": 100000})",
                              R"("start_year": 2026, "horizon_years": 5,
                                 "growth": {"rate_percent_per_year": 12})");
    REQUIRE(plan.years.size() == 6);
    // 1.12^n: 1.12, 1.2544, 1.404928, 1.57351936, 1.7623416832
    const double factors[] = {1, 1.12, 1.2544, 1.404928, 1.57351936, 1.7623416832};
    for (std::size_t i = 0; i < plan.years.size(); ++i) {
        const YearPlan& year = plan.years[i];
        CAPTURE(year.year);
        CHECK(year.year == 2026 + static_cast<int>(i));
        CHECK(year.growth_factor == Approx(factors[i]).epsilon(1e-12));
        CHECK(year.endpoints_number == Approx(100000 * factors[i]).epsilon(1e-12));
        CHECK(year.demand.totals.registrations_per_s ==
              Approx(27.7777777777777778 * factors[i]).epsilon(1e-12));
        CHECK(year.demand.totals.offered_erlang == Approx(5000 * factors[i]).epsilon(1e-12));
        CHECK_FALSE(year.endpoints_low_number);
    }
}

TEST_CASE("growth by a fit follows the log-linear rate", "[plan][growth][table]") {
    // Five years of 100, 112, 123, 140 and 155 thousand: 11.6239 % a year.
    const Plan plan = plan_of(R"({"endpoints": 155000})",
                              R"("start_year": 2025, "horizon_years": 5, "growth": {"model": "fit",
           "interval_fraction": 0.95, "history": [
             {"year": 2021, "endpoints": 100000}, {"year": 2022, "endpoints": 112000},
             {"year": 2023, "endpoints": 123000}, {"year": 2024, "endpoints": 140000},
             {"year": 2025, "endpoints": 155000}]})");
    CHECK(plan.years.at(1).growth_factor == Approx(1.116239).epsilon(1e-6));
    CHECK(plan.years.at(5).growth_factor == Approx(std::pow(1.116239, 5)).epsilon(1e-5));
    const YearPlan& last = plan.years.back();
    REQUIRE(last.endpoints_low_number);
    CHECK(*last.endpoints_low_number < last.endpoints_number);
    CHECK(*last.endpoints_high_number > last.endpoints_number);
    // The interval of the fit is at least as wide as its own residuals make it:
    // 251305 to 287498 around 268793.
    CHECK(*last.endpoints_low_number / last.endpoints_number <= 251305.0 / 268793 + 1e-6);
    CHECK(*last.endpoints_high_number / last.endpoints_number >= 287498.0 / 268793 - 1e-6);
}

TEST_CASE("shrinking deployments need no more nodes each year", "[plan][growth][identity]") {
    const Plan plan =
        plan_of(R"({"endpoints": 2000000})", R"("growth": {"rate_percent_per_year": -20})");
    for (std::size_t i = 1; i < plan.years.size(); ++i) {
        for (std::size_t role = 0; role < plan.years[i].roles.size(); ++role) {
            CHECK(plan.years[i].roles[role].nodes <= plan.years[i - 1].roles[role].nodes);
        }
    }
}

TEST_CASE("growing deployments never need fewer nodes", "[plan][growth][identity]") {
    const Plan plan = plan_of(R"({"endpoints": 200000})",
                              R"("horizon_years": 10, "growth": {"rate_percent_per_year": 30})");
    for (std::size_t i = 1; i < plan.years.size(); ++i) {
        for (std::size_t role = 0; role < plan.years[i].roles.size(); ++role) {
            CHECK(plan.years[i].roles[role].nodes >= plan.years[i - 1].roles[role].nodes);
        }
    }
}

TEST_CASE("constraints stand by the multiple of the demand that they carry", "[plan][identity]") {
    const Plan plan = plan_of(R"({"endpoints": 100000, "site": "a"})",
                              R"("growth": {"rate_percent_per_year": 20},
           "network": {"links": [{"name": "l", "rate_mbits_per_s": 1900,
                                  "packets_per_s_max": 300000}],
                       "firewalls": [{"name": "w", "packets_per_s_max": 3000000,
                                      "sessions_max": 100000, "udp_timeout_s": 120}]},
           "trunks": [{"name": "t", "channels_max": 3000, "call_attempts_per_s_max": 50}])");
    REQUIRE(plan.constraints.size() > 10);
    CHECK(std::is_sorted(plan.constraints.begin(), plan.constraints.end(),
                         [](const Constraint& a, const Constraint& b) {
                             constexpr double never = std::numeric_limits<double>::infinity();
                             return a.largest_multiple_factor.value_or(never) <
                                    b.largest_multiple_factor.value_or(never);
                         }));
    CHECK(std::is_sorted(plan.constraints.begin(), plan.constraints.end(),
                         [](const Constraint& a, const Constraint& b) {
                             constexpr int never = std::numeric_limits<int>::max();
                             return a.exhausted_in.value_or(never) < b.exhausted_in.value_or(never);
                         }));
    for (const Constraint& limit : plan.constraints) {
        CAPTURE(limit.kind, limit.name, limit.resource);
        CHECK(limit.headroom_fraction <= 1);
        CHECK((limit.exhausted_in == plan.years.front().year) == (limit.headroom_fraction < 0));
    }
}

TEST_CASE("a limit is exhausted in the first year that needs more", "[plan][table]") {
    // 2500 erlang over the trunk need about 2525 channels; 20 % a year: 3600 erlang in the second
    // year, which no 3500 channels carry at 1 %, and 3000 erlang in the first, which they do.
    const Plan plan = plan_of(R"({"endpoints": 100000})",
                              R"("start_year": 2030, "growth": {"rate_percent_per_year": 20},
                   "trunks": [{"name": "t", "channels_max": 3500}])");
    const auto trunk =
        std::find_if(plan.constraints.begin(), plan.constraints.end(), [](const Constraint& limit) {
            return limit.kind == "trunk" && limit.resource == "channels";
        });
    REQUIRE(trunk != plan.constraints.end());
    CHECK(trunk->exhausted_in == 2032);
    CHECK(trunk->headroom_fraction > 0);
}

TEST_CASE("the roles of a year stand in their order and are met", "[plan]") {
    const Plan plan = plan_of(R"({"endpoints": 100000})");
    for (const YearPlan& year : plan.years) {
        REQUIRE(year.roles.size() == 3);  // an edge proxy only where it is named
        for (const RoleKind kind : roles_of(plan.deployment)) {
            const Sizing& sizing = year.roles.at(index_of(kind));
            CHECK(sizing.kind == kind);
            CHECK(sizing.is_met);
            CHECK(sizing.spare_nodes == 1);  // n+1
            CHECK(sizing.nodes >= 2);
            CHECK(sizing.utilisation_fraction <= 0.8);
        }
    }
    CHECK(plan.is_met);
    CHECK_FALSE(binding_capacity(plan));
}

TEST_CASE("fixed nodes that do not suffice are told, and how far they go", "[plan]") {
    const Plan plan = plan_of(R"({"endpoints": 1000000})",
                              R"("roles": {"media_relay": {"nodes": 2}, "proxy": {"nodes": 50}})");
    CHECK_FALSE(plan.is_met);
    REQUIRE(plan.capacities.size() == 2);
    const auto binding = binding_capacity(plan);
    REQUIRE(binding);
    CHECK(binding->role == "media_relay");
    CHECK(binding->nodes == 2);
    CHECK(binding->largest_multiple_factor < 1);
    CHECK(binding->largest_multiple_factor > 0);
    CHECK(plan.years.front().roles.at(index_of(RoleKind::media_relay)).nodes == 2);
}

TEST_CASE("replication of four nodes moves 166.67 messages/s", "[plan][table]") {
    // 2 x 3 x 100000 / 3600
    const Plan plan =
        plan_of(R"({"endpoints": 100000})",
                R"("roles": {"registrar": {"replication": "dmq_usrloc", "nodes": 4}})");
    CHECK(plan.years.front().demand.replication_packets_per_s ==
          Approx(166.666666666666667).epsilon(1e-12));
}

TEST_CASE("models that took part are named with their sources", "[plan]") {
    const Plan plan = plan_of(R"({"endpoints": 10, "media": {"codec": "g729"}})",
                              R"("models": {"servers": {"kamailio": {"status": "measured"}}})");
    const auto model = [&](const std::string& name) {
        const auto found = std::find_if(plan.models.begin(), plan.models.end(),
                                        [&](const UsedModel& each) { return each.name == name; });
        REQUIRE(found != plan.models.end());
        return *found;
    };
    CHECK(plan.models.size() == 5);
    CHECK(model("servers/kamailio").status == "measured");
    CHECK(model("servers/kamailio").changed_by == "/models/servers/kamailio");
    CHECK(model("servers/rtpengine").changed_by.empty());
    CHECK(model("codecs/G729").source == "rfc3551");
    CHECK_FALSE(model("hosts/reference-vm").source.empty());
}
