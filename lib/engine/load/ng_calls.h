#pragma once

#include "engine/load/media_generator.h"
#include "engine/load/media_sdp.h"
#include "engine/load/ng_client.h"

#include <cstdint>
#include <string>
#include <vector>

namespace busyhour::engine::load {

/// How calls are set up at an rtpengine.
struct NgCallOptions {
    NgOptions client;
    double rate_per_s = 100;  ///< calls begun, and afterwards ended, in a second
    MediaOffer offer;         ///< of each end; its addresses and keys are filled in
    std::string prefix;       ///< of Call-IDs: another one for each run
};

/// What rtpengine says it has relayed. Source: rtpengine-ng.
struct RelayTotals {
    std::uint64_t packets = 0;
    std::uint64_t octets = 0;
    std::uint64_t errors = 0;
};

struct NgCallCounts {
    std::uint64_t set_up = 0;
    std::uint64_t refused = 0;  ///< not set up
    std::uint64_t ended = 0;
    std::uint64_t lost = 0;   ///< set up, and could not be ended in order
    bool has_totals = false;  ///< the relay said what it relayed
    RelayTotals rtp;
    RelayTotals rtcp;
    std::string first_error;
};

/// Sets up both ends' addresses of every call by offer and answer, and ends the calls, at a bounded
/// rate each. No socket, no clock. Source: rtpengine-ng.
class NgCalls {
public:
    NgCalls(const NgCallOptions& options, MediaGenerator& generator);

    void begin_set_up(Time now) noexcept { begin(State::idle, now); }
    void begin_end(Time now) noexcept { begin(State::up, now); }

    /// Whether all calls that could be have been set up, or ended.
    [[nodiscard]] bool is_over() const noexcept;

    [[nodiscard]] bool is_up(std::size_t call) const noexcept { return states_[call] == State::up; }

    void receive(std::span<const std::uint8_t> datagram, Time now, Outbox& out);
    void timeout(Time now, Outbox& out);
    [[nodiscard]] Time next_timeout() const noexcept;

    [[nodiscard]] const NgCallCounts& counts() const noexcept { return counts_; }
    [[nodiscard]] const NgCounts& requests() const noexcept { return client_.counts(); }

    /// From the offer until the answer has been answered, of each call.
    [[nodiscard]] const Histogram& set_up_delay() const noexcept { return set_up_delay_; }

private:
    enum class State : std::uint8_t { idle, offered, answered, up, ending, over };

    void begin(State from, Time now) noexcept;
    [[nodiscard]] Time next_start() const noexcept;
    void start_due(Time now, Outbox& out);
    void request(std::uint32_t call, Time now, Outbox& out);
    [[nodiscard]] std::string request_text(std::uint32_t call) const;
    void work_on(const NgAnswer& answer, Time now, Outbox& out);
    bool take_sdp(std::uint32_t call, const NgAnswer& answer);
    static bool take_key(MediaEnd& end, std::string_view lines);
    void take_totals(const NgAnswer& answer) noexcept;
    void give_up(std::uint32_t call, std::string_view why);

    NgCallOptions options_;
    MediaGenerator& generator_;
    NgClient client_;
    std::vector<State> states_;
    std::vector<Time> begun_;
    State from_ = State::idle;  ///< which calls have their turn
    std::uint32_t next_ = 0;    ///< of them
    Time begin_{};
    std::uint64_t started_ = 0;
    Histogram set_up_delay_;
    NgCallCounts counts_;
};

}  // namespace busyhour::engine::load
