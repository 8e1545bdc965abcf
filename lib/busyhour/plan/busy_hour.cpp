#include "busyhour/plan/busy_hour.h"

#include "busyhour/plan/media.h"
#include "busyhour/plan/signalling.h"

namespace busyhour {
namespace {

Load scaled_load(Load load, double factor) {
    for (Work& work : load.work) work = work * factor;
    for (double& arrivals : load.arrivals) arrivals *= factor;
    load.silenced = load.silenced * factor;
    return load;
}

/// The callees of internal calls are where the endpoints are: each site gets its share.
void spread_callees(const std::map<std::string, double>& endpoints, const Load& callees,
                    const InternalMedia& media, BusyHour& hour) {
    Load all_direct;
    for (const auto& [site, load] : media.direct) all_direct += load;
    for (const auto& [site, endpoints_number] : endpoints) {
        const double share_fraction = endpoints_number / hour.totals.endpoints_number;
        SiteLoad& here = hour.sites[site];
        here.load += scaled_load(callees, share_fraction);
        here.load += scaled_load(media.relayed, share_fraction);
        here.media_flows_number += media.relayed_flows_number * share_fraction;
        here.media_flows_opened_per_s += media.relayed_flows_opened_per_s * share_fraction;
        const auto own = media.direct.find(site);
        if (own == media.direct.end()) continue;
        // Direct calls cross the link where the other end is elsewhere: outwards, and inwards.
        here.load += scaled_load(own->second, 1 - share_fraction);
        here.load += scaled_load(all_direct, share_fraction);
        here.load += scaled_load(own->second, -share_fraction);
    }
}

}  // namespace

BusyHour busy_hour_of(const Deployment& deployment, const Catalog& catalog) {
    BusyHour hour;
    Load callees;
    InternalMedia media;
    std::map<std::string, double> endpoints;
    for (const Population& population : deployment.populations) {
        add_signalling(deployment, catalog, population, hour, callees);
        add_media(deployment, catalog, population, hour, media);
        endpoints[population.site] += population.endpoints_number;
    }
    spread_callees(endpoints, callees, media, hour);
    return hour;
}

}  // namespace busyhour
