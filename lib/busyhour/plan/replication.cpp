#include "busyhour/plan/replication.h"

#include <algorithm>

namespace busyhour {
namespace {

std::vector<FlowMessage> ping_of(const ReplicationSetup& setup, int nodes) {
    std::vector<FlowMessage> ping = setup.ping;
    for (FlowMessage& message : ping) message.size_bytes += ping_growth_bytes(nodes);
    return ping;
}

ReplicationRow row_of(const std::string& kind, const ReplicationSetup& setup,
                      const std::vector<FlowMessage>& exchange, double requests_per_s) {
    return {.kind = kind,
            .requests_per_s = requests_per_s,
            .sent = hop_traffic(exchange, exchange.front().from, setup.wire) * requests_per_s};
}

/// Nothing where the role does not replicate.
std::vector<ReplicationRow> rows_of(const ReplicationSetup& setup, const Demand& role, int nodes) {
    if (setup.kind == Replication::none) return {};
    return replication_rows(setup, changes_of(setup, role), nodes);
}

ReplicationScale scale_of(const ReplicationSetup& setup, const CostModel& cost, const Demand& role,
                          int nodes) {
    ReplicationScale scale;
    scale.nodes = nodes;
    for (const ReplicationRow& row : rows_of(setup, role, nodes)) {
        scale.messages_per_s += 2 * row.requests_per_s;
        scale.all += row.sent;
        scale.all += mirrored(row.sent);
    }
    const Work work = replication_work(setup, role, nodes);
    const CpuCost cpu = cpu_cost(cost, work.demand);
    scale.node_packets_per_s = work.traffic.packets_in_number + work.traffic.packets_out_number;
    scale.node_cpu_cores = cpu.saturated_cores + cpu.wakeup_cores;
    return scale;
}

}  // namespace

double ReplicationUse::change_packets_per_s() const {
    double packets_per_s = 0;
    for (const ReplicationRow& row : rows) {
        if (row.kind == "pings") continue;
        packets_per_s += row.sent.packets_in_number + row.sent.packets_out_number;
    }
    return packets_per_s;
}

ReplicationSetup replication_setup(const Deployment& deployment, const Catalog& catalog,
                                   RoleKind kind) {
    const RoleChoice& choice = deployment.roles.at(index_of(kind));
    const auto messages = [&](std::string_view flow) {
        return flow_named(catalog, std::string(flow), "flows").messages;
    };
    return {.kind = choice.replication,
            .use = choice.dmq,
            .wire = {.transport = Transport::udp,
                     .network = deployment.network,
                     .mtu_bytes = deployment.mtu_bytes},
            .binding = messages("dmq-usrloc"),
            .htable = messages("dmq-htable"),
            .dialog = messages("dmq-dialog"),
            .ping = messages("dmq-ping"),
            .sync = messages("dmq-sync")};
}

ReplicatedChanges changes_of(const ReplicationSetup& setup, const Demand& role) {
    const DmqUse& use = setup.use;
    const double registrations_per_s = role[Driver::registrations];
    const double calls_per_s = role[Driver::call_attempts];
    ReplicatedChanges changes;
    changes.keys_per_s = registrations_per_s * use.htable_updates_per_registration_number +
                         calls_per_s * use.htable_updates_per_call_number;
    if (setup.kind == Replication::dmq_usrloc) {
        changes.bindings_per_s = registrations_per_s * (1 + use.deletes_per_registration_number);
    }
    if (setup.kind == Replication::dmq_dialog) {
        changes.dialogs_per_s = calls_per_s * use.dialog_updates_per_call_number;
    }
    return changes;
}

std::vector<ReplicationRow> replication_rows(const ReplicationSetup& setup,
                                             const ReplicatedChanges& changes, int nodes) {
    std::vector<ReplicationRow> rows;
    if (nodes < 2) return rows;
    const auto add = [&](const std::string& kind, const std::vector<FlowMessage>& exchange,
                         double changes_per_s) {
        if (changes_per_s <= 0) return;
        rows.push_back(row_of(kind, setup, exchange, broadcasts_per_s(changes_per_s, nodes)));
    };
    add("bindings", setup.binding, changes.bindings_per_s);
    add("dialogs", setup.dialog, changes.dialogs_per_s);
    add("hash_table", setup.htable, changes.keys_per_s);
    rows.push_back(row_of("pings", setup, ping_of(setup, nodes),
                          pings_per_s(nodes, setup.use.settings.ping_interval_s)));
    return rows;
}

JoinUse join_use(const ReplicationSetup& setup, const CostModel& cost, double contacts_number,
                 int nodes) {
    JoinUse join;
    join.contacts_number = contacts_number;
    join.peers = nodes - 1;
    const FlowMessage& request = setup.sync.front();
    const SyncSizes sizes{.binding_bytes = setup.binding.front().size_bytes,
                          .request_bytes = request.size_bytes};
    join.from_each = full_sync(contacts_number, setup.use.settings, sizes);
    std::vector<FlowMessage> full = setup.binding;
    full.front().size_bytes = join.from_each.message_bytes;
    Traffic all = hop_traffic(setup.sync, request.from, setup.wire);
    all += hop_traffic(full, full.front().from, setup.wire) * join.from_each.messages_number;
    const auto peers = static_cast<double>(join.peers);
    join.requests_number = peers * (1 + join.from_each.messages_number);
    join.packets_number = peers * (all.packets_in_number + all.packets_out_number);
    join.bytes = peers * (all.in_bytes + all.out_bytes);
    Demand sent;
    sent[Driver::replication_messages_sent] = join.from_each.messages_number;
    Demand received;
    received[Driver::replication_messages_received] = peers * contacts_number;
    join.sender_s = join.from_each.pause_s + cpu_cost(cost, sent).saturated_cores;
    join.receiver_cpu_s = cpu_cost(cost, received).saturated_cores;
    if (join.sender_s > 0) join.contacts_per_s = peers * contacts_number / join.sender_s;
    return join;
}

Work replication_work(const ReplicationSetup& setup, const Demand& role, int nodes) {
    Work work;
    if (setup.kind == Replication::none || nodes < 2) return work;
    const double share = 1.0 / nodes;
    for (const ReplicationRow& row : rows_of(setup, role, nodes)) {
        // A node sends its own changes to all others, and receives theirs.
        const double exchanges_per_s = row.requests_per_s * share;
        work.demand[Driver::replication_messages_sent] += exchanges_per_s;
        work.demand[Driver::replication_messages_received] += exchanges_per_s;
        work.traffic += row.sent * share;
        work.traffic += mirrored(row.sent) * share;
    }
    if (setup.kind == Replication::dmq_usrloc) {
        work.demand[Driver::contacts] = role[Driver::contacts] * share * (nodes - 1);
    }
    return work;
}

std::optional<ReplicationUse> replication_use(const ReplicationSetup& setup, const CostModel& cost,
                                              const Demand& role, int nodes) {
    if (setup.kind == Replication::none) return std::nullopt;
    ReplicationUse use;
    use.rows = rows_of(setup, role, nodes);
    const ReplicationScale here = scale_of(setup, cost, role, nodes);
    use.messages_per_s = here.messages_per_s;
    use.all = here.all;
    use.node = replication_work(setup, role, nodes).traffic;
    if (nodes > 1) {
        const double pairs = static_cast<double>(nodes) * (nodes - 1);
        use.peer_packets_per_s = use.all.packets_out_number / pairs;
        use.peer_bytes_per_s = use.all.out_bytes / pairs;
        if (setup.kind == Replication::dmq_usrloc) {
            use.join = join_use(setup, cost, role[Driver::contacts], nodes);
        }
    }
    constexpr int nodes_shown = 8;
    for (int n = 2; n <= nodes_shown; ++n) use.by_nodes.push_back(scale_of(setup, cost, role, n));
    return use;
}

}  // namespace busyhour
