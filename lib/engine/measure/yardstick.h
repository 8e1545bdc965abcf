#pragma once

#include "engine/clock.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace busyhour::engine::measure {

/// Kinds of work whose speeds differ from host to host: each is measured by a piece of work that
/// never changes.
enum class Yardstick : std::uint8_t {
    packet_io,   ///< a datagram of 172 octets sent and received over loopback, in one thread
    parsing,     ///< a REGISTER of 450 octets parsed, and a place of 16 MiB looked at and changed
    symmetric,   ///< an RTP packet of 172 octets under AES_CM_128_HMAC_SHA1_80
    asymmetric,  ///< a signature by ECDSA on P-256, as in a TLS handshake
};
constexpr std::size_t yardsticks_number = 4;
constexpr std::array<std::string_view, yardsticks_number> yardstick_names{
    "packet_io", "parsing", "symmetric", "asymmetric"};

/// How often a second the work was done.
struct YardstickRate {
    double per_s = 0;      ///< by the clock: less where somebody else had the processor
    double per_cpu_s = 0;  ///< by the thread's CPU time: the speed of the processor itself
};
/// How long some of it took.
struct YardstickTime {
    Duration cpu{};    ///< of the thread
    Duration clock{};  ///< that passed
};
using YardstickReading = std::array<YardstickRate, yardsticks_number>;

/// The pieces of work, made ready. For one thread at a time.
class Yardsticks {
public:
    Yardsticks();  ///< throws std::system_error and std::runtime_error
    ~Yardsticks();
    Yardsticks(const Yardsticks&) = delete;
    Yardsticks& operator=(const Yardsticks&) = delete;

    /// Does one kind of work for `span`, at least once.
    YardstickRate measure(Yardstick yardstick, Duration span);

    /// Does one kind of work so often.
    YardstickTime repeat(Yardstick yardstick, unsigned times);

    /// Does each in turn for `span`.
    YardstickReading read(Duration span);

private:
    struct Work;
    std::unique_ptr<Work> work_;
};

/// On the processor `processor`, from a thread of its own; below 0: wherever the system puts it.
/// The kinds take turns, and each rate is the median of four, so that one stall of the host is none
/// of its speed.
YardstickReading read_yardsticks(Yardsticks& yardsticks, int processor, Duration span);

/// The geometric mean of the kinds, by CPU time; 0 where one of them is not known.
double speed_per_s(const YardstickReading& reading);

}  // namespace busyhour::engine::measure
