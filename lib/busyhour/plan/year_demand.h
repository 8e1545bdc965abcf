// internal: not installed
#pragma once

#include "busyhour/plan/plan.h"

#include <array>
#include <string_view>

namespace busyhour {

/// One number of a year's demand: its name in JSON, its words, and where it is.
struct DemandField {
    std::string_view name;
    std::string_view words;
    double (*value)(const YearDemand& demand);
};

/// The numbers of a year's demand, in the order of reports.
const std::array<DemandField, 23>& demand_fields();

/// The demand of a busy hour grown by `growth_factor`.
YearDemand year_demand(const BusyHour& hour, double growth_factor, const PeakQuantile& peak);

}  // namespace busyhour
