#include "busyhour/model/oversubscription.h"

#include "busyhour/error.h"

#include <algorithm>

namespace busyhour {

double core_worth_fraction(const CpuShare& share) {
    if (!(share.vcpus_per_cpu_number >= 1)) {
        throw InputError("vcpu_overcommit_ratio", "must be 1 or more", "");
    }
    if (!(share.steal_fraction >= 0 && share.steal_fraction < 1)) {
        throw InputError("steal_fraction", "must be 0 or more and below 1", "");
    }
    const double worst = std::min(1 - share.steal_fraction, 1 / share.vcpus_per_cpu_number);
    if (!share.hyperthread_gain_fraction) return worst;
    constexpr double threads = 2;  // of a core
    return worst * (1 + *share.hyperthread_gain_fraction) / threads;
}

std::optional<double> response_time_factor(double utilisation_fraction, double taken_fraction) {
    const double left_fraction = 1 - taken_fraction - utilisation_fraction;
    if (left_fraction <= 0) return std::nullopt;
    return (1 - utilisation_fraction) / left_fraction;
}

}  // namespace busyhour
