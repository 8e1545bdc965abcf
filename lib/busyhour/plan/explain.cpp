#include "busyhour/plan/explain.h"

#include "busyhour/catalog/nearest.h"
#include "busyhour/error.h"
#include "busyhour/plan/explain_scene.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

namespace busyhour {
namespace {

std::vector<std::string> split(const std::string& text, char separator) {
    std::vector<std::string> parts;
    std::size_t at = 0;
    while (true) {
        const std::size_t end = text.find(separator, at);
        parts.push_back(text.substr(at, end - at));
        if (end == text.npos) return parts;
        at = end + 1;
    }
}

/// The tokens of a JSON Pointer, of a dotted path, or of "years/0/...".
std::vector<std::string> tokens_of(const std::string& path) {
    const bool is_pointer = path.find('/') != path.npos;
    std::vector<std::string> tokens =
        split(path.starts_with('/') ? path.substr(1) : path, is_pointer ? '/' : '.');
    if (!is_pointer) return tokens;
    for (std::string& token : tokens) {
        for (const auto& [from, to] : {std::pair{"~1", "/"}, std::pair{"~0", "~"}}) {
            for (std::size_t at = token.find(from); at != token.npos; at = token.find(from, at + 1))
                token.replace(at, 2, to);
        }
    }
    return tokens;
}

/// What rows are called: by the first of these keys that they have.
constexpr std::array<std::string_view, 9> name_keys{"year", "role",     "name",  "transport", "id",
                                                    "link", "firewall", "trunk", "resource"};

std::string name_of_row(const Json& row) {
    for (const std::string_view key : name_keys) {
        const Json* value = row.find(key);
        if (value == nullptr) continue;
        return value->text() != nullptr ? *value->text() : to_json_text(*value);
    }
    return {};
}

/// The key or index that a token means; nothing where it means none.
std::optional<std::string> key_of(const Json& value, const std::string& token) {
    if (value.object() != nullptr) {
        return value.find(token) != nullptr ? std::optional(token) : std::nullopt;
    }
    const Json::Array& rows = value.items();
    const bool is_number =
        !token.empty() && token.size() < 9 && token.find_first_not_of("0123456789") == token.npos;
    if (is_number && std::stoul(token) < rows.size()) return std::to_string(std::stoul(token));
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (name_of_row(rows[i]) == token) return std::to_string(i);
    }
    return std::nullopt;
}

std::vector<std::string> keys_of(const Json& value) {
    std::vector<std::string> keys;
    for (const JsonMember& member : value.members()) keys.push_back(member.key);
    for (std::size_t i = 0; i < value.items().size(); ++i) {
        const std::string name = name_of_row(value.items()[i]);
        keys.push_back(name.empty() ? std::to_string(i) : name);
    }
    return keys;
}

void collect(const Json& value, const std::string& path, std::vector<ReportNumber>& found) {
    if (const double* number = value.number()) found.push_back({path, *number});
    for (const JsonMember& member : value.members()) {
        collect(member.value, pointer_to(path, member.key), found);
    }
    for (std::size_t i = 0; i < value.items().size(); ++i) {
        collect(value.items()[i], pointer_to(path, i), found);
    }
}

std::optional<Match> match(std::string_view pattern, const std::vector<std::string>& tokens) {
    const std::vector<std::string> wanted = tokens_of(std::string(pattern));
    Match stars;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        if (wanted[i] == "**") {
            for (std::size_t j = i; j < tokens.size(); ++j) stars.push_back(tokens[j]);
            return stars;
        }
        if (i >= tokens.size()) return std::nullopt;
        if (wanted[i] == "*") {
            stars.push_back(tokens[i]);
        } else if (wanted[i] != tokens[i]) {
            return std::nullopt;
        }
    }
    return wanted.size() == tokens.size() ? std::optional(stars) : std::nullopt;
}

struct Found {
    const Rule* rule = nullptr;
    Match stars;
};

std::optional<Found> rule_for(const std::string& pointer) {
    const std::vector<std::string> tokens = tokens_of(pointer);
    for (const auto* table :
         {&year_rules(), &demand_rules(), &role_rules(), &node_rules(), &network_rules(),
          &outcome_rules(), &finding_rules(), &replication_rules(), &host_rules(), &quality_rules(),
          &storm_rules(), &hop_rules()}) {
        for (const Rule& rule : *table) {
            if (const std::optional<Match> stars = match(rule.pattern, tokens)) {
                return Found{&rule, *stars};
            }
        }
    }
    return std::nullopt;
}

/// Where the report has something else than a number: which numbers are below.
[[noreturn]] void refuse_value(const Json& value, const std::string& pointer) {
    std::vector<ReportNumber> below;
    collect(value, pointer, below);
    if (below.empty()) {
        throw InputError(pointer, "is no number of the report: " + to_json_text(value),
                         "name a number; without a path all of them are listed");
    }
    constexpr std::size_t shown_max = 5;
    std::vector<std::string> paths;
    for (const ReportNumber& each : below) paths.push_back(each.path);
    const bool is_long = paths.size() > shown_max;
    paths.resize(std::min(paths.size(), shown_max));
    throw InputError(pointer, "is no number of the report",
                     "below it: " + join(paths) + (is_long ? ", ..." : ""));
}

}  // namespace

std::string_view name_of(Origin origin) {
    constexpr std::array<std::string_view, 7> names{"user",   "default", "model",  "standard",
                                                    "report", "formula", "planner"};
    return names.at(static_cast<std::size_t>(origin));
}

std::string formula_in_words(const Explained& explained) {
    std::string words;
    for (const char c : explained.formula) {
        if (c != '{' && c != '}') words += c;
    }
    return words;
}

struct Explainer::State {
    Scene scene;
};

Explainer::Explainer(const PlanInput& input, Plan plan, Json report, Json document)
    : state_(new State{Scene(input, std::move(plan), std::move(report), std::move(document))}) {}

Explainer::~Explainer() = default;

std::string Explainer::pointer_of(const std::string& path) const {
    const Json* here = &state_->scene.report;
    std::string pointer;
    for (const std::string& token : tokens_of(path)) {
        const std::optional<std::string> key = key_of(*here, token);
        if (!key) {
            const std::vector<std::string> keys = keys_of(*here);
            std::vector<std::string> places;
            const std::string nearest = nearest_name(token, keys);
            for (const std::string& each : nearest.empty() ? keys : std::vector{nearest}) {
                places.push_back(pointer_to(pointer, each));
            }
            const std::string known =
                places.empty() ? pointer + " is the last of the path"
                               : (nearest.empty() ? "known: " : "nearest: ") + join(places);
            throw InputError(path, "the report has no such number", known);
        }
        pointer = pointer_to(pointer, *key);
        here = state_->scene.at(pointer);
    }
    if (here->number() == nullptr) refuse_value(*here, pointer);
    return pointer;
}

namespace {

/// Whether all that the formula says is another name of the same number.
bool is_alias(const Explained& node) {
    return node.operands.size() == 1 && node.formula == "{" + node.operands.front().name + "}";
}

void add_detail(Explained& node, const std::string& words) {
    node.detail = node.detail.empty() ? words : words + "; " + node.detail;
}

/// A number that nothing is made of: who says so.
std::string leaf_formula(const Explained& leaf) {
    const std::string name = "{" + leaf.name + "}";
    switch (leaf.origin) {
        case Origin::user:
            return "as the deployment says: " + name;
        case Origin::assumed:
            return "as assumed, for the deployment does not say: " + name;
        case Origin::model:
            return "as the catalogue's model says: " + name;
        default:
            return "a given number: " + name;
    }
}

/// What the number is made of, under its own name.
Explained without_alias(Explained node) {
    Explained inner = std::move(node.operands.front());
    inner.name = node.name;
    if (inner.source.empty()) inner.source = node.source;
    if (!node.detail.empty()) add_detail(inner, node.detail);
    inner.checks.insert(inner.checks.end(), node.checks.begin(), node.checks.end());
    inner.origin = node.origin;
    return inner;
}

/// Whether two sums of the same terms in another order could give these numbers.
bool is_rounding(double a, double b) {
    constexpr double rounding_fraction = 1e-9;
    return std::abs(a - b) <= rounding_fraction * std::max(std::abs(a), std::abs(b));
}

/// Explains operands that are numbers of the report, as deep as wanted.
void expand(const Explainer& explainer, Explained& node, int depth) {
    for (Explained& operand : node.operands) {
        if (depth > 1 && operand.origin == Origin::report) {
            Explained inner = explainer.explain(operand.where, 1);
            inner.name = operand.name;
            inner.origin = Origin::report;
            operand = std::move(inner);
        }
        if (depth > 1) expand(explainer, operand, depth - 1);
    }
}

}  // namespace

Explained Explainer::explain(const std::string& path, int depth) const {
    const std::string pointer = pointer_of(path);
    const std::optional<Found> found = rule_for(pointer);
    Explained node = found ? found->rule->build(state_->scene, found->stars)
                           : planned(pointer, std::nan(""), {});
    while (is_alias(node) && std::isfinite(node.value_number)) {
        if (node.operands.front().origin == Origin::report) {
            const std::string& where = node.operands.front().where;
            Explained same = explain(where, 1);
            add_detail(same, "the same number as " + where);
            node.operands.front() = std::move(same);
        }
        if (node.operands.front().operands.empty()) {
            node.formula = leaf_formula(node.operands.front());
        } else {
            node = without_alias(std::move(node));
        }
    }
    if (!std::isfinite(node.value_number)) {
        throw InputError(pointer, "has no explanation yet", "please report it as a fault");
    }
    node.where = pointer;
    const double reported_number = state_->scene.at(pointer)->number_or_zero();
    if (is_rounding(reported_number, node.value_number)) node.value_number = reported_number;
    expand(*this, node, depth);
    return node;
}

std::vector<ReportNumber> Explainer::numbers() const {
    std::vector<ReportNumber> found;
    collect(state_->scene.report, {}, found);
    return found;
}

}  // namespace busyhour
