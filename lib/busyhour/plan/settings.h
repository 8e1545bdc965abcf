#pragma once

#include "busyhour/plan/sizing.h"

#include <optional>
#include <string>
#include <vector>

namespace busyhour {

/// One setting of the software of a role, for one node in one year with the spare nodes lost.
struct Setting {
    RoleKind kind{};
    std::string software = "linux";  ///< or the server: "kamailio", "rtpengine"
    std::string name;                ///< as the software calls it
    double value_number = 0;
    std::string unit;
    double needed_number = 0;              ///< what the peak takes, without any reserve
    std::optional<double> default_number;  ///< of the software, where it has one
    std::string why;                       ///< the formula in words
    std::string source;                    ///< of the default and of what the formula rests on

    /// Whether the software as installed would not carry the peak.
    [[nodiscard]] bool is_default_exceeded() const {
        return default_number && needed_number > *default_number;
    }
};

/// The settings that follow from the plan, for a node of each role.
std::vector<Setting> settings_of(const PlanInput& input, const BusyHour& hour,
                                 const std::vector<Sizing>& roles, double growth_factor);

/// Whether the endpoints' own flows end at nodes of that role: at the edge proxy where there is
/// one, behind which a node sees a handful of flows.
bool faces_endpoints(const Deployment& deployment, RoleKind kind);

}  // namespace busyhour
