// internal: not installed
#pragma once

#include "busyhour/plan/explain_scene.h"

#include <functional>
#include <string>
#include <vector>

namespace busyhour {

/// A number of the deployment: its pointer in base units, and where it is in a copy.
struct Input {
    std::string name;
    std::string pointer;
    std::function<double&(Deployment& deployment)> member;
};
using Inputs = std::vector<Input>;

/// The policy's targets and peak, which size every role.
Inputs policy_inputs();
/// The storms that the policy asks to be survived.
Inputs storm_inputs();
/// A node's cores and what they are worth.
Inputs core_inputs(const Scene& scene, RoleKind kind);
/// The endpoints of all populations.
Inputs endpoint_inputs(const Scene& scene);
Inputs joined(Inputs a, const Inputs& b);

/// What the planner makes of a deployment and of further values.
using Outcome =
    std::function<double(const Deployment& deployment, const std::vector<double>& values)>;

/// A number that the planner finds in several steps: its inputs are the operands, and evaluating it
/// runs the planner's own function on a deployment with these inputs.
struct Rerun {
    std::string name;
    std::string formula;
    Deployment deployment;
    Inputs inputs;
    std::vector<Explained> more;  ///< operands that are no numbers of the deployment
};
Explained explained(const Scene& scene, Rerun rerun, Outcome outcome);

}  // namespace busyhour
