#include "busyhour/plan/busy_hour.h"

#include "busyhour/plan/media.h"
#include "busyhour/plan/signalling.h"
#include "busyhour/plan/unwanted.h"
#include "busyhour/plan/work_cache.h"

namespace busyhour {
namespace {

/// Adds direct media as one site's firewall and link see it.
void add_direct(const DirectMedia& media, double factor, SiteLoad& site) {
    site.load.add(media.load, factor);
    site.media_flows_number += media.flows_number * factor;
    site.media_flows_opened_per_s += media.flows_opened_per_s * factor;
}

/// The callees of internal calls are where the endpoints are: each site gets its share.
void spread_callees(const std::map<std::string, double>& endpoints, const Load& callees,
                    const InternalMedia& media, BusyHour& hour) {
    DirectMedia all;
    for (const auto& [site, direct] : media.direct) {
        all.load += direct.load;
        all.flows_number += direct.flows_number;
        all.flows_opened_per_s += direct.flows_opened_per_s;
    }
    for (const auto& [site, endpoints_number] : endpoints) {
        const double share_fraction = endpoints_number / hour.totals.endpoints_number;
        SiteLoad& here = hour.sites[site];
        here.load.add(callees, share_fraction);
        here.load.add(media.relayed, share_fraction);
        here.media_flows_number += media.relayed_flows_number * share_fraction;
        here.media_flows_opened_per_s += media.relayed_flows_opened_per_s * share_fraction;
        // Direct calls cross the link where the other end is elsewhere: outwards, and inwards.
        const DirectMedia& own = media.direct.at(site);
        add_direct(own, 1 - share_fraction, here);
        add_direct(all, share_fraction, here);
        add_direct(own, -share_fraction, here);
    }
}

}  // namespace

BusyHour busy_hour_of(const Deployment& deployment, WorkCache& cache) {
    BusyHour hour;
    Load callees;
    InternalMedia media;
    std::map<std::string, double> endpoints;
    for (const Population& population : deployment.populations) {
        add_signalling(deployment, population, cache.hops, hour, callees);
        add_media(population, cache.legs, hour, media);
        endpoints[population.site] += population.endpoints_number;
    }
    spread_callees(endpoints, callees, media, hour);
    add_unwanted(deployment, cache.legs.catalog(), hour);
    return hour;
}

BusyHour signalling_hour_of(const Deployment& deployment, WorkCache& cache) {
    BusyHour hour;
    Load callees;
    for (const Population& population : deployment.populations) {
        add_signalling(deployment, population, cache.hops, hour, callees);
    }
    add_unwanted(deployment, cache.legs.catalog(), hour);
    return hour;
}

BusyHour busy_hour_of(const Deployment& deployment, const Catalog& catalog) {
    WorkCache cache(deployment, catalog);
    return busy_hour_of(deployment, cache);
}

}  // namespace busyhour
