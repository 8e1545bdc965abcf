// internal: not installed
#pragma once

#include "busyhour/plan/busy_hour.h"
#include "busyhour/plan/media_leg.h"

namespace busyhour {

/// Media between two endpoints that no relay carries.
struct DirectMedia {
    Load load;
    double flows_number = 0;
    double flows_opened_per_s = 0;
};

/// Media of internal calls, to be spread over the sites of the callees.
struct InternalMedia {
    Load relayed;  ///< callees' legs through the relay
    double relayed_flows_number = 0;
    double relayed_flows_opened_per_s = 0;
    std::map<std::string, DirectMedia> direct;  ///< endpoint to endpoint, by caller's site
};

/// Adds what one population's RTP and RTCP ask of the relay, its site and the totals.
void add_media(const Population& population, MediaLegs& legs, BusyHour& hour,
               InternalMedia& internal);

}  // namespace busyhour
