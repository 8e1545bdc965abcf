#pragma once

#include "busyhour/cost/driver.h"
#include "busyhour/model/refresh.h"
#include "busyhour/plan/deployment.h"

#include <vector>

namespace busyhour {

/// Endpoints that return in the same way, and what each of their steps asks of the server.
struct StormEndpoints {
    double endpoints_number = 0;  ///< in the start year
    bool is_udp = true;
    Demand connection;             ///< of opening one; nothing over UDP
    std::vector<Demand> requests;  ///< of each REGISTER, in their order; means over the group
};

/// What the role that registers must bear when all endpoints return.
struct StormSetup {
    std::vector<StormEndpoints> groups;  ///< by transport and round trips: four at most
    double window_s = 60;
    double recovery_s = 300;              ///< what the policy allows
    RefreshTimes refresh;                 ///< of the most endpoints that share their refresh times
    double refresh_endpoints_number = 0;  ///< those endpoints
};

/// The storm of a deployment's endpoints. All connections are opened anew, with full and resumed
/// handshakes as the populations have them.
StormSetup storm_setup(const Deployment& deployment);

}  // namespace busyhour
