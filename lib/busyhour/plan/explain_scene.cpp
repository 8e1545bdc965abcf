#include "busyhour/plan/explain_scene.h"

#include "busyhour/unit.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace busyhour {
namespace {

constexpr const char* elsewhere =
    "\x01"
    "elsewhere";  // no site of the user's

/// The population with its endpoints where they are, and nothing that they do.
Population silent(Population population, const std::string& site, double endpoints_number) {
    population.site = site;
    population.endpoints_number = endpoints_number;
    population.transport = Transport::udp;
    population.tls.reconnects_per_s = 0;
    population.expires_s = 1e300;
    population.refresh_fraction = 1;
    population.authentication = Authentication::none;
    population.keepalive = Keepalive::none;
    population.subscriptions.clear();
    population.calls.busy_hour_attempts_number = 0;
    return population;
}

Totals minus(Totals a, const Totals& b) {
    a.registrations_per_s -= b.registrations_per_s;
    a.register_messages_per_s -= b.register_messages_per_s;
    a.keepalive_messages_per_s -= b.keepalive_messages_per_s;
    a.sip_messages_per_s -= b.sip_messages_per_s;
    a.sip_bits_per_s -= b.sip_bits_per_s;
    a.tls_full_handshakes_per_s -= b.tls_full_handshakes_per_s;
    a.tls_resumed_handshakes_per_s -= b.tls_resumed_handshakes_per_s;
    return a;
}

std::vector<double> values_of(const std::vector<Explained>& operands) {
    std::vector<double> values;
    for (const Explained& operand : operands) values.push_back(operand.value_number);
    return values;
}

std::string braced(const std::vector<Explained>& operands, const char* sign) {
    std::string text;
    for (const Explained& operand : operands) {
        text += (text.empty() ? "" : sign) + ("{" + operand.name + "}");
    }
    return text;
}

/// "/a/b" into "/a" and "b".
std::pair<std::string, std::string> split_last(const std::string& pointer) {
    const std::size_t at = pointer.rfind('/');
    return {pointer.substr(0, at), pointer.substr(at + 1)};
}

std::string unescaped(std::string token) {
    for (const auto& [from, to] : {std::pair{"~1", "/"}, std::pair{"~0", "~"}}) {
        for (std::size_t at = token.find(from); at != token.npos; at = token.find(from, at + 1)) {
            token.replace(at, 2, to);
        }
    }
    return token;
}

const Json* child_of(const Json& value, const std::string& token) {
    if (value.object() != nullptr) return value.find(token);
    const bool is_number =
        !token.empty() && token.size() < 9 && token.find_first_not_of("0123456789") == token.npos;
    if (value.array() == nullptr || !is_number) return nullptr;
    const std::size_t index = std::stoul(token);
    return index < value.items().size() ? &value.items()[index] : nullptr;
}

const Json* value_at(const Json& root, const std::string& pointer) {
    const Json* here = &root;
    for (std::size_t at = 0; here != nullptr && at < pointer.size();) {
        const std::size_t end = std::min(pointer.find('/', at + 1), pointer.size());
        here = child_of(*here, unescaped(pointer.substr(at + 1, end - at - 1)));
        at = end;
    }
    return here;
}

}  // namespace

Scene::Scene(const PlanInput& input_, Plan plan_, Json report_, Json document_)
    : input(input_),
      plan(std::move(plan_)),
      report(std::move(report_)),
      document(std::move(document_)),
      hour(busy_hour_of(input_.deployment, input_.catalog)) {
    for (const RoleKind kind : roles_of(input.deployment)) {
        setups.push_back(role_setup(input.deployment, input.catalog, kind));
    }
    for (const Population& each : input.deployment.populations) {
        endpoints_at_[each.site] += each.endpoints_number;
    }
    const std::vector<Assumption>& assumptions = input.deployment.assumptions;
    for (std::size_t i = 0; i < assumptions.size(); ++i) {
        const auto [parent, key] = split_last(assumptions[i].path);
        assumption_at_.emplace(parent + "/" + to_base_name(key), i);
    }
}

const Json* Scene::at(const std::string& pointer) const {
    return value_at(report, pointer);
}

const BusyHour& Scene::one_endpoint(std::size_t index) const {
    const auto known = one_endpoint_.find(index);
    if (known != one_endpoint_.end()) return known->second;
    Deployment one = input.deployment;
    one.populations = {population(index)};
    one.populations.front().endpoints_number = 1;
    return one_endpoint_.emplace(index, busy_hour_of(one, input.catalog)).first->second;
}

/// What the schema or the reader assumed there, or of the object around it.
const Assumption* Scene::assumption_at(const std::string& pointer) const {
    for (std::string path = pointer; !path.empty(); path = split_last(path).first) {
        const auto found = assumption_at_.find(path);
        if (found != assumption_at_.end()) return &input.deployment.assumptions[found->second];
    }
    return nullptr;
}

const Scene::SiteHour& Scene::site_hour(std::size_t index) const {
    const auto known = site_hours_.find(index);
    if (known != site_hours_.end()) return known->second;
    // One endpoint speaks; all others are where they are, so that callees are spread as they are.
    const Population& own = population(index);
    const double here_number = endpoints_at_.at(own.site);
    SiteHour result;
    result.elsewhere_number = hour.totals.endpoints_number - here_number;
    Deployment one = input.deployment;
    one.populations = {own, silent(own, own.site, here_number - 1),
                       silent(own, elsewhere, result.elsewhere_number)};
    one.populations.front().endpoints_number = 1;
    result.hour = busy_hour_of(one, input.catalog);
    return site_hours_.emplace(index, std::move(result)).first->second;
}

SiteLoad Scene::site_share(std::size_t index, const std::optional<std::string>& site) const {
    const SiteHour& run = site_hour(index);
    const Population& own = population(index);
    if (own.site == site) return run.hour.sites.at(*site);
    if (!site) {
        SiteLoad all = run.hour.sites.at(own.site);
        const SiteLoad& others = run.hour.sites.at(elsewhere);
        all.load += others.load;
        all.media_flows_number += others.media_flows_number;
        all.media_flows_opened_per_s += others.media_flows_opened_per_s;
        return all;
    }
    SiteLoad share = run.hour.sites.at(elsewhere);
    const double fraction = endpoints_at_.at(*site) / run.elsewhere_number;
    for (Work& work : share.load.work) work = work * fraction;
    for (double& arrivals : share.load.arrivals) arrivals *= fraction;
    share.load.silenced = share.load.silenced * fraction;
    share.media_flows_number *= fraction;
    share.media_flows_opened_per_s *= fraction;
    return share;
}

const std::array<Totals, part_count>& Scene::parts(std::size_t index) const {
    const auto known = parts_.find(index);
    if (known != parts_.end()) return known->second;
    Deployment one = input.deployment;
    one.populations = {population(index)};
    Population& own = one.populations.front();
    own.endpoints_number = 1;
    const auto totals = [&] { return busy_hour_of(one, input.catalog).totals; };
    const Totals all = totals();
    own.calls.busy_hour_attempts_number = 0;
    const Totals no_calls = totals();
    own.subscriptions.clear();
    const Totals no_subscriptions = totals();
    own.keepalive = Keepalive::none;
    const Totals rest = totals();
    const std::array<Totals, part_count> split{minus(all, no_calls),
                                               minus(no_calls, no_subscriptions),
                                               minus(no_subscriptions, rest), rest};
    return parts_.emplace(index, split).first->second;
}

double Scene::remembered(const std::string& what, const Values& key, std::size_t index,
                         const std::function<Values()>& make) const {
    const auto [entry, is_new] = remembered_.try_emplace({what, key});
    if (is_new) entry->second = make();
    return entry->second.at(index);
}

Explained Scene::given(const std::string& name, const std::string& pointer, double value) const {
    Explained leaf{.name = name,
                   .value_number = value,
                   .origin = Origin::user,
                   .where = pointer,
                   .source = {},
                   .detail = {},
                   .formula = {},
                   .operands = {},
                   .evaluate = {},
                   .checks = {}};
    const auto [parent, key] = split_last(pointer);
    const std::string base = to_base_name(key);
    if (const Assumption* assumption = assumption_at(parent + "/" + base)) {
        leaf.origin = Origin::assumed;
        leaf.where = assumption->path;
        leaf.source = assumption->source;
        if (assumption->origin != "default") leaf.detail = assumption->origin;
        return leaf;
    }
    const Json* object = value_at(document, parent);
    if (object == nullptr) return leaf;
    for (const JsonMember& member : object->members()) {
        if (to_base_name(member.key) != base) continue;
        leaf.where = pointer_to(parent, member.key);
        if (member.key != key) leaf.detail = "written as " + to_json_text(member.value);
    }
    return leaf;
}

Explained Scene::reported(const std::string& name, const std::string& pointer) const {
    const Json* value = at(pointer);
    Explained leaf = constant(name, value == nullptr ? std::nan("") : value->number_or_zero());
    leaf.origin = Origin::report;
    leaf.where = pointer;
    return leaf;
}

Explained Scene::modelled(const std::string& name, const std::string& kind,
                          const std::string& entry, double value, const std::string& source) const {
    Explained leaf = constant(name, value, source);
    leaf.origin = Origin::model;
    leaf.where = kind + "/" + entry;
    for (const UsedModel& model : plan.models) {
        if (to_base_name(model.name) != leaf.where) continue;
        if (leaf.source.empty()) leaf.source = model.source;
        if (!model.measured_on.empty()) leaf.detail = "measured on " + model.measured_on;
        if (!model.date.empty()) leaf.detail += (leaf.detail.empty() ? "" : ", ") + model.date;
        if (!model.changed_by.empty()) leaf.detail += "; changed by " + model.changed_by;
    }
    return leaf;
}

Explained constant(const std::string& name, double value, const std::string& source) {
    return {.name = name,
            .value_number = value,
            .origin = Origin::standard,
            .where = {},
            .source = source,
            .detail = {},
            .formula = {},
            .operands = {},
            .evaluate = {},
            .checks = {}};
}

Explained planned(const std::string& name, double value, const std::string& detail) {
    Explained leaf = constant(name, value);
    leaf.origin = Origin::planner;
    leaf.detail = detail;
    return leaf;
}

Explained computed(const std::string& name, const std::string& formula,
                   std::vector<Explained> operands, Evaluate evaluate) {
    Explained node = constant(name, evaluate(values_of(operands)));
    node.origin = Origin::formula;
    node.formula = formula;
    node.operands = std::move(operands);
    node.evaluate = std::move(evaluate);
    return node;
}

Explained sum_of(const std::string& name, std::vector<Explained> terms) {
    constexpr std::size_t shown_max = 6;
    const std::string formula = terms.empty() ? "nothing adds to it"
                                : terms.size() > shown_max
                                    ? "sum of " + std::to_string(terms.size()) + " terms"
                                    : braced(terms, " + ");
    return computed(name, formula, std::move(terms), [](const std::vector<double>& values) {
        return std::accumulate(values.begin(), values.end(), 0.0);
    });
}

Explained product_of(const std::string& name, std::vector<Explained> factors) {
    const std::string formula = braced(factors, " x ");
    return computed(name, formula, std::move(factors), [](const std::vector<double>& values) {
        return std::accumulate(values.begin(), values.end(), 1.0, std::multiplies<>());
    });
}

Explained same_as(const std::string& name, Explained operand) {
    std::vector<Explained> operands{std::move(operand)};
    const std::string formula = braced(operands, "");
    return computed(name, formula, std::move(operands),
                    [](const std::vector<double>& values) { return values.at(0); });
}

}  // namespace busyhour
