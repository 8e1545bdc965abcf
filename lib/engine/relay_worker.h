#pragma once

#include "engine/io/event_loop.h"
#include "engine/io/media_socket.h"
#include "engine/relay_control.h"
#include "engine/rtp/relay.h"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

namespace busyhour::engine {

/// What signalling wants done to a medium.
struct RelayOrder {
    enum class Kind : std::uint8_t { open, remote, keys, close };

    Kind kind = Kind::open;
    std::uint32_t row = 0;
    std::uint64_t id = 0;
    unsigned leg = 0;
    RelayRemote remote{};
    std::array<io::MediaSocket, 4> sockets{};  ///< of an opened medium: RTP and RTCP of each leg
    std::optional<rtp::SrtpReceiver> receiver{};
    std::optional<rtp::SrtpSender> sender{};
    bool keeps_sender = false;  ///< the one there is stays
};

struct RelayWorkerOptions {
    std::size_t rows = 0;
    rtp::RelayRules rules{};
    Duration silence{};
    std::optional<Peer> recorder{};
    Peer recorder_source{};
};

/// A medium that a worker is done with.
struct RelayEnding {
    std::uint32_t row = 0;
    std::uint64_t id = 0;
    bool was_silent = false;
};

struct RelayWorkerCounts {
    std::uint64_t send_failures = 0;
    std::uint64_t recorded = 0;
    rtp::RelayLegCounts legs;
};

/// One thread's media: its sockets, its event loop, and the orders that wait for it.
class RelayWorker {
public:
    explicit RelayWorker(const RelayWorkerOptions& options);

    /// Any thread. False where too many orders wait.
    bool give(RelayOrder&& order) noexcept;
    /// Any thread: what has ended since it was asked last.
    void take_endings(std::vector<RelayEnding>& endings) noexcept;
    void wake() const noexcept { waker_.wake(); }

    /// Until `is_stopping`.
    void run(const std::atomic<bool>& is_stopping) noexcept;

    /// After `run`.
    [[nodiscard]] RelayWorkerCounts counts() const noexcept;
    [[nodiscard]] static std::size_t bytes_per_row() noexcept { return sizeof(Row); }

private:
    static constexpr std::size_t datagram_octets_max = 2048;
    static constexpr std::uint64_t waker_token = ~std::uint64_t{0};

    struct Row {
        rtp::Relay relay;
        std::array<io::MediaSocket, 4> sockets;
        std::uint64_t id = 0;  ///< 0: not open
        Time last_packet;
    };

    void carry_out(Time now) noexcept;
    void carry_out(RelayOrder& order, Time now) noexcept;
    void open_row(RelayOrder& order, Time now) noexcept;
    void close_row(std::uint32_t number, bool was_silent) noexcept;
    bool receive(std::uint64_t token, Time now) noexcept;
    void drain(std::uint32_t number, Time now) noexcept;
    void record(std::span<const std::uint8_t> octets) noexcept;
    void close_silent(Time now) noexcept;

    RelayWorkerOptions options_;
    io::EventLoop loop_;
    io::Waker waker_;
    std::vector<Row> rows_;
    std::optional<io::MediaSocket> recorder_;
    RelayWorkerCounts counts_;
    alignas(
        8) std::array<std::uint8_t, datagram_octets_max + rtp::srtp_overhead_octets_max> room_{};
    std::vector<RelayOrder> taken_;

    std::mutex mutex_;  ///< of what follows
    std::vector<RelayOrder> orders_;
    std::vector<RelayEnding> endings_;
    std::atomic<bool> has_orders_ = false;
};

}  // namespace busyhour::engine
