#pragma once

#include "busyhour/catalog/measurement.h"

#include <string>
#include <string_view>
#include <vector>

namespace busyhour {

/// What a file of measured throughput does not say itself.
struct ThroughputContext {
    std::string server = "measured";
    Demand session;           ///< of SIPp: what one call of the scenario asks of the server
    double cores_number = 0;  ///< that the server could use; 0: the file must say it
};

/// Whether this is what SIPp writes with -trace_stat.
bool is_sipp_statistics(std::string_view text);

/// Measured throughput as runs.
///
/// A CSV file has a row for each load that was carried: columns named after drivers (per second)
/// or held objects, `cpu_cores` that were busy or, without it, `cores` that were saturated, and
/// perhaps `experiment`, `memory_bytes`, `server`, `date`. SIPp's statistics are runs of one
/// search: a period without failed calls held. Throws InputError, all faults at once, each with its
/// place.
std::vector<Measurement> read_throughput(std::string_view text, const std::string& file,
                                         const ThroughputContext& context = {});

}  // namespace busyhour
