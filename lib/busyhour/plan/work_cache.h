// internal: not installed
#pragma once

#include "busyhour/plan/hop_works.h"
#include "busyhour/plan/media_leg.h"

namespace busyhour {

/// What is the same for all busy hours of one deployment on one network, whatever its rates are.
/// The deployment's network and the catalogue must outlive it.
struct WorkCache {
    HopWorks hops;
    MediaLegs legs;

    WorkCache(const Deployment& deployment, const Catalog& catalog)
        : hops(catalog, deployment.network, deployment.mtu_bytes),
          legs(catalog, deployment.network) {}
};

/// The busy hour that the deployment offers.
BusyHour busy_hour_of(const Deployment& deployment, WorkCache& cache);

/// The same without media.
BusyHour signalling_hour_of(const Deployment& deployment, WorkCache& cache);

}  // namespace busyhour
