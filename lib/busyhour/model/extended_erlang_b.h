#pragma once

#include <optional>

namespace busyhour {

/// Traffic where blocked callers try again at once.
struct RetryTraffic {
    double first_offered_erlang = 0;  ///< of first attempts, 0 to 1e7
    double retry_fraction = 0;        ///< of the blocked attempts that are repeated, 0 to 1
};

/// What the servers see of it.
struct RetryLoad {
    double offered_erlang = 0;        ///< first attempts and retries
    double blocking_probability = 0;  ///< of one attempt
    double lost_probability = 0;      ///< that a caller gives up without a call
};

/// First attempts and retries on 0 to 1e7 servers, not necessarily whole.
///
/// Nothing where no such load exists up to 1e7 erlangs: where everyone retries for ever and the
/// servers do not suffice, or nearly so. The relative error stays below 1e-9, except where all
/// retry and the last server is nearly full. Source: handbook-teletraffic, extended Erlang B.
std::optional<RetryLoad> extended_erlang_b(const RetryTraffic& traffic, double servers_number);

}  // namespace busyhour
