#pragma once

#include "busyhour/cost/cost_model.h"
#include "busyhour/model/replication.h"
#include "busyhour/plan/deployment.h"
#include "busyhour/plan/load.h"

#include <optional>
#include <string>
#include <vector>

namespace busyhour {

/// What the nodes of one role replicate to each other, and the messages that they do it with.
struct ReplicationSetup {
    Replication kind = Replication::none;
    DmqUse use;
    SipWire wire;
    std::vector<FlowMessage> binding;  ///< one change to one peer: request and answer
    std::vector<FlowMessage> htable;
    std::vector<FlowMessage> dialog;
    std::vector<FlowMessage> ping;  ///< of two nodes
    std::vector<FlowMessage> sync;  ///< the request that asks a peer for all
};

/// Changes that are replicated, all nodes together.
struct ReplicatedChanges {
    double bindings_per_s = 0;
    double keys_per_s = 0;  ///< of hash tables
    double dialogs_per_s = 0;
};

/// One kind of replicated change, all nodes of the role together.
struct ReplicationRow {
    std::string kind;           ///< "bindings", "hash_table", "dialogs", "pings"
    double requests_per_s = 0;  ///< each has one answer
    Traffic sent;               ///< by the nodes that change, with the answers as in
};

/// A node joins: what all its peers together send it.
struct JoinUse {
    double contacts_number = 0;
    int peers = 0;
    FullSync from_each;
    double requests_number = 0;  ///< to sync and with contacts, all peers
    double packets_number = 0;   ///< both directions, answers included
    double bytes = 0;            ///< with all network layers
    double sender_s = 0;         ///< of one peer: its pauses and its CPU
    double receiver_cpu_s = 0;   ///< of the node that joins
    double contacts_per_s = 0;   ///< from all peers, as fast as they send
};

/// The same demand with another number of nodes.
struct ReplicationScale {
    int nodes = 0;
    double messages_per_s = 0;
    Traffic all;                    ///< out of all nodes
    double node_packets_per_s = 0;  ///< of one node, in and out
    double node_cpu_cores = 0;      ///< of one node, for replication alone
};

/// Replication of one role in the mean of the busy hour.
struct ReplicationUse {
    std::vector<ReplicationRow> rows;
    double messages_per_s = 0;      ///< all nodes, requests and answers
    Traffic all;                    ///< `out`: leaving all nodes; each packet enters another one
    Traffic node;                   ///< of one node
    double peer_packets_per_s = 0;  ///< from one node to one other, one direction
    double peer_bytes_per_s = 0;
    std::optional<JoinUse> join;  ///< where bindings are replicated
    std::vector<ReplicationScale> by_nodes;

    /// Packets of changes, without the pings that come whether anything changes or not.
    [[nodiscard]] double change_packets_per_s() const;
};

/// What a role of the deployment replicates.
ReplicationSetup replication_setup(const Deployment& deployment, const Catalog& catalog,
                                   RoleKind kind);

/// The changes of a role with that demand.
ReplicatedChanges changes_of(const ReplicationSetup& setup, const Demand& role);

/// What nodes send each other for these changes, and their pings; empty for one node.
std::vector<ReplicationRow> replication_rows(const ReplicationSetup& setup,
                                             const ReplicatedChanges& changes, int nodes);

/// What it takes that the last of `nodes` nodes learns all contacts from its peers.
JoinUse join_use(const ReplicationSetup& setup, const CostModel& cost, double contacts_number,
                 int nodes);

/// What one node adds for replication where `nodes` share the role's demand; nothing for one node.
Work replication_work(const ReplicationSetup& setup, const Demand& role, int nodes);

/// The replication of a role with that demand on so many nodes; empty where it is off.
std::optional<ReplicationUse> replication_use(const ReplicationSetup& setup, const CostModel& cost,
                                              const Demand& role, int nodes);

}  // namespace busyhour
