// internal: not installed
#pragma once

#include "busyhour/plan/plan.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace busyhour {

/// A server model as roles use it, each server once on each host.
struct ServerOnHost {
    const ServerModel* server = nullptr;
    const HostModel* host = nullptr;
};

/// Servers whose figures are others': published, or measured by us and not by the user. Each once.
std::vector<const ServerModel*> not_calibrated(const PlanInput& input);

/// The user's own measured models on hosts that they were not measured on.
std::vector<ServerOnHost> foreign_models(const PlanInput& input);

/// Measured models that are over a year old when the plan starts. Each once.
std::vector<const ServerModel*> old_models(const PlanInput& input);

/// A date that begins with YYYY-MM; nothing for any other text.
struct Month {
    int year = 0;
    int month = 0;  ///< 1 to 12
};
std::optional<Month> month_of(std::string_view date);

/// Months from the date to January of the year.
int months_until(const Month& date, int year);

/// Adds what is to be said of the server models.
void add_model_findings(const PlanInput& input, std::vector<Finding>& found);

}  // namespace busyhour
