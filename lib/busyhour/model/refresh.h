#pragma once

#include <optional>
#include <vector>

namespace busyhour {

/// How long a registration lives until its endpoint refreshes it.
struct RefreshTimes {
    double expires_s = 3600;
    double refresh_fraction = 1;        ///< part of the expiry after which it refreshes, (0, 1]
    double expires_range_fraction = 0;  ///< the registrar takes 0 to this part off, [0, 1)
};

/// Mean time between two refreshes: expiry x refresh fraction x (1 - range / 2).
///
/// The granted expiry is even between (1 - range) and 1 times the asked one. Source: kamailio-docs
double mean_refresh_s(const RefreshTimes& times);

/// What a storm leaves behind: the wave comes round at each refresh until jitter has spread it.
struct RefreshWaves {
    double mean_per_s = 0;  ///< when it is spread
    double peak_per_s = 0;  ///< of the first wave after the storm
    double peak_to_mean_factor = 1;
    std::vector<double> peaks_per_s;      ///< of the first, second, ... wave, as far as computed
    std::optional<int> waves_until_flat;  ///< the first wave within a tenth of the mean
};

/// The refreshes after registrations that succeeded at these rates, one for each second.
///
/// A renewal: each refresh grants a new expiry. At most 100 waves are followed, in steps of a
/// second or of a 3600th of the refresh time, whichever is longer. Throws InputError beyond the
/// ranges.
RefreshWaves refresh_waves(const std::vector<double>& registrations_per_s,
                           const RefreshTimes& times);

}  // namespace busyhour
