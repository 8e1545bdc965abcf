#include "busyhour/plan/storm_findings.h"

#include "busyhour/plan/storm_words.h"

#include <fmt/format.h>

namespace busyhour {
namespace {

std::string cause_words(const StormScenario& scenario, double window_s) {
    const std::string endpoints = grouped_words(total_endpoints_number(scenario.storm));
    if (scenario.cause == StormCause::power) {
        return fmt::format("When all {} endpoints return within {:g} s (power, WAN)", endpoints,
                           window_s);
    }
    return fmt::format(
        "When a registrar dies and its {} endpoints turn to the other {} within"
        " {:g} s",
        endpoints, scenario.nodes, window_s);
}

std::string recovery_words(const StormScenario& scenario) {
    const StormOutcome& outcome = scenario.outcome;
    if (outcome.recovery_s) {
        return fmt::format("{} nodes have them back after {:.0f} s", scenario.nodes,
                           *outcome.recovery_s);
    }
    return fmt::format("{} nodes do not have them back: {}", scenario.nodes,
                       end_words(scenario.storm, outcome));
}

/// The storm that lasts longest; one that asks for nothing is not worth saying.
const StormScenario* worst_of(const Plan& plan, const Sizing& registrar) {
    const StormScenario* worst = nullptr;
    double longest_s = 0;
    for (const StormScenario& scenario : plan.storm->scenarios) {
        const StormOutcome& outcome = scenario.outcome;
        const bool is_worth_saying = !scenario.is_met || registrar.is_storm_bound ||
                                     outcome.is_collapsed || outcome.gave_up_number >= 1;
        const double recovery_s = outcome.recovery_s.value_or(scenario.storm.horizon_s);
        if (!is_worth_saying || recovery_s <= longest_s) continue;
        worst = &scenario;
        longest_s = recovery_s;
    }
    return worst;
}

void registration_storm(const Plan& plan, const Sizing& registrar, std::vector<Finding>& found) {
    const StormScenario* worst = worst_of(plan, registrar);
    if (worst == nullptr) return;
    const StormOutcome& outcome = worst->outcome;
    const Policy& policy = plan.deployment.policy;
    found.push_back(
        {.id = "registration-storm",
         .severity = worst->is_met ? Severity::warning : Severity::error,
         .message = fmt::format(
             "{}, {}; the policy allows {:g} s. {} REGISTERs are sent, {} first tries fail after"
             " {:g} s, {:.0f} % of the work is in vain{}.",
             cause_words(*worst, policy.storm_window_s), recovery_words(*worst),
             policy.storm_recovery_s, grouped_words(outcome.transmissions_number),
             grouped_words(outcome.gave_up_number), transaction_timeout_s(worst->storm.timers),
             outcome.wasted_work_fraction * 100,
             outcome.is_collapsed ? ": congestion collapse" : ""),
         .remedy = worst->is_met
                       ? "Keep the nodes that the storm needs, or let endpoints and server"
                         " spread it: RFC 5626 back-off, 503 with Retry-After."
                       : "Add registrar nodes or cores, resume TLS sessions, or reject"
                         " early (503 with Retry-After); see calc storm.",
         .evidence = {{"recovery_s", outcome.recovery_s.value_or(worst->storm.horizon_s)},
                      {"storm_recovery_s", policy.storm_recovery_s},
                      {"transmissions", outcome.transmissions_number},
                      {"gave_up", outcome.gave_up_number}},
         .source = "rfc5390"});
}

/// The wave takes more than half of what the policy lets the registrar's CPU carry.
void refresh_stays_synchronised(const Plan& plan, std::vector<Finding>& found) {
    const StormPlan& storm = *plan.storm;
    constexpr double half = 0.5;
    if (storm.refresh_cpu_fraction <= half * plan.deployment.policy.target_utilisation_fraction) {
        return;
    }
    found.push_back(
        {.id = "refresh-stays-synchronised",
         .severity = storm.refresh_cpu_fraction > plan.deployment.policy.target_utilisation_fraction
                         ? Severity::warning
                         : Severity::info,
         .message = fmt::format("{} It takes {:.0f} % of the registrar's CPU.",
                                refresh_words(storm.refresh, storm.refresh_times),
                                storm.refresh_cpu_fraction * 100),
         .remedy = "Let the registrar vary the expiry (Kamailio: expires_range; here"
                   " registration.expires_range_percent).",
         .evidence = {{"refresh_peak_per_s", storm.refresh.peak_per_s},
                      {"refresh_mean_per_s", storm.refresh.mean_per_s}},
         .source = "kamailio-docs"});
}

}  // namespace

void find_storms(const Plan& plan, std::vector<Finding>& found) {
    if (!plan.storm) return;
    registration_storm(plan, plan.years.front().roles.at(index_of(RoleKind::registrar)), found);
    refresh_stays_synchronised(plan, found);
}

}  // namespace busyhour
