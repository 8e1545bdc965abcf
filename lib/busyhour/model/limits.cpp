#include "busyhour/model/limits.h"

#include <algorithm>
#include <cmath>

namespace busyhour {

double tracked_entries_number(const TrackedFlows& flows) {
    return flows.alive_number + flows.opened_per_s * flows.timeout_s;
}

double tracked_entries_bytes(double entries_number) {
    constexpr double entry_bytes = 320;    // the object and its extensions
    constexpr double hash_node_bytes = 8;  // a bucket for each entry
    return entries_number * (entry_bytes + hash_node_bytes);
}

double default_tracked_entries_number(double memory_bytes) {
    constexpr double bytes_per_bucket = 16384;
    return std::floor(std::clamp(memory_bytes / bytes_per_bucket, 1024.0, 262144.0));
}

double workers_for_number(double busy_number, double target_fraction) {
    constexpr double rounding = 1e-9;
    return std::max(1.0, std::ceil(busy_number / target_fraction - rounding));
}

double receive_buffer_bytes(double packets_per_s, double pause_s, double charged_bytes) {
    return packets_per_s * pause_s * charged_bytes;
}

}  // namespace busyhour
