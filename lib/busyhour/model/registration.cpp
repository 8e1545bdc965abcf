#include "busyhour/model/registration.h"

#include "busyhour/error.h"

#include <cmath>

namespace busyhour {

double refresh_interval_s(const RegistrationLoad& load) {
    return load.expires_s * load.refresh_fraction;
}

double registrations_per_s(const RegistrationLoad& load) {
    std::vector<Problem> problems;
    if (!(load.contacts_number >= 0) || !std::isfinite(load.contacts_number)) {
        problems.push_back({"contacts_number", "must be at least 0 and finite", {}});
    }
    if (!(load.expires_s > 0) || !std::isfinite(load.expires_s)) {
        problems.push_back({"expires_s", "must be more than 0 and finite", {}});
    }
    if (!(load.refresh_fraction > 0 && load.refresh_fraction <= 1)) {
        problems.push_back({"refresh_fraction", "must be more than 0 and at most 1", {}});
    }
    if (!problems.empty()) throw InputError(problems);
    return load.contacts_number / refresh_interval_s(load);
}

}  // namespace busyhour
