#include "busyhour/cost/yardstick.h"

namespace busyhour {
namespace {

constexpr std::array<YardstickLabel, yardstick_count> yardsticks{{
    {"packet_io", "packet I/O"},
    {"parsing", "parsing"},
    {"symmetric", "symmetric crypto"},
    {"asymmetric", "asymmetric crypto"},
}};

}  // namespace

const std::array<YardstickLabel, yardstick_count>& yardstick_labels() {
    return yardsticks;
}

Yardstick yardstick_of(Driver driver) {
    switch (driver) {
        case Driver::tls_handshakes_ecdsa_p256:
        case Driver::tls_handshakes_rsa_2048:
        case Driver::tls_handshakes_rsa_4096:
            return Yardstick::asymmetric;
        case Driver::tls_handshakes_resumed:  // no signature: hashes, and the kernel's part
        case Driver::tls_messages:
        case Driver::esp_packets:
        case Driver::srtp_packets:
            return Yardstick::symmetric;
        case Driver::keepalive_messages:
        case Driver::udp_messages:
        case Driver::tcp_messages:  // what TCP adds to a message that is parsed anyway
        case Driver::tcp_connections_opened:
        case Driver::unwanted_dropped:
        case Driver::relayed_packets:
        case Driver::media_sessions_opened:
        case Driver::relay_ports_opened:
        case Driver::tcp_connections:
        case Driver::tls_connections:
        case Driver::media_sessions:
        case Driver::relay_ports:
            return Yardstick::packet_io;
        case Driver::registrations:
        case Driver::new_bindings:
        case Driver::registration_challenges:
        case Driver::call_attempts:
        case Driver::call_challenges:
        case Driver::other_transactions:
        case Driver::replication_messages_sent:
        case Driver::replication_messages_received:
        case Driver::unwanted_answered:
        case Driver::unwanted_challenged:
        case Driver::contacts:
        case Driver::concurrent_calls:
        // An approximation: a codec is arithmetic, which no yardstick is nearer to.
        case Driver::transcoded_packets_g711:
        case Driver::transcoded_packets_g722:
        case Driver::transcoded_packets_opus:
            break;
    }
    return Yardstick::parsing;
}

YardstickFactors cost_factors(const Yardsticks& measured, const Yardsticks& host) {
    YardstickFactors factors{};
    for (std::size_t i = 0; i < yardstick_count; ++i) {
        factors.at(i) = measured.speeds_per_s.at(i) / host.speeds_per_s.at(i);
    }
    return factors;
}

CostModel carried(CostModel model, const YardstickFactors& factors) {
    Demand& cpu = model.cost.at(index_of(Resource::cpu_cores));
    for (std::size_t i = 0; i < driver_count; ++i) {
        const auto driver = static_cast<Driver>(i);
        const double factor = factors.at(index_of(yardstick_of(driver)));
        cpu[driver] *= factor;
        model.wakeup_cpu_cores[driver] *= factor;
    }
    return model;
}

}  // namespace busyhour
