#include "busyhour/model/growth.h"
#include "busyhour/model/poisson.h"
#include "busyhour/model/rtcp.h"
#include "busyhour/plan/explain_terms.h"
#include "busyhour/plan/media_leg.h"

#include <algorithm>
#include <cmath>

namespace busyhour {
namespace {

// The years

std::vector<Explained> history_of(const Scene& scene) {
    std::vector<Explained> points;
    const std::vector<YearValue>& history = scene.deployment().growth.history;
    for (std::size_t i = 0; i < history.size(); ++i) {
        const std::string place = pointer_to("/growth/history", i);
        points.push_back(scene.given("year", place + "/year", history[i].year));
        points.push_back(
            scene.given("endpoints then", place + "/endpoints", history[i].value_number));
    }
    return points;
}

/// The points whose values begin at `from`, two by two.
std::vector<YearValue> history_from(const std::vector<double>& values, std::size_t from) {
    std::vector<YearValue> history;
    for (std::size_t i = from; i + 1 < values.size(); i += 2) {
        history.push_back({static_cast<int>(values[i]), values[i + 1]});
    }
    return history;
}

Explained year(const Scene& scene, const Match& match) {
    return computed("year", "{start year} + {years ahead}",
                    {scene.given("start year", "/start_year", scene.deployment().start_year),
                     constant("years ahead", std::stod(match.at(0)))},
                    [](const std::vector<double>& v) { return v.at(0) + v.at(1); });
}

Explained growth_rate(const Scene& scene) {
    const Growth& growth = scene.deployment().growth;
    if (growth.model == GrowthModel::compound) {
        return scene.given("rate a year", "/growth/rate_fraction_per_year",
                           growth.rate_per_year_fraction);
    }
    Explained rate =
        computed("rate a year", "exp(slope of ln endpoints over the years of the history) - 1",
                 history_of(scene), [](const std::vector<double>& v) {
                     return growth_per_year_fraction(fit_growth(history_from(v, 0)));
                 });
    rate.source = "hyndman-fpp";
    return rate;
}

Explained growth_factor(const Scene& scene, const Match& match) {
    Explained node =
        computed("growth factor", "(1 + {rate a year}) ^ {years ahead}",
                 {growth_rate(scene), constant("years ahead", std::stod(match.at(0)))},
                 [](const std::vector<double>& v) { return std::pow(1 + v.at(0), v.at(1)); });
    node.source = "hyndman-fpp";
    return node;
}

/// Endpoints of a year before they are rounded.
Explained endpoints_exactly(const Scene& scene, const std::string& year) {
    std::vector<Explained> terms;
    for (std::size_t p = 0; p < scene.deployment().populations.size(); ++p) {
        Explained term = endpoints_of(scene, p);
        term.name = scene.population(p).name;
        terms.push_back(std::move(term));
    }
    return product_of("endpoints", {growth_of(scene, year),
                                    sum_of("endpoints in the start year", std::move(terms))});
}

Explained rounded(Explained value) {
    const std::string name = value.name;
    return computed(name, "{" + name + "} to the nearest whole number", {std::move(value)},
                    [](const std::vector<double>& v) { return std::round(v.at(0)); });
}

Explained endpoints(const Scene& scene, const Match& match) {
    return rounded(endpoints_exactly(scene, match.at(0)));
}

/// An end of the prediction interval: endpoints x (end / median) of the forecast.
Explained endpoints_end(const Scene& scene, const std::string& year, bool is_high) {
    const Growth& growth = scene.deployment().growth;
    std::vector<Explained> operands{
        endpoints_exactly(scene, year),
        scene.reported("year of the plan", "/years/" + year + "/year"),
        scene.given("interval", "/growth/interval_fraction", growth.interval_fraction)};
    for (Explained& point : history_of(scene)) operands.push_back(std::move(point));
    Explained node = computed(
        is_high ? "upper end of the endpoints" : "lower end of the endpoints",
        std::string("{endpoints} x ") + (is_high ? "upper" : "lower") +
            " end / median of the log-linear forecast of the history for {year of the plan} with"
            " {interval}",
        std::move(operands), [is_high](const std::vector<double>& v) {
            const std::vector<YearValue> history = history_from(v, 3);
            int last_year = history.front().year;
            for (const YearValue& point : history) last_year = std::max(last_year, point.year);
            const int ahead = static_cast<int>(v.at(1)) - last_year;
            const Forecast end = forecast(history, ahead, v.at(2)).back();
            return v.at(0) * (is_high ? end.high_number : end.low_number) / end.value_number;
        });
    node.source = "hyndman-fpp";
    return node;
}

Explained endpoints_low(const Scene& scene, const Match& match) {
    return rounded(endpoints_end(scene, match.at(0), false));
}

Explained endpoints_high(const Scene& scene, const Match& match) {
    return rounded(endpoints_end(scene, match.at(0), true));
}

// The demand: sums over populations

Explained registrations(const Scene& scene, const Match& match) {
    return grown_sum(scene, match.at(0), "registrations/s", [](const Scene& s, std::size_t p) {
        return endpoints_times(s, p, registrations_of_one(s, p));
    });
}

Explained register_messages(const Scene& scene, const Match& match) {
    return grown_sum(scene, match.at(0), "REGISTER messages/s", [](const Scene& s, std::size_t p) {
        const Totals& one = s.one_endpoint(p).totals;
        const double each = one.register_messages_per_s / one.registrations_per_s;
        return endpoints_times(
            s, p,
            product_of("REGISTER messages/s of one endpoint",
                       {registrations_of_one(s, p),
                        amount_of_each(s, p, Process::registrations, "messages of each", each)}));
    });
}

std::optional<Explained> keepalive_term(const Scene& scene, std::size_t p) {
    const Totals& one = scene.one_endpoint(p).totals;
    if (one.keepalives_per_s <= 0) return std::nullopt;
    Explained each = amount_of_each(scene, p, Process::keepalives, "messages of each",
                                    one.keepalive_messages_per_s / one.keepalives_per_s);
    return endpoints_times(scene, p,
                           product_of("keepalive messages/s of one endpoint",
                                      {keepalives_of_one(scene, p), std::move(each)}));
}

Explained keepalive_messages(const Scene& scene, const Match& match) {
    return grown_sum(scene, match.at(0), "keepalive messages/s", keepalive_term);
}

/// A sum over the subscriptions of one endpoint.
using OfSubscription = Explained (*)(const Scene& scene, std::size_t p, std::size_t s);

Explained held(const Scene& scene, std::size_t p, std::size_t s) {
    const std::string place = pointer_to(pointer_of_population(p) + "/subscriptions", s);
    const Subscription& subscription = scene.population(p).subscriptions[s];
    return scene.given(subscription.event + " subscriptions of one endpoint",
                       place + "/per_endpoint", subscription.per_endpoint_number);
}

Explained notified(const Scene& scene, std::size_t p, std::size_t s) {
    const std::string place = pointer_to(pointer_of_population(p) + "/subscriptions", s);
    const Subscription& subscription = scene.population(p).subscriptions[s];
    return computed(
        subscription.event + " NOTIFYs/s of one endpoint",
        "{subscriptions} x ({NOTIFYs/s of each} + {NOTIFYs of a call} x {call attempts/s} x (1 +"
        " {internal part}))",
        {held(scene, p, s),
         scene.given("NOTIFYs/s of each", place + "/notifies_per_s", subscription.notifies_per_s),
         scene.given("NOTIFYs of a call", place + "/notifies_per_call",
                     subscription.notifies_per_call_number),
         attempts_of_one(scene, p),
         scene.given("internal part", pointer_of_population(p) + "/calls/internal_fraction",
                     scene.population(p).calls.internal_fraction)},
        [](const std::vector<double>& v) {
            return v.at(0) * (v.at(1) + v.at(2) * v.at(3) * (1 + v.at(4)));
        });
}

Explained over_subscriptions(const Scene& scene, const std::string& year, const std::string& name,
                             OfSubscription each) {
    return grown_sum(scene, year, name, [each](const Scene& s, std::size_t p) {
        std::vector<Explained> terms;
        for (std::size_t i = 0; i < s.population(p).subscriptions.size(); ++i) {
            terms.push_back(each(s, p, i));
        }
        return endpoints_times(s, p, sum_of("of one endpoint", std::move(terms)));
    });
}

Explained subscriptions(const Scene& scene, const Match& match) {
    return over_subscriptions(scene, match.at(0), "subscriptions", held);
}

Explained notifies(const Scene& scene, const Match& match) {
    return over_subscriptions(scene, match.at(0), "NOTIFY requests/s", notified);
}

Explained call_attempts(const Scene& scene, const Match& match) {
    return grown_sum(scene, match.at(0), "call attempts/s", [](const Scene& s, std::size_t p) {
        return endpoints_times(s, p, attempts_of_one(s, p));
    });
}

Explained busy_hour_call_attempts(const Scene& scene, const Match& match) {
    return grown_sum(
        scene, match.at(0), "busy hour call attempts", [](const Scene& s, std::size_t p) {
            return endpoints_times(
                s, p,
                s.given("busy hour attempts",
                        pointer_of_population(p) + "/calls/busy_hour_attempts_per_endpoint",
                        s.population(p).calls.busy_hour_attempts_number));
        });
}

Explained offered_traffic(const Scene& scene, const Match& match) {
    return grown_sum(scene, match.at(0), "offered traffic", [](const Scene& s, std::size_t p) {
        return endpoints_times(s, p, talking_of_one(s, p));
    });
}

/// A total that is split into what calls, subscriptions, keepalives and registrations bring.
template <double Totals::*field>
std::optional<Explained> parts_term(const Scene& scene, std::size_t p) {
    constexpr std::array<const char*, part_count> words{
        "by calls", "by subscriptions", "by keepalives", "by registrations and connections"};
    std::vector<Explained> terms;
    for (std::size_t i = 0; i < part_count; ++i) {
        const double value = scene.parts(p).at(i).*field;
        if (value == 0) continue;
        const auto part = static_cast<Part>(i);
        const bool has_events = part == Part::calls || part == Part::registrations;
        if (!has_events) {
            terms.push_back(planned(words.at(i), value,
                                    "what one endpoint's busy hour loses"
                                    " without this part"));
            continue;
        }
        Explained events =
            part == Part::calls ? attempts_of_one(scene, p) : registrations_of_one(scene, p);
        const double each = value / events.value_number;
        terms.push_back(product_of(
            words.at(i),
            {std::move(events),
             amount_of_each(scene, p, part == Part::calls ? Process::calls : Process::registrations,
                            "for each, on all hops", each)}));
    }
    return endpoints_times(scene, p, sum_of("of one endpoint", std::move(terms)));
}

Explained sip_messages(const Scene& scene, const Match& match) {
    return grown_sum(scene, match.at(0), "SIP messages/s", parts_term<&Totals::sip_messages_per_s>);
}

Explained sip_bits(const Scene& scene, const Match& match) {
    return grown_sum(scene, match.at(0), "SIP bit/s", parts_term<&Totals::sip_bits_per_s>);
}

Explained tls_full(const Scene& scene, const Match& match) {
    return grown_sum(scene, match.at(0), "full TLS handshakes/s",
                     parts_term<&Totals::tls_full_handshakes_per_s>);
}

Explained tls_resumed(const Scene& scene, const Match& match) {
    return grown_sum(scene, match.at(0), "resumed TLS handshakes/s",
                     parts_term<&Totals::tls_resumed_handshakes_per_s>);
}

Explained tls_connections(const Scene& scene, const Match& match) {
    return grown_sum(scene, match.at(0), "TLS connections", [](const Scene& s, std::size_t p) {
        return endpoints_times(
            s, p,
            planned("connections kept by one endpoint",
                    s.one_endpoint(p).totals.tls_connections_number,
                    "1 over TLS and WSS, but for tls.connection \"per_transaction\""));
    });
}

// The demand: media

MediaLeg leg_of(const Scene& scene, std::size_t p) {
    const Media& media = scene.population(p).media;
    return media_leg(scene.input.catalog, scene.deployment().network,
                     {media.packets, media.encryption, media.srtp_suite, media.rtcp});
}

/// Endpoints x erlangs of one x 2 directions x packets/s of one direction x what else there is.
std::optional<Explained> media_term(const Scene& scene, std::size_t p, Explained packets,
                                    std::vector<Explained> more = {}) {
    std::vector<Explained> factors{talking_of_one(scene, p), constant("directions", 2),
                                   std::move(packets)};
    for (Explained& each : more) factors.push_back(std::move(each));
    return endpoints_times(scene, p, product_of("of one endpoint", std::move(factors)));
}

std::optional<Explained> rtp_talking_term(const Scene& scene, std::size_t p) {
    return media_term(scene, p, packets_of_one_way(scene, p));
}

std::optional<Explained> rtp_term(const Scene& scene, std::size_t p) {
    const Population& population = scene.population(p);
    return media_term(
        scene, p, packets_of_one_way(scene, p),
        {scene.given("voice activity", pointer_of_population(p) + "/media/voice_activity_fraction",
                     population.media.voice_activity_fraction)});
}

Explained rtcp_rfc3550(const Scene& scene, std::size_t p) {
    Explained leaf = constant("RTCP packets/s, one direction",
                              leg_of(scene, p).rtcp_rfc3550_packets_per_s, "rfc3550");
    leaf.detail = "1 / RTCP interval of two parties that both send";
    return leaf;
}

Explained rtcp_share5(const Scene& scene, std::size_t p) {
    Explained node =
        computed("RTCP packets/s, one direction", "5 % of {RTP packets/s, one direction}",
                 {packets_of_one_way(scene, p)},
                 [](const std::vector<double>& v) { return share_rule_packets_per_s(v.at(0)); });
    node.source = "talk-posner-2025";
    return node;
}

std::optional<Explained> rtcp_term(const Scene& scene, std::size_t p) {
    const RtcpRule rule = scene.population(p).media.rtcp;
    if (rule == RtcpRule::none) return std::nullopt;
    return media_term(scene, p,
                      rule == RtcpRule::share5 ? rtcp_share5(scene, p) : rtcp_rfc3550(scene, p));
}

Explained rtp_packets(const Scene& scene, const Match& match) {
    return grown_sum(scene, match.at(0), "RTP packets/s", rtp_term);
}

Explained rtcp_packets(const Scene& scene, const Match& match) {
    return grown_sum(scene, match.at(0), "RTCP packets/s", rtcp_term);
}

Explained rtcp_packets_rfc3550(const Scene& scene, const Match& match) {
    return grown_sum(scene, match.at(0), "RTCP packets/s", [](const Scene& s, std::size_t p) {
        return media_term(s, p, rtcp_rfc3550(s, p));
    });
}

Explained rtcp_packets_share5(const Scene& scene, const Match& match) {
    return grown_sum(scene, match.at(0), "RTCP packets/s", [](const Scene& s, std::size_t p) {
        return media_term(s, p, rtcp_share5(s, p));
    });
}

// The demand: peaks

Explained demand_of(const Scene& scene, const std::string& year, const std::string& name,
                    const std::string& key) {
    return scene.reported(name, "/years/" + year + "/demand/" + key);
}

Explained quantile_of(const Scene& scene, const std::string& name, Explained mean) {
    const std::string formula = "least count that {" + mean.name +
                                "}, a Poisson mean, does not exceed with {peak"
                                " percentile}";
    Explained node = computed(name, formula, {std::move(mean), percentile_of(scene)},
                              [](const std::vector<double>& v) {
                                  return static_cast<double>(poisson_quantile(v.at(0), v.at(1)));
                              });
    const double mean_number = node.operands.at(0).value_number;
    const auto share = [&](double count) {
        return std::to_string(poisson_cdf_probability(mean_number, count));
    };
    const double count = node.value_number;
    node.checks.push_back("at most " + std::to_string(std::llround(count)) + " arrive in " +
                          share(count) + " of all seconds" +
                          (count > 0 ? ", at most " + std::to_string(std::llround(count - 1)) +
                                           " in " + share(count - 1)
                                     : std::string()));
    node.source = "poisson";
    return node;
}

Explained registrations_peak(const Scene& scene, const Match& match) {
    return quantile_of(scene, "registration attempts/s at the peak",
                       demand_of(scene, match.at(0), "registrations/s", "registrations_per_s"));
}

Explained call_attempts_peak(const Scene& scene, const Match& match) {
    return quantile_of(scene, "call attempts/s at the peak",
                       demand_of(scene, match.at(0), "call attempts/s", "call_attempts_per_s"));
}

Explained concurrent_calls_peak(const Scene& scene, const Match& match) {
    return quantile_of(scene, "calls in progress at the peak",
                       demand_of(scene, match.at(0), "offered traffic", "offered_erlang"));
}

Explained calls_peak_over_mean(const Scene& scene, const std::string& year) {
    return peak_over_mean(scene, demand_of(scene, year, "offered traffic", "offered_erlang"));
}

Explained rtp_packets_peak(const Scene& scene, const Match& match) {
    return product_of(
        "RTP packets/s at the peak",
        {grown_sum(scene, match.at(0), "RTP packets/s, nobody silent", rtp_talking_term),
         calls_peak_over_mean(scene, match.at(0))});
}

Explained rtcp_packets_peak(const Scene& scene, const Match& match) {
    return product_of("RTCP packets/s at the peak",
                      {demand_of(scene, match.at(0), "RTCP packets/s", "rtcp_packets_per_s"),
                       calls_peak_over_mean(scene, match.at(0))});
}

}  // namespace

const std::vector<Rule>& year_rules() {
    static const std::vector<Rule> rules{
        {"/years/*/year", year},
        {"/years/*/endpoints", endpoints},
        {"/years/*/endpoints_low", endpoints_low},
        {"/years/*/endpoints_high", endpoints_high},
        {"/years/*/growth_factor", growth_factor},
    };
    return rules;
}

const std::vector<Rule>& demand_rules() {
    static const std::vector<Rule> rules{
        {"/years/*/demand/registrations_per_s", registrations},
        {"/years/*/demand/registration_attempts_peak_per_s", registrations_peak},
        {"/years/*/demand/register_messages_per_s", register_messages},
        {"/years/*/demand/keepalive_messages_per_s", keepalive_messages},
        {"/years/*/demand/call_attempts_per_s", call_attempts},
        {"/years/*/demand/call_attempts_peak_per_s", call_attempts_peak},
        {"/years/*/demand/busy_hour_call_attempts", busy_hour_call_attempts},
        {"/years/*/demand/offered_erlang", offered_traffic},
        {"/years/*/demand/concurrent_calls_peak", concurrent_calls_peak},
        {"/years/*/demand/subscriptions", subscriptions},
        {"/years/*/demand/notifies_per_s", notifies},
        {"/years/*/demand/sip_messages_per_s", sip_messages},
        {"/years/*/demand/sip_bits_per_s", sip_bits},
        {"/years/*/demand/rtp_packets_per_s", rtp_packets},
        {"/years/*/demand/rtcp_packets_per_s", rtcp_packets},
        {"/years/*/demand/rtcp_packets_rfc3550_per_s", rtcp_packets_rfc3550},
        {"/years/*/demand/rtcp_packets_share5_per_s", rtcp_packets_share5},
        {"/years/*/demand/rtp_packets_peak_per_s", rtp_packets_peak},
        {"/years/*/demand/rtcp_packets_peak_per_s", rtcp_packets_peak},
        {"/years/*/demand/tls_full_handshakes_per_s", tls_full},
        {"/years/*/demand/tls_resumed_handshakes_per_s", tls_resumed},
        {"/years/*/demand/tls_connections", tls_connections},
    };
    return rules;
}

}  // namespace busyhour
