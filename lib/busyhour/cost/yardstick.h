#pragma once

#include "busyhour/cost/cost_model.h"

#include <array>
#include <cstddef>
#include <string_view>

namespace busyhour {

/// Kinds of work whose speeds differ from host to host, each on its own.
enum class Yardstick {
    packet_io,   ///< datagrams sent and received: the kernel's work
    parsing,     ///< a SIP request parsed and a place in memory looked up
    symmetric,   ///< an RTP packet encrypted and authenticated
    asymmetric,  ///< a signature, as in a full TLS handshake
};
constexpr std::size_t yardstick_count = 4;

/// Names and words in the order of the enumeration.
struct YardstickLabel {
    std::string_view name;
    std::string_view words;
};
const std::array<YardstickLabel, yardstick_count>& yardstick_labels();

constexpr std::size_t index_of(Yardstick yardstick) {
    return static_cast<std::size_t>(yardstick);
}

/// The kind of work that most of that driver's CPU time is.
Yardstick yardstick_of(Driver driver);

/// How fast one core does each kind of work: pieces done per second of CPU time, above 0.
struct Yardsticks {
    std::array<double, yardstick_count> speeds_per_s{};

    double& operator[](Yardstick yardstick) { return speeds_per_s.at(index_of(yardstick)); }
    double operator[](Yardstick yardstick) const { return speeds_per_s.at(index_of(yardstick)); }
};

/// What CPU costs are multiplied by, of each kind of work.
using YardstickFactors = std::array<double, yardstick_count>;

/// measured / host of each kind: a host that is twice as fast at it takes half the CPU time.
YardstickFactors cost_factors(const Yardsticks& measured, const Yardsticks& host);

/// The model on another host: each CPU cost and wake-up cost times the factor of its driver's kind.
/// Memory, ports, what an idle node uses and the band stay.
CostModel carried(CostModel model, const YardstickFactors& factors);

}  // namespace busyhour
