#include "cli/gates.h"

#include "busyhour/catalog/nearest.h"
#include "busyhour/error.h"
#include "busyhour/plan/finding_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace busyhour::cli {
namespace {

Gate parse_gate(const std::string& text) {
    const std::size_t at = text.find('<');
    if (at == text.npos) {
        const auto found = std::find(severity_names.begin(), severity_names.end(), text);
        if (found != severity_names.end()) {
            return {text, "severity", static_cast<double>(found - severity_names.begin())};
        }
        const std::vector<std::string> ids = finding_ids();
        if (std::find(ids.begin(), ids.end(), text) != ids.end()) return {text, "finding", 0};
        std::vector<std::string> words(severity_names.begin(), severity_names.end());
        words.insert(words.end(), ids.begin(), ids.end());
        const std::string nearest = nearest_name(text, words);
        if (!nearest.empty()) {
            throw InputError("--fail-on", "no finding is called \"" + text + "\"",
                             "did you mean \"" + nearest + "\"?");
        }
    } else {
        Gate gate{text, text.substr(0, at), 0};
        const char* end = text.data() + text.size();
        const auto [stop, error] = std::from_chars(text.data() + at + 1, end, gate.limit_number);
        const bool is_known = gate.quantity == "exhausted_in" || gate.quantity == "headroom";
        if (is_known && error == std::errc{} && stop == end) return gate;
    }
    throw InputError("--fail-on", "\"" + text + "\" is no condition",
                     "info, warning, error, exhausted_in<2029, headroom<0.2 or an id of busyhour"
                     " catalog list findings");
}

std::string failing_finding(const Gate& gate, const Plan& plan) {
    for (const Finding& finding : plan.findings) {
        const bool is_hit = gate.quantity == "finding"
                                ? finding.id == gate.text
                                : static_cast<double>(finding.severity) >= gate.limit_number;
        if (is_hit) return fmt::format("finding {}", finding.id);
    }
    return {};
}

std::string failing_constraint(const Gate& gate, const Plan& plan) {
    for (const Constraint& limit : plan.constraints) {
        const bool is_hit = gate.quantity == "headroom"
                                ? limit.headroom_fraction < gate.limit_number
                                : limit.exhausted_in && *limit.exhausted_in < gate.limit_number;
        if (is_hit) return fmt::format("{} {} {}", limit.kind, limit.name, limit.resource);
    }
    return {};
}

std::string failure_of(const Gate& gate, const Plan& plan) {
    const bool is_about_findings = gate.quantity == "severity" || gate.quantity == "finding";
    return is_about_findings ? failing_finding(gate, plan) : failing_constraint(gate, plan);
}

}  // namespace

std::vector<Gate> parse_gates(const std::vector<std::string>& texts) {
    std::vector<Gate> gates;
    gates.reserve(texts.size());
    for (const std::string& text : texts) gates.push_back(parse_gate(text));
    return gates;
}

std::vector<std::string> failed_gates(const std::vector<Gate>& gates, const Plan& plan) {
    std::vector<std::string> failures;
    for (const Gate& gate : gates) {
        const std::string failure = failure_of(gate, plan);
        if (!failure.empty()) {
            failures.push_back(fmt::format("gate \"{}\" failed: {}", gate.text, failure));
        }
    }
    return failures;
}

}  // namespace busyhour::cli
