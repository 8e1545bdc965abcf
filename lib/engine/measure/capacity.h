#pragma once

#include "engine/measure/slice.h"

#include <functional>
#include <vector>

namespace busyhour::engine::measure {

/// When a load is held. Source: rfc7502 4 (highest rate without a failure).
struct CapacityGoal {
    Duration latency_p99_max = std::chrono::milliseconds(50);
    double precision_fraction = 0.05;  ///< the search ends when the bracket is that narrow
    double slice_s = 1;
    std::size_t slices_max = 16;
    double begin_per_s = 1000;
    double end_per_s = 1e6;   ///< nothing above it is tried
    double cores_number = 1;  ///< of the subject: a load that failed while it was not busy is tried
                              ///< once more
};

/// What a search found.
struct Capacity {
    double held_per_s = 0;       ///< the highest load that held; 0: none did
    double failed_per_s = 0;     ///< the lowest that did not; 0: none was found
    bool is_generators = false;  ///< the generator, not the subject, was the limit
    std::vector<Slice> slices;
};

/// Raises the load until it fails: doubles it, or goes by the CPU time where that is known. Then
/// halves the bracket. A load that a void slice failed, or one in which the subject was not busy,
/// is tried once more. `run` offers a load; the search ends early where `is_over` says so.
Capacity find_capacity(const CapacityGoal& goal, const std::function<Slice(double load_per_s)>& run,
                       const std::function<bool()>& is_over = {});

}  // namespace busyhour::engine::measure
