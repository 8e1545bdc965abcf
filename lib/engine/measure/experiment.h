#pragma once

#include "busyhour/cost/driver.h"
#include "engine/load/runner.h"
#include "engine/load/users.h"
#include "engine/measure/yardstick.h"
#include "engine/rtp/srtp.h"

#include <atomic>
#include <cstdint>
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
    std::optional<Peer> ng;                    ///< control port of a relay
    std::vector<int> process_ids;              ///< none: elsewhere, so capacity alone is measured
    double cores_number = 1;                   ///< that it may use
    std::vector<int> processors;               ///< that it runs on; empty: elsewhere
    std::string handshake_key = "ecdsa-p256";  ///< of its TLS certificate
    std::vector<load::User> users;             ///< that it knows; none: it asks nobody
    bool routes_calls = true;                  ///< false: it only registers

    [[nodiscard]] const Peer* address(Transport transport) const noexcept;
};

/// One kind of work, whose demand on the subject is known.
struct Experiment {
    std::string name;
    std::string_view flow;  ///< of `load::flows`; "rtp": media
    Transport transport = Transport::udp;
    load::ConnectionUse connection_use = load::ConnectionUse::persistent;
    bool resumes = false;                   ///< TLS sessions
    bool is_new = false;                    ///< each registration is of a user not known yet
    std::size_t users_number = 200;         ///< of signalling
    std::optional<rtp::SrtpSuite> suite{};  ///< of media: SRTP at the callers, RTP at the callees
    std::size_t payload_octets = 160;       ///< of media
    int ptime_ms = 20;                      ///< of media

    [[nodiscard]] bool is_media() const noexcept { return flow == "rtp"; }
};

/// The experiments that the subject can take part in, those that tell most of the costs first.
std::vector<Experiment> experiments_for(const Subject& subject, bool is_quick);

/// A part of a workload: of each session that is offered, this fraction.
struct WorkloadPart {
    Experiment experiment;
    double fraction = 1;
};

/// Several kinds of work at once.
struct Workload {
    std::string name;
    std::vector<WorkloadPart> parts;

    [[nodiscard]] bool is_media() const noexcept { return parts.front().experiment.is_media(); }
};

/// An experiment as a workload of one part.
Workload alone(const Experiment& experiment);

/// Workloads that no experiment is, for the prediction to be held to.
std::vector<Workload> verification_workloads(const Subject& subject);

/// What each session of a part asks of the subject in all; its transport's messages as the flow has
/// them when nothing is repeated. For predictions.
Demand expected_demand(const Workload& workload, const Subject& subject);

}  // namespace busyhour::engine::measure
