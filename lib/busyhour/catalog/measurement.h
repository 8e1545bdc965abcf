#pragma once

#include "busyhour/catalog/json.h"
#include "busyhour/cost/driver.h"
#include "busyhour/cost/yardstick.h"

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace busyhour {

/// One run: this demand used so much. See `busyhour schema measurement`.
struct Measurement {
    std::string place;    ///< "file:line", for messages
    std::string server;   ///< "kamailio 5.6.3"
    std::string session;  ///< runs of one calibration have the same
    Json host;            ///< what the host says it is
    std::string experiment;
    std::string phase;  ///< why it was run: "search", "part", "verify", "storm", "memory", ...
    Demand demand;      ///< per second; objects held as they are
    double cores_number = 1;  ///< that the server could use
    double workers_number = 1;
    std::optional<double> cpu_cores;
    std::optional<double> memory_bytes;
    double offered_per_s = 0;
    double achieved_per_s = 0;
    double failed_fraction = 0;
    std::optional<double> latency_p50_s;
    std::optional<double> latency_p99_s;
    /// Speed of the server's processor during the run: the geometric mean over the kinds of work,
    /// in pieces a second of CPU time; 0: unknown.
    double speed_per_s = 0;
    /// Pieces of each kind of work done in a second of CPU time, before and after; 0: unknown.
    std::array<double, yardstick_count> speeds_per_s{};
    std::optional<std::string> void_reason;
    std::string started;  ///< ISO 8601, UTC

    /// Nothing failed, and 99 of 100 were answered within the limit.
    [[nodiscard]] bool held(double latency_p99_max_s) const;
};

/// How many runs a file may hold.
constexpr std::size_t measurements_max = 100'000;

/// The runs of a file of JSON objects, one a line; empty lines are skipped. Throws InputError with
/// up to 50 faults at once, each with file:line.
std::vector<Measurement> read_measurements(std::string_view text, const std::string& file);

/// The run as one line of JSON, without its end.
std::string to_measurement_line(const Measurement& run);

}  // namespace busyhour
