#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace busyhour {

/// Kinds of work that a node is asked to do. Rates are per second; the last six are amounts.
enum class Driver {
    registrations,
    new_bindings,
    registration_challenges,
    call_attempts,
    call_challenges,
    other_transactions,
    keepalive_messages,
    udp_messages,
    tcp_messages,
    tls_messages,
    tcp_connections_opened,
    tls_handshakes_ecdsa_p256,
    tls_handshakes_rsa_2048,
    tls_handshakes_rsa_4096,
    tls_handshakes_resumed,
    esp_packets,
    replication_messages_sent,
    replication_messages_received,
    unwanted_answered,
    unwanted_challenged,
    unwanted_dropped,
    relayed_packets,
    srtp_packets,
    transcoded_packets_g711,
    transcoded_packets_g722,
    transcoded_packets_opus,
    media_sessions_opened,
    relay_ports_opened,
    contacts,
    tcp_connections,
    tls_connections,
    concurrent_calls,
    media_sessions,
    relay_ports,
};
constexpr std::size_t driver_count = 34;

/// What a node has only so much of.
enum class Resource { cpu_cores, memory_bytes, packets_per_s, bits_per_s, connections, udp_ports };
constexpr std::size_t resource_count = 6;

struct DriverLabel {
    std::string_view name;
    std::string_view words;
};

/// Whether a resource is a queue, whose delay grows as it fills, or a table, which is full or not.
enum class ResourceKind { queue, table };

struct ResourceLabel {
    std::string_view name;
    std::string_view short_name;  ///< as a bottleneck: "cpu"
    std::string_view words;
    ResourceKind kind = ResourceKind::queue;
};

/// The label of each driver, in the order of the enumeration.
const std::array<DriverLabel, driver_count>& driver_labels();

/// The label of each resource, in the order of the enumeration.
const std::array<ResourceLabel, resource_count>& resource_labels();

std::string_view name_of(Driver driver);
std::string_view name_of(Resource resource);
std::string_view short_name_of(Resource resource);
std::optional<Driver> driver_named(std::string_view name);
std::optional<Resource> resource_named(std::string_view name);

/// The driver of a TLS handshake with that kind of server key ("rsa-2048", ...).
Driver handshake_driver(std::string_view key, bool is_resumed);

constexpr std::size_t index_of(Driver driver) {
    return static_cast<std::size_t>(driver);
}
constexpr std::size_t index_of(Resource resource) {
    return static_cast<std::size_t>(resource);
}

/// How much of each driver is offered.
struct Demand {
    std::array<double, driver_count> amounts{};

    double& operator[](Driver driver) { return amounts.at(index_of(driver)); }
    double operator[](Driver driver) const { return amounts.at(index_of(driver)); }
    Demand& operator+=(const Demand& other);
    /// Adds `factor` times the other.
    Demand& add(const Demand& other, double factor) {
        for (std::size_t i = 0; i < driver_count; ++i) amounts[i] += other.amounts[i] * factor;
        return *this;
    }
};

Demand operator*(Demand demand, double factor);

/// How much of each resource is used.
struct Usage {
    std::array<double, resource_count> amounts{};

    double& operator[](Resource resource) { return amounts.at(index_of(resource)); }
    double operator[](Resource resource) const { return amounts.at(index_of(resource)); }
};

}  // namespace busyhour
