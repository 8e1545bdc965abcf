#include "busyhour/model/transport.h"
#include "busyhour/plan/explain_place.h"
#include "busyhour/plan/explain_replication.h"
#include "busyhour/plan/explain_terms.h"

#include <algorithm>
#include <cmath>
#include <optional>

namespace busyhour {
namespace {

bool replicates(const Place& place, int nodes) {
    return place.setup().replicated.kind != Replication::none && nodes > 1;
}

Wanted driver_wanted(Driver driver, Moment moment) {
    return {.name = std::string(driver_labels().at(index_of(driver)).words),
            .amount = [driver](const Work& work) { return work.demand[driver]; },
            .moment = moment};
}

// Traffic

/// A direction's packets or octets, as the report has them.
struct Way {
    bool is_in = true;
    bool is_bits = false;

    [[nodiscard]] double of(const Traffic& traffic) const {
        if (is_bits) return (is_in ? traffic.in_bytes : traffic.out_bytes) * 8;
        return is_in ? traffic.packets_in_number : traffic.packets_out_number;
    }
    [[nodiscard]] std::string words() const {
        return std::string(is_bits ? "bit/s " : "packets/s ") + (is_in ? "in" : "out");
    }
};

Explained traffic(const Place& place, const Way& flow, Moment moment, Explained nodes,
                  double nodes_number) {
    Explained own =
        role_amount(place.scene, place.kind(), place.year,
                    {.name = flow.words(),
                     .amount = [flow](const Work& work) { return flow.of(work.traffic); },
                     .moment = moment});
    if (!replicates(place, static_cast<int>(nodes_number))) return own;
    const Replicated wanted{.name = "replication", .moment = moment, .nodes = std::move(nodes)};
    Explained replication = replicated_amount(
        place, wanted, [flow](const RoleSetup& setup, const Demand& role, int count) {
            return flow.of(replication_work(setup.replicated, role, count).traffic) * count;
        });
    own.name += " for endpoints, trunks and media";
    return sum_of(flow.words(), {std::move(own), std::move(replication)});
}

Explained traffic_of(const Scene& scene, const Match& match, const Way& flow, Moment moment) {
    const Place place(scene, match);
    return traffic(place, flow, moment, nodes_of(place), place.shown_nodes());
}

template <bool is_in, bool is_bits, Moment moment>
Explained through(const Scene& scene, const Match& match) {
    return traffic_of(scene, match, {.is_in = is_in, .is_bits = is_bits}, moment);
}

Explained replication_packets(const Scene& scene, const Match& match) {
    std::vector<Explained> terms;
    const YearPlan& year = scene.plan.years.at(std::stoul(match.at(0)));
    for (std::size_t role = 0; role < year.roles.size(); ++role) {
        const Place place(scene, {match.at(0), std::to_string(role)});
        if (!replicates(place, place.shown_nodes())) {
            terms.push_back(place.scene.given(
                std::string(name_of(place.kind())) + ", which replicates to no node",
                place.given("replication"), 0));
            continue;
        }
        terms.push_back(replicated_amount(
            place,
            {.name = std::string(name_of(place.kind())),
             .moment = Moment::mean,
             .nodes = nodes_of(place)},
            [](const RoleSetup& setup, const Demand& demand, int nodes) {
                return replication_use(setup.replicated, setup.cost, demand, nodes)
                    ->change_packets_per_s();
            }));
    }
    return sum_of("replication packets/s", std::move(terms));
}

// What a node uses

/// The nodes that share the peak in the worse state: the spares lost, or all in service.
Carrying carrying_of(const Place& place, Resource resource) {
    const int nodes = place.shown_nodes();
    const int spares = spare_nodes_of(place.setup().redundancy, nodes);
    const std::size_t i = index_of(resource);
    const Work peak = place.peak();
    const auto all = resource_uses(place.setup(), peak, nodes).at(i).utilisation_fraction;
    const auto lost = resource_uses(place.setup(), peak, nodes - spares).at(i).utilisation_fraction;
    const bool is_all = place.setup().replicated.kind != Replication::none && all > lost;
    if (is_all) {
        Explained node = same_as("nodes that carry", nodes_of(place));
        node.detail = "all in service: replication makes that the worse state";
        return {static_cast<double>(nodes), std::move(node)};
    }
    if (place.sizing().nodes <= 0) return {1, nodes_of(place)};
    return {static_cast<double>(nodes - spares),
            computed("nodes that carry", "{nodes} - {spare nodes}",
                     {nodes_of(place), place.reported("spare nodes", "spare_nodes")},
                     [](const std::vector<double>& v) { return v.at(0) - v.at(1); })};
}

/// What replication adds to a node's driver: nothing for most.
std::optional<Explained> replicated(const Place& place, Driver driver, const Carrying& carrying) {
    if (!replicates(place, static_cast<int>(carrying.number))) return std::nullopt;
    const bool is_contact = driver == Driver::contacts;
    const bool is_message = driver == Driver::replication_messages_sent ||
                            driver == Driver::replication_messages_received;
    if (!is_contact && !is_message) return std::nullopt;
    return replicated_amount(
        place,
        {.name = is_contact ? "contacts of the other nodes" : "exchanges/s of a node",
         .moment = Moment::peak,
         .nodes = carrying.explained},
        [driver](const RoleSetup& setup, const Demand& role, int nodes) {
            return replication_work(setup.replicated, role, nodes).demand[driver];
        });
}

}  // namespace

Explained node_amount(const Place& place, Driver driver, const Carrying& carrying) {
    const std::string words(driver_labels().at(index_of(driver)).words);
    std::vector<Explained> terms;
    Explained role =
        role_amount(place.scene, place.kind(), place.year, driver_wanted(driver, Moment::peak));
    role.name = "role's " + words;
    if (role.value_number != 0) {
        const std::string formula = "{" + role.name + "} / {nodes that carry}";
        Explained nodes = carrying.explained;
        nodes.name = "nodes that carry";
        terms.push_back(computed(words + " of a node", formula, {std::move(role), std::move(nodes)},
                                 [](const std::vector<double>& v) { return v.at(0) / v.at(1); }));
    }
    std::optional<Explained> more = replicated(place, driver, carrying);
    if (more) terms.push_back(std::move(*more));
    if (terms.size() == 1) return std::move(terms.front());
    return sum_of(words + " of a node", std::move(terms));
}

Explained cost_sum(const Place& place, const std::string& name, const Coefficients& coefficients,
                   const Carrying& carrying) {
    const Demand& costs = coefficients.of(place.setup().cost);
    std::vector<Explained> terms;
    for (std::size_t i = 0; i < driver_count; ++i) {
        const auto driver = static_cast<Driver>(i);
        if (costs[driver] == 0) continue;
        Explained amount = node_amount(place, driver, carrying);
        if (amount.value_number == 0) continue;
        const std::string words(driver_labels().at(i).words);
        terms.push_back(product_of(
            words,
            {cost_of_each(place.scene, place.kind(), coefficients, driver), std::move(amount)}));
    }
    return sum_of(name, std::move(terms));
}

Explained node_packets_in(const Place& place, const Carrying& carrying) {
    Explained role = traffic(place, {.is_in = true, .is_bits = false}, Moment::peak,
                             carrying.explained, carrying.number);
    role.name = "packets/s into the role";
    Explained nodes = carrying.explained;
    nodes.name = "nodes that carry";
    return computed("packets/s into a node", "{packets/s into the role} / {nodes that carry}",
                    {std::move(role), std::move(nodes)},
                    [](const std::vector<double>& v) { return v.at(0) / v.at(1); });
}

namespace {

Explained idle_of(const Place& place, Resource resource) {
    return place.scene.modelled("idle", "servers", place.choice().server,
                                place.setup().cost.idle.at(index_of(resource)));
}

Explained cpu_usage(const Place& place, Carrying carrying) {
    Explained saturated = cost_sum(place, "cost at saturation", {}, carrying);
    Explained wakeup = cost_sum(place, "wake-up cost", {.is_wakeup = true}, carrying);
    carrying.explained.name = "nodes that carry";
    return computed(
        "cores in use",
        "{nodes that carry} x ({idle} + max({cost at saturation}, ({cost at saturation} + {wake-up"
        " cost}) x {cores of a node} / ({cores of a node} + {wake-up cost})))",
        {std::move(carrying.explained), idle_of(place, Resource::cpu_cores), std::move(saturated),
         std::move(wakeup), cores_of(place)},
        [](const std::vector<double>& v) {
            return v.at(0) * (v.at(1) + busy_cores({v.at(2), v.at(3)}, v.at(4)));
        });
}

Explained table_usage(const Place& place, Resource resource, Carrying carrying) {
    Explained costs = cost_sum(place, "cost of the demand", {.resource = resource}, carrying);
    carrying.explained.name = "nodes that carry";
    return computed(std::string(resource_labels().at(index_of(resource)).words) + " in use",
                    "{nodes that carry} x ({idle} + {cost of the demand})",
                    {std::move(carrying.explained), idle_of(place, resource), std::move(costs)},
                    [](const std::vector<double>& v) { return v.at(0) * (v.at(1) + v.at(2)); });
}

/// Packets in and out together; of the bits, the direction with more.
Explained network_usage(const Place& place, Resource resource, Carrying carrying) {
    const bool is_bits = resource == Resource::bits_per_s;
    carrying.explained.name = "nodes that carry";
    const auto way = [&](bool is_in) {
        return traffic(place, {.is_in = is_in, .is_bits = is_bits}, Moment::peak,
                       carrying.explained, carrying.number);
    };
    Explained in = way(true);
    Explained out = way(false);
    in.name = "in";
    out.name = "out";
    return computed(
        is_bits ? "bit/s of the fuller direction" : "packets/s in and out",
        is_bits ? "{nodes that carry} x {idle} + max({in}, {out})"
                : "{nodes that carry} x {idle} + {in} + {out}",
        {std::move(carrying.explained), idle_of(place, resource), std::move(in), std::move(out)},
        [is_bits](const std::vector<double>& v) {
            return v.at(0) * v.at(1) + (is_bits ? std::max(v.at(2), v.at(3)) : v.at(2) + v.at(3));
        });
}

Explained usage(const Scene& scene, const Match& match) {
    const Place place(scene, match);
    const std::optional<Resource> resource = resource_named(match.at(2));
    if (!resource) return planned(match.at(2), std::nan(""), "an unknown resource");
    Carrying carrying = carrying_of(place, *resource);
    if (*resource == Resource::cpu_cores) return cpu_usage(place, std::move(carrying));
    if (*resource == Resource::packets_per_s || *resource == Resource::bits_per_s) {
        return network_usage(place, *resource, std::move(carrying));
    }
    return table_usage(place, *resource, std::move(carrying));
}

// Resources of a node

/// The text of a member, empty where there is none.
std::string text_of(const Json* value) {
    const std::string* text = value != nullptr ? value->text() : nullptr;
    return text != nullptr ? *text : std::string{};
}

Resource resource_at(const Place& place, const std::string& index) {
    const Json* name = place.scene.at(place.pointer("resources/" + index + "/resource"));
    return resource_named(text_of(name)).value_or(Resource::cpu_cores);
}

Explained capacity(const Scene& scene, const Match& match) {
    const Place place(scene, match);
    const Resource resource = resource_at(place, match.at(2));
    const std::string name = "capacity of a node";
    if (resource == Resource::cpu_cores) return same_as(name, cores_of(place));
    const double value = place.setup().node.amounts.at(index_of(resource)).value_or(0);
    const bool is_of_host = resource == Resource::memory_bytes ||
                            resource == Resource::packets_per_s || resource == Resource::bits_per_s;
    return same_as(name, is_of_host
                             ? scene.modelled(name, "hosts", place.choice().host, value)
                             : scene.modelled(name, "servers", place.choice().server, value));
}

Explained node_target(const Scene& scene, const Match& match) {
    const Place place(scene, match);
    const Resource resource = resource_at(place, match.at(2));
    return same_as("target", target_of(scene, resource_labels().at(index_of(resource)).kind));
}

Explained node_utilisation(const Scene& scene, const Match& match) {
    const Place place(scene, match);
    const Resource resource = resource_at(place, match.at(2));
    Carrying carrying = carrying_of(place, resource);
    carrying.explained.name = "nodes that carry";
    return computed(
        "utilisation of a node", "{usage of the role} / {nodes that carry} / {capacity of a node}",
        {place.reported("usage of the role", "usage/" + std::string(name_of(resource))),
         std::move(carrying.explained),
         place.reported("capacity of a node", "resources/" + match.at(2) + "/capacity_per_node")},
        [](const std::vector<double>& v) { return v.at(0) / v.at(1) / v.at(2); });
}

/// The row of the bottleneck among the report's resources.
std::optional<std::size_t> bottleneck_row(const Place& place) {
    const Json* rows = place.scene.at(place.pointer("resources"));
    if (rows == nullptr || !place.sizing().bottleneck) return std::nullopt;
    for (std::size_t i = 0; i < rows->items().size(); ++i) {
        const std::string name = text_of(rows->items()[i].find("resource"));
        if (name == name_of(*place.sizing().bottleneck)) return i;
    }
    return std::nullopt;
}

Explained utilisation(const Scene& scene, const Match& match) {
    const Place place(scene, match);
    const std::optional<std::size_t> row = bottleneck_row(place);
    if (!row) return sum_of("utilisation", {});
    return same_as(
        "utilisation of the bottleneck",
        place.reported("utilisation of " + std::string(short_name_of(*place.sizing().bottleneck)),
                       "resources/" + std::to_string(*row) + "/utilisation_fraction"));
}

/// The bottleneck with every node in service.
Explained utilisation_all_nodes(const Scene& scene, const Match& match) {
    const Place place(scene, match);
    const std::optional<std::size_t> row = bottleneck_row(place);
    if (!row) return sum_of("utilisation", {});
    const Resource resource = *place.sizing().bottleneck;
    const Carrying all{static_cast<double>(place.shown_nodes()), nodes_of(place)};
    Explained used = resource == Resource::cpu_cores ? cpu_usage(place, all)
                     : resource == Resource::packets_per_s || resource == Resource::bits_per_s
                         ? network_usage(place, resource, all)
                         : table_usage(place, resource, all);
    used.name = "usage of the role";
    return computed("utilisation with all nodes",
                    "{usage of the role} / {nodes} / {capacity of a node}",
                    {std::move(used), nodes_of(place),
                     place.reported("capacity of a node",
                                    "resources/" + std::to_string(*row) + "/capacity_per_node")},
                    [](const std::vector<double>& v) { return v.at(0) / v.at(1) / v.at(2); });
}

}  // namespace

const std::vector<Rule>& role_rules() {
    constexpr Moment mean = Moment::mean;
    constexpr Moment peak = Moment::peak;
    static const std::vector<Rule> rules{
        {"/years/*/roles/*/utilisation_fraction", utilisation},
        {"/years/*/roles/*/utilisation_all_nodes_fraction", utilisation_all_nodes},
        {"/years/*/roles/*/usage/*", usage},
        {"/years/*/roles/*/resources/*/capacity_per_node", capacity},
        {"/years/*/roles/*/resources/*/utilisation_fraction", node_utilisation},
        {"/years/*/roles/*/resources/*/target_fraction", node_target},
        {"/years/*/roles/*/in/packets_per_s", through<true, false, mean>},
        {"/years/*/roles/*/in/bits_per_s", through<true, true, mean>},
        {"/years/*/roles/*/in/packets_peak_per_s", through<true, false, peak>},
        {"/years/*/roles/*/in/bits_peak_per_s", through<true, true, peak>},
        {"/years/*/roles/*/out/packets_per_s", through<false, false, mean>},
        {"/years/*/roles/*/out/bits_per_s", through<false, true, mean>},
        {"/years/*/roles/*/out/packets_peak_per_s", through<false, false, peak>},
        {"/years/*/roles/*/out/bits_peak_per_s", through<false, true, peak>},
        {"/years/*/demand/replication_packets_per_s", replication_packets},
    };
    return rules;
}

}  // namespace busyhour
