#pragma once

#include "engine/load/media_wire.h"
#include "engine/load/ng_calls.h"

#include <array>
#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace busyhour::engine::load {

/// Where the media goes.
enum class MediaRoute : std::uint8_t {
    direct,   ///< from end to end: a check of the generator itself
    address,  ///< all to one address, which sends it back or on
    ng,       ///< through an rtpengine, by offer and answer
};

/// How far a media run is, for who watches it.
struct MediaProgress {
    double elapsed_s = 0;
    std::uint64_t calls_set_up = 0;
    std::uint64_t sent = 0;
    std::uint64_t received = 0;
};

struct MediaRunOptions {
    MediaOptions media;
    MediaWireOptions wire;
    MediaRoute route = MediaRoute::direct;
    Peer target{};                                          ///< of `address` and `ng`
    NgCallOptions ng;                                       ///< its relay is `target`
    std::vector<int> measured;                              ///< processes whose CPU time is wanted
    bool keeps_awake = false;                               ///< the processor, while nothing is due
    Duration gather = std::chrono::microseconds(250);       ///< packets wait for so long at most
    const std::atomic<int>* interrupts = nullptr;           ///< above 0: stop
    std::function<void(const MediaProgress&)> on_progress;  ///< once a second; may be empty
};

/// Packets and their octets, as UDP carries them.
struct PacketTally {
    std::uint64_t packets = 0;
    std::uint64_t octets = 0;
};

/// One direction of all calls.
struct MediaDirection {
    PacketTally sent;
    PacketTally received;  ///< each once
    std::uint64_t payload_octets_sent = 0;
    std::uint64_t payload_octets_received = 0;
    std::uint64_t lost = 0;
    std::uint64_t reordered = 0;
    std::uint64_t duplicates = 0;
    std::uint64_t corrupt = 0;
    std::uint64_t refused =
        0;  ///< no RTP, not authentic, another payload type, far out of sequence
    PacketTally rtcp_sent;
    PacketTally rtcp_received;
};

/// One stream, as its receiver saw it.
struct MediaStream {
    double loss_fraction = 0;
    double mean_delay_s = 0;
    std::uint64_t delays = 0;  ///< packets behind `mean_delay_s`
};

/// What a media run found.
struct MediaRunResult {
    std::array<MediaDirection, 2> directions;  ///< from caller to callee, from callee to caller
    std::vector<MediaStream> streams;          ///< that had anything to receive
    MediaStrays strays;
    MediaWireCounts wire;
    NgCallCounts calls;
    NgCounts requests;
    Histogram set_up_delay;
    Histogram send_lateness;
    Histogram one_way_delay;
    Histogram jitter;              ///< of each stream at its end; Source: rfc3550 6.4.1
    Histogram jitter_most;         ///< the largest of each stream
    Histogram round_trip;          ///< of each end, by the far end's last report
    std::size_t calls_number = 0;  ///< that talked
    std::size_t sockets_number = 0;
    std::uint64_t offered_packets = 0;  ///< RTP
    std::uint64_t late_packets = 0;     ///< of them, sent later than `late_limit`
    double duration_s = 0;              ///< in which each end sent
    double offered_per_s = 0;           ///< RTP packets
    double achieved_per_s = 0;          ///< of them, those that arrived
    double generator_cpu_fraction = 0;
    double cpu_per_packet_s = 0;  ///< of the generator: sent or received, RTP and RTCP
    std::optional<double> measured_cpu_cores;
    bool has_lost_process = false;
    std::uint64_t memory_bytes = 0;
    double steal_fraction = 0;
    bool is_interrupted = false;
    std::optional<std::string> void_reason;
};

/// Sets the calls up, lets them talk, ends them. Throws std::system_error where a socket is refused
/// and std::runtime_error where no call can be set up.
MediaRunResult run_media(const MediaRunOptions& options);

/// Why a result says nothing about what was between the ends; nothing where it does.
std::optional<std::string> void_reason(const MediaRunResult& result);

}  // namespace busyhour::engine::load
