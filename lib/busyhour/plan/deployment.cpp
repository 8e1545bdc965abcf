#include "busyhour/plan/deployment.h"

#include "busyhour/catalog/fields.h"
#include "busyhour/catalog/json_reading.h"
#include "busyhour/catalog/nearest.h"
#include "busyhour/error.h"
#include "busyhour/model/refresh.h"
#include "busyhour/plan/deployment_names.h"
#include "busyhour/plan/host_choice.h"
#include "busyhour/sha256.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <set>
#include <utility>

namespace busyhour {
namespace {

/// The words of an enumeration in the user's file.
template <typename Enum, std::size_t n>
Enum word_to(const std::array<std::pair<std::string_view, Enum>, n>& words,
             const std::string& word) {
    for (const auto& [name, value] : words) {
        if (name == word) return value;
    }
    return words.front().second;  // the schema allows no other word
}

constexpr std::array<std::pair<std::string_view, Transport>, 4> transports{
    {{"udp", Transport::udp},
     {"tcp", Transport::tcp},
     {"tls", Transport::tls},
     {"wss", Transport::wss}}};
constexpr std::array<std::pair<std::string_view, Connection>, 3> connections{
    {{"persistent", Connection::persistent},
     {"per_registration", Connection::per_registration},
     {"per_transaction", Connection::per_transaction}}};
constexpr std::array<std::pair<std::string_view, Authentication>, 3> authentications{
    {{"none", Authentication::none},
     {"digest", Authentication::digest},
     {"digest_reused_nonce", Authentication::digest_reused_nonce}}};
constexpr std::array<std::pair<std::string_view, Keepalive>, 4> keepalives{
    {{"none", Keepalive::none},
     {"crlf", Keepalive::crlf},
     {"stun", Keepalive::stun},
     {"options", Keepalive::options}}};
constexpr std::array<std::pair<std::string_view, RtcpRule>, 3> rtcp_rules{
    {{"rfc3550", RtcpRule::rfc3550}, {"share5", RtcpRule::share5}, {"none", RtcpRule::none}}};
constexpr std::array<std::pair<std::string_view, Redundancy>, 4> redundancies{
    {{"none", Redundancy::none},
     {"n+1", Redundancy::n_plus_1},
     {"n+2", Redundancy::n_plus_2},
     {"2n", Redundancy::two_n}}};

constexpr std::array<std::pair<std::string_view, Replication>, 4> replications{
    {{"none", Replication::none},
     {"dmq_usrloc", Replication::dmq_usrloc},
     {"dmq_dialog", Replication::dmq_dialog},
     {"dmq_htable", Replication::dmq_htable}}};
constexpr std::array<std::pair<std::string_view, Handling>, handling_count> handlings{
    {{"answered", Handling::answered},
     {"challenged", Handling::challenged},
     {"dropped_by_block_list", Handling::dropped_by_block_list},
     {"dropped_by_firewall", Handling::dropped_by_firewall}}};

/// A whole number that the schema has accepted; 0 where it lies beyond an int and was refused.
int to_int(double number) {
    const bool is_in_range = std::abs(number) <= std::numeric_limits<int>::max();
    return is_in_range ? static_cast<int>(number) : 0;
}

int whole_at(const Json& object, std::string_view key) {
    return to_int(number_at(object, key));
}

std::optional<int> whole_if(const Json& object, std::string_view key) {
    const std::optional<double> number = number_if(object, key);
    return number ? std::optional(to_int(*number)) : std::nullopt;
}

/// Turns the complete document into values, and keeps every fault that only the values show.
class DeploymentReader {
public:
    DeploymentReader(const Json& document, const Catalog& catalog)
        : document_(document), catalog_(catalog) {}

    Deployment read() {
        deployment_.name = text_at(document_, "name");
        deployment_.start_year = whole_at(document_, "start_year");
        deployment_.horizon_years = whole_at(document_, "horizon_years");
        read_populations();
        read_growth();
        read_roles();
        read_policy();
        read_network();
        read_trunks();
        read_unwanted();
        if (!problems_.empty()) throw InputError(problems_);
        return std::move(deployment_);
    }

private:
    /// Runs a step; what it finds wrong is kept, with `prefix` before the place.
    template <typename Step>
    void collect(const std::string& prefix, Step step) {
        try {
            step();
        } catch (const InputError& error) {
            for (const Problem& problem : error.problems()) {
                const bool is_pointer = problem.where.starts_with('/');
                problems_.push_back({is_pointer ? problem.where : prefix + "/" + problem.where,
                                     problem.what, problem.remedy});
            }
        }
    }

    void assume(const std::string& path, Json value, const std::string& source) {
        deployment_.assumptions.push_back({path, std::move(value), "default", source});
    }

    void read_populations() {
        const Json::Array& rows = items_at(document_, "populations");
        const std::vector<std::string> names = row_names(rows, "population");
        check_names(rows, "/populations");
        for (std::size_t i = 0; i < rows.size(); ++i) {
            deployment_.populations.push_back(
                population_from(rows[i], names[i], pointer_to("/populations", i)));
        }
    }

    Population population_from(const Json& row, const std::string& name, const std::string& path) {
        Population population;
        population.name = name;
        population.site = text_at(row, "site");
        population.endpoints_number = number_at(row, "endpoints");
        population.transport = word_to(transports, text_at(row, "transport"));
        population.tls = tls_from_row(child_at(row, "tls"), path + "/tls");
        const Json& registration = child_at(row, "registration");
        population.expires_s = number_at(registration, "expires_s");
        population.refresh_fraction = number_at(registration, "refresh_fraction");
        population.expires_range_fraction = number_at(registration, "expires_range_fraction");
        population.authentication =
            word_to(authentications, text_at(registration, "authentication"));
        const Json& keepalive = child_at(row, "keepalive");
        population.keepalive = word_to(keepalives, text_at(keepalive, "method"));
        population.keepalive_interval_s = number_at(keepalive, "interval_s");
        if (population.keepalive == Keepalive::stun && population.transport != Transport::udp) {
            problems_.push_back({path + "/keepalive/method", "STUN keepalives are for UDP",
                                 "use crlf over TCP, TLS and WSS (RFC 5626 4.4)"});
        }
        const Json::Array& subscriptions = items_at(row, "subscriptions");
        for (std::size_t i = 0; i < subscriptions.size(); ++i) {
            population.subscriptions.push_back(
                subscription_from(subscriptions[i], pointer_to(path + "/subscriptions", i)));
        }
        population.calls = calls_from(child_at(row, "calls"));
        population.media = media_from(child_at(row, "media"), path + "/media");
        population.path = path_from(child_at(row, "path"), path + "/path");
        return population;
    }

    Subscription subscription_from(const Json& row, const std::string& path) {
        Subscription subscription{
            .event = text_at(row, "event"),
            .per_endpoint_number = number_at(row, "per_endpoint"),
            .expires_s = number_at(row, "expires_s"),
            .notifies_per_s = number_at(row, "notifies_per_s"),
            .notifies_per_call_number = number_if(row, "notifies_per_call").value_or(0),
            .publishes_per_s = number_at(row, "publishes_per_s")};
        if (!number_if(row, "notifies_per_call")) {
            // rfc4235 section 3.7.1: a watched call goes from early to confirmed to terminated
            const bool is_dialog = subscription.event == "dialog";
            subscription.notifies_per_call_number = is_dialog ? 3 : 0;
            assume(path + "/notifies_per_call", Json{subscription.notifies_per_call_number},
                   is_dialog ? "rfc4235" : "planning-default");
        }
        return subscription;
    }

    TlsUse tls_from_row(const Json& row, const std::string& path) {
        const TlsUse tls{.connection = word_to(connections, text_at(row, "connection")),
                         .key = text_at(row, "key"),
                         .version = text_at(row, "version"),
                         .resumed_fraction = number_at(row, "resumed_fraction"),
                         .reconnects_per_s = number_at(row, "reconnects_per_endpoint_per_s"),
                         .is_mutual = truth_at(row, "mutual")};
        collect(path, [&] { tls_named(catalog_, tls.key, path + "/key"); });
        return tls;
    }

    static CallPattern calls_from(const Json& row) {
        return {.busy_hour_attempts_number = number_at(row, "busy_hour_attempts_per_endpoint"),
                .answered_fraction = number_at(row, "answered_fraction"),
                .holding_time_s = number_at(row, "holding_time_s"),
                .internal_fraction = number_at(row, "internal_fraction"),
                .authentication = word_to(authentications, text_at(row, "authentication")),
                .session_expires_s = number_at(row, "session_expires_s"),
                .refreshes_by_reinvite = text_at(row, "session_refresh") == "reinvite"};
    }

    NetworkPath path_from(const Json& row, const std::string& path) {
        const NetworkPath network{.one_way_delay_s = number_at(row, "one_way_delay_s"),
                                  .jitter_s = number_at(row, "jitter_s"),
                                  .jitter_buffer_s = number_if(row, "jitter_buffer_s"),
                                  .loss_fraction = number_at(row, "loss_fraction"),
                                  .burst_ratio_factor = number_at(row, "burst_ratio"),
                                  .firewall_delay_s = number_at(row, "firewall_delay_s"),
                                  .processing_delay_s = number_at(row, "processing_delay_s"),
                                  .beyond_trunk_delay_s = number_at(row, "beyond_trunk_delay_s"),
                                  .echo_loss_db = number_at(row, "echo_loss_db"),
                                  .is_concealed = text_at(row, "concealment") == "codec"};
        if (network.jitter_buffer_s && network.jitter_s > 0) {
            problems_.push_back({path + "/jitter_ms", "and jitter_buffer_ms are both given",
                                 "the buffer's delay is what counts: leave the jitter out"});
        }
        return network;
    }

    Media media_from(const Json& row, const std::string& path) {
        Media media{.codec = text_at(row, "codec"),
                    .packets = {},
                    .encryption = text_at(row, "encryption"),
                    .srtp_suite = text_at(row, "srtp_suite"),
                    .rtcp = word_to(rtcp_rules, text_at(row, "rtcp")),
                    .muxes_rtcp = truth_at(row, "rtcp_mux"),
                    .relayed_fraction = number_at(row, "relayed_fraction"),
                    .voice_activity_fraction = number_at(row, "voice_activity_fraction"),
                    .recorded_fraction = number_at(row, "recorded_fraction"),
                    .transcode_to = text_if(row, "transcode_to")};
        collect(path, [&] {
            const Codec& codec = codec_named(catalog_, media.codec, path + "/codec");
            const PacketisationChoice choice{
                .ptime_s = number_if(row, "ptime_s"),
                .bit_rate_bits_per_s = number_if(row, "bit_rate_bits_per_s"),
                .is_octet_aligned = truth_at(row, "octet_aligned")};
            media.codec = codec.name;
            media.packets = packetise(codec, choice);
            if (!choice.ptime_s) {
                assume(path + "/ptime_ms", Json{media.packets.ptime_s * 1000}, codec.source);
            }
            if (!choice.bit_rate_bits_per_s && codec.rates.size() > 1) {
                assume(path + "/bit_rate_bits_per_s", Json{media.packets.bit_rate_bits_per_s},
                       codec.source);
            }
        });
        collect(path, [&] { srtp_suite_named(catalog_, media.srtp_suite, path + "/srtp_suite"); });
        if (media.transcode_to) check_transcoding(media, path + "/transcode_to");
        return media;
    }

    void check_transcoding(Media& media, const std::string& path) {
        collect(path, [&] {
            media.transcode_to = codec_named(catalog_, *media.transcode_to, path).name;
        });
        // The drivers of transcoding: no server model knows what another codec costs.
        const std::vector<std::string> known{"PCMU", "PCMA", "G722", "opus"};
        for (const std::string& codec : {media.codec, *media.transcode_to}) {
            if (std::find(known.begin(), known.end(), codec) != known.end()) continue;
            problems_.push_back({path, "the cost of transcoding \"" + codec + "\" is not known",
                                 "known: " + join(known)});
        }
    }

    void read_growth() {
        const Json& row = child_at(document_, "growth");
        Growth& growth = deployment_.growth;
        growth.model = text_at(row, "model") == "fit" ? GrowthModel::fit : GrowthModel::compound;
        growth.rate_per_year_fraction = number_at(row, "rate_fraction_per_year");
        growth.interval_fraction = number_at(row, "interval_fraction");
        for (const Json& year : items_at(row, "history")) {
            growth.history.push_back({whole_at(year, "year"), number_at(year, "endpoints")});
        }
        if (growth.model == GrowthModel::fit) {
            collect("/growth", [&] { fit_growth(growth.history); });
            rename_history_values();
            const bool looks_back = std::any_of(
                growth.history.begin(), growth.history.end(),
                [&](const YearValue& point) { return point.year > deployment_.start_year; });
            if (looks_back) {
                problems_.push_back(
                    {"/growth/history",
                     fmt::format("has years after start_year {}", deployment_.start_year),
                     "set start_year to the year of the populations"});
            }
        } else if (!growth.history.empty()) {
            problems_.push_back({"/growth/history", "is used by the model \"fit\" only",
                                 "set \"model\": \"fit\", or leave the history out"});
        }
    }

    /// The model's field is a value; the user wrote endpoints.
    void rename_history_values() {
        constexpr std::string_view field = "/value";
        for (Problem& problem : problems_) {
            const bool is_value =
                problem.where.starts_with("/growth/history/") && problem.where.ends_with(field);
            if (!is_value) continue;
            problem.where.replace(problem.where.size() - field.size(), field.size(), "/endpoints");
        }
    }

    void read_roles() {
        for (const RoleKind kind : all_roles) {
            const std::string name(name_of(kind));
            const Json& row = child_at(child_at(document_, "roles"), name);
            RoleChoice& role = deployment_.roles.at(index_of(kind));
            role.is_present = row.object() != nullptr;
            if (!role.is_present) continue;
            role = {
                .is_present = true,
                .server = text_at(row, "server"),
                .host = text_at(row, "host"),
                .cores_per_node_number = number_at(row, "cores_per_node"),
                .nodes = whole_if(row, "nodes"),
                .replication = word_to(replications, text_if(row, "replication").value_or("none")),
                .dmq = dmq_from(child_at(row, "dmq"))};
            role.cpu = {.vcpus_per_cpu_number = number_at(row, "vcpu_overcommit_ratio"),
                        .steal_fraction = number_at(row, "steal_fraction"),
                        .hyperthread_gain_fraction = number_if(row, "hyperthread_gain_fraction")};
            role.blocking_s = number_if(row, "blocking_s").value_or(0);
            const std::string path = "/roles/" + name;
            collect(path, [&] { server_named(catalog_, role.server, path + "/server"); });
            collect(path, [&] { check_host(role, path); });
        }
    }

    /// A machine that is bought whole has no more cores than it has.
    void check_host(const RoleChoice& role, const std::string& path) {
        const HostModel& host = host_named(catalog_, role.host, path + "/host");
        if (!host.cores_number || role.cores_per_node_number <= *host.cores_number) return;
        problems_.push_back({path + "/cores_per_node",
                             fmt::format("is more than the {:g} cores of the host \"{}\"",
                                         *host.cores_number, role.host),
                             "use fewer cores for each node, or another host"});
    }

    /// Keys that a role's dmq does not have count as nothing.
    static DmqUse dmq_from(const Json& row) {
        const auto number = [&](std::string_view key) { return number_if(row, key).value_or(0); };
        DmqUse use{.settings = {},
                   .deletes_per_registration_number =
                       number("deletes_per_registration") + number("expiries_per_registration"),
                   .htable_updates_per_registration_number = number("keys_per_registration"),
                   .dialog_updates_per_call_number = number("dialog_updates_per_call"),
                   .htable_updates_per_call_number = number("keys_per_call")};
        if (row.object() == nullptr || row.object()->empty()) return use;
        use.settings = {.ping_interval_s = number_at(row, "ping_interval_s"),
                        .batch_msg_contacts_number = number("batch_msg_contacts"),
                        .batch_msg_size_bytes = number("batch_msg_size_bytes"),
                        .batch_size_number = number("batch_size"),
                        .batch_pause_s = number("batch_pause_s")};
        return use;
    }

    void read_unwanted() {
        for (const Json& row : items_at(document_, "unwanted")) {
            deployment_.unwanted.push_back(
                {.name = text_at(row, "name"),
                 .role = text_at(row, "role") == "proxy" ? RoleKind::proxy : RoleKind::registrar,
                 .method = text_at(row, "method"),
                 .requests_per_s = number_at(row, "requests_per_s"),
                 .handling = word_to(handlings, text_at(row, "handling")),
                 .follows_rfc3261 = text_at(row, "sender") == "rfc3261",
                 .site = text_if(row, "site")});
        }
        check_names(items_at(document_, "unwanted"), "/unwanted");
        check_sites(items_at(document_, "unwanted"), "/unwanted");
    }

    void read_policy() {
        const Json& row = child_at(document_, "policy");
        deployment_.policy = {
            .target_utilisation_fraction = number_at(row, "target_utilisation_fraction"),
            .table_utilisation_fraction = number_at(row, "table_utilisation_fraction"),
            .redundancy = word_to(redundancies, text_at(row, "redundancy")),
            .peak_probability = number_at(row, "peak_percentile"),
            .blocking_probability = number_at(row, "blocking_probability"),
            .storm_recovery_s = number_at(row, "storm_recovery_s"),
            .stall_s = number_at(row, "stall_s"),
            .storm_window_s = number_at(row, "storm_window_s"),
            .registration_request_delay_s = number_if(row, "registration_request_delay_s"),
            .session_request_delay_s = number_if(row, "session_request_delay_s"),
            .delay_probability = number_at(row, "delay_percentile")};
        check_storm();
    }

    /// The last endpoint to return needs its round trips too.
    void check_storm() {
        constexpr double round_trips_s = 1;
        const Policy& policy = deployment_.policy;
        if (policy.storm_recovery_s >= policy.storm_window_s + round_trips_s) return;
        problems_.push_back(
            {"/policy/storm_recovery_s",
             fmt::format("is {:g}, but the last endpoint returns after storm_window_s, {:g}",
                         policy.storm_recovery_s, policy.storm_window_s),
             fmt::format("at least {:g}, or a shorter storm_window_s",
                         policy.storm_window_s + round_trips_s)});
    }

    void read_network() {
        const Json& network = child_at(document_, "network");
        deployment_.captures_sip = text_at(child_at(document_, "capture"), "sip") == "hep3";
        deployment_.layers = texts_at(network, "layers");
        deployment_.mtu_bytes = number_at(network, "mtu_bytes");
        deployment_.conntrack_udp_timeout_s = number_at(network, "conntrack_udp_timeout_s");
        const std::string path = "/network/layers";
        collect(path, [&] {
            deployment_.network = stack_named(catalog_, deployment_.layers, path);
            check_layers(path);
        });
        for (const Json& link : items_at(network, "links")) {
            deployment_.links.push_back(
                {.name = text_at(link, "name"),
                 .site = text_if(link, "site"),
                 .rate_bits_per_s = number_if(link, "rate_bits_per_s"),
                 .packets_max_per_s = number_if(link, "packets_per_s_max")});
        }
        for (const Json& wall : items_at(network, "firewalls")) {
            deployment_.firewalls.push_back(
                {.name = text_at(wall, "name"),
                 .site = text_if(wall, "site"),
                 .sessions_max_number = number_if(wall, "sessions_max"),
                 .sessions_opened_max_per_s = number_if(wall, "sessions_opened_per_s_max"),
                 .packets_max_per_s = number_if(wall, "packets_per_s_max"),
                 .udp_timeout_s = number_at(wall, "udp_timeout_s")});
        }
        check_names(items_at(network, "links"), "/network/links");
        check_names(items_at(network, "firewalls"), "/network/firewalls");
        check_sites(items_at(network, "links"), "/network/links");
        check_sites(items_at(network, "firewalls"), "/network/firewalls");
    }

    void check_layers(const std::string& path) {
        bool has_network = false;
        for (const Header& layer : deployment_.network.layers) {
            has_network = has_network || layer.position == Position::network;
            if (layer.position >= Position::transport) {
                problems_.push_back({path, "\"" + layer.name + "\" stands above IP",
                                     "UDP, TCP, RTP and SRTP are added where they apply"});
            }
        }
        if (!has_network) {
            problems_.push_back({path, "has no network layer", "add \"ipv4\" or \"ipv6\""});
        }
    }

    void check_names(const Json::Array& rows, const std::string& path) {
        const std::vector<Problem> found = repeated_names(rows, path);
        problems_.insert(problems_.end(), found.begin(), found.end());
    }

    void check_sites(const Json::Array& rows, const std::string& path) {
        std::vector<std::string> sites;
        for (const Population& population : deployment_.populations) {
            if (!population.site.empty()) sites.push_back(population.site);
        }
        for (std::size_t i = 0; i < rows.size(); ++i) {
            const std::optional<std::string> site = text_if(rows[i], "site");
            if (!site || std::find(sites.begin(), sites.end(), *site) != sites.end()) continue;
            problems_.push_back({pointer_to(path, i) + "/site",
                                 "no population is at site \"" + *site + "\"",
                                 sites.empty() ? "no population has a site: name it in theirs"
                                               : suggestion(*site, sites)});
        }
    }

    void read_trunks() {
        const Json::Array& rows = items_at(document_, "trunks");
        check_names(rows, "/trunks");
        double given_fraction = 0;
        int open = 0;
        for (const Json& row : rows) {
            const std::optional<double> share = number_if(row, "share_fraction");
            given_fraction += share.value_or(0);
            open += share ? 0 : 1;
        }
        constexpr double rounding = 1e-9;
        if (given_fraction > 1 + rounding) {
            problems_.push_back({"/trunks",
                                 fmt::format("the shares add up to {:.6g}", given_fraction),
                                 "they are parts of the calls that leave: at most 1 together"});
        }
        for (std::size_t i = 0; i < rows.size(); ++i) {
            const Json& row = rows[i];
            const double left = std::max(0.0, 1 - given_fraction) / std::max(1, open);
            deployment_.trunks.push_back(
                {.name = text_at(row, "name"),
                 .share_fraction = number_if(row, "share_fraction").value_or(left),
                 .channels_max = whole_if(row, "channels_max"),
                 .call_attempts_max_per_s = number_if(row, "call_attempts_per_s_max")});
        }
    }

    const Json& document_;
    const Catalog& catalog_;
    Deployment deployment_;
    std::vector<Problem> problems_;
};

/// Adds the faults that are no consequence of one that the schema found in the same place.
void add_unexplained(const std::vector<Problem>& found, std::vector<Problem>& problems) {
    const std::size_t known = problems.size();
    for (const Problem& problem : found) {
        const auto is_related = [&](const Problem& other) {
            return problem.where.starts_with(other.where) || other.where.starts_with(problem.where);
        };
        const auto end = problems.begin() + static_cast<std::ptrdiff_t>(known);
        if (std::none_of(problems.begin(), end, is_related)) problems.push_back(problem);
    }
}

/// How a role would replicate is no assumption where it does not.
void drop_unused(Deployment& deployment) {
    for (const RoleKind kind : all_roles) {
        if (deployment.roles.at(index_of(kind)).replication != Replication::none) continue;
        const std::string unused = "/roles/" + std::string(name_of(kind)) + "/dmq/";
        std::erase_if(deployment.assumptions, [&](const Assumption& assumption) {
            return assumption.path.starts_with(unused);
        });
    }
}

}  // namespace

double mean_refresh_s(const Population& population) {
    return mean_refresh_s(
        RefreshTimes{.expires_s = population.expires_s,
                     .refresh_fraction = population.refresh_fraction,
                     .expires_range_fraction = population.expires_range_fraction});
}

double silence_s(const Population& population) {
    const double refresh_s = population.expires_s * population.refresh_fraction;
    if (population.keepalive == Keepalive::none) return refresh_s;
    return std::min(refresh_s, population.keepalive_interval_s);
}

std::vector<RoleKind> roles_of(const Deployment& deployment) {
    std::vector<RoleKind> present;
    for (const RoleKind kind : all_roles) {
        if (deployment.roles.at(index_of(kind)).is_present) present.push_back(kind);
    }
    return present;
}

std::string_view name_of(RoleKind role) {
    constexpr std::array<std::string_view, role_count> names{"registrar", "proxy", "media_relay",
                                                             "edge_proxy"};
    return names.at(index_of(role));
}

PlanInput read_deployment(std::string_view text, const std::string& file,
                          const std::vector<ModelPatch>& patches,
                          const std::optional<HostProfile>& host) {
    const JsonReading parsed = read_json(text, file);
    const Json& document = parsed.value;
    Reading reading = read_by_schema(document, "deployment");
    std::vector<Problem>& problems = reading.problems;
    problems.insert(problems.begin(), parsed.problems.begin(), parsed.problems.end());
    if (document.object() == nullptr) {
        for (Problem& problem : problems) problem.where = file;  // the root's pointer is empty
        throw InputError(problems);
    }
    PlanInput input;
    try {
        std::vector<ModelPatch> all = patches;
        const std::vector<ModelPatch> own =
            patches_of(child_at(reading.value, "models"), "/models");
        all.insert(all.end(), own.begin(), own.end());
        if (host) all.push_back({"hosts", host->name, host->document, host->file, true});
        input.catalog = load_catalog(all);
    } catch (const InputError& error) {
        problems.insert(problems.end(), error.problems().begin(), error.problems().end());
        throw InputError(problems);  // without the catalogue no name can be checked
    }
    if (host) choose_host(*host, reading);
    try {
        input.deployment = DeploymentReader(reading.value, input.catalog).read();
    } catch (const InputError& error) {
        add_unexplained(error.problems(), problems);
    }
    if (!problems.empty()) throw InputError(problems);
    std::vector<Assumption> assumptions = std::move(reading.assumptions);
    std::move(input.deployment.assumptions.begin(), input.deployment.assumptions.end(),
              std::back_inserter(assumptions));
    input.deployment.assumptions = std::move(assumptions);
    input.deployment.ranges = std::move(reading.ranges);
    drop_unused(input.deployment);
    input.deployment.sha256 = sha256_hex(text);
    return input;
}

}  // namespace busyhour
