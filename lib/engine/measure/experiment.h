#pragma once

#include "busyhour/cost/driver.h"
#include "engine/load/runner.h"
#include "engine/measure/yardstick.h"
#include "engine/rtp/srtp.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace busyhour::engine::measure {

/// What is measured: where it listens, and the processes whose CPU time and memory it takes.
struct Subject {
    std::string name;  ///< "busyhour", "kamailio", "rtpengine"
    std::optional<Peer> udp;
    std::optional<Peer> tcp;
    std::optional<Peer> tls;
    std::optional<Peer> ng;        ///< control port of a relay
    std::vector<int> process_ids;  ///< none: elsewhere, so capacity alone is measured
    unsigned workers_number = 1;   ///< that share the work
    int processor = -1;            ///< where it runs, for the yardsticks; below 0: anywhere
    std::string_view handshake_key = "ecdsa-p256";  ///< of its TLS certificate

    [[nodiscard]] const Peer* address(Transport transport) const noexcept;
};

/// One kind of work, whose demand on the subject is known.
struct Experiment {
    std::string name;
    std::string_view flow;  ///< of `load::flows`; "rtp": media
    Transport transport = Transport::udp;
    load::ConnectionUse connection_use = load::ConnectionUse::persistent;
    bool resumes = false;                   ///< TLS sessions
    std::size_t users_number = 200;         ///< of signalling
    std::optional<rtp::SrtpSuite> suite{};  ///< of media: SRTP at the callers, RTP at the callees
    std::size_t payload_octets = 160;       ///< of media
};

/// The experiments that the subject can take part in, those that tell most of the costs first.
std::vector<Experiment> experiments_for(const Subject& subject, bool is_quick);

/// One run: so much was offered, and this is what it took.
struct Slice {
    std::string experiment;
    double load_per_s = 0;  ///< sessions, or RTP packets, offered in a second
    double achieved_per_s = 0;
    Demand demand;  ///< on the subject
    std::optional<double> cpu_cores;
    std::optional<double> memory_bytes;
    double failed_fraction = 0;
    load::Histogram latency;  ///< from the intended moment to the end; of media one way
    double generator_cpu_fraction = 0;
    double duration_s = 0;
    YardstickReading before{};
    YardstickReading after{};
    std::optional<std::string> void_reason;  ///< why it says nothing of the subject

    /// Everything that was offered was done, and soon enough.
    [[nodiscard]] bool held(Duration latency_p99_max) const noexcept;
};

/// How slices are run.
struct Bench {
    Yardsticks& yardsticks;
    std::uint64_t seed = 1;
    Duration yardstick = std::chrono::milliseconds(15);  ///< of each kind, before and after
    double yardstick_difference_max_fraction = 0.1;      ///< a slice with more is void
    const std::atomic<int>* interrupts = nullptr;
};

/// Offers `load_per_s` sessions, or RTP packets, for `duration_s`. Throws std::system_error and
/// std::runtime_error as the generators do.
Slice run_slice(const Experiment& experiment, const Subject& subject, double load_per_s,
                double duration_s, Bench& bench);

}  // namespace busyhour::engine::measure
