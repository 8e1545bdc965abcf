#pragma once

#include <optional>

namespace busyhour {

/// What a virtual machine is given of the cores that it sees.
struct CpuShare {
    double vcpus_per_cpu_number = 1;  ///< promised for each physical CPU, 1 or more
    double steal_fraction = 0;        ///< of the time that it wanted to run, 0 to below 1
    /// What a second hardware thread adds to a core, 0 to 1; nothing where whole cores are counted.
    std::optional<double> hyperthread_gain_fraction;
};

/// The part of a core that one counted core is worth: the worse of what was measured (1 - steal)
/// and what is certain when all neighbours are busy (1 / promised), for a thread of a core (1 + its
/// gain) / 2 of that. Source: cisco-uc.
double core_worth_fraction(const CpuShare& share);

/// Mean response time with `taken_fraction` of each core taken away over that without, M/M/1:
/// (1 - u) / (1 - taken - u), for a utilisation u of whole cores; nothing where it has no end.
/// Source: harchol-balter-2013
std::optional<double> response_time_factor(double utilisation_fraction, double taken_fraction);

}  // namespace busyhour
