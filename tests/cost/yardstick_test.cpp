#include "busyhour/cost/yardstick.h"

#include <catch2/catch.hpp>

using namespace busyhour;

namespace {

/// Every driver costs CPU, waking up and memory; no two the same.
CostModel full_model() {
    CostModel model;
    for (std::size_t i = 0; i < driver_count; ++i) {
        const auto driver = static_cast<Driver>(i);
        model.cost.at(index_of(Resource::cpu_cores))[driver] = 1e-6 * static_cast<double>(i + 1);
        model.wakeup_cpu_cores[driver] = 1e-7 * static_cast<double>(i + 1);
        model.cost.at(index_of(Resource::memory_bytes))[driver] = 100 * static_cast<double>(i + 1);
    }
    model.idle.at(index_of(Resource::cpu_cores)) = 0.01;
    model.band_low_factor = 0.8;
    model.band_high_factor = 1.5;
    return model;
}

const Yardsticks slow{{7e5, 1.6e6, 2.4e6, 3.6e4}};

Yardsticks faster(Yardstick yardstick, double factor) {
    Yardsticks host = slow;
    host[yardstick] *= factor;
    return host;
}

}  // namespace

TEST_CASE("a host with the same yardsticks changes nothing", "[cost][yardstick][identity]") {
    const CostModel model = full_model();
    const CostModel same = carried(model, cost_factors(slow, slow));
    for (std::size_t r = 0; r < resource_count; ++r) {
        CHECK(same.cost.at(r).amounts == model.cost.at(r).amounts);
    }
    CHECK(same.wakeup_cpu_cores.amounts == model.wakeup_cpu_cores.amounts);
    CHECK(same.idle == model.idle);
}

TEST_CASE("twice as fast at one kind of work halves the CPU of its drivers alone",
          "[cost][yardstick][identity]") {
    const CostModel model = full_model();
    for (std::size_t kind = 0; kind < yardstick_count; ++kind) {
        const auto yardstick = static_cast<Yardstick>(kind);
        CAPTURE(yardstick_labels().at(kind).name);
        const CostModel other = carried(model, cost_factors(slow, faster(yardstick, 2)));
        for (std::size_t i = 0; i < driver_count; ++i) {
            const auto driver = static_cast<Driver>(i);
            CAPTURE(name_of(driver));
            const double factor = yardstick_of(driver) == yardstick ? 0.5 : 1;
            const std::size_t cpu = index_of(Resource::cpu_cores);
            CHECK(other.cost.at(cpu)[driver] == model.cost.at(cpu)[driver] * factor);
            CHECK(other.wakeup_cpu_cores[driver] == model.wakeup_cpu_cores[driver] * factor);
        }
        CHECK(other.cost.at(index_of(Resource::memory_bytes)).amounts ==
              model.cost.at(index_of(Resource::memory_bytes)).amounts);
        CHECK(other.idle == model.idle);
        CHECK(other.band_high_factor == model.band_high_factor);
    }
}

TEST_CASE("carrying a model there and back gives the model", "[cost][yardstick][identity]") {
    const CostModel model = full_model();
    const Yardsticks fast{{9e5, 4e6, 2e6, 5e4}};
    const CostModel back =
        carried(carried(model, cost_factors(slow, fast)), cost_factors(fast, slow));
    for (std::size_t i = 0; i < driver_count; ++i) {
        const auto driver = static_cast<Driver>(i);
        CHECK(back.wakeup_cpu_cores[driver] == Approx(model.wakeup_cpu_cores[driver]));
    }
}

TEST_CASE("a host that is slower at everything alike is one with slower cores",
          "[cost][yardstick][identity]") {
    const CostModel model = full_model();
    Yardsticks half = slow;
    for (double& speed : half.speeds_per_s) speed /= 2;
    const CostModel there = carried(model, cost_factors(slow, half));
    Demand demand;
    demand[Driver::call_attempts] = 100;
    demand[Driver::srtp_packets] = 1e4;
    demand[Driver::tls_handshakes_rsa_2048] = 10;
    constexpr double target = 0.6;
    CHECK(cores_for(cpu_cost(there, demand), target) ==
          Approx(2 * cores_for(cpu_cost(model, demand), target)));
}

TEST_CASE("each kind of work governs its drivers", "[cost][yardstick][table]") {
    CHECK(yardstick_of(Driver::tls_handshakes_ecdsa_p256) == Yardstick::asymmetric);
    CHECK(yardstick_of(Driver::tls_handshakes_rsa_2048) == Yardstick::asymmetric);
    CHECK(yardstick_of(Driver::tls_handshakes_rsa_4096) == Yardstick::asymmetric);
    CHECK(yardstick_of(Driver::tls_handshakes_resumed) == Yardstick::symmetric);
    CHECK(yardstick_of(Driver::srtp_packets) == Yardstick::symmetric);
    CHECK(yardstick_of(Driver::tls_messages) == Yardstick::symmetric);
    CHECK(yardstick_of(Driver::esp_packets) == Yardstick::symmetric);
    CHECK(yardstick_of(Driver::relayed_packets) == Yardstick::packet_io);
    CHECK(yardstick_of(Driver::keepalive_messages) == Yardstick::packet_io);
    CHECK(yardstick_of(Driver::unwanted_dropped) == Yardstick::packet_io);
    CHECK(yardstick_of(Driver::registrations) == Yardstick::parsing);
    CHECK(yardstick_of(Driver::call_attempts) == Yardstick::parsing);
    CHECK(yardstick_of(Driver::transcoded_packets_opus) == Yardstick::parsing);
    CHECK(yardstick_labels().at(index_of(Yardstick::asymmetric)).name == "asymmetric");
}
