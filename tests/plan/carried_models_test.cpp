// Server models that were measured on one host, and roles that run on another.

#include "busyhour/error.h"
#include "busyhour/plan/plan.h"
#include "busyhour/report/plan_json.h"
#include "busyhour/report/plan_report.h"

#include <catch2/catch.hpp>

#include <cmath>
#include <stdexcept>
#include <string>

using namespace busyhour;

namespace {

const std::string speeds =
    R"({"packet_io": 700000, "parsing": 1600000, "symmetric": 2400000, "asymmetric": 36000})";
const std::string twice_parsing =
    R"({"packet_io": 700000, "parsing": 3200000, "symmetric": 2400000, "asymmetric": 36000})";

/// A deployment with TLS whose Kamailio was measured on "lab".
std::string deployment(const std::string& server, const std::string& host,
                       const std::string& roles = "") {
    return R"({"populations": [{"endpoints": 100000, "transport": "tls"}], "horizon_years": 0,
               "roles": {"registrar": {"host": "field")" +
           roles + R"(}}, "models": {"servers": {"kamailio": {"status": "measured",
               "measured_on": "our lab", "date": "2026-01", "host": "lab")" +
           server + R"(}}, "hosts": {"field": {"source": "measured")" + host + "}}}}";
}

Plan plan_of(const std::string& text) {
    return make_plan(read_deployment(text, "f"));
}

double registrar_cores(const Plan& plan) {
    return plan.years.at(0).roles.at(0).resources.at(index_of(Resource::cpu_cores)).usage_number;
}

const Finding* found(const Plan& plan, const std::string& id) {
    for (const Finding& finding : plan.findings) {
        if (finding.id == id) return &finding;
    }
    return nullptr;
}

CostModel registrar_cost(const std::string& text) {
    const PlanInput input = read_deployment(text, "f");
    return role_setup(input.deployment, input.catalog, RoleKind::registrar).cost;
}

HostProfile profile(const std::string& members) {
    return read_host_profile(R"({"name": "Field-2", "source": "measured")" + members + "}",
                             "field.json");
}

}  // namespace

TEST_CASE("yardsticks of both carry a model class by class", "[plan][hosts][yardstick]") {
    const std::size_t cpu = index_of(Resource::cpu_cores);
    const CostModel built_in = load_catalog().servers.at("kamailio").cost;
    const CostModel cost =
        registrar_cost(deployment(", \"yardsticks\": " + speeds,
                                  ", \"core_speed_factor\": 5, \"yardsticks\": " + twice_parsing));
    CHECK(cost.cost.at(cpu)[Driver::registrations] ==
          built_in.cost.at(cpu)[Driver::registrations] / 2);
    CHECK(cost.wakeup_cpu_cores[Driver::registrations] ==
          built_in.wakeup_cpu_cores[Driver::registrations] / 2);
    CHECK(cost.cost.at(cpu)[Driver::tls_handshakes_rsa_2048] ==
          built_in.cost.at(cpu)[Driver::tls_handshakes_rsa_2048]);
}

TEST_CASE("core_speed_factor counts only where yardsticks do not", "[plan][hosts][yardstick]") {
    const std::string fast = R"(, "core_speed_factor": 5)";
    const std::string own = ", \"yardsticks\": " + speeds;
    const auto cores = [](const std::string& server, const std::string& host) {
        return plan_of(deployment(server, host)).years.at(0).roles.at(0).cores_effective_number;
    };
    CHECK(cores(own, fast + own) == 4);
    CHECK(cores(own, fast) == 20);
    CHECK(cores("", fast + own) == 20);
    CHECK(registrar_cores(plan_of(deployment(own, own))) ==
          registrar_cores(plan_of(deployment("", ""))));
}

TEST_CASE("every host with yardsticks is compared by them", "[plan][hosts][yardstick]") {
    const Plan plan =
        plan_of(deployment(", \"yardsticks\": " + speeds, ", \"yardsticks\": " + twice_parsing));
    int carried_rows = 0;
    for (const HostRow& row : plan.hosts) {
        const bool has_yardsticks = row.host == "field" || row.host == "calibration-vm";
        CHECK(row.cost_factors.has_value() ==
              (has_yardsticks && row.kind != RoleKind::media_relay));
        if (row.host != "field" || !row.cost_factors) continue;
        CHECK(*row.cost_factors == YardstickFactors{1, 0.5, 1, 1});
        ++carried_rows;
    }
    CHECK(carried_rows == 2);  // the registrar's own host, and the proxy's other one
    CHECK(to_text(to_report(plan), false).find("x 0.50") != std::string::npos);
    CHECK(to_report_json(plan).find("\"cost_factors\"") != std::string::npos);
}

TEST_CASE("a host's derating comes off every core, and the larger of it and the steal counts",
          "[plan][hosts][identity]") {
    const auto worth = [](const std::string& host, const std::string& role) {
        return plan_of(deployment("", host, role)).years.at(0).roles.at(0).cores_effective_number;
    };
    const std::string derated = R"(, "derating_fraction": 0.25)";
    CHECK(worth(derated, "") == 3);
    CHECK(worth("", R"(, "steal_percent": 25)") == 3);
    CHECK(worth(derated, R"(, "steal_percent": 10)") == 3);
    CHECK(worth(derated, R"(, "steal_percent": 50)") == 2);
    const Plan plan = plan_of(deployment("", derated));
    REQUIRE(plan.oversubscription.size() == 1);
    CHECK(plan.oversubscription.at(0).core_worth_fraction == 0.75);
    CHECK(found(plan, "host-oversubscribed") != nullptr);
    CHECK(found(plan_of(deployment("", R"(, "derating_fraction": 0.001)")),
                "host-oversubscribed") == nullptr);
}

TEST_CASE("a measured model of another host is told", "[plan][findings]") {
    const std::string own = ", \"yardsticks\": " + speeds;
    const Plan plan = plan_of(deployment(own, ", \"yardsticks\": " + twice_parsing));
    const Finding* carried = found(plan, "model-foreign");
    REQUIRE(carried != nullptr);
    CHECK(carried->severity == Severity::warning);
    CHECK(carried->message.find("parsing x 0.50") != std::string::npos);
    CHECK(carried->evidence.at(1).first == "parsing_cost_factor");
    CHECK(carried->evidence.at(1).second == 0.5);

    const Plan by_speed = plan_of(deployment(own, R"(, "core_speed_factor": 3)"));
    const Finding* speed = found(by_speed, "model-foreign");
    REQUIRE(speed != nullptr);
    CHECK(speed->message.find("core_speed_factor (3) alone, as the host has no yardsticks") !=
          std::string::npos);

    const std::string here = R"({"populations": [{"endpoints": 10}], "models": {"servers":
        {"kamailio": {"status": "measured", "host": "Reference-VM"}}}})";
    CHECK(found(plan_of(here), "model-foreign") == nullptr);
    CHECK(found(plan_of(R"({"populations": [{"endpoints": 10}]})"), "model-foreign") == nullptr);
}

TEST_CASE("a measured model over a year old is told", "[plan][findings]") {
    const auto months = [](const std::string& date, int start_year) {
        const Plan plan = plan_of(R"({"populations": [{"endpoints": 10}], "start_year": )" +
                                  std::to_string(start_year) +
                                  R"(, "models": {"servers": {"kamailio": {"status": "measured",
                                     "date": ")" +
                                  date + R"("}}}})");
        const Finding* old = found(plan, "model-old");
        return old == nullptr ? 0.0 : old->evidence.at(0).second;
    };
    CHECK(months("2025-01", 2026) == 0);
    CHECK(months("2024-12", 2026) == 13);
    CHECK(months("2024-12-31", 2026) == 13);
    CHECK(months("2026-11", 2026) == 0);
    CHECK(months("2026-11", 2028) == 14);
    CHECK(months("last spring", 2030) == 0);
    CHECK(months("2020-13", 2030) == 0);
    CHECK(months("", 2030) == 0);
}

TEST_CASE("a host of the command line is the host of every role", "[plan][hosts]") {
    const std::string text = R"({"populations": [{"endpoints": 100000}], "roles":
        {"registrar": {"host": "raspberry-pi-4", "cores_per_node": 2}, "proxy": {}}})";
    const PlanInput input = read_deployment(text, "f", {}, profile(R"(, "cores": 6)"));
    for (const RoleKind kind : roles_of(input.deployment)) {
        const RoleChoice& role = input.deployment.roles.at(index_of(kind));
        CHECK(role.host == "Field-2");
        CHECK(role.cores_per_node_number == (kind == RoleKind::registrar ? 2 : 6));
    }
    int chosen = 0;
    for (const Assumption& each : input.deployment.assumptions) {
        if (!each.path.starts_with("/roles/")) continue;
        const bool is_host = each.path.ends_with("/host");
        if (is_host) CHECK(to_json_text(each.value) == "\"Field-2\"");
        if (is_host) CHECK(each.origin == "--host field.json");
        chosen += is_host ? 1 : 0;
    }
    CHECK(chosen == 3);
    CHECK_FALSE(input.deployment.roles.at(index_of(RoleKind::edge_proxy)).is_present);
    bool is_named = false;
    for (const UsedModel& model : make_plan(input).models) {
        if (model.name == "hosts/Field-2") is_named = model.changed_by == "field.json";
    }
    CHECK(is_named);
}

TEST_CASE("a host profile replaces a host of its name", "[plan][hosts]") {
    const HostProfile host = read_host_profile(
        R"({"name": "raspberry-pi-4", "source": "measured", "core_speed_factor": 2})", "p.json");
    const PlanInput input =
        read_deployment(R"({"populations": [{"endpoints": 1}]})", "f", {}, host);
    const HostModel& model = input.catalog.hosts.at("raspberry-pi-4");
    CHECK(model.core_speed_factor == 2);
    CHECK_FALSE(model.cores_number);
    CHECK(model.band_low_factor == 1);
}
