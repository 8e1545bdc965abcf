// internal: not installed
#pragma once

#include "busyhour/plan/explain_place.h"
#include "busyhour/plan/explain_terms.h"

#include <functional>
#include <string>

namespace busyhour {

/// A number that replication makes of a role's demand on so many nodes.
using ReplicationOf = std::function<double(const RoleSetup& setup, const Demand& role, int nodes)>;

/// What is wanted of a role's replication, and on how many nodes.
struct Replicated {
    std::string name;
    Moment moment = Moment::mean;
    Explained nodes;
};

/// The role's changes, its nodes and roles.ROLE.dmq, and what replication makes of them.
Explained replicated_amount(const Place& place, Replicated wanted, ReplicationOf of);

}  // namespace busyhour
