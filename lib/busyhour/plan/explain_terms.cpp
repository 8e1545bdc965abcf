#include "busyhour/plan/explain_terms.h"

#include "busyhour/catalog/nearest.h"
#include "busyhour/model/calls.h"
#include "busyhour/model/refresh.h"
#include "busyhour/model/registration.h"
#include "busyhour/plan/unwanted.h"

#include <array>
#include <cmath>

namespace busyhour {
namespace {

constexpr std::array<std::string_view, process_count> process_words{
    "registrations",     "keepalives", "SUBSCRIBE, NOTIFY and refreshes", "calls", "reconnections",
    "calls in progress", "what stands"};

bool is_near(double a, double b) {
    return std::abs(a - b) <= 1e-12 * std::max(std::abs(a), std::abs(b));
}

constexpr std::array<std::string_view, 3> register_flows{"register", "register-digest",
                                                         "register-digest-reused-nonce"};
constexpr std::array<std::string_view, 3> call_flows{"call", "call-digest",
                                                     "call-digest-reused-nonce"};

template <typename Enum, std::size_t n>
std::string word_of(const std::array<std::string_view, n>& words, Enum value) {
    return std::string(words.at(static_cast<std::size_t>(value)));
}

/// The entries of the catalogue that say what one event of a process sends.
std::vector<std::string> entries_of(const Population& population, Process process) {
    switch (process) {
        case Process::registrations:
            return {"flows/" + word_of(register_flows, population.authentication)};
        case Process::keepalives: {
            constexpr std::array<std::string_view, 4> words{"", "crlf", "stun", "options"};
            const bool is_udp = population.transport == Transport::udp;
            const bool is_crlf = population.keepalive == Keepalive::crlf;
            return {"flows/keepalive-" + word_of(words, population.keepalive) +
                    (is_crlf && is_udp ? "-udp" : "")};
        }
        case Process::notifications: {
            const bool has_sessions = population.calls.session_expires_s > 0;
            const std::string refresh =
                population.calls.refreshes_by_reinvite ? "reinvite" : "update";
            std::vector<std::string> entries;
            if (!population.subscriptions.empty()) entries = {"flows/subscribe", "flows/notify"};
            if (has_sessions) entries.push_back("flows/session-refresh-" + refresh);
            return entries;
        }
        case Process::calls:
            return {"flows/" + word_of(call_flows, population.calls.authentication),
                    "flows/call-cancel"};
        case Process::reconnects:
            return {"tls/" + population.tls.key};
        case Process::media:
            return {"codecs/" + population.media.codec};
        case Process::standing:
            break;
    }
    return {};
}

std::string source_of(const Catalog& catalog, const std::string& entry) {
    const std::string name = entry.substr(entry.find('/') + 1);
    if (entry.starts_with("flows/")) return flow_named(catalog, name, entry).source;
    if (entry.starts_with("tls/")) return tls_named(catalog, name, entry).source;
    return codec_named(catalog, name, entry).source;
}

/// How often one endpoint makes a process happen, in the deployment's own words where they say it.
Explained events_of_one(const Scene& scene, std::size_t index, Process process,
                        double arrivals_number) {
    std::vector<Explained> candidates;
    if (process == Process::registrations) {
        candidates.push_back(registrations_of_one(scene, index));
    }
    if (process == Process::keepalives && scene.population(index).keepalive != Keepalive::none) {
        candidates.push_back(keepalives_of_one(scene, index));
    }
    if (process == Process::calls) candidates.push_back(attempts_of_one(scene, index));
    if (process == Process::media) candidates.push_back(talking_of_one(scene, index));
    const std::string media = pointer_of_population(index) + "/media/relayed_fraction";
    const Explained relayed =
        scene.given("relayed part", media, scene.population(index).media.relayed_fraction);
    if (process == Process::calls) {
        candidates.push_back(
            product_of("relayed calls of one endpoint", {answered_of_one(scene, index), relayed}));
    }
    if (process == Process::media) {
        candidates.push_back(product_of("relayed calls in progress of one endpoint",
                                        {talking_of_one(scene, index), relayed}));
    }
    for (Explained& each : candidates) {
        if (is_near(each.value_number, arrivals_number)) return std::move(each);
    }
    return planned(std::string(process_words.at(index_of(process))) + " of one endpoint",
                   arrivals_number, "busy hour of one endpoint alone");
}

/// One population's part of one process: endpoints x events x amount of each event.
std::optional<Explained> process_term(const Scene& scene, std::size_t index, Process process,
                                      const Load& one, const Wanted& wanted) {
    const double each_number = wanted.amount(one[process]);
    if (each_number == 0) return std::nullopt;
    const std::string& name = scene.population(index).name;
    const double arrivals_number = one.arrivals.at(index_of(process));
    if (arrivals_number <= 0) {
        return product_of(name, {endpoints_of(scene, index),
                                 amount_of_each(scene, index, process,
                                                wanted.name + " of one endpoint", each_number)});
    }
    return product_of(
        name, {endpoints_of(scene, index), events_of_one(scene, index, process, arrivals_number),
               amount_of_each(scene, index, process, wanted.name + " of each",
                              each_number / arrivals_number)});
}

/// What strangers send; it does not grow with the endpoints.
Explained unwanted_amount(const Scene& scene, const Load& total, const Wanted& wanted) {
    std::vector<Explained> requests;
    for (std::size_t i = 0; i < scene.deployment().unwanted.size(); ++i) {
        const UnwantedTraffic& each = scene.deployment().unwanted[i];
        requests.push_back(scene.given(each.name, pointer_to("/unwanted", i) + "/requests_per_s",
                                       each.requests_per_s));
    }
    Explained rate = sum_of("unwanted requests/s", std::move(requests));
    const double each_number = wanted.amount(total.unwanted) / rate.value_number;
    std::vector<Explained> factors{std::move(rate),
                                   planned(wanted.name + " of each, mean", each_number,
                                           "where it passes, as it is handled; section unwanted")};
    if (wanted.moment == Moment::peak) {
        factors.push_back(peak_over_mean(
            scene, planned("mean of unwanted arrivals/s", total.unwanted_arrivals_per_s,
                           "with what is repeated where nobody answers")));
    }
    return product_of("unwanted", std::move(factors));
}

using OneLoad = std::function<Load(std::size_t population)>;

/// A process of all populations: its work, and at the peak what that is above the mean.
Explained process_amount(const Scene& scene, const std::string& year, Process process,
                         const std::vector<Load>& ones, const Wanted& wanted) {
    std::vector<Explained> terms;
    std::vector<Explained> arrivals;
    for (std::size_t p = 0; p < ones.size(); ++p) {
        auto term = process_term(scene, p, process, ones[p], wanted);
        if (term) terms.push_back(std::move(*term));
        const double events_number = ones[p].arrivals.at(index_of(process));
        if (events_number == 0) continue;
        arrivals.push_back(
            product_of(scene.population(p).name,
                       {endpoints_of(scene, p), events_of_one(scene, p, process, events_number)}));
    }
    const std::string words(process_words.at(index_of(process)));
    std::vector<Explained> factors{growth_of(scene, year)};
    if (wanted.moment == Moment::peak && process != Process::standing) {
        factors.push_back(peak_over_mean(
            scene, product_of("mean of " + words,
                              {growth_of(scene, year),
                               sum_of(words + " in the start year", std::move(arrivals))})));
    }
    factors.push_back(sum_of(words + ", all populations", std::move(terms)));
    return product_of(words, std::move(factors));
}

/// What silence suppression takes off the mean.
Explained silence_amount(const Scene& scene, const std::string& year, const std::vector<Load>& ones,
                         const Wanted& wanted) {
    std::vector<Explained> terms;
    for (std::size_t p = 0; p < ones.size(); ++p) {
        auto term = endpoints_times(
            scene, p,
            planned("taken off one endpoint by silence", -wanted.amount(ones[p].silenced),
                    "1 - media.voice_activity_fraction of the RTP packets of its calls"));
        if (term) terms.push_back(std::move(*term));
    }
    return product_of("silence",
                      {growth_of(scene, year), sum_of("silence, all populations", terms)});
}

Explained load_amount(const Scene& scene, const std::string& year, const Load& total,
                      const OneLoad& one_of, const Wanted& wanted) {
    std::vector<Load> ones;
    for (std::size_t p = 0; p < scene.deployment().populations.size(); ++p) {
        ones.push_back(one_of(p));
    }
    std::vector<Explained> processes;
    for (std::size_t i = 0; i < process_count; ++i) {
        const auto process = static_cast<Process>(i);
        if (wanted.amount(total[process]) == 0) continue;
        processes.push_back(process_amount(scene, year, process, ones, wanted));
    }
    if (wanted.moment == Moment::mean && wanted.amount(total.silenced) != 0) {
        processes.push_back(silence_amount(scene, year, ones, wanted));
    }
    if (wanted.amount(total.unwanted) != 0) {
        processes.push_back(unwanted_amount(scene, total, wanted));
    }
    if (processes.empty()) {
        processes.push_back(product_of(
            "work", {growth_of(scene, year), planned(wanted.name + " in the start year", 0,
                                                     "nothing of the busy hour passes here")}));
    }
    return sum_of(wanted.name, std::move(processes));
}

}  // namespace

Explained amount_of_each(const Scene& scene, std::size_t index, Process process,
                         const std::string& name, double value) {
    const Population& population = scene.population(index);
    constexpr std::array<std::string_view, 4> transports{"udp", "tcp", "tls", "wss"};
    Explained leaf = planned(name, value,
                             "over " + word_of(transports, population.transport) + ", " +
                                 join(scene.deployment().layers));
    const std::vector<std::string> entries = entries_of(population, process);
    if (entries.empty()) return leaf;
    leaf.origin = Origin::model;
    leaf.where = join(entries);
    for (const std::string& entry : entries) {
        const std::string source = source_of(scene.input.catalog, entry);
        if (leaf.source.find(source) != leaf.source.npos) continue;
        leaf.source += (leaf.source.empty() ? "" : ", ") + source;
    }
    return leaf;
}

std::string pointer_of_population(std::size_t index) {
    return pointer_to("/populations", index);
}

Explained endpoints_of(const Scene& scene, std::size_t index) {
    return scene.given("endpoints", pointer_of_population(index) + "/endpoints",
                       scene.population(index).endpoints_number);
}

Explained registrations_of_one(const Scene& scene, std::size_t index) {
    const Population& population = scene.population(index);
    const std::string place = pointer_of_population(index) + "/registration";
    return computed(
        "registrations/s of one endpoint",
        "1 / ({expiry} x {refresh part} x (1 - {range of expiries} / 2))",
        {scene.given("expiry", place + "/expires_s", population.expires_s),
         scene.given("refresh part", place + "/refresh_fraction", population.refresh_fraction),
         scene.given("range of expiries", place + "/expires_range_fraction",
                     population.expires_range_fraction)},
        [](const std::vector<double>& v) {
            const double refresh_s =
                mean_refresh_s(RefreshTimes{.expires_s = v.at(0),
                                            .refresh_fraction = v.at(1),
                                            .expires_range_fraction = v.at(2)});
            return registrations_per_s({.contacts_number = 1, .expires_s = refresh_s});
        });
}

Explained keepalives_of_one(const Scene& scene, std::size_t index) {
    return computed("keepalives/s of one endpoint", "1 / {interval}",
                    {scene.given("interval", pointer_of_population(index) + "/keepalive/interval_s",
                                 scene.population(index).keepalive_interval_s)},
                    [](const std::vector<double>& v) { return 1 / v.at(0); });
}

Explained attempts_of_one(const Scene& scene, std::size_t index) {
    return computed(
        "call attempts/s of one endpoint", "{busy hour attempts} / {seconds of the hour}",
        {scene.given("busy hour attempts",
                     pointer_of_population(index) + "/calls/busy_hour_attempts_per_endpoint",
                     scene.population(index).calls.busy_hour_attempts_number),
         constant("seconds of the hour", 3600)},
        [](const std::vector<double>& v) { return v.at(0) / v.at(1); });
}

Explained answered_of_one(const Scene& scene, std::size_t index) {
    return product_of(
        "answered calls/s of one endpoint",
        {attempts_of_one(scene, index),
         scene.given("answered part", pointer_of_population(index) + "/calls/answered_fraction",
                     scene.population(index).calls.answered_fraction)});
}

Explained talking_of_one(const Scene& scene, std::size_t index) {
    return product_of(
        "erlangs of one endpoint",
        {answered_of_one(scene, index),
         scene.given("holding time", pointer_of_population(index) + "/calls/holding_time_s",
                     scene.population(index).calls.holding_time_s)});
}

Explained packets_of_one_way(const Scene& scene, std::size_t index) {
    const Media& media = scene.population(index).media;
    const std::string name = "RTP packets/s, one direction";
    Explained packets =
        computed(name, "1 / {ptime}",
                 {scene.given("ptime", pointer_of_population(index) + "/media/ptime_s",
                              media.packets.ptime_s)},
                 [](const std::vector<double>& v) { return 1 / v.at(0); });
    if (is_near(packets.value_number, media.packets.packets_per_s)) return packets;
    return scene.modelled(name, "codecs", media.codec, media.packets.packets_per_s);
}

Explained growth_of(const Scene& scene, const std::string& year) {
    return scene.reported("growth factor", "/years/" + year + "/growth_factor");
}

Explained percentile_of(const Scene& scene) {
    return scene.given("peak percentile", "/policy/peak_percentile",
                       scene.deployment().policy.peak_probability);
}

Explained peak_over_mean(const Scene& scene, Explained mean) {
    const std::string formula =
        "Poisson quantile({" + mean.name + "}, {peak percentile}) / {" + mean.name + "}";
    return computed("peak over mean", formula, {std::move(mean), percentile_of(scene)},
                    [](const std::vector<double>& v) { return peak_factor(v.at(0), v.at(1)); });
}

Explained target_of(const Scene& scene, ResourceKind kind) {
    const Policy& policy = scene.deployment().policy;
    if (kind == ResourceKind::queue) {
        return scene.given("target", "/policy/target_utilisation_fraction",
                           policy.target_utilisation_fraction);
    }
    return scene.given("target of tables", "/policy/table_utilisation_fraction",
                       policy.table_utilisation_fraction);
}

Explained grown_sum(const Scene& scene, const std::string& year, const std::string& name,
                    const TermOf& term) {
    std::vector<Explained> terms;
    for (std::size_t p = 0; p < scene.deployment().populations.size(); ++p) {
        std::optional<Explained> each = term(scene, p);
        if (each) terms.push_back(std::move(*each));
    }
    return product_of(
        name, {growth_of(scene, year), sum_of(name + " in the start year", std::move(terms))});
}

std::optional<Explained> endpoints_times(const Scene& scene, std::size_t index, Explained each) {
    if (each.value_number == 0) return std::nullopt;
    return product_of(scene.population(index).name, {endpoints_of(scene, index), std::move(each)});
}

Explained role_amount(const Scene& scene, RoleKind kind, const std::string& year,
                      const Wanted& wanted) {
    const std::size_t role = index_of(kind);
    return load_amount(
        scene, year, scene.hour.roles.at(role),
        [&](std::size_t p) { return scene.one_endpoint(p).roles.at(role); }, wanted);
}

Explained site_amount(const Scene& scene, const std::optional<std::string>& site,
                      const std::string& year, const Wanted& wanted) {
    Load total;
    for (const auto& [name, here] : scene.hour.sites) {
        if (!site || *site == name) total += here.load;
    }
    return load_amount(
        scene, year, total, [&](std::size_t p) { return scene.site_share(p, site).load; }, wanted);
}

Explained site_calls(const Scene& scene, const std::optional<std::string>& site,
                     const std::string& year) {
    return product_of("mean of calls in progress",
                      {growth_of(scene, year),
                       site_sum(scene, site, "calls in progress", [](const SiteLoad& load) {
                           return load.load.arrivals.at(index_of(Process::media));
                       })});
}

Explained site_sum(const Scene& scene, const std::optional<std::string>& site,
                   const std::string& name,
                   const std::function<double(const SiteLoad& load)>& amount) {
    std::vector<Explained> terms;
    for (std::size_t p = 0; p < scene.deployment().populations.size(); ++p) {
        auto term =
            endpoints_times(scene, p,
                            planned(name + " of one endpoint", amount(scene.site_share(p, site)),
                                    "busy hour of one endpoint; the callees are where the"
                                    " endpoints are"));
        if (term) terms.push_back(std::move(*term));
    }
    return sum_of(name + " in the start year", std::move(terms));
}

}  // namespace busyhour
