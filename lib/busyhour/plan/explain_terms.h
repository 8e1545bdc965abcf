// internal: not installed
#pragma once

#include "busyhour/plan/explain_scene.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace busyhour {

/// The pointer of a population in the deployment.
std::string pointer_of_population(std::size_t index);

Explained endpoints_of(const Scene& scene, std::size_t index);
/// Of one endpoint, in a second.
Explained registrations_of_one(const Scene& scene, std::size_t index);
Explained keepalives_of_one(const Scene& scene, std::size_t index);
Explained attempts_of_one(const Scene& scene, std::size_t index);
Explained answered_of_one(const Scene& scene, std::size_t index);
/// Erlangs of one endpoint.
Explained talking_of_one(const Scene& scene, std::size_t index);
Explained packets_of_one_way(const Scene& scene, std::size_t index);

/// What one event of a process brings, by the catalogue's entries for that population.
Explained amount_of_each(const Scene& scene, std::size_t index, Process process,
                         const std::string& name, double value_number);

Explained growth_of(const Scene& scene, const std::string& year);
/// policy.peak_percentile
Explained percentile_of(const Scene& scene);
/// Poisson quantile of an amount over its mean.
Explained peak_over_mean(const Scene& scene, Explained mean);

/// A policy's target for that kind of resource.
Explained target_of(const Scene& scene, ResourceKind kind);

/// growth x sum over populations of a term.
using TermOf = std::function<std::optional<Explained>(const Scene& scene, std::size_t index)>;
Explained grown_sum(const Scene& scene, const std::string& year, const std::string& name,
                    const TermOf& term);
/// Endpoints times what one of them has, where that is not 0.
std::optional<Explained> endpoints_times(const Scene& scene, std::size_t index, Explained each);

/// A number of work: packets in, octets out, a driver's amount.
using AmountOf = std::function<double(const Work& work)>;
enum class Moment { mean, peak };

/// What is wanted of a load, and what it is called.
struct Wanted {
    std::string name;
    AmountOf amount;
    Moment moment = Moment::mean;
};

/// An amount of a role's work in a year, replication left out.
Explained role_amount(const Scene& scene, RoleKind kind, const std::string& year,
                      const Wanted& wanted);
/// An amount of what passes between a site (all where there is none) and the servers.
Explained site_amount(const Scene& scene, const std::optional<std::string>& site,
                      const std::string& year, const Wanted& wanted);
/// Calls whose media cross that site's links, in a year; what their peak is taken of.
Explained site_calls(const Scene& scene, const std::optional<std::string>& site,
                     const std::string& year);
/// A sum over populations of what one endpoint of each adds to a site (all where there is none).
Explained site_sum(const Scene& scene, const std::optional<std::string>& site,
                   const std::string& name,
                   const std::function<double(const SiteLoad& load)>& amount);

}  // namespace busyhour
