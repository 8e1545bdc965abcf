#pragma once

namespace busyhour {

/// How Kamailio's distributed message queue (DMQ) is set up.
struct DmqSettings {
    double ping_interval_s = 60;
    double batch_msg_contacts_number = 1;  ///< contacts in one message of a full sync, 1 to 150
    double batch_msg_size_bytes = 60000;   ///< a message of a full sync is no longer than that
    double batch_size_number = 0;          ///< contacts between two pauses of a sync; 0: no pause
    double batch_pause_s = 0;              ///< the pause after each batch
};

/// Requests with which all nodes together tell every other node of their changes: each change goes
/// to nodes - 1 peers. Each request has an answer. Source: kamailio-dmq-usrloc-docs.
///
/// Range: changes_per_s >= 0, nodes >= 1.
double broadcasts_per_s(double changes_per_s, int nodes);

/// Pings of all nodes together: each node sends its list of nodes to every other one in each
/// interval. Each has an answer. Source: kamailio-docs.
///
/// Range: nodes >= 1, interval_s > 0.
double pings_per_s(int nodes, double interval_s);

/// Octets by which a ping of `nodes` nodes and its answer are each longer than those of two: a line
/// "sip:192.0.2.1:5060;status=active" for each further node, 35 octets as measured. Source:
/// kamailio-dmq-2026.
double ping_growth_bytes(int nodes);

/// Sizes behind a full sync: of the message that replicates one binding, and of the request.
struct SyncSizes {
    double binding_bytes = 0;
    double request_bytes = 0;
};

/// What one peer sends to a node that has joined.
struct FullSync {
    double contacts_per_message_number = 0;
    double messages_number = 0;
    double message_bytes = 0;  ///< a full message, SIP payload
    double bytes = 0;          ///< of all messages, SIP payload
    double pause_s = 0;        ///< time spent in pauses
};

/// The full sync of `contacts_number` contacts from one peer; every peer of the new node sends all
/// of them. Source: kamailio-dmq-usrloc-docs, sizes by kamailio-dmq-2026.
///
/// The body of a request to sync and the envelope of a message of several contacts have 12 octets
/// each, so a message of k contacts has request + k (contact + 6) octets. A message is sent when it
/// holds the contacts or the octets that are set.
FullSync full_sync(double contacts_number, const DmqSettings& settings, const SyncSizes& sizes);

}  // namespace busyhour
