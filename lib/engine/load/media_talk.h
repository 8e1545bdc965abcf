#pragma once

#include "engine/io/event_loop.h"
#include "engine/io/media_socket.h"
#include "engine/load/call_talk.h"
#include "engine/load/deadlines.h"
#include "engine/load/histogram.h"
#include "engine/load/media_sdp.h"
#include "engine/rtp/payload.h"
#include "engine/rtp/session.h"

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

namespace busyhour::engine::load {

struct MediaTalkOptions {
    std::size_t places = 1;
    std::vector<Peer> sources;  ///< addresses of the ends, in turn; their ports are not looked at
    std::uint16_t port_first = 30000;  ///< even ports for RTP from here on, as far as 65,535
    rtp::Format format;
    std::string encoding = "PCMU/8000";
    rtp::RtcpOptions rtcp;  ///< no RTCP by default
    bool is_muxed = false;
    std::uint64_t seed = 1;
};

/// What all calls together have sent and heard.
struct MediaTalkCounts {
    std::uint64_t calls = 0;        ///< that talked
    std::uint64_t deaf_ends = 0;    ///< of those, ends that heard nothing
    std::uint64_t undescribed = 0;  ///< ends of calls that were up without knowing where to send
    std::uint64_t sent = 0;         ///< RTP packets
    std::uint64_t received = 0;     ///< each once
    std::uint64_t sent_octets = 0;  ///< of RTP, as UDP carries it
    std::uint64_t received_octets = 0;
    std::uint64_t duplicates = 0;
    std::uint64_t reordered = 0;
    std::uint64_t corrupt = 0;  ///< payloads that are not what was sent
    std::uint64_t stray = 0;    ///< no RTP or RTCP, or to an end that is not in a call
    std::uint64_t rtcp_sent = 0;
    std::uint64_t rtcp_received = 0;
    std::uint64_t send_failures = 0;
    Histogram send_lateness;
    Histogram jitter_most;  ///< the largest of each end. Source: rfc3550 6.4.1
    double cpu_s = 0;       ///< of its thread
};

/// Lets the ends of calls talk, each by a pair of ports of its own, in a thread of its own.
///
/// An end sends from the moment the call is up until it is over, wherever the other end's
/// description said, and hears for a little longer, so that nothing under way is called lost.
class MediaTalk final : public CallTalk {
public:
    /// Takes all ports. Throws std::system_error, and std::runtime_error where there are too few.
    explicit MediaTalk(const MediaTalkOptions& options);
    MediaTalk(const MediaTalk&) = delete;
    MediaTalk& operator=(const MediaTalk&) = delete;
    ~MediaTalk() override { stop(); }

    [[nodiscard]] std::string_view description(std::size_t place,
                                               unsigned end) const noexcept override;
    void described(std::size_t place, unsigned end, std::string_view sdp) noexcept override;
    void begin(std::size_t place) noexcept override;
    void end(std::size_t place) noexcept override;

    void start();
    /// Waits until nothing is under way any more, and ends the thread.
    void stop();
    /// One round of what the thread does, for one who has no thread and a time of its own: takes
    /// what was told and has come, sends what is due, and returns when more is.
    Time turn(Time now);
    /// After `stop`, or between turns.
    [[nodiscard]] const MediaTalkCounts& counts() const noexcept { return counts_; }

private:
    enum class Doing : std::uint8_t { nothing, talking, hearing };
    struct End {
        io::MediaSocket rtp;
        io::MediaSocket rtcp;  ///< closed where multiplexed
        MediaAddresses local;
        std::string description;
        rtp::Session session;
        MediaAddresses remote;
        Time due;
        Time hears_until;
        Doing doing = Doing::nothing;
        std::uint64_t received_octets = 0;
        std::uint64_t corrupt = 0;
    };
    struct Order {
        std::size_t end = 0;
        bool begins = false;
        MediaAddresses remote;  ///< of an end that begins
    };

    void open_ports(End& end, std::uint16_t& port, const Peer& source);
    void give(std::size_t place, bool begins) noexcept;
    void run();
    void take_turn(std::span<const io::Event> events, Time now);
    void carry_out(Time now);
    void begin_end(std::size_t number, const MediaAddresses& remote, Time now);
    void end_end(std::size_t number, Time now);
    void send(const End& end, rtp::DatagramKind kind, rtp::Octets octets);
    void work(std::size_t number, Time now);
    void collect(End& end);
    void receive(std::uint64_t token, Time now);
    [[nodiscard]] bool is_quiet() noexcept;

    MediaTalkOptions options_;
    rtp::Payload payload_;
    std::vector<std::unique_ptr<End>> ends_;
    std::vector<MediaAddresses> known_;  ///< of the generator's thread: what descriptions said
    io::EventLoop loop_;
    io::Waker waker_;
    Deadlines deadlines_;
    std::size_t busy_ends_ = 0;
    std::uint64_t started_ = 0;
    MediaTalkCounts counts_;
    std::vector<Order> taken_;
    std::atomic<bool> is_stopping_ = false;
    std::thread thread_;

    std::mutex mutex_;  ///< of what follows
    std::vector<Order> orders_;
};

}  // namespace busyhour::engine::load
