#pragma once

#include "busyhour/catalog/catalog.h"
#include "busyhour/catalog/schema.h"
#include "busyhour/model/codec.h"
#include "busyhour/model/growth.h"
#include "busyhour/model/oversubscription.h"
#include "busyhour/model/replication.h"
#include "busyhour/model/transport.h"

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace busyhour {

enum class Connection { persistent, per_registration, per_transaction };
enum class Authentication { none, digest, digest_reused_nonce };
enum class Keepalive { none, crlf, stun, options };
enum class RtcpRule { rfc3550, share5, none };
enum class GrowthModel { compound, fit };
enum class Replication { none, dmq_usrloc, dmq_dialog, dmq_htable };
enum class Redundancy { none, n_plus_1, n_plus_2, two_n };

struct TlsUse {
    Connection connection = Connection::persistent;
    std::string key;
    std::string version;
    double resumed_fraction = 0;
    double reconnects_per_s = 0;  ///< of one endpoint
    bool is_mutual = false;
};

struct Subscription {
    std::string event;
    double per_endpoint_number = 0;
    double expires_s = 3600;
    double notifies_per_s = 0;  ///< of one subscription, whatever the calls
    double notifies_per_call_number =
        0;                       ///< of one subscription, for each call of the party watched
    double publishes_per_s = 0;  ///< of one endpoint
};

struct CallPattern {
    double busy_hour_attempts_number = 1;  ///< of one endpoint
    double answered_fraction = 1;
    double holding_time_s = 180;
    double internal_fraction = 0.5;
    Authentication authentication = Authentication::none;
    double session_expires_s = 0;  ///< 0: no session timer
    bool refreshes_by_reinvite = false;
};

struct Media {
    std::string codec;
    Packetisation packets;   ///< of the codec at the chosen ptime and rate
    std::string encryption;  ///< "none", "sdes", "dtls"
    std::string srtp_suite;
    RtcpRule rtcp = RtcpRule::rfc3550;
    bool muxes_rtcp = false;
    double relayed_fraction = 1;
    double voice_activity_fraction = 1;
    double recorded_fraction = 0;  ///< of the relayed calls, both directions copied to a recorder
    std::optional<std::string> transcode_to;
};

/// The network between an endpoint and the relay, one direction; the defaults are a perfect one.
struct NetworkPath {
    double one_way_delay_s = 0;
    double jitter_s = 0;
    std::optional<double> jitter_buffer_s;  ///< nothing: twice the jitter
    double loss_fraction = 0;
    double burst_ratio_factor = 1;
    double firewall_delay_s = 0;      ///< firewalls, VPN and IPsec gateways
    double processing_delay_s = 0;    ///< of both endpoints together
    double beyond_trunk_delay_s = 0;  ///< external calls only
    double echo_loss_db = 65;         ///< TELR
    bool is_concealed = true;         ///< receivers conceal loss as the codec does
};

struct Population {
    std::string name;
    std::string site;
    double endpoints_number = 0;
    Transport transport = Transport::udp;
    TlsUse tls;
    double expires_s = 3600;
    double refresh_fraction = 1;
    double expires_range_fraction = 0;  ///< the registrar takes 0 to this part off the expiry
    Authentication authentication = Authentication::none;
    Keepalive keepalive = Keepalive::none;
    double keepalive_interval_s = 30;
    std::vector<Subscription> subscriptions;
    CallPattern calls;
    Media media;
    NetworkPath path;
};

/// Mean time between two registrations of one endpoint.
double mean_refresh_s(const Population& population);

/// Longest time in which an endpoint over UDP sends nothing: until its keepalive or its refresh.
double silence_s(const Population& population);

struct Growth {
    GrowthModel model = GrowthModel::compound;
    double rate_per_year_fraction = 0;  ///< 0.1: ten percent more each year
    std::vector<YearValue> history;
    double interval_fraction = 0.9;
};

/// The roles that a deployment has, in the order of reports.
enum class RoleKind { registrar, proxy, media_relay, edge_proxy };
constexpr std::size_t role_count = 4;
constexpr std::array<RoleKind, role_count> all_roles{RoleKind::registrar, RoleKind::proxy,
                                                     RoleKind::media_relay, RoleKind::edge_proxy};
constexpr std::size_t index_of(RoleKind role) {
    return static_cast<std::size_t>(role);
}
std::string_view name_of(RoleKind role);

/// How a role replicates, where it does.
struct DmqUse {
    DmqSettings settings;
    double deletes_per_registration_number = 0;  ///< withdrawn, and expired where that is told
    double htable_updates_per_registration_number = 0;
    double dialog_updates_per_call_number = 0;
    double htable_updates_per_call_number = 0;
};

struct RoleChoice {
    bool is_present = true;  ///< an edge proxy is there only where the deployment names it
    std::string server;
    std::string host;
    double cores_per_node_number = 4;
    std::optional<int> nodes;
    Replication replication = Replication::none;
    CpuShare cpu{};         ///< of a node's cores
    double blocking_s = 0;  ///< that a worker waits in each transaction: database, lookups
    DmqUse dmq;
};

struct Policy {
    double target_utilisation_fraction = 0.6;
    double table_utilisation_fraction = 0.8;
    Redundancy redundancy = Redundancy::n_plus_1;
    double peak_probability = 0.999;
    double blocking_probability = 0.01;
    double storm_recovery_s = 300;
    double stall_s = 0.1;  ///< longest pause of a node in which no packet may be lost
    double storm_window_s = 60;
    std::optional<double> registration_request_delay_s;  ///< that a registrar may add
    std::optional<double> session_request_delay_s;       ///< that a proxy may add
    double delay_probability = 0.99;  ///< part of the requests that keeps these delays
};

struct Link {
    std::string name;
    std::optional<std::string> site;
    std::optional<double> rate_bits_per_s;    ///< each direction
    std::optional<double> packets_max_per_s;  ///< each direction
};

struct Firewall {
    std::string name;
    std::optional<std::string> site;
    std::optional<double> sessions_max_number;
    std::optional<double> sessions_opened_max_per_s;
    std::optional<double> packets_max_per_s;  ///< both directions together
    double udp_timeout_s = 60;
};

struct Trunk {
    std::string name;
    double share_fraction = 1;  ///< of the calls that leave the deployment
    std::optional<int> channels_max;
    std::optional<double> call_attempts_max_per_s;
};

/// What becomes of an unwanted request.
enum class Handling { answered, challenged, dropped_by_block_list, dropped_by_firewall };
constexpr std::size_t handling_count = 4;

/// Requests from sources that are no endpoints: scanners and floods.
struct UnwantedTraffic {
    std::string name;
    RoleKind role = RoleKind::registrar;
    std::string method;
    double requests_per_s = 0;  ///< retransmissions not counted
    Handling handling = Handling::answered;
    bool follows_rfc3261 = false;  ///< repeats what is not answered, and sends ACK
    std::optional<std::string> site;
};

/// What the user wants to run, complete and in base units.
struct Deployment {
    std::string name;
    int start_year = 2026;
    int horizon_years = 5;
    std::vector<Population> populations;
    Growth growth;
    std::array<RoleChoice, role_count> roles;
    Policy policy;
    std::vector<std::string> layers;
    HeaderStack network;
    double mtu_bytes = 1500;
    double conntrack_udp_timeout_s = 120;  ///< on the nodes themselves
    std::vector<Link> links;
    std::vector<Firewall> firewalls;
    std::vector<Trunk> trunks;
    bool captures_sip = false;  ///< each SIP message of the roles goes to a capture server too
    std::vector<UnwantedTraffic> unwanted;
    std::vector<Assumption> assumptions;
    std::vector<NumberRange> ranges;  ///< numbers known as a range; the members hold the likely one
    std::string sha256;               ///< of the text it was read from
};

/// The member that a JSON Pointer in base units names, nullptr where it names no number that may be
/// a range.
double* number_in(Deployment& deployment, std::string_view pointer);

/// The roles that the deployment has, in the order of reports.
std::vector<RoleKind> roles_of(const Deployment& deployment);

/// A deployment and the catalogue that its own "models" have changed.
struct PlanInput {
    Deployment deployment;
    Catalog catalog;
};

/// A deployment's JSON text, read and checked; `file` names it in errors. `host`, where there is
/// one, becomes a host of the catalogue and the host of every role, whatever the text says.
///
/// Throws InputError with every fault of the text, each with its JSON Pointer or line and column.
PlanInput read_deployment(std::string_view text, const std::string& file,
                          const std::vector<ModelPatch>& patches = {},
                          const std::optional<HostProfile>& host = std::nullopt);

}  // namespace busyhour
