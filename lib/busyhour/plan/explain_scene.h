// internal: not installed
#pragma once

#include "busyhour/plan/busy_hour.h"
#include "busyhour/plan/explain.h"
#include "busyhour/plan/sizing.h"

#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace busyhour {

/// Parts of a population's busy hour that can be switched off one after the other.
enum class Part { calls, subscriptions, keepalives, registrations };
constexpr std::size_t part_count = 4;

/// Everything that rules look at: the plan, its report, and busy hours of single endpoints.
class Scene {
public:
    Scene(const PlanInput& input, Plan plan, Json report, Json document);

    const PlanInput& input;
    const Plan plan;
    const Json report;
    const Json document;
    const BusyHour hour;
    std::vector<RoleSetup> setups;

    [[nodiscard]] const Deployment& deployment() const { return input.deployment; }
    [[nodiscard]] const Population& population(std::size_t index) const {
        return input.deployment.populations.at(index);
    }

    /// The report's value at a pointer, nullptr where there is none.
    [[nodiscard]] const Json* at(const std::string& pointer) const;

    /// The busy hour of one endpoint of a population, alone.
    [[nodiscard]] const BusyHour& one_endpoint(std::size_t index) const;

    /// What one endpoint of a population adds to a site, or to all of them together.
    [[nodiscard]] SiteLoad site_share(std::size_t index,
                                      const std::optional<std::string>& site) const;

    /// One endpoint's totals split into what each part brings.
    [[nodiscard]] const std::array<Totals, part_count>& parts(std::size_t index) const;

    /// What `make` gives for that key; made once.
    using Values = std::vector<double>;
    [[nodiscard]] double remembered(const std::string& what, const Values& key, std::size_t index,
                                    const std::function<Values()>& make) const;

    // Leaves of explanations.

    /// A value of the deployment. `pointer` is written in base units; what the user wrote is found.
    [[nodiscard]] Explained given(const std::string& name, const std::string& pointer,
                                  double value_number) const;
    /// Another number of the report.
    [[nodiscard]] Explained reported(const std::string& name, const std::string& pointer) const;
    /// A value of a catalogue entry ("servers", "kamailio").
    [[nodiscard]] Explained modelled(const std::string& name, const std::string& kind,
                                     const std::string& entry, double value_number,
                                     const std::string& source = {}) const;

private:
    struct SiteHour {
        BusyHour hour;
        double elsewhere_number = 0;  ///< endpoints at the other sites
    };
    [[nodiscard]] const SiteHour& site_hour(std::size_t index) const;
    [[nodiscard]] const Assumption* assumption_at(const std::string& pointer) const;

    std::map<std::string, double> endpoints_at_;        ///< by site
    std::map<std::string, std::size_t> assumption_at_;  ///< by pointer in base units
    mutable std::map<std::size_t, BusyHour> one_endpoint_;
    mutable std::map<std::pair<std::string, Values>, Values> remembered_;
    mutable std::map<std::size_t, SiteHour> site_hours_;
    mutable std::map<std::size_t, std::array<Totals, part_count>> parts_;
};

/// A constant of a standard or of arithmetic.
Explained constant(const std::string& name, double value_number, const std::string& source = {});

/// What the planner says, where no shorter formula does.
Explained planned(const std::string& name, double value_number, const std::string& detail);

using Evaluate = std::function<double(const std::vector<double>& values)>;

/// A number that a formula makes of its operands.
Explained computed(const std::string& name, const std::string& formula,
                   std::vector<Explained> operands, Evaluate evaluate);
Explained sum_of(const std::string& name, std::vector<Explained> terms);
Explained product_of(const std::string& name, std::vector<Explained> factors);
/// Another name for the same number.
Explained same_as(const std::string& name, Explained operand);

/// What stood for each * of a rule's pattern.
using Match = std::vector<std::string>;
using Build = Explained (*)(const Scene& scene, const Match& match);

/// One row of the table: the numbers it covers ("/years/*/endpoints"), and how to explain them.
/// A * is one token of the pointer; a pattern that ends in ** covers all that is below.
struct Rule {
    std::string_view pattern;
    Build build = nullptr;
};

// The table, by section of the report. A new section brings a new function here and in
// explain.cpp's list.
const std::vector<Rule>& year_rules();
const std::vector<Rule>& demand_rules();
const std::vector<Rule>& role_rules();
const std::vector<Rule>& node_rules();
const std::vector<Rule>& network_rules();
const std::vector<Rule>& outcome_rules();  // transports, constraints, capacities, assumptions
const std::vector<Rule>& finding_rules();
const std::vector<Rule>& replication_rules();
const std::vector<Rule>& host_rules();     // hosts, oversubscription, settings
const std::vector<Rule>& quality_rules();  // quality, unwanted
const std::vector<Rule>& storm_rules();
const std::vector<Rule>& hop_rules();  // hops, media flows, delays, multiples

}  // namespace busyhour
