#include "busyhour/report/compare.h"

#include "busyhour/error.h"
#include "busyhour/report/plan_json.h"
#include "busyhour/unit.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>

namespace busyhour {
namespace {

constexpr std::string_view report_format = "busyhour.report/1";
constexpr std::string_view report_stem = "busyhour.report/";

/// What the rows of a list are told apart by; those of other lists by the first that they have.
struct ListKeys {
    std::string_view list;
    std::array<std::string_view, 6> keys;
};
constexpr std::array<ListKeys, 11> list_keys{{
    {"populations", {"name"}},
    {"roles", {"role"}},
    {"constraints", {"role", "link", "firewall", "trunk", "resource"}},
    {"assumptions", {"path"}},
    {"hosts", {"role", "host"}},
    {"settings", {"role", "software", "setting"}},
    {"quality", {"population", "call"}},
    {"kinds", {"kind"}},
    {"by_nodes", {"nodes"}},
    {"scenarios", {"cause"}},
    {"risks", {"any", "role", "link", "firewall", "trunk", "resource"}},
}};
constexpr std::array<std::string_view, 9> other_keys{"year",  "name",     "role", "transport", "id",
                                                     "event", "resource", "path", "host"};

std::string word_of(const Json* value) {
    if (value == nullptr || value->is_null()) return {};
    return value->text() != nullptr ? *value->text() : to_json_text(*value);
}

std::string identity_of(const Json& row, const std::string& list) {
    for (const ListKeys& each : list_keys) {
        if (each.list != list) continue;
        std::string identity;
        for (const std::string_view key : each.keys) {
            const std::string word = key.empty() ? std::string{} : word_of(row.find(key));
            if (!word.empty()) identity += (identity.empty() ? "" : " ") + word;
        }
        return identity;
    }
    for (const std::string_view key : other_keys) {
        const std::string word = word_of(row.find(key));
        if (!word.empty()) return word;
    }
    return {};
}

/// The names of a list's rows; none where one of them has none. Equal names are numbered.
std::vector<std::string> identities_of(const Json::Array& rows, const std::string& list) {
    std::vector<std::string> names;
    std::map<std::string, int> seen;
    for (const Json& row : rows) {
        std::string name = row.object() != nullptr ? identity_of(row, list) : std::string{};
        if (name.empty()) return {};
        const int count = ++seen[name];
        if (count > 1) name += " (" + std::to_string(count) + ")";
        names.push_back(std::move(name));
    }
    return names;
}

std::map<std::string, std::size_t> places_of(const std::vector<std::string>& names) {
    std::map<std::string, std::size_t> places;
    for (std::size_t i = 0; i < names.size(); ++i) places.emplace(names[i], i);
    return places;
}

/// Where a value stands: as shown, and in the two documents.
struct Spot {
    std::string shown;
    std::string a;
    std::string b;

    template <typename Token>
    [[nodiscard]] Spot below(const std::string& name, const Token& in_a, const Token& in_b) const {
        return {pointer_to(shown, name), pointer_to(a, in_a), pointer_to(b, in_b)};
    }
};

/// Walks two documents at once and keeps what differs.
class Differ {
public:
    Differ(double tolerance_fraction, std::vector<Change>& found)
        : tolerance_fraction_(tolerance_fraction), found_(found) {}

    void compare_values(const Json& a, const Json& b, const Spot& spot) {
        if (a.object() != nullptr && b.object() != nullptr) {
            compare_objects(a, b, spot);
        } else if (a.array() != nullptr && b.array() != nullptr) {
            compare_lists(a, b, spot);
        } else if (!is_same(a, b)) {
            add(spot, a, b);
        }
    }

    std::vector<Spot> spots;  ///< of the changes found, in their order

private:
    void add(const Spot& spot, std::optional<Json> a, std::optional<Json> b) {
        found_.push_back({spot.shown, std::move(a), std::move(b), {}, {}});
        spots.push_back(spot);
    }

    [[nodiscard]] bool is_same(const Json& a, const Json& b) const {
        const double* x = a.number();
        const double* y = b.number();
        if (x == nullptr || y == nullptr) return to_json_text(a) == to_json_text(b);
        return std::abs(*x - *y) <= tolerance_fraction_ * std::max(std::abs(*x), std::abs(*y));
    }

    void compare_objects(const Json& a, const Json& b, const Spot& spot) {
        for (const JsonMember& member : a.members()) {
            const Json* other = b.find(member.key);
            const Spot here = spot.below(member.key, member.key, member.key);
            if (other == nullptr) {
                add(here, member.value, std::nullopt);
            } else {
                compare_values(member.value, *other, here);
            }
        }
        for (const JsonMember& member : b.members()) {
            if (a.find(member.key) != nullptr) continue;
            add(spot.below(member.key, member.key, member.key), std::nullopt, member.value);
        }
    }

    void compare_lists(const Json& a, const Json& b, const Spot& spot) {
        const std::string list = spot.shown.substr(spot.shown.rfind('/') + 1);
        std::vector<std::string> a_names = identities_of(a.items(), list);
        std::vector<std::string> b_names = identities_of(b.items(), list);
        const bool has_names =
            a_names.size() == a.items().size() && b_names.size() == b.items().size();
        if (!has_names) {  // lists of words or numbers are one value
            if (!is_same(a, b)) add(spot, a, b);
            return;
        }
        const std::map<std::string, std::size_t> in_a = places_of(a_names);
        const std::map<std::string, std::size_t> in_b = places_of(b_names);
        for (std::size_t i = 0; i < a_names.size(); ++i) {
            const auto at = in_b.find(a_names[i]);
            const std::size_t j = at == in_b.end() ? b_names.size() : at->second;
            const Spot here = spot.below(a_names[i], i, j);
            if (at == in_b.end()) {
                add(here, a.items()[i], std::nullopt);
            } else {
                compare_values(a.items()[i], b.items()[j], here);
            }
        }
        for (std::size_t j = 0; j < b_names.size(); ++j) {
            if (in_a.contains(b_names[j])) continue;
            add(spot.below(b_names[j], a_names.size(), j), std::nullopt, b.items()[j]);
        }
    }

    double tolerance_fraction_;
    std::vector<Change>& found_;
};

/// How telling a result is; 0 comes first.
int rank_of(const std::string& path) {
    const auto has = [&](std::string_view part) { return path.find(part) != path.npos; };
    if (path == "/is_met" || path.ends_with("/nodes") || path.ends_with("/spare_nodes")) return 0;
    if (path.starts_with("/constraints") || path.starts_with("/capacities") ||
        path.ends_with("/bottleneck") || path.ends_with("/is_met")) {
        return 1;
    }
    if (has("/demand/") || path.ends_with("/endpoints")) return 2;
    if (path.starts_with("/findings")) return 3;
    if (path.starts_with("/models") || path == "/busyhour") return 5;
    return 4;
}

/// The report without what says nothing of the plan, or says it in other words once more.
Json told_report(const Json& report) {
    Json::Object kept;
    for (const JsonMember& member : report.members()) {
        const bool is_identity =
            member.key == "format" || member.key == "deployment" || member.key == "assumptions";
        if (is_identity) continue;
        kept.push_back(member);
        if (member.key != "findings") continue;
        Json::Array rows = member.value.items();
        for (Json& row : rows) {  // a finding's numbers are its evidence
            Json::Object fields;
            for (const JsonMember& field : row.members()) {
                if (field.key != "message") fields.push_back(field);
            }
            row = Json{std::move(fields)};
        }
        kept.back().value = Json{std::move(rows)};
    }
    return Json{std::move(kept)};
}

/// A path in base units: "/a/ptime_ms" to "/a/ptime_s".
std::string base_path(const std::string& path) {
    const std::size_t at = path.rfind('/') + 1;
    return path.substr(0, at) + to_base_name(path.substr(at));
}

/// The origins of what was assumed, by path in base units.
using Origins = std::map<std::string, std::string>;

Origins origins_of(const Compared& side) {
    Origins origins;
    for (const Assumption& each : side.assumptions) {
        origins.emplace(base_path(each.path), each.origin);
    }
    return origins;
}

/// Of what was assumed there, or of the object around it.
std::string origin_at(const Origins& origins, std::string path) {
    for (; !path.empty(); path.resize(path.rfind('/'))) {
        const auto found = origins.find(path);
        if (found != origins.end()) return found->second;
    }
    return "user";
}

/// What a report keeps of its inputs: the defaults that were used, by their path.
std::map<std::string, Json> defaults_of(const Compared& side) {
    std::map<std::string, Json> defaults;
    const Json* rows = side.report.find("assumptions");
    if (rows == nullptr) return defaults;
    for (const Json& row : rows->items()) {
        const Json* value = row.find("value");
        if (value != nullptr) defaults.emplace(word_of(row.find("path")), *value);
    }
    return defaults;
}

void compare_inputs(const Compared& a, const Compared& b, double tolerance_fraction,
                    std::vector<Change>& found) {
    Differ differ(tolerance_fraction, found);
    if (a.inputs && b.inputs) {
        differ.compare_values(*a.inputs, *b.inputs, {});
        const Origins a_origins = origins_of(a);
        const Origins b_origins = origins_of(b);
        for (std::size_t i = 0; i < found.size(); ++i) {
            if (found[i].a) found[i].a_origin = origin_at(a_origins, differ.spots[i].a);
            if (found[i].b) found[i].b_origin = origin_at(b_origins, differ.spots[i].b);
        }
        return;
    }
    const std::map<std::string, Json> a_defaults = defaults_of(a);
    const std::map<std::string, Json> b_defaults = defaults_of(b);
    for (const auto& [path, value] : a_defaults) {
        const auto other = b_defaults.find(path);
        if (other == b_defaults.end()) {
            found.push_back({path, value, std::nullopt, "default", {}});
            continue;
        }
        const std::size_t before = found.size();
        differ.compare_values(value, other->second, {path, path, path});
        if (found.size() > before) found.back().a_origin = found.back().b_origin = "default";
    }
    for (const auto& [path, value] : b_defaults) {
        if (!a_defaults.contains(path)) found.push_back({path, std::nullopt, value, {}, "default"});
    }
}

/// The constraint that is most pressing: it stands first in a report.
std::optional<Json> binding_of(const Compared& side) {
    const Json* rows = side.report.find("constraints");
    if (rows == nullptr || rows->items().empty()) return std::nullopt;
    return Json{identity_of(rows->items().front(), "constraints")};
}

void compare_binding(const Compared& a, const Compared& b, std::vector<Change>& found) {
    const std::optional<Json> before = binding_of(a);
    const std::optional<Json> after = binding_of(b);
    if (!before || !after) return;
    const std::string* first = before->text();
    const std::string* second = after->text();
    if (first == nullptr || second == nullptr || *first == *second) return;
    found.insert(found.begin(), {"/constraints/0", before, after, {}, {}});
}

/// Puts what the reader assumed after the schema (a codec's ptime) where the schema would have.
void put_at(Json& root, const std::string& path, const Json& value) {
    const std::size_t end = path.find('/', 1);
    const std::string token = path.substr(1, end == path.npos ? path.npos : end - 1);
    if (auto* rows = std::get_if<Json::Array>(&root.value)) {
        const bool is_index = !token.empty() && token.find_first_not_of("0123456789") == token.npos;
        const std::size_t index = is_index ? std::stoul(token) : rows->size();
        if (index < rows->size() && end != path.npos)
            put_at((*rows)[index], path.substr(end), value);
        return;
    }
    auto* members = std::get_if<Json::Object>(&root.value);
    if (members == nullptr) return;
    if (end == path.npos) {
        if (root.find(token) == nullptr) put(*members, token, value);
        return;
    }
    for (JsonMember& member : *members) {
        if (member.key == token) put_at(member.value, path.substr(end), value);
    }
}

void put_assumption(Json& inputs, const Assumption& assumption) {
    Json value = assumption.value;
    const std::string key = assumption.path.substr(assumption.path.rfind('/') + 1);
    const std::optional<UnitName> unit = parse_unit_name(key);
    if (unit && value.number() != nullptr) {
        value = Json{convert_unit(*value.number(), *unit->ending, unit->family->front())};
    }
    put_at(inputs, base_path(assumption.path), value);
}

void name_populations(Json& inputs, const Deployment& deployment) {
    for (std::size_t i = 0; i < deployment.populations.size(); ++i) {
        put_at(inputs, pointer_to("/populations", i) + "/name",
               Json{deployment.populations[i].name});
    }
}

}  // namespace

std::optional<double> Change::difference_number() const {
    const double* first = a ? a->number() : nullptr;
    const double* second = b ? b->number() : nullptr;
    if (first == nullptr || second == nullptr) return std::nullopt;
    return *second - *first;
}

std::optional<double> Change::difference_fraction() const {
    const std::optional<double> difference = difference_number();
    const double* first = a ? a->number() : nullptr;
    const bool is_year = path.ends_with("year") || path.ends_with("exhausted_in");
    if (!difference || first == nullptr || is_year || *first == 0) return std::nullopt;
    return *difference / std::abs(*first);
}

bool is_report(std::string_view text, const std::string& file) {
    const Json document = parse_json(text, file);
    const Json& first = document.items().empty() ? document : document.items().front();
    return word_of(first.find("format")).starts_with(report_stem);
}

Compared compared_of_report(std::string_view text, const std::string& file) {
    Compared side;
    side.report = parse_json(text, file);
    if (side.report.array() != nullptr) {
        throw InputError(file, "holds several reports", "compare two of them at a time");
    }
    const std::string format = word_of(side.report.find("format"));
    if (format != report_format) {
        throw InputError(
            file + ": /format",
            "is \"" + format + "\", and this program knows \"" + std::string(report_format) + "\"",
            "make the report again with this version");
    }
    const std::vector<Problem> problems =
        read_by_schema(side.report, "report", file + ": ").problems;
    if (!problems.empty()) throw InputError(problems);
    const Json* deployment = side.report.find("deployment");
    side.name = deployment == nullptr ? file : word_of(deployment->find("name"));
    return side;
}

Compared compared_of(const Plan& plan, std::string_view text, const std::string& file) {
    Compared side;
    side.name = plan.deployment.name;
    side.report = parse_json(to_report_json(plan), "report");
    side.inputs = read_by_schema(parse_json(text, file), "deployment").value;
    side.assumptions = plan.deployment.assumptions;
    for (const Assumption& each : side.assumptions) put_assumption(*side.inputs, each);
    name_populations(*side.inputs, plan.deployment);
    return side;
}

Comparison compare(const Compared& a, const Compared& b, double tolerance_fraction) {
    if (!(tolerance_fraction >= 0) || !(tolerance_fraction < 1)) {
        throw InputError("tolerance", "must be at least 0 and below 1", "for example 0.01");
    }
    Comparison comparison{
        .a_name = a.name, .b_name = b.name, .inputs = {}, .results = {}, .has_all_inputs = true};
    comparison.has_all_inputs = a.inputs && b.inputs;
    compare_inputs(a, b, tolerance_fraction, comparison.inputs);
    Differ(tolerance_fraction, comparison.results)
        .compare_values(told_report(a.report), told_report(b.report), {});
    compare_binding(a, b, comparison.results);
    std::stable_sort(
        comparison.results.begin(), comparison.results.end(),
        [](const Change& x, const Change& y) { return rank_of(x.path) < rank_of(y.path); });
    return comparison;
}

}  // namespace busyhour
