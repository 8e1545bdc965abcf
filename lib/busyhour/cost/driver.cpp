#include "busyhour/cost/driver.h"

namespace busyhour {
namespace {

constexpr std::array<DriverLabel, driver_count> drivers{{
    {"registrations", "registrations/s"},
    {"new_bindings", "registrations of a new binding/s"},
    {"registration_challenges", "REGISTER challenges/s"},
    {"call_attempts", "call attempts/s"},
    {"call_challenges", "INVITE challenges/s"},
    {"other_transactions", "other SIP transactions/s"},
    {"keepalive_messages", "keepalive messages/s"},
    {"udp_messages", "SIP messages over UDP/s"},
    {"tcp_messages", "SIP messages over TCP/s"},
    {"tls_messages", "SIP messages over TLS/s"},
    {"tcp_connections_opened", "TCP connections opened/s"},
    {"tls_handshakes_ecdsa_p256", "full TLS handshakes (ECDSA P-256)/s"},
    {"tls_handshakes_rsa_2048", "full TLS handshakes (RSA-2048)/s"},
    {"tls_handshakes_rsa_4096", "full TLS handshakes (RSA-4096)/s"},
    {"tls_handshakes_resumed", "resumed TLS handshakes/s"},
    {"esp_packets", "packets through ESP/s"},
    {"replication_messages_sent", "replication messages sent/s"},
    {"replication_messages_received", "replication messages received/s"},
    {"unwanted_answered", "unwanted requests answered/s"},
    {"unwanted_challenged", "unwanted requests challenged/s"},
    {"unwanted_dropped", "unwanted requests dropped by a block list/s"},
    {"relayed_packets", "packets relayed/s"},
    {"srtp_packets", "SRTP packets protected or opened/s"},
    {"transcoded_packets_g711", "packets transcoded to G.711/s"},
    {"transcoded_packets_g722", "packets transcoded to G.722/s"},
    {"transcoded_packets_opus", "packets transcoded to Opus/s"},
    {"media_sessions_opened", "media sessions opened/s"},
    {"relay_ports_opened", "relay ports opened/s"},
    {"contacts", "contacts held"},
    {"tcp_connections", "TCP connections held"},
    {"tls_connections", "TLS connections held"},
    {"concurrent_calls", "calls in progress"},
    {"media_sessions", "media sessions held"},
    {"relay_ports", "relay ports held"},
}};

constexpr std::array<ResourceLabel, resource_count> resources{{
    {"cpu_cores", "cpu", "CPU", ResourceKind::queue},
    {"memory_bytes", "memory", "memory", ResourceKind::table},
    {"packets_per_s", "packets_per_s", "packets/s", ResourceKind::queue},
    {"bits_per_s", "bits_per_s", "network rate", ResourceKind::queue},
    {"connections", "connections", "connections", ResourceKind::table},
    {"udp_ports", "udp_ports", "UDP ports", ResourceKind::table},
}};

}  // namespace

const std::array<DriverLabel, driver_count>& driver_labels() {
    return drivers;
}

const std::array<ResourceLabel, resource_count>& resource_labels() {
    return resources;
}

std::string_view name_of(Driver driver) {
    return drivers.at(index_of(driver)).name;
}

std::string_view name_of(Resource resource) {
    return resources.at(index_of(resource)).name;
}

std::string_view short_name_of(Resource resource) {
    return resources.at(index_of(resource)).short_name;
}

std::optional<Driver> driver_named(std::string_view name) {
    for (std::size_t i = 0; i < driver_count; ++i) {
        if (drivers.at(i).name == name) return static_cast<Driver>(i);
    }
    return std::nullopt;
}

std::optional<Resource> resource_named(std::string_view name) {
    for (std::size_t i = 0; i < resource_count; ++i) {
        if (resources.at(i).name == name) return static_cast<Resource>(i);
    }
    return std::nullopt;
}

Driver handshake_driver(std::string_view key, bool is_resumed) {
    if (is_resumed) return Driver::tls_handshakes_resumed;
    if (key == "rsa-2048") return Driver::tls_handshakes_rsa_2048;
    if (key == "rsa-4096") return Driver::tls_handshakes_rsa_4096;
    return Driver::tls_handshakes_ecdsa_p256;
}

Demand& Demand::operator+=(const Demand& other) {
    for (std::size_t i = 0; i < driver_count; ++i) amounts.at(i) += other.amounts.at(i);
    return *this;
}

Demand operator*(Demand demand, double factor) {
    for (double& amount : demand.amounts) amount *= factor;
    return demand;
}

}  // namespace busyhour
