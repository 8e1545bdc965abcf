#pragma once

#include "busyhour/catalog/catalog.h"
#include "busyhour/model/emodel.h"
#include "busyhour/plan/deployment.h"

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace busyhour {

/// Where the time from mouth to ear goes.
struct DelayBudget {
    double packetisation_s = 0;  ///< until the first sample's packet is full
    double look_ahead_s = 0;     ///< of the codec; 0 where it is not known
    double processing_s = 0;     ///< encoder, decoder, sound hardware
    double serialisation_s = 0;  ///< onto the links that have a rate
    double network_s = 0;        ///< propagation and queueing
    double firewall_s = 0;       ///< firewalls, VPN and IPsec gateways
    double jitter_buffer_s = 0;
    double beyond_trunk_s = 0;
};

/// One part of the budget, and what makes it smaller.
struct BudgetPart {
    std::string_view name;  ///< "jitter_buffer"
    std::string_view words;
    std::string_view remedy;
    double DelayBudget::*value;
};
const std::array<BudgetPart, 8>& budget_parts();

double total_s(const DelayBudget& budget);
const BudgetPart& largest_part(const DelayBudget& budget);

/// Delay from mouth to ear up to which most conversations are fine. Source: itu-g114.
constexpr double fine_delay_s = 0.150;
/// Delay above which no network should be planned. Source: itu-g114.
constexpr double unacceptable_delay_s = 0.400;

/// What one direction of a call of a population sounds like.
struct CallQuality {
    std::string population;
    bool is_internal = true;  ///< both ends on this population's path; else over a trunk
    std::string codec;
    std::optional<std::string> transcoded_to;
    bool is_look_ahead_known = true;
    DelayBudget budget;
    double one_way_delay_s = 0;
    double loss_fraction = 0;
    std::optional<Rating> rating;             ///< nothing where the codec's values are not known
    std::optional<double> lossless_r_factor;  ///< R if no packet were lost
    std::vector<std::string> emodel_names;    ///< keys of the catalogue: values behind the rating
    std::string not_rated;                    ///< why there is no rating
    std::optional<double> delay_left_r80_s;   ///< until R 80; negative: too much already
    std::optional<double> delay_left_r70_s;
};

/// The calls of each population, internal and external ones. Sources: itu-g107, itu-g114.
std::vector<CallQuality> call_qualities(const Deployment& deployment, const Catalog& catalog);

}  // namespace busyhour
