#include "busyhour/plan/explain_replication.h"

#include "busyhour/plan/explain_rerun.h"

#include <array>
#include <cmath>

namespace busyhour {
namespace {

/// A number of roles.ROLE.dmq.
struct DmqNumber {
    const char* name;
    const char* key;
    double& (*member)(DmqUse& use);
};
constexpr std::array<DmqNumber, 9> dmq_numbers{{
    {"ping interval", "ping_interval_s",
     [](DmqUse& u) -> double& { return u.settings.ping_interval_s; }},
    {"contacts of a sync message", "batch_msg_contacts",
     [](DmqUse& u) -> double& { return u.settings.batch_msg_contacts_number; }},
    {"size of a sync message", "batch_msg_size_bytes",
     [](DmqUse& u) -> double& { return u.settings.batch_msg_size_bytes; }},
    {"contacts between pauses", "batch_size",
     [](DmqUse& u) -> double& { return u.settings.batch_size_number; }},
    {"pause", "batch_pause_s", [](DmqUse& u) -> double& { return u.settings.batch_pause_s; }},
    {"withdrawn and expired of a registration", "deletes_per_registration",
     [](DmqUse& u) -> double& { return u.deletes_per_registration_number; }},
    {"keys of a registration", "keys_per_registration",
     [](DmqUse& u) -> double& { return u.htable_updates_per_registration_number; }},
    {"dialog updates of a call", "dialog_updates_per_call",
     [](DmqUse& u) -> double& { return u.dialog_updates_per_call_number; }},
    {"keys of a call", "keys_per_call",
     [](DmqUse& u) -> double& { return u.htable_updates_per_call_number; }},
}};

constexpr std::array<Driver, 3> changing{Driver::registrations, Driver::call_attempts,
                                         Driver::contacts};

double packets(const Traffic& traffic) {
    return traffic.packets_in_number + traffic.packets_out_number;
}

double bits(const Traffic& traffic) {
    return (traffic.in_bytes + traffic.out_bytes) * 8;
}

/// A number of the report's "replication" by its key.
struct UseNumber {
    std::string_view key;
    double (*value)(const ReplicationUse& use);
};

const std::vector<UseNumber>& use_numbers() {
    using U = ReplicationUse;
    static const std::vector<UseNumber> numbers{
        {"messages_per_s", [](const U& u) { return u.messages_per_s; }},
        {"packets_per_s", [](const U& u) { return u.all.packets_out_number; }},
        {"bits_per_s", [](const U& u) { return u.all.out_bytes * 8; }},
        {"per_node/packets_in_per_s", [](const U& u) { return u.node.packets_in_number; }},
        {"per_node/packets_out_per_s", [](const U& u) { return u.node.packets_out_number; }},
        {"per_node/bits_in_per_s", [](const U& u) { return u.node.in_bytes * 8; }},
        {"per_node/bits_out_per_s", [](const U& u) { return u.node.out_bytes * 8; }},
        {"per_peer/packets_per_s", [](const U& u) { return u.peer_packets_per_s; }},
        {"per_peer/bits_per_s", [](const U& u) { return u.peer_bytes_per_s * 8; }},
        {"full_sync/contacts", [](const U& u) { return u.join.value().contacts_number; }},
        {"full_sync/peers", [](const U& u) { return 1.0 * u.join.value().peers; }},
        {"full_sync/requests", [](const U& u) { return u.join.value().requests_number; }},
        {"full_sync/contacts_per_message",
         [](const U& u) { return u.join.value().from_each.contacts_per_message_number; }},
        {"full_sync/message_bytes",
         [](const U& u) { return u.join.value().from_each.message_bytes; }},
        {"full_sync/packets", [](const U& u) { return u.join.value().packets_number; }},
        {"full_sync/bytes", [](const U& u) { return u.join.value().bytes; }},
        {"full_sync/pause_s", [](const U& u) { return u.join.value().from_each.pause_s; }},
        {"full_sync/sender_s", [](const U& u) { return u.join.value().sender_s; }},
        {"full_sync/receiver_cpu_s", [](const U& u) { return u.join.value().receiver_cpu_s; }},
        {"full_sync/contacts_per_s", [](const U& u) { return u.join.value().contacts_per_s; }},
    };
    return numbers;
}

/// A number of a row by its key; rows are found by their kind, for their order may change.
double kind_number(const ReplicationUse& use, const std::string& kind, const std::string& key) {
    for (const ReplicationRow& row : use.rows) {
        if (row.kind != kind) continue;
        if (key == "requests_per_s") return row.requests_per_s;
        return key == "packets_per_s" ? packets(row.sent) : bits(row.sent);
    }
    return std::nan("");
}

double scale_number(const ReplicationScale& scale, const std::string& key) {
    if (key == "messages_per_s") return scale.messages_per_s;
    if (key == "packets_per_s") return scale.all.packets_out_number;
    if (key == "bits_per_s") return scale.all.out_bytes * 8;
    if (key == "per_node_packets_per_s") return scale.node_packets_per_s;
    return key == "cpu_cores_per_node" ? scale.node_cpu_cores : std::nan("");
}

/// Of the mean of the busy hour, with the nodes reported.
Explained use_amount(const Place& place, const std::string& name,
                     const std::function<double(const ReplicationUse& use)>& value) {
    return replicated_amount(
        place, {.name = name, .moment = Moment::mean, .nodes = nodes_of(place)},
        [value](const RoleSetup& setup, const Demand& role, int nodes) {
            return value(*replication_use(setup.replicated, setup.cost, role, nodes));
        });
}

Explained one_number(const Scene& scene, const Match& match) {
    std::string key = match.at(2);
    for (std::size_t i = 3; i < match.size(); ++i) key += "/" + match[i];
    for (const UseNumber& each : use_numbers()) {
        if (each.key == key) return use_amount(Place(scene, match), key, each.value);
    }
    return planned(key, std::nan(""), {});
}

Explained kind_row(const Scene& scene, const Match& match) {
    const Place place(scene, match);
    const ReplicationRow& row = place.sizing().replication->rows.at(std::stoul(match.at(2)));
    return use_amount(place, match.at(3) + " of " + row.kind,
                      [kind = row.kind, key = match.at(3)](const ReplicationUse& use) {
                          return kind_number(use, kind, key);
                      });
}

Explained scale_row(const Scene& scene, const Match& match) {
    const Place place(scene, match);
    const std::size_t row = std::stoul(match.at(2));
    const int nodes = place.sizing().replication->by_nodes.at(row).nodes;
    if (match.at(3) == "nodes") return same_as("nodes", constant("nodes of this row", nodes));
    return use_amount(place, match.at(3) + " with " + std::to_string(nodes) + " nodes",
                      [row, key = match.at(3)](const ReplicationUse& use) {
                          return scale_number(use.by_nodes.at(row), key);
                      });
}

}  // namespace

Explained replicated_amount(const Place& place, Replicated wanted, ReplicationOf of) {
    const std::size_t role = index_of(place.kind());
    Rerun rerun{.name = wanted.name,
                .formula =
                    "each change goes from the node that has it to {nodes} - 1 others, by"
                    " what the role's replication replicates; pings besides",
                .deployment = place.scene.deployment(),
                .inputs = {},
                .more = {}};
    for (const DmqNumber& number : dmq_numbers) {
        rerun.inputs.push_back({number.name, place.given(std::string("dmq/") + number.key),
                                [number, role](Deployment& d) -> double& {
                                    return number.member(d.roles.at(role).dmq);
                                }});
    }
    wanted.nodes.name = "nodes";
    rerun.more.push_back(std::move(wanted.nodes));
    for (const Driver driver : changing) {
        rerun.more.push_back(
            role_amount(place.scene, place.kind(), place.year,
                        {.name = std::string(driver_labels().at(index_of(driver)).words),
                         .amount = [driver](const Work& work) { return work.demand[driver]; },
                         .moment = wanted.moment}));
    }
    return explained(place.scene, std::move(rerun),
                     [setup = place.setup(), role, of = std::move(of)](
                         const Deployment& deployment, const std::vector<double>& values) {
                         RoleSetup changed = setup;
                         changed.replicated.use = deployment.roles.at(role).dmq;
                         Demand demand;
                         for (std::size_t i = 0; i < changing.size(); ++i) {
                             demand[changing.at(i)] = values.at(i + 1);
                         }
                         return of(changed, demand, static_cast<int>(values.at(0)));
                     });
}

const std::vector<Rule>& replication_rules() {
    static const std::vector<Rule> rules{
        {"/years/*/roles/*/replication/kinds/*/*", kind_row},
        {"/years/*/roles/*/replication/by_nodes/*/*", scale_row},
        {"/years/*/roles/*/replication/**", one_number},
    };
    return rules;
}

}  // namespace busyhour
